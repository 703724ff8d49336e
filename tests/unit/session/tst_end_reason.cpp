// SPDX-License-Identifier: GPL-2.0-or-later
//
// From evidence to conclusion, one row per way to end.
#include "app/session/run/end_reason.hpp"

#include <csignal>
#include <QtTest>

using namespace nitroscope::app;

Q_DECLARE_METATYPE(RunEvidence)

class TestEndReason : public QObject {
    Q_OBJECT
private slots:
    void conclude_evidence_givesKindAndWords_data() {
        QTest::addColumn<RunEvidence>("evidence");
        QTest::addColumn<EndKind>("kind");
        QTest::addColumn<QString>("words");
        const auto row = [](const char *name, EndKind kind, const char *words, auto change) {
            RunEvidence evidence;
            evidence.guestStarted = true;
            change(evidence);
            QTest::newRow(name) << evidence << kind << QString(words);
        };
        row("reboot", EndKind::guestReboot, "rebooted",
            [](RunEvidence &e) { e.shutdownReason = "guest-reset"; });
        row("power off", EndKind::guestShutdown, "powered",
            [](RunEvidence &e) { e.shutdownReason = "guest-shutdown"; });
        row("panic", EndKind::guestPanic, "no init", [](RunEvidence &e) {
            e.shutdownReason = "guest-reset";
            e.panicLine = "Kernel panic - not syncing: no init";
        });
        row("panic that ends the run, stopped by us", EndKind::guestPanic, "no init", [](RunEvidence &e) {
            e.stopAsked = true;
            e.panicEndsRun = true;
            e.panicLine = "Kernel panic - not syncing: no init";
        });
        row("program failed", EndKind::programFailed, "child exited with error", [](RunEvidence &e) {
            e.shutdownReason = "guest-reset";
            e.programEnd.kind = ProgramEnd::Kind::failed;
        });
        row("program killed", EndKind::programFailed, "child exited by signal", [](RunEvidence &e) {
            e.shutdownReason = "guest-reset";
            e.programEnd.kind = ProgramEnd::Kind::signalled;
        });
        row("program not started", EndKind::programNotStarted, "execvpe: app: No such", [](RunEvidence &e) {
            e.shutdownReason = "guest-reset";
            e.programEnd = {ProgramEnd::Kind::notStarted, "execvpe: app: No such file or directory"};
        });
        row("program failed, but then stopped", EndKind::stoppedByUser, "stopped", [](RunEvidence &e) {
            e.stopAsked = true;
            e.programEnd.kind = ProgramEnd::Kind::failed;
        });
        row("internal error", EndKind::qemuFailed,
            "Its words: KVM internal error. Suberror: 1, emulation failure", [](RunEvidence &e) {
                e.internalError = true;
                e.shutdownReason = "host-qmp-quit";
                e.errorLines = {"qemu-system-x86_64: warning: x",
                                "KVM internal error. Suberror: 1",
                                "emulation failure",
                                "RAX=00 RBX=00",
                                "R8 =00 R9 =00",
                                "Code=c5"};
            });
        row("internal error without words", EndKind::qemuFailed,
            "QEMU stopped the guest with an internal error", [](RunEvidence &e) { e.internalError = true; });
        row("panic seen, but then stopped", EndKind::stoppedByUser, "stopped", [](RunEvidence &e) {
            e.stopAsked = true;
            e.panicLine = "Kernel panic - not syncing: no init";
        });
        row("boot failed", EndKind::bootFailed, "checksum", [](RunEvidence &e) {
            e.bootFailure = BootFailure{"crc", "20", "E36", "The checksum is wrong.", 544, {}};
            e.process.signal = SIGKILL;
        });
        row("stopped", EndKind::stoppedByUser, "stopped", [](RunEvidence &e) {
            e.stopAsked = true;
            e.shutdownReason = "host-qmp-quit";
        });
        row("stopped the hard way", EndKind::stoppedByUser, "stopped", [](RunEvidence &e) {
            e.stopAsked = true;
            e.process.signal = SIGKILL;
        });
        row("killed", EndKind::qemuKilled, "signal 9", [](RunEvidence &e) { e.process.signal = SIGKILL; });
        row("terminated politely", EndKind::qemuKilled, "signal 15",
            [](RunEvidence &e) { e.shutdownReason = "host-signal"; });
        row("crashed", EndKind::qemuFailed, "signal 11", [](RunEvidence &e) { e.process.signal = SIGSEGV; });
        row("crashed with words", EndKind::qemuFailed, "assertion failed", [](RunEvidence &e) {
            e.process.signal = SIGABRT;
            e.errorLines = {"qemu-system-x86_64: warning: x", "ERROR:a.c:1: assertion failed", ""};
        });
        row("silent", EndKind::qemuFailed, "did not greet", [](RunEvidence &e) {
            e.lostContact = Error{"qmp-no-greeting", "QEMU did not greet.", {}, {}};
            e.process = {0, SIGKILL, true};
        });
        row("crash that closed the connection first", EndKind::qemuFailed, "signal 11", [](RunEvidence &e) {
            e.lostContact = Error{"qmp-closed", "The connection to QEMU has ended.", {}, {}};
            e.process.signal = SIGSEGV;
        });
        row("bad option", EndKind::qemuFailed, "did not start (exit code 1). Its last words: -m 1: too small",
            [](RunEvidence &e) {
                e.guestStarted = false;
                e.process.exitCode = 1;
                e.errorLines = {"qemu-system-x86_64: -m 1: too small"};
            });
        row("left without a word", EndKind::qemuFailed, "unexpectedly", [](RunEvidence &) {});
        row("missing", EndKind::qemuMissing, "/no/qemu", [](RunEvidence &e) {
            e.startError = Error{"qemu-missing", "There is no QEMU at this place.", {}, "/no/qemu"};
        });
        row("no runtime folder", EndKind::qemuFailed, "insecure", [](RunEvidence &e) {
            e.startError = Error{"runtime-folder-insecure", "insecure", {}, {}};
        });
        row("no EIF", EndKind::bootFailed, "No EIF", [](RunEvidence &e) {
            e.startError = Error{"no-eif", "No EIF was given.", {}, {}};
        });
    }

    void conclude_evidence_givesKindAndWords() {
        QFETCH(RunEvidence, evidence);
        QFETCH(EndKind, kind);
        QFETCH(QString, words);
        const EndReason reason = concludeEnd(evidence);
        QCOMPARE(int(reason.kind), int(kind));
        QVERIFY2(reason.message.contains(words), qPrintable(reason.message));
        QVERIFY(!reason.message.contains('\n'));
    }

    void conclude_refusalWithoutCode_doesNotAdviseToBeLessStrict() {
        RunEvidence evidence;
        evidence.bootFailure = BootFailure{{}, "2008", {}, "The extra ramdisk '/x' does not exist.", {}, {}};
        QVERIFY(concludeEnd(evidence).advice.isEmpty());
        evidence.bootFailure->eCode = "E35";
        QVERIFY(concludeEnd(evidence).advice.contains("strict checking off"));
    }

    void readRefusal_line_givesCodeAndPlace() {
        const auto refusal = readRefusal(
            R"json({"nitro-refusal": {"code": "E35", "stage": "launch", "reason": 12, "section": 2, )json"
            R"json("offset": 544, "file": "/e.eif", )json"
            R"json("message": "E35: Bad (section 2, byte 544 = 0x220 of the file). (/e.eif)"}})json");
        QVERIFY(refusal);
        QCOMPARE(refusal->eCode, QString("E35"));
        QCOMPARE(refusal->reason, QString("12"));
        QCOMPARE(refusal->offset, 544u);
        QCOMPARE(refusal->section, 2);
        QCOMPARE(refusal->message, QString("E35: Bad (section 2, byte 544 = 0x220 of the file). (/e.eif)"));
        QVERIFY(refusal->stage.isEmpty());
    }

    void readRefusal_ofAnOption_isItsSentence() {
        const auto refusal =
            readRefusal(R"json({"nitro-refusal": {"code": "", "stage": "launch", "option": "module-id", )json"
                        R"json("message": "module-id 'x' does not have the form i-<17 hex digits>"}})json");
        QVERIFY(refusal);
        QVERIFY(refusal->stage.isEmpty() && refusal->eCode.isEmpty() && refusal->reason.isEmpty());
        RunEvidence evidence;
        evidence.bootFailure = refusal;
        evidence.errorLines = QStringList{"qemu-system-x86_64: -M nitro-enclave,module-id=x: words of QEMU"};
        const EndReason reason = concludeEnd(evidence);
        QVERIFY(reason.kind == EndKind::bootFailed);
        QCOMPARE(reason.message, QString("module-id 'x' does not have the form i-<17 hex digits>"));
        QVERIFY(reason.advice.isEmpty());
    }

    void readRefusal_otherWords_giveNothing() {
        QVERIFY(!readRefusal("qemu-system-x86_64: -m 1: too small"));
        QVERIFY(!readRefusal("qemu-system-x86_64: E35: Bad (section 2, byte 544 of the file)."));
        QVERIFY(!readRefusal(R"json({"nitro-refusal": {"code": "E35")json"));
        QVERIFY(!readRefusal({}));
    }
};

QTEST_GUILESS_MAIN(TestEndReason)
#include "tst_end_reason.moc"
