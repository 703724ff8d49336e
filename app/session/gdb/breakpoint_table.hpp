// SPDX-License-Identifier: GPL-2.0-or-later
//
// Who wants which breakpoint. The stub knows a breakpoint once; the window and several gdbs may each have set
// it, and it goes when the last of them lets go. Owners are addresses that are only compared.
#pragma once

#include <compare>
#include <map>
#include <QSet>
#include <QVector>

namespace nitroscope::app {

struct Breakpoint {
    int type = 0; // of the Z packet: 0 software, 1 hardware, 2 write, 3 read, 4 access
    quint64 address = 0;
    quint64 length = 1; // "kind" of types 0 and 1, bytes of watchpoints

    // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 sees a pointer in the defaulted comparison
    auto operator<=>(const Breakpoint &) const = default;
};

class BreakpointTable {
public:
    using Owner = const void *;

    // True when the stub must be told: the breakpoint is new, or its last owner let go of it.
    bool add(const Breakpoint &breakpoint, Owner owner) {
        auto &owners = m_owners[breakpoint];
        const bool isNew = owners.isEmpty();
        owners.insert(owner);
        return isNew;
    }

    bool remove(const Breakpoint &breakpoint, Owner owner) {
        const auto found = m_owners.find(breakpoint);
        if (found == m_owners.end() || !found->second.remove(owner) || !found->second.isEmpty())
            return false;
        m_owners.erase(found);
        return true;
    }

    // Those that nobody wants any more after `owner` has gone.
    QVector<Breakpoint> removeAll(Owner owner) {
        QVector<Breakpoint> orphans;
        for (auto at = m_owners.begin(); at != m_owners.end();) {
            at->second.remove(owner);
            if (at->second.isEmpty()) {
                orphans.append(at->first);
                at = m_owners.erase(at);
            } else {
                ++at;
            }
        }
        return orphans;
    }

    // A breakpoint on code, of any owner.
    bool hasCodeAt(quint64 address) const {
        for (const auto &[breakpoint, owners] : m_owners)
            if (breakpoint.type <= 1 && breakpoint.address == address)
                return true;
        return false;
    }

    bool owns(Owner owner, quint64 address) const {
        for (const auto &[breakpoint, owners] : m_owners)
            if (breakpoint.type <= 1 && breakpoint.address == address && owners.contains(owner))
                return true;
        return false;
    }

    // Whether nobody else has a code breakpoint at the address, and `owner` has.
    bool isOnlyOwner(Owner owner, quint64 address) const {
        return isOnly(owner, [address](const Breakpoint &breakpoint) {
            return breakpoint.type <= 1 && breakpoint.address == address;
        });
    }

    // Likewise for watchpoints that have the address in them.
    bool isOnlyWatcher(Owner owner, quint64 address) const {
        return isOnly(owner, [address](const Breakpoint &breakpoint) {
            return breakpoint.type >= 2 && address - breakpoint.address < breakpoint.length;
        });
    }

    qsizetype size() const { return qsizetype(m_owners.size()); }

private:
    template <class Predicate>
    bool isOnly(Owner owner, Predicate concerns) const {
        bool found = false;
        for (const auto &[breakpoint, owners] : m_owners) {
            if (!concerns(breakpoint))
                continue;
            if (!owners.contains(owner) || owners.size() > 1)
                return false;
            found = true;
        }
        return found;
    }

    std::map<Breakpoint, QSet<Owner>> m_owners;
};

} // namespace nitroscope::app
