// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/debug/boot_symbols.hpp"

namespace nitroscope::app {
namespace {

constexpr quint64 romStart = 0xf0000, romEnd = 0x100000; // the alias in which the firmware runs

std::optional<NamedPlace> named(const symbols::SymbolTable &table, quint64 address, const char *module) {
    const auto place = table.place(address);
    if (!place)
        return std::nullopt;
    return NamedPlace{QString::fromUtf8(place->name), place->offset, QString::fromLatin1(module), true};
}

} // namespace

std::optional<NamedPlace> BootSymbols::place(quint64 address) const {
    if (!m_map)
        return std::nullopt;
    if (address >= romStart && address < romEnd)
        return named(m_map->firmware, address, "firmware");
    if (m_slide && address >> 63)
        return named(m_map->kernel, address - *m_slide, "vmlinux");
    return std::nullopt;
}

std::optional<quint64> BootSymbols::address(const QString &name) const {
    if (!m_map)
        return std::nullopt;
    const QByteArray bytes = name.toUtf8();
    if (const auto found = m_map->kernel.find(bytes); found && m_slide)
        return *found + *m_slide;
    return m_map->firmware.find(bytes);
}

QVector<QString> BootSymbols::complete(const QString &prefix, int most) const {
    QVector<QString> names;
    if (!m_map)
        return names;
    for (const symbols::SymbolTable *table : {&m_map->kernel, &m_map->firmware})
        for (const QByteArray &name : table->complete(prefix.toUtf8(), most))
            names.append(QString::fromUtf8(name));
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names.first(qMin<qsizetype>(names.size(), most));
}

} // namespace nitroscope::app
