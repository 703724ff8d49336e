// SPDX-License-Identifier: GPL-2.0-or-later
//
// The demo enclave in the background, on the real machine: started, described, read and ended by the commands
// that nitro-cli's users have in their scripts.

#include "tests/boot/support/guest.hpp"
#include "tests/boot/support/raw_eif.hpp"
#include "tests/unit/cli/command.hpp"

#include <QDirIterator>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QtTest>

using nitroscope::test::Guest;
using nitroscope::test::RawEif;
using namespace nitroscope::tests;

class DetachedEnclave : public QObject {
    Q_OBJECT

private slots:
    void demo_inTheBackground_isDescribedReadAndEnded() {
        NITROSCOPE_REQUIRE_GUEST();
        constexpr int bootMs = 240'000;
        const QTemporaryDir runtime;
        qputenv("XDG_RUNTIME_DIR", runtime.path().toLocal8Bit());
        const auto started =
            runCommand({"run-enclave", "--eif-path", Guest::demoEif(), "--enclave-name", "demo"});
        QVERIFY2(started.exitCode == 0, started.error);
        const QString id = QJsonDocument::fromJson(started.output).object()["EnclaveID"].toString();

        QProcess console;
        startCommand(console, {"console", "--enclave-name", "demo"});
        QByteArray said;
        QElapsedTimer clock;
        clock.start();
        while (!said.contains("nitroscope-demo: ready") && clock.elapsed() < bootMs &&
               console.waitForReadyRead(bootMs))
            said += console.readAllStandardOutput();
        QVERIFY2(said.contains("nitroscope-demo: ready"), said.right(2000));

        const auto list = QJsonDocument::fromJson(runCommand({"describe-enclaves"}).output).array();
        QCOMPARE(list.size(), 1);
        QCOMPARE(list[0]["State"].toString(), QString("RUNNING"));
        const RawEif eif = RawEif::read(Guest::demoEif());
        for (const int index : {0, 1, 2})
            QCOMPARE(list[0]["Measurements"][QString("PCR%1").arg(index)].toString().toLatin1(),
                     eif.pcr(index).toHex());

        // Another process looks into its memory while it runs.
        const auto log = runCommand({"kernel", "log", "--enclave-id", id});
        QVERIFY2(log.exitCode == 0, log.error);
        QVERIFY2(log.output.contains("Linux version 6."), log.output.left(300));
        const auto tasks = runCommand({"kernel", "tasks", "--enclave-name", "demo"});
        QVERIFY2(tasks.exitCode == 0, tasks.error);
        QVERIFY2(tasks.output.contains("demo-app") && tasks.output.contains("kthreadd"), tasks.output);

        // It is in no file: what the enclave keeps secret reaches no disk.
        constexpr qint64 largest = 8 << 20;
        for (QDirIterator files(runtime.path(), QDir::Files, QDirIterator::Subdirectories); files.hasNext();)
            QVERIFY2(QFileInfo(files.next()).size() < largest, qPrintable(files.filePath()));

        QCOMPARE(runCommand({"terminate-enclave", "--enclave-id", id}).exitCode, 0);
        QVERIFY(runCommand({"kernel", "log", "--enclave-id", id}).exitCode != 0);
        QCOMPARE(finishCommand(console).exitCode, 0);
        QVERIFY(runCommand({"console", "--enclave-id", id}).output.contains("nitroscope-demo: ready"));
        QCOMPARE(runCommand({"describe-enclaves"}).output.trimmed(), QByteArray("[]"));
    }
};

QTEST_GUILESS_MAIN(DetachedEnclave)
#include "tst_detached_enclave.moc"
