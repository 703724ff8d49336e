// SPDX-License-Identifier: GPL-2.0-or-later
//
// Images for tests of what an enclave's init does: the demo's kernel, a given init, and a second ramdisk of any
// shape, right or wrong.
#pragma once

#include <QByteArray>
#include <QMap>
#include <QString>
#include <QStringList>

namespace nitroscope::test {

struct InitImage {
    // Content of /cmd and /env; a null array leaves the file out.
    QByteArray command, environment = "PATH=/bin\n";
    QStringList folders{"dev", "run", "sys", "var", "proc", "tmp"}; // in the root file system
    QStringList probes{"bin/probe"};                                // where copies of the probe are
    QMap<QString, QByteArray> programs, files;                      // with and without the right to execute
    bool hasRootfs = true;
    QByteArray nsmModule; // null: none
};

// build/demo/guest/image_init, or empty when it has not been built.
QString ownInit();
// The init of nitro-cli's blobs: in NITRO_CLI_BLOBS, or where its package has them. Empty when there is none.
QString awsInit();

// Writes FOLDER/image.eif and gives its path; empty when a part is missing or a step fails.
QString makeInitImage(const InitImage &image, const QString &init, const QString &folder);

} // namespace nitroscope::test
