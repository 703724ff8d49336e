// SPDX-License-Identifier: GPL-2.0-or-later
//
// The names of a boot. As long as it is not known where KASLR puts the kernel, its names have no addresses,
// but they can be completed: breakpoints are set by name before.
#pragma once

#include "app/session/debug/boot_map.hpp"
#include "app/session/unwind/debug_symbols.hpp"

namespace nitroscope::app {

class BootSymbols final : public SymbolSource {
public:
    BootSymbols(const SymbolParts &parts, bool isPlaced)
        : m_all(parts), m_known(isPlaced ? parts : withoutKernel(parts)) {}

    // What has addresses.
    const DebugSymbols &known() const { return m_known; }

    std::optional<NamedPlace> place(quint64 address) const override { return m_known.place(address); }
    std::optional<quint64> address(const QString &name) const override { return m_known.address(name); }
    QVector<SourcePlace> source(quint64 address) const override { return m_known.source(address); }
    QMap<int, quint64> codeLines(quint64 address, const QString &file) const override {
        return m_known.codeLines(address, file);
    }
    QVector<QString> complete(const QString &prefix, int most) const override {
        return m_all.complete(prefix, most);
    }

private:
    static SymbolParts withoutKernel(SymbolParts parts) {
        parts.kernel.reset();
        return parts;
    }

    DebugSymbols m_all, m_known;
};

} // namespace nitroscope::app
