// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/ui/theme/theme.hpp"

#include <algorithm>
#include <QApplication>
#include <QFontDatabase>
#include <QStyle>
#include <QStyleFactory>

namespace nitroscope::app::theme {

using namespace Qt::Literals::StringLiterals;
namespace {

struct Hues {
    QRgb good, attention, bad, accent, violet, teal;
};
// Chosen for a contrast of at least 4.5:1 against the base colour of the palettes below.
constexpr Hues lightHues{0xff1a7f37, 0xff9a6700, 0xffcf222e, 0xff0969da, 0xff8250df, 0xff0e7c86};
constexpr Hues darkHues{0xff56d364, 0xffe3b341, 0xffff7b72, 0xff58a6ff, 0xffbc8cff, 0xff39c5cf};

// ANSI colours 0-15; normal eight, then bright eight.
constexpr QRgb lightAnsi[16] = {0xff24292f, 0xffcf222e, 0xff116329, 0xff7d4e00, 0xff0969da, 0xff8250df,
                                0xff1b7c83, 0xff57606a, 0xff424a53, 0xffa40e26, 0xff1a7f37, 0xff633c01,
                                0xff218bff, 0xffa475f9, 0xff3192aa, 0xff24292f};
constexpr QRgb darkAnsi[16] = {0xff5b6470, 0xffff7b72, 0xff7ee787, 0xffe3b341, 0xff79c0ff, 0xffd2a8ff,
                               0xff56d4dd, 0xffc9d1d9, 0xff8b949e, 0xffffa198, 0xffa5f3ab, 0xffffdf7e,
                               0xffa5d6ff, 0xffe2c5ff, 0xffb3f0ff, 0xffffffff};

const Hues &hues(const QPalette &palette) {
    return isDark(palette) ? darkHues : lightHues;
}

QPalette ownPalette(bool dark) {
    const QColor window = dark ? QColor(0x22, 0x26, 0x2c) : QColor(0xf3, 0xf4, 0xf6);
    const QColor base = dark ? QColor(0x1a, 0x1d, 0x22) : QColor(0xff, 0xff, 0xff);
    const QColor text = dark ? QColor(0xd8, 0xdd, 0xe4) : QColor(0x1f, 0x23, 0x28);
    const QColor accent = dark ? QColor(0x2f, 0x6f, 0xc4) : QColor(0x1f, 0x6f, 0xd6);
    QPalette palette(dark ? mixed(window, text, 0.06) : mixed(window, base, 0.6), window);
    palette.setColor(QPalette::Window, window);
    palette.setColor(QPalette::WindowText, text);
    palette.setColor(QPalette::Base, base);
    palette.setColor(QPalette::AlternateBase, mixed(base, text, 0.03));
    palette.setColor(QPalette::Text, text);
    palette.setColor(QPalette::ButtonText, text);
    palette.setColor(QPalette::BrightText, dark ? QColor(Qt::white) : QColor(Qt::black));
    palette.setColor(QPalette::PlaceholderText, mixed(base, text, 0.55));
    palette.setColor(QPalette::ToolTipBase, dark ? mixed(window, text, 0.1) : base);
    palette.setColor(QPalette::ToolTipText, text);
    palette.setColor(QPalette::Highlight, accent);
    palette.setColor(QPalette::HighlightedText, QColor(Qt::white));
    palette.setColor(QPalette::Link, QColor(dark ? darkHues.accent : lightHues.accent));
    palette.setColor(QPalette::Mid, mixed(window, text, dark ? 0.22 : 0.2));
    palette.setColor(QPalette::Midlight, mixed(window, text, 0.08));
    palette.setColor(QPalette::Dark, mixed(window, text, dark ? 0.34 : 0.32));
    palette.setColor(QPalette::Light, mixed(window, base, 0.8));
    palette.setColor(QPalette::Shadow, dark ? QColor(Qt::black) : mixed(window, text, 0.6));
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        palette.setColor(QPalette::Disabled, role, mixed(window, text, 0.4));
    palette.setColor(QPalette::Disabled, QPalette::Highlight, mixed(window, text, 0.2));
    return palette;
}

// Flat frames and roomy rows. Only palette() roles and the hairline mixed from them appear in it.
QString styleSheet(const QPalette &palette) {
    const QString line = hairline(palette).name();
    const QString hover =
        mixed(palette.color(QPalette::Window), palette.color(QPalette::WindowText), 0.09).name();
    const QString muted = mutedText(palette).name();
    const auto onBase = [&](double amount) {
        return mixed(palette.color(QPalette::Base), palette.color(QPalette::Text), amount).name();
    };
    const QString handle = onBase(0.24);
    const QString handleHover = onBase(0.42);
    return uR"(
QToolBar { border: none; border-bottom: 1px solid %1; padding: 3px 6px; spacing: 3px; }
QToolBar QToolButton { border: none; border-radius: 4px; padding: 4px 8px; }
QToolBar QToolButton:hover, QToolBar QToolButton:checked { background: %2; }
QToolBar::separator { width: 1px; background: %1; margin: 5px 6px; }
QStatusBar { border-top: 1px solid %1; }
QStatusBar::item { border: none; }
QMainWindow::separator { background: %1; width: 1px; height: 1px; margin: 2px; }
QMainWindow::separator:hover { background: palette(highlight); }
QTabBar { background: palette(window); }
QTabBar::tab { background: transparent; color: %3; border: none; border-bottom: 2px solid transparent;
               padding: 4px 12px; }
QTabBar::tab:selected { color: palette(text); border-bottom-color: palette(highlight); }
QTabBar::tab:hover { background: %2; }
QScrollBar { background: transparent; border: none; }
QScrollBar:vertical { width: 12px; }
QScrollBar:horizontal { height: 12px; }
QScrollBar::handle { background: %4; border-radius: 3px; margin: 3px; }
QScrollBar::handle:vertical { min-height: 28px; }
QScrollBar::handle:horizontal { min-width: 28px; }
QScrollBar::handle:hover { background: %5; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QAbstractScrollArea::corner { background: transparent; border: none; }
QHeaderView { background: palette(window); }
QHeaderView::section { background: palette(window); color: %3; border: none; border-bottom: 1px solid %1;
                       padding: 3px 6px; font-weight: normal; }
QTreeView, QTableView, QListView, QPlainTextEdit { border: none; }
QDialog QPlainTextEdit { border: 1px solid %1; border-radius: 3px; }
QTreeView { show-decoration-selected: 0; }
QSplitter::handle { background: %1; }
QSplitter::handle:vertical { height: 1px; }
QSplitter::handle:horizontal { width: 1px; }
QToolTip { border: 1px solid %1; padding: 4px; }
)"_s.arg(line, hover, muted, handle, handleHover);
}

} // namespace

void apply(QApplication &app, Appearance appearance) {
    static const QPalette desktop = app.palette();
    const std::unique_ptr<QStyle> fusion(QStyleFactory::create(u"Fusion"_s));
    // Without a desktop theme Qt falls back to Fusion's own grey; ours is nicer then.
    const bool hasDesktopTheme =
        desktop.color(QPalette::Window) != fusion->standardPalette().color(QPalette::Window);
    QPalette palette = desktop;
    if (appearance != Appearance::system || !hasDesktopTheme)
        palette = ownPalette(appearance == Appearance::dark);
    if (appearance != Appearance::system)
        app.setStyle(QStyleFactory::create(u"Fusion"_s));
    app.setPalette(palette);
    app.setStyleSheet(styleSheet(palette));
}

bool isDark(const QPalette &palette) {
    return palette.color(QPalette::Base).lightness() < palette.color(QPalette::Text).lightness();
}

QColor mixed(const QColor &base, const QColor &over, double amount) {
    const auto channel = [amount](float a, float b) {
        return std::clamp(a + (b - a) * static_cast<float>(amount), 0.0F, 1.0F);
    };
    return QColor::fromRgbF(channel(base.redF(), over.redF()), channel(base.greenF(), over.greenF()),
                            channel(base.blueF(), over.blueF()));
}

QColor toneColor(const QPalette &palette, Tone tone) {
    switch (tone) {
    case Tone::normal:
        return palette.color(QPalette::Text);
    case Tone::muted:
        return mutedText(palette);
    case Tone::good:
        return QColor(hues(palette).good);
    case Tone::attention:
        return QColor(hues(palette).attention);
    case Tone::bad:
        return QColor(hues(palette).bad);
    }
    return palette.color(QPalette::Text);
}

QColor severityColor(const QPalette &palette, formats::Severity severity) {
    switch (severity) {
    case formats::Severity::none:
        return mutedText(palette);
    case formats::Severity::note:
        return QColor(hues(palette).accent);
    case formats::Severity::warning:
        return QColor(hues(palette).attention);
    case formats::Severity::error:
        return QColor(hues(palette).bad);
    }
    return mutedText(palette);
}

QColor stateColor(const QPalette &palette, EnclaveSession::State state) {
    switch (state) {
    case EnclaveSession::State::starting:
        return QColor(hues(palette).accent);
    case EnclaveSession::State::running:
        return QColor(hues(palette).good);
    case EnclaveSession::State::paused:
        return QColor(hues(palette).attention);
    case EnclaveSession::State::failed:
        return QColor(hues(palette).bad);
    case EnclaveSession::State::idle:
    case EnclaveSession::State::ended:
        return mutedText(palette);
    }
    return mutedText(palette);
}

QColor mutedText(const QPalette &palette) {
    return mixed(palette.color(QPalette::Base), palette.color(QPalette::Text), 0.66);
}

QColor faintText(const QPalette &palette) {
    return mixed(palette.color(QPalette::Base), palette.color(QPalette::Text), 0.38);
}

QColor hairline(const QPalette &palette) {
    return mixed(palette.color(QPalette::Window), palette.color(QPalette::WindowText), 0.14);
}

QColor changedBackground(const QPalette &palette) {
    return mixed(palette.color(QPalette::Base), QColor(hues(palette).attention),
                 isDark(palette) ? 0.3 : 0.22);
}

QColor quietSelection(const QPalette &palette) {
    return mixed(palette.color(QPalette::Base), palette.color(QPalette::Highlight),
                 isDark(palette) ? 0.34 : 0.18);
}

QColor findBackground(const QPalette &palette) {
    return mixed(palette.color(QPalette::Base), QColor(hues(palette).attention), 0.45);
}

QColor seriesColor(const QPalette &palette, int number) {
    const Hues &h = hues(palette);
    const QRgb series[] = {h.accent, h.teal, h.violet, h.good, h.attention};
    return QColor(series[static_cast<size_t>(number) % std::size(series)]);
}

QColor rangeBackground(const QPalette &palette, const QColor &color) {
    return mixed(palette.color(QPalette::Base), color, isDark(palette) ? 0.28 : 0.16);
}

QColor terminalBackground(const QPalette &palette) {
    return palette.color(QPalette::Base);
}

QColor terminalForeground(const QPalette &palette) {
    return palette.color(QPalette::Text);
}

QColor terminalColor(const QPalette &palette, const TerminalColor &color, const QColor &standard) {
    switch (color.kind) {
    case TerminalColor::Kind::standard:
        return standard;
    case TerminalColor::Kind::rgb:
        return QColor(color.red, color.green, color.blue);
    case TerminalColor::Kind::indexed:
        break;
    }
    const int number = color.red;
    if (number < 16)
        return QColor((isDark(palette) ? darkAnsi : lightAnsi)[number]);
    if (number >= 232) { // xterm's grey ramp
        const int grey = 8 + 10 * (number - 232);
        return QColor(grey, grey, grey);
    }
    const auto level = [](int step) { return step == 0 ? 0 : 55 + 40 * step; }; // xterm's 6x6x6 cube
    return QColor(level((number - 16) / 36), level((number - 16) / 6 % 6), level((number - 16) % 6));
}

QFont monospace() {
    return QFontDatabase::systemFont(QFontDatabase::FixedFont);
}

QFont caption() {
    QFont font = QApplication::font();
    font.setPointSizeF(font.pointSizeF() * 0.9);
    return font;
}

} // namespace nitroscope::app::theme
