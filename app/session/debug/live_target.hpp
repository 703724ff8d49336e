// SPDX-License-Identifier: GPL-2.0-or-later
//
// The DebugTarget of a running QEMU. Registers and run control go through the GdbBroker, memory is read from
// the guest's mapped RAM, breaks on requests and packets and resets are QMP's, and where a boot stands is the
// BootWalk's to know.
//
// A stop at a breakpoint that only we have set is judged before anybody hears of it: the boot's way, places
// to run to, conditions, processes, counts. See classify().
#pragma once

#include "app/formats/guest/virtual_memory.hpp"
#include "app/session/debug/boot_symbols.hpp"
#include "app/session/debug/boot_walk.hpp"
#include "app/session/debug/expression.hpp"
#include "app/session/debug/history_search.hpp"
#include "app/session/debug/user_breakpoints.hpp"
#include "app/session/programs/guest_code.hpp"
#include "app/session/record/replay_control.hpp"
#include "app/session/target/debug_target.hpp"

#include <QTimer>

namespace nitroscope::app {

struct LiveTargetFiles {
    QString eif, append; // what is booted, and what -append adds to its command line
    QString firmwareElf;
    QString ram;            // path of the guest's RAM; empty when it cannot be looked at
    bool isEntered = false; // the machine has run before: it may be anywhere in its life
};

class LiveTarget : public DebugTarget {
    Q_OBJECT
public:
    // Broker and machine outlive the target. The machine must stand at its reset vector unless it is entered later.
    LiveTarget(GdbBroker *broker, MachineControl *machine, LiveTargetFiles files, QObject *parent = nullptr);
    ~LiveTarget() override;

    const arch::Architecture &architecture() const override { return m_broker->architecture(); }
    State state() const override { return m_state; }
    const std::optional<DebugStop> &stop() const override { return m_stop; }
    QVector<DebugThread> threads() const override { return m_threads; }
    qint64 currentThread() const override { return m_thread; }
    QVector<DebugBreakpoint> breakpoints() const override { return m_breakpoints.all(); }
    SymbolSourcePointer symbols() const override { return m_symbols; }
    QString bootPointProblem(BootPoint point) const override { return m_walk.problem(point); }
    QString reverseProblem() const override;
    // Of a replay: seeks move this target, and what this target does moves the replay's place. Outlives the target, or dies.
    void follow(ReplayControl *replay);

    Token evaluate(const QString &expression) override;
    Token readRegisters(qint64 thread) override;
    Token readMemory(AddressSpace space, quint64 address, quint64 bytes) override;
    Token readFrames(qint64 thread, int most) override;
    Token readKernel() override;
    Token translate(quint64 address) override;

    void resume() override;
    void interrupt() override;
    void step() override;
    void stepOver() override;
    void stepOut() override;
    void runTo(quint64 address) override;
    void runToBootPoint(BootPoint point) override;
    void selectThread(qint64 thread) override;
    void resumeBack() override;
    void stepBack() override;
    void stepOverBack() override;
    void stepOutBack() override;
    void runBackTo(quint64 address) override;
    void runBackToStage() override;
    void ask(const HistoryQuestion &question) override;
    void cancelQuestion() override { m_search.cancel(); }

    void addBreakpoint(const DebugBreakpoint &wanted) override;
    void changeBreakpoint(const DebugBreakpoint &changed) override;
    void removeBreakpoint(int number) override;

    void writeRegister(qint64 thread, int stubNumber, const QByteArray &value) override;
    void writeMemory(AddressSpace space, quint64 address, const QByteArray &bytes) override;
    void loadDebugFile(const QString &path) override;

    // The kernel's own view of the enclave, from RAM, read on a worker; calls later when one is being read.
    void withKernel(std::function<void(const KernelView &)> done);
    // What `monitor stages` prints: every boot point, and where the kernel is.
    QByteArray stagesText() const;
    const BootWalk &walk() const { return m_walk; }
    // The guest's RAM; nothing when it is not shared.
    const std::optional<guest::PhysicalMemory> &physicalMemory() const { return m_memory; }
    // Runtime minus linked address of the kernel, when known.
    std::optional<quint64> kernelSlide() const { return m_walk.slide(); }
    // Of the CPU that is looked at.
    quint64 stackPointer() const { return looked() ? looked()->stackPointer() : 0; }
    // The machine is gone; detached() is emitted, and nothing after it.
    void detach();

signals:
    // The EIF has been read: boot points and symbols are known.
    void prepared();

private:
    struct Outcome {
        bool stays = true;
        DebugStop::Why why = DebugStop::Why::other;
        QString text;
        std::optional<int> breakpoint;
    };
    using Classified = std::function<void(const Outcome &)>;
    struct Destination { // of a step over, a step out, a run to a place
        QMap<quint64, BootWalk::Place> places;
        std::optional<quint64> leastSp; // only frames at or above it
        DebugStop::Why why = DebugStop::Why::step;
    };
    enum class Way { forwards, backwards };
    struct OverBack { // a step back whose first instruction decides whether a call was returned from
        quint64 pc = 0, sp = 0;
        QMap<quint64, BootWalk::Place> calls; // that end there
    };

    void onStopped(const TargetStop &stop);
    void onReset();
    void followBoot(const BootMapPointer &map);
    void lookAt(const TargetStop &stop);
    void lookAtSelected();
    void lookAtSpace();
    void nameUserCode();
    SymbolParts partsFor(quint64 root) const;
    std::function<GuestCode::Backtrace()> backtraceOf(const RegisterSet &registers, int most) const;
    void endNaming();
    void readProgram(const TargetStop &cpu, quint64 address, quint64 bytes, const GdbBroker::Answer &done);
    void takeParts(quint64 root, const SymbolParts &parts);
    const TargetStop *looked() const { return m_selected ? &*m_selected : m_raw ? &*m_raw : nullptr; }
    bool isJudging() const;
    void classify(const TargetStop &stop, Classified done);
    void classifyBreakpoints(const TargetStop &stop, QVector<DebugBreakpoint> left, const Outcome &sofar,
                             const Classified &done);
    void publish(const TargetStop &stop, const Outcome &outcome);
    void setState(State state);
    void refreshThreads();
    void publishSymbols();
    bool refuseUnlessStopped(const char *what);
    bool refuseUnlessReplay(const char *what);
    HistorySearch::Tools searchTools();
    void tellReplay(const TargetStop &stop);
    void go(const Destination &destination, Way way = Way::forwards);
    void withCaller(std::function<void(const DebugFrame &own, const DebugFrame &caller)> use);
    QMap<quint64, BootWalk::Place> callsBefore(quint64 pc, const QByteArray &code, CpuMode mode) const;
    void fetchBefore(quint64 pc, std::function<void(const QByteArray &code)> done);
    bool endsOverBack(const TargetStop &stop);
    std::optional<Outcome> outcomeInRecording(const TargetStop &stop) const;

    Token newToken() { return ++m_lastToken; }
    void later(std::function<void()> what);
    void compute(const QString &expression, ExpressionContext context, int left,
                 std::function<void(const Result<quint64> &)> done);
    ExpressionContext expressionContext() const;
    std::optional<quint64> registerByName(const QString &name) const;
    Result<quint64> placeOf(const QString &place) const;
    std::optional<guest::VirtualMemory> memoryNow() const;
    void startKernelRead();
    std::optional<VcpuRegisters> vcpuNow() const;
    void noteTasks(const KernelView &view);
    void withRegisters(qint64 thread, std::function<void(const Result<RegisterSet> &)> done);
    void fetch(AddressSpace space, quint64 address, quint64 bytes,
               std::function<void(const Result<QByteArray> &)> done);

    GdbBroker *m_broker;
    MachineControl *m_machine;
    LiveTargetFiles m_files;
    BootWalk m_walk;
    UserBreakpoints m_breakpoints;
    std::shared_ptr<const BootSymbols> m_symbols;
    symbols::KernelImagePointer m_image;              // of the EIF, or with a debug file of the user's
    std::shared_ptr<GuestCode> m_code;                // for workers
    QMap<quint64, QVector<LoadedProgram>> m_programs; // by the address space's root
    QVector<std::shared_ptr<const ModuleSymbols>> m_modules;
    quint64 m_root = 0;                        // of the CPU that is looked at
    std::pair<quint64, quint64> m_checkedPage; // root and page of user code that was looked up last
    int m_namings = 0;                         // of user code, that are under way
    QVector<std::function<void()>> m_namingWaiters;
    QVector<std::function<void(const KernelView &)>> m_kernelWaiters;
    bool m_isReaderBusy = false, m_isReaderStale = false;
    std::optional<guest::PhysicalMemory> m_memory;
    mutable guest::AddressTranslation m_translation; // of the last stop's CPU
    State m_state = State::stopped;
    std::optional<DebugStop> m_stop;
    std::optional<TargetStop> m_raw;
    std::optional<TargetStop> m_selected; // registers of the CPU looked at, when another one has stopped
    std::optional<std::pair<quint64, Outcome>> m_judged; // by generation of the stop
    quint64 m_looks = 0; // at stops, and resumptions: which answers are about the present
    std::optional<Destination> m_destination;
    std::optional<OverBack> m_overBack;
    HistorySearch m_search;
    QPointer<ReplayControl> m_replay;
    QVector<DebugThread> m_threads;
    QTimer m_threadTimer;
    qint64 m_thread = 1;
    Token m_lastToken = 0;
    bool m_resetsWhenStopped = false;
    bool m_wasReset = false; // the next stop is one at the reset vector
    bool m_isEntered;        // the next stop is where the running machine was entered
    const BreakpointOwner m_destinationOwner{this, &m_destinationOwner};
};

} // namespace nitroscope::app
