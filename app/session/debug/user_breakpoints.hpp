// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the user of the window wants to stop at: places that become addresses when symbols are known (a kernel
// that KASLR moves has none before it was unpacked), conditions, counts. Whether each is set is the
// registry's to know, and asked there.
#pragma once

#include "app/session/gdb/breakpoint_registry.hpp"
#include "app/session/gdb/gdb_broker.hpp"
#include "app/session/target/debug_types.hpp"

#include <memory>
#include <vector>

namespace nitroscope::app {

class UserBreakpoints : public QObject {
    Q_OBJECT
public:
    // Turns a place as typed into an address; the error says what is missing for now.
    using Resolver = std::function<Result<quint64>(const QString &place)>;

    // `party` is the owner that the registry sees; each breakpoint is a part of it.
    UserBreakpoints(BreakpointRegistry *registry, const void *party, Resolver resolver,
                    QObject *parent = nullptr);

    QVector<DebugBreakpoint> all() const;
    void add(const DebugBreakpoint &wanted);
    void change(const DebugBreakpoint &changed);
    void remove(int number);
    // Symbols have changed.
    void resolveAll();

    // Those whose place is that of the stop: pc, or the data address of a watchpoint.
    QVector<DebugBreakpoint> at(const TargetStop &stop) const;
    // Counts a hit whose condition held, backwards down again; false when it is one of those to pass over. One that is
    // hit once goes.
    bool hit(int number, bool isBackwards = false);
    // Why it has not been hit, or stops although its condition cannot be evaluated; until the next hit.
    void setProblem(int number, const QString &problem);

signals:
    void changed();

private:
    struct Entry {
        DebugBreakpoint wish;               // its state and address are made up when asked for
        std::optional<Breakpoint> resolved; // what the registry was asked for
    };

    Entry *find(int number);
    DebugBreakpoint record(const Entry &entry) const;
    void plant(Entry &entry);
    void unplant(Entry &entry);

    BreakpointRegistry *m_registry;
    const void *m_party;
    Resolver m_resolver;
    std::vector<std::unique_ptr<Entry>> m_entries; // an entry's address is the part that owns its breakpoint
    int m_lastNumber = 0;
};

} // namespace nitroscope::app
