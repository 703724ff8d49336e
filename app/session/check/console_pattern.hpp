// SPDX-License-Identifier: GPL-2.0-or-later
//
// Regular expressions for lines of a console, as a user writes them.
#pragma once

#include "app/core/result.hpp"

#include <QRegularExpression>

namespace nitroscope::app {

// One line of a console is looked at up to here, in bytes.
inline constexpr qsizetype maxConsoleLine = 16 * 1024;

// PCRE2, as it is: anchors mean the line's ends. Error "check-spec", with the character where it goes wrong.
Result<QRegularExpression> consolePattern(const QString &text);

} // namespace nitroscope::app
