// SPDX-License-Identifier: GPL-2.0-or-later
//
// QEMU's plugin interface (version 4, QEMU 10.0). Its header is C without a C++ guard and includes GLib's,
// which has templates: GLib must have been seen before `extern "C"` begins.
#pragma once

#include <glib.h>

extern "C" {
#include <qemu-plugin.h>
}
