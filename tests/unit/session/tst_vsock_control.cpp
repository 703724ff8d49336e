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
using namespace Qt::Literals::StringLiterals;
namespace qmp = nitroscope::qmp;

namespace {

qmp::VsockFaultRule fullFault() {
    qmp::VsockFaultRule rule;
    rule.action = u"delay"_s;
    rule.packet = {u"to-guest"_s, 7, 3, 8000, 8010, u"stream"_s, u"rw"_s, 2, 100, u"GET"_s, {}};
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
        const QJsonObject packet = sent.value("packet"_L1).toObject();
        QCOMPARE(sent.size(), 7);
        QCOMPARE(packet.size(), 10);
        QCOMPARE(packet.value("last-port"_L1).toInt(), 8010);
        QJsonObject answer = sent;
        answer.insert(u"id"_s, 4);
        answer.insert(u"hits"_s, 9);
        const auto rules = qmp::readVsockFaults(QJsonArray{answer});
        QVERIFY(rules && rules->size() == 1);
        QCOMPARE(qmp::toArguments(rules->first()), sent);
        QCOMPARE(rules->first().hits, quint64(9));
    }

    void fault_withoutConditions_sendsOnlyTheAction() {
        qmp::VsockFaultRule rule;
        rule.action = u"transport-reset"_s;
        QCOMPARE(qmp::toArguments(rule), (QJsonObject{{u"action"_s, rule.action}}));
    }

    void answers_thatMakeNoSense_areErrors() {
        QVERIFY(!qmp::readVsockFaults(QJsonObject()));
        QVERIFY(!qmp::readVsockFaults(QJsonArray{QJsonObject{{u"action"_s, 1}}}));
        QVERIFY(!qmp::readVsockBreaks(QJsonArray{QJsonObject{{u"source"_s, u"vsock"_s}}}));
        QVERIFY(!qmp::readVsockRoutes(QJsonValue()));
        QVERIFY(!qmp::readVsockInfo(QJsonObject{{u"guest-cid"_s, 16}}));
        QVERIFY(!qmp::readVsockInfo(QJsonObject()));
    }

    void ruleText_saysEverything() {
        QCOMPARE(ruleText(fullFault()),
                 u"Fault: delay 200 ms and up to 50 ms more, the 2. of the RW packets to the "
                 "guest of flow 7 of ports 8000–8010 with CID 3 of stream sockets with byte 100 "
                 "containing “GET”, 25 %, after 1, 3×"_s);
        QCOMPARE(ruleText(qmp::VsockBreakRule{}), u"Break on every packet"_s);
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
        control.addRoute({8000, u"echo"_s});
        QCOMPARE(control.routes(), (QVector<qmp::VsockRoute>{{8000, u"echo"_s}}));
        control.remove(qmp::MachineRule::Kind::fault, control.rules().last().id);
        QCOMPARE(control.rules().size(), 1);
        control.removeRoute({8000, u"echo"_s});
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
        machine.refuseNext(u"no such CID"_s);
        control.addRoute({1, u"nonsense"_s});
        QCOMPARE(refused.count(), 2);
        QCOMPARE(refused.last().first().value<Error>().message, u"no such CID"_s);
    }

    void places_onlyLivingRuns_countAndGetDifferentCids() {
        QTemporaryDir dir;
        const QString base = dir.filePath(u"base"_s);
        auto first = RuntimeFolder::create(base);
        QVERIFY(first.has_value());
        const VsockPlace wanted{0, u"/tmp/a"_s};
        const auto cidOf = [&](const QString &folder) {
            const auto place = claimVsockPlace(folder, wanted, base);
            return place ? place->cid : 0;
        };
        QCOMPARE(cidOf(first->path()), quint64(16));
        QCOMPARE(runningVsockPlaces(base).first().path, u"/tmp/a"_s);
        auto second = RuntimeFolder::create(base);
        QCOMPARE(cidOf(second->path()), quint64(17));
        // Left by a crash: a note, and a lock that nobody holds.
        const QString stale = base + u"/run-stale1"_s;
        QVERIFY(QDir().mkpath(stale));
        QVERIFY(QFile(stale + u"/.lock"_s).open(QIODevice::WriteOnly));
        QCOMPARE(cidOf(stale), quint64(18));
        auto third = RuntimeFolder::create(base);
        QCOMPARE(cidOf(third->path()), quint64(18));
        const auto taken = claimVsockPlace(third->path(), {17, u"/tmp/b"_s}, base);
        QCOMPARE(taken.error().code, u"cid-in-use"_s);
        QVERIFY(taken.error().message.contains(u"choose another CID"_s));
        // Damaged.
        QFile note(first->filePath(u"vsock.json"_s));
        QVERIFY(note.open(QIODevice::WriteOnly) && note.write("{\"cid\":16,\"path\":\"rel") > 0);
        note.close();
        QCOMPARE(runningVsockPlaces(base).size(), 2);
    }

    void places_chosenAtTheSameTime_areDifferent() {
        QTemporaryDir dir;
        const QString base = dir.filePath(u"base"_s);
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
                        place = claimVsockPlace(folders[size_t(i)].path(), {0, u"/tmp/a"_s}, base);
                    cids[size_t(i)] = place->cid;
                });
        }
        std::ranges::sort(cids);
        for (int i = 0; i < count; ++i)
            QCOMPARE(cids[size_t(i)], quint64(16 + i));
    }

    void places_whileAnotherChooses_wait() {
        QTemporaryDir dir;
        const QString base = dir.filePath(u"base"_s);
        const auto folder = RuntimeFolder::create(base);
        auto lock = FolderLock::take(base, {});
        QVERIFY(lock.has_value());
        const auto refused = claimVsockPlace(folder->path(), {0, u"/tmp/a"_s}, base);
        QCOMPARE(refused.error().code, u"vsock-busy"_s);
        QCOMPARE(RuntimeFolder::create(base).error().code, u"runtime-folder-busy"_s);
        lock.reset();
        QVERIFY(claimVsockPlace(folder->path(), {0, u"/tmp/a"_s}, base).has_value());
    }

    void registry_recordOverItsOldLimit_keepsTheRunningEnclave() {
        QTemporaryDir dir;
        const EnclaveRegistry registry(dir.filePath(u"enclaves"_s));
        EnclaveRequest request;
        request.name = u"talkative"_s;
        EnclaveRecord record = registry.enter(request).value();
        for (int i = 0; i < EnclaveRecord::maxWarnings; ++i)
            record.warnings << u"%1 "_s.arg(i) + QString(30'000, u'w');
        QVERIFY(registry.update(record).has_value());
        const auto records = registry.list().value();
        QCOMPARE(records.size(), 1);
        QCOMPARE(records.first().id, record.id);
        QCOMPARE(records.first().warnings.size(), EnclaveRecord::maxWarnings);
        QVERIFY(records.first().warnings.last().startsWith(u"19 w"_s));
    }

    void registry_recordTooLargeToRead_isLeftAlone() {
        QTemporaryDir dir;
        const EnclaveRegistry registry(dir.filePath(u"enclaves"_s));
        EnclaveRequest request;
        request.name = u"huge"_s;
        const EnclaveRecord record = registry.enter(request).value();
        const QFileInfo console(registry.consolePath(record.id));
        QFile file(console.path() + u"/record.json"_s);
        QVERIFY(file.open(QIODevice::Append) && file.write(QByteArray(2 << 20, ' ')) > 0);
        file.close();
        QVERIFY(registry.list()->isEmpty());
        QVERIFY(QFileInfo::exists(console.path()));
    }

    void places_ofDetachedEnclaves_countBeforeTheirMachineRuns() {
        QTemporaryDir dir;
        const QString base = dir.filePath(u"base"_s);
        const auto folder = RuntimeFolder::create(base);
        const EnclaveRegistry registry(EnclaveRegistry::folderIn(base));
        EnclaveRequest request;
        request.name = u"detached"_s;
        EnclaveRecord record = registry.enter(request).value();
        QCOMPARE(record.cid, quint64(16));
        // This process's own enclave takes what it was given; one of somebody else keeps it.
        QCOMPARE(claimVsockPlace(folder->path(), {0, u"/tmp/a"_s}, base)->cid, quint64(16));
        record.process = processNamed(getppid()).value();
        QVERIFY(registry.update(record).has_value());
        QFile::remove(folder->filePath(u"vsock.json"_s));
        QCOMPARE(claimVsockPlace(folder->path(), {0, u"/tmp/a"_s}, base)->cid, quint64(17));
    }
};

QTEST_GUILESS_MAIN(TestVsockControl)
#include "tst_vsock_control.moc"
