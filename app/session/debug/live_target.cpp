// SPDX-License-Identifier: GPL-2.0-or-later
//
// Stops, what they mean, and what belongs to them. Running is in live_target_run.cpp, reading and writing in
// live_target_memory.cpp.
#include "app/session/debug/live_target.hpp"

#include "app/core/worker.hpp"
#include "app/session/debug/boot_point.hpp"
#include "app/session/debug/cpu_space.hpp"

#include <QtEndian>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr int interrupted = 2;    // GDB_SIGNAL_INT
constexpr int threadDelayMs = 20; // quick steps do not ask for all CPUs each time

QString hex(quint64 number) {
    return u"0x"_s + QString::number(number, 16);
}

QString watchedText(DebugBreakpoint::Kind kind) {
    return kind == DebugBreakpoint::Kind::write  ? u"written"_s
           : kind == DebugBreakpoint::Kind::read ? u"read"_s
                                                 : u"read or written"_s;
}

} // namespace

LiveTarget::LiveTarget(GdbBroker *broker, MachineControl *machine, LiveTargetFiles files, QObject *parent)
    : DebugTarget(parent), m_broker(broker), m_machine(machine), m_files(std::move(files)),
      m_walk(broker, this, machine),
      m_breakpoints(&broker->breakpoints(), this, [this](const QString &place) { return placeOf(place); }),
      m_symbols(std::make_shared<BootSymbols>(SymbolParts(), false)), m_search(broker, this, searchTools()),
      m_isEntered(m_files.isEntered) {
    if (!m_files.ram.isEmpty())
        if (auto memory = guest::PhysicalMemory::open(m_files.ram, architecture()))
            m_memory.emplace(*std::move(memory));
    broker->setJudge(this, [this](const TargetStop &stop, const std::function<void(bool)> &decide) {
        if (m_search.isActive()) {
            lookAt(stop);
            m_search.consider(stop, decide);
            return;
        }
        classify(stop, [this, generation = stop.generation, decide](const Outcome &outcome) {
            m_judged.emplace(generation, outcome);
            decide(outcome.stays);
        });
    });
    if (m_memory)
        broker->setMemoryGuard([memory = *m_memory](const TargetStop &cpu, quint64 address, quint64 bytes) {
            return guest::VirtualMemory(memory, translationOf(cpu)).plainBytes(address, bytes);
        });
    broker->setFileBytes([this](const TargetStop &cpu, quint64 address, quint64 bytes,
                                const GdbBroker::Answer &done) { readProgram(cpu, address, bytes, done); });
    connect(broker, &GdbBroker::stopped, this, &LiveTarget::onStopped);
    connect(broker, &GdbBroker::resumed, this, [this] {
        m_machine->forgetHit();
        ++m_looks;
        m_stop.reset();
        setState(State::running);
    });
    connect(broker, &GdbBroker::written, this, &LiveTarget::targetChanged);
    // Usually the machine stops by itself; not when it stood still for something else at that moment.
    connect(machine, &MachineControl::wasHit, this, [this] {
        if (m_broker->isRunning())
            m_broker->interrupt();
    });
    connect(&m_search, &HistorySearch::progress, this, &LiveTarget::askedSoFar);
    connect(&m_search, &HistorySearch::answered, this, &LiveTarget::answered);
    connect(machine, &MachineControl::wasReset, this, &LiveTarget::onReset);
    connect(machine, &MachineControl::refused, this, &LiveTarget::problem);
    connect(&m_walk, &BootWalk::placed, this, &LiveTarget::publishSymbols);
    connect(&m_breakpoints, &UserBreakpoints::changed, this, &LiveTarget::breakpointsChanged);
    m_threadTimer.setSingleShot(true);
    connect(&m_threadTimer, &QTimer::timeout, this, &LiveTarget::refreshThreads);

    m_wasReset = !m_isEntered;
    if (broker->lastStop())
        onStopped(*broker->lastStop());
    runInWorker(
        this,
        [files = m_files, &machine = architecture()] {
            return makeBootMap(machine, files.eif, files.append, files.firmwareElf);
        },
        [this](const BootMapPointer &map) {
            m_image = map->image;
            if (m_memory)
                m_code = std::make_shared<GuestCode>(*m_memory, m_image, map->eif);
            followBoot(map);
        });
}

// Of a machine that was entered later, the kernel itself tells where it was put. If there is none yet, the boot is
// still to be followed.
void LiveTarget::followBoot(const BootMapPointer &map) {
    if (!m_files.isEntered) {
        m_walk.begin(map);
        emit prepared();
        return;
    }
    m_walk.enter(map);
    withKernel([this, map](const KernelView &view) {
        if (m_state == State::detached)
            return;
        if (view.isSlideKnown)
            m_walk.learnSlide(view.slide);
        else if (map)
            m_walk.begin(map);
        emit prepared();
    });
}

LiveTarget::~LiveTarget() {
    m_broker->disconnect(this);
    m_breakpoints.disconnect(this);
    m_broker->breakpoints().removeParty(this);
    m_broker->setJudge(nullptr, {});
    m_broker->setMemoryGuard({});
    m_broker->setFileBytes({});
}

void LiveTarget::detach() {
    if (m_state == State::detached)
        return;
    m_search.drop();
    m_broker->disconnect(this);
    m_machine->disconnect(this);
    m_stop.reset();
    setState(State::detached);
    emit detached();
}

void LiveTarget::later(std::function<void()> what) {
    QMetaObject::invokeMethod(
        this,
        [this, what = std::move(what)] {
            if (m_state != State::detached)
                what();
        },
        Qt::QueuedConnection);
}

void LiveTarget::setState(State state) {
    if (m_state == state)
        return;
    m_state = state;
    emit stateChanged(state);
}

SymbolParts LiveTarget::partsFor(quint64 root) const {
    SymbolParts parts;
    if (const BootMapPointer &map = m_walk.map()) {
        parts.firmware = map->firmware;
        parts.kernel = m_image;
    }
    parts.slide = m_walk.slide().value_or(0);
    parts.modules = m_modules;
    for (auto programs = m_programs.cbegin(); programs != m_programs.cend(); ++programs)
        (programs.key() == root ? parts.programs : parts.others) += *programs;
    return parts;
}

void LiveTarget::publishSymbols() {
    m_symbols = std::make_shared<BootSymbols>(partsFor(m_root), m_walk.slide().has_value());
    m_breakpoints.resolveAll();
    emit symbolsChanged();
}

void LiveTarget::onReset() {
    // On the way to somewhere else in a recording: where that is, is told by the stop.
    if (m_broker->canReverse() && m_broker->isPassing())
        return;
    m_isReaderStale = true;
    m_programs.clear();
    m_modules.clear();
    m_checkedPage = {};
    m_walk.afterReset();
    m_wasReset = true;
    m_broker->refresh(); // does nothing while it runs
}

// Whose registers and page tables expressions and memory are about.
void LiveTarget::lookAt(const TargetStop &stop) {
    m_raw = stop;
    m_selected.reset();
    m_translation = translationOf(stop);
}

// A stop that is being judged is known here before the broker calls it the last one.
bool LiveTarget::isJudging() const {
    return m_raw && m_broker->lastStop() && m_raw->generation != m_broker->lastStop()->generation;
}

// The user has chosen another CPU than the one that stopped.
void LiveTarget::lookAtSelected() {
    if (m_state != State::stopped || !m_stop || !m_raw)
        return;
    if (m_thread == m_raw->reply.thread.thread) {
        m_selected.reset();
        m_translation = translationOf(*m_raw);
        lookAtSpace();
        emit targetChanged();
        return;
    }
    const auto isWanted = [this, thread = m_thread, generation = m_stop->generation] {
        return m_state == State::stopped && m_stop && m_stop->generation == generation && m_thread == thread;
    };
    withRegisters(m_thread, [this, isWanted](const Result<RegisterSet> &registers) {
        if (!isWanted() || !registers)
            return;
        TargetStop there = *m_raw;
        there.reply.thread.thread = registers->thread;
        there.registers = registers->raw;
        m_broker->askSegment(registers->thread, this, [this, isWanted, there](const CodeSegment &segment) {
            if (!isWanted())
                return;
            m_selected = there;
            m_selected->segment = segment;
            m_selected->pc = segment.base + there.value(architecture().registers.programCounter);
            m_translation = translationOf(there);
            lookAtSpace();
            emit targetChanged();
        });
    });
}

void LiveTarget::onStopped(const TargetStop &stop) {
    if (m_stop && m_stop->generation == stop.generation)
        return; // the one that was there when we came
    lookAt(stop);
    if (m_search.isActive() && !stop.isAgain) {
        if (!m_search.takes(stop))
            publish(stop, {true, DebugStop::Why::place, m_search.stopText(), {}});
        return;
    }
    if (m_judged && m_judged->first == stop.generation) {
        const Outcome outcome = std::exchange(m_judged, std::nullopt)->second;
        // It would have gone on, had nobody interrupted it.
        publish(stop, outcome.stays ? outcome : Outcome{true, DebugStop::Why::interrupt, u"Stopped"_s, {}});
        return;
    }
    if (std::exchange(m_isEntered, false)) {
        publish(stop, {true, DebugStop::Why::interrupt, u"Stopped where the debugger was attached"_s, {}});
        return;
    }
    if (m_wasReset) {
        m_wasReset = false;
        publish(stop, {true, DebugStop::Why::reset, u"At the reset vector"_s, {}});
        return;
    }
    if (stop.isAgain && m_stop) {
        publish(stop, {true, m_stop->why, m_stop->text, m_stop->breakpoint});
        return;
    }
    if (stop.isAgain && m_state == State::running)
        return; // what it means is still being found out
    if (endsOverBack(stop))
        return;
    if (const auto outcome = outcomeInRecording(stop)) {
        publish(stop, *outcome);
        return;
    }
    // The answers may come when somebody has let it run again: then they are about nothing any more.
    const auto tell = [this, look = ++m_looks](const Outcome &outcome) {
        if (look != m_looks)
            return;
        TargetStop present = *m_broker->lastStop(); // registers may have been written meanwhile
        present.isAgain = false;
        publish(present, outcome);
    };
    if (stop.reply.number == interrupted) {
        m_machine->askBreaks(this, [tell](const QString &detail) {
            if (detail.isEmpty())
                tell({true, DebugStop::Why::interrupt, u"Stopped"_s, {}});
            else
                tell({true, DebugStop::Why::enclaveBreak, detail, {}});
        });
        return;
    }
    if (stop.bySteps && !stop.atBreakpoint && stop.reply.reason == rsp::StopReason::none) {
        publish(stop, {true, DebugStop::Why::step, {}, {}});
        return;
    }
    // A step's end, or a breakpoint of a gdb's where ours may stand, too.
    classify(stop, [stop, tell](Outcome outcome) {
        if (!outcome.stays) {
            outcome.why = stop.bySteps ? DebugStop::Why::step : DebugStop::Why::other;
            outcome.text = stop.bySteps ? QString() : u"At a breakpoint of a gdb"_s;
        }
        tell(outcome);
    });
}

// What a stop means, and whether it is to stay.
void LiveTarget::classify(const TargetStop &stop, Classified done) {
    lookAt(stop);
    if (stop.reply.number == interrupted) { // to change breakpoints, and perhaps for a break at the same time
        m_machine->askBreaks(this, [done = std::move(done)](const QString &detail) {
            done({!detail.isEmpty(), DebugStop::Why::enclaveBreak, detail, {}});
        });
        return;
    }
    m_walk.consider(stop, [this, self = QPointer<LiveTarget>(this), stop,
                           done = std::move(done)](BootWalk::Verdict verdict, const QString &text) {
        if (!self)
            return;
        Outcome outcome{false, DebugStop::Why::other, {}, {}};
        if (verdict == BootWalk::Verdict::arrived)
            outcome = {true, DebugStop::Why::bootPoint, text, {}};
        if (m_destination && m_destination->places.contains(stop.pc) && !outcome.stays) {
            constexpr quint64 sameStack = 64 * 1024;
            const quint64 sp = stop.stackPointer();
            const BootWalk::Place place = m_destination->places.value(stop.pc);
            if ((!m_destination->leastSp || sp - *m_destination->leastSp < sameStack) &&
                (!place.root || *place.root == rootOf(stop)))
                outcome = {true, m_destination->why, place.text, {}};
        }
        classifyBreakpoints(stop, m_breakpoints.at(stop), outcome, done);
    });
}

void LiveTarget::classifyBreakpoints(const TargetStop &stop, QVector<DebugBreakpoint> left,
                                     const Outcome &sofar, const Classified &done) {
    if (left.isEmpty()) {
        done(sofar);
        return;
    }
    const DebugBreakpoint first = left.takeFirst();
    const auto next = [this, stop, left, sofar, first, done](bool holds, const QString &remark = {}) {
        Outcome now = sofar;
        if (holds && m_breakpoints.hit(first.number, stop.isBackwards) &&
            now.why != DebugStop::Why::bootPoint) {
            const bool isWatch = first.kind != DebugBreakpoint::Kind::code;
            now = {true, isWatch ? DebugStop::Why::watchpoint : DebugStop::Why::breakpoint,
                   isWatch ? u"Watchpoint %1 at %2: %3"_s.arg(first.number)
                                 .arg(hex(stop.reply.watchAddress), watchedText(first.kind))
                           : u"Breakpoint %1 at %2"_s.arg(first.number).arg(first.place),
                   first.number};
            if (!remark.isEmpty()) { // counting the hit has cleared what was said of it
                now.text += u": "_s + remark;
                m_breakpoints.setProblem(first.number, remark);
            }
        }
        classifyBreakpoints(stop, left, now, done);
    };
    const auto checkCondition = [this, first, next] {
        if (first.condition.isEmpty()) {
            next(true);
            return;
        }
        compute(first.condition, expressionContext(), 16, [this, first, next](const Result<quint64> &value) {
            if (value && *value == 0 && first.hits == 0)
                m_breakpoints.setProblem(first.number, u"its condition has not been true so far"_s);
            next(!value || *value != 0,
                 value ? QString() : u"its condition cannot be evaluated: "_s + value.error().message);
        });
    };
    if (first.process.isEmpty()) {
        checkCondition();
        return;
    }
    withKernel([this, first, next, checkCondition,
                cpu = int(stop.reply.thread.thread) - 1](const KernelView &view) {
        const auto runsHere = [cpu](const KernelTask &task) { return task.cpu == cpu; };
        const bool isKnown = std::any_of(view.tasks.rows.cbegin(), view.tasks.rows.cend(), runsHere);
        const bool isThere =
            std::any_of(view.tasks.rows.cbegin(), view.tasks.rows.cend(), [&](const KernelTask &task) {
                return runsHere(task) &&
                       (task.name == first.process || QString::number(task.pid) == first.process);
            });
        if (isThere) {
            checkCondition();
            return;
        }
        if (first.hits == 0)
            m_breakpoints.setProblem(first.number, !view.tasks.unavailable.isEmpty() ? view.tasks.unavailable
                                                   : isKnown ? u"only other processes have come by so far"_s
                                                             : u"the last time it was not known who ran"_s);
        next(false);
    });
}

void LiveTarget::publish(const TargetStop &stop, const Outcome &outcome) {
    if (m_state == State::detached)
        return;
    m_walk.abandon();
    m_broker->breakpoints().removeAll(m_destinationOwner);
    m_destination.reset();
    m_overBack.reset();
    const qint64 stoppedThread = qMax<qint64>(1, stop.reply.thread.thread);
    // Written to while it stood still: the user goes on looking at what he has chosen.
    const bool keepsThread = stop.isAgain && m_broker->threads().contains(m_thread);
    if (!keepsThread)
        m_thread = stoppedThread;
    DebugStop shown;
    shown.generation = stop.generation;
    shown.thread = stoppedThread;
    shown.why = outcome.why;
    shown.text = outcome.text;
    shown.pc = stop.pc;
    shown.segment = stop.segment;
    if (stop.reply.watchAddress != 0)
        shown.dataAddress = stop.reply.watchAddress;
    shown.breakpoint = outcome.breakpoint;
    shown.instruction = stop.instruction;
    m_stop = shown;
    if (m_threads.size() != m_broker->threads().size()) {
        m_threads.clear();
        for (const qint64 id : m_broker->threads())
            m_threads.append({id, u"CPU %1"_s.arg(id - 1), {}, 0, false, {}});
    }
    for (DebugThread &thread : m_threads) {
        thread.isCurrent = thread.id == m_thread;
        if (thread.id == stoppedThread) {
            thread.pc = stop.pc;
            thread.state = u"stopped here"_s;
        }
    }
    if (m_threads.size() > 1)
        m_threadTimer.start(threadDelayMs);
    lookAtSpace();
    setState(State::stopped);
    const QPointer<LiveTarget> alive(this);
    emit stopped(shown);
    if (!alive)
        return;
    emit threadsChanged();
    if (m_broker->canReverse())
        tellReplay(stop);
    if (m_thread != stoppedThread)
        lookAtSelected();
    if (std::exchange(m_resetsWhenStopped, false))
        m_machine->reset();
}

void LiveTarget::refreshThreads() {
    if (m_state != State::stopped || !m_stop)
        return;
    for (DebugThread &thread : m_threads) {
        const qint64 id = thread.id;
        const auto store = [this, id, generation = m_stop->generation](auto change) {
            if (m_state != State::stopped || !m_stop || m_stop->generation != generation)
                return;
            for (DebugThread &known : m_threads)
                if (known.id == id)
                    change(known);
        };
        m_broker->ask("qThreadExtraInfo," + rsp::hexNumber(quint64(id)), GdbBroker::anyThread, this,
                      [store](const rsp::Client::Reply &reply) {
                          const auto text = reply ? rsp::fromHex(reply->payload) : std::nullopt;
                          store([&](DebugThread &known) {
                              known.state = text && text->contains("halted") ? u"halted"_s : u"running"_s;
                          });
                      });
        if (id == m_stop->thread)
            continue;
        m_broker->ask("p10", id, this,
                      [this, store, isLast = id == m_threads.last().id](const rsp::Client::Reply &reply) {
                          const auto bytes = reply ? rsp::fromHex(reply->payload) : std::nullopt;
                          store([&](DebugThread &known) {
                              if (!bytes || bytes->size() != 8)
                                  return;
                              known.pc = qFromLittleEndian<quint64>(bytes->constData());
                              if (known.pc == 0xfff0) // of the reset vector: nobody has started it
                                  known.state = u"waiting for start"_s;
                          });
                          emit threadsChanged();
                      });
    }
    emit threadsChanged();
}

QByteArray LiveTarget::stagesText() const {
    QString text;
    for (const BootPointName &name : bootPointNames()) {
        const QString why = m_walk.problem(name.point);
        text += u"%1 %2%3\n"_s.arg(QLatin1String(name.word), -14)
                    .arg(QLatin1String(name.title), why.isEmpty() ? QString() : u": "_s + why);
    }
    if (const auto slide = m_walk.slide())
        text += u"The kernel runs %1 bytes above its linked addresses.\n"_s.arg(hex(*slide));
    else
        text += u"Where the kernel will run is known when it is unpacked.\n"_s;
    return text.toUtf8();
}

} // namespace nitroscope::app
