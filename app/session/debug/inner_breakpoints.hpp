// SPDX-License-Identifier: GPL-2.0-or-later
//
// The window's own breakpoints have several owners too: those of the user, the way of the boot, a step over a
// call. The broker sees one of them.
#pragma once

#include "app/session/gdb/gdb_broker.hpp"

namespace nitroscope::app {

class InnerBreakpoints {
public:
    using Owner = BreakpointTable::Owner;
    using Done = std::function<void(const QString &problem)>; // empty when it is set

    // `face` is the owner that the broker sees.
    InnerBreakpoints(GdbBroker *broker, QObject *face) : m_broker(broker), m_face(face) {}

    void add(const Breakpoint &breakpoint, Owner owner, const Done &done = {}) {
        if (!m_table.add(breakpoint, owner)) {
            if (done)
                done({});
            return;
        }
        m_broker->insert(breakpoint, m_face, m_face, [done](const rsp::Client::Reply &reply) {
            if (!done)
                return;
            if (!reply)
                done(reply.error().message);
            else
                done(
                    reply->payload == "OK"
                        ? QString()
                        : QStringLiteral("QEMU cannot set it (%1)").arg(QString::fromLatin1(reply->payload)));
        });
    }
    void addCode(quint64 address, Owner owner) { add({0, address, 1}, owner); }

    void remove(const Breakpoint &breakpoint, Owner owner) {
        if (m_table.remove(breakpoint, owner))
            drop(breakpoint);
    }

    void removeAll(Owner owner) {
        for (const Breakpoint &orphan : m_table.removeAll(owner))
            drop(orphan);
    }

    bool owns(Owner owner, quint64 address) const { return m_table.owns(owner, address); }

private:
    void drop(const Breakpoint &breakpoint) {
        m_broker->remove(breakpoint, m_face, m_face, [](const rsp::Client::Reply &) {});
    }

    GdbBroker *m_broker;
    QObject *m_face;
    BreakpointTable m_table;
};

} // namespace nitroscope::app
