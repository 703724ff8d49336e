// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/proxy/socket_names.hpp"

#include <cerrno>
#include <cstring>
#include <QFile>
#include <sys/socket.h>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

QString socketProblem(int error) {
    if (error == EMFILE || error == ENFILE)
        return u"no file descriptor is left for a connection; raise the limit with ulimit -n"_s;
    return QString::fromLocal8Bit(std::strerror(error));
}

bool makeUnixName(const QString &path, sockaddr_un &name) {
    const QByteArray bytes = QFile::encodeName(path);
    name = {};
    name.sun_family = AF_UNIX;
    if (bytes.isEmpty() || bytes.size() >= qsizetype(sizeof name.sun_path))
        return false;
    std::memcpy(name.sun_path, bytes.constData(), size_t(bytes.size()));
    return true;
}

UniqueFd makeSocket(int family) {
    return UniqueFd(socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

} // namespace nitroscope::app
