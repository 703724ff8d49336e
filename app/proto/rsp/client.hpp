// SPDX-License-Identifier: GPL-2.0-or-later
//
// An asynchronous client of QEMU's gdbstub over any QIODevice: its only client.
//
// The protocol has no ids: one command is under way at a time, the next packet is its answer. So that a late
// answer is never taken for another one's, a command that timed out keeps its place in line until its answer
// came, and that answer is dropped.
//
// While the target runs the stub answers nothing, and any byte but an interrupt stops QEMU's machine and is
// lost. The client therefore knows whether the target runs, and refuses commands meanwhile (rsp-running).
// Every stop and every resumption begins a new generation; a reply carries the generation it was taken in, so
// that whoever collects several replies can tell that they belong to the same stop.
//
// No function waits. A callback is called exactly once, never from inside the call that gave it, and never
// after its context object or the client is gone.
#pragma once

#include "app/proto/common/request_queue.hpp"
#include "app/proto/rsp/framing.hpp"
#include "app/proto/rsp/message.hpp"

#include <QIODevice>

namespace nitroscope::rsp {

class Client : public QObject {
    Q_OBJECT
public:
    enum class State {
        greeting, // qSupported and `?` are under way
        stopped,
        running,
        closed,
    };

    struct Answer {
        QByteArray payload;
        QByteArray console;     // what the stub printed before it (packets O), for monitor commands
        quint64 generation = 0; // the stop that it describes
    };
    using Reply = app::Result<Answer>;
    using Callback = std::function<void(const Reply &)>;

    struct Limits {
        int replyMs = 10'000;
        size_t queued = 4096;
        qsizetype longestPacket = Framer::defaultLongestPacket;
        qsizetype longestCommand = 4095; // QEMU drops what does not fit its buffer, and answers nothing
        int resends = 3;                 // of one packet, when the stub asks for it
    };

    // The device must be open for reading and writing; the client does not own it. Greeting starts at once.
    explicit Client(QIODevice *device, QObject *parent = nullptr);
    Client(QIODevice *device, const Limits &limits, QObject *parent = nullptr);
    ~Client() override;

    State state() const { return m_state; }
    // Whether a command that is asked for now will be carried out: the target stands still, and no resumption
    // waits in line.
    bool takesCommands() const;
    quint64 generation() const { return m_generation; }
    const Features &features() const { return m_features; }
    const std::optional<StopReply> &lastStop() const { return m_lastStop; }

    // A command that is answered by one packet. Errors: rsp-running, rsp-timeout, rsp-closed, rsp-too-many,
    // rsp-command-too-long.
    // A payload like `E14` or an empty one (not supported) is an answer, not an error.
    void send(const QByteArray &command, QObject *context, Callback callback);
    // A monitor command (qRcmd); its output is in Answer::console.
    void sendMonitor(const QByteArray &words, QObject *context, Callback callback);

    // Resumes by `command` (`vCont;c`, `vCont;s:1`). The answer is the stop reply that ends the run; it comes
    // with the generation of that stop. Commands asked for earlier are carried out before.
    void resume(const QByteArray &command, QObject *context, Callback callback);
    // Stops a target that runs or is about to. Nothing happens when it does not, or is being interrupted.
    void interrupt();
    // The machine is moved by somebody else: any byte would stop it. Until release() nothing is sent, and commands are
    // refused as while it runs. Only of a target that stands still; its stop is another one afterwards.
    void hold();
    void release();

    void close(const QString &why);

signals:
    void ready();
    void resumed(quint64 generation);
    void stopped(const nitroscope::rsp::StopReply &reply, quint64 generation);
    // Garbage, late answers, timeouts: worth a log line; the client goes on.
    void protocolProblem(const nitroscope::app::Error &error);
    void closed(const nitroscope::app::Error &error);

private:
    enum class Kind { query, monitor, resumption };
    struct Command {
        QByteArray packet;
        Kind kind = Kind::query;
        int resends = 0;
        QByteArray console = {}; // what the stub has printed so far
    };
    using Queue = proto::RequestQueue<Command, Answer>;

    void enqueue(Command command, QObject *context, Callback callback);
    void startNext();
    void transmit(const QByteArray &packet);
    void readDevice();
    void handle(const Item &item);
    void handlePayload(const QByteArray &payload);
    void takeStop(Queue::Id id, const QByteArray &payload);
    void onLate(Queue::Id id);
    void closeWith(const app::Error &error);

    QPointer<QIODevice> m_device;
    Limits m_limits;
    Framer m_framer;
    Queue m_queue; // one at most has been sent: the first
    Features m_features;
    std::optional<StopReply> m_lastStop;
    quint64 m_generation = 0;
    State m_state = State::greeting;
    bool m_interrupted = false; // the run that is under way, or the one that waits in line
    bool m_isHeld = false;
};

} // namespace nitroscope::rsp
