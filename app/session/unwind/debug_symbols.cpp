// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/unwind/debug_symbols.hpp"

#include "app/formats/elf/readable_name.hpp"

#include <algorithm>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
std::optional<DebugSymbols::Owner> DebugSymbols::owner(quint64 address) const {
    if (m_parts.firmware && m_parts.firmware->elf().has(address))
        return Owner{m_parts.firmware.get(), &m_parts.firmware->symbols(), u"firmware"_s, address};
    if (m_parts.kernel && address >= m_parts.kernel->start() + m_parts.slide &&
        address < m_parts.kernel->end() + m_parts.slide)
        return Owner{m_parts.kernel->debug().get(), &m_parts.kernel->symbols(), u"vmlinux"_s,
                     address - m_parts.slide, true};
    for (const auto &module : m_parts.modules)
        if (address >= module->base && address - module->base < module->bytes)
            return Owner{nullptr, &module->table, module->name, address, true};
    for (const LoadedProgram &loaded : m_parts.programs)
        if (address >= loaded.bias && loaded.program->elf().has(address - loaded.bias))
            return Owner{loaded.program.get(), &loaded.program->symbols(), loaded.program->name(),
                         address - loaded.bias};
    return std::nullopt;
}

std::optional<NamedPlace> DebugSymbols::place(quint64 address) const {
    const auto found = owner(address);
    const auto place = found ? found->table->place(found->linked) : std::nullopt;
    if (!place)
        return std::nullopt;
    return NamedPlace{QString::fromUtf8(place->name), place->offset, found->module, place->isText,
                      symbols::readableName(place->name)};
}

std::optional<quint64> DebugSymbols::address(const QString &name) const {
    const QByteArray wanted = name.toUtf8();
    if (m_parts.kernel)
        if (const auto linked = m_parts.kernel->symbols().find(wanted))
            return m_parts.kernel->symbols().moved(*linked, m_parts.slide);
    for (const auto &module : m_parts.modules)
        if (const auto at = module->table.find(wanted))
            return *at;
    for (const auto &programs : {m_parts.programs, m_parts.others})
        for (const LoadedProgram &loaded : programs)
            if (const auto linked = loaded.program->symbols().find(wanted))
                return *linked + loaded.bias;
    return m_parts.firmware ? m_parts.firmware->symbols().find(wanted) : std::nullopt;
}

QVector<QString> DebugSymbols::complete(const QString &prefix, int most) const {
    const QByteArray wanted = prefix.toUtf8();
    QVector<QString> names;
    const auto add = [&](const symbols::SymbolTable &table) {
        for (const QByteArray &name : table.complete(wanted, most))
            names.append(QString::fromUtf8(name));
    };
    if (m_parts.firmware)
        add(m_parts.firmware->symbols());
    if (m_parts.kernel)
        add(m_parts.kernel->symbols());
    for (const auto &module : m_parts.modules)
        add(module->table);
    for (const auto &programs : {m_parts.programs, m_parts.others})
        for (const LoadedProgram &loaded : programs)
            add(loaded.program->symbols());
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    if (names.size() > most)
        names.resize(most);
    return names;
}

QVector<symbols::SourceLine> DebugSymbols::lines(quint64 address) const {
    const auto found = owner(address);
    return found && found->program ? found->program->source(found->linked) : QVector<symbols::SourceLine>();
}

QVector<SourcePlace> DebugSymbols::source(quint64 address) const {
    QVector<SourcePlace> places;
    for (const symbols::SourceLine &line : lines(address)) {
        const bool isRelative = !line.folder.isEmpty() && !line.file.startsWith(u'/');
        places.append({isRelative ? line.folder + u'/' + line.file : line.file, line.line, line.function});
    }
    return places;
}

QMap<int, quint64> DebugSymbols::codeLines(quint64 address, const QString &file) const {
    const auto found = owner(address);
    if (!found || !found->program)
        return {};
    QMap<int, quint64> lines = found->program->codeLines(found->linked, file);
    for (quint64 &at : lines)
        at += address - found->linked;
    return lines;
}

QString DebugSymbols::shortFile(const symbols::SourceLine &line) {
    const QString folder = line.folder + u'/';
    QString file = line.file;
    if (!line.folder.isEmpty() && file.startsWith(folder))
        file = file.mid(folder.size());
    return file.startsWith(u"./") ? file.mid(2) : file;
}

} // namespace nitroscope::app
