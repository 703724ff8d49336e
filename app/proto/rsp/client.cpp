// SPDX-License-Identifier: GPL-2.0-or-later
//
// See client.hpp. Any signal or callback may delete this client; after each of them a QPointer decides
// whether to go on.
#include "app/proto/rsp/client.hpp"

#include <algorithm>
#include <utility>

namespace nitroscope::rsp {
namespace {

// What GDB says, too; without multiprocess thread ids stay single numbers.
constexpr char greetingCommand[] = "qSupported:swbreak+;hwbreak+;vContSupported+;xmlRegisters=i386";

app::Error problem(const char *code, const QString &message, const QByteArray &command = {}) {
    return {QString::fromLatin1(code), message, std::nullopt, QString::fromLatin1(command.left(40))};
}

} // namespace

Client::Client(QIODevice *device, QObject *parent) : Client(device, Limits(), parent) {}

Client::Client(QIODevice *device, const Limits &limits, QObject *parent)
    : QObject(parent), m_device(device), m_limits(limits), m_framer(Writer::stub, limits.longestPacket) {
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &Client::onTimeout);
    connect(device, &QIODevice::readyRead, this, &Client::readDevice);
    const auto gone = [this] {
        const QPointer<Client> alive(this);
        // What arrived before the end. The analyzer takes a QPointer's test of its own for one of `this`.
        readDevice(); // NOLINT(clang-analyzer-core.CallAndMessage)
        if (alive)
            close(QStringLiteral("The connection to QEMU's gdbstub has ended."));
    };
    connect(device, &QIODevice::readChannelFinished, this, gone);
    connect(device, &QIODevice::aboutToClose, this, gone);

    const auto greet = [this](const char *command, auto then) {
        m_queue.push_back({command,
                           Kind::query,
                           this,
                           [this, then](const Reply &reply) {
                               if (reply)
                                   then(reply->payload);
                               else
                                   closeWith(reply.error());
                           },
                           false,
                           0,
                           {}});
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
    enqueue({command, Kind::query, context, std::move(callback), false, 0, {}});
}

void Client::sendMonitor(const QByteArray &words, QObject *context, Callback callback) {
    enqueue({"qRcmd," + words.toHex(), Kind::monitor, context, std::move(callback), false, 0, {}});
}

void Client::resume(const QByteArray &command, QObject *context, Callback callback) {
    enqueue({command, Kind::resumption, context, std::move(callback), false, 0, {}});
}

void Client::enqueue(Request request) {
    std::optional<app::Error> refused;
    // A resumption in the queue counts as running: what comes after it would be answered by nobody.
    const bool willRun = std::any_of(m_queue.begin(), m_queue.end(),
                                     [](const Request &other) { return other.kind == Kind::resumption; });
    if (m_state == State::closed)
        refused = problem("rsp-closed", QStringLiteral("There is no connection to QEMU's gdbstub."),
                          request.command);
    else if (m_state == State::running || willRun)
        refused = problem("rsp-running", QStringLiteral("The target runs; stop it first."), request.command);
    else if (m_queue.size() >= m_limits.queued)
        refused = problem("rsp-too-many", QStringLiteral("The gdbstub has not answered earlier commands."),
                          request.command);
    if (refused) {
        QMetaObject::invokeMethod(
            this,
            [request = std::move(request), error = *refused] {
                if (request.context && request.callback)
                    request.callback(tl::unexpected(error));
            },
            Qt::QueuedConnection);
        return;
    }
    m_queue.push_back(std::move(request));
    if (m_queue.size() == 1 && !m_underWay)
        QMetaObject::invokeMethod(this, &Client::startNext, Qt::QueuedConnection);
}

void Client::startNext() {
    if (m_underWay || m_queue.empty() || m_state == State::closed)
        return;
    m_underWay = std::move(m_queue.front());
    m_queue.pop_front();
    transmit(m_underWay->command);
    if (m_underWay->kind != Kind::resumption) {
        m_timer.start(m_limits.replyMs);
        return;
    }
    m_timer.stop(); // a run ends when it ends
    m_state = State::running;
    m_interrupted = false;
    emit resumed(++m_generation);
}

void Client::transmit(const QByteArray &command) {
    if (m_device && m_device->isOpen())
        m_device->write(encodePacket(command));
}

void Client::interrupt() {
    if (m_state != State::running || m_interrupted || !m_device)
        return;
    m_interrupted = true;
    m_device->write("\x03", 1);
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
            if (item.error().code == QLatin1String("rsp-checksum") && m_device)
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
        if (m_underWay && m_underWay->kind != Kind::resumption && m_underWay->resends < m_limits.resends) {
            ++m_underWay->resends;
            transmit(m_underWay->command);
        }
        break;
    case Item::Kind::notification: // only of non-stop mode, which is never asked for
        emit protocolProblem(
            problem("rsp-unexpected", QStringLiteral("The stub sent a notification."), item.payload));
        break;
    case Item::Kind::acknowledgement:
    case Item::Kind::interrupt:
        break;
    }
}

void Client::handlePayload(const QByteArray &payload) {
    if (!m_underWay) {
        emit protocolProblem(problem(
            "rsp-unexpected", QStringLiteral("The stub sent a packet that nobody waits for."), payload));
        return;
    }
    // `OK` is an answer, `O` and an even number of digits is text.
    const bool takesConsole = m_underWay->kind == Kind::monitor || m_underWay->kind == Kind::resumption;
    if (takesConsole && payload.size() > 1 && payload[0] == 'O' && payload[1] != 'K') {
        if (const auto text = fromHex(QByteArrayView(payload).sliced(1)))
            m_underWay->console += text->left(m_limits.longestPacket * 16 - m_underWay->console.size());
        if (m_underWay->kind == Kind::monitor)
            m_timer.start(m_limits.replyMs);
        return;
    }
    Request request = std::move(*m_underWay);
    m_underWay.reset();
    m_timer.stop();
    const QPointer<Client> alive(this);
    if (request.kind == Kind::resumption)
        takeStop(std::move(request), payload);
    else if (request.abandoned)
        emit protocolProblem(
            problem("rsp-late-reply", QStringLiteral("The stub answered too late."), request.command));
    else
        settle(request, Answer{payload, request.console, m_generation});
    if (alive)
        startNext();
}

void Client::takeStop(Request request, const QByteArray &payload) {
    m_interrupted = false;
    auto stop = parseStopReply(payload);
    if (!stop && !errorNumber(payload) && !payload.isEmpty()) {
        // Neither a stop nor a refusal: whether the target runs is unknown, and a wrong guess would stop it.
        closeWith(stop.error());
        return;
    }
    m_state = State::stopped;
    ++m_generation;
    const QPointer<Client> alive(this);
    if (stop) {
        m_lastStop = *stop;
        const quint64 generation = m_generation;
        settle(request, Answer{payload, request.console, generation});
        if (alive)
            emit stopped(*stop, generation);
        return;
    }
    // Refused: the target has not moved. Watchers saw resumed(), so they are told of a stop.
    settle(request, tl::unexpected(problem("rsp-refused", QStringLiteral("The stub refused to resume."),
                                           request.command)));
    if (alive && m_lastStop)
        emit stopped(*m_lastStop, m_generation);
}

void Client::settle(Request &request, const Reply &reply) {
    if (request.context && request.callback)
        std::exchange(request.callback, {})(reply);
}

void Client::onTimeout() {
    if (!m_underWay || m_state == State::closed)
        return;
    const auto late = problem(
        "rsp-timeout",
        QStringLiteral("The gdbstub did not answer within %1 seconds.").arg(m_limits.replyMs / 1000.0),
        m_underWay->command);
    const QPointer<Client> alive(this);
    if (!m_underWay->abandoned) {
        m_underWay->abandoned = true;
        Request copy = *m_underWay; // the callback may do anything to us
        m_underWay->callback = {};
        settle(copy, tl::unexpected(late));
        if (!alive || m_state == State::closed)
            return;
    } else if (!m_queue.empty()) {
        // Those behind the silent one would wait for ever.
        Request next = std::move(m_queue.front());
        m_queue.pop_front();
        settle(next, tl::unexpected(late));
        if (!alive || m_state == State::closed)
            return;
    }
    emit protocolProblem(late);
    if (alive && m_state != State::closed)
        m_timer.start(m_limits.replyMs);
}

void Client::closeWith(const app::Error &error) {
    if (m_state == State::closed)
        return;
    m_state = State::closed;
    m_timer.stop();
    const QPointer<Client> alive(this);
    std::deque<Request> unanswered = std::exchange(m_queue, {});
    if (m_underWay)
        unanswered.push_front(*std::exchange(m_underWay, {}));
    for (Request &request : unanswered) {
        if (request.kind != Kind::greeting)
            settle(request, tl::unexpected(error));
        if (!alive)
            return;
    }
    emit closed(error);
}

} // namespace nitroscope::rsp
