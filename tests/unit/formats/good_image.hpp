// SPDX-License-Identifier: GPL-2.0-or-later
//
// An image that lint has nothing against, for tests that break one thing of it.

#pragma once

#include "tests/unit/formats/cpio_maker.hpp"
#include "tests/unit/formats/packers.hpp"
#include "tests/unit/launch/eif_maker.hpp"

namespace nitroscope::test {

// The smallest static x86-64 program header; with an interpreter when one is named.
inline QByteArray elf(const QByteArray &interpreter = {}, quint16 machine = 62) {
    QByteArray bytes(64, '\0');
    bytes.replace(0, 7,
                  QByteArray("\x7f"
                             "ELF\2\1\1",
                             7));
    bytes[16] = 2;
    bytes[18] = static_cast<char>(machine);
    bytes[32] = 64; // program headers follow
    constexpr int headerBytes = 56;
    const int count = interpreter.isEmpty() ? 1 : 2;
    bytes[54] = headerBytes;
    bytes[56] = static_cast<char>(count);
    QByteArray load(headerBytes, '\0');
    load[0] = 1;                                            // PT_LOAD, of the headers
    load[32] = static_cast<char>(64 + count * headerBytes); // bytes in the file
    load[40] = load[32];                                    // and in memory
    bytes += load;
    if (interpreter.isEmpty())
        return bytes;
    QByteArray header(headerBytes, '\0');
    header[0] = 3;                                           // PT_INTERP
    header[8] = static_cast<char>(64 + count * headerBytes); // its offset
    header[32] = static_cast<char>(interpreter.size() + 1);
    return bytes + header + interpreter + '\0';
}

// A kernel whose gzip payload carries this configuration, or these texts.
inline QByteArray kernelWith(const QByteArray &config, const QByteArray &texts = {}) {
    QByteArray vmlinux = "\x7f"
                         "ELF" +
                         QByteArray(100'000, 'x') + texts;
    if (!config.isEmpty())
        vmlinux += "IKCFG_ST" + gzipped(config) + "IKCFG_ED";
    const QByteArray payload = gzipped(vmlinux);
    return makeBzImage({.bytes = payload.size() + 4096, .payload = payload});
}

inline const QByteArray goodConfig = "CONFIG_NSM=y\nCONFIG_VIRTIO_VSOCKETS=y\nCONFIG_VIRTIO_MMIO=y\n"
                                     "CONFIG_VIRTIO_MMIO_CMDLINE_DEVICES=y\nCONFIG_RD_GZIP=y\n"
                                     "CONFIG_RD_XZ=y\nCONFIG_RD_LZ4=y\nCONFIG_RD_ZSTD=y\n";

// An image as nitro-cli makes it, without any finding but notes.
inline TestSections goodSections() {
    TestSections sections = usualSections();
    sections[1].data = "reboot=k panic=30 console=ttyS0";
    sections[3].data = cpioArchive({{.path = "dev", .mode = 040755},
                                    {.path = "init", .content = elf(), .mode = 0100755},
                                    {.path = "nsm.ko", .content = "module"}});
    sections[4].data = cpioArchive({{.path = "rootfs", .mode = 040755},
                                    {.path = "rootfs/bin", .mode = 040755},
                                    {.path = "rootfs/dev", .mode = 040755},
                                    {.path = "rootfs/proc", .mode = 040755},
                                    {.path = "rootfs/run", .mode = 040755},
                                    {.path = "rootfs/sys", .mode = 040755},
                                    {.path = "rootfs/tmp", .mode = 041777},
                                    {.path = "rootfs/bin/app", .content = elf(), .mode = 0100755},
                                    {.path = "cmd", .content = "/bin/app\n"},
                                    {.path = "env", .content = "A=1\n"}});
    return sections;
}

} // namespace nitroscope::test
