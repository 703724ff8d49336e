// SPDX-License-Identifier: GPL-2.0-or-later
//
// See docker_files.hpp.

#include "app/formats/builder/docker_files.hpp"

#include <sys/stat.h>

namespace nitroscope::formats {

QList<MadeFile> replaceDockerFiles(RootTree &tree) {
    for (const char *leftOut : {".dockerenv", "Dockerfile", "etc/hostname"})
        tree.discard(leftOut);
    const auto folder = tree.files().find("etc");
    if (folder == tree.files().end())
        tree.replaceByFolder("etc");
    else if (!S_ISDIR(folder->second.mode))
        return {};
    const QList<MadeFile> made = {{"etc/hosts", "127.0.0.1 localhost\n"
                                                "::1 localhost ip6-localhost ip6-loopback\n"
                                                "fe00::0 ip6-localnet\n"
                                                "ff00::0 ip6-mcastprefix\n"
                                                "ff02::1 ip6-allnodes\n"
                                                "ff02::2 ip6-allrouters\n"},
                                  {"etc/resolv.conf", "# An enclave has no network.\n"}};
    for (const MadeFile &file : made)
        tree.discard(file.path);
    return made;
}

} // namespace nitroscope::formats
