// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/debug/base/debug_panel.hpp"

#include <QMenu>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

DebugPanel::DebugPanel(const QString &id, const QString &title, QWidget *parent) : Panel(id, title, parent) {
    m_runs.setSingleShot(true);
    m_runs.setInterval(FrameLimiter::milliseconds);
    connect(&m_runs, &QTimer::timeout, this, &DebugPanel::takeState);
    m_refresh.setSingleShot(true);
    m_refresh.setInterval(0);
    connect(&m_refresh, &QTimer::timeout, this, [this] {
        m_isDue = !isVisible();
        if (!m_isDue && m_target)
            refresh();
    });
}

void DebugPanel::setTarget(DebugTarget *target) {
    if (m_target)
        m_target->disconnect(this);
    m_evaluations.clear();
    m_target = target;
    setStale(true);
    if (!target)
        return;
    connect(target, &DebugTarget::stopped, this, [this] {
        m_runs.stop();
        m_limiter.request();
    });
    connect(target, &DebugTarget::stateChanged, this, [this](DebugTarget::State state) {
        if (state == DebugTarget::State::running)
            m_runs.start();
    });
    connect(target, &DebugTarget::targetChanged, this, &DebugPanel::refreshSoon);
    connect(target, &DebugTarget::symbolsChanged, this, [this] {
        symbolsChanged();
        refreshSoon();
    });
    connect(target, &DebugTarget::breakpointsChanged, this, [this] { breakpointsChanged(); });
    connect(target, &DebugTarget::evaluated, this, [this](quint64 token, const Result<quint64> &value) {
        const auto found = m_evaluations.constFind(token);
        if (found == m_evaluations.cend())
            return;
        const Evaluation waiting = *found;
        m_evaluations.erase(found);
        if (value)
            waiting.done(*value);
        else
            waiting.failed(value.error().message);
    });
    attach();
    symbolsChanged();
    breakpointsChanged();
    m_generation = 0;
    takeState();
}

// Runs or stands somewhere else than what is shown.
void DebugPanel::takeState() {
    if (!m_target)
        return;
    const auto &stop = m_target->stop();
    if (m_target->state() == DebugTarget::State::running) {
        setStale(true);
    } else if (stop && stop->generation != m_generation) {
        m_generation = stop->generation;
        setStale(true);
        targetStopped(*stop);
    }
    refreshSoon();
}

void DebugPanel::refreshSoon() {
    if (m_target && !m_refresh.isActive())
        m_refresh.start();
}

void DebugPanel::addQuestions(QMenu &menu, AddressSpace space, quint64 address, quint64 bytes) {
    const QString why = m_target ? m_target->reverseProblem() : QString();
    const bool canAsk = isStopped() && why.isEmpty();
    for (const auto &[text, kind] : {std::pair("&Who Wrote This", HistoryQuestion::Kind::writer),
                                     std::pair("Who &Reads This Next", HistoryQuestion::Kind::reader)}) {
        const HistoryQuestion question{kind, space, address, bytes};
        QAction *action =
            menu.addAction(QString::fromLatin1(text), this, [this, question] { emit asked(question); });
        action->setEnabled(canAsk);
        action->setToolTip(why);
    }
    menu.setToolTipsVisible(true);
}

bool DebugPanel::isSeen() const {
    return isVisible() && window()->rect().intersects(QRect(mapTo(window(), QPoint()), size()));
}

void DebugPanel::showEvent(QShowEvent *event) {
    Panel::showEvent(event);
    if (m_isDue)
        refreshSoon();
}

void DebugPanel::evaluate(const QString &expression, std::function<void(quint64)> done,
                          std::function<void(const QString &)> failed) {
    if (!m_target) {
        failed(u"There is no machine to ask. Run the enclave under the debugger."_s);
        return;
    }
    m_evaluations.insert(m_target->evaluate(expression), {std::move(done), std::move(failed)});
}

} // namespace nitroscope::app
