// SPDX-License-Identifier: GPL-2.0-or-later
//
// The file systems that an image's program finds, in the order, with the flags and under the names that AWS's
// init gives them. What cannot be mounted ends init.
#pragma once

namespace nitroscope::image {

void mountDevices();
// /rootfs becomes the root directory, as a mount on top of the initramfs.
void enterRootfs();
// Everything below the new root directory but /dev.
void mountFileSystems();

} // namespace nitroscope::image
