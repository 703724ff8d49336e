// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/debug/live_breakpoints.hpp"

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

LiveBreakpoints::LiveBreakpoints(InnerBreakpoints *breakpoints, Resolver resolver, QObject *parent)
    : QObject(parent), m_breakpoints(breakpoints), m_resolver(std::move(resolver)) {}

QVector<DebugBreakpoint> LiveBreakpoints::all() const {
    QVector<DebugBreakpoint> records;
    for (const auto &entry : m_entries)
        records.append(entry->record);
    return records;
}

LiveBreakpoints::Entry *LiveBreakpoints::find(int number) {
    const auto found = std::find_if(m_entries.begin(), m_entries.end(),
                                    [number](const auto &entry) { return entry->record.number == number; });
    return found == m_entries.end() ? nullptr : found->get();
}

void LiveBreakpoints::add(const DebugBreakpoint &wanted) {
    auto entry = std::make_unique<Entry>(Entry{wanted, std::nullopt});
    entry->record.number = ++m_lastNumber;
    entry->record.hits = 0;
    entry->record.problem.clear();
    Entry &added = *m_entries.emplace_back(std::move(entry));
    plant(added);
    emit changed();
}

void LiveBreakpoints::change(const DebugBreakpoint &wanted) {
    Entry *entry = find(wanted.number);
    if (!entry)
        return;
    unplant(*entry);
    const quint64 hits = entry->record.hits;
    entry->record = wanted;
    entry->record.hits = hits;
    entry->record.problem.clear();
    plant(*entry);
    emit changed();
}

void LiveBreakpoints::remove(int number) {
    if (Entry *entry = find(number)) {
        unplant(*entry);
        std::erase_if(m_entries, [entry](const auto &other) { return other.get() == entry; });
        emit changed();
    }
}

void LiveBreakpoints::resolveAll() {
    bool isAny = false;
    for (const auto &entry : m_entries) {
        // What stays where it is is left alone: the target would be stopped for it.
        if (entry->planted &&
            m_resolver(entry->record.place).value_or(~entry->planted->address) == entry->planted->address)
            continue;
        unplant(*entry);
        plant(*entry);
        isAny = true;
    }
    if (isAny)
        emit changed();
}

void LiveBreakpoints::unplant(Entry &entry) {
    if (entry.planted)
        m_breakpoints->remove(*std::exchange(entry.planted, std::nullopt), &entry);
}

void LiveBreakpoints::plant(Entry &entry) {
    DebugBreakpoint &record = entry.record;
    if (!record.enabled) {
        record.state = DebugBreakpoint::State::disabled;
        return;
    }
    const auto address = m_resolver(record.place);
    if (!address) {
        record.state = DebugBreakpoint::State::waiting;
        record.problem = address.error().message;
        return;
    }
    record.address = *address;
    record.problem.clear();
    record.state = DebugBreakpoint::State::set;
    const bool isCode = record.kind == DebugBreakpoint::Kind::code;
    entry.planted = Breakpoint{stubType(record.kind), *address, isCode ? 1 : qMax<quint64>(1, record.length)};
    m_breakpoints->add(*entry.planted, &entry, [this, number = record.number](const QString &problem) {
        Entry *known = find(number);
        if (!known || problem.isEmpty())
            return;
        known->planted.reset();
        known->record.state = DebugBreakpoint::State::failed;
        known->record.problem = problem;
        emit changed();
    });
}

QVector<DebugBreakpoint> LiveBreakpoints::at(const TargetStop &stop) const {
    // QEMU names one of the watchpoints that were hit, by its own kind. What wrote has accessed, too.
    constexpr int access = 4;
    const int watched = stop.reply.reason == rsp::StopReason::writeWatchpoint    ? 2
                        : stop.reply.reason == rsp::StopReason::readWatchpoint   ? 3
                        : stop.reply.reason == rsp::StopReason::accessWatchpoint ? access
                                                                                 : 0;
    QVector<DebugBreakpoint> found;
    for (const auto &entry : m_entries) {
        if (!entry->planted)
            continue;
        const Breakpoint &planted = *entry->planted;
        const bool fits = planted.type == 0
                              ? watched == 0 && planted.address == stop.pc
                              : watched != 0 && (planted.type == watched || planted.type == access) &&
                                    stop.reply.watchAddress - planted.address < planted.length;
        if (fits)
            found.append(entry->record);
    }
    return found;
}

bool LiveBreakpoints::hit(int number) {
    Entry *entry = find(number);
    if (!entry)
        return false;
    ++entry->record.hits;
    entry->record.problem.clear(); // it told why there had been none
    const bool stays = entry->record.hits > entry->record.ignoreCount;
    if (stays && entry->record.once)
        remove(number);
    else
        emit changed();
    return stays;
}

void LiveBreakpoints::setProblem(int number, const QString &problem) {
    if (Entry *entry = find(number); entry && entry->record.problem != problem) {
        entry->record.problem = problem;
        emit changed();
    }
}

} // namespace nitroscope::app
