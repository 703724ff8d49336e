// SPDX-License-Identifier: GPL-2.0-or-later
//
// Writes an EIF's parts into a folder: the sections as files (kernel, cmdline, metadata.json, ramdisk0.cpio
// ..., signature.cbor, certificate.pem) and the files of the ramdisks below ramdisk0/, ramdisk1/ ... Foreign
// archives: nothing is written outside of the folder; devices, sockets and set-user-id bits are left out, and
// said so.

#pragma once

#include "app/formats/eif/eif_document.hpp"
#include "app/formats/ramdisk/ramdisk.hpp"

namespace nitroscope::formats {

struct ExtractOptions {
    enum class What { everything, sections, files };

    What what = What::everything;
    // Only files at or below these paths of the ramdisks ("rootfs/etc"); empty: all.
    QList<QByteArray> paths = {};
    RamdiskLimits limits = {};
    // Bytes of files written, in all: hard links and many members cannot fill the disk unnoticed.
    quint64 maxBytes = UnpackLimits::defaultOutput;
    EifDocument::Progress progress = {};
};

struct ExtractReport {
    quint64 files = 0, folders = 0, links = 0;
    quint64 bytes = 0;
    QStringList sections; // Names of the section files.
    QStringList skipped;  // "ramdisk 1: dev/null: device", at most 1000.
    quint64 skippedCount = 0;
    // Those of them that ought to be there: whose archive is damaged, or that could not be written, or paths that were asked for. Devices, sockets,
    // set-user-id bits and paths that leave the folder are left out on purpose.
    quint64 lostCount = 0;
};

// The folder must be new or empty. Blocks: run it in a worker. Errors: "output", "limit", "cancelled",
// "file-changed", "not-found" (no file at any of the paths).
app::Result<ExtractReport> extractEif(const EifDocument &document, const QString &folder,
                                      const ExtractOptions &options = {});

// One file's content into a file on this computer, which is replaced only when everything is there. Bytes
// written; hard links are followed. `progress` counts the file's bytes. Errors: "output", "limit" (also when
// what stands before it in a compressed archive exceeds the limit), "cancelled", "damaged" and others of
// Decompressor.
app::Result<quint64> saveContent(const Ramdisk &ramdisk, quint32 entry, const QString &path,
                                 const UnpackLimits &limits = {});

} // namespace nitroscope::formats
