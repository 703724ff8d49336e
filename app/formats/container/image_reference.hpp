// SPDX-License-Identifier: GPL-2.0-or-later
//
// How people name a container image on disk: by its path, or as skopeo and podman do (containers-transports(5)):
// `oci:FOLDER[:TAG]`, `oci-archive:FILE[:TAG]`, `docker-archive:FILE[:NAME:TAG]`; the tag may also follow a bare path.

#pragma once

#include <optional>
#include <QString>

namespace nitroscope::formats {

struct ImageReference {
    QString path;
    QString name = {}; // Which image of several: "tag", "name:tag", "sha256:…", "@1"; empty: the only one.
};

// Nothing when no file or folder has the name.
std::optional<ImageReference> findImage(const QString &text);

// Whether an image that is called `found` is meant by `asked`: "app" by itself is "app:latest", and the registry
// may be left out.
bool isAskedName(const QString &found, const QString &asked);

// "registry:5000/team/app" of "registry:5000/team/app:1"; Docker's own registry, which nobody types, is left out.
QString repositoryOf(const QString &name);

} // namespace nitroscope::formats
