// SPDX-License-Identifier: GPL-2.0-or-later
//
// Finding bytes in guest memory: piece after piece is asked of the target and looked through as it comes, so
// neither the window nor the machine waits. What cannot be read is passed over page by page.
#pragma once

#include "app/session/target/debug_target.hpp"

#include <QPointer>

namespace nitroscope::app {

class MemorySearch : public QObject {
    Q_OBJECT
public:
    enum class Direction { forward, backward };
    static constexpr quint64 pieceBytes = 256 << 10;
    static constexpr quint64 reach = quint64{1} << 30; // bytes looked through before it gives up

    using QObject::QObject;

    void setTarget(DebugTarget *target);
    // From `from` (backward: before it). A search that is still going on ends without a word.
    void start(AddressSpace space, const QByteArray &needle, quint64 from, Direction direction);
    void cancel() { m_pending = 0; }
    bool isSearching() const { return m_pending != 0; }

signals:
    void found(quint64 address, quint64 length);
    void notFound(quint64 bytesSearched);
    void progressed(quint64 bytesSearched);

private:
    void next();
    void take(quint64 address, const Result<QByteArray> &bytes);

    QPointer<DebugTarget> m_target;
    AddressSpace m_space = AddressSpace::guestVirtual;
    QByteArray m_needle;
    Direction m_direction = Direction::forward;
    quint64 m_at = 0;          // forward: first candidate; backward: one past the last
    quint64 m_done = 0;        // bytes
    quint64 m_pagesDownTo = 0; // backward: pages instead of pieces above this address
    quint64 m_pending = 0, m_asked = 0, m_askedBytes = 0;
};

} // namespace nitroscope::app
