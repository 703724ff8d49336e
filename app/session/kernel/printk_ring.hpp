// SPDX-License-Identifier: GPL-2.0-or-later
//
// The kernel's log as it stands in its memory, whether or not anything of it reached a console. Two layouts:
// since 5.10 a ring of descriptors, infos and texts (Linux, kernel/printk/printk_ringbuffer.c), before it
// records one behind the other (kernel/printk/printk.c of 4.14). Where the fields are comes from VMCOREINFO,
// else from the types. Everything is bounded and every index is checked: the guest may write while we read,
// and may be hostile.
#pragma once

#include "app/session/kernel/running_kernel.hpp"
#include "app/session/target/debug_types.hpp"

#include <variant>

namespace nitroscope::app {

// Since 5.10. Offsets in bytes.
struct PrintkRingLayout {
    quint64 descCount = 0, descs = 0, infos = 0, headId = 0, tailId = 0; // in struct printk_ringbuffer
    quint64 sizeBits = 0, data = 0;                                      // likewise, of the texts
    quint64 descBytes = 0, stateVar = 0, begin = 0, next = 0;            // struct prb_desc
    quint64 infoBytes = 0, seq = 0, ts = 0, textLength = 0, caller = 0;  // struct printk_info
};

// Before 5.10.
struct LogBufLayout {
    quint64 recordBytes = 16, ts = 0, length = 8, textLength = 10; // struct printk_log
};

using LogLayout = std::variant<PrintkRingLayout, LogBufLayout>;

// Nothing when neither source has all fields.
std::optional<LogLayout> logLayout(const std::optional<VmcoreInfo> &info,
                                   const symbols::TypeLayouts *layouts);

// Where bytes of the kernel come from; an empty array when they cannot all be read.
using ReadKernel = std::function<QByteArray(quint64 address, quint64 bytes)>;

// `ring`: address of the struct printk_ringbuffer.
QVector<KernelLogLine> readPrintkRing(const ReadKernel &read, quint64 ring, const PrintkRingLayout &layout);
// `buffer`: address of the records; first and next are offsets in it.
QVector<KernelLogLine> readLogBuf(const ReadKernel &read, quint64 buffer, quint64 bytes, quint64 first,
                                  quint64 next, const LogBufLayout &layout);

// What a running kernel has in its log, or why it is not available.
KernelList<KernelLogLine> readKernelLog(const RunningKernel &kernel);

} // namespace nitroscope::app
