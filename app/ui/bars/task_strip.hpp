// SPDX-License-Identifier: GPL-2.0-or-later
//
// One line that says what is being done in the background, how far it is, and stops it. Hidden when nothing
// is being done.
#pragma once

#include <QWidget>

class QLabel;
class QProgressBar;
class QToolButton;

namespace nitroscope::app {

class BackgroundTask;

class TaskStrip : public QWidget {
    Q_OBJECT
public:
    explicit TaskStrip(QWidget *parent = nullptr);

    // Shows this task whenever it runs; `text` is "Reading the ramdisks…". Several tasks may be watched when
    // no two of them run at once.
    void watch(BackgroundTask &task, const QString &text);

signals:
    // The user stopped the task; it is cancelled already.
    void cancelled();

private:
    void showProgress(quint64 done, quint64 total);

    QLabel *m_text;
    QProgressBar *m_progress;
    QToolButton *m_cancel;
    BackgroundTask *m_running = nullptr;
};

} // namespace nitroscope::app
