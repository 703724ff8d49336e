// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/core/program_locations.hpp"

#include <QCoreApplication>
#include <QDir>
#include <QTemporaryDir>
#include <QtTest>

using namespace nitroscope::app;
using namespace Qt::Literals::StringLiterals;

class TestProgramLocations : public QObject {
    Q_OBJECT
private slots:
    void init() {
        qunsetenv(qemuVariable);
        qunsetenv(otherQemuVariable);
    }

    void locateQemu_chosen_winsOverTheEnvironment() {
        qputenv(qemuVariable, "/bin/ls");
        QCOMPARE(*locateQemu("/bin/sh"), QString("/bin/sh"));
        QCOMPARE(*locateQemu(), QString("/bin/ls"));
    }

    void locateQemu_default_isBesideTheExecutable() {
        const auto qemu = locateQemu();
        const QString expected = QCoreApplication::applicationDirPath() + "/qemu-system-x86_64";
        QCOMPARE(qemu ? *qemu : qemu.error().context, expected);
    }

    void locateQemu_forAarch64_isTheOtherOne() {
        const auto other = "qemu-system-aarch64"_L1;
        qputenv(qemuVariable, "/bin/ls");
        const auto qemu = locateQemu({}, other);
        const QString expected = QCoreApplication::applicationDirPath() + "/qemu-system-aarch64";
        QCOMPARE(qemu ? *qemu : qemu.error().context, expected);
        if (!qemu)
            QVERIFY2(qemu.error().message.contains("./workbench build arm64"),
                     qPrintable(qemu.error().message));
        qputenv(otherQemuVariable, "/bin/cat");
        QCOMPARE(*locateQemu({}, other), QString("/bin/cat"));
        QCOMPARE(*locateQemu("/bin/sh", other), QString("/bin/sh"));
        QCOMPARE(*locateQemu({}, "qemu-system-x86_64"_L1), QString("/bin/ls"));
    }

    void locateQemu_unusable_isMissing() {
        for (const char *path : {"/no/such/file", "/", "/etc/passwd"}) {
            const auto qemu = locateQemu(path);
            QVERIFY(!qemu);
            QCOMPARE(qemu.error().code, QString("qemu-missing"));
            QCOMPARE(qemu.error().context, QString(path));
        }
    }

    void shareFolder_isNextToBin() {
        QCOMPARE(shareFolder(),
                 QDir::cleanPath(QCoreApplication::applicationDirPath() + "/../share/nitroscope"));
    }
};

QTEST_GUILESS_MAIN(TestProgramLocations)
#include "tst_program_locations.moc"
