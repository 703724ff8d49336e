// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/gdb/gdb_broker.hpp"

#include <algorithm>
#include <array>
#include <QtEndian>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

namespace {

constexpr int trap = 5;                    // GDB_SIGNAL_TRAP
constexpr int interrupted = 2;             // GDB_SIGNAL_INT
constexpr quint64 maxBytesPerRead = 0x800; // QEMU answers E22 to more
constexpr quint64 pageBytes = 4096;
constexpr qsizetype maxThreads = 256;
constexpr int maxEmptySteps = 8; // in a row; one is rare

// Where boot code touches devices, address spaces are the identity.
quint64 plainByAddress(const arch::MemoryLayout &memory, quint64 address, quint64 bytes) {
    quint64 plain = bytes;
    for (const arch::AddressRange &range : memory.devices)
        if (address <= range.last)
            plain = qMin(plain, address >= range.first ? 0 : range.first - address);
    return plain;
}

} // namespace

struct MemoryRead {
    qint64 thread;
    bool isPhysical;
    quint64 address;
    quint64 bytes;
    QPointer<QObject> context;
    std::function<void(const Result<QByteArray> &)> callback;
    QByteArray read = {};
};

GdbBroker::GdbBroker(QIODevice *stub, const arch::Architecture &architecture, QObject *parent)
    : QObject(parent), m_architecture(architecture), m_stub(stub) {
    connect(&m_stub, &rsp::Client::ready, this,
            [this] { listThreads("qfThreadInfo", [this] { examine(*m_stub.lastStop()); }); });
    connect(&m_stub, &rsp::Client::stopped, this, &GdbBroker::onStop);
    connect(&m_stub, &rsp::Client::resumed, this, [this] {
        m_selectedThread = 0;
        m_isResuming = false;
        if (!std::exchange(m_isRunning, true))
            emit resumed();
    });
    connect(&m_stub, &rsp::Client::protocolProblem, this, &GdbBroker::problem);
    connect(&m_stub, &rsp::Client::closed, this, &GdbBroker::closed);
}

quint64 GdbBroker::programCounterOf(const TargetStop &stop) const {
    return stop.segment.base + stop.value(m_architecture.registers.programCounter);
}

void GdbBroker::setJudge(const void *party, Judge judge) {
    m_judgesParty = party;
    m_judge = std::move(judge);
}

// QEMU tells its threads one by one.
void GdbBroker::listThreads(const QByteArray &query, const std::function<void()> &then) {
    m_stub.send(query, this, [this, then](const rsp::Client::Reply &reply) {
        const auto found = reply ? rsp::parseThreadList(reply->payload) : QVector<rsp::ThreadId>();
        if (!found || found->isEmpty() || m_threads.size() + found->size() > maxThreads) {
            then();
            return;
        }
        for (const rsp::ThreadId &thread : *found)
            m_threads.append(thread.thread);
        listThreads("qsThreadInfo", then);
    });
}

void GdbBroker::ask(const QByteArray &command, qint64 thread, QObject *context, Callback callback) {
    // Somebody else may have looked at another CPU than the one that stopped.
    const qint64 wanted = thread == 0 && m_stop && !m_isRunning ? m_stop->reply.thread.thread : thread;
    if (wanted > 0 && wanted != m_selectedThread && m_stub.takesCommands()) {
        m_selectedThread = wanted;
        m_stub.send("Hg" + rsp::hexNumber(quint64(wanted)), this, [this](const rsp::Client::Reply &reply) {
            if (!reply || reply->payload != "OK")
                m_selectedThread = 0;
        });
    }
    m_stub.send(command, context, std::move(callback));
}

void GdbBroker::askMonitor(const QByteArray &words, QObject *context, Callback callback) {
    m_stub.sendMonitor(words, context, std::move(callback));
}

// Without a number QEMU's monitor shows its own current CPU, which is the first one and not the stub's.
void GdbBroker::askSegment(qint64 thread, QObject *context,
                           std::function<void(const CodeSegment &)> callback) {
    m_stub.sendMonitor("info registers " + QByteArray::number(qMax<qint64>(1, thread) - 1), context,
                       [this, callback = std::move(callback)](const rsp::Client::Reply &answer) {
                           callback(answer
                                        ? m_architecture.modes.parse(answer->console).value_or(CodeSegment())
                                        : CodeSegment());
                       });
}

void GdbBroker::askGuard(qint64 thread, quint64 address, quint64 bytes, QObject *context,
                         std::function<void(quint64)> callback) {
    if (!m_guard || !m_stop) {
        callback(plainByAddress(m_architecture.memory, address, bytes));
        return;
    }
    withCpu(thread, context, [this, address, bytes, callback = std::move(callback)](const TargetStop *cpu) {
        callback(cpu && m_guard ? m_guard(*cpu, address, bytes) : 0);
    });
}

void GdbBroker::withCpu(qint64 thread, QObject *context,
                        const std::function<void(const TargetStop *cpu)> &use) {
    if (!m_stop->registers.isEmpty() && (thread <= 0 || thread == m_stop->reply.thread.thread)) {
        use(&*m_stop);
        return;
    }
    ask("g", thread > 0 ? thread : m_stop->reply.thread.thread, context,
        [this, use](const rsp::Client::Reply &reply) {
            TargetStop cpu;
            cpu.architecture = &m_architecture;
            cpu.registers = reply ? rsp::fromHex(reply->payload).value_or(QByteArray()) : QByteArray();
            use(m_architecture.isPacket(cpu.registers) ? &cpu : nullptr);
        });
}

void GdbBroker::askFile(qint64 thread, quint64 address, quint64 bytes, QObject *context,
                        const Answer &callback) {
    if (!m_fileBytes || !m_stop) {
        callback({});
        return;
    }
    const Answer answer = [waits = QPointer<QObject>(context), callback](const QByteArray &found) {
        if (waits)
            callback(found);
    };
    withCpu(thread, context, [this, address, bytes, answer](const TargetStop *cpu) {
        if (cpu && m_fileBytes)
            m_fileBytes(*cpu, address, bytes, answer);
        else
            answer({});
    });
}

void GdbBroker::readMemory(qint64 thread, bool isPhysical, quint64 address, quint64 bytes, QObject *context,
                           std::function<void(const Result<QByteArray> &)> callback) {
    readPiece(std::make_shared<MemoryRead>(
        MemoryRead{thread, isPhysical, address, bytes, QPointer<QObject>(context), std::move(callback)}));
}

void GdbBroker::readPiece(const std::shared_ptr<MemoryRead> &read) {
    const quint64 address = read->address + quint64(read->read.size());
    const quint64 left = read->bytes - quint64(read->read.size());
    // Not over a page's end: a read fails as a whole when any of its pages is not mapped.
    const quint64 piece = qMin(qMin(left, maxBytesPerRead), pageBytes - address % pageBytes);
    const auto ignore = [](const rsp::Client::Reply &) {};
    // A flag of QEMU's that holds for all; commands are answered in order, so nobody else's come between.
    if (read->isPhysical)
        ask("Qqemu.PhyMemMode:1", read->thread, this, ignore);
    ask("m" + rsp::hexNumber(address) + ',' + rsp::hexNumber(piece), read->thread, this,
        [this, read, piece](const rsp::Client::Reply &reply) {
            const auto got = reply ? rsp::fromHex(reply->payload) : std::nullopt;
            const bool isRead = got && quint64(got->size()) == piece && piece > 0;
            if (isRead)
                read->read += *got;
            if (isRead && quint64(read->read.size()) < read->bytes && read->context) {
                readPiece(read);
                return;
            }
            if (!read->context)
                return;
            if (!reply)
                read->callback(tl::unexpected(reply.error()));
            else if (read->read.isEmpty())
                read->callback(failure(u"not-mapped"_s, u"There is no memory at this address."_s));
            else
                read->callback(read->read);
        });
    if (read->isPhysical)
        ask("Qqemu.PhyMemMode:0", read->thread, this, ignore);
}

void GdbBroker::writeMemory(qint64 thread, bool isPhysical, quint64 address, const QByteArray &bytes,
                            QObject *context, std::function<void(const Result<void> &)> callback) {
    if (canReverse()) {
        callback(tl::unexpected(pastCannotChange()));
        return;
    }
    constexpr qsizetype piece = 0x400; // QEMU takes 0x800
    struct Outcome {
        bool isWritten = false, isFailed = false; // any of it
    };
    auto outcome = std::make_shared<Outcome>();
    const auto note = [outcome](const rsp::Client::Reply &reply) {
        const bool isDone = reply && reply->payload == "OK";
        outcome->isFailed = outcome->isFailed || !isDone;
        return isDone;
    };
    // Commands are answered in order, so nobody else's can come between; the flag is global in QEMU.
    if (isPhysical)
        ask("Qqemu.PhyMemMode:1", thread, this, note);
    for (qsizetype at = 0; at < bytes.size(); at += piece) {
        const QByteArray part = bytes.mid(at, piece);
        ask("M" + rsp::hexNumber(address + quint64(at)) + ',' + rsp::hexNumber(quint64(part.size())) + ':' +
                part.toHex(),
            thread, this, [outcome, note](const rsp::Client::Reply &reply) {
                outcome->isWritten = note(reply) || outcome->isWritten;
            });
    }
    ask(isPhysical ? "Qqemu.PhyMemMode:0" : "qC", thread, this,
        [this, outcome, context = QPointer<QObject>(context),
         callback = std::move(callback)](const rsp::Client::Reply &reply) {
            if (outcome->isWritten)
                emit written(TargetPart::memory);
            if (!context)
                return;
            if (!reply)
                callback(tl::unexpected(reply.error()));
            else if (outcome->isFailed)
                callback(failure(u"not-mapped"_s, u"The memory at this address cannot be written."_s));
            else
                callback({});
        });
}

void GdbBroker::writeRegisters(qint64 thread, const QVector<std::pair<int, QByteArray>> &values,
                               QObject *context, Callback callback) {
    if (canReverse()) {
        callback(tl::unexpected(pastCannotChange()));
        return;
    }
    if (m_stop && m_stub.takesCommands())
        m_stop->registers.clear();
    auto refusal = std::make_shared<std::optional<rsp::Client::Reply>>();
    for (qsizetype i = 0; i < values.size(); ++i) {
        const bool isLast = i + 1 == values.size();
        ask("P" + rsp::hexNumber(quint64(values[i].first)) + '=' + values[i].second.toHex(), thread, this,
            [this, refusal, isLast, context = QPointer<QObject>(context),
             callback = isLast ? std::move(callback) : Callback()](const rsp::Client::Reply &reply) {
                if (!*refusal && (!reply || reply->payload != "OK"))
                    *refusal = reply;
                if (!isLast)
                    return;
                if (reply) // it has come to the stub
                    emit written(TargetPart::registers);
                if (context)
                    callback(refusal->value_or(reply));
            });
    }
    refresh(); // behind them in line
}

void GdbBroker::resume(const QByteArray &actions) {
    if (m_isRunning || m_isResuming || m_isMoving || !m_stop || m_stub.state() != rsp::Client::State::stopped)
        return;
    m_isResuming = true;
    m_actions = actions;
    m_isInterrupted = false;
    if (!m_isExamining) // else publish() does it: where it goes on is to be known first
        send(actions, *m_stop);
}

// The way of all resumptions.
void GdbBroker::run(const QByteArray &command) {
    m_breakpoints.setPatient(isBackwards());
    m_isRefused = false;
    m_stub.resume(command, this, [this](const rsp::Client::Reply &reply) {
        m_isRefused = !reply && reply.error().code == "rsp-refused"_L1; // stopped() follows
        const bool neverLeft =
            !reply && (reply.error().code == "rsp-timeout"_L1 || reply.error().code == "rsp-too-many"_L1 ||
                       reply.error().code == "rsp-command-too-long"_L1);
        if (!neverLeft || !m_stop)
            return;
        // The stub is silent, and they who wait for a stop would wait for ever.
        m_isResuming = false;
        m_afterStep.clear();
        TargetStop same = *m_stop;
        same.isAgain = false;
        publish(std::move(same));
    });
    if (m_isInterrupted)
        m_stub.interrupt();
}

void GdbBroker::send(const QByteArray &actions, const TargetStop &from) {
    m_stepsLeft = maxEmptySteps;
    // QEMU would stop at once and for ever at a breakpoint under the program counter; a step ignores it.
    // Backwards it begins with the instruction before.
    if (!actions.startsWith('b') && !actions.contains('s') && m_breakpoints.stopsAt(from.pc))
        stepOff(actions);
    else
        run(packetOf(actions));
}

void GdbBroker::stepOff(const QByteArray &actions) {
    m_afterStep = actions;
    run("vCont;s:" + rsp::hexNumber(quint64(qMax<qint64>(1, m_stop->reply.thread.thread))));
}

// QEMU 10.0 ends a step before its instruction when an interrupt arrives as it begins (cpu_tb_exec in
// accel/tcg/cpu-exec.c). Going on would take the interrupt and lead back to the same breakpoint, a second
// time for one arrival. An instruction that jumps to itself looks the same, so the attempts are numbered.
bool GdbBroker::takeRepetition(const rsp::StopReply &reply) {
    return m_stop && reply.number == trap && reply.reason == rsp::StopReason::none &&
           reply.thread == m_stop->reply.thread && !m_isInterrupted && m_stepsLeft-- > 0;
}

// The step away from a breakpoint has ended.
void GdbBroker::afterStep(const QByteArray &actions, const rsp::StopReply &reply) {
    const int programCounter = m_architecture.registers.programCounter;
    const QByteArray read = "p" + rsp::hexNumber(quint64(programCounter));
    m_stub.send(read, this, [this, actions, reply, programCounter](const rsp::Client::Reply &answer) {
        const auto bytes = answer ? rsp::fromHex(answer->payload) : std::nullopt;
        const bool isThereStill =
            bytes && bytes->size() == 8 && m_stop &&
            qFromLittleEndian<quint64>(bytes->constData()) == m_stop->value(programCounter);
        if (m_isInterrupted) { // while nothing ran
            rsp::StopReply wanted = reply;
            wanted.number = interrupted;
            examine(wanted);
        } else if (isThereStill && takeRepetition(reply)) {
            stepOff(actions);
        } else {
            m_breakpoints.carryOut();
            run(packetOf(actions));
        }
    });
}

void GdbBroker::interrupt() {
    m_isInterrupted = true;
    if (m_isMoving)
        emit moveUnwanted();
    else
        m_stub.interrupt();
}

void GdbBroker::refresh() {
    if (!m_stop || m_isRunning || !m_stub.takesCommands())
        return;
    rsp::StopReply reply = m_stop->reply;
    reply.reason = rsp::StopReason::none;
    reply.number = trap;
    examine(reply, Look::again);
}

void GdbBroker::onStop(const rsp::StopReply &reply) {
    const QByteArray actions = std::exchange(m_afterStep, {});
    if (!actions.isEmpty() && reply.number == trap && reply.reason == rsp::StopReason::none) {
        afterStep(actions, reply);
        return;
    }
    if (m_probe) {
        onProbed(reply);
        return;
    }
    if (endsReverse(reply))
        return;
    if (reply.number == interrupted && m_threads.size() > 1)
        chooseThread(reply);
    else
        examine(reply);
}

// An interrupt is reported for the CPU that was looked at last, which may never have been started. One that
// runs is what somebody who stops the machine wants to see.
void GdbBroker::chooseThread(rsp::StopReply reply) {
    auto chosen = std::make_shared<qint64>(0);
    for (const qint64 thread : std::as_const(m_threads)) {
        const bool isLast = thread == m_threads.last();
        m_stub.send("qThreadExtraInfo," + rsp::hexNumber(quint64(thread)), this,
                    [this, chosen, thread, isLast, reply](const rsp::Client::Reply &answer) mutable {
                        const auto text = answer ? rsp::fromHex(answer->payload) : std::nullopt;
                        if (*chosen == 0 && text && text->contains("running"))
                            *chosen = thread;
                        if (!isLast)
                            return;
                        // The first CPU is always one that was started.
                        reply.thread.thread = *chosen ? *chosen : m_threads.first();
                        examine(reply);
                    });
    }
}

// All is asked for in one go and answered in order.
void GdbBroker::examine(const rsp::StopReply &reply, Look look) {
    auto stop = std::make_shared<TargetStop>();
    stop->architecture = &m_architecture;
    stop->reply = reply;
    stop->generation = ++m_generation;
    m_isExamining = true;
    stop->isAgain = look == Look::again;
    stop->bySteps = !stop->isAgain && m_actions.contains('s');
    stop->isBackwards = !stop->isAgain && isBackwards();
    stop->isMoved = !stop->isAgain && m_isMoving;
    const qint64 thread = reply.thread.thread;
    // After a trap the stub has selected the CPU that caused it.
    if (thread > 0 && (reply.number != trap || m_actions.isEmpty() || stop->isAgain))
        m_stub.send("Hg" + rsp::hexNumber(quint64(thread)), this, [](const rsp::Client::Reply &) {});
    m_selectedThread = thread;
    if (canReverse())
        askInstruction(stop);
    m_stub.send("g", this, [this, stop](const rsp::Client::Reply &answer) {
        if (stop->generation != m_generation)
            return; // it is being looked at again
        const auto bytes = answer ? rsp::fromHex(answer->payload) : std::nullopt;
        if (bytes && m_architecture.isPacket(*bytes))
            stop->registers = *bytes;
        if (stop->bySteps && !stop->isBackwards && !stop->registers.isEmpty() && m_stop &&
            stop->registers == m_stop->registers && takeRepetition(stop->reply)) {
            m_isExamining = false;
            run(packetOf(m_actions));
            return;
        }
        const bool canKeep = stop->bySteps && m_stop && !stop->registers.isEmpty() &&
                             !m_stop->registers.isEmpty() && stop->reply.thread == m_stop->reply.thread &&
                             !m_architecture.modes.mayHaveChanged(m_stop->registers, stop->registers);
        if (canKeep) {
            stop->segment = m_stop->segment;
            consider(*stop);
        } else {
            readSegment(stop);
        }
    });
}

void GdbBroker::readSegment(const std::shared_ptr<TargetStop> &stop) {
    askSegment(stop->reply.thread.thread, this, [this, stop](const CodeSegment &segment) {
        stop->segment = segment;
        if (stop->generation == m_generation)
            consider(*stop);
    });
}

// Whether the target really stops here.
void GdbBroker::consider(TargetStop stop) {
    if (!stop.registers.isEmpty())
        stop.pc = programCounterOf(stop);
    m_isExamining = false;
    stop.edge = edgeOf(stop);
    if (m_isRefused && stop.isBackwards && stop.edge == RecordingEdge::none)
        emit problem({u"reverse-refused"_s,
                      u"QEMU does not go back from here: it has no snapshot of the time before."_s,
                      std::nullopt,
                      {}});
    const bool isTrap = stop.reply.number == trap && stop.reply.reason == rsp::StopReason::none;
    stop.atBreakpoint = stop.reply.number == trap && m_breakpoints.isWantedAt(stop.pc);
    if (isUnexplained(stop)) {
        probe(stop);
        return;
    }
    const quint64 watched = stop.reply.watchAddress;
    const bool isForsaken = !stop.isAgain && !stop.bySteps && !m_isInterrupted &&
                            ((isTrap && m_breakpoints.isForsakenAt(stop.pc)) ||
                             (watched != 0 && m_breakpoints.isForsakenWatch(watched)));
    const bool onlyToChange = m_breakpoints.carryOut() && stop.reply.number == interrupted &&
                              !m_isInterrupted && !m_actions.isEmpty();
    if (isForsaken || (onlyToChange && !m_judge)) {
        goOn(stop);
        return;
    }
    const bool isJudges = m_judge && (onlyToChange ||
                                      (isTrap && !stop.bySteps && stop.atBreakpoint &&
                                       m_breakpoints.isOnlyOwner(m_judgesParty, stop.pc)) ||
                                      (watched != 0 && m_breakpoints.isOnlyWatcher(m_judgesParty, watched)));
    if (isJudges && !m_isInterrupted && !stop.isAgain && stop.edge == RecordingEdge::none)
        judge(stop);
    else
        publish(std::move(stop));
}

void GdbBroker::judge(const TargetStop &stop) {
    auto decided = std::make_shared<bool>(false);
    m_judge(stop, [this, self = QPointer<GdbBroker>(this), stop, decided](bool stays) {
        if (!self || std::exchange(*decided, true) || m_isMoving)
            return;
        if (stays || m_isInterrupted)
            publish(stop);
        else
            goOn(stop);
    });
}

void GdbBroker::goOn(const TargetStop &stop) {
    m_stop = stop;
    send(m_actions.isEmpty() ? QByteArray(";c") : m_actions, stop);
}

void GdbBroker::publish(TargetStop stop) {
    m_stop = std::move(stop);
    m_isRunning = m_isMoving = false;
    const bool isHeld = m_isResuming; // somebody wants it to run since it is being looked at again
    if (!isHeld)
        m_isInterrupted = false;
    const QPointer<GdbBroker> alive(this);
    if (!std::exchange(m_wasReady, true))
        emit ready();
    if (alive)
        emit stopped(*m_stop);
    if (alive && isHeld && !m_isExamining)
        send(m_actions, *m_stop);
}

} // namespace nitroscope::app
