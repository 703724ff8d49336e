// SPDX-License-Identifier: GPL-2.0-or-later
//
// One machine under the debugger as panels and commands see it. LiveTarget asks QEMU's gdbstub (through
// GdbBroker), QMP and the guest's mapped RAM; FakeTarget plays a script for tests.
//
// All work is asynchronous. Requests that read something answer by a signal that carries the request's token;
// a reply for an earlier stop than the present one is still delivered, with its generation, and it is the
// receiver that drops it. Nothing is answered twice, and nothing after detached().
//
// Reading memory works while the machine runs (guest RAM is mapped); registers, frames and stepping need a
// stop and are refused with `target-running` otherwise.
#pragma once

#include "app/session/target/debug_types.hpp"
#include "app/session/target/symbol_source.hpp"

#include <QObject>

namespace nitroscope::app {

class DebugTarget : public QObject {
    Q_OBJECT
public:
    enum class State { detached, running, stopped };
    Q_ENUM(State)
    using Token = quint64;
    using QObject::QObject;

    virtual const arch::Architecture &architecture() const = 0; // of the machine
    virtual State state() const = 0;
    // The present stop; nothing while the target runs.
    virtual const std::optional<DebugStop> &stop() const = 0;
    virtual QVector<DebugThread> threads() const = 0; // as of the last stop
    virtual qint64 currentThread() const = 0;
    virtual QVector<DebugBreakpoint> breakpoints() const = 0;
    virtual SymbolSourcePointer symbols() const = 0; // never null, may know nothing
    // Which boot points this EIF offers, with the reason why not for the others.
    virtual QString bootPointProblem(BootPoint point) const = 0;
    // Why this target cannot go backwards; empty for the replay of a recording.
    virtual QString reverseProblem() const = 0;

    // Expressions: symbols, registers ($pc), numbers, + - * / & | << >>, parentheses, * (8 bytes at),
    // ::phys(…). Registers and virtual memory are those of the current thread at the present stop; while the
    // target runs there are no registers. The answer comes as evaluated().
    virtual Token evaluate(const QString &expression) = 0;
    virtual Token readRegisters(qint64 thread) = 0;
    virtual Token readMemory(AddressSpace space, quint64 address, quint64 bytes) = 0;
    virtual Token readFrames(qint64 thread, int most) = 0;
    virtual Token readKernel() = 0;
    // The steps of the page walk for a virtual address, one line each, last the physical address or what is
    // missing.
    virtual Token translate(quint64 address) = 0;

public slots:
    virtual void resume() = 0;
    virtual void interrupt() = 0;
    virtual void step() = 0;     // one instruction
    virtual void stepOver() = 0; // a call is run to its return
    virtual void stepOut() = 0;
    virtual void runTo(quint64 address) = 0;
    virtual void runToBootPoint(nitroscope::app::BootPoint point) = 0;
    virtual void selectThread(qint64 thread) = 0;
    // Towards the beginning of a recording; refused with `no-replay` in anything else. Where nothing stops them they end
    // at the beginning (DebugStop::Why::recordingEdge).
    virtual void resumeBack() = 0;
    virtual void stepBack() = 0;
    virtual void stepOverBack() = 0; // a call that has just returned: to the call
    virtual void stepOutBack() = 0;  // to the call of the current function
    virtual void runBackTo(quint64 address) = 0;
    virtual void runBackToStage() = 0; // the boot point that was passed last

    // One question at a time, and its answer comes as answered(). The machine stands at the writer or reader then, and where
    // it stood before when there is none, when all runs were asked for, or when it was cancelled.
    virtual void ask(const nitroscope::app::HistoryQuestion &question) = 0;
    virtual void cancelQuestion() = 0;

    // The number of the breakpoint given is not looked at by add.
    virtual void addBreakpoint(const nitroscope::app::DebugBreakpoint &wanted) = 0;
    virtual void changeBreakpoint(const nitroscope::app::DebugBreakpoint &changed) = 0; // by its number
    virtual void removeBreakpoint(int number) = 0;

    virtual void writeRegister(qint64 thread, int stubNumber, const QByteArray &value) = 0; // little-endian
    virtual void writeMemory(nitroscope::app::AddressSpace space, quint64 address,
                             const QByteArray &bytes) = 0;
    // DWARF for the kernel of this EIF: a vmlinux of the user's.
    virtual void loadDebugFile(const QString &path) = 0;

signals:
    void stateChanged(nitroscope::app::DebugTarget::State state);
    void stopped(const nitroscope::app::DebugStop &stop);
    void threadsChanged();
    void breakpointsChanged();
    void symbolsChanged();
    // Something was written: what was read before is out of date.
    void targetChanged();

    void evaluated(quint64 token, const nitroscope::app::Result<quint64> &value);
    void registersRead(quint64 token, const nitroscope::app::Result<nitroscope::app::RegisterSet> &registers);
    // The bytes from the address up to the first that cannot be read; an error when that is the first one
    // (`not-mapped`, `device-memory`, `no-memory`).
    void memoryRead(quint64 token, quint64 address, const nitroscope::app::Result<QByteArray> &bytes);
    void framesRead(quint64 token, quint64 generation, const QVector<nitroscope::app::DebugFrame> &frames);
    void kernelRead(quint64 token, const nitroscope::app::KernelView &view);
    void translated(quint64 token, const QStringList &steps);

    // Of a question: how far through the recording, and what was found on the way.
    void askedSoFar(quint64 instruction, qsizetype hits);
    void answered(const nitroscope::app::HistoryAnswer &answer);

    // What the user asked for and was refused, or went wrong, in one sentence with what to do.
    void problem(const nitroscope::app::Error &error);
    void detached();
};

} // namespace nitroscope::app
