// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/proxy/enclave_dial.hpp"

#include "app/session/proxy/socket_names.hpp"
#include "qemu-machine/access/judge.hpp"

#include <cerrno>
#include <QTimer>
#include <sys/socket.h>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr int patienceMs = 10000, retryMs = 10;
constexpr qsizetype maxAnswer = 32;

} // namespace

EnclaveDial::EnclaveDial(const QString &path, quint32 port, Done done, QObject *parent)
    : QObject(parent), m_fd(makeSocket(AF_UNIX)), m_path(path), m_port(port), m_done(std::move(done)) {
    QTimer::singleShot(patienceMs, this, [this] { finish(u"the enclave did not answer"_s); });
    QTimer::singleShot(0, this, [this] { tryConnect(); });
}

EnclaveDial::~EnclaveDial() {
    delete m_notifier;
}

void EnclaveDial::tryConnect() {
    sockaddr_un name;
    if (!m_fd)
        return finish(socketProblem(EMFILE));
    if (!makeUnixName(m_path, name))
        return finish(u"the path of the vsock socket is too long"_s);
    if (::connect(m_fd.get(), reinterpret_cast<sockaddr *>(&name), sizeof name) == 0)
        return sendRequest();
    if (errno == EAGAIN) // its queue is full, and nothing tells when it is not
        QTimer::singleShot(retryMs, this, [this] { tryConnect(); });
    else
        finish(u"%1: %2"_s.arg(m_path, socketProblem(errno)));
}

void EnclaveDial::sendRequest() {
    // Where others may make files, the name may be another user's since the enclave has ended.
    if (!access::isPeerTrusted(m_fd.get()))
        return finish(u"%1 belongs to another user now; the enclave has ended"_s.arg(m_path));
    const QByteArray line = "CONNECT " + QByteArray::number(m_port) + '\n';
    if (::send(m_fd.get(), line.constData(), size_t(line.size()), MSG_NOSIGNAL) != line.size())
        return finish(socketProblem(errno));
    m_notifier = new QSocketNotifier(m_fd.get(), QSocketNotifier::Read);
    QObject::connect(m_notifier, &QSocketNotifier::activated, this, [this] { readAnswer(); });
}

// Byte by byte: what follows the line belongs to the stream.
void EnclaveDial::readAnswer() {
    char byte = 0;
    for (;;) {
        const ssize_t got = recv(m_fd.get(), &byte, 1, 0);
        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (got <= 0)
            return finish(u"nobody in the enclave listens on port %1"_s.arg(m_port));
        if (byte == '\n')
            break;
        m_answer += byte;
        if (m_answer.size() > maxAnswer)
            break;
    }
    finish(m_answer.startsWith("OK ") ? QString()
                                      : u"the vsock socket answered %1"_s.arg(QString::fromLatin1(m_answer)));
}

void EnclaveDial::finish(const QString &problem) {
    if (std::exchange(m_isFinished, true))
        return;
    if (m_notifier)
        m_notifier->setEnabled(false);
    m_done(std::move(m_fd), problem);
    deleteLater();
}

} // namespace nitroscope::app
