// SPDX-License-Identifier: GPL-2.0-or-later
//
// The names that a BootMap has: firmware always, the kernel's once it is known where it runs.
#pragma once

#include "app/session/debug/boot_map.hpp"
#include "app/session/debug/symbol_source.hpp"

namespace nitroscope::app {

class BootSymbols final : public SymbolSource {
public:
    // Without a slide the kernel has no addresses yet, and its names are only for completion.
    BootSymbols(BootMapPointer map, std::optional<quint64> slide) : m_map(std::move(map)), m_slide(slide) {}

    std::optional<NamedPlace> place(quint64 address) const override;
    std::optional<quint64> address(const QString &name) const override;
    QVector<QString> complete(const QString &prefix, int most) const override;
    QVector<SourcePlace> source(quint64) const override { return {}; }

private:
    BootMapPointer m_map;
    std::optional<quint64> m_slide;
};

} // namespace nitroscope::app
