// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/ui/bars/task_strip.hpp"

#include "app/ui/work/background_task.hpp"

#include <algorithm>
#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QToolButton>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

TaskStrip::TaskStrip(QWidget *parent)
    : QWidget(parent), m_text(new QLabel), m_progress(new QProgressBar), m_cancel(new QToolButton) {
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(10, 3, 8, 3);
    layout->setSpacing(8);
    m_progress->setTextVisible(false);
    m_progress->setMaximumHeight(fontMetrics().height() / 2);
    m_progress->setAccessibleName(u"Progress"_s);
    m_cancel->setText(u"Cancel"_s);
    m_cancel->setAccessibleName(u"Cancel"_s);
    layout->addWidget(m_text);
    layout->addWidget(m_progress, 1);
    layout->addWidget(m_cancel);
    hide();
    connect(m_cancel, &QToolButton::clicked, this, [this] {
        if (!m_running)
            return;
        m_running->cancel();
        emit cancelled();
    });
}

void TaskStrip::watch(BackgroundTask &task, const QString &text) {
    connect(&task, &BackgroundTask::started, this, [this, &task, text] {
        m_running = &task;
        m_text->setText(text);
        m_progress->setRange(0, 0); // how much there is to do is not known yet
        show();
    });
    connect(&task, &BackgroundTask::progressed, this, &TaskStrip::showProgress);
    connect(&task, &BackgroundTask::stopped, this, [this, &task] {
        if (m_running != &task)
            return;
        m_running = nullptr;
        hide();
    });
}

void TaskStrip::showProgress(quint64 done, quint64 total) {
    constexpr int steps = 1000;
    m_progress->setRange(0, steps);
    m_progress->setValue(static_cast<int>(std::min<double>(
        steps, static_cast<double>(done) * steps / static_cast<double>(std::max<quint64>(1, total)))));
}

} // namespace nitroscope::app
