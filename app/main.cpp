// SPDX-License-Identifier: GPL-2.0-or-later
//
// nitroscope: the desktop program. Reads the command line, chooses the appearance, and joins a live session
// to a window with all features.
#include "app/command_line.hpp"
#include "app/features/all/all_features.hpp"
#include "app/session/run/live_session.hpp"
#include "app/ui/theme/theme.hpp"
#include "app/window/main_window.hpp"

#include <cstdio>
#include <QApplication>

using namespace nitroscope::app;
using namespace Qt::Literals::StringLiterals;

namespace {

void printTo(std::FILE *stream, const QString &text) {
    std::fputs(text.toLocal8Bit().constData(), stream);
}

// Qt would end the program with advice that does not help: to install it again.
bool hasDisplay() {
    return !qEnvironmentVariableIsEmpty("DISPLAY") || !qEnvironmentVariableIsEmpty("WAYLAND_DISPLAY") ||
           !qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM");
}

constexpr const char noDisplay[] =
    "nitroscope: there is no display for a window: neither DISPLAY nor WAYLAND_DISPLAY is set.\n"
    "Without a window: nitroscope-cli run-enclave --eif-path FILE --attach-console\n"
    "Only a picture:   QT_QPA_PLATFORM=offscreen nitroscope --screenshot FILE.png --quit FILE\n";

} // namespace

int main(int argc, char **argv) {
    QStringList arguments;
    for (int i = 0; i < argc; ++i)
        arguments << QString::fromLocal8Bit(argv[i]);
    const auto line = readCommandLine(arguments);
    if (!line) {
        printTo(stderr, u"nitroscope: %1\nTry “nitroscope --help”.\n"_s.arg(line.error().message));
        return 2;
    }
    if (line->mode == CommandLine::Mode::help) {
        printTo(stdout, commandLineHelp());
        return 0;
    }
    if (line->mode == CommandLine::Mode::version) {
        std::puts("nitroscope " NITROSCOPE_VERSION);
        return 0;
    }

    if (!hasDisplay()) {
        std::fputs(noDisplay, stderr);
        return 1;
    }
    QApplication app(argc, argv);
    QApplication::setApplicationName(u"nitroscope"_s);
    QApplication::setApplicationVersion(QStringLiteral(NITROSCOPE_VERSION));
    Preferences preferences;
    theme::apply(app, line->appearance.value_or(preferences.appearance()));

    LiveSession session;
    MainWindow window(session, preferences, allFeatures());
    LaunchSpec options = preferences.launchOptions();
    line->applyTo(options);
    window.setLaunchOptions(options);
    if (line->size)
        window.resize(*line->size);
    const bool runs = line->run && !line->eifPath.isEmpty();
    if (line->screenshot) {
        auto *screenshot = new Screenshot(
            *line->screenshot, runs ? Screenshot::Expect::run : Screenshot::Expect::window, window, session);
        QObject::connect(screenshot, &Screenshot::taken, &window, [](const QString &problem) {
            if (!problem.isEmpty())
                printTo(stderr, u"nitroscope: %1\n"_s.arg(problem));
        });
    }
    window.show();
    if (!line->eifPath.isEmpty())
        window.openFile(line->eifPath,
                        runs ? MainWindow::AfterOpening::run : MainWindow::AfterOpening::showOnly);
    return QApplication::exec();
}
