// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/launch/vsock_options.hpp"

#include "qemu-machine/vsock/host/route.hpp"

#include <cstring>
#include <QFile>

namespace nitroscope::app {
namespace {

constexpr qsizetype longestPathBytes =
    qsizetype(vsock::unixPathLimit) - qsizetype(std::char_traits<char>::length("_4294967294"));

} // namespace

Result<void> checkVsockRoutes(const QStringList &routes) {
    for (const QString &route : routes)
        if (route.contains(u';') || route.contains(u'\n'))
            return failure(
                QStringLiteral("vsock-route"),
                QStringLiteral("‘%1’ has a character that no route may have; each route is one of its own.")
                    .arg(route));
    std::string problem;
    if (vsock::parseRoutes(routes.join(u';').toStdString(), problem))
        return {};
    QString text = QString::fromStdString(problem);
    if (text.contains(QLatin1String("PORT=ROUTE")))
        text += QStringLiteral(", such as 8000=tcp:127.0.0.1:80, 8000=unix:/run/app.sock, 8000=refuse or "
                               "8000=echo for what the enclave dials, and 5000=listen:tcp:127.0.0.1:5000 to "
                               "publish a port of it");
    return failure(QStringLiteral("vsock-route"), text + u'.');
}

Result<void> checkVsockPath(const QString &path) {
    if (path.isEmpty() || QFile::encodeName(path).size() <= longestPathBytes)
        return {};
    return failure(QStringLiteral("vsock-path"),
                   QStringLiteral("The socket's path has more than %1 bytes, and the sockets of ports add to "
                                  "it; choose a shorter one.")
                       .arg(longestPathBytes));
}

} // namespace nitroscope::app
