// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the debugger's panels have in common: they show a target that may come, run, stop, fall silent and go.
//
// A panel asks only for what it shows, only while it is visible, and no oftener than can be seen, however
// many things have changed. What it showed before stays, dimmed, until the answer is there; an answer to an
// earlier question is not looked at.
#pragma once

#include "app/session/target/debug_target.hpp"
#include "app/ui/panel/panel.hpp"
#include "app/ui/work/frame_limiter.hpp"

#include <functional>
#include <QHash>
#include <QPointer>
#include <QTimer>

class QMenu;

namespace nitroscope::app {

// The one answer that a panel waits for.
class PendingReply {
public:
    void expect(DebugTarget::Token token) { m_token = token; }
    void forget() { m_token = 0; }
    bool isWaiting() const { return m_token != 0; }
    // True for the reply waited for, which then has come.
    bool take(quint64 token) {
        if (token == 0 || token != m_token)
            return false;
        m_token = 0;
        return true;
    }

private:
    DebugTarget::Token m_token = 0;
};

class DebugPanel : public Panel {
    Q_OBJECT
public:
    DebugPanel(const QString &id, const QString &title, QWidget *parent);

    // nullptr: what is shown stays, dimmed, and nothing is asked for any more.
    void setTarget(DebugTarget *target);
    DebugTarget *target() const { return m_target; }
    bool isStopped() const { return m_target && m_target->state() == DebugTarget::State::stopped; }
    // Every request that the panel needs has been answered.
    virtual bool isUpToDate() const { return !m_limiter.isPending() && !m_refresh.isActive() && !m_isDue; }

signals:
    void codeChosen(quint64 address);
    void memoryChosen(quint64 address);
    void asked(const nitroscope::app::HistoryQuestion &question);
    // What the user wanted and did not get, with the reason.
    void problem(const nitroscope::app::Error &error);

protected:
    // Who wrote these bytes, who reads them next; disabled outside of a recording.
    void addQuestions(QMenu &menu, AddressSpace space, quint64 address, quint64 bytes);
    // Visible and not behind another panel's tab, which for Qt is visible, too, but moved away.
    bool isSeen() const;
    virtual void attach() {} // m_target is new
    virtual void refresh() = 0;
    virtual void setStale(bool) {}
    virtual void targetStopped(const DebugStop &) {}
    virtual void symbolsChanged() {}
    virtual void breakpointsChanged() {}

    void refreshSoon();
    // The value of an expression; `failed` gets a sentence for the user.
    void evaluate(const QString &expression, std::function<void(quint64)> done,
                  std::function<void(const QString &)> failed);
    void showEvent(QShowEvent *event) override;

private:
    struct Evaluation {
        std::function<void(quint64)> done;
        std::function<void(const QString &)> failed;
    };
    void takeState();

    QPointer<DebugTarget> m_target;
    quint64 m_generation = 0; // of the stop that is shown
    FrameLimiter m_limiter{[this] { takeState(); }};
    QTimer m_runs; // a machine that soon stops again, e.g. in a step, is not shown as running
    QTimer m_refresh;
    bool m_isDue = false; // has not been refreshed, because it is hidden
    QHash<quint64, Evaluation> m_evaluations;
};

} // namespace nitroscope::app
