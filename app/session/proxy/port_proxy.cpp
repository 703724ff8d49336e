// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/proxy/port_proxy.hpp"

#include "app/session/proxy/enclave_dial.hpp"
#include "app/session/proxy/socket_names.hpp"

#include <cerrno>
#include <cstring>
#include <memory>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <QFile>
#include <QHostInfo>
#include <QTimer>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr int backlog = 128, connectionLimit = 1024;

socklen_t makeTcpName(const QHostAddress &address, quint16 port, sockaddr_storage &storage) {
    storage = {};
    if (address.protocol() == QAbstractSocket::IPv6Protocol) {
        auto *name = reinterpret_cast<sockaddr_in6 *>(&storage);
        name->sin6_family = AF_INET6;
        name->sin6_port = htons(port);
        const Q_IPV6ADDR bytes = address.toIPv6Address();
        std::memcpy(&name->sin6_addr, &bytes, sizeof name->sin6_addr);
        return sizeof *name;
    }
    auto *name = reinterpret_cast<sockaddr_in *>(&storage);
    name->sin_family = AF_INET;
    name->sin_port = htons(port);
    name->sin_addr.s_addr = htonl(address.toIPv4Address());
    return sizeof *name;
}

int errorOf(int fd) {
    int error = 0;
    socklen_t length = sizeof error;
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
    return error;
}

} // namespace

PortProxy::PortProxy(ProxyRule rule, QObject *parent) : QObject(parent), m_rule(std::move(rule)) {}

PortProxy::~PortProxy() {
    delete m_notifier;
    if (m_ownsPath)
        unlink(QFile::encodeName(unixPath()).constData());
}

QString PortProxy::unixPath() const {
    return m_rule.vsockPath + u'_' + QString::number(m_rule.enclavePort);
}

Result<void> PortProxy::listen() {
    auto bound = m_rule.direction == ProxyRule::Direction::intoEnclave ? listenTcp() : listenUnix();
    if (!bound)
        return bound;
    m_notifier = new QSocketNotifier(m_listener.get(), QSocketNotifier::Read);
    connect(m_notifier, &QSocketNotifier::activated, this, &PortProxy::acceptOne);
    return {};
}

Result<void> PortProxy::listenTcp() {
    const QHostAddress address(m_rule.host);
    if (address.isNull())
        return failure(u"proxy-address"_s, u"'%1' is not a numeric address to listen on."_s.arg(m_rule.host));
    sockaddr_storage name;
    socklen_t length = makeTcpName(address, m_rule.port, name);
    m_listener = makeSocket(name.ss_family);
    const int on = 1;
    setsockopt(m_listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(m_listener.get(), reinterpret_cast<sockaddr *>(&name), length) != 0 ||
        ::listen(m_listener.get(), backlog) != 0)
        return failure(u"proxy-listen-failed"_s, u"Cannot listen on %1 port %2: %3."_s.arg(m_rule.host)
                                                     .arg(m_rule.port)
                                                     .arg(socketProblem(errno)));
    getsockname(m_listener.get(), reinterpret_cast<sockaddr *>(&name), &length);
    m_rule.port = ntohs(name.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6 *>(&name)->sin6_port
                                                   : reinterpret_cast<sockaddr_in *>(&name)->sin_port);
    return {};
}

Result<void> PortProxy::listenUnix() {
    sockaddr_un name;
    if (!makeUnixName(unixPath(), name))
        return failure(u"proxy-listen-failed"_s, u"The path is too long."_s, unixPath());
    m_listener = makeSocket(AF_UNIX);
    fchmod(m_listener.get(), 0600);
    const auto bindIt = [&] {
        return bind(m_listener.get(), reinterpret_cast<sockaddr *>(&name), sizeof name) == 0;
    };
    bool bound = bindIt();
    if (!bound && errno == EADDRINUSE) {
        // Left by a program that has ended, or in use?
        const UniqueFd probe = makeSocket(AF_UNIX);
        const bool isStale = ::connect(probe.get(), reinterpret_cast<sockaddr *>(&name), sizeof name) != 0 &&
                             errno == ECONNREFUSED;
        errno = EADDRINUSE;
        bound = isStale && unlink(name.sun_path) == 0 && bindIt();
    }
    if (!bound || ::listen(m_listener.get(), backlog) != 0)
        return failure(u"proxy-listen-failed"_s,
                       u"Cannot listen for the enclave's port %1: %2."_s.arg(m_rule.enclavePort)
                           .arg(socketProblem(errno)),
                       unixPath());
    m_ownsPath = true;
    return {};
}

void PortProxy::acceptOne() {
    UniqueFd fd(accept4(m_listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) {
        if (errno == EMFILE || errno == ENFILE) { // the connection would wake us again at once
            if (!std::exchange(m_isOutOfDescriptors, true))
                emit failed(socketProblem(errno));
            m_notifier->setEnabled(false);
            QTimer::singleShot(100, this, [this] { m_notifier->setEnabled(true); });
        }
        return;
    }
    m_isOutOfDescriptors = false;
    if (++m_count >= connectionLimit)
        m_notifier->setEnabled(false);
    if (m_rule.direction == ProxyRule::Direction::intoEnclave)
        dialEnclave(std::move(fd));
    else
        dialTcp(std::move(fd));
}

void PortProxy::leave(const QString &why) {
    if (m_count-- == connectionLimit)
        m_notifier->setEnabled(true);
    if (!why.isEmpty())
        emit failed(why);
}

void PortProxy::dialEnclave(UniqueFd tcp) {
    const int on = 1;
    setsockopt(tcp.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto waiting = std::make_shared<UniqueFd>(std::move(tcp));
    new EnclaveDial(
        m_rule.vsockPath, m_rule.enclavePort,
        [this, waiting](UniqueFd enclave, const QString &problem) {
            if (problem.isEmpty())
                return join(std::move(*waiting), std::move(enclave));
            const linger atOnce{1, 0}; // refused, as the enclave did
            setsockopt(waiting->get(), SOL_SOCKET, SO_LINGER, &atOnce, sizeof atOnce);
            *waiting = UniqueFd();
            leave(problem);
        },
        this);
}

void PortProxy::dialTcp(UniqueFd unixSocket) {
    auto waiting = std::make_shared<UniqueFd>(std::move(unixSocket));
    QHostInfo::lookupHost(m_rule.host, this, [this, waiting](const QHostInfo &info) {
        QList<QHostAddress> addresses = info.addresses();
        const bool isKnown = !addresses.isEmpty();
        if (m_rule.family != QAbstractSocket::AnyIPProtocol)
            addresses.removeIf([this](const QHostAddress &one) { return one.protocol() != m_rule.family; });
        connectNext(std::move(*waiting), addresses,
                    u"%1: %2"_s.arg(m_rule.host, isKnown ? u"no address of the family that was asked for"_s
                                                         : info.errorString()));
    });
}

void PortProxy::connectNext(UniqueFd unixSocket, QList<QHostAddress> addresses, const QString &problem) {
    if (addresses.isEmpty())
        return leave(problem);
    const QHostAddress address = addresses.takeFirst();
    sockaddr_storage name;
    const socklen_t length = makeTcpName(address, m_rule.port, name);
    UniqueFd tcp = makeSocket(name.ss_family);
    if (!tcp)
        return leave(socketProblem(errno));
    const QString where = u"%1 port %2: "_s.arg(address.toString()).arg(m_rule.port);
    if (::connect(tcp.get(), reinterpret_cast<sockaddr *>(&name), length) != 0 && errno != EINPROGRESS)
        return connectNext(std::move(unixSocket), addresses, where + socketProblem(errno));
    const int on = 1;
    setsockopt(tcp.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto *notifier = new QSocketNotifier(tcp.get(), QSocketNotifier::Write, this);
    auto ends = std::make_shared<std::pair<UniqueFd, UniqueFd>>(std::move(tcp), std::move(unixSocket));
    connect(notifier, &QSocketNotifier::activated, this, [=, this] {
        notifier->setEnabled(false);
        notifier->deleteLater();
        if (const int error = errorOf(ends->first.get()); error != 0)
            return connectNext(std::move(ends->second), addresses, where + socketProblem(error));
        join(std::move(ends->first), std::move(ends->second));
    });
}

void PortProxy::join(UniqueFd tcp, UniqueFd unixSocket) {
    auto *relay = new SocketRelay(std::move(tcp), std::move(unixSocket), this);
    connect(relay, &SocketRelay::finished, this, [this, relay] {
        leave({});
        emit closed(relay->bytes(0), relay->bytes(1));
        relay->deleteLater();
    });
    emit opened(m_rule.direction == ProxyRule::Direction::intoEnclave
                    ? u"enclave port %1"_s.arg(m_rule.enclavePort)
                    : u"%1 port %2"_s.arg(m_rule.host).arg(m_rule.port));
}

} // namespace nitroscope::app
