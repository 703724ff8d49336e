// SPDX-License-Identifier: GPL-2.0-or-later
//
// Names for addresses, from everything that is known: firmware, kernel (slide applied), kernel modules, user
// programs. An immutable snapshot: whoever holds one may use it on any thread; when more is known, a new one
// is published.
#pragma once

#include <memory>
#include <optional>
#include <QMap>
#include <QString>
#include <QVector>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

struct NamedPlace {
    QString name;       // "start_kernel"; of C++ as the linker has it
    quint64 offset = 0; // bytes from the symbol's start
    QString module;     // "vmlinux", "firmware", "init"
    bool isText = true;
    QString readable = {}; // of a C++ name: as people write it

    const QString &title() const { return readable.isEmpty() ? name : readable; }
    QString text() const { return offset ? title() + u"+0x"_s + QString::number(offset, 16) : title(); }
    // As expressions take it.
    QString expression() const { return offset ? name + u"+0x"_s + QString::number(offset, 16) : name; }
};

struct SourcePlace {
    QString file; // as in DWARF, folder included
    int line = 0;
    QString function; // innermost first; the functions it is inlined into follow in the list
};

class SymbolSource {
public:
    virtual ~SymbolSource() = default;

    // The last symbol at or before the linear address.
    virtual std::optional<NamedPlace> place(quint64 address) const = 0;
    virtual std::optional<quint64> address(const QString &name) const = 0;
    // Names that begin with `prefix`, sorted, at most `most`.
    virtual QVector<QString> complete(const QString &prefix, int most) const = 0;
    // Innermost inline first; empty without DWARF.
    virtual QVector<SourcePlace> source(quint64 address) const = 0;
    // Lines of a file (spelled as in source()) that have code in the compilation unit around an address, each with its
    // first instruction; empty without DWARF.
    virtual QMap<int, quint64> codeLines(quint64, const QString &) const { return {}; }
};

using SymbolSourcePointer = std::shared_ptr<const SymbolSource>;

} // namespace nitroscope::app
