// SPDX-License-Identifier: GPL-2.0-or-later
//
// Why two EIFs have different measurements: down to the word of the command line, the option of the kernel,
// the file in a ramdisk and whether its bytes, mode, owner or time changed. Every difference names the PCRs
// it changes, so that "PCR0 is another one" has an answer (image-format README, "EIF measurements").

#pragma once

#include "app/formats/eif/eif_document.hpp"
#include "app/formats/ramdisk/ramdisk.hpp"

namespace nitroscope::formats {

struct EifDifference {
    enum class Kind { added, removed, changed };

    Kind kind = Kind::changed;
    QString
        where;    // "kernel", "cmdline", "ramdisk 1: rootfs/etc/passwd", "certificate", "metadata", "header".
    QString what; // "content", "mode", "owner", "modified", "version", "CONFIG_NSM", "word 3" ...
    QString before; // Of the first image; empty for what was added.
    QString after;
    std::vector<int> pcrs = {}; // PCRs that change by it: of 0, 1, 2, 8; empty: none.
};

struct EifComparison {
    struct Pcr {
        int number = 0;
        QByteArray before = {}, after = {}; // 48 bytes; empty: absent.
        bool isEqual() const { return before == after; }
    };
    std::vector<Pcr> pcrs; // 0, 1, 2, 8
    std::vector<EifDifference> differences;
    // What could not be compared, and why.
    QStringList problems;
};

struct DiffOptions {
    RamdiskLimits limits = {};
    EifDocument::Progress progress = {};
};

// Reads both files whole. Blocks: run it in a worker. Errors: "cancelled", "file-changed", "crypto".
app::Result<EifComparison> compareEifs(const EifDocument &before, const EifDocument &after,
                                       const DiffOptions &options = {});

// ---- its parts ----

// "added", "removed", "changed"
QString kindText(EifDifference::Kind kind);

// Two ramdisks whose bytes differ. Errors: "cancelled".
app::Result<void> compareRamdisks(EifComparison &comparison, const QString &where,
                                  const std::vector<int> &pcrs, const ByteRegion &before,
                                  const ByteRegion &after, const RamdiskLimits &limits);
// Two kernels whose bytes differ.
void compareKernels(EifComparison &comparison, const ByteRegion &before, const ByteRegion &after,
                    const UnpackLimits &limits);

} // namespace nitroscope::formats
