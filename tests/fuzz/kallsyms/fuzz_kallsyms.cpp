// SPDX-License-Identifier: GPL-2.0-or-later
//
// Fuzz target: symbol tables and ELF headers of a foreign kernel. What is recovered must be sorted and must
// survive being written as an ELF file.
#include "app/core/arch/x86/x86_64.hpp"
#include "app/formats/elf/elf_image.hpp"
#include "app/formats/symbols/elf_symbol_file.hpp"
#include "app/formats/symbols/kallsyms.hpp"

#include <cstdint>
#include <cstdlib>
#include <elf.h>

using namespace nitroscope::symbols;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const QByteArrayView bytes(data, qsizetype(size));
    if (const auto image = ElfImage::open(bytes)) {
        (void)image->buildId();
        for (const ElfSection &section : image->sections())
            if (section.size > 0 && image->section(section.name).isEmpty())
                std::abort();
    }
    const auto found = recoverKallsyms(bytes, nitroscope::arch::x86_64().kernel,
                                       [](quint64 offset) { return 0xffffffff81000000 + offset; });
    if (!found)
        return 0;
    for (qsizetype i = 1; i < found->table.size(); ++i)
        if (found->table.at(i).address < found->table.at(i - 1).address)
            std::abort();
    if (!ElfImage::open(elfSymbolFile(found->table, EM_X86_64)))
        std::abort();
    return 0;
}
