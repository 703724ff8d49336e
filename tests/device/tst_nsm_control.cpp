// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the user does to the NSM from outside: faults, breaks, snapshots, resets in the middle of a request,
// and the machine's options for documents. The guest's side is played through qtest.
#include "app/proto/pcapng/capture_reader.hpp"
#include "tests/device/support/nsm_driver.hpp"
#include "tests/device/support/snapshot_disk.hpp"
#include "tests/unit/nsm/document_parts.hpp"

#include <algorithm>
#include <QCryptographicHash>
#include <QFileInfo>
#include <QJsonArray>
#include <QtTest>

using namespace nitroscope::test;
using namespace nitroscope::test::nsm_request;
using namespace Qt::StringLiterals;

namespace {

constexpr quint64 millisecond = 1'000'000;
constexpr int patienceMs = 60000;

QByteArray errorAnswer(const QByteArray &name) {
    return '\xa1' + text("Error") + text(name);
}

const QByteArray describedPcr = '\xa1' + text("DescribePCR");
const QByteArray internalError = errorAnswer("InternalError");

// The first certificate of a PEM file, as DER.
QByteArray certificateIn(const QString &path) {
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return {};
    const QByteArray pem = file.readAll(), begin = "-----BEGIN CERTIFICATE-----";
    const qsizetype start = pem.indexOf(begin) + begin.size();
    return QByteArray::fromBase64(pem.mid(start, pem.indexOf("-----END CERTIFICATE", start) - start));
}

} // namespace

class NsmControl : public QObject {
    Q_OBJECT

private:
    // A machine with a working NSM driver in it.
    struct Machine : QtestMachine {
        NsmDriver nsm{*this};
        bool run(const QStringList &arguments = {}) {
            return start(QStringList{u"-m"_s, u"64M"_s} + arguments) && nsm.start() == 0xf;
        }
    };

    QJsonObject pcrInfo(QtestMachine &machine, int index) {
        return machine.command(u"query-nsm"_s).toObject()[u"pcrs"_s].toArray()[index].toObject();
    }
    QString runState(QtestMachine &machine) {
        return machine.command(u"query-status"_s).toObject()[u"status"_s].toString();
    }
    // Of the reply to a command that is to fail.
    QString failure(const QJsonValue &reply) {
        return reply.toObject()[u"error"_s].toObject()[u"desc"_s].toString();
    }
    QByteArray document(Machine &machine) {
        return documentOf(machine.nsm.ask(attestation("data", "nonce"))).value_or(QByteArray());
    }
    QString rootFile() const { return m_data.filePath(u"nitroscope/pki/root.pem"_s); }
    QStringList diskArguments() const {
        return {u"-drive"_s, u"if=none,id=snapshots,format=qcow2,file="_s + m_data.filePath(u"disk"_s)};
    }
    QString monitor(QtestMachine &machine, const QString &line) {
        return machine.command(u"human-monitor-command"_s, {{u"command-line"_s, line}}).toString();
    }

private slots:
    void initTestCase() {
        if (QtestMachine::qemu().isEmpty())
            QSKIP("build/bin/qemu-system-x86_64 has not been built (./workbench build)");
        qputenv("XDG_DATA_HOME", m_data.path().toUtf8()); // the user's root must not be this test's
    }
    void init() { QVERIFY(writeSnapshotDisk(m_data.filePath(u"disk"_s))); }

    void fault_onAPcr_actsAsOftenAsAsked() {
        Machine machine;
        QVERIFY2(machine.run(), machine.errorOutput());
        machine.command(u"nsm-fault-add"_s, {{u"action"_s, u"error"_s},
                                             {u"error"_s, u"InternalError"_s},
                                             {u"pcr"_s, 16},
                                             {u"skip"_s, 1},
                                             {u"count"_s, 2}});
        QVERIFY(machine.nsm.ask(describePcr(17)).startsWith(describedPcr));
        QVERIFY(machine.nsm.ask(describePcr(16)).startsWith(describedPcr)); // skipped
        QCOMPARE(machine.nsm.ask(extendPcr(16, "x")), internalError);
        const QJsonArray rules = machine.command(u"nsm-fault-list"_s).toArray();
        QCOMPARE(rules.size(), 1);
        QCOMPARE(rules[0].toObject()[u"hits"_s].toInt(), 1);
        QCOMPARE(machine.nsm.ask(describePcr(16)), internalError);
        QVERIFY(machine.nsm.ask(describePcr(16)).startsWith(describedPcr));
        QCOMPARE(machine.command(u"nsm-fault-list"_s).toArray().size(), 0);
        QCOMPARE(pcrInfo(machine, 16)[u"value"_s].toString(), QString(96, u'0')); // it extended nothing
    }

    void fault_delay_countsVirtualTime() {
        Machine machine;
        QVERIFY2(machine.run(), machine.errorOutput());
        machine.command(u"nsm-fault-add"_s,
                        {{u"action"_s, u"delay"_s}, {u"milliseconds"_s, 500}, {u"count"_s, 1}});
        machine.nsm.post(describePcr(16));
        machine.advanceClock(499 * millisecond);
        QVERIFY(!machine.nsm.response());
        machine.advanceClock(2 * millisecond);
        QVERIFY(machine.nsm.response().value_or("").startsWith(describedPcr));
    }

    void fault_drop_isForThatRequestOnly() {
        Machine machine;
        QVERIFY2(machine.run(), machine.errorOutput());
        machine.command(u"nsm-fault-add"_s,
                        {{u"action"_s, u"drop"_s}, {u"request"_s, u"ExtendPCR"_s}, {u"count"_s, 1}});
        machine.nsm.post(extendPcr(16, "x"));
        machine.advanceClock(1000 * millisecond);
        QVERIFY(!machine.nsm.response());
        QVERIFY(machine.nsm.ask(describePcr(16)).startsWith(describedPcr));
        QCOMPARE(pcrInfo(machine, 16)[u"value"_s].toString(), QString(96, u'0'));
    }

    void fault_ofADocument_failsItsVerification_data() {
        QTest::addColumn<QString>("action");
        for (const char *action : {"corrupt-document", "corrupt-signature", "expired-leaf", "wrong-root"})
            QTest::newRow(action) << QString::fromLatin1(action);
    }
    void fault_ofADocument_failsItsVerification() {
        QFETCH(QString, action);
        Machine machine;
        QVERIFY2(machine.run(), machine.errorOutput());
        const QByteArray good = document(machine);
        QVERIFY(verifies(good, certificateIn(rootFile())));
        machine.command(u"nsm-fault-add"_s, {{u"action"_s, action}, {u"count"_s, 1}});
        const QByteArray bad = document(machine);
        QVERIFY(!bad.isEmpty());
        QVERIFY(!verifies(bad, certificateIn(rootFile())));
        QVERIFY(verifies(document(machine), certificateIn(rootFile())));
    }

    void fault_staleTimestamp_datesBack() {
        Machine machine;
        QVERIFY2(machine.run(), machine.errorOutput());
        const quint64 now = takeApart(document(machine))->timestamp;
        machine.command(u"nsm-fault-add"_s,
                        {{u"action"_s, u"stale-timestamp"_s}, {u"milliseconds"_s, 86400000}});
        const quint64 stale = takeApart(document(machine))->timestamp;
        QVERIFY(stale >= now - 86400000 && stale < now);
    }

    void fault_byChance_repeatsWithItsSeed() {
        Machine machine;
        QVERIFY2(machine.run(), machine.errorOutput());
        machine.command(u"nsm-fault-add"_s,
                        {{u"action"_s, u"error"_s}, {u"error"_s, u"InternalError"_s}, {u"chance"_s, 50}});
        const auto pattern = [&] {
            machine.command(u"nsm-fault-seed"_s, {{u"seed"_s, 7}});
            QByteArray hits;
            for (int i = 0; i < 24; ++i)
                hits += machine.nsm.ask(describePcr(16)) == internalError ? '1' : '0';
            return hits;
        };
        const QByteArray first = pattern();
        QVERIFY2(first.count('1') > 2 && first.count('0') > 2, first);
        QCOMPARE(pattern(), first);
    }

    void control_refusesNonsenseInWords() {
        Machine machine;
        QVERIFY2(machine.run(), machine.errorOutput());
        const auto add = [&](const QJsonObject &rule) {
            return failure(machine.command(u"nsm-fault-add"_s, rule));
        };
        QCOMPARE(add({{u"action"_s, u"error"_s}}), u"action 'error' needs an 'error'"_s);
        QVERIFY(add({{u"action"_s, u"error"_s}, {u"error"_s, u"Nope"_s}}).contains(u"InvalidIndex"_s));
        QCOMPARE(add({{u"action"_s, u"delay"_s}}), u"action 'delay' needs 'milliseconds'"_s);
        QVERIFY(add({{u"action"_s, u"delay"_s}, {u"milliseconds"_s, 3600001}}).contains(u"3600000"_s));
        QVERIFY(add({{u"action"_s, u"drop"_s}, {u"pcr"_s, 32}}).contains(u"31"_s));
        QVERIFY(add({{u"action"_s, u"drop"_s}, {u"chance"_s, 0}}).contains(u"1 to 100"_s));
        QVERIFY(failure(machine.command(u"nsm-fault-remove"_s, {{u"id"_s, 3}})).contains(u"3"_s));
        const auto stop = [&](const QJsonObject &rule) {
            return failure(machine.command(u"enclave-break-add"_s, rule));
        };
        QVERIFY(stop({{u"source"_s, u"nsm"_s}, {u"request"_s, u"Nope"_s}}).contains(u"ExtendPCR"_s));
        QVERIFY(stop({{u"source"_s, u"nsm"_s}, {u"stage"_s, u"crc"_s}}).contains(u"'stage'"_s));
        QVERIFY(stop({{u"source"_s, u"boot-stage"_s}, {u"pcr"_s, 1}}).contains(u"'pcr'"_s));
        QVERIFY(failure(machine.command(u"enclave-break-remove"_s, {{u"id"_s, 3}})).contains(u"3"_s));
        for (int i = 0; i < 32; ++i)
            QCOMPARE(add({{u"action"_s, u"drop"_s}}), QString());
        QVERIFY(add({{u"action"_s, u"drop"_s}}).contains(u"32"_s));
    }

    void break_onARequest_stopsBeforeItHasAnyEffect() {
        Machine machine;
        QVERIFY2(machine.run(), machine.errorOutput());
        const QJsonObject added =
            machine
                .command(u"enclave-break-add"_s,
                         {{u"source"_s, u"nsm"_s}, {u"request"_s, u"ExtendPCR"_s}, {u"pcr"_s, 16}})
                .toObject();
        QVERIFY(machine.nsm.ask(extendPcr(17, "x")).size() > 0);
        QVERIFY(machine.nsm.ask(describePcr(16)).startsWith(describedPcr));
        machine.nsm.post(extendPcr(16, "x"));
        const QJsonObject hit = machine.takeEvent(u"ENCLAVE_BREAK"_s);
        QCOMPARE(hit[u"id"_s], added[u"id"_s]);
        QCOMPARE(hit[u"request"_s].toString(), u"ExtendPCR"_s);
        QCOMPARE(hit[u"pcr"_s].toInt(), 16);
        QCOMPARE(hit[u"transaction"_s].toInt(), 3);
        QVERIFY(!hit.contains(u"error"_s));
        machine.takeEvent(u"STOP"_s);
        QCOMPARE(runState(machine), u"paused"_s);
        QVERIFY(!machine.nsm.response());
        QCOMPARE(pcrInfo(machine, 16)[u"value"_s].toString(), QString(96, u'0'));
        machine.command(u"cont"_s);
        QTRY_VERIFY_WITH_TIMEOUT(machine.nsm.response(), patienceMs);
        QVERIFY(machine.nsm.response()->startsWith('\xa1' + text("ExtendPCR")));
        QVERIFY(pcrInfo(machine, 16)[u"value"_s].toString() != QString(96, u'0'));
        QCOMPARE(runState(machine), u"running"_s);
        const QJsonArray list = machine.command(u"enclave-break-list"_s).toArray();
        QCOMPARE(list[0].toObject()[u"hits"_s].toInt(), 1);
    }

    void break_onAnError_stopsBeforeItIsGiven() {
        Machine machine;
        QVERIFY2(machine.run(), machine.errorOutput());
        machine.command(u"enclave-break-add"_s,
                        {{u"source"_s, u"nsm"_s}, {u"error"_s, u"ReadOnlyIndex"_s}, {u"count"_s, 1}});
        QCOMPARE(machine.nsm.ask(lockPcr(16)), text("LockPCR"));
        machine.nsm.post(lockPcr(16));
        const QJsonObject hit = machine.takeEvent(u"ENCLAVE_BREAK"_s);
        QCOMPARE(hit[u"error"_s].toString(), u"ReadOnlyIndex"_s);
        machine.takeEvent(u"STOP"_s);
        QVERIFY(!machine.nsm.response());
        machine.command(u"cont"_s);
        QTRY_COMPARE_WITH_TIMEOUT(machine.nsm.response().value_or(""), errorAnswer("ReadOnlyIndex"),
                                  patienceMs);
        QCOMPARE(machine.command(u"enclave-break-list"_s).toArray().size(), 0); // used up
        QCOMPARE(machine.nsm.ask(lockPcr(16)), errorAnswer("ReadOnlyIndex"));
    }

    void break_withSkipAndCount_stopsAsOftenAsAsked() {
        Machine machine;
        QVERIFY2(machine.run(), machine.errorOutput());
        machine.command(
            u"enclave-break-add"_s,
            {{u"source"_s, u"nsm"_s}, {u"request"_s, u"DescribePCR"_s}, {u"skip"_s, 1}, {u"count"_s, 1}});
        QVERIFY(machine.nsm.ask(describePcr(16)).startsWith(describedPcr)); // skipped
        const QJsonObject listed = machine.command(u"enclave-break-list"_s).toArray()[0].toObject();
        QCOMPARE(listed[u"skip"_s].toInt(), 0); // what is left of it
        QCOMPARE(listed[u"hits"_s].toInt(), 0);
        machine.nsm.post(describePcr(16));
        QCOMPARE(machine.takeEvent(u"ENCLAVE_BREAK"_s)[u"id"_s], listed[u"id"_s]);
        machine.takeEvent(u"STOP"_s);
        QCOMPARE(machine.command(u"enclave-break-list"_s).toArray().size(), 0); // used up
        machine.command(u"cont"_s);
        QTRY_VERIFY_WITH_TIMEOUT(machine.nsm.response(), patienceMs);
        QVERIFY(machine.nsm.ask(describePcr(16)).startsWith(describedPcr));
    }

    void break_onARangeOfPcrs_meetsLockPcrs() {
        Machine machine;
        QVERIFY2(machine.run(), machine.errorOutput());
        machine.command(u"enclave-break-add"_s, {{u"source"_s, u"nsm"_s}, {u"pcr"_s, 18}});
        QCOMPARE(machine.nsm.ask(lockPcrs(18)), text("LockPCRs"));
        machine.nsm.post(lockPcrs(19));
        QCOMPARE(machine.takeEvent(u"ENCLAVE_BREAK"_s)[u"pcr"_s].toInt(), 19); // its range
        machine.takeEvent(u"STOP"_s);
        QVERIFY(!pcrInfo(machine, 18)[u"locked"_s].toBool());
        machine.command(u"cont"_s);
        QTRY_COMPARE_WITH_TIMEOUT(machine.nsm.response().value_or(""), text("LockPCRs"), patienceMs);
    }

    void reset_inFlight_forgetsTheAnswer_data() {
        QTest::addColumn<bool>("byStatus");
        QTest::newRow("device reset") << true;
        QTest::newRow("queue switched off") << false;
    }
    void reset_inFlight_forgetsTheAnswer() {
        QFETCH(bool, byStatus);
        Machine machine;
        QVERIFY2(machine.run(), machine.errorOutput());
        machine.command(u"nsm-fault-add"_s,
                        {{u"action"_s, u"delay"_s}, {u"milliseconds"_s, 100}, {u"count"_s, 1}});
        machine.nsm.post(describePcr(16));
        if (byStatus)
            machine.nsm.set(MmioRegister::status, 0);
        else
            machine.nsm.set(MmioRegister::queueReady, 0);
        machine.advanceClock(200 * millisecond);
        QVERIFY(!machine.nsm.response());
        QCOMPARE(machine.readMemory(NsmDriver::responseBuffer, 4), QByteArray(4, '\xee'));
        QCOMPARE(machine.nsm.start(), 0xfu);
        QVERIFY(machine.nsm.ask(describePcr(16)).startsWith(describedPcr));
    }

    void snapshot_betweenRequestAndAnswer_answersAfterLoad_data() {
        QTest::addColumn<bool>("stopped");
        QTest::newRow("delayed by a fault") << false;
        QTest::newRow("stopped by a break") << true;
    }
    void snapshot_betweenRequestAndAnswer_answersAfterLoad() {
        QFETCH(bool, stopped);
        {
            Machine machine;
            QVERIFY2(machine.run(diskArguments()), machine.errorOutput());
            if (stopped)
                machine.command(u"enclave-break-add"_s, {{u"source"_s, u"nsm"_s}, {u"pcr"_s, 16}});
            else
                machine.command(u"nsm-fault-add"_s, {{u"action"_s, u"delay"_s}, {u"milliseconds"_s, 50}});
            machine.nsm.post(extendPcr(16, "x"));
            if (stopped)
                machine.takeEvent(u"STOP"_s);
            QCOMPARE(monitor(machine, u"savevm one"_s), QString());
            machine.command(u"quit"_s);
            QVERIFY(machine.waitForExit());
        }
        // Another process takes over, with the rings where they were.
        QtestMachine machine;
        QStringList arguments = QStringList{u"-m"_s, u"64M"_s, u"-loadvm"_s, u"one"_s} + diskArguments();
        if (stopped)
            arguments += u"-S"_s;
        QVERIFY2(machine.start(arguments), machine.errorOutput());
        NsmDriver nsm(machine);
        QCOMPARE(nsm.usedIndex(), quint16(0));
        if (stopped)
            machine.command(u"cont"_s);
        else
            machine.advanceClock(60 * millisecond);
        QTRY_COMPARE_WITH_TIMEOUT(nsm.usedIndex(), quint16(2), patienceMs);
        QCOMPARE(nsm.used(0).head, 0u);
        QCOMPARE(nsm.used(1).head, 1u);
        QVERIFY(machine.readMemory(NsmDriver::responseBuffer, nsm.used(1).length)
                    .startsWith('\xa1' + text("ExtendPCR")));
        QVERIFY(pcrInfo(machine, 16)[u"value"_s].toString() != QString(96, u'0')); // once, not twice:
        QCOMPARE(pcrInfo(machine, 16)[u"value"_s].toString().toLatin1(),
                 QCryptographicHash::hash(QByteArray(48, '\0') + "x", QCryptographicHash::Sha384).toHex());
    }

    void snapshot_carriesAllState() {
        QJsonValue state, faults;
        QByteArray before;
        {
            Machine machine;
            QVERIFY2(machine.run(diskArguments()), machine.errorOutput());
            machine.nsm.ask(extendPcr(16, "x"));
            machine.nsm.ask(lockPcr(17));
            before = document(machine);
            machine.command(u"nsm-fault-add"_s, {{u"action"_s, u"drop"_s}, {u"skip"_s, 100}, {u"pcr"_s, 9}});
            QCOMPARE(monitor(machine, u"savevm one"_s), QString());
            state = machine.command(u"query-nsm"_s);
            faults = machine.command(u"nsm-fault-list"_s);
            // Changed afterwards, and back by loading.
            machine.nsm.ask(extendPcr(16, "y"));
            machine.nsm.ask(lockPcr(18));
            machine.command(u"nsm-fault-remove"_s);
            QVERIFY(machine.command(u"query-nsm"_s) != state);
            QCOMPARE(monitor(machine, u"loadvm one"_s), QString());
            QCOMPARE(machine.command(u"query-nsm"_s), state);
            QCOMPARE(machine.command(u"nsm-fault-list"_s), faults);
            machine.command(u"quit"_s);
            QVERIFY(machine.waitForExit());
        }
        // A process with a root of its own still signs under the snapshot's chain, and numbers on.
        QtestMachine machine;
        const QStringList other{u"-m"_s,      u"64M"_s,
                                u"-M"_s,      u"nitro-enclave,pki-directory="_s + m_data.filePath(u"other"_s),
                                u"-loadvm"_s, u"one"_s};
        QVERIFY2(machine.start(other + diskArguments()), machine.errorOutput());
        QCOMPARE(machine.command(u"query-nsm"_s), state);
        QCOMPARE(machine.command(u"nsm-fault-list"_s), faults);
        NsmDriver nsm(machine);
        nsm.start();
        const auto document = documentOf(nsm.ask(attestation()));
        QVERIFY(document && verifies(*document, certificateIn(rootFile())));
        QCOMPARE(takeApart(*document)->moduleId, takeApart(before)->moduleId);
        QCOMPARE(takeApart(*document)->cabundle, takeApart(before)->cabundle);
        machine.command(u"enclave-break-add"_s, {{u"source"_s, u"nsm"_s}});
        nsm.post(describePcr(0));
        QCOMPARE(machine.takeEvent(u"ENCLAVE_BREAK"_s)[u"transaction"_s].toInt(), 5);
    }

    void changedPcr_isAnEvent() {
        Machine machine;
        QVERIFY2(machine.run(), machine.errorOutput());
        machine.nsm.ask(extendPcr(19, "x"));
        QJsonObject change;
        do {
            change = machine.takeEvent(u"NSM_PCR_CHANGED"_s);
        } while (!change.isEmpty() && change[u"cause"_s].toString() != u"extend"_s);
        QCOMPARE(change[u"index"_s].toInt(), 19);
        QCOMPARE(change[u"value"_s], pcrInfo(machine, 19)[u"value"_s]);
        QCOMPARE(change[u"locked"_s].toBool(), false);
        machine.nsm.ask(lockPcr(19));
        change = machine.takeEvent(u"NSM_PCR_CHANGED"_s);
        QCOMPARE(change[u"cause"_s].toString(), u"lock"_s);
        QCOMPARE(change[u"locked"_s].toBool(), true);
    }

    void changedPcr_againAndAgain_isFewEventsThatCountTheOthers() {
        constexpr int extends = 200, eventPeriodMs = 500;
        Machine machine;
        QVERIFY2(machine.run(), machine.errorOutput());
        QElapsedTimer time;
        time.start();
        for (int i = 0; i < extends; ++i)
            machine.nsm.ask(extendPcr(20, "x"));
        int events = 0, changes = 0;
        QJsonObject last;
        while (changes < extends) {
            const QJsonObject change = machine.takeEvent(u"NSM_PCR_CHANGED"_s);
            QVERIFY(!change.isEmpty());
            if (change[u"index"_s].toInt() != 20)
                continue;
            ++events;
            changes += 1 + change[u"coalesced"_s].toInt();
            last = change;
        }
        QCOMPARE(changes, extends);
        QCOMPARE(last[u"value"_s], pcrInfo(machine, 20)[u"value"_s]);
        QVERIFY2(events <= time.elapsed() / eventPeriodMs + 2, qPrintable(QString::number(events)));
    }

    // Each PCR rests for so long that its next change may be told at once: only a budget bounds what a monitor that
    // nobody reads has to keep.
    void changedPcrs_thatRestBetween_haveABudgetTogether() {
        constexpr int budget = 64, refillMs = 2000, restMs = 1100, rounds = 7;
        Machine machine;
        QVERIFY2(machine.run(), machine.errorOutput());
        QElapsedTimer time;
        time.start();
        for (int round = 0; round < rounds; ++round) {
            for (int pcr = 16; pcr < 32; ++pcr)
                machine.nsm.ask(extendPcr(pcr, "x"));
            QTest::qWait(restMs); // it is about time
        }
        const qint64 refilled = time.elapsed() / refillMs + 1;
        machine.command(u"query-nsm"_s); // what was told before is there now
        const auto told = std::ranges::count_if(machine.events(), [](const QJsonObject &event) {
            return event[u"event"_s] == u"NSM_PCR_CHANGED"_s;
        });
        QVERIFY2(told >= 16, qPrintable(QString::number(told)));
        QVERIFY2(told <= budget + refilled, qPrintable(QString::number(told)));
    }

    void break_onARequestThatChangesMeanwhile_recordsWhatIsProcessed() {
        const QString path = m_data.filePath(u"held.pcapng"_s);
        Machine machine;
        QVERIFY2(machine.run(
                     {u"-M"_s, u"nitro-enclave,capture=cap"_s, u"-chardev"_s, u"file,id=cap,path="_s + path}),
                 machine.errorOutput());
        machine.command(u"enclave-break-add"_s, {{u"source"_s, u"nsm"_s}, {u"count"_s, 2}});
        const auto askStopped = [&](const QByteArray &posted, const QByteArray &later) {
            machine.nsm.post(posted);
            machine.takeEvent(u"STOP"_s);
            machine.writeMemory(NsmDriver::requestBuffer, later);
            machine.command(u"cont"_s);
            QTRY_VERIFY_WITH_TIMEOUT(machine.nsm.response(), patienceMs);
        };
        askStopped(extendPcr(16, "x"), extendPcr(16, "y"));
        askStopped(describePcr(16), describePcr(16));
        QCOMPARE(pcrInfo(machine, 16)[u"value"_s].toString().toLatin1(),
                 QCryptographicHash::hash(QByteArray(48, '\0') + "y", QCryptographicHash::Sha384).toHex());
        machine.command(u"quit"_s);
        QVERIFY(machine.waitForExit());
        QList<QByteArray> requests;
        nitroscope::pcapng::CaptureReader reader([&](const nitroscope::pcapng::Record &record) {
            if (const auto *nsm = std::get_if<nitroscope::pcapng::NsmRecord>(&record.content))
                if (!nsm->isResponse)
                    requests << QByteArray::number(nsm->transaction) + nsm->cbor;
        });
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QVERIFY(readAll(file, reader));
        QCOMPARE(requests, QList<QByteArray>(
                               {'1' + extendPcr(16, "x"), '1' + extendPcr(16, "y"), '2' + describePcr(16)}));
    }

    void options_shapeTheDocuments() {
        Machine machine;
        const QString folder = m_data.filePath(u"own"_s);
        QVERIFY2(
            machine.run({u"-M"_s, u"nitro-enclave,definite-payload=on,region=eu-west-9,nsm-version=1.2.3,"
                                  "module-id=i-0123456789abcdef0-enc0123456789abcdef,pki-directory="_s +
                                      folder}),
            machine.errorOutput());
        const QByteArray description = machine.nsm.ask(text("DescribeNSM"));
        QVERIFY(description.contains("version_minor\x02") && description.contains("version_patch\x03"));
        const QByteArray bytes = document(machine);
        const auto parts = takeApart(bytes);
        QVERIFY(parts);
        QVERIFY(!parts->indefinite);
        QCOMPARE(parts->moduleId, QByteArray("i-0123456789abcdef0-enc0123456789abcdef"));
        QVERIFY(parts->certificate.contains("i-0123456789abcdef0-enc0123456789abcdef.eu-west-9.aws"));
        QVERIFY(verifies(bytes, certificateIn(folder + u"/root.pem"_s)));
        QCOMPARE(QFileInfo(folder + u"/root.pem"_s).permissions() & QFile::Permissions(0x77),
                 QFile::Permissions());
        QVERIFY(!QFileInfo::exists(rootFile()) || certificateIn(rootFile()) != parts->cabundle[0]);
    }

    void options_ownCa_signsInsteadOfTheRoot() {
        // The store's file is a key with its certificate, which is all a CA needs.
        const QString folder = m_data.filePath(u"ca"_s), file = folder + u"/root.pem"_s;
        {
            Machine first;
            QVERIFY2(first.run({u"-M"_s, u"nitro-enclave,pki-directory="_s + folder}), first.errorOutput());
            const QByteArray made = document(first); // and the root with it
            QVERIFY(verifies(made, certificateIn(file)));
        }
        Machine machine;
        QVERIFY2(
            machine.run({u"-M"_s, u"nitro-enclave,ca-key=%1,ca-chain=%1,pki-directory=/nowhere"_s.arg(file)}),
            machine.errorOutput());
        const QByteArray signedByCa = document(machine);
        QVERIFY(verifies(signedByCa, certificateIn(file)));
        QCOMPARE(takeApart(signedByCa)->cabundle[0], certificateIn(file));
    }

    void options_thatMakeNoSense_endQemuWithTheReason_data() {
        QTest::addColumn<QString>("options");
        QTest::addColumn<QByteArray>("reason");
        QTest::newRow("version") << u"nsm-version=1.x"_s << QByteArray("1.x");
        QTest::newRow("key without chain") << u"ca-key=/nowhere/key.pem"_s << QByteArray("chain");
        QTest::newRow("files that are not")
            << u"ca-key=/nowhere/key.pem,ca-chain=/nowhere/chain.pem"_s << QByteArray("/nowhere/key.pem");
    }
    void options_thatMakeNoSense_endQemuWithTheReason() {
        QFETCH(QString, options);
        QFETCH(QByteArray, reason);
        QtestMachine machine;
        QVERIFY(!machine.start({u"-M"_s, u"nitro-enclave,"_s + options}));
        QVERIFY2(machine.errorOutput().contains(reason), machine.errorOutput());
        QCOMPARE(machine.exitCode(), 1);
    }

private:
    QTemporaryDir m_data;
};

QTEST_GUILESS_MAIN(NsmControl)
#include "tst_nsm_control.moc"
