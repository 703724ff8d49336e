// SPDX-License-Identifier: GPL-2.0-or-later
//
// Of GdbBroker: going backwards in a recording.
//
// QEMU goes back by starting at an earlier snapshot and running forward to the place before. A reverse run (`bc`) is
// such a way over all of the past, stretch by stretch, in which breakpoints and watchpoints are only noted; then it goes
// to the last that was noted. So the stub says neither which watchpoint it was nor that there was none at all: the first
// is asked by stepping over the instruction and back, the second is instruction 0.
#include "app/session/gdb/gdb_broker.hpp"

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr int trap = 5;        // GDB_SIGNAL_TRAP
constexpr int interrupted = 2; // GDB_SIGNAL_INT

// "Replaying execution 'FILE': instruction count = N".
std::optional<quint64> parseInstruction(const QByteArray &console) {
    static constexpr char before[] = "instruction count = ";
    const qsizetype at = console.lastIndexOf(before);
    if (at < 0)
        return std::nullopt;
    bool isNumber = false;
    const quint64 count = console.mid(at + qsizetype(sizeof before) - 1).trimmed().toULongLong(&isNumber);
    return isNumber ? std::optional(count) : std::nullopt;
}

bool isWatchReason(rsp::StopReason reason) {
    return reason == rsp::StopReason::writeWatchpoint || reason == rsp::StopReason::readWatchpoint ||
           reason == rsp::StopReason::accessWatchpoint;
}

} // namespace

Error GdbBroker::pastCannotChange() {
    return {
        u"replay-past"_s,
        u"This is a recording, and writing would change what has happened: continue live from here first."_s,
        std::nullopt,
        {}};
}

// QEMU says so in a replay only.
bool GdbBroker::canReverse() const {
    return m_stub.features().has("ReverseStep") && m_stub.features().has("ReverseContinue");
}

QByteArray GdbBroker::packetOf(const QByteArray &actions) {
    return actions.startsWith('b') ? actions : "vCont" + actions;
}

void GdbBroker::reverse(Reverse how) {
    if (canReverse())
        resume(how == Reverse::step ? "bs" : "bc");
}

void GdbBroker::beginMove() {
    if (m_isMoving || !m_stop)
        return;
    m_isInterrupted = true; // whatever is there, this is where somebody wanted to be
    if (m_isResuming || m_stub.state() == rsp::Client::State::running)
        return;     // the stub tells when the machine stops
    ++m_generation; // a stop that is being looked at is left
    m_probe.reset();
    m_isExamining = false;
    m_actions.clear();
    m_stub.hold();
    m_isMoving = true;
    if (!std::exchange(m_isRunning, true))
        emit resumed();
}

void GdbBroker::endMove() {
    if (!m_isMoving)
        return;
    m_stub.release();
    rsp::StopReply reply;
    reply.number = trap;
    reply.thread = m_stop->reply.thread;
    examine(reply);
}

// Behind all registers, so that it is there when they are.
void GdbBroker::askInstruction(const std::shared_ptr<TargetStop> &stop) {
    m_stub.sendMonitor("info replay", this, [stop](const rsp::Client::Reply &answer) {
        if (answer)
            stop->instruction = parseInstruction(answer->console);
    });
}

RecordingEdge GdbBroker::edgeOf(const TargetStop &stop) const {
    if (stop.isAgain || stop.isMoved || !stop.instruction)
        return RecordingEdge::none;
    if (stop.isBackwards)
        return *stop.instruction == 0 && (m_isRefused || !stop.bySteps) ? RecordingEdge::beginning
                                                                        : RecordingEdge::none;
    return m_recordingEnd && *stop.instruction >= *m_recordingEnd ? RecordingEdge::end : RecordingEdge::none;
}

// A run backwards that was interrupted has left QEMU in the middle of its way: it would pass breakpoints until it came
// to where it wanted to be. A reverse step ends that, and what it comes to is the stop.
bool GdbBroker::endsReverse(const rsp::StopReply &reply) {
    if (std::exchange(m_isTidying, false)) {
        rsp::StopReply wanted = reply;
        wanted.number = interrupted;
        examine(wanted);
        return true;
    }
    if (m_actions != "bc" || reply.number != interrupted)
        return false;
    m_isTidying = true;
    m_actions = "bs";
    run("bs");
    return true;
}

// A run backwards has come to a stop that no breakpoint is the reason of.
bool GdbBroker::isUnexplained(const TargetStop &stop) const {
    return stop.isBackwards && !stop.bySteps && !stop.isAgain && !m_isInterrupted && !stop.atBreakpoint &&
           stop.edge == RecordingEdge::none && stop.reply.number == trap &&
           stop.reply.reason == rsp::StopReason::none && !m_breakpoints.watchpoints().empty();
}

void GdbBroker::probe(const TargetStop &stop) {
    m_probe = Probe{Probe::Step::forward, stop};
    run("vCont;s:" + rsp::hexNumber(quint64(qMax<qint64>(1, stop.reply.thread.thread))));
}

// Forward over the instruction and back. QEMU 10.0 counts the instruction that accesses as executed when it notes a
// watchpoint and so stops behind it: then it is the one before.
void GdbBroker::onProbed(const rsp::StopReply &reply) {
    using Step = Probe::Step;
    Probe &probe = *m_probe;
    const auto next = [this, &probe](Step step, const QByteArray &packet) {
        probe.step = step;
        run(packet);
    };
    const QByteArray forward =
        "vCont;s:" + rsp::hexNumber(quint64(qMax<qint64>(1, probe.stop.reply.thread.thread)));
    const bool isFound = isWatchReason(reply.reason);
    if (isFound) {
        probe.stop.reply.reason = reply.reason;
        probe.stop.reply.watchAddress = reply.watchAddress;
    }
    switch (probe.step) {
    case Step::forward:
        next(Step::back, "bs");
        return;
    case Step::back:
        if (!isWatchReason(probe.stop.reply.reason)) {
            next(Step::beforeAccess, "bs");
            return;
        }
        break;
    case Step::beforeAccess:
        next(Step::forwardAgain, forward);
        return;
    case Step::forwardAgain:
        next(Step::backAgain, "bs");
        return;
    case Step::backAgain:
        break;
    }
    // Its registers may be those of the instruction before by now.
    const rsp::StopReply explained = m_probe->stop.reply;
    m_probe.reset();
    rsp::StopReply present = reply;
    present.reason = explained.reason;
    present.watchAddress = explained.watchAddress;
    if (!isWatchReason(explained.reason))
        present.number = interrupted; // nothing that is known: it stays here
    if (m_isInterrupted)
        present.number = interrupted;
    examine(present);
}

} // namespace nitroscope::app
