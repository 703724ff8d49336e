// SPDX-License-Identifier: GPL-2.0-or-later
//
// `symbols`: what a kernel without debug information still tells about itself, as nm prints it or as an ELF
// file for a debugger.
#include "app/cli/kit/arguments.hpp"
#include "app/cli/kit/console_output.hpp"
#include "app/cli/kit/exit_code.hpp"
#include "app/core/architectures.hpp"
#include "app/core/output/file_writer.hpp"
#include "app/formats/json/json_writer.hpp"
#include "app/formats/symbols/elf_symbol_file.hpp"
#include "app/formats/symbols/kernel_image.hpp"
#include "app/session/kernel/kernel_reader.hpp"

namespace nitroscope::cli {

using namespace Qt::Literals::StringLiterals;
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

QByteArray jsonListing(const symbols::SymbolTable &table) {
    formats::JsonWriter json;
    json.beginArray();
    for (qsizetype i = 0; i < table.size(); ++i) {
        const symbols::Symbol &symbol = table.at(i);
        json.beginObject();
        json.field(u"Address", QString::number(symbol.address, 16).rightJustified(16, u'0'));
        json.field(u"Type", QString(QLatin1Char(symbol.type)));
        json.field(u"Name", QString::fromUtf8(table.nameView(symbol)));
        json.endObject();
    }
    json.endArray();
    return json.text();
}

// Of the file; with guest memory, where that kernel runs in it.
app::Result<symbols::SymbolTable> tableOf(const symbols::KernelImagePointer &image, const QString &ram) {
    const symbols::SymbolTable &table = image->symbols();
    if (table.isEmpty())
        return app::failure(u"no-kallsyms"_s, image->symbolsProblem());
    if (ram.isEmpty())
        return table;
    const auto memory = guest::PhysicalMemory::open(ram, image->architecture());
    if (!memory)
        return tl::unexpected(memory.error());
    const auto running = app::RunningKernel::find(*memory, image);
    if (!running)
        return tl::unexpected(running.error());
    say(u"The kernel runs 0x%1 bytes above its linked address."_s.arg(running->slide(), 0, 16));
    return table.movedBy(running->slide());
}

int showSymbols(const QString &path, const QString &elfPath, const QString &ram, bool json) {
    const auto image = symbols::KernelImage::open(path);
    const auto table = image ? tableOf(*image, ram) : tl::unexpected(image.error());
    if (!table) {
        app::Error error = table.error();
        error.context = path;
        say(error.text());
        return refused;
    }
    if (elfPath.isEmpty())
        return json ? printJson(jsonListing(*table)) : printText(listing(*table));
    if (const auto written =
            app::writeFile(elfPath, symbols::elfSymbolFile(*table, (*image)->architecture().elfMachine));
        !written) {
        say(written.error().text());
        return refused;
    }
    say(u"%1 symbols written to %2"_s.arg(table->size()).arg(elfPath));
    return ok;
}

} // namespace

void addSymbols(CLI::App &parser, int &code) {
    CLI::App *command = parser.add_subcommand(
        "symbols", "Recover a kernel's symbols, without debug information, from its own table (kallsyms)");
    auto path = std::make_shared<std::string>();
    auto elf = std::make_shared<std::string>(), ram = std::make_shared<std::string>();
    command->add_option("file", *path, "EIF, bzImage or vmlinux")->required()->type_name("FILE");
    command->add_option("--elf", *elf, "Write an ELF file for debuggers (gdb: symbol-file) instead of a list")
        ->type_name("OUT");
    command
        ->add_option("--ram", *ram,
                     "File with a guest's memory: give the addresses where the kernel runs in it (KASLR)")
        ->type_name("FILE");
    auto json = std::make_shared<bool>(false);
    command->add_flag("--json", *json, "The list as JSON")->excludes(command->get_option("--elf"));
    command->callback([path, elf, ram, json, &code] {
        code = showSymbols(pathOf(*path), pathOf(*elf), pathOf(*ram), *json);
    });
}

} // namespace nitroscope::cli
