// SPDX-License-Identifier: GPL-2.0-or-later
//
// See client.hpp. Any signal or callback may delete this client; after each of them a QPointer decides
// whether to go on.
#include "app/proto/qmp/client.hpp"

#include <algorithm>
#include <QDeadlineTimer>
#include <utility>

namespace nitroscope::qmp {
namespace {

constexpr quint64 negotiationId = 0;

qint64 nowMs() {
    return QDeadlineTimer::current().deadline();
}

app::Error problem(const char *code, const QString &message, const QString &context = {}) {
    return {QString::fromLatin1(code), message, std::nullopt, context};
}

template <class... Visitors>
struct Overloaded : Visitors... {
    using Visitors::operator()...;
};
template <class... Visitors>
Overloaded(Visitors...) -> Overloaded<Visitors...>;

} // namespace

Client::Client(QIODevice *device, QObject *parent) : Client(device, Limits(), parent) {}

Client::Client(QIODevice *device, const Limits &limits, QObject *parent)
    : QObject(parent), m_device(device), m_limits(limits), m_framer(limits.longestLine),
      m_greetingDeadlineMs(nowMs() + limits.greetingMs) {
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &Client::checkDeadlines);
    connect(device, &QIODevice::readyRead, this, &Client::readDevice);
    const auto gone = [this] {
        const QPointer<Client> alive(this);
        // What arrived before the end. The analyzer takes a QPointer's test of its own for one of `this`.
        readDevice(); // NOLINT(clang-analyzer-core.CallAndMessage)
        if (alive)
            close(QStringLiteral("The connection to QEMU has ended."));
    };
    connect(device, &QIODevice::readChannelFinished, this, gone);
    connect(device, &QIODevice::aboutToClose, this, gone);
    armTimer();
    // The greeting may be there already, and the owner has not connected to our signals yet.
    QMetaObject::invokeMethod(this, &Client::readDevice, Qt::QueuedConnection);
}

Client::~Client() = default;

void Client::execute(const QString &command, const QJsonObject &arguments) {
    execute(command, arguments, this, [this](const Reply &reply) {
        if (!reply && reply.error().code != QLatin1String("qmp-closed"))
            emit protocolProblem(reply.error());
    });
}

void Client::execute(const QString &command, const QJsonObject &arguments, QObject *context,
                     Callback callback) {
    const quint64 id = m_nextId++;
    Pending &pending = m_pending[id];
    pending = {command, arguments, context, std::move(callback), 0};

    std::optional<app::Error> refused;
    if (m_state == State::closed)
        refused = problem("qmp-closed", QStringLiteral("There is no connection to QEMU."), command);
    else if (m_pending.size() > m_limits.outstanding)
        refused = problem("qmp-too-many", QStringLiteral("QEMU has not answered earlier commands."), command);
    if (refused) {
        // Never call back from inside execute(): callers do not expect it.
        QMetaObject::invokeMethod(
            this,
            [this, id, error = *refused] {
                if (m_pending.contains(id)) // else closing was faster
                    settle(id, tl::unexpected(error));
            },
            Qt::QueuedConnection);
        return;
    }
    if (m_state == State::ready) {
        send(id, pending);
        armTimer();
    }
}

void Client::close(const QString &why) {
    closeWith(problem("qmp-closed", why));
}

void Client::readDevice() {
    if (m_state == State::closed || !m_device || !m_device->isOpen())
        return;
    const QPointer<Client> alive(this);
    for (const auto &frame : m_framer.feed(m_device->readAll())) {
        const auto message = frame.and_then(parseMessage);
        if (message)
            handle(*message);
        else
            emit protocolProblem(message.error());
        if (!alive || m_state == State::closed)
            return;
    }
}

void Client::handle(const Message &message) {
    std::visit(Overloaded{
                   [this](const Greeting &greeting) { handleGreeting(greeting); },
                   [this](const qmp::Reply &reply) { settle(reply.id, reply.value); },
                   [this](const ErrorReply &reply) {
                       const app::Error error{
                           QStringLiteral("qmp-") + reply.errorClass, reply.description, std::nullopt, {}};
                       if (reply.id)
                           settle(*reply.id, tl::unexpected(error));
                       else
                           emit protocolProblem(error);
                   },
                   [this](const Event &received) { emit eventReceived(received); },
               },
               message);
}

void Client::handleGreeting(const Greeting &greeting) {
    if (m_state != State::waitingForGreeting) {
        emit protocolProblem(problem("qmp-unexpected", QStringLiteral("QEMU sent a second greeting.")));
        return;
    }
    m_state = State::negotiating;
    m_version = greeting.version;
    Pending negotiation{QStringLiteral("qmp_capabilities"), {}, this, {}, 0};
    negotiation.callback = [this](const Reply &reply) {
        if (!reply) {
            closeWith(reply.error());
            return;
        }
        m_state = State::ready;
        // Writing may bring answers at once on some devices, and those change the map.
        std::vector<quint64> waiting;
        for (const auto &[id, pending] : m_pending)
            waiting.push_back(id);
        for (const quint64 id : waiting)
            if (const auto found = m_pending.find(id); found != m_pending.end())
                send(id, found->second);
        armTimer();
        emit ready(m_version);
    };
    send(negotiationId, m_pending[negotiationId] = std::move(negotiation));
    armTimer();
}

void Client::send(quint64 id, Pending &pending) {
    pending.deadlineMs = nowMs() + m_limits.replyMs;
    if (m_device)
        m_device->write(encodeCommand(id, pending.command, pending.arguments));
}

void Client::settle(quint64 id, const Reply &reply) {
    const auto found = m_pending.find(id);
    if (found == m_pending.end()) {
        emit protocolProblem(problem(
            "qmp-late-reply", QStringLiteral("QEMU answered command %1, which nobody waits for.").arg(id)));
        return;
    }
    const Pending pending = std::move(found->second);
    m_pending.erase(found);
    if (!pending.context || !pending.callback)
        return;
    if (reply) {
        pending.callback(reply);
        return;
    }
    app::Error error = reply.error();
    error.context = pending.command;
    pending.callback(tl::unexpected(error));
}

void Client::checkDeadlines() {
    if (m_state == State::closed)
        return;
    const qint64 now = nowMs();
    if (m_state != State::ready && now >= m_greetingDeadlineMs) {
        closeWith(problem(
            "qmp-no-greeting",
            QStringLiteral("QEMU did not greet within %1 seconds.").arg(m_limits.greetingMs / 1000.0)));
        return;
    }
    std::vector<quint64> late;
    for (const auto &[id, pending] : m_pending)
        if (pending.deadlineMs != 0 && now >= pending.deadlineMs)
            late.push_back(id);

    const QPointer<Client> alive(this);
    for (const quint64 id : late) {
        const auto found = m_pending.find(id);
        if (found == m_pending.end())
            continue; // an earlier callback closed us
        const auto error =
            problem("qmp-timeout",
                    QStringLiteral("QEMU did not answer within %1 seconds.").arg(m_limits.replyMs / 1000.0),
                    found->second.command);
        emit protocolProblem(error);
        if (!alive)
            return;
        if (m_pending.contains(id))
            settle(id, tl::unexpected(error));
        if (!alive)
            return;
    }
    armTimer();
}

void Client::armTimer() {
    if (m_state == State::closed)
        return;
    qint64 next = m_state == State::ready ? std::numeric_limits<qint64>::max() : m_greetingDeadlineMs;
    for (const auto &[id, pending] : m_pending)
        if (pending.deadlineMs != 0)
            next = std::min(next, pending.deadlineMs);
    if (next == std::numeric_limits<qint64>::max())
        m_timer.stop();
    else
        m_timer.start(std::chrono::milliseconds(std::max<qint64>(1, next - nowMs())));
}

void Client::closeWith(const app::Error &error) {
    if (m_state == State::closed)
        return;
    m_state = State::closed;
    m_timer.stop();
    const QPointer<Client> alive(this);
    // Only what is there now: a callback may ask again, and is answered from the event loop.
    std::vector<quint64> waiting;
    for (const auto &[id, pending] : m_pending)
        waiting.push_back(id);
    for (const quint64 id : waiting) {
        settle(id, tl::unexpected(error));
        if (!alive)
            return;
    }
    emit closed(error);
}

} // namespace nitroscope::qmp
