// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the platform will measure of the EIF: PCR 0, 1, 2 and 8, with progress and a way to cancel while the
// file is being hashed.
#pragma once

#include "app/formats/eif/eif_document.hpp"

#include <array>
#include <QFrame>

class QLabel;
class QProgressBar;
class QPushButton;
class QStackedLayout;

namespace nitroscope::app {

class MeasurementStrip : public QFrame {
    Q_OBJECT
public:
    explicit MeasurementStrip(QWidget *parent = nullptr);

    void showProgress(quint64 doneBytes, quint64 totalBytes);
    void showMeasurements(const formats::EifMeasurements &measurements);
    // Cancelled or failed: the reason and a button to try again.
    void showProblem(const QString &text);
    QString valueText(int row) const;

signals:
    void cancelRequested();
    void retryRequested();

protected:
    void resizeEvent(QResizeEvent *event) override;

private:
    void elide();

    std::array<QLabel *, 4> m_values{};
    std::array<QString, 4> m_texts;
    QWidget *m_waiting;
    QWidget *m_digests;
    QLabel *m_message;
    QProgressBar *m_progress;
    QPushButton *m_button;
    bool m_busy = false;
};

} // namespace nitroscope::app
