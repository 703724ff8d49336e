// SPDX-License-Identifier: GPL-2.0-or-later
//
// What nitro-cli's way of unpacking an image changes in its files: linuxkit exports a container that Docker has created of it
// (linuxkit, src/cmd/linuxkit/moby/image.go). Docker puts files of its own over the image's, linuxkit replaces some of
// these and leaves others out. Without /etc/hosts "localhost" has no address.

#pragma once

#include "app/formats/ramdisk/root_tree.hpp"

#include <QList>

namespace nitroscope::formats {

struct MadeFile {
    QByteArray path, content; // Of root, mode 0644.
};

// Takes them out of the tree, whose /etc is there then. The files that go in their places; none where /etc is no folder.
QList<MadeFile> replaceDockerFiles(RootTree &tree);

} // namespace nitroscope::formats
