// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/diagnosis/console_symptoms.hpp"
#include "app/session/diagnosis/diagnosis.hpp"

#include <QElapsedTimer>
#include <QFile>
#include <QtTest>

using namespace nitroscope::app;
using nitroscope::formats::LintFinding;
using nitroscope::formats::Severity;

namespace {

ImageStory imageWith(const char *rule, Severity severity, const char *why) {
    ImageStory image;
    image.findings.listed.push_back(
        {QString::fromUtf8(rule), severity, "/rootfs/bin/app", why, "Mend it so.", {100, 8}});
    image.findings.found[static_cast<size_t>(severity)] = 1;
    return image;
}

QStringList codesOf(const QVector<Cause> &causes) {
    QStringList codes;
    for (const Cause &cause : causes)
        codes << cause.code;
    return codes;
}

constexpr auto booted = "[    0.000000] Linux version 6.12.95\r\n";

} // namespace

class Diagnosis : public QObject {
    Q_OBJECT
private slots:
    void console_symptom_isRecognised_data() {
        QTest::addColumn<QByteArray>("lines");
        QTest::addColumn<QString>("code");
        QTest::addColumn<QString>("words");
        const auto row = [](const char *code, const char *lines, const char *words) {
            QTest::addRow("%s: %s", code, QByteArray(lines).trimmed().left(40).constData())
                << QByteArray(lines) << QString::fromUtf8(code) << QString::fromUtf8(words);
        };
        row("ramdisk-not-unpacked", "[    0.4] Initramfs unpacking failed: write error\r\n", "(write error)");
        row("ramdisk-not-unpacked",
            "[    0.4] Initramfs unpacking failed: junk within compressed archive\r\n", "(junk within");
        row("application-missing", "Could not open /env file: No such file or directory\r\n", "no /env");
        row("no-init",
            "[    0.5] Kernel panic - not syncing: No working init found.  Try passing init= option\r\n",
            "no init");
        row("no-root",
            "[    0.5] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)\r\n",
            "no root file system");
        row("folder-missing", "mount: /tmp: No such file or directory\r\n", "could not mount /tmp");
        row("heartbeat-unanswered", "connect: Connection reset by peer\r\n", "(Connection reset by peer)");
        row("library-missing",
            "/bin/app: error while loading shared libraries: libssl.so.3: cannot open shared object file: No such file or directory\r\n",
            "/bin/app needs the library libssl.so.3");
        row("library-missing",
            "Error loading shared library libz.so.1: No such file or directory (needed by /bin/app)\r\n",
            "/bin/app needs the library libz.so.1");
        row("library-too-old",
            "/bin/app: /lib/libc.so.6: version `GLIBC_2.38' not found (required by /bin/app)\r\n",
            "/bin/app needs GLIBC_2.38");
        row("program-not-found", "execvpe: /run: No such file or directory\r\nchild exited with error\r\n",
            "program /run");
        row("program-not-found", "execvpe: No such file or directory\r\n", "could not start");
        row("program-not-executable", "execvpe: app: Permission denied\r\n", "program app");
        row("program-of-other-processor", "execvpe: app: Exec format error\r\n", "another processor");
        row("memory-used-up", "[   12.1] Out of memory: Killed process 55 (python3) total-vm:1kB\r\n",
            "killed python3 because the enclave's memory (256 MiB)");
        row("program-crashed",
            "[   12.1] app[77]: segfault at 18 ip 0000000000401136 sp 00007ffd0 error 4 in app[401000+1000]\r\n",
            "app crashed: its instruction at 0x0000000000401136 in app used address 0x18");
        row("program-crashed",
            "[   12.1] traps: app[77] trap invalid opcode ip:401136 sp:7ffd0 error:0 in app[401000+1000]\r\n",
            "invalid opcode");
        row("no-space", "cp: write error: No space left on device\r\n", "file system is full");
        row("nsm-missing", "open /dev/nsm: No such file or directory\r\n", "no /dev/nsm");
        row("vsock-missing", "socket: Address family not supported by protocol\r\n", "kind of socket");
        row("no-network", "curl: (6) Could not resolve host: example.com\r\n", "do not have");
        row("kernel-panic",
            "[    0.9] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000b00\r\n",
            "init exited with 11");
        row("program-failed", "oops\r\nchild exited with error\r\n[    2.1] reboot: Restarting system\r\n",
            "ended with an error");
    }

    void console_symptom_isRecognised() {
        QFETCH(QByteArray, lines);
        QFETCH(QString, code);
        QFETCH(QString, words);
        const auto causes = diagnose({booted + lines, 256}, nullptr);
        QCOMPARE(codesOf(causes), QStringList(code));
        QVERIFY2(causes[0].sentence.contains(words), qPrintable(causes[0].sentence));
        QVERIFY(!causes[0].sentence.contains('%') && !causes[0].advice.contains("%M"));
        for (const Ground &ground : causes[0].grounds) {
            QCOMPARE(ground.where, QString("console, line 2"));
            QCOMPARE(*ground.offset, quint64(strlen(booted)));
        }
    }

    // A table that a person can read says what the program knows.
    void table_everyCode_isDocumentedAndMatchesItsNeedle() {
        QFile file(NITROSCOPE_SOURCE_DIR "/docs/diagnosis.md");
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QByteArray text = file.readAll();
        for (const ConsoleSymptom &symptom : consoleSymptoms()) {
            QVERIFY2(text.contains("`" + QByteArray(symptom.code) + "`"), symptom.code);
            QVERIFY2(QRegularExpression(QLatin1String(symptom.pattern)).isValid(), symptom.pattern);
        }
    }

    void image_finding_explainsAndAdvises() {
        const ImageStory image = imageWith("program-interpreter-missing", Severity::error,
                                           "Its interpreter /bin/bash is missing.");
        const auto causes = diagnose({"execvpe: /run: No such file or directory\n", 256}, &image);
        QCOMPARE(codesOf(causes), QStringList("program-not-found"));
        QVERIFY(causes[0].sentence.endsWith("Its interpreter /bin/bash is missing."));
        QCOMPARE(causes[0].advice, QString("Mend it so."));
        QCOMPARE(causes[0].grounds.size(), 2);
        QCOMPARE(causes[0].grounds[1].rule, QString("program-interpreter-missing"));
        QCOMPARE(causes[0].grounds[1].offset, std::optional<quint64>(100));
    }

    void image_findingOfAnotherKind_isNoGround() {
        const ImageStory image = imageWith("certificate-expired", Severity::error, "Expired.");
        const auto causes = diagnose({"execvpe: /run: No such file or directory\n", 256}, &image);
        QCOMPARE(causes[0].grounds.size(), 1);
    }

    void memory_belowTheLeast_isTold() {
        ImageStory image = imageWith("memory-to-unpack", Severity::note,
                                     "With less than about 300 MiB it cannot be unpacked.");
        image.leastMemory = 300ull << 20;
        const QByteArray console = "[    0.4] Initramfs unpacking failed: write error\n";
        QVERIFY(diagnose({console, 256}, &image)[0].sentence.contains("300 MiB"));
        QVERIFY(!diagnose({console, 512}, &image)[0].sentence.contains("300 MiB"));
    }

    void rootOfTheTrouble_comesFirst() {
        const auto causes = diagnose({"Could not open /env file: No such file or directory\n"
                                      "[    0.4] Initramfs unpacking failed: write error\n",
                                      256},
                                     nullptr);
        QCOMPARE(codesOf(causes), QStringList({"ramdisk-not-unpacked", "application-missing"}));
    }

    void program_quotingTheKernel_isNotTheKernel() {
        QVERIFY(diagnose({QByteArray(booted) + "Initramfs unpacking failed: I only say so\n", 256}, nullptr)
                    .isEmpty());
    }

    void silence_andErrorsOfTheImage_areTold() {
        const ImageStory image =
            imageWith("cmdline-no-console", Severity::error, "No console= on the command line.");
        const auto silent = diagnose({{}, 256}, &image);
        QCOMPARE(codesOf(silent), QStringList("console-silent"));
        QCOMPARE(silent[0].grounds.size(), 1);
        const auto unknown = diagnose({"fine\n", 256}, &image);
        QCOMPARE(codesOf(unknown), QStringList("image-errors"));
        QVERIFY(diagnose({"fine\n", 256}, nullptr).isEmpty());
    }

    void console_hostile_takesNoLongTime() {
        QByteArray console;
        for (int i = 0; i < 20'000; ++i)
            console += "execvpe: " + QByteArray(300, 'a') + " required by (not found (required by \n";
        console += QByteArray(1 << 20, '\0') + QByteArray(1 << 20, '\xff');
        QVERIFY(diagnose({console, 0}, nullptr).isEmpty());
    }
};

QTEST_GUILESS_MAIN(Diagnosis)
#include "tst_diagnosis.moc"
