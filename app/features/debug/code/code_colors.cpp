// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/debug/code/code_colors.hpp"

#include "app/ui/theme/theme.hpp"

namespace nitroscope::app {
namespace {

enum Series { accent, teal, violet, green, amber }; // as theme::seriesColor numbers them

} // namespace

QColor codeColor(const QPalette &palette, CodeTone tone) {
    switch (tone) {
    case CodeTone::text:
    case CodeTone::mnemonic:
        return palette.color(QPalette::Text);
    case CodeTone::flow:
        return theme::seriesColor(palette, violet);
    case CodeTone::reg:
        return theme::seriesColor(palette, teal);
    case CodeTone::number:
        return theme::seriesColor(palette, amber);
    case CodeTone::symbol:
        return theme::seriesColor(palette, accent);
    case CodeTone::comment:
    case CodeTone::address:
        return theme::mutedText(palette);
    case CodeTone::bytes:
        return theme::faintText(palette);
    }
    return palette.color(QPalette::Text);
}

QColor currentLineBackground(const QPalette &palette) {
    return theme::rangeBackground(palette, theme::seriesColor(palette, amber));
}

QColor breakpointColor(const QPalette &palette) {
    return theme::toneColor(palette, Tone::bad);
}

QColor dimmed(const QPalette &palette, const QColor &color) {
    return theme::mixed(palette.color(QPalette::Base), color, 0.6);
}

} // namespace nitroscope::app
