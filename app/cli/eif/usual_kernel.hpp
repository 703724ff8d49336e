// SPDX-License-Identifier: GPL-2.0-or-later
//
// The kernel of an image for which none was named: one that has what AWS's has, when tests/enclave/build-kernel has built
// it into the user's cache, else the demo's, which is smaller.
#pragma once

#include <QString>

namespace nitroscope::cli {

// Path of the bzImage; empty when there is none. Says on standard error which kernel it is.
QString usualKernel();

} // namespace nitroscope::cli
