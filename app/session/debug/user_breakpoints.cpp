// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/debug/user_breakpoints.hpp"

#include <algorithm>

namespace nitroscope::app {
namespace {

int stubType(DebugBreakpoint::Kind kind) {
    switch (kind) {
    case DebugBreakpoint::Kind::code:
        return 0;
    case DebugBreakpoint::Kind::write:
        return 2;
    case DebugBreakpoint::Kind::read:
        return 3;
    case DebugBreakpoint::Kind::access:
        return 4;
    }
    return 0;
}

} // namespace

UserBreakpoints::UserBreakpoints(BreakpointRegistry *registry, const void *party, Resolver resolver,
                                 QObject *parent)
    : QObject(parent), m_registry(registry), m_party(party), m_resolver(std::move(resolver)) {
    connect(registry, &BreakpointRegistry::changed, this, [this](const Breakpoint &breakpoint) {
        if (std::any_of(m_entries.begin(), m_entries.end(),
                        [&](const auto &entry) { return entry->resolved == breakpoint; }))
            emit changed();
    });
}

DebugBreakpoint UserBreakpoints::record(const Entry &entry) const {
    using State = DebugBreakpoint::State;
    DebugBreakpoint record = entry.wish;
    const auto status = entry.resolved ? m_registry->status(*entry.resolved) : std::nullopt;
    if (!status) {
        record.state = record.enabled ? State::waiting : State::disabled;
        return record;
    }
    record.address = entry.resolved->address;
    switch (status->state) {
    case BreakpointRegistry::State::wanted:
        record.state = State::wanted;
        break;
    case BreakpointRegistry::State::asked: // the answer comes in a moment
    case BreakpointRegistry::State::set:
        record.state = State::set;
        break;
    case BreakpointRegistry::State::failed:
        record.state = State::failed;
        record.problem = status->why;
        break;
    }
    return record;
}

QVector<DebugBreakpoint> UserBreakpoints::all() const {
    QVector<DebugBreakpoint> records;
    for (const auto &entry : m_entries)
        records.append(record(*entry));
    return records;
}

UserBreakpoints::Entry *UserBreakpoints::find(int number) {
    const auto found = std::find_if(m_entries.begin(), m_entries.end(),
                                    [number](const auto &entry) { return entry->wish.number == number; });
    return found == m_entries.end() ? nullptr : found->get();
}

void UserBreakpoints::add(const DebugBreakpoint &wanted) {
    auto entry = std::make_unique<Entry>(Entry{wanted, std::nullopt});
    entry->wish.number = ++m_lastNumber;
    entry->wish.hits = 0;
    plant(*m_entries.emplace_back(std::move(entry)));
    emit changed();
}

void UserBreakpoints::change(const DebugBreakpoint &wanted) {
    Entry *entry = find(wanted.number);
    if (!entry)
        return;
    unplant(*entry);
    const quint64 hits = entry->wish.hits;
    entry->wish = wanted;
    entry->wish.hits = hits;
    plant(*entry);
    emit changed();
}

void UserBreakpoints::remove(int number) {
    if (Entry *entry = find(number)) {
        unplant(*entry);
        std::erase_if(m_entries, [entry](const auto &other) { return other.get() == entry; });
        emit changed();
    }
}

void UserBreakpoints::resolveAll() {
    bool isAny = false;
    for (const auto &entry : m_entries) {
        // What stays where it is is left alone: the target would be stopped for it.
        if (entry->resolved &&
            m_resolver(entry->wish.place).value_or(~entry->resolved->address) == entry->resolved->address)
            continue;
        unplant(*entry);
        plant(*entry);
        isAny = true;
    }
    if (isAny)
        emit changed();
}

void UserBreakpoints::unplant(Entry &entry) {
    if (entry.resolved)
        m_registry->remove(*std::exchange(entry.resolved, std::nullopt), {m_party, &entry});
}

void UserBreakpoints::plant(Entry &entry) {
    DebugBreakpoint &wish = entry.wish;
    wish.problem.clear();
    if (!wish.enabled)
        return;
    const auto address = m_resolver(wish.place);
    if (!address) {
        wish.problem = address.error().message;
        return;
    }
    wish.address = *address;
    const bool isCode = wish.kind == DebugBreakpoint::Kind::code;
    const Breakpoint breakpoint{stubType(wish.kind), *address, isCode ? 1 : qMax<quint64>(1, wish.length)};
    m_registry->insert(breakpoint, {m_party, &entry});
    entry.resolved = breakpoint; // not before: who plants tells of the change
}

QVector<DebugBreakpoint> UserBreakpoints::at(const TargetStop &stop) const {
    // QEMU names one of the watchpoints that were hit, by its own kind. What wrote has accessed, too.
    constexpr int access = 4;
    const int watched = stop.reply.reason == rsp::StopReason::writeWatchpoint    ? 2
                        : stop.reply.reason == rsp::StopReason::readWatchpoint   ? 3
                        : stop.reply.reason == rsp::StopReason::accessWatchpoint ? access
                                                                                 : 0;
    QVector<DebugBreakpoint> found;
    for (const auto &entry : m_entries) {
        if (!entry->resolved)
            continue;
        const Breakpoint &set = *entry->resolved;
        const bool fits = watched == 0 ? set.isCodeAt(stop.pc)
                                       : (set.type == watched || set.type == access) &&
                                             set.isWatching(stop.reply.watchAddress);
        if (fits)
            found.append(record(*entry));
    }
    return found;
}

bool UserBreakpoints::hit(int number, bool isBackwards) {
    Entry *entry = find(number);
    if (!entry)
        return false;
    // Nobody has counted those in front of where a recording was entered.
    const bool isUncounted = isBackwards && entry->wish.hits <= 1;
    if (!isBackwards)
        ++entry->wish.hits;
    else if (entry->wish.hits > 0)
        --entry->wish.hits;
    entry->wish.problem.clear(); // it told why there had been none
    const bool stays = isUncounted || entry->wish.hits > entry->wish.ignoreCount;
    if (stays && entry->wish.once)
        remove(number);
    else
        emit changed();
    return stays;
}

void UserBreakpoints::setProblem(int number, const QString &problem) {
    if (Entry *entry = find(number); entry && entry->wish.problem != problem) {
        entry->wish.problem = problem;
        emit changed();
    }
}

} // namespace nitroscope::app
