// SPDX-License-Identifier: GPL-2.0-or-later
//
// Everything a user can say about one run of an enclave. A plain record: the window fills it from its
// dialogs, the command line from its options, and launch_arguments.hpp turns it into QEMU's arguments.
#pragma once

#include <QMetaType>
#include <QString>
#include <QStringList>

namespace nitroscope::app {

// Which machinery executes the guest's instructions.
enum class Accelerator {
    tcg, // translation; works everywhere, and what breakpoints and plugins need
    kvm, // only on request: a /dev/kvm that exists may still not work (nested, no rights)
};

// The parent's side of vsock.
struct VsockOptions {
    quint64 cid = 0;            // of the enclave, 4 and up; 0 = the first from 16 on that is free
    QString path;               // hybrid socket; empty = in the runtime folder of the run
    QStringList routes;         // "8000=tcp:127.0.0.1:80", as in qemu-machine/vsock/host/route.hpp
    QString heartbeat;          // "on", "off", "delay", "wrong"; empty = on
    quint32 heartbeatDelay = 0; // milliseconds, with "delay"; 0 = the device's default
    bool seqpacket = true;      // offer SOCK_SEQPACKET to the guest
    bool refuseCid2 = false;    // nobody is at CID 2, as on EC2
    bool headersOnly = false;   // the capture stream has packets without their payload

    bool operator==(const VsockOptions &) const = default;
};

struct LaunchSpec {
    QString eifPath;        // required
    quint64 memoryMiB = 0;  // 0 = the default of EC2's rule, see defaultMemoryMiB()
    unsigned cpuCount = 1;  // 1..128
    bool debugMode = false; // PCR 0-2 and 8 read as zero, as with nitro-cli's --debug-mode
    bool strict = true;     // false: what the real platform refuses becomes a warning
    QString moduleId;       // empty = the machine's default
    QString parentRole;     // IAM role ARN measured into PCR 3; empty = none
    QString parentId;       // instance id measured into PCR 4; empty = none
    QString append;         // appended to the EIF's command line; measured
    QString initrdPath;     // one more ramdisk after the EIF's; measured
    QString capturePath;    // pcapng file that receives the capture stream; empty = none
    QString qemuPath;       // empty = found by locateQemu() (program_locations.hpp)
    Accelerator accelerator = Accelerator::tcg;
    VsockOptions vsock;
    bool debugger = false; // stay at the reset vector, and let gdb in (EnclaveSession::debuggerReady)
    int gdbPort = -1;      // with `debugger`: also let gdb in on this loopback port; 0 = any, -1 = none

    // By the plugin nitroscope-trace, into the capture stream: system calls of the guest's programs, and when
    // each function of a symbol list (System.map, nm) first ran.
    bool traceSystemCalls = false;
    QString firstCallsPath; // empty = none
};

} // namespace nitroscope::app

Q_DECLARE_METATYPE(nitroscope::app::LaunchSpec)
