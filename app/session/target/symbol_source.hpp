// SPDX-License-Identifier: GPL-2.0-or-later
//
// Names for addresses, from everything that is known: firmware, kernel (slide applied), kernel modules, user
// programs. An immutable snapshot: whoever holds one may use it on any thread; when more is known, a new one
// is published.
#pragma once

#include <memory>
#include <optional>
#include <QString>
#include <QVector>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

struct NamedPlace {
    QString name;       // "start_kernel"
    quint64 offset = 0; // bytes from the symbol's start
    QString module;     // "vmlinux", "firmware", "init"
    bool isText = true;

    QString text() const { return offset ? name + u"+0x"_s + QString::number(offset, 16) : name; }
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
};

using SymbolSourcePointer = std::shared_ptr<const SymbolSource>;

} // namespace nitroscope::app
