// SPDX-License-Identifier: GPL-2.0-or-later
//
// record, replay and recording with fake_qemu: what is made, what is said of it, what is refused and with which exit code.
#include "command.hpp"

#include <QDir>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QtTest>

using namespace nitroscope::tests;

class TestCliRecording : public QObject {
    Q_OBJECT
    QTemporaryDir m_folder;
    QString m_eif;

    QString path(const char *name) const { return m_folder.filePath(QString::fromLatin1(name)); }
    // Records a run that ends by itself.
    CommandResult record(const char *name, const QStringList &more = {}) const {
        return runCommand(QStringList{"record", m_eif, "-o", path(name)} + more);
    }
    static QJsonObject json(const CommandResult &result) {
        return QJsonDocument::fromJson(result.output).object();
    }

private slots:
    void initTestCase() {
        QVERIFY(m_folder.isValid());
        QVERIFY(QDir(m_folder.path()).mkpath("runtime"));
        qputenv("XDG_RUNTIME_DIR", path("runtime").toLocal8Bit());
        m_eif = path("demo.eif");
        QFile file(m_eif);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(QByteArray(10'000, 'e'));
        qputenv("NITROSCOPE_FAKE_QEMU", "reboot");
    }
    void cleanup() { qputenv("NITROSCOPE_FAKE_QEMU", "reboot"); }

    void run_recorded_isAFolderOfItsOwn() {
        const auto made = record("run");
        QVERIFY2(made.exitCode == 0, made.error);
        QVERIFY2(made.output.contains("hello from the guest"), made.output);
        QVERIFY2(made.error.contains("nitroscope-cli replay"), made.error);
        for (const char *name : {"recording.json", "enclave.eif", "capture.pcapng"})
            QVERIFY2(QFileInfo::exists(path("run") + '/' + name), name);
        const auto info = runCommand({"recording", "info", path("run"), "--json"});
        QVERIFY2(info.exitCode == 0, info.error);
        QCOMPARE(json(info)["ImageName"].toString(), QString("demo.eif"));
        QCOMPARE(json(info)["ImageBytes"].toInt(), 10'000);
        QVERIFY(json(info)["End"].isString());
        QVERIFY(json(info)["Options"].toObject().contains("memory"));
        const auto text = runCommand({"recording", "info", path("run")});
        QVERIFY2(text.output.contains("demo.eif"), text.output);
    }

    void run_again_isNotRecordedOverTheFirst() {
        QCOMPARE(record("once").exitCode, 0);
        const auto again = record("once");
        QCOMPARE(again.exitCode, 1);
        QVERIFY2(again.error.contains("There is something of this name already"), again.error);
        QCOMPARE(runCommand({"recording", "info", path("once")}).exitCode, 0);
    }

    void run_thatCannotBeRecorded_saysSoBeforeTheStart_data() {
        QTest::addColumn<QStringList>("more");
        QTest::addColumn<QByteArray>("words");
        QTest::newRow("vCPUs") << QStringList{"--cpu-count", "2"} << QByteArray("--cpu-count");
        QTest::newRow("unknown option") << QStringList{"--capture", "/c"} << QByteArray("--capture");
    }
    void run_thatCannotBeRecorded_saysSoBeforeTheStart() {
        QFETCH(QStringList, more);
        QFETCH(QByteArray, words);
        const auto refused = record("refused", more);
        QVERIFY(refused.exitCode != 0);
        QVERIFY2(refused.error.contains(words), refused.error);
        QVERIFY(!QFileInfo::exists(path("refused")));
    }

    void run_thatNeverStarted_leavesNothing() {
        qputenv("NITROSCOPE_FAKE_QEMU", "refuse");
        QCOMPARE(record("nothing").exitCode, 1);
        QVERIFY(!QFileInfo::exists(path("nothing")));
    }

    void runEnclave_detached_canBeRecorded() {
        qputenv("NITROSCOPE_FAKE_QEMU", "stays");
        const auto started = runCommand({"run-enclave", "--eif-path", m_eif, "--record", path("detached")});
        QVERIFY2(started.exitCode == 0, started.error);
        const auto list = runCommand({"describe-enclaves"});
        QVERIFY2(list.output.contains("\"Recording\": \"" + path("detached").toUtf8()), list.output);
        QCOMPARE(runCommand({"terminate-enclave", "--all"}).exitCode, 0);
        QVERIFY(QFileInfo::exists(path("detached") + "/recording.json"));
    }

    void replay_toItsEnd_hasTheConsole() {
        QCOMPARE(record("replayed").exitCode, 0);
        const auto replayed = runCommand({"replay", path("replayed")});
        QVERIFY2(replayed.exitCode == 0, replayed.error);
        QVERIFY2(replayed.output.contains("hello from the guest"), replayed.output);
    }

    void replay_toAPlace_saysHowThingsStood() {
        QCOMPARE(record("places").exitCode, 0);
        const auto told = runCommand({"replay", path("places"), "--to", "300", "--json"});
        QVERIFY2(told.exitCode == 0, told.error);
        QCOMPARE(json(told)["Instruction"].toInt(), 300);
        QCOMPARE(json(runCommand({"replay", path("places"), "--to", "end", "--json"}))["Instruction"].toInt(),
                 1000);
        const auto missing = runCommand({"replay", path("places"), "--to", "stage:handoff"});
        QCOMPARE(missing.exitCode, 1);
        QVERIFY2(missing.error.contains("no such place"), missing.error);
        const auto wrong = runCommand({"replay", path("places"), "--to", "nowhere"});
        QCOMPARE(wrong.exitCode, 1);
        QVERIFY2(wrong.error.contains("is no place"), wrong.error);
        QCOMPARE(runCommand({"recording", "places", path("places")}).exitCode, 0);
    }

    void recording_thatIsLivedAgain_isVerified() {
        QCOMPARE(record("verified").exitCode, 0);
        const auto same = runCommand({"recording", "verify", path("verified")});
        QVERIFY2(same.exitCode == 0, same.error + same.output);
        QVERIFY2(same.output.contains("1000 instructions"), same.output);
        QFile capture(path("verified") + "/capture.pcapng");
        QVERIFY(capture.open(QIODevice::Append));
        capture.write(QByteArray(28, '\0'));
        capture.close();
        const auto other = runCommand({"recording", "verify", path("verified"), "--json"});
        QCOMPARE(other.exitCode, 9);
        QCOMPARE(json(other)["Same"].toBool(true), false);
    }

    void replay_thatDiverges_isNamedWithItsPlace() {
        QCOMPARE(record("diverged").exitCode, 0);
        qputenv("NITROSCOPE_FAKE_QEMU", "diverges");
        const auto replayed = runCommand({"replay", path("diverged")});
        QCOMPARE(replayed.exitCode, 9);
        QVERIFY2(replayed.error.contains("instruction 512"), replayed.error);
        const auto verified = runCommand({"recording", "verify", path("diverged")});
        QCOMPARE(verified.exitCode, 9);
        QVERIFY2(verified.output.contains("512") && verified.output.contains("rax"), verified.output);
    }

    void recording_ofAnotherBuild_isRefusedInWords() {
        QCOMPARE(record("build").exitCode, 0);
        const auto refused = runCommand({"replay", path("build"), "--qemu", "/bin/true"});
        QVERIFY(refused.exitCode != 0);
        QVERIFY2(refused.error.contains("another build"), refused.error);
    }

    void folder_thatIsNoRecording_isRefused_data() {
        QTest::addColumn<QStringList>("command");
        QTest::newRow("replay") << QStringList{"replay"};
        QTest::newRow("info") << QStringList{"recording", "info"};
        QTest::newRow("places") << QStringList{"recording", "places"};
        QTest::newRow("verify") << QStringList{"recording", "verify"};
    }
    void folder_thatIsNoRecording_isRefused() {
        QFETCH(QStringList, command);
        const auto refused = runCommand(command + QStringList{m_folder.path()});
        QCOMPARE(refused.exitCode, 1);
        QVERIFY2(refused.error.contains("not the folder of a recording"), refused.error);
    }
};

QTEST_GUILESS_MAIN(TestCliRecording)
#include "tst_cli_recording.moc"
