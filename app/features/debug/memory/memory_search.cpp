// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/debug/memory/memory_search.hpp"

#include <algorithm>

namespace nitroscope::app {
namespace {

constexpr quint64 pageBytes = 4096;

} // namespace

void MemorySearch::setTarget(DebugTarget *target) {
    if (m_target)
        m_target->disconnect(this);
    cancel();
    m_target = target;
    if (target)
        connect(target, &DebugTarget::memoryRead, this,
                [this](quint64 token, quint64 address, const Result<QByteArray> &bytes) {
                    if (token != 0 && token == m_pending)
                        take(address, bytes);
                });
}

void MemorySearch::start(AddressSpace space, const QByteArray &needle, quint64 from, Direction direction) {
    m_space = space;
    m_needle = needle;
    m_direction = direction;
    m_at = from;
    m_done = 0;
    m_pagesDownTo = ~quint64{0};
    m_pending = 0;
    if (m_target && !needle.isEmpty())
        next();
}

void MemorySearch::next() {
    const bool forward = m_direction == Direction::forward;
    const quint64 room = forward ? ~m_at : m_at;
    if (m_done >= reach || room == 0) {
        m_pending = 0;
        emit notFound(m_done);
        return;
    }
    // Up to a border of pieces, and the needle's length beyond it, so that no match is cut.
    const quint64 border = (!forward && m_at > m_pagesDownTo ? pageBytes : pieceBytes) - 1;
    const quint64 begin = forward ? m_at : (m_at - 1) & ~border;
    const quint64 candidates = forward ? std::min(room, border + 1 - (m_at & border)) : m_at - begin;
    m_asked = begin;
    m_askedBytes = candidates;
    const quint64 over = static_cast<quint64>(m_needle.size()) - 1;
    m_pending = m_target->readMemory(m_space, begin, candidates + std::min(over, ~(begin + candidates)));
}

void MemorySearch::take(quint64, const Result<QByteArray> &bytes) {
    const bool forward = m_direction == Direction::forward;
    const auto got = bytes ? static_cast<quint64>(bytes->size()) : 0;
    const qsizetype at = !bytes ? -1 : forward ? bytes->indexOf(m_needle) : bytes->lastIndexOf(m_needle);
    if (at >= 0 && static_cast<quint64>(at) < m_askedBytes) {
        m_pending = 0;
        emit found(m_asked + static_cast<quint64>(at), static_cast<quint64>(m_needle.size()));
        return;
    }
    // Forward, what could not be read is passed over; backward, the piece is gone through page by page.
    if (!forward && got < m_askedBytes && m_askedBytes > pageBytes) {
        m_pagesDownTo = m_asked;
        next();
        return;
    }
    quint64 step = m_askedBytes;
    if (forward && got < m_askedBytes)
        step = std::min(m_askedBytes, ((m_asked + got) | (pageBytes - 1)) + 1 - m_asked);
    m_done += step;
    m_at = forward ? m_asked + step : m_asked;
    emit progressed(m_done);
    next();
}

} // namespace nitroscope::app
