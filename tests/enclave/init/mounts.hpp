// SPDX-License-Identifier: GPL-2.0-or-later
//
// The file systems of the demo enclave, in the order of AWS's init: first what init itself needs on the
// initramfs, then the application's tree becomes the root and gets its own.
#pragma once

#include <string>
#include <vector>

namespace nitroscope::demo {

// Mounts /dev, /proc and /sys on the initramfs. Returns what did not work, one sentence each.
std::vector<std::string> mountEarly();

// Makes /rootfs the root directory of this process and its children, with /dev, /proc, /sys, /run and /tmp
// below it. Returns what did not work; when there is no /rootfs nothing changes.
std::vector<std::string> enterRootfs();

} // namespace nitroscope::demo
