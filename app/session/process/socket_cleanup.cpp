// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/process/socket_cleanup.hpp"

#include "qemu-machine/vsock/host/route.hpp"

#include <QFile>
#include <utility>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

void SocketCleanup::note(const VsockOptions &options) {
    std::vector<std::string> paths;
    if (!options.path.isEmpty())
        for (const QString &path : {options.path, options.path + u"_seqpacket"_s})
            paths.push_back(QFile::encodeName(path).toStdString());
    std::string problem;
    if (const auto routes = vsock::parseRoutes(options.routes.join(u';').toStdString(), problem))
        for (const auto &[port, route] : routes->published)
            if (route.address.family == vsock::HostAddress::Family::unixSocket)
                paths.push_back(route.address.name);
    for (const std::string &path : paths)
        if (auto file = vsock::SocketFile::at(path))
            m_files.push_back(*std::move(file));
}

void SocketCleanup::clean() {
    for (const vsock::SocketFile &file : std::exchange(m_files, {}))
        vsock::removeAbandoned(file);
}

} // namespace nitroscope::app
