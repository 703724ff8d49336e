// SPDX-License-Identifier: GPL-2.0-or-later
//
// Of ./workbench bench boot: the window as people open it with an EIF, without a display. It runs the enclave, and
// the enclave's console also goes to standard output, where bench_boot looks for its markers.
//
//   bench_boot_window QEMU EIF MEMORY_MIB
#include "app/features/all/all_features.hpp"
#include "app/session/run/live_session.hpp"
#include "app/ui/settings/preferences.hpp"
#include "app/window/main_window.hpp"

#include <cstdio>
#include <QApplication>
#include <QTemporaryDir>

using namespace nitroscope::app;

int main(int argc, char **argv) {
    if (argc != 4) {
        std::fputs("usage: bench_boot_window QEMU EIF MEMORY_MIB\n", stderr);
        return 2;
    }
    qputenv("QT_QPA_PLATFORM", "offscreen");
    QApplication app(argc, argv);
    const QTemporaryDir folder;
    Preferences preferences(folder.path());
    LiveSession session;
    MainWindow window(session, preferences, allFeatures());
    LaunchSpec options;
    options.qemuPath = QString::fromLocal8Bit(argv[1]);
    options.memoryMiB = QByteArray(argv[3]).toULongLong();
    window.setLaunchOptions(options);
    QObject::connect(&session, &EnclaveSession::consoleOutput, [](const QByteArray &bytes) {
        std::fwrite(bytes.constData(), 1, size_t(bytes.size()), stdout);
        std::fflush(stdout);
    });
    QObject::connect(&session, &EnclaveSession::ended, &app, &QCoreApplication::quit);
    window.show();
    window.openFile(QString::fromLocal8Bit(argv[2]), MainWindow::AfterOpening::run);
    return QApplication::exec();
}
