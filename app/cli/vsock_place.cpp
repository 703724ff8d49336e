// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/cli/vsock_place.hpp"

#include "app/core/runtime_folder.hpp"
#include "app/session/launch_arguments.hpp"

#include <QDir>
#include <QFileInfo>

namespace nitroscope::cli {

app::Result<QString> locateVsock(const QString &given) {
    if (!given.isEmpty())
        return QFileInfo(given).absoluteFilePath();
    QStringList found;
    const QDir base(app::runtimeBase());
    // A run's folder vanishes with it; one that a crash has left is removed by the next run.
    for (const QString &run : base.entryList({QStringLiteral("run-*")}, QDir::Dirs | QDir::NoDotAndDotDot)) {
        const QString path = base.filePath(run + u'/' + QLatin1String(app::vsockFileName));
        if (QFileInfo::exists(path))
            found << path;
    }
    if (found.size() == 1)
        return found.first();
    if (found.isEmpty())
        return app::failure(
            QStringLiteral("vsock-none"),
            QStringLiteral("No enclave runs here; start one, or name its socket with --vsock."));
    return app::failure(
        QStringLiteral("vsock-several"),
        QStringLiteral("Several enclaves run; choose one with --vsock: %1.").arg(found.join(u' ')));
}

} // namespace nitroscope::cli
