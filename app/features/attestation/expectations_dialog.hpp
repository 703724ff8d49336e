// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where the expectations of an attestation document are typed, pasted, or taken from the open EIF or a file. What cannot be
// read cannot be accepted, and it says why.
#pragma once

#include "app/core/result.hpp"
#include "app/features/attestation/expectations.hpp"

#include <QDialog>

class QCheckBox;
class QDateTimeEdit;
class QDialogButtonBox;
class QLabel;
class QLineEdit;
class QPlainTextEdit;

namespace nitroscope::app {

class ExpectationsDialog : public QDialog {
    Q_OBJECT
public:
    // `ofImage` are the PCRs of the open EIF; empty when none is open or measured.
    ExpectationsDialog(const DocumentExpectations &present, const formats::attestation::PcrValues &ofImage,
                       QWidget *parent);

    Result<DocumentExpectations> expectations() const;

private:
    void readPcrs(const QString &path);
    void refresh();

    QPlainTextEdit *m_pcrs;
    QLineEdit *m_nonce;
    QLineEdit *m_userData;
    QCheckBox *m_isText; // the user data is text, not hex digits
    QLineEdit *m_root;
    QCheckBox *m_hasTime;
    QDateTimeEdit *m_time;
    QLabel *m_problem;
    QDialogButtonBox *m_buttons;
};

} // namespace nitroscope::app
