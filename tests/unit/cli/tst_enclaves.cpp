// SPDX-License-Identifier: GPL-2.0-or-later
//
// Enclaves in the background, with fake_qemu: what scripts written for nitro-cli read, several at once,
// crashes.
#include "command.hpp"

#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <memory>
#include <QDir>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QtTest>
#include <sys/file.h>
#include <unistd.h>

using namespace nitroscope::tests;

namespace {

constexpr int patienceMs = 60'000;

QStringList run(const QStringList &more = {}) {
    return QStringList{"run-enclave", "--eif-path", "/some.eif"} + more;
}

QJsonObject objectOf(const QByteArray &json) {
    return QJsonDocument::fromJson(json).object();
}

QJsonArray enclaves(const QStringList &more = {}) {
    return QJsonDocument::fromJson(runCommand(QStringList{"describe-enclaves"} + more).output).array();
}

// Some process has these words among its arguments.
bool isRunningWith(const QString &words) {
    for (const QString &process : QDir("/proc").entryList(QDir::Dirs)) {
        QFile file("/proc/" + process + "/cmdline");
        if (file.open(QIODevice::ReadOnly) && file.readAll().contains(words.toUtf8()))
            return true;
    }
    return false;
}

QJsonObject ended(const QString &id) {
    for (const QJsonValue enclave : enclaves({"--all"}))
        if (enclave.toObject()["EnclaveID"].toString() == id && enclave.toObject().contains("ExitReason"))
            return enclave.toObject();
    return {};
}

} // namespace

class TestEnclaves : public QObject {
    Q_OBJECT
    QTemporaryDir m_runtime;

    QJsonObject start(const char *scenario, const QStringList &more = {}) {
        qputenv("NITROSCOPE_FAKE_QEMU", scenario);
        const auto result = runCommand(run(more));
        if (result.exitCode != 0)
            qWarning() << result.exitCode << result.error;
        return objectOf(result.output);
    }

private slots:
    void initTestCase() {
        QVERIFY(m_runtime.isValid());
        qputenv("XDG_RUNTIME_DIR", m_runtime.path().toLocal8Bit());
    }

    void cleanup() {
        QCOMPARE(runCommand({"terminate-enclave", "--all"}).exitCode, 0);
        QVERIFY(enclaves().isEmpty());
    }

    void run_detached_printsWhatNitroCliPrints() {
        qputenv("NITROSCOPE_FAKE_QEMU", "boot");
        const auto result = runCommand(run({"--memory", "600", "--cpu-count", "2", "--debug-mode"}));
        QCOMPARE(result.exitCode, 0);
        QVERIFY2(result.error.startsWith("Start allocating memory...\n"), result.error);
        QVERIFY2(
            result.error.contains("Started enclave with enclave-cid: 16, memory: 600 MiB, cpu-ids: [1, 2]\n"),
            result.error);
        const QJsonObject json = objectOf(result.output);
        QCOMPARE(json.keys(), QStringList({"CPUIDs", "EnclaveCID", "EnclaveID", "EnclaveName", "MemoryMiB",
                                           "NumberOfCPUs", "ProcessID"}));
        QCOMPARE(json["EnclaveName"].toString(), QString("some"));
        const QString id = json["EnclaveID"].toString();
        QVERIFY2(id.startsWith("i-0a1b2c3d4e5f60718-enc1"), qPrintable(id)); // the machine's own parent
        QVERIFY(isRunningWith("module-id=" + QString(id).replace("-enc", "-enc0")));
        const QJsonArray list = enclaves();
        QCOMPARE(list.size(), 1);
        QCOMPARE(list[0]["State"].toString(), QString("RUNNING"));
        QCOMPARE(list[0]["Flags"].toString(), QString("DEBUG_MODE"));
        QCOMPARE(list[0]["ProcessID"], json["ProcessID"]);
    }

    void run_severalAtOnce_differInNameCidAndCpus() {
        const QJsonObject first = start("boot"), second = start("boot", {"--cpu-count", "2"}),
                          third = start("boot", {"--enclave-cid", "40", "--enclave-name", "third",
                                                 "--cpu-ids", "7", "9"});
        QCOMPARE(second["EnclaveName"].toString(), QString("some_1"));
        QCOMPARE(first["EnclaveCID"].toInt(), 16);
        QCOMPARE(second["EnclaveCID"].toInt(), 17);
        QCOMPARE(second["CPUIDs"].toArray(), QJsonArray({2, 3}));
        QCOMPARE(third["EnclaveCID"].toInt(), 40);
        QCOMPARE(third["CPUIDs"].toArray(), QJsonArray({7, 9}));
        QCOMPARE(enclaves().size(), 3);
        const auto taken = runCommand(run({"--enclave-cid", "40"}));
        QCOMPARE(taken.exitCode, 33);
        QVERIFY2(taken.error.startsWith("[ E33 ] "), taken.error);
        QCOMPARE(runCommand(run({"--cpu-ids", "7"})).exitCode, 22);
        QCOMPARE(runCommand(run({"--cpu-ids", "11", "11"})).exitCode, 20);

        const auto result = runCommand({"terminate-enclave", "--enclave-name", "some_1"});
        QCOMPARE(result.exitCode, 0);
        QCOMPARE(objectOf(result.output)["EnclaveID"], second["EnclaveID"]);
        QCOMPARE(objectOf(result.output)["Terminated"].toBool(), true);
        QVERIFY(result.error.contains("Successfully terminated enclave " +
                                      second["EnclaveID"].toString().toLatin1()));
        QCOMPARE(enclaves().size(), 2);
    }

    void run_manyAtTheSameTime_haveDifferentCids() {
        qputenv("NITROSCOPE_FAKE_QEMU", "boot");
        constexpr int count = 4; // of each kind
        std::vector<std::unique_ptr<QProcess>> detached, attached;
        for (int i = 0; i < count; ++i) {
            startCommand(*detached.emplace_back(std::make_unique<QProcess>()), run());
            startCommand(*attached.emplace_back(std::make_unique<QProcess>()), run({"--attach-console"}));
        }
        for (const auto &process : detached)
            QCOMPARE(finishCommand(*process).exitCode, 0);
        // What each run has noted for those who want to reach its enclave.
        const auto notes = [this] {
            QList<int> cids;
            const QDir base(m_runtime.path() + "/nitroscope");
            for (const QString &name : base.entryList({"run-*"}, QDir::Dirs)) {
                QFile note(base.filePath(name + "/vsock.json"));
                if (note.open(QIODevice::ReadOnly))
                    cids += objectOf(note.readAll())["cid"].toString().toInt();
            }
            std::ranges::sort(cids);
            return cids;
        };
        QTRY_COMPARE_WITH_TIMEOUT(notes().size(), 2 * count, patienceMs);
        QCOMPARE(notes(), QList<int>({16, 17, 18, 19, 20, 21, 22, 23}));
        for (const auto &process : attached) {
            process->terminate();
            QVERIFY(process->waitForFinished(patienceMs));
        }
    }

    void console_running_followsUntilTheTimeout() {
        const QString id = start("boot")["EnclaveID"].toString();
        const auto result = runCommand({"console", "--enclave-id", id, "--disconnect-timeout", "0.5"});
        QCOMPARE(result.exitCode, 0);
        QCOMPARE(result.output,
                 QByteArray("Connecting to the console for enclave 16...\n"
                            "Successfully connected to the console.\nhello from the guest\r\n"));
    }

    void console_json_isOneObject() {
        const QString id = start("panic")["EnclaveID"].toString();
        const auto result = runCommand({"console", "--enclave-id", id, "--json"});
        QCOMPARE(result.exitCode, 0);
        const QJsonObject json = objectOf(result.output);
        QCOMPARE(json["EnclaveID"].toString(), id);
        QVERIFY(json["Console"].toString().contains("Kernel panic"));
        QCOMPARE(json["ExitCode"].toInt(), 3);
    }

    void console_followed_endsWithTheEnclave() {
        const QString id = start("boot")["EnclaveID"].toString();
        QProcess console;
        startCommand(console, {"console", "--enclave-id", id});
        QByteArray output;
        while (!output.contains("hello") && console.waitForReadyRead(patienceMs))
            output += console.readAllStandardOutput();
        runCommand({"terminate-enclave", "--enclave-id", id});
        const auto result = finishCommand(console);
        QCOMPARE(result.exitCode, 0);
        QVERIFY2(result.error.contains("terminated by the user"), result.error);
    }

    void console_ofTheDead_isKept() {
        const QString id = start("panic")["EnclaveID"].toString();
        QTRY_VERIFY_WITH_TIMEOUT(!ended(id).isEmpty(), patienceMs);
        QVERIFY(enclaves().isEmpty());
        QCOMPARE(ended(id)["State"].toString(), QString("TERMINATED"));
        QCOMPARE(ended(id)["ExitCode"].toInt(), 3);
        const auto result = runCommand({"console", "--enclave-id", id});
        QCOMPARE(result.exitCode, 0);
        QVERIFY2(result.output.contains("Kernel panic - not syncing"), result.output);
        QVERIFY2(result.error.contains("Attempted to kill init!"), result.error);
    }

    void run_failing_hasTheExitCodeOfNitroCli_data() {
        QTest::addColumn<int>("exitCode");
        QTest::addColumn<QByteArray>("words");
        QTest::newRow("refuse") << 35 << QByteArray("[ E35 ] EIF file parsing error. The magic is wrong");
        QTest::newRow("boot-failed") << 36
                                     << QByteArray(
                                            "[ E36 ] Enclave boot failure. The boot failed at stage crc");
        QTest::newRow("internal-error")
            << 5 << QByteArray("KVM internal error. Suberror: 1, emulation failure");
        QTest::newRow("bad-option") << 5 << QByteArray("memory is too small");
    }

    void run_failing_hasTheExitCodeOfNitroCli() {
        QFETCH(int, exitCode);
        QFETCH(QByteArray, words);
        qputenv("NITROSCOPE_FAKE_QEMU", QTest::currentDataTag());
        const auto result = runCommand(run());
        QCOMPARE(result.exitCode, exitCode);
        QVERIFY2(result.error.contains(words), result.error);
        QVERIFY(result.output.isEmpty());
    }

    void run_timeout_endsIt() {
        const QString id = start("boot", {"--timeout", "2"})["EnclaveID"].toString();
        QTRY_VERIFY_WITH_TIMEOUT(!ended(id).isEmpty(), patienceMs);
        QCOMPARE(ended(id)["ExitCode"].toInt(), 4);
    }

    void registry_afterACrash_cleansUp() {
        const QJsonObject json = start("boot");
        QVERIFY(::kill(pid_t(json["ProcessID"].toInt()), SIGKILL) == 0);
        QTRY_VERIFY_WITH_TIMEOUT(enclaves().isEmpty(), patienceMs);
        QVERIFY(ended(json["EnclaveID"].toString())["ExitReason"].toString().contains("died"));
        const auto result = runCommand({"terminate-enclave", "--enclave-id", json["EnclaveID"].toString()});
        QCOMPARE(result.exitCode, 11);
        QVERIFY(result.error.startsWith("[ E11 ] "));
        QCOMPARE(start("boot")["EnclaveCID"].toInt(), 16); // and its CID is free again
    }

    void registry_reusedProcessId_isNotTheEnclave() {
        const QJsonObject json = start("boot");
        const QString id = json["EnclaveID"].toString();
        const QString path = m_runtime.path() + "/nitroscope/enclaves/" + id + "/record.json";
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QJsonObject record = objectOf(file.readAll());
        file.close();
        runCommand({"terminate-enclave", "--enclave-id", id});
        // As if the enclave had crashed and its process id were now ours.
        record["pid"] = QCoreApplication::applicationPid();
        QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
        file.write(QJsonDocument(record).toJson());
        file.close();
        QVERIFY(enclaves().isEmpty());
        QCOMPARE(runCommand({"terminate-enclave", "--enclave-id", id}).exitCode, 11);
    }

    void registry_debris_isRemoved() {
        const QString folder = m_runtime.path() + "/nitroscope/enclaves/i-0-encbad";
        QVERIFY(QDir().mkpath(folder));
        QFile file(folder + "/record.json");
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("{ not JSON");
        file.close();
        QFile::setPermissions(m_runtime.path() + "/nitroscope/enclaves",
                              QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
        QVERIFY(enclaves().isEmpty());
        QVERIFY(!QDir(folder).exists());
    }

    void terminate_ofAStoppedProcess_isNotKilling() {
        const QJsonObject json = start("boot");
        QCOMPARE(::kill(pid_t(json["ProcessID"].toInt()), SIGSTOP), 0);
        const auto result = runCommand({"terminate-enclave", "--enclave-id", json["EnclaveID"].toString()});
        QCOMPARE(result.exitCode, 0);
        QVERIFY2(!result.error.contains("killing"), result.error);
        QVERIFY(
            ended(json["EnclaveID"].toString())["ExitReason"].toString().contains("terminated by the user"));
    }

    // A program that was stopped at the wrong moment keeps the lock for as long as it stands.
    void registry_lockThatIsKept_isAnErrorInTime() {
        QVERIFY(!start("boot").isEmpty()); // there is a registry now
        const QString path = m_runtime.path() + "/nitroscope/enclaves/.lock";
        const int lock = open(qPrintable(path), O_RDWR | O_CLOEXEC);
        QCOMPARE(flock(lock, LOCK_EX), 0);
        const auto described = runCommand({"describe-enclaves"});
        ::close(lock);
        QVERIFY(described.exitCode > 0);
        QVERIFY2(described.error.contains("makes no progress"), described.error);
    }

    // What others could have made is neither read nor used, whichever command asks.
    void runtimeFolder_openToOthers_isRefusedByEveryCommand_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::newRow("parent") << QStringList{"parent", "true"};
        QTest::newRow("proxy") << QStringList{"proxy", "in", "0", "5000"};
        QTest::newRow("run-enclave") << run();
        QTest::newRow("run-enclave --attach-console") << run({"--attach-console"});
        QTest::newRow("describe-enclaves") << QStringList{"describe-enclaves"};
        QTest::newRow("console") << QStringList{"console", "--enclave-name", "x"};
        QTest::newRow("terminate-enclave") << QStringList{"terminate-enclave", "--all"};
        QTest::newRow("kernel") << QStringList{"kernel", "log", "--enclave-name", "x"};
    }

    void runtimeFolder_openToOthers_isRefusedByEveryCommand() {
        QFETCH(QStringList, arguments);
        QTemporaryDir other;
        const QString base = other.filePath("nitroscope");
        QVERIFY(QDir().mkdir(base));
        QVERIFY(QFile::setPermissions(base, QFile::Permissions(0x7777)));
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert("XDG_RUNTIME_DIR", other.path());
        QProcess process;
        process.setProcessEnvironment(environment);
        startCommand(process, arguments);
        const auto result = finishCommand(process);
        QVERIFY2(result.exitCode > 0, QByteArray::number(result.exitCode));
        QVERIFY2(result.error.contains("is open to other users"), result.error);
        QVERIFY(QDir(base).isEmpty());
    }

    void config_isRead() {
        QTemporaryDir folder;
        QFile file(folder.filePath("run.json"));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(R"({"enclave_name": "conf", "cpu_ids": [3, 5], "memory_mib": 700, "eif_path": "/some.eif",
                       "enclave_cid": 21, "debug_mode": true})");
        file.close();
        qputenv("NITROSCOPE_FAKE_QEMU", "boot");
        const auto result = runCommand({"run-enclave", "--config", file.fileName()});
        QVERIFY2(result.exitCode == 0, result.error);
        const QJsonObject json = objectOf(result.output);
        QCOMPARE(json["EnclaveName"].toString(), QString("conf"));
        QCOMPARE(json["CPUIDs"].toArray(), QJsonArray({3, 5}));
        QCOMPARE(json["MemoryMiB"].toInt(), 700);
        QCOMPARE(json["EnclaveCID"].toInt(), 21);
        QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
        file.write(R"({"eif_path": "/some.eif", "cpu_count": "two"})");
        file.close();
        const auto wrong = runCommand({"run-enclave", "--config", file.fileName()});
        QCOMPARE(wrong.exitCode, 17);
        QVERIFY(wrong.error.contains("cpu_count"));
    }

    // The enclave's process cannot read it again.
    void config_fromAPipe_isReadOnce() {
        qputenv("NITROSCOPE_FAKE_QEMU", "boot");
        const auto result =
            runCommand({"run-enclave", "--config", "/dev/stdin"},
                       R"({"enclave_name": "piped", "cpu_ids": [3, 5], "eif_path": "/some.eif"})");
        QVERIFY2(result.exitCode == 0, result.error);
        const QJsonObject json = objectOf(result.output);
        QCOMPARE(json["EnclaveName"].toString(), QString("piped"));
        QCOMPARE(json["CPUIDs"].toArray(), QJsonArray({3, 5}));
    }

    void config_wrong_hasNitroClisCode_data() {
        QTest::addColumn<QByteArray>("json");
        QTest::addColumn<int>("code");
        const auto row = [](const char *name, const char *fields, int code) {
            QTest::newRow(name) << QByteArray(fields) << code;
        };
        row("both numbers of CPUs", R"("eif_path": "/some.eif", "cpu_count": 2, "cpu_ids": [1, 2])", 2);
        row("neither", R"("eif_path": "/some.eif")", 1);
        row("neither, one null", R"("eif_path": "/some.eif", "cpu_count": null)", 1);
        row("text as a number", R"("eif_path": "/some.eif", "cpu_count": "2")", 17);
        row("half a MiB", R"("eif_path": "/some.eif", "cpu_count": 2, "memory_mib": 512.5)", 17);
        row("negative number", R"("eif_path": "/some.eif", "cpu_count": -2)", 17);
        row("text as a flag", R"("eif_path": "/some.eif", "cpu_count": 2, "debug_mode": "true")", 17);
        row("number as a flag", R"("eif_path": "/some.eif", "cpu_count": 2, "attach_console": 0)", 17);
        row("number as a name", R"("eif_path": "/some.eif", "cpu_count": 2, "enclave_name": 7)", 17);
        row("text as a list", R"("eif_path": "/some.eif", "cpu_ids": "1,2")", 17);
        row("no EIF", R"("cpu_count": 2)", 17);
        row("no CPU", R"("eif_path": "/some.eif", "cpu_ids": [])", 33);
        row("the parent's CID", R"("eif_path": "/some.eif", "cpu_count": 2, "enclave_cid": 3)", 3);
        row("too many CPUs", R"("eif_path": "/some.eif", "cpu_count": 2000)", 3);
    }

    void config_wrong_hasNitroClisCode() {
        QFETCH(QByteArray, json);
        QFETCH(int, code);
        QTemporaryDir folder;
        QFile file(folder.filePath("run.json"));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write('{' + json + '}');
        file.close();
        const auto result = runCommand({"run-enclave", "--config", file.fileName()});
        QVERIFY2(result.exitCode == code, QByteArray::number(result.exitCode) + result.error);
        QVERIFY2(result.error.startsWith(QString("[ E%1 ] ").arg(code, 2, 10, QChar('0')).toLatin1()),
                 result.error);
    }

    void cid_zero_choosesOne() {
        QCOMPARE(start("boot", {"--enclave-cid", "0"})["EnclaveCID"].toInt(), 16);
        QTemporaryDir folder;
        QFile file(folder.filePath("run.json"));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(R"({"eif_path": "/some.eif", "cpu_count": 1, "enclave_cid": 0})");
        file.close();
        const auto result = runCommand({"run-enclave", "--config", file.fileName()});
        QVERIFY2(result.exitCode == 0, result.error);
        QCOMPARE(objectOf(result.output)["EnclaveCID"].toInt(), 17);
    }

    void id_ofAGivenModule_isItsNumber() {
        const QString module = "i-00112233445566778-enc0193a4b5c6d7e8f9";
        const QString id = start("boot", {"--module-id", module})["EnclaveID"].toString();
        QCOMPARE(id, QString("i-00112233445566778-enc193a4b5c6d7e8f9"));
        QVERIFY(isRunningWith("module-id=" + module));
        // A second one cannot be named by it.
        const QString other = start("boot", {"--module-id", module})["EnclaveID"].toString();
        QVERIFY2(other != id && other.startsWith("i-00112233445566778-enc"), qPrintable(other));
    }

    void kernel_withoutAnEnclave_saysWhatIsMissing() {
        for (const QStringList &more : {QStringList{}, QStringList{"--enclave-name", ""}}) {
            const auto result = runCommand(QStringList{"kernel", "tasks"} + more);
            QCOMPARE(result.exitCode, 1);
            QVERIFY2(result.error.contains("--enclave-name or --ram"), result.error);
        }
    }

    void explain_everyCode_hasWords() {
        for (int i = 0; i <= 60; ++i) {
            const QString code = QString("E%1").arg(i, 2, 10, QChar('0'));
            const auto result = runCommand({"explain", "--error-code", code});
            QCOMPARE(result.exitCode, 0);
            QVERIFY2(result.output.startsWith("[ " + code.toLatin1() + " ] ") && result.output.size() > 40,
                     result.output);
        }
        QCOMPARE(runCommand({"explain", "--error-code", "E61"}).exitCode, 3);
        QCOMPARE(runCommand({"explain", "--error-code", "x"}).exitCode, 3);
        const QJsonObject json = objectOf(runCommand({"explain", "--error-code", "36", "--json"}).output);
        QCOMPARE(json["ErrorCode"].toString(), QString("E36"));
        QCOMPARE(json["Name"].toString(), QString("Enclave boot failure"));
    }

    void terminate_all_printsAnArray() {
        QCOMPARE(runCommand({"terminate-enclave", "--all"}).output, QByteArray("[]\n"));
        const QString one = start("boot")["EnclaveID"].toString(),
                      two = start("boot")["EnclaveID"].toString();
        const auto result = runCommand({"terminate-enclave", "--all", "--json"});
        QCOMPARE(result.exitCode, 0);
        const QJsonArray list = QJsonDocument::fromJson(result.output).array();
        QCOMPARE(list.size(), 2);
        QCOMPARE(list[0]["EnclaveID"].toString(), one);
        QCOMPARE(list[1]["EnclaveID"].toString(), two);
    }

    void registry_severalAndOneKilled_restIsLeftAlone() {
        const QJsonObject first = start("boot"), second = start("boot"), third = start("boot");
        QVERIFY(::kill(pid_t(second["ProcessID"].toInt()), SIGKILL) == 0);
        QTRY_COMPARE_WITH_TIMEOUT(enclaves().size(), 2, patienceMs);
        const QJsonArray left = enclaves();
        QCOMPARE(left[0]["EnclaveID"], first["EnclaveID"]);
        QCOMPARE(left[1]["EnclaveID"], third["EnclaveID"]);
        const auto result = runCommand({"console", "--enclave-name", "some_1"}); // what the dead one said
        QCOMPARE(result.exitCode, 0);
        QVERIFY2(result.output.contains("hello from the guest"), result.output);
    }

    void memory_units_areNitroClis() {
        QCOMPARE(start("boot", {"--memory", "1G"})["MemoryMiB"].toInt(), 1024);
        QCOMPARE(start("boot", {"--memory", "700m"})["MemoryMiB"].toInt(), 700);
        QCOMPARE(runCommand(run({"--memory", "256_mb"})).exitCode, 2);
    }

    void usage_wrong_exitsWith2() {
        for (const QStringList &arguments :
             {QStringList{"console"},
              {"terminate-enclave"},
              {"terminate-enclave", "--json"},
              {"terminate-enclave", "--all", "--enclave-id", "x"},
              {"describe-enclaves", "--nonsense"},
              {"run-enclave", "--eif-path", "x", "--cpu-count", "1", "--cpu-ids", "1"}})
            QCOMPARE(runCommand(arguments).exitCode, 2);
    }

    void unknownEnclave_hasNitroClisCode() {
        for (const char *command : {"console", "terminate-enclave"}) {
            QCOMPARE(runCommand({command, "--enclave-id", "nobody"}).exitCode, 11);
            QCOMPARE(runCommand({command, "--enclave-name", "nobody"}).exitCode, 58);
        }
    }
};

QTEST_GUILESS_MAIN(TestEnclaves)
#include "tst_enclaves.moc"
