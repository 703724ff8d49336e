// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which of the theme's colours the parts of a disassembly have.
#pragma once

#include "app/features/debug/code/code_tokens.hpp"

#include <QColor>
#include <QPalette>

namespace nitroscope::app {

QColor codeColor(const QPalette &palette, CodeTone tone);
QColor currentLineBackground(const QPalette &palette);
QColor breakpointColor(const QPalette &palette);
// Text of a value from before the last stop.
QColor dimmed(const QPalette &palette, const QColor &color);

} // namespace nitroscope::app
