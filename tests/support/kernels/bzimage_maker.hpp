// SPDX-License-Identifier: GPL-2.0-or-later
//
// x86 kernels to order, as far as a loader reads them (Linux, Documentation/arch/x86/boot.rst); they do not run. Offsets
// and values stand here once more, and are not taken from the parser under test.
#pragma once

#include <algorithm>
#include <QByteArray>
#include <QtEndian>

namespace nitroscope::test {

struct BzImageRecipe {
    qsizetype bytes = 20'000; // of the file; more when the payload needs it
    char fill = '\x5a';       // where nothing else stands
    quint16 xloadflags = 3;   // 64-bit entry, may be above 4 GiB
    quint64 prefAddress = 0x1000000;
    quint32 initSize = 0x1000000;
    QByteArray version = "6.12.0-test (builder@host) #1"; // empty: none
    QByteArray payload = {};                              // empty: none, but see below
    qsizetype payloadOffset = 0x100;                      // from the code's start
    quint32 payloadBytes = 0x1000;                        // what the head says of a payload that is not there
};

inline constexpr qsizetype bzImageCodeAt = 1024; // behind the first sector and one of setup

inline QByteArray makeBzImage(const BzImageRecipe &recipe = {}) {
    constexpr qsizetype headerAt = 0x1f1, headerEnd = 0x290, versionAt = 0x300;
    const qsizetype bytes =
        std::max(recipe.bytes, bzImageCodeAt + recipe.payloadOffset + recipe.payload.size());
    QByteArray kernel(bytes, recipe.fill);
    kernel.replace(headerAt, headerEnd - headerAt, QByteArray(headerEnd - headerAt, '\0'));
    const auto put = [&kernel](qsizetype at, auto value) { qToLittleEndian(value, kernel.data() + at); };
    put(headerAt, quint8(1));                          // setup_sects
    put(0x1f4, quint32((bytes - bzImageCodeAt) / 16)); // syssize
    put(0x1fe, quint16(0xaa55));                       // boot_flag
    put(0x200, quint16(0x6aeb));                       // jump: the header ends 0x6a bytes behind 0x202
    kernel.replace(0x202, 4, "HdrS");
    put(0x206, quint16(0x020f)); // protocol 2.15
    put(0x20e, quint16(recipe.version.isEmpty() ? 0 : versionAt - 0x200));
    put(0x211, quint8(1));           // LOADED_HIGH
    put(0x22c, quint32(0x7fffffff)); // initrd_addr_max
    put(0x230, quint32(0x200000));   // kernel_alignment
    put(0x234, quint8(1));           // relocatable_kernel
    put(0x236, recipe.xloadflags);
    put(0x238, quint32(2047)); // cmdline_size
    put(0x248, quint32(recipe.payloadOffset));
    put(0x24c, recipe.payload.isEmpty() ? recipe.payloadBytes : quint32(recipe.payload.size()));
    put(0x258, recipe.prefAddress);
    put(0x260, recipe.initSize);
    kernel.replace(versionAt, recipe.version.size() + 1, recipe.version + '\0');
    return kernel.replace(bzImageCodeAt + recipe.payloadOffset, recipe.payload.size(), recipe.payload);
}

} // namespace nitroscope::test
