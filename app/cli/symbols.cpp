// SPDX-License-Identifier: GPL-2.0-or-later
//
// `symbols`: what a kernel without debug information still tells about itself, as nm prints it or as an ELF
// file for a debugger.
#include "app/cli/arguments.hpp"
#include "app/cli/console_output.hpp"
#include "app/cli/exit_code.hpp"
#include "app/formats/symbols/elf_symbol_file.hpp"
#include "app/formats/symbols/kernel_file.hpp"

#include <QSaveFile>

namespace nitroscope::cli {
namespace {

QByteArray listing(const symbols::SymbolTable &table) {
    QByteArray text;
    text.reserve(table.size() * 48);
    for (qsizetype i = 0; i < table.size(); ++i) {
        const symbols::Symbol &symbol = table.at(i);
        text += QByteArray::number(symbol.address, 16).rightJustified(16, '0');
        text += ' ';
        text += symbol.type;
        text += ' ';
        text += table.nameView(symbol);
        text += '\n';
    }
    return text;
}

int showSymbols(const QString &path, const QString &elfPath) {
    const auto file = symbols::openKernelFile(path);
    const auto kallsyms =
        file.and_then([](const symbols::KernelFile &kernel) { return symbols::kallsymsOf(kernel.vmlinux); });
    if (!kallsyms) {
        app::Error error = kallsyms.error();
        error.context = path;
        say(error.text());
        return refused;
    }
    if (elfPath.isEmpty())
        return writeOutput(listing(kallsyms->table)) == Written::all ? ok : refused;
    QSaveFile out(elfPath);
    if (!out.open(QIODevice::WriteOnly) || out.write(symbols::elfSymbolFile(kallsyms->table)) < 0 ||
        !out.commit()) {
        say(QStringLiteral("%1: %2").arg(elfPath, out.errorString()));
        return refused;
    }
    say(QStringLiteral("%1 symbols written to %2").arg(kallsyms->table.size()).arg(elfPath));
    return ok;
}

} // namespace

void addSymbols(CLI::App &parser, int &code) {
    CLI::App *command = parser.add_subcommand(
        "symbols", "Recover a kernel's symbols, without debug information, from its own table (kallsyms)");
    auto path = std::make_shared<std::string>();
    auto elf = std::make_shared<std::string>();
    command->add_option("file", *path, "EIF, bzImage or vmlinux")->required()->type_name("FILE");
    command->add_option("--elf", *elf, "Write an ELF file for debuggers (gdb: symbol-file) instead of a list")
        ->type_name("OUT");
    command->callback([path, elf, &code] { code = showSymbols(pathOf(*path), pathOf(*elf)); });
}

} // namespace nitroscope::cli
