// SPDX-License-Identifier: GPL-2.0-or-later
//
// Symbols of one program: a kernel's, recovered or read. Sorted by address, names in one pool, so that the
// 160 000 symbols of a distribution's kernel take 7 MiB and are searched by halving.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <QByteArray>
#include <QVector>

namespace nitroscope::symbols {

// Of the memory that a file takes, as linked: where a name ends that has no size.
struct SymbolSection {
    quint64 start = 0, bytes = 0;
};

struct Symbol {
    quint64 address = 0;    // guest-virtual as linked, or an offset in a per-CPU area
    quint32 nameOffset = 0; // in the table's pool
    quint16 nameLength = 0;
    char type = '?'; // nm's letter: T text, D data, R read-only, B zeroed, A absolute, W weak; small = local

    quint32 size = 0; // bytes that it names; 0 = up to the next symbol

    bool isText() const { return type == 't' || type == 'T' || type == 'w' || type == 'W'; }
};

// An address in words: the symbol at or before it.
struct Place {
    QByteArray name;
    quint64 offset = 0; // bytes from the symbol's start
    bool isText = true;

    // "start_kernel+0x1c", without offset at the very start.
    QByteArray text() const { return offset ? name + "+0x" + QByteArray::number(offset, 16) : name; }
};

class SymbolTable {
public:
    // Addresses below `perCpuEnd` are offsets in each CPU's own area (arch::LinuxKernel); a program has none.
    void setPerCpuEnd(quint64 perCpuEnd) { m_perCpuEnd = perCpuEnd; }
    quint64 perCpuEnd() const { return m_perCpuEnd; }
    bool isPerCpu(quint64 address) const { return address < m_perCpuEnd; }
    // Where a linked address is in a kernel that runs `slide` bytes higher: per-CPU areas are not moved.
    quint64 moved(quint64 linked, quint64 slide) const { return isPerCpu(linked) ? linked : linked + slide; }
    // All symbols, so moved.
    SymbolTable movedBy(quint64 slide) const;

    // What add() is about to get, at least; saves moving it while the table grows.
    void reserve(qsizetype symbols, quint64 packedNameBytes);
    // The name is cut at 65535 bytes. Order of calls decides among symbols of one address.
    void add(quint64 address, char type, QByteArrayView name, quint64 size = 0);
    // The sections that the symbols are in: none names what is in another. Without, that is not looked at.
    void setSections(QVector<SymbolSection> sections);
    // Sorts by address, keeping the order of equals. To be called once, after the last add(). The index of
    // names is made when a name is first asked for, by whichever thread does.
    void finish();

    qsizetype size() const { return m_symbols.size(); }
    bool isEmpty() const { return m_symbols.isEmpty(); }
    const Symbol &at(qsizetype index) const { return m_symbols[index]; }
    QByteArray name(const Symbol &symbol) const { return m_names.mid(symbol.nameOffset, symbol.nameLength); }
    QByteArrayView nameView(const Symbol &symbol) const {
        return QByteArrayView(m_names).sliced(symbol.nameOffset, symbol.nameLength);
    }

    // By name: the first of that name in order of addresses, as linked. A slide is the caller's to add.
    std::optional<quint64> find(QByteArrayView name) const;
    // The last symbol at or before `address` if that is within its size, or, when it has none, within its section and
    // at most 16 MiB away. Among several at one place, the first.
    std::optional<Place> place(quint64 address) const;
    // Names that begin with `prefix`, at most `most`, for completion.
    QVector<QByteArray> complete(QByteArrayView prefix, qsizetype most) const;

private:
    struct NameIndex {
        std::once_flag once;
        QVector<quint32> order; // indexes into m_symbols, sorted by name, then address
    };
    const QVector<quint32> &byName() const;
    bool areTogether(quint64 symbol, quint64 address) const;

    quint64 m_perCpuEnd = 0;
    QVector<Symbol> m_symbols;
    QVector<SymbolSection> m_sections;
    QByteArray m_names;
    std::shared_ptr<NameIndex> m_nameIndex = std::make_shared<NameIndex>(); // copies have the same symbols
};

} // namespace nitroscope::symbols
