// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which processor an EIF is for: a bit of its header decides which QEMU starts it.
#pragma once

#include "app/formats/kernel/image_architecture.hpp"

#include <QString>

namespace nitroscope::app {

// By the header's flags; what is no EIF, or cannot be read, is left to the usual QEMU to refuse.
formats::ImageArchitecture architectureOfEif(const QString &path);

// Of the QEMU that starts it.
QLatin1StringView emulatorOfEif(const QString &path);

} // namespace nitroscope::app
