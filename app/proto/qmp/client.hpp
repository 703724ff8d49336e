// SPDX-License-Identifier: GPL-2.0-or-later
//
// An asynchronous QMP client over any QIODevice.
//
// It waits for the greeting, negotiates capabilities, then sends what was asked for meanwhile. Replies are
// matched by id; a reply that comes after its command timed out, or that nobody asked for, is reported and
// dropped. No function waits. Every callback is tied to a context object and is never called after that
// object, or the client, is gone; otherwise it is called exactly once.
#pragma once

#include "app/core/result.hpp"
#include "app/proto/qmp/framing.hpp"
#include "app/proto/qmp/message.hpp"

#include <functional>
#include <map>
#include <QIODevice>
#include <QObject>
#include <QPointer>
#include <QTimer>

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
        qsizetype longestLine = Framer::defaultLongestLine;
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
    struct Pending {
        QString command;
        QJsonObject arguments;
        QPointer<QObject> context;
        Callback callback;
        qint64 deadlineMs = 0; // on m_clock; 0 = not sent yet
    };

    void readDevice();
    void handle(const Message &message);
    void handleGreeting(const Greeting &greeting);
    void send(quint64 id, Pending &pending);
    void settle(quint64 id, const Reply &reply);
    void checkDeadlines();
    void armTimer();
    void closeWith(const app::Error &error);

    QPointer<QIODevice> m_device;
    Limits m_limits;
    Framer m_framer;
    std::map<quint64, Pending> m_pending; // by id, hence in the order asked
    quint64 m_nextId = 1;
    QString m_version;
    QTimer m_timer; // the earliest deadline
    qint64 m_greetingDeadlineMs = 0;
    State m_state = State::waitingForGreeting;
};

} // namespace nitroscope::qmp
