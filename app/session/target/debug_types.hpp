// SPDX-License-Identifier: GPL-2.0-or-later
//
// The plain records of debugging: what a stop, a thread, a breakpoint, a frame and the kernel's own state are
// to whoever shows them. No packets and no QMP here, so that the live target and the fake produce the same.
#pragma once

#include "app/core/result.hpp"
#include "app/session/gdb/register_view.hpp"

#include <QMetaType>
#include <QString>
#include <QVector>

namespace nitroscope::app {

// Qt's signals want to compare what a Result<T> of theirs carries.
inline bool operator==(const Error &a, const Error &b) {
    return a.code == b.code && a.message == b.message && a.offset == b.offset && a.context == b.context;
}

// Which addresses a number is meant in.
enum class AddressSpace { guestVirtual, guestPhysical };

// Where the machine can be made to stop by name, in the order a boot passes them (introspection of boot:
// reset vector, firmware, Linux's 64-bit boot protocol, kernel, user space).
enum class BootPoint {
    reset,
    firmwareEntry,  // first 64-bit instruction of our ROM
    kernelEntry,    // the decompressor's 64-bit entry
    kernelUnpacked, // the jump out of the decompressor
    startKernel,
    initcallLevel,    // each of the levels 0..7
    initFirst,        // first user instruction of ramdisk 0's init
    applicationFirst, // first user instruction after the exec of ramdisk 1's program
    nsmRequest,
    vsockPacket,
};

struct DebugStop {
    enum class Why {
        reset,
        breakpoint,
        watchpoint,
        step,
        interrupt,
        bootPoint,
        enclaveBreak,
        place,         // of a recording that was sought
        recordingEdge, // its beginning or end
        other,
    };

    quint64 generation = 0; // of the target; later replies carry it
    qint64 thread = 0;      // vCPU as gdb numbers them: CPU index + 1
    Why why = Why::other;
    QString text;        // one line for the user: "Breakpoint 3 at start_kernel", "NSM request ExtendPCR"
    quint64 pc = 0;      // linear, segment base included
    CodeSegment segment; // decides how the code is disassembled
    std::optional<quint64> dataAddress; // of a watchpoint
    std::optional<int> breakpoint;      // number of ours that was hit
    std::optional<quint64> instruction; // how many were executed before, in a replay
};

struct DebugThread {
    qint64 id = 0;
    QString name;  // "CPU 0"
    QString state; // "running", "halted", "waiting for start"
    quint64 pc = 0;
    bool isCurrent = false;
    QString task; // what the kernel runs there, when known: "init (1)"
};

// All registers of one vCPU at one stop, in the order and width of QEMU's description
// (arch::RegisterTable), little-endian.
struct RegisterSet {
    quint64 generation = 0;
    qint64 thread = 0;
    QByteArray raw; // QEMU's `g` packet, whole

    bool operator==(const RegisterSet &) const = default;
};

struct DebugBreakpoint {
    enum class Kind { code, write, read, access };
    enum class State {
        disabled,
        waiting, // for its symbol or page
        wanted,  // until the target stands still for a moment
        set,
        failed,
    };

    int number = 0; // 1, 2, …; never used again in a session
    Kind kind = Kind::code;
    QString place;           // as typed: symbol, symbol+0x10, 0xffffffff81000000, *expression
    quint64 address = 0;     // resolved; meaningless while waiting
    quint64 length = 1;      // bytes of a watchpoint
    QString condition;       // expression that must not be 0; empty = always
    QString process;         // only in this process: name or pid; empty = any
    quint64 ignoreCount = 0; // hits to pass over first
    bool once = false;
    bool enabled = true;
    State state = State::waiting;
    quint64 hits = 0;
    QString problem; // why it is not set, or can never be hit; empty when all is well
};

struct DebugFrame {
    enum class Method { registers, framePointer, orc, cfi, guess };

    int level = 0;
    quint64 pc = 0, sp = 0;
    QString place;  // "do_one_initcall+0x58", empty when unknown
    QString module; // "vmlinux", "firmware", "init", a kernel module
    QString source; // "init/main.c:1269", empty without DWARF
    Method method = Method::registers;
    bool isUser = false;   // user space: a line is drawn where this changes
    bool isInline = false; // inlined into the next frame
};

// What can be asked of a recording.
struct HistoryQuestion {
    enum class Kind {
        writer, // who wrote this memory last, before now
        reader, // who reads this memory next, from now on
        runs,   // every time the code at this address ran
    };
    static constexpr quint64 maxBytes = 8; // of memory

    Kind kind = Kind::writer;
    AddressSpace space = AddressSpace::guestVirtual;
    quint64 address = 0;
    quint64 bytes = 1;
};

// The machine in front of an instruction that did what was asked for.
struct HistoryHit {
    quint64 instruction = 0; // its number
    quint64 pc = 0;
    QString process; // "init (1)"; empty when it is not known
    QVector<DebugFrame> frames;
    QByteArray before; // the memory that was asked about
};

struct HistoryAnswer {
    HistoryQuestion question;
    QVector<HistoryHit> hits;
    QString remark; // why there is none, or are not all; empty when that is the whole answer
};

struct KernelTask {
    qint64 pid = 0;
    std::optional<qint64> parent; // absent where nothing describes the kernel's tasks
    QString name;                 // comm
    QString state;                // "R", "S", "D", … as ps shows them
    quint64 taskAddress = 0, stack = 0;
    std::optional<int> cpu; // on which it runs at this moment
    bool isKernelThread = false;
};

struct KernelLogLine {
    quint64 sequence = 0;
    quint64 nanoseconds = 0; // the kernel's clock
    int level = 6;           // 0 emergency .. 7 debug
    QString text;
    QString caller; // "T1", "C0", empty when the kernel does not keep it
};

struct KernelModule {
    QString name;
    quint64 base = 0, bytes = 0;
    QString state;
};

// What could be read from the guest's RAM at one moment, or why not.
template <typename T>
struct KernelList {
    QVector<T> rows;
    QString unavailable; // the reason when there are no rows: "not available, because …"
    QString source;      // how it was found: "BTF", "profile 4.14.256 (AWS)", "VMCOREINFO"
};

struct KernelView {
    QString release;   // "6.12.95", empty when no kernel was found
    quint64 slide = 0; // KASLR: runtime minus linked address
    bool isSlideKnown = false;
    KernelList<KernelTask> tasks;
    KernelList<KernelLogLine> log;
    KernelList<KernelModule> modules;
};

} // namespace nitroscope::app

Q_DECLARE_METATYPE(nitroscope::app::DebugStop)
Q_DECLARE_METATYPE(nitroscope::app::RegisterSet)
Q_DECLARE_METATYPE(nitroscope::app::KernelView)
