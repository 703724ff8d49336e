// SPDX-License-Identifier: GPL-2.0-or-later
//
// The breakpoints that a user has set: their places resolved to addresses when symbols are known (a kernel
// that KASLR moves has none before it was unpacked), set in the stub, counted.
#pragma once

#include "app/session/debug/inner_breakpoints.hpp"
#include "app/session/target/debug_types.hpp"

#include <memory>
#include <vector>

namespace nitroscope::app {

class LiveBreakpoints : public QObject {
    Q_OBJECT
public:
    // Turns a place as typed into an address; the error says what is missing for now.
    using Resolver = std::function<Result<quint64>(const QString &place)>;

    LiveBreakpoints(InnerBreakpoints *breakpoints, Resolver resolver, QObject *parent = nullptr);

    QVector<DebugBreakpoint> all() const;
    void add(const DebugBreakpoint &wanted);
    void change(const DebugBreakpoint &changed);
    void remove(int number);
    // Symbols have changed.
    void resolveAll();

    // Those whose place is that of the stop: pc, or the data address of a watchpoint.
    QVector<DebugBreakpoint> at(const TargetStop &stop) const;
    // Counts a hit whose condition held; false when it is one of those to pass over. One that is hit once
    // goes.
    bool hit(int number);
    // A condition that cannot be evaluated; it stops, and this says why.
    void setProblem(int number, const QString &problem);

signals:
    void changed();

private:
    struct Entry {
        DebugBreakpoint record;
        std::optional<Breakpoint> planted;
    };

    Entry *find(int number);
    void plant(Entry &entry);
    void unplant(Entry &entry);

    InnerBreakpoints *m_breakpoints;
    Resolver m_resolver;
    std::vector<std::unique_ptr<Entry>> m_entries; // an entry's address is the owner of its breakpoint
    int m_lastNumber = 0;
};

} // namespace nitroscope::app
