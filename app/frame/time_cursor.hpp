// SPDX-License-Identifier: GPL-2.0-or-later
//
// The one notion of *now* of all panels. In a replay it is where the machine stands, as a moment of the capture that is shown:
// rows after it are dimmed, values are those of then. Outside of one there is no such moment: everything told is past.
#pragma once

#include "app/session/account/run_account.hpp"
#include "app/session/record/replay_control.hpp"

namespace nitroscope::app {

class TimeCursor : public QObject {
    Q_OBJECT
public:
    // Both outlive it.
    TimeCursor(const RunAccount &account, ReplayControl &replay);

    // Nothing outside of a replay. While a place is sought it is still the one before.
    const std::optional<RunMoment> &now() const { return m_now; }
    // Whether what stands there in the capture has not happened yet.
    bool isAhead(quint64 offset) const { return m_now && m_now->isBefore(offset); }

signals:
    void moved();

private:
    void update();

    const RunAccount &m_account;
    ReplayControl &m_replay;
    std::optional<RunMoment> m_now;
};

} // namespace nitroscope::app
