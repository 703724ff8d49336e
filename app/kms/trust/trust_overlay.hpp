// SPDX-License-Identifier: GPL-2.0-or-later
//
// One more ramdisk by which the programs of an image trust a root: the image's own bundles of CA certificates with the root behind them. The
// kernel unpacks it after the image's ramdisks, and a later file replaces an earlier one of its name.
#pragma once

#include "app/core/result.hpp"
#include "app/formats/ramdisk/ramdisk.hpp"

#include <QByteArray>
#include <QStringList>

namespace nitroscope::kms {

struct TrustOverlay {
    QByteArray cpio;
    QStringList bundles; // paths in the ramdisk
    bool isNew = false;  // the image had none, and gets one where most programs look
};

inline constexpr quint64 maxBundleBytes = 8 * 1024 * 1024; // larger ones stay as they are

// The bundles that TLS libraries read by default (Debian's, Fedora's and SUSE's places) and those of Python's certifi and botocore.
TrustOverlay trustOverlay(const formats::BootFiles &files, const QByteArray &rootPem);

} // namespace nitroscope::kms
