// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/cli/vsock/vsock_place.hpp"

#include "app/cli/kit/arguments.hpp"
#include "app/session/registry/free_cid.hpp"

#include <QFileInfo>
#include <QStringList>

namespace nitroscope::cli {

using namespace Qt::Literals::StringLiterals;

app::Result<app::VsockPlace> locateVsock(const VsockChoice &choice) {
    if (!choice.path.empty()) {
        const QString path = QFileInfo(pathOf(choice.path)).absoluteFilePath();
        if (auto checked = app::checkSocket(path); !checked)
            return tl::unexpected(checked.error());
        return app::VsockPlace{choice.cid ? choice.cid : app::firstEnclaveCid, path};
    }
    // Whoever made the folder could let us talk to a socket of their own.
    if (const QString base = app::runtimeBase(); QFileInfo::exists(base))
        if (auto checked = app::checkPrivateFolder(base); !checked)
            return tl::unexpected(checked.error());
    QVector<app::VsockPlace> places = app::runningVsockPlaces();
    if (choice.cid != 0)
        places.removeIf([&choice](const app::VsockPlace &place) { return place.cid != choice.cid; });
    if (places.size() == 1)
        return places.first();
    if (places.isEmpty())
        return app::failure(u"vsock-none"_s,
                            choice.cid == 0
                                ? u"No enclave runs here; start one, or name its socket with --vsock."_s
                                : u"No enclave with CID %1 runs here; see describe-enclaves, or name its "
                                  "socket with --vsock."_s.arg(choice.cid));
    QStringList found;
    for (const app::VsockPlace &place : std::as_const(places))
        found << u"%1 (%2)"_s.arg(place.cid).arg(place.path);
    return app::failure(u"vsock-several"_s,
                        u"Several enclaves run; choose one with --cid: %1."_s.arg(found.join(u", ")));
}

} // namespace nitroscope::cli
