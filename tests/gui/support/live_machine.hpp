// SPDX-License-Identifier: GPL-2.0-or-later
//
// What tests of the window around a real machine start with: the QEMU and the demo enclave that were built
// here.
#pragma once

#include "app/window/main_window.hpp"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

inline const QString demoEif = QStringLiteral(NITROSCOPE_BINARY_DIR "/demo/demo.eif");

// False when QEMU or the demo enclave has not been built; otherwise sessions use them, with runtime folders
// and a root of their own.
inline bool useDemoMachine(const QTemporaryDir &runtime) {
    const QString qemu = QStringLiteral(NITROSCOPE_BINARY_DIR "/bin/qemu-system-x86_64");
    if (!QFile::exists(qemu) || !QFile::exists(demoEif))
        return false;
    qputenv("NITROSCOPE_QEMU", qemu.toLocal8Bit());
    qputenv("XDG_RUNTIME_DIR", runtime.path().toLocal8Bit());
    qputenv("XDG_DATA_HOME", runtime.path().toLocal8Bit()); // the user's root is not the tests'
    return true;
}

#define NITROSCOPE_NEEDS_DEMO_MACHINE(runtime)                                                               \
    if (!nitroscope::app::useDemoMachine(runtime))                                                           \
    QSKIP("QEMU or the demo enclave has not been built (./workbench build)")

// Into build/screenshots, for people to look at.
inline void savePicture(MainWindow &window, const QString &name) {
    const QString folder = QStringLiteral(NITROSCOPE_BINARY_DIR "/screenshots");
    QVERIFY(QDir().mkpath(folder));
    QVERIFY(window.picture().save(u"%1/%2.png"_s.arg(folder, name)));
}

} // namespace nitroscope::app
