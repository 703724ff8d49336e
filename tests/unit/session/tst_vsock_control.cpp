// SPDX-License-Identifier: GPL-2.0-or-later
//
// Breaks, faults and routes of vsock on their way to the machine and back, and where enclaves are noted.
#include "app/session/registry/enclave_registry.hpp"
#include "app/session/registry/vsock_places.hpp"
#include "tests/support/session/fake_vsock.hpp"

#include <algorithm>
#include <array>
#include <QFile>
#include <QFileInfo>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <thread>
#include <unistd.h>

using namespace nitroscope::app;
namespace qmp = nitroscope::qmp;

namespace {

qmp::VsockFaultRule fullFault() {
    qmp::VsockFaultRule rule;
    rule.action = QStringLiteral("delay");
    rule.packet = {
        QStringLiteral("to-guest"), 7, 3, 8000, 8010, QStringLiteral("stream"), QStringLiteral("rw"), 2, 100,
        QStringLiteral("GET"),      {}};
    rule.milliseconds = 200;
    rule.jitter = 50;
    rule.skip = 1;
    rule.count = 3;
    rule.chance = 25;
    return rule;
}

} // namespace

class TestVsockControl : public QObject {
    Q_OBJECT
private slots:
    void fault_everyMember_isSentAndReadBack() {
        const QJsonObject sent = qmp::toArguments(fullFault());
        const QJsonObject packet = sent.value(QLatin1String("packet")).toObject();
        QCOMPARE(sent.size(), 7);
        QCOMPARE(packet.size(), 10);
        QCOMPARE(packet.value(QLatin1String("last-port")).toInt(), 8010);
        QJsonObject answer = sent;
        answer.insert(QStringLiteral("id"), 4);
        answer.insert(QStringLiteral("hits"), 9);
        const auto rules = qmp::readVsockFaults(QJsonArray{answer});
        QVERIFY(rules && rules->size() == 1);
        QCOMPARE(qmp::toArguments(rules->first()), sent);
        QCOMPARE(rules->first().hits, quint64(9));
    }

    void fault_withoutConditions_sendsOnlyTheAction() {
        qmp::VsockFaultRule rule;
        rule.action = QStringLiteral("transport-reset");
        QCOMPARE(qmp::toArguments(rule), (QJsonObject{{QStringLiteral("action"), rule.action}}));
    }

    void answers_thatMakeNoSense_areErrors() {
        QVERIFY(!qmp::readVsockFaults(QJsonObject()));
        QVERIFY(!qmp::readVsockFaults(QJsonArray{QJsonObject{{QStringLiteral("action"), 1}}}));
        QVERIFY(!qmp::readVsockBreaks(
            QJsonArray{QJsonObject{{QStringLiteral("source"), QStringLiteral("vsock")}}}));
        QVERIFY(!qmp::readVsockRoutes(QJsonValue()));
        QVERIFY(!qmp::readVsockInfo(QJsonObject{{QStringLiteral("guest-cid"), 16}}));
        QVERIFY(!qmp::readVsockInfo(QJsonObject()));
    }

    void ruleText_saysEverything() {
        QCOMPARE(
            ruleText(fullFault()),
            QStringLiteral("Fault: delay 200 ms and up to 50 ms more, the 2. of the RW packets to the "
                           "guest of flow 7 of ports 8000–8010 with CID 3 of stream sockets with byte 100 "
                           "containing “GET”, 25 %, after 1, 3×"));
        QCOMPARE(ruleText(qmp::VsockBreakRule{}), QStringLiteral("Break on every packet"));
    }

    void rules_addedAndRemoved_areReported() {
        VsockControl control;
        FakeVsock machine;
        QSignalSpy rules(&control, &VsockControl::rulesChanged),
            routes(&control, &VsockControl::routesChanged);
        control.setSender(machine.sender());
        control.add(qmp::VsockBreakRule{});
        control.add(fullFault());
        QCOMPARE(control.rules().size(), 2);
        control.addRoute({8000, QStringLiteral("echo")});
        QCOMPARE(control.routes(), (QVector<qmp::VsockRoute>{{8000, QStringLiteral("echo")}}));
        control.remove(VsockRule::Kind::fault, control.rules().last().id);
        QCOMPARE(control.rules().size(), 1);
        control.removeRoute({8000, QStringLiteral("echo")});
        QVERIFY(control.routes().isEmpty());
        control.setSender({}); // the run has ended
        QVERIFY(control.rules().isEmpty());
        QCOMPARE(rules.count(), 4);
        QCOMPARE(routes.count(), 2);
    }

    void change_refusedOrWithoutAMachine_isTold() {
        VsockControl control;
        QSignalSpy refused(&control, &VsockControl::refused);
        control.add(fullFault());
        QCOMPARE(refused.count(), 1);
        FakeVsock machine;
        control.setSender(machine.sender());
        machine.refuseNext(QStringLiteral("no such CID"));
        control.addRoute({1, QStringLiteral("nonsense")});
        QCOMPARE(refused.count(), 2);
        QCOMPARE(refused.last().first().value<Error>().message, QStringLiteral("no such CID"));
    }

    void places_onlyLivingRuns_countAndGetDifferentCids() {
        QTemporaryDir dir;
        const QString base = dir.filePath(QStringLiteral("base"));
        auto first = RuntimeFolder::create(base);
        QVERIFY(first.has_value());
        const VsockPlace wanted{0, QStringLiteral("/tmp/a")};
        const auto cidOf = [&](const QString &folder) {
            const auto place = claimVsockPlace(folder, wanted, base);
            return place ? place->cid : 0;
        };
        QCOMPARE(cidOf(first->path()), quint64(16));
        QCOMPARE(runningVsockPlaces(base).first().path, QStringLiteral("/tmp/a"));
        auto second = RuntimeFolder::create(base);
        QCOMPARE(cidOf(second->path()), quint64(17));
        // Left by a crash: a note, and a lock that nobody holds.
        const QString stale = base + QStringLiteral("/run-stale1");
        QVERIFY(QDir().mkpath(stale));
        QVERIFY(QFile(stale + QStringLiteral("/.lock")).open(QIODevice::WriteOnly));
        QCOMPARE(cidOf(stale), quint64(18));
        auto third = RuntimeFolder::create(base);
        QCOMPARE(cidOf(third->path()), quint64(18));
        const auto taken = claimVsockPlace(third->path(), {17, QStringLiteral("/tmp/b")}, base);
        QCOMPARE(taken.error().code, QStringLiteral("cid-in-use"));
        QVERIFY(taken.error().message.contains(QStringLiteral("choose another CID")));
        // Damaged.
        QFile note(first->filePath(QStringLiteral("vsock.json")));
        QVERIFY(note.open(QIODevice::WriteOnly) && note.write("{\"cid\":16,\"path\":\"rel") > 0);
        note.close();
        QCOMPARE(runningVsockPlaces(base).size(), 2);
    }

    void places_chosenAtTheSameTime_areDifferent() {
        QTemporaryDir dir;
        const QString base = dir.filePath(QStringLiteral("base"));
        constexpr int count = 12;
        std::vector<RuntimeFolder> folders;
        for (int i = 0; i < count; ++i)
            folders.push_back(RuntimeFolder::create(base).value());
        std::array<quint64, count> cids{};
        {
            std::vector<std::jthread> threads;
            for (int i = 0; i < count; ++i)
                threads.emplace_back([&, i] {
                    // On a busy machine a turn may take longer than the patience of a window.
                    Result<VsockPlace> place = tl::unexpected(Error{});
                    while (!place)
                        place =
                            claimVsockPlace(folders[size_t(i)].path(), {0, QStringLiteral("/tmp/a")}, base);
                    cids[size_t(i)] = place->cid;
                });
        }
        std::ranges::sort(cids);
        for (int i = 0; i < count; ++i)
            QCOMPARE(cids[size_t(i)], quint64(16 + i));
    }

    void places_whileAnotherChooses_wait() {
        QTemporaryDir dir;
        const QString base = dir.filePath(QStringLiteral("base"));
        const auto folder = RuntimeFolder::create(base);
        auto lock = FolderLock::take(base, {});
        QVERIFY(lock.has_value());
        const auto refused = claimVsockPlace(folder->path(), {0, QStringLiteral("/tmp/a")}, base);
        QCOMPARE(refused.error().code, QStringLiteral("vsock-busy"));
        QCOMPARE(RuntimeFolder::create(base).error().code, QStringLiteral("runtime-folder-busy"));
        lock.reset();
        QVERIFY(claimVsockPlace(folder->path(), {0, QStringLiteral("/tmp/a")}, base).has_value());
    }

    void registry_recordOverItsOldLimit_keepsTheRunningEnclave() {
        QTemporaryDir dir;
        const EnclaveRegistry registry(dir.filePath(QStringLiteral("enclaves")));
        EnclaveRequest request;
        request.name = QStringLiteral("talkative");
        EnclaveRecord record = registry.enter(request).value();
        for (int i = 0; i < EnclaveRecord::mostWarnings; ++i)
            record.warnings << QStringLiteral("%1 ").arg(i) + QString(30'000, u'w');
        QVERIFY(registry.update(record).has_value());
        const auto records = registry.list().value();
        QCOMPARE(records.size(), 1);
        QCOMPARE(records.first().id, record.id);
        QCOMPARE(records.first().warnings.size(), EnclaveRecord::mostWarnings);
        QVERIFY(records.first().warnings.last().startsWith(QStringLiteral("19 w")));
    }

    void registry_recordTooLargeToRead_isLeftAlone() {
        QTemporaryDir dir;
        const EnclaveRegistry registry(dir.filePath(QStringLiteral("enclaves")));
        EnclaveRequest request;
        request.name = QStringLiteral("huge");
        const EnclaveRecord record = registry.enter(request).value();
        const QFileInfo console(registry.consolePath(record.id));
        QFile file(console.path() + QStringLiteral("/record.json"));
        QVERIFY(file.open(QIODevice::Append) && file.write(QByteArray(2 << 20, ' ')) > 0);
        file.close();
        QVERIFY(registry.list()->isEmpty());
        QVERIFY(QFileInfo::exists(console.path()));
    }

    void places_ofDetachedEnclaves_countBeforeTheirMachineRuns() {
        QTemporaryDir dir;
        const QString base = dir.filePath(QStringLiteral("base"));
        const auto folder = RuntimeFolder::create(base);
        const EnclaveRegistry registry(EnclaveRegistry::folderIn(base));
        EnclaveRequest request;
        request.name = QStringLiteral("detached");
        EnclaveRecord record = registry.enter(request).value();
        QCOMPARE(record.cid, quint64(16));
        // This process's own enclave takes what it was given; one of somebody else keeps it.
        QCOMPARE(claimVsockPlace(folder->path(), {0, QStringLiteral("/tmp/a")}, base)->cid, quint64(16));
        record.process = processNamed(getppid()).value();
        QVERIFY(registry.update(record).has_value());
        QFile::remove(folder->filePath(QStringLiteral("vsock.json")));
        QCOMPARE(claimVsockPlace(folder->path(), {0, QStringLiteral("/tmp/a")}, base)->cid, quint64(17));
    }
};

QTEST_GUILESS_MAIN(TestVsockControl)
#include "tst_vsock_control.moc"
