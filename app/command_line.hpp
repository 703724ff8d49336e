// SPDX-License-Identifier: GPL-2.0-or-later
//
// The desktop program's command line. Read before any application object exists, because --help and --version
// must work without a display.
#pragma once

#include "app/core/result.hpp"
#include "app/session/launch/launch_options.hpp"
#include "app/ui/settings/preferences.hpp"
#include "app/window/screenshot.hpp"

#include <optional>
#include <QSize>
#include <QStringList>

namespace nitroscope::app {

struct CommandLine {
    enum class Mode { window, help, version, manualPage };
    Mode mode = Mode::window;
    QString manualPage; // file to write
    QString eifPath;    // empty = none
    bool run = true;    // start the EIF at once
    std::optional<ScreenshotRequest> screenshot;
    std::optional<Appearance> appearance;
    std::optional<QSize> size;

    // Puts what was said about the run over the remembered options.
    void applyTo(LaunchSpec &spec) const;

    QVector<std::pair<const LaunchOption *, QStringList>> launch; // with the values that each was given
};

// `arguments` includes the program's name.
Result<CommandLine> readCommandLine(const QStringList &arguments);
QString commandLineHelp();
QByteArray commandLineManual(); // the same as nitroscope(1)

} // namespace nitroscope::app
