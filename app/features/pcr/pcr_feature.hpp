// SPDX-License-Identifier: GPL-2.0-or-later
//
// The PCRs in the window: live, as the open EIF would have them, and their history.
#pragma once

#include "app/frame/feature.hpp"

namespace nitroscope::app {

std::unique_ptr<Feature> makePcrFeature(Frame &frame);

} // namespace nitroscope::app
