// SPDX-License-Identifier: GPL-2.0-or-later
//
// The programs that an enclave's user space begins with: init, from the root file system that the ramdisks
// make, and the application, which AWS's init (and ours) starts out of ramdisk 1: the words of /cmd, in
// /rootfs. For each, where its first instruction is, as far as the file tells.
#pragma once

#include "app/formats/ramdisk/ramdisk.hpp"

namespace nitroscope::formats {

struct FirstProgram {
    QByteArray path; // in the root file system; empty when there is none
    // Of what the kernel jumps to first: the program, its dynamic loader, or the interpreter of a script.
    QByteArray entered;
    quint64 entry = 0;     // as in the ELF header
    bool isMovable = true; // position-independent: only the last 12 bits of `entry` hold
    QString problem;       // why nothing is known; empty when `entry` is
};

struct BootPrograms {
    FirstProgram init, application;
};

// `commandLine` may name another init (rdinit=).
BootPrograms findBootPrograms(const BootFiles &files, const QByteArray &commandLine);

} // namespace nitroscope::formats
