// SPDX-License-Identifier: GPL-2.0-or-later
//
// An image that lint has nothing against, for tests that break one thing of it.

#pragma once

#include "tests/unit/formats/cpio_maker.hpp"
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
    bytes[54] = 56;
    if (interpreter.isEmpty())
        return bytes;
    bytes[56] = 1;
    QByteArray header(56, '\0');
    header[0] = 3;   // PT_INTERP
    header[8] = 120; // its offset
    header[32] = static_cast<char>(interpreter.size() + 1);
    return bytes + header + interpreter + '\0';
}

// An image as nitro-cli makes it, without any finding but notes.
inline TestSections goodSections() {
    TestSections sections = usualSections();
    sections[1].data = "reboot=k panic=30 console=ttyS0";
    sections[3].data = cpioArchive({{.path = "dev", .mode = 040755},
                                    {.path = "init", .content = elf(), .mode = 0100755},
                                    {.path = "nsm.ko", .content = "module"}});
    sections[4].data = cpioArchive({{.path = "rootfs", .mode = 040755},
                                    {.path = "rootfs/bin", .mode = 040755},
                                    {.path = "rootfs/bin/app", .content = elf(), .mode = 0100755},
                                    {.path = "cmd", .content = "/bin/app\n"},
                                    {.path = "env", .content = "A=1\n"}});
    return sections;
}

} // namespace nitroscope::test
