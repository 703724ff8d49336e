// SPDX-License-Identifier: GPL-2.0-or-later
//
// The boot in the window: the firmware's stages, and the one that failed.
#pragma once

#include "app/frame/feature.hpp"

namespace nitroscope::app {

std::unique_ptr<Feature> makeBootFeature(Frame &frame);

} // namespace nitroscope::app
