// SPDX-License-Identifier: GPL-2.0-or-later
//
// The guest's memory for views that paint at once and cannot wait. What has been read is kept in pages; what
// has not is asked for in the background, once, and announced when it comes. After a stop everything kept is
// out of date but stays readable until its successor has arrived, so that views dim instead of going blank.
//
// Only as much as somebody looks at is read: a page is asked for again when it is read again.
#pragma once

#include "app/session/target/debug_target.hpp"

#include <QHash>
#include <QPointer>
#include <QSet>
#include <QTimer>
#include <span>
#include <vector>

namespace nitroscope::app {

class TargetMemory : public QObject {
    Q_OBJECT
public:
    static constexpr quint64 pageBytes = 4096;
    static constexpr int maxPages = 2048;         // kept; the oldest go first
    static constexpr quint64 maxPagesAtOnce = 16; // in one request

    enum class State { unknown, readable, unreadable };

    explicit TargetMemory(AddressSpace space, QObject *parent = nullptr);

    // Everything kept is forgotten. The target may be destroyed at any time.
    void setTarget(DebugTarget *target);
    AddressSpace space() const { return m_space; }
    // Behind the last address that the target can have, as far as 64 bits tell.
    quint64 end() const { return m_end; }

    // Copies what is known from `address` on, up to the first byte that is not, and asks for what is missing
    // or out of date.
    qsizetype read(quint64 address, std::span<char> out);
    // Of the byte at the address. Asks for nothing.
    State stateAt(quint64 address) const;
    // The same: known, but from before the last markStale().
    bool isStaleAt(quint64 address) const;
    // Why the byte cannot be read, for people.
    QString problemAt(quint64 address) const;
    // The byte differs from what it was before the last markStale().
    bool hasChangedAt(quint64 address) const;

    // The target has run or was written to. Replies under way are dropped.
    void markStale();
    bool isWaiting() const { return !m_pending.isEmpty() || !m_wanted.isEmpty(); }

signals:
    // Something has become known; views that show it repaint.
    void arrived();

private:
    struct Page {
        QByteArray bytes;    // from the page's start; shorter where it cannot be read further
        QByteArray previous; // before the last change of epoch
        QString problem;
        State state = State::unknown;
        quint64 epoch = 0; // in which it was read
        quint64 used = 0;
    };
    struct Request {
        quint64 first = 0, count = 0; // pages
    };
    const Page *page(quint64 address) const;
    void want(quint64 number);
    void ask();
    void take(quint64 token, const Result<QByteArray> &bytes);
    void store(quint64 number, const QByteArray &bytes, State state, const QString &problem);
    void forgetOldest();

    AddressSpace m_space;
    QPointer<DebugTarget> m_target;
    quint64 m_end = ~quint64{0};
    QHash<quint64, Page> m_pages; // by number
    QSet<quint64> m_wanted;
    QHash<quint64, Request> m_pending; // by token
    QSet<quint64> m_underWay;          // pages
    QTimer m_tick;
    quint64 m_epoch = 1;
    quint64 m_clock = 0;
};

} // namespace nitroscope::app
