// SPDX-License-Identifier: GPL-2.0-or-later
//
// An asynchronous QMP client over any QIODevice.
//
// It waits for the greeting, negotiates capabilities, then sends what was asked for meanwhile. Replies are
// matched by id; a reply that comes after its command timed out, or that nobody asked for, is reported and
// dropped. No function waits. Every callback is tied to a context object and is never called after that
// object, or the client, is gone; otherwise it is called exactly once.
#pragma once

#include "app/proto/common/request_queue.hpp"
#include "app/proto/qmp/framing.hpp"
#include "app/proto/qmp/message.hpp"

#include <QIODevice>

namespace nitroscope::qmp {

class Client : public QObject {
    Q_OBJECT
public:
    enum class State { waitingForGreeting, negotiating, ready, closed };
    using Reply = app::Result<QJsonValue>;
    using Callback = std::function<void(const Reply &)>;

    struct Limits {
        int greetingMs = 30'000; // greeting and capabilities together
        int replyMs = 10'000;    // from the moment a command is sent
        size_t outstanding = 256;
        qsizetype maxLineLength = Framer::defaultLongestLine;
    };

    // The device must be open for reading and writing; the client does not own it.
    explicit Client(QIODevice *device, QObject *parent = nullptr);
    Client(QIODevice *device, const Limits &limits, QObject *parent = nullptr);
    ~Client() override;

    State state() const { return m_state; }

    // Errors that a callback may get: qmp-<class of QEMU's error>, qmp-timeout, qmp-closed, qmp-too-many.
    void execute(const QString &command, const QJsonObject &arguments, QObject *context, Callback callback);
    // When nobody needs the answer; an error is still reported by protocolProblem().
    void execute(const QString &command, const QJsonObject &arguments = {});

    // Fails everything outstanding with qmp-closed. Does not touch the device.
    void close(const QString &why);

signals:
    void ready(const QString &qemuVersion);
    void eventReceived(const nitroscope::qmp::Event &event);
    // Garbage, late replies, timeouts: worth a log line; the client goes on.
    void protocolProblem(const nitroscope::app::Error &error);
    // Nothing comes after this.
    void closed(const nitroscope::app::Error &error);

private:
    struct Command {
        QString name;
        QJsonObject arguments;
    };
    using Queue = proto::RequestQueue<Command, QJsonValue>;

    void readDevice();
    void handle(const Message &message);
    void handleGreeting(const Greeting &greeting);
    void becomeReady();
    void send(Queue::Id id);
    void settle(Queue::Id id, const Reply &reply);
    void onLate(Queue::Id id);
    void closeWith(const app::Error &error);

    QPointer<QIODevice> m_device;
    Limits m_limits;
    Framer m_framer;
    Queue m_queue; // its first command is the negotiation, sent when QEMU has greeted
    QString m_version;
    QTimer m_greeting; // until QEMU is ready
    State m_state = State::waitingForGreeting;
};

} // namespace nitroscope::qmp
