// SPDX-License-Identifier: GPL-2.0-or-later
//
// Asks for the name and the note of a place that is to be kept.
#pragma once

#include <QDialog>

class QLineEdit;
class QPlainTextEdit;
class QPushButton;

namespace nitroscope::app {

class BookmarkDialog : public QDialog {
    Q_OBJECT
public:
    BookmarkDialog(quint64 instruction, const QString &suggestion, QWidget *parent);

    QString name() const;
    QString note() const;

private:
    QLineEdit *m_name;
    QPlainTextEdit *m_note;
    QPushButton *m_keep;
};

} // namespace nitroscope::app
