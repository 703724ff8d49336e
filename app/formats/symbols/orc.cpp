// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/formats/symbols/orc.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <QtEndian>

namespace nitroscope::symbols {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr qsizetype entryBytes = 6;
constexpr quint64 farthest = 1 << 20; // from the last entry's address

quint16 flagsOf(QByteArrayView entries, qsizetype index) {
    return qFromLittleEndian<quint16>(entries.data() + entryBytes * index + 4);
}

} // namespace

app::Result<OrcTable> OrcTable::read(const ElfImage &vmlinux) {
    for (const ElfSection &section : vmlinux.sections())
        if (section.name == ".orc_unwind_ip")
            return read(vmlinux.section(".orc_unwind_ip"), vmlinux.section(".orc_unwind"), section.address);
    return app::failure(u"no-orc"_s, u"This kernel has no ORC tables; it was built for another unwinder."_s);
}

app::Result<OrcTable> OrcTable::read(QByteArrayView addresses, QByteArrayView entries, quint64 base) {
    const qsizetype count = addresses.size() / 4;
    if (count == 0 || entries.size() / entryBytes < count)
        return app::failure(u"no-orc"_s, u"This kernel's ORC tables are empty or cut off."_s);
    OrcTable table;
    table.m_entries = entries.first(count * entryBytes).toByteArray();
    table.m_addresses.resize(count);
    // What is most frequent by far is an ordinary call: 0 in the older layouts, 2 in the newest. In the
    // second bit 11 ends a stack; in the first nothing is there.
    std::array<qsizetype, 8> types{};
    bool hasBit11 = false;
    for (qsizetype i = 0; i < count; ++i) {
        table.m_addresses[i] =
            base + 4 * quint64(i) + quint64(qint64(qFromLittleEndian<qint32>(addresses.data() + 4 * i)));
        const quint16 flags = flagsOf(entries, i);
        ++types[flags >> 8 & 7];
        hasBit11 = hasBit11 || flags & 0x800;
    }
    table.m_layout = types[2] > types[0] ? Layout::v6_4 : hasBit11 ? Layout::v6_3 : Layout::v4_14;
    // Kernels before 5.6 sort when they boot.
    if (!std::is_sorted(table.m_addresses.cbegin(), table.m_addresses.cend())) {
        table.m_indexes.resize(count);
        std::iota(table.m_indexes.begin(), table.m_indexes.end(), 0);
        std::stable_sort(table.m_indexes.begin(), table.m_indexes.end(), [&table](quint32 a, quint32 b) {
            return table.m_addresses[a] < table.m_addresses[b];
        });
        std::sort(table.m_addresses.begin(), table.m_addresses.end());
    }
    return table;
}

OrcEntry OrcTable::entry(quint32 index) const {
    const char *at = m_entries.constData() + entryBytes * qsizetype(index);
    const quint16 flags = flagsOf(m_entries, index);
    OrcEntry entry{qFromLittleEndian<qint16>(at), qFromLittleEndian<qint16>(at + 2), OrcRegister(flags & 15),
                   OrcRegister(flags >> 4 & 15)};
    using Type = OrcEntry::Type;
    if (m_layout == Layout::v6_4) {
        const int type = flags >> 8 & 7;
        entry.type = type <= int(Type::regsPartial) ? Type(type) : Type::undefined;
        entry.isSignal = flags & 0x800;
        return entry;
    }
    static constexpr std::array types{Type::call, Type::regs, Type::regsPartial, Type::undefined};
    const bool isEnd = flags & (m_layout == Layout::v6_3 ? 0x800 : 0x400);
    entry.type = types[flags >> 8 & 3];
    entry.isSignal = m_layout == Layout::v6_3 ? flags & 0x400
                                              : entry.type == Type::regs || entry.type == Type::regsPartial;
    if (entry.spRegister == OrcRegister::undefined)
        entry.type = isEnd ? Type::endOfStack : Type::undefined;
    return entry;
}

std::optional<OrcEntry> OrcTable::find(quint64 address) const {
    const auto after = std::upper_bound(m_addresses.cbegin(), m_addresses.cend(), address);
    if (after == m_addresses.cbegin() || address - *(after - 1) > farthest)
        return std::nullopt;
    const qsizetype position = after - m_addresses.cbegin() - 1;
    return entry(m_indexes.isEmpty() ? quint32(position) : m_indexes[position]);
}

} // namespace nitroscope::symbols
