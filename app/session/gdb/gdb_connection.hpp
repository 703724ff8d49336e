// SPDX-License-Identifier: GPL-2.0-or-later
//
// One stock gdb (or an IDE, or a script) at our endpoint. It sees a stub of its own: with registers that fit
// the CPU's mode, the reasons of stops, packets that QEMU's stub does not know, and without those that would
// end QEMU or take the target away from others (k, vKill, bs, bc, R, Qqemu…). GDB manual, appendix E.
#pragma once

#include "app/session/gdb/gdb_broker.hpp"

#include <deque>

namespace nitroscope::app {

class GdbConnection : public QObject {
    Q_OBJECT
public:
    // Carries out `monitor WORDS` and gives the text to print, perhaps later; false when the words are none
    // of its commands.
    using MonitorCommands =
        std::function<bool(const QByteArray &words, std::function<void(const QByteArray &text)> answer)>;

    // The device is owned.
    GdbConnection(QIODevice *device, GdbBroker *broker, MonitorCommands commands, QObject *parent = nullptr);
    ~GdbConnection() override;
    // After so many milliseconds a request that QEMU's stub has not answered is answered by an error. gdb
    // itself gives up after 6 seconds (3 times `remotetimeout`).
    void setPatience(int milliseconds) { m_patience.setInterval(milliseconds); }

signals:
    // `detached`: gdb let go of the target, which should run on when nobody else is here.
    void closed(bool detached);

private:
    void readDevice();
    void handle(const rsp::Item &item);
    void accept(const std::optional<QByteArray> &payload);
    void startNext();
    void dispatch(const QByteArray &packet);
    bool answerLocally(const QByteArray &packet);
    bool answerQuery(const QByteArray &packet);
    void reply(const QByteArray &payload);
    void write(const QByteArray &payload);
    void forward(const QByteArray &packet);
    void finish(bool detached);
    void giveUp();

    void sendStop();
    void onStopped(const TargetStop &stop);
    void startResume(const QByteArray &packet);
    void reverse(Reverse how);
    // In words for a gdb that shows them, else by the number.
    void refuse(const Error &error, const char *number);
    void readRegisters();
    void writeRegisters(const QByteArray &packet);
    void readRegister(const QByteArray &packet);
    void writeRegister(const QByteArray &packet);
    void readMemory(const QByteArray &packet);
    void writeMemory(const QByteArray &packet);
    void changeBreakpoint(const QByteArray &packet);
    void listThreads(const QByteArray &found);
    void transfer(const QByteArray &packet);
    void monitor(const QByteArray &words);
    void selectThread(const QByteArray &packet);

    QIODevice *m_device;
    GdbBroker *m_broker;
    MonitorCommands m_commands;
    rsp::Framer m_framer{rsp::Writer::debugger};
    std::deque<std::optional<QByteArray>> m_waiting; // packets, while one is being answered
    RegisterView m_view;
    QByteArray m_lastWritten; // for `-`
    qint64 m_thread = 0;      // of g, p, m; 0 = the one that stopped
    // The request under way. What is asked for it has this as its context: an answer that comes after it was
    // given up is nobody's.
    std::unique_ptr<QObject> m_request;
    QTimer m_patience;
    bool m_awaitsStop = false;
    bool m_acknowledges = true;
    bool m_knowsBreakReasons = false, m_knowsErrorTexts = false;
    bool m_isClosed = false;
};

} // namespace nitroscope::app
