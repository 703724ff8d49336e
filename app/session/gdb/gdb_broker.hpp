// SPDX-License-Identifier: GPL-2.0-or-later
//
// The one client of QEMU's gdbstub and the one owner of run control while debugging; everybody else (the
// window, each gdb at our own endpoint) asks here.
//
// The stub serves one client, and much of what a second one could do breaks the first: `?` drops breakpoints,
// `k` ends QEMU, `bs` outside of a replay aborts it, a QMP `cont` leaves a waiting client unaware. The broker
// keeps the registry of breakpoints, knows whether the target runs, reads at each stop what every client asks
// first (registers and code segment), and tells all of them of it, and of what any of them writes. Everything
// is asynchronous.
//
// Not every stop of the stub is one of the target: behind a breakpoint whose condition does not hold, or that
// only an interruption to change breakpoints was the reason of, the target goes on and nobody hears of it.
//
// In a replay the target also goes backwards, at each stop it is known how many instructions have been executed, and
// nothing can be written: that would change what was recorded. See gdb_broker_replay.cpp.
#pragma once

#include "app/proto/rsp/client.hpp"
#include "app/session/gdb/breakpoint_registry.hpp"
#include "app/session/gdb/register_view.hpp"

namespace nitroscope::app {

// Where a recording has no more of what was wanted.
enum class RecordingEdge { none, beginning, end };

// All that is known at a stop.
struct TargetStop {
    const arch::Architecture *architecture = nullptr; // of the machine; never null in a stop
    rsp::StopReply reply;
    quint64 generation = 0; // the broker's own: grows with every stop that is examined
    CodeSegment segment;
    quint64 pc = 0;            // linear
    QByteArray registers;      // QEMU's `g` of the stopped CPU, raw; empty when it could not be read
    bool atBreakpoint = false; // of any owner
    bool bySteps = false;      // the target was stepped, not continued
    bool isAgain = false;      // it has not run: the machine or its registers were changed (refresh())
    bool isBackwards = false;  // it has run backwards
    bool isMoved = false;      // it was brought here otherwise (endMove())
    RecordingEdge edge = RecordingEdge::none;
    std::optional<quint64> instruction; // how many were executed before; known in a replay

    // 8, 4 or fewer bytes of the register, little-endian; 0 when it could not be read.
    quint64 value(int stubRegister) const { return architecture->value(registers, stubRegister); }
    quint64 stackPointer() const { return value(architecture->registers.stackPointer); }
    bool isUser() const { return architecture->modes.isUser(registers); }
};

// What of a target can be written.
enum class TargetPart { memory, registers };

// bs and bc of the protocol.
enum class Reverse { step, run };

class GdbBroker : public QObject {
    Q_OBJECT
public:
    using Callback = rsp::Client::Callback;
    // For ask(): a command that concerns no CPU, or names its own.
    static constexpr qint64 anyThread = -1;
    // Looks at a stop at a breakpoint that only the judge's party wants, or at an interruption that only was
    // to change breakpoints: the machine may have stopped for a reason of its own at the same moment. Must
    // call `decide` once, at any time later; false lets the target go on as if nothing had been there.
    using Judge = std::function<void(const TargetStop &stop, std::function<void(bool stays)> decide)>;

    // How many of `bytes` from a linear address on, as the CPU with these registers sees it, are memory: up
    // to the first that is not mapped or belongs to a device, whose registers change when they are read.
    using MemoryGuard = std::function<quint64(const TargetStop &cpu, quint64 address, quint64 bytes)>;

    // What the file of a program has for a linear address, up to the end of its page. Calls `done` once, perhaps later;
    // with nothing when no program is known there.
    using Answer = std::function<void(const QByteArray &bytes)>;
    using FileBytes =
        std::function<void(const TargetStop &cpu, quint64 address, quint64 bytes, const Answer &done)>;

    // The device leads to the stub, whose machine must be stopped; it is not owned. The architecture outlives
    // the broker.
    GdbBroker(QIODevice *stub, const arch::Architecture &architecture, QObject *parent = nullptr);

    const arch::Architecture &architecture() const { return m_architecture; }

    bool isReady() const { return m_stop.has_value() || m_isRunning; }
    bool isRunning() const { return m_isRunning; }
    // A step is under way; it takes microseconds, unless the CPU waits for an interrupt.
    bool isStepping() const { return m_isRunning && m_actions.contains('s'); }
    const std::optional<TargetStop> &lastStop() const { return m_stop; }
    // vCPUs as the stub numbers them; known from ready() on.
    const QVector<qint64> &threads() const { return m_threads; }

    void setJudge(const void *party, Judge judge);

    // Who wants to stop where, and what became of it.
    BreakpointRegistry &breakpoints() { return m_breakpoints; }

    // A plain command, for CPU `thread`; 0 is the one that stopped. Refused while the target runs
    // (rsp-running). What writes has functions of its own below.
    void ask(const QByteArray &command, qint64 thread, QObject *context, Callback callback);
    void askMonitor(const QByteArray &words, QObject *context, Callback callback);
    // The code segment of CPU `thread`; a flat 64-bit one when QEMU does not tell.
    void askSegment(qint64 thread, QObject *context, std::function<void(const CodeSegment &)> callback);
    // Who knows the guest's page tables. Without one, the addresses of the board's devices are taken to be
    // mapped to themselves.
    void setMemoryGuard(MemoryGuard guard) { m_guard = std::move(guard); }
    // Asks the guard; `thread` 0 is the CPU that stopped. At once when its registers are known.
    void askGuard(qint64 thread, quint64 address, quint64 bytes, QObject *context,
                  std::function<void(quint64 plain)> callback);
    // Who knows the programs. They are read in when they are used: at the first instruction of one, nothing of it is in
    // memory.
    void setFileBytes(FileBytes fileBytes) { m_fileBytes = std::move(fileBytes); }
    // Asks them for what is not mapped, as askGuard() does.
    void askFile(qint64 thread, quint64 address, quint64 bytes, QObject *context, const Answer &callback);
    // Guest-virtual memory of `thread`, in as many packets as it takes, up to what is mapped: an error only
    // when not even the first byte can be read.
    // Physical and virtual addresses lead to devices, too: the caller looks out.
    void readMemory(qint64 thread, bool isPhysical, quint64 address, quint64 bytes, QObject *context,
                    std::function<void(const Result<QByteArray> &)> callback);
    void readMemory(qint64 thread, quint64 address, quint64 bytes, QObject *context,
                    std::function<void(const Result<QByteArray> &)> callback) {
        readMemory(thread, false, address, bytes, context, std::move(callback));
    }

    // All of it or an error (replay-past); the caller looks out likewise.
    void writeMemory(qint64 thread, bool isPhysical, quint64 address, const QByteArray &bytes,
                     QObject *context, std::function<void(const Result<void> &)> callback);

    // Registers by the stub's numbers and widths. The callback gets the first answer that is not OK, or the
    // last. The stop is read again, and everybody told of it.
    void writeRegisters(qint64 thread, const QVector<std::pair<int, QByteArray>> &values, QObject *context,
                        Callback callback);

    // `actions` as after `vCont`: ";c", ";s:1". Nothing happens when the target runs already.
    void resume(const QByteArray &actions);
    void interrupt();

    // The machine replays a recording and can be asked to go backwards.
    bool canReverse() const;
    // As resume(). Does nothing where it cannot be done: QEMU would abort.
    void reverse(Reverse how);
    // On the way backwards, or moved by somebody else: what the machine tells of meanwhile has no order.
    bool isPassing() const { return m_isRunning && (m_isMoving || isBackwards()); }
    // The last instruction of the recording.
    void setRecordingEnd(std::optional<quint64> instruction) { m_recordingEnd = instruction; }
    // Somebody has the machine go elsewhere in its recording over QMP; the stub must hear nothing meanwhile. For all
    // others the target runs. While it runs already, the stop that comes is the end of that.
    void beginMove();
    void endMove();

    // The machine was changed while it stood still (a reset, a snapshot, a register written): reads the stop
    // again and tells everybody of it. A resumption that comes meanwhile waits for it.
    void refresh();

signals:
    void ready();
    void resumed();
    // interrupt() was called during a move.
    void moveUnwanted();
    void stopped(const nitroscope::app::TargetStop &stop);
    // By anybody, the window or a gdb: what was read before is out of date.
    void written(nitroscope::app::TargetPart part);
    void problem(const nitroscope::app::Error &error);
    void closed(const nitroscope::app::Error &error);

private:
    // Linear, out of the registers.
    quint64 programCounterOf(const TargetStop &stop) const;
    void onStop(const rsp::StopReply &reply);
    enum class Look { first, again };
    void examine(const rsp::StopReply &reply, Look look = Look::first);
    void chooseThread(rsp::StopReply reply);
    void readSegment(const std::shared_ptr<TargetStop> &stop);
    void consider(TargetStop stop);
    void publish(TargetStop stop);
    void judge(const TargetStop &stop);
    void goOn(const TargetStop &stop);
    void run(const QByteArray &command);
    void send(const QByteArray &actions, const TargetStop &from);
    void stepOff(const QByteArray &actions);
    void afterStep(const QByteArray &actions, const rsp::StopReply &reply);
    // Whether a step that has changed nothing may be made again; counts it.
    bool takeRepetition(const rsp::StopReply &reply);
    void listThreads(const QByteArray &query, const std::function<void()> &then);
    static Error pastCannotChange();
    bool isBackwards() const { return m_actions.startsWith('b'); }
    // As the stub wants them.
    static QByteArray packetOf(const QByteArray &actions);
    void askInstruction(const std::shared_ptr<TargetStop> &stop);
    RecordingEdge edgeOf(const TargetStop &stop) const;
    bool endsReverse(const rsp::StopReply &reply);
    bool isUnexplained(const TargetStop &stop) const;
    void probe(const TargetStop &stop);
    void onProbed(const rsp::StopReply &reply);
    // Null when its registers cannot be read.
    void withCpu(qint64 thread, QObject *context, const std::function<void(const TargetStop *cpu)> &use);
    void readPiece(const std::shared_ptr<struct MemoryRead> &read);

    const arch::Architecture &m_architecture;
    rsp::Client m_stub;
    BreakpointRegistry m_breakpoints{&m_stub};
    QVector<qint64> m_threads;
    std::optional<TargetStop> m_stop;
    Judge m_judge;
    MemoryGuard m_guard;
    FileBytes m_fileBytes;
    const void *m_judgesParty = nullptr;
    QByteArray m_actions; // of the last resume
    // What to resume with once the breakpoint under the program counter is stepped over.
    QByteArray m_afterStep;
    int m_stepsLeft = 0; // that may be made again because they have done nothing
    // A reverse run has ended at a watchpoint, and which one is being found out by steps.
    struct Probe {
        enum class Step { forward, back, beforeAccess, forwardAgain, backAgain } step = Step::forward;
        TargetStop stop;
    };
    std::optional<Probe> m_probe;
    std::optional<quint64> m_recordingEnd;
    quint64 m_generation = 0;
    qint64 m_selectedThread = 0;
    bool m_isRunning = false;
    bool m_isResuming = false;  // it will run as soon as the stub has heard of it
    bool m_isExamining = false; // where it has stopped is being read
    bool m_wasReady = false;
    bool m_isInterrupted = false; // somebody wants the stop that comes
    bool m_isMoving = false;      // by somebody else, over QMP
    bool m_isRefused = false;     // the last resumption: the recording has nothing before
    bool m_isTidying = false;     // behind a reverse run that was interrupted
};

} // namespace nitroscope::app
