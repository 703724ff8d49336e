// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/launch/vsock_options.hpp"

#include "qemu-machine/vsock/host/route.hpp"

#include <cstring>
#include <QFile>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr qsizetype maxPathBytes =
    qsizetype(vsock::unixPathLimit) - qsizetype(std::char_traits<char>::length("_4294967294"));

} // namespace

Result<void> checkVsockRoutes(const QStringList &routes) {
    for (const QString &route : routes)
        if (route.contains(u';') || route.contains(u'\n'))
            return failure(
                u"vsock-route"_s,
                u"‘%1’ has a character that no route may have; each route is one of its own."_s.arg(route));
    std::string problem;
    if (vsock::parseRoutes(routes.join(u';').toStdString(), problem))
        return {};
    QString text = QString::fromStdString(problem);
    if (text.contains("PORT=ROUTE"_L1))
        text += u", such as 8000=tcp:127.0.0.1:80, 8000=unix:/run/app.sock, 8000=refuse or "
                "8000=echo for what the enclave dials, and 5000=listen:tcp:127.0.0.1:5000 to "
                "publish a port of it"_s;
    return failure(u"vsock-route"_s, text + u'.');
}

Result<void> checkVsockPath(const QString &path) {
    if (path.isEmpty() || QFile::encodeName(path).size() <= maxPathBytes)
        return {};
    return failure(u"vsock-path"_s,
                   u"The socket's path has more than %1 bytes, and the sockets of ports add to "
                   "it; choose a shorter one."_s.arg(maxPathBytes));
}

} // namespace nitroscope::app
