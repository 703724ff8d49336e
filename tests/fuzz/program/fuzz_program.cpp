// SPDX-License-Identifier: GPL-2.0-or-later
//
// Fuzz target: a program from a foreign ramdisk: its symbols, and through libdw its lines, types and call
// frames.
#include "app/core/arch/x86/registers.hpp"
#include "app/core/arch/x86/x86_64.hpp"
#include "app/formats/symbols/dwarf_layouts.hpp"
#include "app/formats/symbols/program.hpp"

#include <cstdint>

using namespace nitroscope;
using namespace nitroscope::symbols;
using namespace Qt::Literals::StringLiterals;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const auto program =
        Program::open(QByteArray(reinterpret_cast<const char *>(data), qsizetype(size)), u"fuzz"_s);
    if (!program)
        return 0;
    FrameRegisters registers(*arch::x86_64().unwinding.frame);
    registers[arch::x86::dwarf(arch::x86::rsp)] = 0x7000;
    registers[arch::x86::dwarf(arch::x86::rbp)] = 0x7100;
    const ReadWord read = [](quint64 address) { return std::optional(address); };
    for (qsizetype i = 0; i < qMin<qsizetype>((*program)->symbols().size(), 8); ++i) {
        const quint64 address = (*program)->symbols().at(i).address;
        (void)(*program)->source(address);
        (void)(*program)->caller(registers, address, read);
    }
    (void)(*program)->caller(registers, 0x401000, read);
    if (const auto layouts = dwarfLayouts(*program))
        (void)layouts->field("TypesProbe", "last");
    return 0;
}
