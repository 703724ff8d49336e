// SPDX-License-Identifier: GPL-2.0-or-later
//
// See client.hpp. Any signal or callback may delete this client; after each of them a QPointer decides
// whether to go on.
#include "app/proto/rsp/client.hpp"

namespace nitroscope::rsp {

using namespace Qt::Literals::StringLiterals;
namespace {

// What GDB says, too; without multiprocess thread ids stay single numbers.
constexpr char greetingCommand[] = "qSupported:swbreak+;hwbreak+;vContSupported+;xmlRegisters=i386";

app::Error problem(const char *code, const QString &message, const QByteArray &command = {}) {
    return {QString::fromLatin1(code), message, std::nullopt, QString::fromLatin1(command.left(40))};
}

} // namespace

Client::Client(QIODevice *device, QObject *parent) : Client(device, Limits(), parent) {}

Client::Client(QIODevice *device, const Limits &limits, QObject *parent)
    : QObject(parent), m_device(device), m_limits(limits), m_framer(Writer::stub, limits.longestPacket),
      m_queue(this, [this](Queue::Id id) { onLate(id); }) {
    connect(device, &QIODevice::readyRead, this, &Client::readDevice);
    const auto gone = [this] {
        const QPointer<Client> alive(this);
        // What arrived before the end. The analyzer takes a QPointer's test of its own for one of `this`.
        readDevice(); // NOLINT(clang-analyzer-core.CallAndMessage)
        if (alive)
            close(u"The connection to QEMU's gdbstub has ended."_s);
    };
    connect(device, &QIODevice::readChannelFinished, this, gone);
    connect(device, &QIODevice::aboutToClose, this, gone);

    const auto greet = [this](const char *command, auto then) {
        m_queue.add({command}, this, [this, then](const Reply &reply) {
            if (reply)
                then(reply->payload);
            else
                closeWith(reply.error());
        });
    };
    greet(greetingCommand, [this](const QByteArray &payload) { m_features = parseFeatures(payload); });
    greet("?", [this](const QByteArray &payload) {
        const auto stop = parseStopReply(payload);
        if (!stop) {
            closeWith(stop.error());
            return;
        }
        m_lastStop = *stop;
        m_generation = 1;
        m_state = State::stopped;
        emit ready();
    });
    // The owner has not connected to our signals yet.
    QMetaObject::invokeMethod(this, &Client::startNext, Qt::QueuedConnection);
}

Client::~Client() = default;

void Client::send(const QByteArray &command, QObject *context, Callback callback) {
    enqueue({command}, context, std::move(callback));
}

void Client::sendMonitor(const QByteArray &words, QObject *context, Callback callback) {
    enqueue({"qRcmd," + words.toHex(), Kind::monitor}, context, std::move(callback));
}

void Client::resume(const QByteArray &command, QObject *context, Callback callback) {
    enqueue({command, Kind::resumption}, context, std::move(callback));
}

// What is behind a resumption would be answered by nobody, so that one can only be the last in line.
bool Client::takesCommands() const {
    return (m_state == State::stopped || m_state == State::greeting) && !m_isHeld &&
           (m_queue.isEmpty() || m_queue.last().command.kind != Kind::resumption);
}

void Client::enqueue(Command command, QObject *context, Callback callback) {
    std::optional<app::Error> refused;
    if (m_state == State::closed)
        refused = problem("rsp-closed", u"There is no connection to QEMU's gdbstub."_s, command.packet);
    else if (!takesCommands())
        refused = problem("rsp-running", u"The target is running; stop it first."_s, command.packet);
    else if (command.packet.size() > m_limits.longestCommand)
        refused = problem(
            "rsp-command-too-long",
            u"This is longer than the %1 bytes that QEMU's gdbstub takes."_s.arg(m_limits.longestCommand),
            command.packet);
    else if (m_queue.size() >= m_limits.queued)
        refused =
            problem("rsp-too-many", u"The gdbstub has not answered earlier commands."_s, command.packet);
    if (refused) {
        m_queue.refuse(*refused, context, std::move(callback));
        return;
    }
    if (command.kind == Kind::resumption)
        m_interrupted = false;
    m_queue.add(std::move(command), context, std::move(callback));
    if (m_queue.size() == 1)
        QMetaObject::invokeMethod(this, &Client::startNext, Qt::QueuedConnection);
}

void Client::startNext() {
    const auto next = m_queue.first(false);
    if (!next || m_queue.first(true) || m_state == State::closed || m_isHeld)
        return;
    const Command &command = m_queue.find(*next)->command;
    const bool isResumption = command.kind == Kind::resumption;
    m_queue.markSent(*next, isResumption ? 0 : m_limits.replyMs); // a run ends when it ends
    transmit(command.packet);
    if (!isResumption)
        return;
    m_state = State::running;
    if (m_interrupted && m_device)
        m_device->write("\x03", 1);
    emit resumed(++m_generation);
}

void Client::transmit(const QByteArray &packet) {
    if (m_device && m_device->isOpen())
        m_device->write(encodePacket(packet));
}

void Client::interrupt() {
    if (m_state == State::closed || takesCommands() || m_interrupted || m_isHeld || !m_device)
        return;
    m_interrupted = true;
    if (m_state == State::running)
        m_device->write("\x03", 1);
}

void Client::hold() {
    m_isHeld = m_isHeld || m_state == State::stopped;
}

void Client::release() {
    if (!std::exchange(m_isHeld, false))
        return;
    ++m_generation;
    startNext();
}

void Client::close(const QString &why) {
    closeWith(problem("rsp-closed", why));
}

void Client::readDevice() {
    if (m_state == State::closed || !m_device || !m_device->isOpen())
        return;
    const QPointer<Client> alive(this);
    for (const auto &item : m_framer.feed(m_device->readAll())) {
        if (item) {
            handle(*item);
        } else {
            // The stub keeps what it sent until it is acknowledged.
            if (item.error().code == "rsp-checksum"_L1 && m_device)
                m_device->write("-", 1);
            emit protocolProblem(item.error());
        }
        if (!alive || m_state == State::closed)
            return;
    }
}

void Client::handle(const Item &item) {
    switch (item.kind) {
    case Item::Kind::packet:
        if (m_device)
            m_device->write("+", 1);
        handlePayload(item.payload);
        break;
    case Item::Kind::retransmission:
        if (const auto sent = m_queue.first(true)) {
            Command &command = m_queue.find(*sent)->command;
            if (command.kind != Kind::resumption && command.resends < m_limits.resends) {
                ++command.resends;
                transmit(command.packet);
            }
        }
        break;
    case Item::Kind::notification: // only of non-stop mode, which is never asked for
        emit protocolProblem(problem("rsp-unexpected", u"The stub sent a notification."_s, item.payload));
        break;
    case Item::Kind::acknowledgement:
    case Item::Kind::interrupt:
        break;
    }
}

void Client::handlePayload(const QByteArray &payload) {
    const auto sent = m_queue.first(true);
    if (!sent) {
        emit protocolProblem(
            problem("rsp-unexpected", u"The stub sent a packet that nobody waits for."_s, payload));
        return;
    }
    Queue::Request &request = *m_queue.find(*sent);
    Command &command = request.command;
    // `OK` is an answer, `O` and an even number of digits is text.
    const bool takesConsole = command.kind == Kind::monitor || command.kind == Kind::resumption;
    if (takesConsole && payload.size() > 1 && payload[0] == 'O' && payload[1] != 'K') {
        if (const auto text = fromHex(QByteArrayView(payload).sliced(1)))
            command.console += text->left(m_limits.longestPacket * 16 - command.console.size());
        if (command.kind == Kind::monitor)
            m_queue.extend(*sent, m_limits.replyMs);
        return;
    }
    const QPointer<Client> alive(this);
    if (command.kind == Kind::resumption) {
        takeStop(*sent, payload);
    } else if (request.isGivenUp) {
        const auto late = problem("rsp-late-reply", u"The stub answered too late."_s, command.packet);
        m_queue.settle(*sent, Answer{});
        emit protocolProblem(late);
    } else {
        m_queue.settle(*sent, Answer{payload, command.console, m_generation});
    }
    if (alive)
        startNext();
}

void Client::takeStop(Queue::Id id, const QByteArray &payload) {
    m_interrupted = false;
    const Command command = m_queue.find(id)->command;
    auto stop = parseStopReply(payload);
    if (!stop && !errorNumber(payload) && !payload.isEmpty()) {
        // Neither a stop nor a refusal: whether the target runs is unknown, and a wrong guess would stop it.
        closeWith(stop.error());
        return;
    }
    m_state = State::stopped;
    ++m_generation;
    if (stop) {
        m_lastStop = *stop;
        const quint64 generation = m_generation;
        if (m_queue.settle(id, Answer{payload, command.console, generation}))
            emit stopped(*stop, generation);
        return;
    }
    // Refused: the target has not moved. Watchers saw resumed(), so they are told of a stop.
    const bool isAlive = m_queue.settle(
        id, tl::unexpected(problem("rsp-refused", u"The stub refused to resume."_s, command.packet)));
    if (isAlive && m_lastStop)
        emit stopped(*m_lastStop, m_generation);
}

void Client::onLate(Queue::Id id) {
    const auto late = problem(
        "rsp-timeout", u"The gdbstub did not answer within %1 seconds."_s.arg(m_limits.replyMs / 1000.0),
        m_queue.find(id)->command.packet);
    m_queue.extend(id, m_limits.replyMs);
    bool isAlive = true;
    if (!m_queue.find(id)->isGivenUp)
        isAlive = m_queue.giveUp(id, late);
    else if (const auto next = m_queue.first(false)) // those behind the silent one would wait for ever
        isAlive = m_queue.settle(*next, tl::unexpected(late));
    if (isAlive && m_state != State::closed)
        emit protocolProblem(late);
}

void Client::closeWith(const app::Error &error) {
    if (m_state == State::closed)
        return;
    m_state = State::closed;
    if (m_queue.failAll([&error](const Command &) { return error; }))
        emit closed(error);
}

} // namespace nitroscope::rsp
