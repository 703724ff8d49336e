// SPDX-License-Identifier: GPL-2.0-or-later
//
// The kernel under an image: a file that somebody names, the demo's small one, or one that has what AWS's has. The last is
// built by tests/enclave/build-kernel when it is first needed and lies in the user's cache from then on.
#pragma once

#include "app/core/result.hpp"
#include "app/formats/kernel/image_architecture.hpp"

#include <QString>
#include <stop_token>

namespace nitroscope::cli {

// Path of the kernel file that `name` stands for: a path, or "demo". Without a name NITROSCOPE_KERNEL in the environment is one;
// without that it is the kernel for images. Says on standard error which kernel it is and how its build goes on, which
// takes minutes; turns the event loop meanwhile. Error "kernel" when there is none.
app::Result<QString> kernelForImages(QString name, formats::ImageArchitecture architecture,
                                     std::stop_token stop);

} // namespace nitroscope::cli
