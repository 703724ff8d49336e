// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/socket_cleanup.hpp"

#include <QFile>
#include <utility>

namespace nitroscope::app {

void SocketCleanup::note(const VsockOptions &options) {
    QStringList paths;
    if (!options.path.isEmpty())
        paths << options.path << options.path + QStringLiteral("_seqpacket");
    const QString published = QStringLiteral("=listen:");
    for (const QString &route : options.routes)
        if (const qsizetype at = route.indexOf(published); at >= 0) {
            const QString address = route.mid(at + published.size());
            paths << (address.startsWith(QLatin1String("unix:")) ? address.mid(5) : address);
        }
    for (const QString &path : std::as_const(paths))
        if (auto file = vsock::SocketFile::at(QFile::encodeName(path).toStdString()))
            m_files.push_back(*std::move(file));
}

void SocketCleanup::clean() {
    for (const vsock::SocketFile &file : std::exchange(m_files, {}))
        vsock::removeAbandoned(file);
}

} // namespace nitroscope::app
