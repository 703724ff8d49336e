// SPDX-License-Identifier: GPL-2.0-or-later
//
// The kernel's log as lines of text.
#pragma once

#include "app/session/target/debug_types.hpp"

namespace nitroscope::app {

// The kernel's clock in seconds, "    0.123456".
QString kernelTimeText(quint64 nanoseconds);

// As the kernel itself prints it and dmesg shows it: "[    0.123456] text", each with a line break. A record that has
// line breaks of its own becomes several such lines with one time (kernel/printk/printk.c, record_print_text()), so that
// none of them is taken for another record, or for none.
QString kernelLogText(const QVector<KernelLogLine> &log);

} // namespace nitroscope::app
