// SPDX-License-Identifier: GPL-2.0-or-later
//
// The kernel in a file, unpacked, and its symbols: the file is an EIF, a bzImage or a vmlinux.
#pragma once

#include "app/formats/symbols/kallsyms.hpp"

namespace nitroscope::symbols {

enum class KernelFileKind { eif, bzImage, vmlinux };

struct KernelFile {
    KernelFileKind kind = KernelFileKind::vmlinux;
    QString versionText; // as in the bzImage's header; empty for a vmlinux
    QByteArray vmlinux;  // ELF
};

// Blocks for the time of decompression. Errors: kernel-file (cannot be read, is none of the three), and those
// of formats::extractVmlinux().
app::Result<KernelFile> openKernelFile(const QString &path);

// From its kallsyms. Errors: not-elf, no-kallsyms.
app::Result<Kallsyms> kallsymsOf(const QByteArray &vmlinux);

} // namespace nitroscope::symbols
