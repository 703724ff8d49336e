// SPDX-License-Identifier: GPL-2.0-or-later
//
// nitroscope: the desktop program. Reads the command line, chooses the appearance, and joins a live session
// to a window with all features.
#include "app/command_line.hpp"
#include "app/core/output/file_writer.hpp"
#include "app/core/output/standard_output.hpp"
#include "app/core/output/visible_text.hpp"
#include "app/core/output/write_all.hpp"
#include "app/features/all/all_features.hpp"
#include "app/session/run/live_session.hpp"
#include "app/ui/theme/theme.hpp"
#include "app/window/main_window.hpp"

#include <QApplication>

using namespace nitroscope::app;
using namespace Qt::Literals::StringLiterals;

namespace {

void say(const QString &text) {
    writeError(visibleText(text, LineBreaks::kept).toLocal8Bit());
}

// The exit code.
int print(const QString &text) {
    if (writeOutput(text.toLocal8Bit()) == Written::all && closeOutput() == Written::all)
        return 0;
    say(u"nitroscope: %1\n"_s.arg(outputProblem()));
    return 1;
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
    guardStandardDescriptors();
    takeWriteErrorsAsErrors();
    QStringList arguments;
    for (int i = 0; i < argc; ++i) {
        arguments << QString::fromLocal8Bit(argv[i]);
        if (arguments.last().toLocal8Bit() != argv[i]) { // a file's name would come back as another one
            say(u"nitroscope: '%1' is not UTF-8 and cannot be used here. Give the file another name, or a link to it.\n"_s
                    .arg(arguments.last()));
            return 2;
        }
    }
    const auto line = readCommandLine(arguments);
    if (!line) {
        say(u"nitroscope: %1\nTry “nitroscope --help”.\n"_s.arg(line.error().message));
        return 2;
    }
    if (line->mode == CommandLine::Mode::help) {
        return print(commandLineHelp());
    }
    if (line->mode == CommandLine::Mode::version) {
        return print(u"nitroscope " NITROSCOPE_VERSION "\n"_s);
    }
    if (line->mode == CommandLine::Mode::manualPage) {
        const auto written = writeFile(line->manualPage, commandLineManual());
        if (!written)
            say(u"nitroscope: %1\n"_s.arg(written.error().text()));
        return written ? 0 : 1;
    }

    if (!hasDisplay()) {
        say(QString::fromLatin1(noDisplay));
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
        window.takeSize(*line->size);
    const bool runs = line->run && !line->eifPath.isEmpty();
    if (line->screenshot) {
        const auto expect =
            line->eifPath.isEmpty() ? Screenshot::Expect::emptyWindow : Screenshot::Expect::content;
        auto *screenshot = new Screenshot(*line->screenshot, expect, window, session);
        QObject::connect(screenshot, &Screenshot::taken, &window, [](const QString &problem) {
            if (!problem.isEmpty())
                say(u"nitroscope: %1\n"_s.arg(problem));
        });
    }
    window.show();
    if (!line->eifPath.isEmpty())
        window.openFile(line->eifPath,
                        runs ? MainWindow::AfterOpening::run : MainWindow::AfterOpening::showOnly);
    return QApplication::exec();
}
