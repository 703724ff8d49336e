// SPDX-License-Identifier: GPL-2.0-or-later
//
// Callbacks and listeners may change breakpoints themselves, so that no entry is held over a call of theirs.
#include "app/session/gdb/breakpoint_registry.hpp"

#include <algorithm>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

QByteArray zPacket(char kind, const Breakpoint &breakpoint) {
    return kind + QByteArray::number(breakpoint.type) + ',' + rsp::hexNumber(breakpoint.address) + ',' +
           rsp::hexNumber(breakpoint.length);
}

// The client has not sent it.
bool wasNotSent(const rsp::Client::Reply &reply) {
    return !reply && (reply.error().code == "rsp-running"_L1 || reply.error().code == "rsp-too-many"_L1);
}

QString reasonOf(const rsp::Client::Reply &reply) {
    return reply ? u"QEMU cannot set it (%1)"_s.arg(QString::fromLatin1(reply->payload))
                 : reply.error().message;
}

rsp::Client::Reply removedMeanwhile() {
    return failure(u"breakpoint-removed"_s, u"It was removed before it was set."_s);
}

} // namespace

BreakpointRegistry::BreakpointRegistry(rsp::Client *stub, QObject *parent) : QObject(parent), m_stub(stub) {}

BreakpointRegistry::~BreakpointRegistry() = default;

void BreakpointRegistry::insert(const Breakpoint &breakpoint, Owner owner, QObject *context,
                                Callback callback) {
    Entry &entry = m_entries[breakpoint];
    entry.owners.insert(owner);
    if (std::exchange(entry.isRefused, false) && entry.isPlanted)
        send(breakpoint, entry); // the stub was silent, and may have it or not
    const bool isThere = entry.isPlanted && entry.unanswered == 0;
    if (!isThere && context)
        entry.waiters.push_back(
            {owner, true, context, std::move(callback), entry.isPlanted ? entry.packet : 0});
    bringInLine(breakpoint, true);
    const QPointer<QObject> waits(context);
    emit changed(breakpoint);
    if (isThere && waits && callback)
        callback(fine());
}

void BreakpointRegistry::remove(const Breakpoint &breakpoint, Owner owner, QObject *context,
                                Callback callback) {
    const auto found = m_entries.find(breakpoint);
    if (found == m_entries.end() || found->second.owners.erase(owner) == 0) {
        if (context && callback)
            callback(fine());
        return;
    }
    if (context)
        found->second.waiters.push_back({owner, false, context, std::move(callback), 0});
    const QPointer<BreakpointRegistry> alive(this);
    bringInLine(breakpoint, true);
    if (alive)
        emit changed(breakpoint);
}

void BreakpointRegistry::leave(const std::function<bool(Owner)> &isGone) {
    std::vector<Breakpoint> left;
    for (auto &[breakpoint, entry] : m_entries)
        if (std::erase_if(entry.owners, isGone) > 0)
            left.push_back(breakpoint);
    const QPointer<BreakpointRegistry> alive(this);
    for (const Breakpoint &breakpoint : left) {
        bringInLine(breakpoint, false);
        if (alive)
            emit changed(breakpoint);
        if (!alive)
            return;
    }
}

void BreakpointRegistry::removeAll(Owner owner) {
    leave([owner](Owner other) { return other == owner; });
}

void BreakpointRegistry::removeParty(const void *party) {
    leave([party](Owner other) { return other.party == quintptr(party); });
}

bool BreakpointRegistry::carryOut() {
    const bool wasStoppedForIt = std::exchange(m_stopsTarget, false);
    std::vector<Breakpoint> waiting;
    for (auto &[breakpoint, entry] : m_entries) {
        dropTheGone(entry, 0);
        if (!isWanted(entry) ? entry.isPlanted || (entry.owners.empty() && entry.unanswered == 0)
                             : !entry.isPlanted && !entry.isRefused)
            waiting.push_back(breakpoint);
    }
    const QPointer<BreakpointRegistry> alive(this);
    for (const Breakpoint &breakpoint : waiting) {
        bringInLine(breakpoint, false);
        if (alive)
            emit changed(breakpoint);
        if (!alive)
            return false;
    }
    return wasStoppedForIt;
}

void BreakpointRegistry::setOnly(std::optional<Owner> owner) {
    m_only = owner;
    carryOut();
}

std::vector<Breakpoint> BreakpointRegistry::watchpoints() const {
    std::vector<Breakpoint> found;
    for (const auto &[breakpoint, entry] : m_entries)
        if (!breakpoint.isCode() && entry.isPlanted && !entry.isRefused && isWanted(entry))
            found.push_back(breakpoint);
    return found;
}

// Sends what is missing, at once or as soon as the target stands still, and answers those who wait for
// nothing of the stub's. An entry that nobody needs any more goes.
void BreakpointRegistry::bringInLine(const Breakpoint &breakpoint, bool isUrgent) {
    const auto found = m_entries.find(breakpoint);
    if (found == m_entries.end())
        return;
    Entry &entry = found->second;
    const bool isOwned = !entry.owners.empty(), belongs = isWanted(entry);
    if (belongs != entry.isPlanted && !(belongs && entry.isRefused)) {
        if (m_stub->takesCommands() || m_stub->state() == rsp::Client::State::closed) {
            send(breakpoint, entry);
        } else if (isUrgent && !m_isPatient) {
            m_stopsTarget = true;
            m_stub->interrupt();
        }
    }
    const bool isOver = !isOwned && !entry.isPlanted && entry.unanswered == 0;
    const auto removed = takeWaiters(entry, [isOwned, isOver](const Waiter &waiter) {
        return !waiter.inserts && (isOver || (isOwned && waiter.packet == 0));
    });
    const auto withdrawn = takeWaiters(
        entry, [isOwned](const Waiter &waiter) { return waiter.inserts && !isOwned && waiter.packet == 0; });
    if (isOver)
        m_entries.erase(found);
    const QPointer<BreakpointRegistry> alive(this);
    answer(removed, fine());
    if (alive)
        answer(withdrawn, removedMeanwhile());
}

void BreakpointRegistry::send(const Breakpoint &breakpoint, Entry &entry) {
    const bool inserts = !entry.isPlanted;
    entry.isPlanted = inserts;
    entry.packet = ++m_packets;
    ++entry.unanswered;
    for (Waiter &waiter : entry.waiters)
        if (waiter.packet == 0 && waiter.inserts == inserts)
            waiter.packet = entry.packet;
    m_stub->send(zPacket(inserts ? 'Z' : 'z', breakpoint), this,
                 [this, breakpoint, packet = entry.packet, inserts](const rsp::Client::Reply &reply) {
                     take(breakpoint, packet, inserts, reply);
                 });
}

void BreakpointRegistry::take(const Breakpoint &breakpoint, quint64 packet, bool inserts,
                              const rsp::Client::Reply &reply) {
    Entry &entry = m_entries.at(breakpoint); // stays as long as a packet is under way
    --entry.unanswered;
    if (wasNotSent(reply)) {
        for (Waiter &waiter : entry.waiters)
            if (waiter.packet == packet)
                waiter.packet = 0;
        if (entry.packet == packet)
            entry.isPlanted = !inserts; // carried out when the target stops next
        return;
    }
    const bool isRefused = inserts && (!reply || reply->payload != "OK");
    if (isRefused && entry.packet == packet) {
        // A silent stub may have carried it out: then it is told to remove it when nobody wants it.
        entry.isPlanted = !reply && reply.error().code == "rsp-timeout"_L1;
        entry.isRefused = true;
        entry.why = reasonOf(reply);
    }
    dropTheGone(entry, packet);
    const auto done = takeWaiters(entry, [packet](const Waiter &waiter) { return waiter.packet == packet; });
    const QPointer<BreakpointRegistry> alive(this);
    bringInLine(breakpoint, true);
    if (alive)
        emit changed(breakpoint);
    if (alive)
        answer(done, reply);
}

void BreakpointRegistry::dropTheGone(Entry &entry, quint64 packet) {
    const auto waitsForIt = [packet](const Waiter &waiter) {
        return waiter.inserts && waiter.packet == packet;
    };
    for (const Waiter &gone : entry.waiters)
        if (waitsForIt(gone) && !gone.context &&
            std::none_of(entry.waiters.begin(), entry.waiters.end(), [&](const Waiter &other) {
                return waitsForIt(other) && other.owner == gone.owner && other.context;
            }))
            entry.owners.erase(gone.owner);
}

std::vector<BreakpointRegistry::Waiter>
BreakpointRegistry::takeWaiters(Entry &entry, const std::function<bool(const Waiter &)> &fits) {
    std::vector<Waiter> taken;
    std::copy_if(entry.waiters.begin(), entry.waiters.end(), std::back_inserter(taken), fits);
    std::erase_if(entry.waiters, fits);
    return taken;
}

void BreakpointRegistry::answer(const std::vector<Waiter> &waiters, const rsp::Client::Reply &reply) {
    const QPointer<BreakpointRegistry> alive(this);
    for (const Waiter &waiter : waiters) {
        if (waiter.context && waiter.callback)
            waiter.callback(reply);
        if (!alive)
            return;
    }
}

std::optional<BreakpointRegistry::Status> BreakpointRegistry::status(const Breakpoint &breakpoint) const {
    const auto found = m_entries.find(breakpoint);
    if (found == m_entries.end() || found->second.owners.empty())
        return std::nullopt;
    const Entry &entry = found->second;
    if (entry.isRefused)
        return Status{State::failed, entry.why};
    return Status{!entry.isPlanted ? State::wanted : entry.unanswered > 0 ? State::asked : State::set, {}};
}

template <class Predicate>
bool BreakpointRegistry::isAny(Predicate fits) const {
    return std::any_of(m_entries.begin(), m_entries.end(),
                       [&](const auto &each) { return fits(each.first, each.second); });
}

bool BreakpointRegistry::owns(Owner owner, quint64 address) const {
    return isAny([&](const Breakpoint &breakpoint, const Entry &entry) {
        return breakpoint.isCodeAt(address) && entry.owners.contains(owner);
    });
}

bool BreakpointRegistry::stopsAt(quint64 address) const {
    return isAny([&](const Breakpoint &breakpoint, const Entry &entry) {
        return breakpoint.isCodeAt(address) && entry.isPlanted;
    });
}

bool BreakpointRegistry::isWantedAt(quint64 address) const {
    return isAny([&](const Breakpoint &breakpoint, const Entry &entry) {
        return breakpoint.isCodeAt(address) && isWanted(entry) && !entry.isRefused;
    });
}

bool BreakpointRegistry::isForsakenAt(quint64 address) const {
    return !isWantedAt(address) && stopsAt(address);
}

bool BreakpointRegistry::isForsakenWatch(quint64 address) const {
    const auto isWatch = [&](bool isWanted) {
        return isAny([&](const Breakpoint &breakpoint, const Entry &entry) {
            return breakpoint.isWatching(address) && entry.isPlanted && this->isWanted(entry) == isWanted;
        });
    };
    return isWatch(false) && !isWatch(true);
}

template <class Predicate>
bool BreakpointRegistry::isOnly(const void *party, Predicate concerns) const {
    const auto isOthers = [party](Owner owner) { return owner.party != quintptr(party); };
    bool isAnyOfIt = false;
    for (const auto &[breakpoint, entry] : m_entries) {
        if (!concerns(breakpoint) || !isWanted(entry))
            continue;
        if (m_only ? m_only->party != quintptr(party)
                   : std::any_of(entry.owners.begin(), entry.owners.end(), isOthers))
            return false;
        isAnyOfIt = true;
    }
    return isAnyOfIt;
}

bool BreakpointRegistry::isOnlyOwner(const void *party, quint64 address) const {
    return isOnly(party, [address](const Breakpoint &breakpoint) { return breakpoint.isCodeAt(address); });
}

bool BreakpointRegistry::isOnlyWatcher(const void *party, quint64 address) const {
    return isOnly(party, [address](const Breakpoint &breakpoint) { return breakpoint.isWatching(address); });
}

} // namespace nitroscope::app
