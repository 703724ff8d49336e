// SPDX-License-Identifier: GPL-2.0-or-later
//
// Of LiveTarget: going backwards in a recording.
#include "app/core/worker.hpp"
#include "app/session/debug/cpu_space.hpp"
#include "app/session/debug/live_target.hpp"

#include <QtEndian>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

QString LiveTarget::reverseProblem() const {
    return m_broker->canReverse()
               ? QString()
               : u"Only a recording can be gone through backwards: use Run and Record, then open the recording."_s;
}

bool LiveTarget::refuseUnlessReplay(const char *what) {
    if (const QString why = reverseProblem(); !why.isEmpty()) {
        emit problem({u"no-replay"_s, why, std::nullopt, {}});
        return true;
    }
    return refuseUnlessStopped(what);
}

void LiveTarget::follow(ReplayControl *replay) {
    m_replay = replay;
    m_search.follow(replay);
    const auto takeEnd = [this, replay] { m_broker->setRecordingEnd(replay->end()); };
    takeEnd();
    connect(replay, &ReplayControl::changed, this, takeEnd);
    connect(replay, &ReplayControl::seekStarted, m_broker, &GdbBroker::beginMove);
    for (const auto over : {&ReplayControl::reached, &ReplayControl::ended})
        connect(replay, over, m_broker, &GdbBroker::endMove);
    connect(replay, &ReplayControl::seekCancelled, m_broker, &GdbBroker::endMove);
    connect(replay, &ReplayControl::seekFailed, m_broker, &GdbBroker::endMove);
    connect(m_broker, &GdbBroker::moveUnwanted, replay, &ReplayControl::cancelSeek);
}

void LiveTarget::tellReplay(const TargetStop &stop) {
    if (m_replay && !stop.isMoved && !stop.isAgain)
        m_replay->moved();
    // Who did not come through the decompressor has not seen where the kernel was put: the kernel itself tells.
    if (stop.isMoved && m_walk.map() && !m_walk.slide())
        withKernel([this](const KernelView &view) {
            if (view.isSlideKnown && !m_walk.slide() && m_state != State::detached)
                m_walk.learnSlide(view.slide);
        });
}

// What a stop means that no breakpoint is the reason of.
std::optional<LiveTarget::Outcome> LiveTarget::outcomeInRecording(const TargetStop &stop) const {
    if (stop.edge == RecordingEdge::beginning)
        return Outcome{true,
                       DebugStop::Why::recordingEdge,
                       u"At the beginning of the recording: there is no history before this"_s,
                       {}};
    if (stop.edge == RecordingEdge::end)
        return Outcome{true, DebugStop::Why::recordingEdge, u"At the end of the recording"_s, {}};
    if (stop.isMoved && stop.instruction)
        return Outcome{
            true, DebugStop::Why::place, u"At instruction %L1"_s.arg(qulonglong(*stop.instruction)), {}};
    return std::nullopt;
}

void LiveTarget::resumeBack() {
    if (!refuseUnlessReplay("Running backwards"))
        m_broker->reverse(Reverse::run);
}

void LiveTarget::stepBack() {
    if (!refuseUnlessReplay("A step back"))
        m_broker->reverse(Reverse::step);
}

// The bytes in front of an address, as many as an instruction can have.
void LiveTarget::fetchBefore(quint64 pc, std::function<void(const QByteArray &code)> done) {
    const quint64 bytes = quint64(architecture().instructions.longest);
    fetch(AddressSpace::guestVirtual, pc - bytes, bytes,
          [done = std::move(done), bytes](const Result<QByteArray> &code) {
              done(code && quint64(code->size()) == bytes ? *code : QByteArray());
          });
}

// Instructions that would be stepped over and end at `pc`. Code is read from its end, so that there may be several.
QMap<quint64, BootWalk::Place> LiveTarget::callsBefore(quint64 pc, const QByteArray &code,
                                                       CpuMode mode) const {
    QMap<quint64, BootWalk::Place> calls;
    for (qsizetype length = 1; length <= code.size(); ++length)
        if (architecture().instructions.lengthToStepOver(code.last(length), mode) == length)
            calls.insert(pc - quint64(length), {});
    return calls;
}

void LiveTarget::stepOverBack() {
    if (refuseUnlessReplay("A step back") || !looked())
        return;
    fetchBefore(looked()->pc, [this, stop = *looked()](const QByteArray &code) {
        if (m_state != State::stopped || !m_stop || m_stop->generation != stop.generation)
            return;
        const auto calls = callsBefore(stop.pc, code, stop.segment.mode);
        if (!calls.isEmpty())
            m_overBack = OverBack{stop.pc, stop.stackPointer(), calls};
        m_broker->reverse(Reverse::step);
    });
}

// Where one step back leads to decides: at a return to where it began, the call is looked for. Anywhere else (a jump led
// there) this was the step.
bool LiveTarget::endsOverBack(const TargetStop &stop) {
    const auto over = std::exchange(m_overBack, std::nullopt);
    if (!over || !stop.isBackwards || !stop.bySteps || stop.atBreakpoint ||
        stop.edge != RecordingEdge::none || stop.reply.number == 2)
        return false;
    constexpr quint64 pointerBytes = 8;
    const auto isPresent = [this, look = ++m_looks] { return look == m_looks && m_state == State::running; };
    m_broker->readMemory(stop.reply.thread.thread, stop.stackPointer(), pointerBytes, this,
                         [this, stop, over, isPresent](const Result<QByteArray> &top) {
                             if (!isPresent())
                                 return;
                             if (top && quint64(top->size()) == pointerBytes &&
                                 qFromLittleEndian<quint64>(top->constData()) == over->pc)
                                 go({over->calls, over->sp, DebugStop::Why::step}, Way::backwards);
                             else
                                 publish(stop, {true, DebugStop::Why::step, {}, {}});
                         });
    return true;
}

void LiveTarget::stepOutBack() {
    if (refuseUnlessReplay("Running back to the caller") || !m_raw)
        return;
    withCaller([this](const DebugFrame &own, const DebugFrame &caller) {
        fetchBefore(caller.pc, [this, own, caller, stop = *m_raw](const QByteArray &code) {
            if (m_state != State::stopped || !m_stop || m_stop->generation != stop.generation)
                return;
            const auto calls = callsBefore(caller.pc, code, stop.segment.mode);
            if (calls.isEmpty())
                emit problem({u"no-caller"_s,
                              u"The call that led here is not known; run back to a place instead."_s,
                              std::nullopt,
                              {}});
            else
                go({calls, own.sp, DebugStop::Why::step}, Way::backwards);
        });
    });
}

void LiveTarget::runBackTo(quint64 address) {
    if (refuseUnlessReplay("Running back to a place"))
        return;
    const auto place = m_symbols->place(address);
    go({{{address, {u"Back at "_s + (place ? place->text() : u"0x%1"_s.arg(address, 0, 16)), {}}}},
        std::nullopt,
        DebugStop::Why::breakpoint},
       Way::backwards);
}

void LiveTarget::runBackToStage() {
    if (!refuseUnlessReplay("Running back to a stage"))
        go({m_walk.passed(), std::nullopt, DebugStop::Why::bootPoint}, Way::backwards);
}

// A search looks at stops that nobody hears of, with the machine standing still.
HistorySearch::Tools LiveTarget::searchTools() {
    constexpr int fewFrames = 8;
    return {[this](const TargetStop &cpu, quint64 address) -> std::optional<quint64> {
                if (!m_memory)
                    return std::nullopt;
                const auto found = guest::VirtualMemory(*m_memory, translationOf(cpu)).translate(address);
                return found ? std::optional(found->physical) : std::nullopt;
            },
            [this](quint64 physical, quint64 bytes) {
                return m_memory ? m_memory->readUpTo(physical, bytes) : QByteArray();
            },
            [this](const TargetStop &stop, const std::function<void(QVector<DebugFrame>)> &done) {
                if (!m_memory || !m_code) {
                    done({});
                    return;
                }
                const RegisterSet registers{stop.generation, stop.reply.thread.thread, stop.registers};
                runInWorker(this, backtraceOf(registers, fewFrames),
                            [done](const GuestCode::Backtrace &result) { done(result.frames); });
            },
            [this](const TargetStop &stop, const std::function<void(QString)> &done) {
                withKernel([done, cpu = int(stop.reply.thread.thread) - 1](const KernelView &view) {
                    for (const KernelTask &task : view.tasks.rows)
                        if (task.cpu == cpu) {
                            done(u"%1 (%2)"_s.arg(task.name).arg(task.pid));
                            return;
                        }
                    done({});
                });
            }};
}

void LiveTarget::ask(const HistoryQuestion &question) {
    HistoryQuestion bounded = question;
    const auto answerAtOnce = [this, &bounded](const QString &why) { emit answered({bounded, {}, why}); };
    if (refuseUnlessReplay("A question to the recording") || m_search.isActive() || !m_raw) {
        answerAtOnce(u"It was not asked."_s);
        return;
    }
    bounded.bytes = qBound<quint64>(1, question.bytes, HistoryQuestion::maxBytes);
    if (const auto begun = m_search.begin(bounded, *m_raw); !begun)
        answerAtOnce(begun.error().message);
}

} // namespace nitroscope::app
