// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/gdb/gdb_broker.hpp"

#include <algorithm>
#include <QtEndian>

namespace nitroscope::app {

namespace {

constexpr int trap = 5;                     // GDB_SIGNAL_TRAP
constexpr quint64 mostBytesPerRead = 0x800; // QEMU answers E22 to more
constexpr quint64 pageBytes = 4096;

QByteArray zPacket(char kind, const Breakpoint &breakpoint) {
    return kind + QByteArray::number(breakpoint.type) + ',' + rsp::hexNumber(breakpoint.address) + ',' +
           rsp::hexNumber(breakpoint.length);
}

} // namespace

struct MemoryRead {
    qint64 thread;
    quint64 address;
    quint64 bytes;
    QPointer<QObject> context;
    std::function<void(const Result<QByteArray> &)> callback;
    QByteArray read = {};
};

GdbBroker::GdbBroker(QIODevice *stub, QObject *parent) : QObject(parent), m_stub(stub) {
    connect(&m_stub, &rsp::Client::ready, this, [this] { examine(*m_stub.lastStop(), m_stub.generation()); });
    connect(&m_stub, &rsp::Client::stopped, this, &GdbBroker::examine);
    connect(&m_stub, &rsp::Client::resumed, this, [this] {
        m_selectedThread = 0;
        if (!std::exchange(m_isRunning, true))
            emit resumed();
    });
    connect(&m_stub, &rsp::Client::protocolProblem, this, &GdbBroker::problem);
    connect(&m_stub, &rsp::Client::closed, this, &GdbBroker::closed);
}

void GdbBroker::ask(const QByteArray &command, qint64 thread, QObject *context, Callback callback) {
    if (thread > 0 && thread != m_selectedThread && !m_isRunning) {
        m_selectedThread = thread;
        m_stub.send("Hg" + rsp::hexNumber(quint64(thread)), this, [this](const rsp::Client::Reply &reply) {
            if (!reply || reply->payload != "OK")
                m_selectedThread = 0;
        });
    }
    m_stub.send(command, context, std::move(callback));
}

void GdbBroker::askMonitor(const QByteArray &words, QObject *context, Callback callback) {
    m_stub.sendMonitor(words, context, std::move(callback));
}

void GdbBroker::readMemory(qint64 thread, quint64 address, quint64 bytes, QObject *context,
                           std::function<void(const Result<QByteArray> &)> callback) {
    readPiece(std::make_shared<MemoryRead>(
        MemoryRead{thread, address, bytes, QPointer<QObject>(context), std::move(callback)}));
}

void GdbBroker::readPiece(const std::shared_ptr<MemoryRead> &read) {
    const quint64 address = read->address + quint64(read->read.size());
    const quint64 left = read->bytes - quint64(read->read.size());
    // Not over a page's end: a read fails as a whole when any of its pages is not mapped.
    const quint64 piece = qMin(qMin(left, mostBytesPerRead), pageBytes - address % pageBytes);
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
                read->callback(failure(QStringLiteral("memory-unreadable"),
                                       QStringLiteral("There is no memory at this address.")));
            else
                read->callback(read->read);
        });
}

void GdbBroker::insert(const Breakpoint &breakpoint, Owner owner, QObject *context, Callback callback) {
    if (m_isRunning) { // refused by the client, in its own words
        m_stub.send(zPacket('Z', breakpoint), context, std::move(callback));
        return;
    }
    m_orphans.removeOne(breakpoint);
    if (!m_breakpoints.add(breakpoint, owner)) {
        callback(rsp::Client::Answer{"OK", {}, m_stub.generation()});
        return;
    }
    m_stub.send(zPacket('Z', breakpoint), this,
                [this, breakpoint, owner, context = QPointer<QObject>(context),
                 callback = std::move(callback)](const rsp::Client::Reply &reply) {
                    if (!reply || reply->payload != "OK")
                        m_breakpoints.remove(breakpoint, owner);
                    if (context)
                        callback(reply);
                });
}

void GdbBroker::remove(const Breakpoint &breakpoint, Owner owner, QObject *context, Callback callback) {
    if (!m_isRunning && !m_breakpoints.remove(breakpoint, owner)) {
        callback(rsp::Client::Answer{"OK", {}, m_stub.generation()});
        return;
    }
    m_stub.send(zPacket('z', breakpoint), context, std::move(callback));
}

void GdbBroker::removeAll(Owner owner) {
    m_orphans += m_breakpoints.removeAll(owner);
    if (!m_isRunning)
        dropOrphans();
}

void GdbBroker::dropOrphans() {
    for (const Breakpoint &breakpoint : std::exchange(m_orphans, {}))
        m_stub.send(zPacket('z', breakpoint), this, [](const rsp::Client::Reply &) {});
}

void GdbBroker::resume(const QByteArray &actions) {
    if (m_isRunning || !m_stop || m_stub.state() != rsp::Client::State::stopped)
        return;
    // QEMU would stop at once and for ever at a breakpoint under the program counter; a step ignores it.
    const bool steps = actions.contains('s');
    if (!steps && m_breakpoints.hasCodeAt(m_stop->pc)) {
        m_afterStep = actions;
        m_stub.resume("vCont;s:" + rsp::hexNumber(quint64(qMax<qint64>(1, m_stop->reply.thread.thread))),
                      this, {});
        return;
    }
    m_stub.resume("vCont" + actions, this, {});
}

void GdbBroker::forgetRegisters() {
    if (m_stop)
        m_stop->registers.clear();
}

void GdbBroker::examine(const rsp::StopReply &reply, quint64 generation) {
    if (const QByteArray actions = std::exchange(m_afterStep, {});
        !actions.isEmpty() && reply.number == trap && reply.reason == rsp::StopReason::none) {
        m_stub.resume("vCont" + actions, this, {});
        return;
    }
    auto stop = std::make_shared<TargetStop>();
    stop->reply = reply;
    stop->generation = generation;
    // Asked for in one go, answered in order: the last answer completes the stop.
    const qint64 thread = reply.thread.thread;
    if (thread > 0) {
        m_selectedThread = thread;
        m_stub.send("Hg" + rsp::hexNumber(quint64(thread)), this, [](const rsp::Client::Reply &) {});
    }
    m_stub.send("g", this, [stop](const rsp::Client::Reply &answer) {
        const auto bytes = answer ? rsp::fromHex(answer->payload) : std::nullopt;
        if (bytes && bytes->size() == RegisterView::stubPacketBytes)
            stop->registers = *bytes;
    });
    m_stub.sendMonitor("info registers", this, [this, stop](const rsp::Client::Reply &answer) {
        if (answer)
            stop->segment = parseCodeSegment(answer->console).value_or(CodeSegment());
        publish(*stop);
    });
}

void GdbBroker::publish(TargetStop stop) {
    if (!stop.registers.isEmpty())
        stop.pc =
            stop.segment.base + qFromLittleEndian<quint64>(stop.registers.constData() +
                                                           RegisterView::stubOffset(RegisterView::stubRip));
    stop.atBreakpoint = stop.reply.number == trap && m_breakpoints.hasCodeAt(stop.pc);
    const bool isOrphans = stop.reply.number == trap && !stop.atBreakpoint &&
                           std::any_of(m_orphans.cbegin(), m_orphans.cend(), [&](const Breakpoint &orphan) {
                               return orphan.type <= 1 && orphan.address == stop.pc;
                           });
    m_stop = std::move(stop);
    dropOrphans();
    if (isOrphans) {
        // Hit after its owner had gone.
        m_stub.resume("vCont;c", this, {});
        return;
    }
    m_isRunning = false;
    if (!std::exchange(m_wasReady, true))
        emit ready();
    emit stopped(*m_stop);
}

} // namespace nitroscope::app
