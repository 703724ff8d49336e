// SPDX-License-Identifier: GPL-2.0-or-later
//
// See client.hpp. Any signal or callback may delete this client; after each of them a QPointer decides
// whether to go on.
#include "app/proto/qmp/client.hpp"

namespace nitroscope::qmp {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr quint64 negotiationId = 0; // of the first command that is asked for

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
    : QObject(parent), m_device(device), m_limits(limits), m_framer(limits.maxLineLength),
      m_queue(this, [this](Queue::Id id) { onLate(id); }) {
    m_queue.add({u"qmp_capabilities"_s, {}}, this, [this](const Reply &reply) {
        if (reply)
            becomeReady();
        else
            closeWith(reply.error());
    });
    m_greeting.setSingleShot(true);
    connect(&m_greeting, &QTimer::timeout, this, [this] {
        closeWith(problem("qmp-no-greeting",
                          u"QEMU did not greet within %1 seconds."_s.arg(m_limits.greetingMs / 1000.0)));
    });
    m_greeting.start(limits.greetingMs);
    connect(device, &QIODevice::readyRead, this, &Client::readDevice);
    const auto gone = [this] {
        const QPointer<Client> alive(this);
        // What arrived before the end. The analyzer takes a QPointer's test of its own for one of `this`.
        readDevice(); // NOLINT(clang-analyzer-core.CallAndMessage)
        if (alive)
            close(u"The connection to QEMU has ended."_s);
    };
    connect(device, &QIODevice::readChannelFinished, this, gone);
    connect(device, &QIODevice::aboutToClose, this, gone);
    // The greeting may be there already, and the owner has not connected to our signals yet.
    QMetaObject::invokeMethod(this, &Client::readDevice, Qt::QueuedConnection);
}

Client::~Client() = default;

void Client::execute(const QString &command, const QJsonObject &arguments) {
    execute(command, arguments, this, [this](const Reply &reply) {
        if (!reply && reply.error().code != "qmp-closed"_L1)
            emit protocolProblem(reply.error());
    });
}

void Client::execute(const QString &command, const QJsonObject &arguments, QObject *context,
                     Callback callback) {
    if (m_state == State::closed) {
        m_queue.refuse(problem("qmp-closed", u"There is no connection to QEMU."_s, command), context,
                       std::move(callback));
    } else if (m_queue.size() >= m_limits.outstanding) {
        m_queue.refuse(problem("qmp-too-many", u"QEMU has not answered earlier commands."_s, command),
                       context, std::move(callback));
    } else {
        const Queue::Id id = m_queue.add({command, arguments}, context, std::move(callback));
        if (m_state == State::ready)
            send(id);
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
    std::visit(
        Overloaded{
            [this](const Greeting &greeting) { handleGreeting(greeting); },
            [this](const qmp::Reply &reply) { settle(reply.id, reply.value); },
            [this](const ErrorReply &reply) {
                const app::Error error{u"qmp-"_s + reply.errorClass, reply.description, std::nullopt, {}};
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
        emit protocolProblem(problem("qmp-unexpected", u"QEMU sent a second greeting."_s));
        return;
    }
    m_state = State::negotiating;
    m_version = greeting.version;
    send(negotiationId);
}

void Client::becomeReady() {
    m_state = State::ready;
    m_greeting.stop();
    // Writing may bring answers at once on some devices, and those change the queue.
    while (const auto waiting = m_queue.first(false))
        send(*waiting);
    emit ready(m_version);
}

void Client::send(Queue::Id id) {
    m_queue.markSent(id, m_limits.replyMs);
    if (const auto *request = m_queue.find(id); request && m_device)
        m_device->write(encodeCommand(id, request->command.name, request->command.arguments));
}

void Client::settle(Queue::Id id, const Reply &reply) {
    const auto *request = m_queue.find(id);
    if (!request || !request->isSent) {
        emit protocolProblem(
            problem("qmp-late-reply", u"QEMU answered command %1, which nobody waits for."_s.arg(id)));
        return;
    }
    if (reply) {
        m_queue.settle(id, reply);
        return;
    }
    app::Error error = reply.error();
    error.context = request->command.name;
    m_queue.settle(id, tl::unexpected(error));
}

void Client::onLate(Queue::Id id) {
    const auto error =
        problem("qmp-timeout", u"QEMU did not answer within %1 seconds."_s.arg(m_limits.replyMs / 1000.0),
                m_queue.find(id)->command.name);
    const QPointer<Client> alive(this);
    emit protocolProblem(error);
    if (alive)
        m_queue.settle(id, tl::unexpected(error));
}

void Client::closeWith(const app::Error &error) {
    if (m_state == State::closed)
        return;
    m_state = State::closed;
    m_greeting.stop();
    const bool isAlive = m_queue.failAll([&error](const Command &command) {
        app::Error failed = error;
        failed.context = command.name;
        return failed;
    });
    if (isAlive)
        emit closed(error);
}

} // namespace nitroscope::qmp
