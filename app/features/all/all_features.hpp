// SPDX-License-Identifier: GPL-2.0-or-later
//
// The features of the window. The one place that knows all of them: a new one gets its line here.
#pragma once

#include "app/frame/feature.hpp"

namespace nitroscope::app {

FeatureList allFeatures();

} // namespace nitroscope::app
