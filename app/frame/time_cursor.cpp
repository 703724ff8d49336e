// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/frame/time_cursor.hpp"

#include <utility>

namespace nitroscope::app {

TimeCursor::TimeCursor(const RunAccount &account, ReplayControl &replay)
    : m_account(account), m_replay(replay) {
    connect(&replay, &ReplayControl::changed, this, &TimeCursor::update);
    connect(&account, &RunAccount::began, this, &TimeCursor::update);
    connect(&account, &RunAccount::taken, this, &TimeCursor::update);
}

void TimeCursor::update() {
    if (m_replay.isSeeking())
        return;
    const auto place = m_replay.isReplay() ? m_replay.instruction() : std::nullopt;
    const auto moment =
        place ? std::optional(m_account.instructions().momentAt(*place)) : std::optional<RunMoment>();
    if (std::exchange(m_now, moment) != moment)
        emit moved();
}

} // namespace nitroscope::app
