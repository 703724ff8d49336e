// SPDX-License-Identifier: GPL-2.0-or-later
//
// Every colour of the app. Colours are derived from the palette in force, so that light, dark and
// high-contrast systems all get readable text; the few hues of our own (good, attention, bad, ANSI) are mixed
// to suit the palette's background. No other file of the app may name a colour.
#pragma once

#include "app/formats/tree/node.hpp"
#include "app/session/run/enclave_session.hpp"
#include "app/ui/settings/preferences.hpp"
#include "app/ui/text/roles.hpp"
#include "app/ui/text/terminal_line.hpp"

#include <QColor>
#include <QFont>
#include <QPalette>

class QApplication;
class QPainter;

namespace nitroscope::app::theme {

// Sets palette and style sheet. `system` keeps the desktop's own palette where there is one.
void apply(QApplication &app, Appearance appearance);

bool isDark(const QPalette &palette);
// `amount` of `over` on `base`, 0..1.
QColor mixed(const QColor &base, const QColor &over, double amount);

QColor toneColor(const QPalette &palette, Tone tone);
QColor severityColor(const QPalette &palette, formats::Severity severity);
QColor stateColor(const QPalette &palette, EnclaveSession::State state);
QColor mutedText(const QPalette &palette);
QColor faintText(const QPalette &palette); // zero bytes, gaps
QColor hairline(const QPalette &palette);  // separators
QColor changedBackground(const QPalette &palette);
// Selected rows of a view that has not the focus: visible, but quiet.
QColor quietSelection(const QPalette &palette);
QColor findBackground(const QPalette &palette);
// Bands of the boot timeline and of highlighted byte ranges; neighbours differ, wraps around.
QColor seriesColor(const QPalette &palette, int number);
// A calm background for a byte range of that colour.
QColor rangeBackground(const QPalette &palette, const QColor &color);

QColor terminalBackground(const QPalette &palette);
QColor terminalForeground(const QPalette &palette);
QColor terminalColor(const QPalette &palette, const TerminalColor &color, const QColor &standard);

QFont monospace();
// The application font, one step smaller, for captions.
QFont caption();

} // namespace nitroscope::app::theme
