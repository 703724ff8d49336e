// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/formats/symbols/symbol_table.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

namespace nitroscope::symbols {

SymbolTable SymbolTable::movedBy(quint64 slide) const {
    SymbolTable result = *this;
    for (Symbol &symbol : result.m_symbols)
        symbol.address = moved(symbol.address, slide);
    for (SymbolSection &section : result.m_sections)
        section.start = moved(section.start, slide);
    result.finish();
    return result;
}

void SymbolTable::reserve(qsizetype symbols, quint64 packedNameBytes) {
    constexpr quint64 maxAhead = 64 << 20; // the counts come from a file
    m_symbols.reserve(qMin<qsizetype>(symbols, qsizetype(maxAhead / sizeof(Symbol))));
    m_names.reserve(qsizetype(qMin(2 * packedNameBytes, maxAhead)));
}

void SymbolTable::add(quint64 address, char type, QByteArrayView name, quint64 size) {
    const auto length = std::min<qsizetype>(name.size(), std::numeric_limits<quint16>::max());
    m_symbols.append({address, quint32(m_names.size()), quint16(length), type,
                      quint32(std::min<quint64>(size, std::numeric_limits<quint32>::max()))});
    m_names.append(name.first(length));
}

void SymbolTable::finish() {
    const auto byAddress = [](const Symbol &a, const Symbol &b) { return a.address < b.address; };
    if (!std::is_sorted(m_symbols.cbegin(), m_symbols.cend(), byAddress))
        std::stable_sort(m_symbols.begin(), m_symbols.end(), byAddress);
    m_nameIndex = std::make_shared<NameIndex>();
}

const QVector<quint32> &SymbolTable::byName() const {
    std::call_once(m_nameIndex->once, [this] {
        QVector<quint32> &order = m_nameIndex->order;
        order.resize(m_symbols.size());
        std::iota(order.begin(), order.end(), 0);
        std::sort(order.begin(), order.end(), [this](quint32 a, quint32 b) {
            const int difference = nameView(m_symbols[a]).compare(nameView(m_symbols[b]));
            return difference < 0 || (difference == 0 && a < b);
        });
    });
    return m_nameIndex->order;
}

std::optional<quint64> SymbolTable::find(QByteArrayView name) const {
    const QVector<quint32> &order = byName();
    const auto found =
        std::lower_bound(order.begin(), order.end(), name, [this](quint32 index, QByteArrayView wanted) {
            return nameView(m_symbols[index]) < wanted;
        });
    if (found == order.end() || nameView(m_symbols[*found]) != name)
        return std::nullopt;
    return m_symbols[*found].address;
}

void SymbolTable::setSections(QVector<SymbolSection> sections) {
    m_sections = std::move(sections);
}

bool SymbolTable::areTogether(quint64 symbol, quint64 address) const {
    const auto has = [](const SymbolSection &section, quint64 wanted) {
        return wanted >= section.start && wanted - section.start < section.bytes;
    };
    return symbol == address || m_sections.isEmpty() ||
           std::any_of(m_sections.cbegin(), m_sections.cend(), [&](const SymbolSection &section) {
               return has(section, symbol) && has(section, address);
           });
}

std::optional<Place> SymbolTable::place(quint64 address) const {
    constexpr quint64 farthest = 16 << 20;
    auto after =
        std::upper_bound(m_symbols.begin(), m_symbols.end(), address,
                         [](quint64 wanted, const Symbol &symbol) { return wanted < symbol.address; });
    if (after == m_symbols.begin())
        return std::nullopt;
    const quint64 start = (after - 1)->address;
    if (address - start > farthest)
        return std::nullopt;
    const auto first =
        std::lower_bound(m_symbols.begin(), after, start,
                         [](const Symbol &symbol, quint64 wanted) { return symbol.address < wanted; });
    const quint32 size = std::max_element(first, after, [](const Symbol &a, const Symbol &b) {
                             return a.size < b.size;
                         })->size;
    if (size != 0 ? address - start >= size : !areTogether(start, address))
        return std::nullopt;
    return Place{name(*first), address - start, first->isText()};
}

QVector<QByteArray> SymbolTable::complete(QByteArrayView prefix, qsizetype most) const {
    QVector<QByteArray> names;
    const QVector<quint32> &order = byName();
    auto at =
        std::lower_bound(order.begin(), order.end(), prefix, [this](quint32 index, QByteArrayView wanted) {
            return nameView(m_symbols[index]) < wanted;
        });
    for (; at != order.end() && names.size() < most; ++at) {
        const QByteArrayView candidate = nameView(m_symbols[*at]);
        if (!candidate.startsWith(prefix))
            break;
        if (names.isEmpty() || names.last() != candidate)
            names.append(candidate.toByteArray());
    }
    return names;
}

} // namespace nitroscope::symbols
