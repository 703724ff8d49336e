// SPDX-License-Identifier: GPL-2.0-or-later
//
// Times as people read them.
#pragma once

#include <QString>

namespace nitroscope::app {

// "0.000", "12.345", "1 234.567": nanoseconds as milliseconds with three decimals.
QString milliseconds(qint64 nanoseconds);

} // namespace nitroscope::app
