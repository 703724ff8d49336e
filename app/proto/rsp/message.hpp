// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the packets of the remote serial protocol say: thread ids, stop replies, thread lists, hexadecimal
// memory. Numbers are hexadecimal, most significant digit first; memory and registers are in target order
// (little endian here), two digits per byte.
#pragma once

#include "app/core/result.hpp"

#include <QByteArray>
#include <QVector>

namespace nitroscope::rsp {

// `p1.2`, `2`, `-1` (all) or `0` (any). Without `p` the process is 0.
struct ThreadId {
    qint64 process = 0;
    qint64 thread = 0;

    static constexpr qint64 all = -1;
    bool operator==(const ThreadId &) const = default;
};

enum class StopReason {
    none,               // only the signal is known
    softwareBreakpoint, // swbreak
    hardwareBreakpoint, // hwbreak
    writeWatchpoint,    // watch
    readWatchpoint,     // rwatch
    accessWatchpoint,   // awatch
    replayLog,          // replaylog: the start or end of a recording
};

struct StopReply {
    enum class Kind { stopped, exited, killed };
    Kind kind = Kind::stopped;
    int number = 0; // signal of GDB's numbering (5 trap, 2 interrupt), or exit status
    ThreadId thread;
    StopReason reason = StopReason::none;
    quint64 watchAddress = 0;                      // guest-virtual, for the three watchpoint reasons
    QVector<std::pair<int, QByteArray>> registers; // expedited: number, bytes in target order
};

// Strict: an even number of hex digits and nothing else.
std::optional<QByteArray> fromHex(QByteArrayView digits);
// 1..16 hex digits.
std::optional<quint64> parseNumber(QByteArrayView digits);
QByteArray hexNumber(quint64 number);

std::optional<ThreadId> parseThreadId(QByteArrayView text);
QByteArray formatThreadId(const ThreadId &thread);

// Packets T, S, W and X. Errors: rsp-bad-stop-reply with the offset in the payload.
app::Result<StopReply> parseStopReply(const QByteArray &payload);
bool isStopReply(const QByteArray &payload);

// Answer to qfThreadInfo and qsThreadInfo: `m` and ids, or `l` at the end (empty list).
app::Result<QVector<ThreadId>> parseThreadList(const QByteArray &payload);

// The number in `E01`, nothing when the payload is no error.
std::optional<int> errorNumber(const QByteArray &payload);

// "qSupported" answers: `name=value`, `name+`, `name-`.
struct Features {
    qsizetype packetSize = 0; // bytes; 0 = not said
    bool readsTargetDescription = false;
    bool has(const QByteArray &name) const { return names.contains(name); }
    QVector<QByteArray> names; // of those with `+` or a value
};
Features parseFeatures(const QByteArray &payload);

} // namespace nitroscope::rsp
