// SPDX-License-Identifier: GPL-2.0-or-later
//
// A DebugTarget without a machine, for tests and benchmarks of those who show one. It follows a FakeProgram's
// path, so that stepping, breakpoints and running to an address do what they should; replies come at once
// (queued), when the test delivers them, or never.
#pragma once

#include "app/core/arch/x86/registers.hpp"
#include "app/core/arch/x86/x86_64.hpp"
#include "app/session/target/debug_target.hpp"
#include "tests/support/debug/fake_program.hpp"

#include <deque>
#include <functional>
#include <QStringList>

namespace nitroscope::app {

class FakeTarget : public DebugTarget {
    Q_OBJECT
public:
    enum class Replies { atOnce, held, never };

    explicit FakeTarget(QObject *parent = nullptr) : DebugTarget(parent) {}

    // What the target is and does.
    void load(const FakeProgram &program); // stops at the first step of its path
    void map(AddressSpace space, quint64 address, const QByteArray &bytes);
    FakeSymbols &makeSymbols(); // changed by the test; publish() tells
    void publish() { emit symbolsChanged(); }
    void setKernel(const KernelView &view) { m_kernel = view; }
    void setFrames(const QVector<DebugFrame> &frames) { m_frames = frames; }
    void setThreads(const QVector<DebugThread> &threads);
    void setReplies(Replies replies) { m_replies = replies; }
    // Of those held; true when there was one.
    bool deliverNext();
    void deliverAll();
    qsizetype held() const { return static_cast<qsizetype>(m_held.size()); }
    QStringList calls() const { return m_calls; }
    int reads() const { return m_reads; } // requests for anything so far
    void playStop(DebugStop::Why why, const QString &text);
    void playRunning();
    void playDetach();
    // It replays a recording of which the program's path is all.
    void setReplay(bool isReplay) { m_isReplay = isReplay; }
    void playAnswer(const HistoryAnswer &answer) { emit answered(answer); }
    const std::optional<HistoryQuestion> &question() const { return m_question; }

    const arch::Architecture &architecture() const override { return arch::x86_64(); }
    State state() const override { return m_state; }
    const std::optional<DebugStop> &stop() const override { return m_stop; }
    QVector<DebugThread> threads() const override { return m_threads; }
    qint64 currentThread() const override { return m_thread; }
    QVector<DebugBreakpoint> breakpoints() const override { return m_breakpoints; }
    SymbolSourcePointer symbols() const override { return m_symbols; }
    QString bootPointProblem(BootPoint point) const override;
    QString reverseProblem() const override;

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
    void cancelQuestion() override;
    void addBreakpoint(const DebugBreakpoint &wanted) override;
    void changeBreakpoint(const DebugBreakpoint &changed) override;
    void removeBreakpoint(int number) override;
    void writeRegister(qint64 thread, int stubNumber, const QByteArray &value) override;
    void writeMemory(AddressSpace space, quint64 address, const QByteArray &bytes) override;
    void loadDebugFile(const QString &path) override;

private:
    struct Stretch {
        AddressSpace space;
        quint64 address;
        QByteArray bytes;
    };
    Token reply(std::function<void(Token)> deliver);
    bool refusesRunning(const QString &what);
    // Moves on along the path until `until` holds, at least one step; false when the path ends.
    bool advance(const std::function<bool(const FakeStep &)> &until);
    // Back along it likewise, or to its beginning; tells of the stop.
    void retreat(const QString &what, DebugStop::Why why, const QString &text,
                 const std::function<bool(const FakeStep &)> &until);
    void enterStep();
    void setNumber(int stubNumber, quint64 value);
    Result<quint64> valueOf(const QString &expression) const;
    DebugBreakpoint *hitAt(quint64 pc);

    FakeProgram m_program;
    qsizetype m_at = 0; // step of the path
    State m_state = State::detached;
    std::optional<DebugStop> m_stop;
    quint64 m_generation = 0;
    qint64 m_thread = 1;
    QVector<DebugThread> m_threads;
    QVector<DebugBreakpoint> m_breakpoints;
    int m_nextBreakpoint = 1;
    std::shared_ptr<FakeSymbols> m_symbols = std::make_shared<FakeSymbols>();
    QByteArray m_registers = QByteArray(arch::x86::table.packetBytes, '\0');
    QVector<Stretch> m_memory;
    QVector<DebugFrame> m_frames;
    KernelView m_kernel;
    Replies m_replies = Replies::atOnce;
    std::deque<std::function<void()>> m_held;
    Token m_nextToken = 1;
    int m_reads = 0;
    bool m_isReplay = false;
    std::optional<HistoryQuestion> m_question;
    QStringList m_calls;
};

} // namespace nitroscope::app
