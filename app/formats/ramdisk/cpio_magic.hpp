// SPDX-License-Identifier: GPL-2.0-or-later
//
// What entries of a cpio archive in text begin with (Linux, Documentation/driver-api/early-userspace/buffer-format.rst;
// cpio(5)).

#pragma once

#include <QByteArrayView>

namespace nitroscope::formats::cpio {

inline constexpr QByteArrayView newc = "070701", newcWithChecksums = "070702";
inline constexpr QByteArrayView oldPortable = "070707"; // which the kernel does not take

} // namespace nitroscope::formats::cpio
