// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/ui/work/background_task.hpp"

namespace nitroscope::app {

BackgroundTask::BackgroundTask(QObject *parent) : QObject(parent) {
    constexpr int reportEveryMs = 33;
    m_report.setInterval(reportEveryMs);
    connect(&m_report, &QTimer::timeout, this, [this] {
        if (m_progress->total > 0)
            emit progressed(m_progress->done, m_progress->total);
    });
}

BackgroundTask::~BackgroundTask() {
    m_stop.request_stop();
}

void BackgroundTask::begin() {
    cancel();
    m_stop = std::stop_source();
    m_progress = std::make_shared<Progress>();
    m_isBusy = true;
    m_report.start();
    emit started();
}

void BackgroundTask::finish() {
    m_report.stop();
    m_isBusy = false;
    emit stopped();
}

void BackgroundTask::cancel() {
    m_stop.request_stop();
    ++m_generation;
    if (m_isBusy)
        finish();
}

} // namespace nitroscope::app
