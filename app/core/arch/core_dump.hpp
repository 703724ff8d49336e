// SPDX-License-Identifier: GPL-2.0-or-later
//
// A CPU in a core file, and where its registers come from when no debugger is connected.
#pragma once

#include <cstdint>
#include <QByteArray>
#include <vector>

namespace nitroscope::arch {

struct CoreDump {
    // One CPU after the other out of what `info registers -a` of QEMU's monitor prints, as `g` packets; what it does not
    // tell is zero. Empty when the text is none of its.
    std::vector<QByteArray> (*registers)(QByteArrayView infoRegisters);
    // What follows an NT_PRSTATUS note's name (Linux, struct elf_prstatus): the CPU as the thread of this number, which
    // debuggers tell CPUs apart by. From a `g` packet.
    QByteArray (*status)(QByteArrayView packet, std::uint32_t thread);
};

} // namespace nitroscope::arch
