// SPDX-License-Identifier: GPL-2.0-or-later
//
// The breakpoints of a target: who wants each, and what the stub says of it. The only record there is; the
// window and each gdb put in what they want, and read here what became of it.
//
// The stub knows a breakpoint once, however many want it; it goes when the last of them lets go. Packets can
// only be sent while the target stands still: what is wanted meanwhile waits, the target is stopped for a
// moment, and carryOut() brings the stub in line before it runs on. A packet that was not sent has changed
// nothing, and none is forgotten.
#pragma once

#include "app/proto/rsp/client.hpp"
#include "app/session/gdb/breakpoint.hpp"

#include <functional>
#include <map>
#include <set>
#include <vector>

namespace nitroscope::app {

class BreakpointRegistry : public QObject {
    Q_OBJECT
public:
    using Owner = BreakpointOwner;
    using Callback = rsp::Client::Callback;

    enum class State {
        wanted, // will be asked for as soon as the target stands still
        asked,  // the stub has not answered
        set,
        failed, // the stub has refused it
    };
    Q_ENUM(State)
    struct Status {
        State state = State::wanted;
        QString why; // it has failed
    };

    // The client outlives the registry.
    explicit BreakpointRegistry(rsp::Client *stub, QObject *parent = nullptr);
    ~BreakpointRegistry() override;

    // Z and z. The callback's payload is the stub's, or OK, at once, when it need not be asked. Who wants a
    // breakpoint that the stub has refused stays its owner until it removes it; inserting it again asks anew.
    // When the context is gone before the answer has come, its owner does not want the breakpoint any more.
    void insert(const Breakpoint &breakpoint, Owner owner, QObject *context, Callback callback);
    void remove(const Breakpoint &breakpoint, Owner owner, QObject *context, Callback callback);
    // For those who read the status instead.
    void insert(const Breakpoint &breakpoint, Owner owner) { insert(breakpoint, owner, nullptr, {}); }
    void remove(const Breakpoint &breakpoint, Owner owner) { remove(breakpoint, owner, nullptr, {}); }
    void insertCode(quint64 address, Owner owner) { insert({0, address, 1}, owner); }
    void removeCode(quint64 address, Owner owner) { remove({0, address, 1}, owner); }
    // When an owner, or all of a party, goes. A running target is not stopped for it.
    void removeAll(Owner owner);
    void removeParty(const void *party);

    // Of what somebody wants; nothing of what nobody does.
    std::optional<Status> status(const Breakpoint &breakpoint) const;
    bool owns(Owner owner, quint64 address) const; // code
    // The target will stop at this code, whoever wants or wanted it.
    bool stopsAt(quint64 address) const;
    // Somebody wants to stop at this code.
    bool isWantedAt(quint64 address) const;
    // Nobody wants any more what is still in the stub: code at the address, or a watchpoint that has it in it.
    bool isForsakenAt(quint64 address) const;
    bool isForsakenWatch(quint64 address) const;
    // The party has a breakpoint on this code, and nobody else has; likewise a watchpoint that has the
    // address in it.
    bool isOnlyOwner(const void *party, quint64 address) const;
    bool isOnlyWatcher(const void *party, quint64 address) const;
    qsizetype size() const { return qsizetype(m_entries.size()); }

    // Whether what is wanted while the target runs waits for a stop that comes by itself: a run backwards that is
    // interrupted is nowhere.
    void setPatient(bool isPatient) { m_isPatient = isPatient; }
    // Until the next call only what this owner wants is in the stub: somebody looks for one thing in a recording, and all
    // other stops would be in its way. Without an owner all is as it was. The target stands still.
    void setOnly(std::optional<Owner> owner);
    // Watchpoints that are in the stub and somebody wants.
    std::vector<Breakpoint> watchpoints() const;

    // Sends what has waited; the target stands still. True when it was stopped for that.
    bool carryOut();

signals:
    // A breakpoint was set, refused or removed, or an owner joined or left.
    void changed(const nitroscope::app::Breakpoint &breakpoint);

private:
    struct Waiter {
        Owner owner;
        bool inserts = false;
        QPointer<QObject> context;
        Callback callback;
        quint64 packet = 0; // whose answer it waits for; 0 = not sent yet
    };
    struct Entry {
        std::set<Owner> owners;
        std::vector<Waiter> waiters;
        bool isPlanted = false; // as the latest packet has it, should that be carried out
        bool isRefused = false;
        QString why;
        quint64 packet = 0; // the latest
        int unanswered = 0;
    };

    bool isWanted(const Entry &entry) const {
        return m_only ? entry.owners.contains(*m_only) : !entry.owners.empty();
    }
    void leave(const std::function<bool(Owner)> &isGone);
    void bringInLine(const Breakpoint &breakpoint, bool isUrgent);
    void send(const Breakpoint &breakpoint, Entry &entry);
    void take(const Breakpoint &breakpoint, quint64 packet, bool inserts, const rsp::Client::Reply &reply);
    // Owners that wait for the answer to this packet with no context left.
    static void dropTheGone(Entry &entry, quint64 packet);
    static std::vector<Waiter> takeWaiters(Entry &entry, const std::function<bool(const Waiter &)> &fits);
    void answer(const std::vector<Waiter> &waiters, const rsp::Client::Reply &reply);
    rsp::Client::Answer fine() const { return {"OK", {}, m_stub->generation()}; }
    template <class Predicate>
    bool isAny(Predicate fits) const;
    template <class Predicate>
    bool isOnly(const void *party, Predicate concerns) const;

    rsp::Client *m_stub;
    std::map<Breakpoint, Entry> m_entries;
    quint64 m_packets = 0;
    bool m_stopsTarget = false; // it is being stopped for what waits
    bool m_isPatient = false;
    std::optional<Owner> m_only;
};

} // namespace nitroscope::app
