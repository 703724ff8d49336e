// SPDX-License-Identifier: GPL-2.0-or-later
//
// The host's end of one connection of a check: a program that has it as standard input and output, or a text that is sent
// when, and if, what was expected has come.
#pragma once

#include "app/session/check/check_spec.hpp"
#include "app/session/proxy/socket_relay.hpp"

#include <functional>
#include <memory>
#include <QObject>
#include <QProcess>

namespace nitroscope::app {

class ExchangeRun : public QObject {
public:
    enum class Role {
        dialed, // by the enclave: the text answers what it sends
        dials,  // the text comes first
    };
    using Done = std::function<void(bool isRight, const QString &detail)>;
    // `done` is called once, from the event loop; not when the object goes before. A program that still runs then is killed.
    ExchangeRun(UniqueFd connection, const Exchange &exchange, Role role, Done done, QObject *parent);
    ~ExchangeRun() override;

private:
    void startProgram();
    void read();
    void write();
    void startWriting();
    void finish(bool isRight, const QString &detail);

    static constexpr qsizetype maxLooked = 64 * 1024; // of what came, the end that is matched
    UniqueFd m_connection;
    Exchange m_exchange;
    Role m_role;
    Done m_done;
    std::unique_ptr<QProcess> m_program;
    std::unique_ptr<QSocketNotifier> m_readable, m_writable;
    QByteArray m_received;
    qsizetype m_written = 0;
    bool m_hasMatched = false, m_isOver = false, m_isSending = false;
};

} // namespace nitroscope::app
