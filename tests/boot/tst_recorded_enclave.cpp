// SPDX-License-Identifier: GPL-2.0-or-later
//
// The demo enclave recorded by the command line on the real machine, and lived again: to a stage of its boot, to a line of its
// console, and as a whole.
#include "tests/boot/support/guest.hpp"
#include "tests/unit/cli/command.hpp"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QtTest>

using nitroscope::test::Guest;
using namespace nitroscope::tests;

namespace {

constexpr int patienceMs = 600'000;

CommandResult run(const QStringList &arguments, const QByteArray &input = {}) {
    QProcess process;
    startCommand(process, arguments);
    process.write(input);
    process.closeWriteChannel();
    CommandResult result;
    if (process.waitForFinished(patienceMs) && process.exitStatus() == QProcess::NormalExit)
        result.exitCode = process.exitCode();
    result.output = process.readAllStandardOutput();
    result.error = process.readAllStandardError();
    return result;
}

} // namespace

class RecordedEnclave : public QObject {
    Q_OBJECT
    QTemporaryDir m_folder;
    QString m_recording;

private slots:
    void initTestCase() {
        NITROSCOPE_REQUIRE_GUEST();
        QVERIFY(m_folder.isValid());
        QVERIFY(QDir(m_folder.path()).mkpath("runtime"));
        qputenv("XDG_RUNTIME_DIR", m_folder.filePath("runtime").toLocal8Bit());
        qputenv("XDG_DATA_HOME", m_folder.path().toLocal8Bit());
        m_recording = m_folder.filePath("demo.nitrorec");
        const auto recorded = run({"record", Guest::demoEif(), "-o", m_recording, "--memory", "256",
                                   "--input-after", "nitroscope-demo: ready"},
                                  "extend 17 again\nreboot\n");
        QVERIFY2(recorded.exitCode == 0, recorded.error + recorded.output.right(1000));
        QVERIFY2(recorded.output.contains("extend 17"), recorded.output.right(1000));
    }

    void places_ofTheRecording_areReachedAtTheirInstructions() {
        const auto list = run({"recording", "places", m_recording, "--json"});
        QVERIFY2(list.exitCode == 0, list.error);
        QHash<QString, qint64> places;
        for (const QJsonValue each : QJsonDocument::fromJson(list.output).array())
            places.insert(each["Place"].toString(), each["Instruction"].toInteger(-1));
        QVERIFY(places.value("stage:handoff", -1) > 0);
        QVERIFY(places.value("pcr:17:1", -1) > places.value("stage:handoff"));
        const auto stood = run({"replay", m_recording, "--to", "stage:handoff", "--json"});
        QVERIFY2(stood.exitCode == 0, stood.error);
        const QJsonObject moment = QJsonDocument::fromJson(stood.output).object();
        QCOMPARE(moment["Instruction"].toInteger(), places.value("stage:handoff"));
        QCOMPARE(moment["Stage"].toString(), QString("handoff"));
        const auto line = run({"replay", m_recording, "--to", "console:Linux version", "--console"});
        QVERIFY2(line.exitCode == 0, line.error);
        QVERIFY2(line.output.contains("Linux version") && !line.output.contains("nitroscope-demo: ready"),
                 line.output);
    }

    void place_asACoreFile_hasTheKernelOfThen() {
        const QTemporaryDir folder; // not the recording's: the file is what was asked for
        const QString core = folder.filePath("then.core");
        const auto written = run({"replay", m_recording, "--to", "console:Run /init", "--vmcore", core});
        QVERIFY2(written.exitCode == 0, written.error);
        QFile file(core);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QVERIFY(!(file.permissions() & (QFileDevice::ReadGroup | QFileDevice::ReadOther)));
        const QByteArray head = file.read(64 * 1024);
        constexpr qsizetype typeAt = 16; // e_type: ET_CORE
        QVERIFY(head.startsWith("\x7f"
                                "ELF") &&
                head.at(typeAt) == 4);
        QVERIFY2(head.contains("VMCOREINFO") && head.contains("OSRELEASE="), written.error);
    }

    void recording_livedAgain_isTheSame() {
        const auto verified = run({"recording", "verify", m_recording});
        QVERIFY2(verified.exitCode == 0, verified.error + verified.output);
    }
};

QTEST_GUILESS_MAIN(RecordedEnclave)
#include "tst_recorded_enclave.moc"
