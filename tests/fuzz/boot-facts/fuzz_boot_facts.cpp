// SPDX-License-Identifier: GPL-2.0-or-later
//
// Fuzz target: what is looked for in a foreign kernel and its ramdisks before it boots. The first byte says
// how the rest is taken: 0 a vmlinux with functions every 16 bytes, 1 a bzImage's code, else a ramdisk.
#include "app/core/arch/x86/decompressor.hpp"
#include "app/formats/boot/boot_programs.hpp"
#include "app/formats/boot/initcalls.hpp"
#include "app/formats/boot/kernel_place.hpp"

#include <cstdlib>

using namespace nitroscope;
using namespace nitroscope::formats;
using namespace Qt::Literals::StringLiterals;

namespace {

void check(bool holds) {
    if (!holds)
        abort();
}

void vmlinux(QByteArrayView bytes) {
    static const symbols::SymbolTable functions = [] {
        symbols::SymbolTable table;
        for (quint64 i = 0; i < 64; ++i)
            table.add(0xffffffff81000000 + i * 16, 't', "f");
        table.finish();
        return table;
    }();
    const auto image = symbols::ElfImage::open(bytes);
    if (!image)
        return;
    for (const InitcallLevel &level : findInitcallLevels(*image, functions)) {
        const auto place = functions.place(level.first);
        check(level.calls > 0 && place && place->offset == 0);
    }
    check(relocatedFields(*image, 4).size() <= 4);
}

void code(QByteArrayView bytes) {
    if (const auto jumps = nitroscope::arch::x86::findDecompressorJumps(bytes, 64, 16)) {
        check(jumps->intoCopy < quint64(bytes.size()) && jumps->out < quint64(bytes.size()));
        check(jumps->relocated < jumps->out);
    }
}

void ramdisk(const uint8_t *data, size_t size) {
    constexpr quint64 maxBytes = 1024 * 1024, maxEntries = 200;
    const launch::MemorySource source(std::as_bytes(std::span(data, size)));
    const RamdiskLimits limits = {.unpack = {.outputBytes = maxBytes, .memoryBytes = 8 * maxBytes},
                                  .entries = maxEntries};
    const auto read = readRamdisk({&source, 0, source.size()}, limits);
    check(read.has_value());
    const std::vector<Ramdisk> ramdisks = {*read};
    const BootPrograms programs = findBootPrograms(BootFiles(ramdisks), "rdinit=/init");
    for (const FirstProgram &each : {programs.init, programs.application})
        check(!each.problem.isEmpty() || !each.entered.isEmpty());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    const QByteArrayView rest(data + 1, qsizetype(size) - 1);
    if (data[0] == 0)
        vmlinux(rest);
    else if (data[0] == 1)
        code(rest);
    else
        ramdisk(data + 1, size - 1);
    return 0;
}
