// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/check/exchange_run.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <QTimer>
#include <sys/socket.h>
#include <unistd.h>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

ExchangeRun::ExchangeRun(UniqueFd connection, const Exchange &exchange, Role role, Done done, QObject *parent)
    : QObject(parent), m_connection(std::move(connection)), m_exchange(exchange), m_role(role),
      m_done(std::move(done)) {
    if (!m_exchange.command.isEmpty()) {
        QTimer::singleShot(0, this, [this] { startProgram(); });
        return;
    }
    const int flags = fcntl(m_connection.get(), F_GETFL);
    fcntl(m_connection.get(), F_SETFL, flags | O_NONBLOCK);
    m_readable = std::make_unique<QSocketNotifier>(m_connection.get(), QSocketNotifier::Read);
    connect(m_readable.get(), &QSocketNotifier::activated, this, [this] { read(); });
    if (m_role == Role::dials || !m_exchange.expect)
        startWriting();
}

ExchangeRun::~ExchangeRun() {
    if (m_program)
        m_program->disconnect(this);
}

// As inetd starts its programs: data goes through the kernel, and the end of either direction is seen.
void ExchangeRun::startProgram() {
    const int flags = fcntl(m_connection.get(), F_GETFL);
    fcntl(m_connection.get(), F_SETFL, flags & ~O_NONBLOCK);
    m_program = std::make_unique<QProcess>();
    m_program->setProcessChannelMode(QProcess::ForwardedErrorChannel);
    m_program->setChildProcessModifier([fd = m_connection.get()] {
        dup2(fd, STDIN_FILENO);
        // writer-ok: the program's, which is the connection
        dup2(fd, STDOUT_FILENO);
    });
    connect(m_program.get(), &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
        if (error == QProcess::FailedToStart)
            finish(false, u"%1 could not be started: %2"_s.arg(m_exchange.command.first(),
                                                               m_program->errorString()));
    });
    connect(m_program.get(), &QProcess::finished, this, [this](int code, QProcess::ExitStatus status) {
        if (status == QProcess::CrashExit)
            finish(false, u"%1 was ended by signal %2"_s.arg(m_exchange.command.first()).arg(code));
        else
            finish(code == 0, u"%1 exited with %2"_s.arg(m_exchange.command.first()).arg(code));
    });
    m_program->start(m_exchange.command.first(), m_exchange.command.sliced(1));
    m_connection = UniqueFd(); // the program has it
}

void ExchangeRun::startWriting() {
    m_isSending = true;
    m_writable = std::make_unique<QSocketNotifier>(m_connection.get(), QSocketNotifier::Write);
    connect(m_writable.get(), &QSocketNotifier::activated, this, [this] { write(); });
}

void ExchangeRun::write() {
    const QByteArrayView rest = QByteArrayView(m_exchange.text).sliced(m_written);
    if (!rest.isEmpty()) {
        const ssize_t count = ::send(m_connection.get(), rest.data(), size_t(rest.size()), MSG_NOSIGNAL);
        if (count < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (count < 0)
            return finish(false, u"%1 bytes could not be sent: %2"_s.arg(rest.size())
                                     .arg(QString::fromLocal8Bit(std::strerror(errno))));
        m_written += count;
        if (m_written < m_exchange.text.size())
            return;
    }
    m_writable->setEnabled(false);
    // Who waits for an answer does not hang up before it.
    if (m_role == Role::dialed || !m_exchange.expect)
        ::shutdown(m_connection.get(), SHUT_WR);
    if (m_role == Role::dialed)
        finish(true, u"%1 bytes were sent"_s.arg(m_written));
}

void ExchangeRun::read() {
    char bytes[16 * 1024];
    const ssize_t count = ::recv(m_connection.get(), bytes, sizeof bytes, 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (count <= 0) {
        m_readable->setEnabled(false);
        const bool isSent = m_written == m_exchange.text.size();
        if (!m_hasMatched && m_exchange.expect)
            return finish(false, u"it ended before /%1/ had come; the last of it: %2"_s.arg(
                                     m_exchange.expect->pattern(), QString::fromUtf8(m_received.right(200))));
        return finish(isSent, u"%1 of %2 bytes were sent"_s.arg(m_written).arg(m_exchange.text.size()));
    }
    if (m_hasMatched || !m_exchange.expect)
        return;
    m_received += QByteArrayView(bytes, count);
    m_received = m_received.right(maxLooked);
    if (!m_exchange.expect->match(QString::fromUtf8(m_received)).hasMatch())
        return;
    m_hasMatched = true;
    if (m_role == Role::dials)
        finish(true, u"/%1/ came"_s.arg(m_exchange.expect->pattern()));
    else if (!m_isSending)
        startWriting();
}

void ExchangeRun::finish(bool isRight, const QString &detail) {
    if (std::exchange(m_isOver, true))
        return;
    if (m_role == Role::dials) {
        m_readable.reset();
        m_writable.reset();
        m_connection = UniqueFd();
    }
    m_done(isRight, detail);
}

} // namespace nitroscope::app
