// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/ui/bars/task_page.hpp"

#include "app/ui/bars/empty_state.hpp"
#include "app/ui/bars/task_strip.hpp"

#include <QVBoxLayout>

namespace nitroscope::app {

TaskPage::TaskPage(QWidget *parent) : QWidget(parent), m_strip(new TaskStrip) {
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->setSpacing(0);
    layout->addWidget(m_strip);
}

void TaskPage::setContent(QWidget *content, const Absence &absence, QAction *action) {
    m_stack = new EmptyStack(content, absence.title, absence.text, action);
    m_stack->setEmpty(true);
    static_cast<QVBoxLayout *>(layout())->addWidget(m_stack, 1);
}

void TaskPage::watch(BackgroundTask &task, const QString &text) {
    m_strip->watch(task, text);
}

void TaskPage::setCancelled(std::function<std::optional<Absence>()> absence) {
    connect(m_strip, &TaskStrip::cancelled, this, [this, absence = std::move(absence)] {
        if (const std::optional<Absence> shown = absence())
            m_stack->setText(shown->title, shown->text);
    });
}

void TaskPage::showContent() {
    m_stack->setEmpty(false);
}

void TaskPage::showAbsence(const Absence &absence) {
    m_stack->setText(absence.title, absence.text);
    m_stack->setEmpty(true);
}

} // namespace nitroscope::app
