// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/kernel/kernel_modules.hpp"

#include "app/core/output/visible_text.hpp"

#include <cstring>
#include <elf.h>
#include <QSet>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr int maxModules = 1024;
constexpr quint64 nameBytes = 56; // MODULE_NAME_LEN on 64-bit machines
constexpr quint64 maxModuleBytes = 256 << 20, maxNameLength = 512;
constexpr quint64 maxSymbols = 400'000; // of all modules

// Where the fields of struct module are; the code's place changed in 4.5 and 6.4.
struct ModuleLayout {
    quint64 list = 0, name = 0, state = 0;
    quint64 base = 0, size = 0;               // of the code
    quint64 memoryBytes = 0, memoryCount = 1; // since 6.4: one such pair per kind of memory
    std::optional<quint64> kallsyms;
};

std::optional<ModuleLayout> layoutOf(const symbols::TypeLayouts &types) {
    ModuleLayout layout;
    const auto module = [&types](const char *path) { return types.field("module", path); };
    const auto list = module("list"), name = module("name"), state = module("state");
    if (!list || !name || !state)
        return std::nullopt;
    layout.list = list->offset;
    layout.name = name->offset;
    layout.state = state->offset;
    if (const auto kallsyms = module("kallsyms"))
        layout.kallsyms = kallsyms->offset;
    if (const auto memory = module("mem")) {
        const auto base = types.field("module_memory", "base"), size = types.field("module_memory", "size");
        const auto bytes = types.size("module_memory");
        if (!base || !size || !bytes || *bytes == 0)
            return std::nullopt;
        layout.base = memory->offset + base->offset;
        layout.size = memory->offset + size->offset;
        layout.memoryBytes = *bytes;
        layout.memoryCount = qBound<quint64>(1, memory->bytes / *bytes, 16);
        return layout;
    }
    auto base = module("core_layout.base"), size = module("core_layout.size");
    if (!base) {
        base = module("module_core");
        size = module("core_size");
    }
    if (!base || !size)
        return std::nullopt;
    layout.base = base->offset;
    layout.size = size->offset;
    return layout;
}

QString stateText(quint32 state) {
    static constexpr std::array names{"live", "coming", "going", "unformed"};
    return state < names.size() ? QLatin1String(names[state]) : u"unknown"_s;
}

// Addresses of struct module, newest first as in lsmod.
QVector<quint64> modulesOf(const RunningKernel &kernel, quint64 head, const ModuleLayout &layout) {
    QVector<quint64> modules;
    QSet<quint64> seen;
    quint64 node = kernel.value<quint64>(head).value_or(head);
    while (node != head && kernel.isKernelAddress(node) && modules.size() < maxModules &&
           !seen.contains(node)) {
        seen.insert(node);
        modules.append(node - layout.list);
        node = kernel.value<quint64>(node).value_or(head);
    }
    return modules;
}

struct Place {
    quint64 base = 0, bytes = 0;
};

Place codeOf(const RunningKernel &kernel, quint64 module, const ModuleLayout &layout) {
    return {kernel.value<quint64>(module + layout.base).value_or(0),
            kernel.value<quint32>(module + layout.size).value_or(0)};
}

void addSymbols(const RunningKernel &kernel, quint64 module, quint64 kallsymsField,
                const symbols::TypeLayouts &types, symbols::SymbolTable &table, quint64 &left) {
    const auto field = [&types](const char *name) { return types.field("mod_kallsyms", name); };
    const auto symtab = field("symtab"), count = field("num_symtab"), strtab = field("strtab");
    const auto typetab = field("typetab"); // nm's letters, since 5.2
    const auto kallsyms = kernel.value<quint64>(module + kallsymsField);
    if (!symtab || !count || !strtab || !kallsyms)
        return;
    const auto symbolsAt = kernel.value<quint64>(*kallsyms + symtab->offset);
    const auto stringsAt = kernel.value<quint64>(*kallsyms + strtab->offset);
    const quint64 number = qMin<quint64>(kernel.value<quint32>(*kallsyms + count->offset).value_or(0), left);
    left -= number;
    if (!symbolsAt || !stringsAt)
        return;
    const QByteArray entries = kernel.bytes(*symbolsAt, number * sizeof(Elf64_Sym));
    QByteArray letters;
    if (typetab)
        if (const auto at = kernel.value<quint64>(*kallsyms + typetab->offset))
            letters = kernel.bytes(*at, number);
    for (quint64 i = 1; i < quint64(entries.size()) / sizeof(Elf64_Sym); ++i) {
        Elf64_Sym symbol;
        std::memcpy(&symbol, entries.constData() + i * sizeof symbol, sizeof symbol);
        if (symbol.st_shndx == SHN_UNDEF || symbol.st_value == 0)
            continue;
        const QByteArray name = kernel.text(*stringsAt + symbol.st_name, maxNameLength);
        const char letter = i < quint64(letters.size()) ? letters[qsizetype(i)] : 't';
        if (!name.isEmpty())
            table.add(symbol.st_value, letter, name);
    }
}

} // namespace

KernelList<KernelModule> readModules(const RunningKernel &kernel) {
    KernelList<KernelModule> list;
    const auto refuse = [&list](const char *reason) {
        list.unavailable = u"The modules are not available, because "_s + QLatin1String(reason);
        return list;
    };
    const auto head = kernel.address("modules");
    if (!head)
        return refuse(
            kernel.address("init_task") || kernel.layouts()
                ? "this kernel is built without modules."
                : "this kernel has no symbols of data (CONFIG_KALLSYMS_ALL). Give its vmlinux (on the command line with --debug-file).");
    const auto layout = kernel.layouts() ? layoutOf(*kernel.layouts()) : std::nullopt;
    if (!layout)
        return refuse("nothing describes this kernel's struct module (no BTF, no debug information). Give "
                      "its vmlinux (on the command line with --debug-file).");
    list.source = kernel.layouts()->source();
    for (const quint64 address : modulesOf(kernel, *head, *layout)) {
        const Place code = codeOf(kernel, address, *layout);
        KernelModule module;
        module.name = visibleText(kernel.text(address + layout->name, nameBytes));
        module.base = code.base;
        for (quint64 i = 0; i < layout->memoryCount; ++i)
            module.bytes +=
                kernel.value<quint32>(address + layout->size + i * layout->memoryBytes).value_or(0);
        module.state = stateText(kernel.value<quint32>(address + layout->state).value_or(~0u));
        list.rows.append(module);
    }
    if (list.rows.isEmpty())
        list.unavailable = u"No module is loaded."_s;
    return list;
}

QVector<std::shared_ptr<const ModuleSymbols>> readModuleSymbols(const RunningKernel &kernel) {
    QVector<std::shared_ptr<const ModuleSymbols>> modules;
    const auto head = kernel.address("modules");
    const auto layout = head && kernel.layouts() ? layoutOf(*kernel.layouts()) : std::nullopt;
    if (!layout || !layout->kallsyms)
        return modules;
    quint64 left = maxSymbols;
    for (const quint64 address : modulesOf(kernel, *head, *layout)) {
        const Place code = codeOf(kernel, address, *layout);
        auto module = std::make_shared<ModuleSymbols>();
        module->name = visibleText(kernel.text(address + layout->name, nameBytes));
        module->base = code.base;
        module->bytes = qMin(code.bytes, maxModuleBytes);
        addSymbols(kernel, address, *layout->kallsyms, *kernel.layouts(), module->table, left);
        module->table.finish();
        modules.append(module);
    }
    return modules;
}

} // namespace nitroscope::app
