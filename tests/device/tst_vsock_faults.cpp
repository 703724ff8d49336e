// SPDX-License-Identifier: GPL-2.0-or-later
//
// vsock-fault and enclave-break through QMP and the virtqueues: each action does what it says, each match
// chooses what it says, and delays pass on the virtual clock, which stands still here until it is moved. The
// finer points of rules are the core's business (tests/unit/vsock-core/tst_vsock_rules.cpp).
#include "tests/device/support/vsock_host.hpp"

#include <QJsonArray>
#include <QJsonDocument>
#include <QtAlgorithms>
#include <QtTest>

using namespace nitroscope::test;
using namespace Qt::StringLiterals;

namespace {

constexpr qint64 millisecond = 1'000'000;
constexpr quint32 working = 0xf;

const QJsonObject toGuest{{u"direction"_s, u"to-guest"_s}};
const QJsonObject fromGuest{{u"direction"_s, u"from-guest"_s}};

QJsonObject with(QJsonObject object, const QString &key, const QJsonValue &value) {
    object[key] = value;
    return object;
}
QJsonObject data(const QJsonObject &match) {
    return with(match, u"operation"_s, u"rw"_s);
}

} // namespace

class VsockFaults : public QObject {
    Q_OBJECT

private:
    QtestMachine m_machine;
    VsockDriver m_guest{m_machine};
    VsockHostPrograms m_host{m_machine};
    std::optional<VsockPacket> m_flow;
    int m_rule = 0, m_break = 0;

    // Adds a fault rule.
    void fault(const QString &action, const QJsonObject &packet, QJsonObject more = {}) {
        more[u"action"_s] = action;
        more[u"packet"_s] = packet;
        const QJsonObject added = m_machine.command(u"vsock-fault-add"_s, more).toObject();
        m_rule = added[u"id"_s].toInt();
        QVERIFY2(m_rule > 0, QJsonDocument(added).toJson());
    }
    int hits() {
        const QJsonArray rules = m_machine.command(u"vsock-fault-list"_s).toArray();
        for (const QJsonValue rule : rules)
            if (rule.toObject()[u"id"_s].toInt() == m_rule)
                return rule.toObject()[u"hits"_s].toInt();
        return -1;
    }
    // An established flow from the guest to a host program at 8000.
    void establish() {
        m_flow = m_guest.dial(m_host.listenFor(8000));
        QVERIFY(m_flow);
        m_host.accepted();
    }
    void hostSends(const QByteArray &bytes) {
        m_host.accepted().write(bytes);
        m_host.accepted().flush();
    }
    void guestSends(const QByteArray &bytes) { m_guest.send(VsockDriver::with(*m_flow, VSOCK_OP_RW, bytes)); }
    // Lets the device's main loop take in what host programs have sent.
    void settle() {
        for (int i = 0; i < 5; ++i) {
            m_host.query();
            QTest::qWait(10);
        }
    }
    bool hostHas(qsizetype bytes) {
        settle();
        m_host.accepted().waitForReadyRead(1);
        return m_host.accepted().bytesAvailable() >= bytes;
    }
    bool breakAt(const QJsonObject &packet, QJsonObject more = {}) {
        more[u"source"_s] = u"vsock"_s;
        more[u"packet"_s] = packet;
        m_break = m_machine.command(u"enclave-break-add"_s, more).toObject()[u"id"_s].toInt();
        return m_break > 0;
    }

private slots:
    void initTestCase() {
        if (QtestMachine::qemu().isEmpty())
            QSKIP("build/bin/qemu-system-x86_64 has not been built (./workbench build)");
        QVERIFY2(m_machine.start(m_host.arguments({u"7000=echo"_s})), m_machine.errorOutput());
    }
    void init() {
        QCOMPARE(m_guest.start(), working);
        m_guest.offerReceiveBuffers(64);
        m_guest.offerEventBuffers();
        m_machine.command(u"vsock-fault-seed"_s, {{u"seed"_s, 1}});
    }
    void cleanup() {
        m_machine.command(u"vsock-fault-remove"_s);
        m_machine.command(u"enclave-break-remove"_s);
        m_machine.command(u"cont"_s);
        if (QTest::currentTestFailed())
            qInfo().noquote() << m_machine.errorOutput();
    }

    // ---- Actions

    void delay_toGuest_passesOnTheVirtualClock() {
        establish();
        fault(u"delay"_s, data(toGuest), {{u"milliseconds"_s, 100}});
        hostSends("late");
        settle();
        QVERIFY(!m_guest.hasReceived());
        m_machine.advanceClock(99 * millisecond);
        QVERIFY(!m_guest.hasReceived());
        m_machine.advanceClock(2 * millisecond);
        QCOMPARE(m_guest.receiveBytes(*m_flow, 4), QByteArray("late"));
        QCOMPARE(hits(), 1);
    }

    void delay_fromGuest_passesOnTheVirtualClock() {
        establish();
        fault(u"delay"_s, data(fromGuest), {{u"milliseconds"_s, 100}});
        guestSends("late");
        QVERIFY(!hostHas(1));
        m_machine.advanceClock(101 * millisecond);
        QCOMPARE(m_host.read(4), QByteArray("late"));
    }

    void delay_machineStopped_holdsStill() {
        establish();
        fault(u"delay"_s, data(fromGuest), {{u"milliseconds"_s, 50}});
        guestSends("held");
        m_machine.command(u"stop"_s);
        QVERIFY(!hostHas(1)); // real time passes, the guest's does not
        m_machine.command(u"cont"_s);
        QVERIFY(!hostHas(1));
        m_machine.advanceClock(51 * millisecond);
        QCOMPARE(m_host.read(4), QByteArray("held"));
    }

    void delay_withJitter_keepsTheOrder() {
        establish();
        fault(u"delay"_s, data(fromGuest), {{u"milliseconds"_s, 10}, {u"jitter"_s, 50}});
        QByteArray sent;
        for (int i = 0; i < 20; ++i) {
            const QByteArray part = QByteArray::number(i) + ' ';
            sent += part;
            guestSends(part);
        }
        m_machine.advanceClock(2000 * millisecond);
        QCOMPARE(m_host.read(sent.size()), sent);
        QCOMPARE(hits(), 20);
    }

    void drop_ofControlPacket_losesIt() {
        fault(u"drop"_s, {{u"operation"_s, u"response"_s}});
        VsockPacket request;
        request.destinationPort = 7000;
        m_guest.send(request);
        settle();
        QVERIFY(!m_guest.hasReceived());
        QCOMPARE(hits(), 1);
    }

    void drop_ofData_resetsUnlessItMayViolate_data() {
        QTest::addColumn<bool>("violate");
        QTest::newRow("as a real transport") << false;
        QTest::newRow("violating") << true;
    }
    void drop_ofData_resetsUnlessItMayViolate() {
        QFETCH(bool, violate);
        establish();
        fault(u"drop"_s, data(fromGuest), {{u"violate"_s, violate}, {u"count"_s, 1}});
        guestSends("gone");
        if (!violate) {
            const auto answer = m_guest.receive();
            QVERIFY(answer);
            QCOMPARE(answer->op, VSOCK_OP_RST);
            QCOMPARE(m_host.endOf(8000), u"fault"_s);
            return;
        }
        guestSends("here");
        QCOMPARE(m_host.read(4), QByteArray("here"));
    }

    void reset_onData_endsBothSides() {
        establish();
        fault(u"reset"_s, data(toGuest));
        hostSends("x");
        const auto answer = m_guest.receive();
        QVERIFY(answer);
        QCOMPARE(answer->op, VSOCK_OP_RST);
        QVERIFY(VsockHostPrograms::hasEnded(m_host.accepted()));
        QCOMPARE(m_host.endOf(8000), u"fault"_s);
    }

    void refuse_ofARequest_isResetAtOnce() {
        fault(u"refuse"_s, {{u"port"_s, 7000}});
        VsockPacket request;
        request.destinationPort = 7000;
        m_guest.send(request);
        const auto answer = m_guest.receive();
        QVERIFY(answer);
        QCOMPARE(answer->op, VSOCK_OP_RST);
        QCOMPARE(m_host.endOf(7000), u"fault"_s);
    }

    void refuse_ofTheHostsRequest_endsItsConnection() {
        fault(u"refuse"_s, with(toGuest, u"port"_s, 5000));
        auto program = m_host.connectTo(5000);
        QVERIFY(VsockHostPrograms::hasEnded(*program));
        QVERIFY(!m_guest.hasReceived());
    }

    void blackhole_fromOnePacketOn_losesEverythingBothWays() {
        establish();
        fault(u"blackhole"_s, data(fromGuest));
        guestSends("into");
        guestSends("nothing");
        hostSends("back");
        QVERIFY(!hostHas(1));
        QVERIFY(!m_guest.hasReceived());
        // Other flows do not notice.
        QVERIFY(m_guest.dial(7000, 2000));
    }

    void throttle_bytesPerSecond_onTheVirtualClock() {
        establish();
        fault(u"throttle"_s, data(fromGuest), {{u"rate"_s, 1000}});
        guestSends(QByteArray(500, 'a'));
        guestSends(QByteArray(500, 'b'));
        QVERIFY(!hostHas(1));
        m_machine.advanceClock(510 * millisecond);
        QCOMPARE(m_host.read(500), QByteArray(500, 'a'));
        QVERIFY(!hostHas(1));
        m_machine.advanceClock(500 * millisecond);
        QCOMPARE(m_host.read(500), QByteArray(500, 'b'));
    }

    void slice_toGuest_makesManyPackets() {
        establish();
        fault(u"slice"_s, data(toGuest), {{u"bytes"_s, 3}});
        hostSends("0123456789");
        settle();
        for (int i = 0; i < 20; ++i)
            m_machine.advanceClock(millisecond);
        QByteArray all;
        QList<qsizetype> sizes;
        while (all.size() < 10) {
            const auto packet = m_guest.receive();
            QVERIFY(packet && packet->op == VSOCK_OP_RW);
            sizes += packet->payload.size();
            all += packet->payload;
        }
        QCOMPARE(all, QByteArray("0123456789"));
        QCOMPARE(sizes, QList<qsizetype>({3, 3, 3, 1}));
    }

    void corrupt_flipsExactlyOneBit_data() {
        QTest::addColumn<bool>("inbound");
        QTest::newRow("to guest") << true;
        QTest::newRow("from guest") << false;
    }
    void corrupt_flipsExactlyOneBit() {
        QFETCH(bool, inbound);
        establish();
        fault(u"corrupt"_s, data(inbound ? toGuest : fromGuest));
        const QByteArray sent = patternBytes(200);
        inbound ? hostSends(sent) : guestSends(sent);
        const QByteArray got = inbound ? m_guest.receiveBytes(*m_flow, 200) : m_host.read(200);
        QCOMPARE(got.size(), sent.size());
        int bits = 0;
        for (qsizetype i = 0; i < got.size(); ++i)
            bits += qPopulationCount(static_cast<quint8>(got[i] ^ sent[i]));
        QCOMPARE(bits, 1);
    }

    void duplicate_ofData_comesTwiceWhenItMayViolate() {
        establish();
        fault(u"duplicate"_s, data(fromGuest), {{u"violate"_s, true}, {u"count"_s, 1}});
        guestSends("twice");
        QCOMPARE(m_host.read(10), QByteArray("twicetwice"));
    }

    void duplicate_ofControlPacket_comesTwice() {
        fault(u"duplicate"_s, {{u"operation"_s, u"response"_s}});
        QVERIFY(m_guest.dial(7000));
        const auto again = m_guest.receive();
        QVERIFY(again);
        QCOMPARE(again->op, VSOCK_OP_RESPONSE);
    }

    void freezeCredit_fromGuest_tellsOfNoMoreRoom() {
        establish();
        fault(u"freeze-credit"_s, data(fromGuest));
        for (int i = 0; i < 4; ++i)
            guestSends(patternBytes(60000));
        QCOMPARE(m_host.read(240000).size(), qsizetype(240000));
        settle();
        QVERIFY(!m_guest.hasReceived()); // without the fault there would be a CREDIT_UPDATE by now
        m_machine.command(u"vsock-fault-remove"_s, {{u"id"_s, m_rule}});
        const auto update = m_guest.receive();
        QVERIFY(update);
        QCOMPARE(update->op, VSOCK_OP_CREDIT_UPDATE);
        QCOMPARE(update->fwdCnt, 240000u);
    }

    void freezeCredit_toGuest_stopsTheHostsData() {
        establish();
        fault(u"freeze-credit"_s, data(toGuest));
        hostSends("first");
        QCOMPARE(m_guest.receiveBytes(*m_flow, 5), QByteArray("first"));
        hostSends("second");
        settle();
        QVERIFY(!m_guest.hasReceived());
        m_machine.command(u"vsock-fault-remove"_s, {{u"id"_s, m_rule}});
        QCOMPARE(m_guest.receiveBytes(*m_flow, 6), QByteArray("second"));
    }

    void transportReset_onAPacket_isToldThroughTheEventQueue() {
        establish();
        fault(u"transport-reset"_s, with(data(fromGuest), u"text"_s, u"boom"_s), {{u"count"_s, 1}});
        guestSends("harmless");
        QCOMPARE(m_host.read(8), QByteArray("harmless"));
        guestSends("boom");
        QCOMPARE(m_guest.takeEvent(), std::optional<quint32>(0));
        QVERIFY(VsockHostPrograms::hasEnded(m_host.accepted()));
    }

    // ---- Matches, for faults and for breaks alike

    void match_eachMember_choosesItsPackets_data() {
        QTest::addColumn<QJsonObject>("packet");
        QTest::addColumn<int>("hits");
        // play() says which packets there are.
        QTest::newRow("all") << QJsonObject() << 7;
        QTest::newRow("direction") << toGuest << 3;
        QTest::newRow("cid") << QJsonObject{{u"cid"_s, 3}} << 7;
        QTest::newRow("other cid") << QJsonObject{{u"cid"_s, 2}} << 0;
        QTest::newRow("port") << QJsonObject{{u"port"_s, 8000}} << 5;
        QTest::newRow("port range") << QJsonObject{{u"port"_s, 6999}, {u"last-port"_s, 7001}} << 2;
        QTest::newRow("port range of all") << QJsonObject{{u"port"_s, 1}, {u"last-port"_s, 9000}} << 7;
        QTest::newRow("stream") << QJsonObject{{u"kind"_s, u"stream"_s}} << 7;
        QTest::newRow("seqpacket") << QJsonObject{{u"kind"_s, u"seqpacket"_s}} << 0;
        QTest::newRow("operation") << QJsonObject{{u"operation"_s, u"rw"_s}} << 3;
        QTest::newRow("request") << QJsonObject{{u"operation"_s, u"request"_s}} << 2;
        QTest::newRow("nth") << with(fromGuest, u"nth"_s, 2) << 1;
        QTest::newRow("first of each flow") << with(fromGuest, u"nth"_s, 1) << 2;
        QTest::newRow("byte offset in the first") << with(fromGuest, u"offset"_s, 4) << 1;
        QTest::newRow("byte offset in the second") << with(fromGuest, u"offset"_s, 5) << 1;
        QTest::newRow("byte offset that never comes") << with(fromGuest, u"offset"_s, 9) << 0;
        QTest::newRow("text") << QJsonObject{{u"text"_s, u"lph"_s}} << 1;
        QTest::newRow("bytes") << QJsonObject{{u"hex"_s, u"6d6d"_s}} << 1;
        QTest::newRow("text of nobody") << QJsonObject{{u"text"_s, u"omega"_s}} << 0;
    }
    void match_eachMember_choosesItsPackets() {
        QFETCH(QJsonObject, packet);
        QFETCH(int, hits);
        // So fast that it delays nothing.
        fault(u"throttle"_s, packet, {{u"rate"_s, qint64(1'000'000'000'000'000)}});
        QVERIFY(breakAt(packet));
        play();
        QCOMPARE(this->hits(), hits);
        const QJsonArray breaks = m_machine.command(u"enclave-break-list"_s).toArray();
        QCOMPARE(breaks.size(), qsizetype(1));
        QCOMPARE(breaks[0].toObject()[u"hits"_s].toInt(), hits);
    }

    void match_flow_isTheOneOfThatId() {
        establish();
        const qint64 id = m_host.flow(8000)[u"id"_s].toInteger();
        fault(u"reset"_s, {{u"flow"_s, id + 1}});
        const int other = m_rule;
        fault(u"reset"_s, {{u"flow"_s, id}});
        guestSends("x");
        QCOMPARE(m_guest.receive().value_or(VsockPacket()).op, VSOCK_OP_RST);
        QCOMPARE(hits(), 1);
        m_rule = other;
        QCOMPARE(hits(), 0);
    }

    void match_skipAndCount_chooseByNumber() {
        establish();
        fault(u"drop"_s, data(fromGuest), {{u"violate"_s, true}, {u"skip"_s, 1}, {u"count"_s, 2}});
        for (const char letter : {'a', 'b', 'c', 'd'})
            guestSends(QByteArray(1, letter));
        QCOMPARE(m_host.read(2), QByteArray("ad"));
        QCOMPARE(hits(), 2);
    }

    void match_chanceWithSeed_isTheSameEachTime() {
        QList<int> counts;
        for (const int seed : {7, 7, 8}) {
            m_machine.command(u"vsock-fault-seed"_s, {{u"seed"_s, seed}});
            establish();
            fault(u"drop"_s, data(fromGuest), {{u"violate"_s, true}, {u"chance"_s, 50}});
            QByteArray sent;
            for (int i = 0; i < 64; ++i) {
                guestSends(QByteArray(1, static_cast<char>('0' + i)));
                sent += static_cast<char>('0' + i);
            }
            const int count = hits();
            QVERIFY2(count > 10 && count < 54, QByteArray::number(count));
            const QByteArray got = m_host.read(64 - count);
            counts += static_cast<int>(qHash(got, 0) & 0xffffff);
            m_machine.command(u"vsock-fault-remove"_s);
            init();
        }
        QCOMPARE(counts[0], counts[1]);
        QVERIFY(counts[0] != counts[2]);
    }

    void rules_thatMakeNoSense_areRefused_data() {
        QTest::addColumn<QJsonObject>("rule");
        QTest::newRow("delay without a time") << QJsonObject{{u"action"_s, u"delay"_s}};
        QTest::newRow("delay of two hours")
            << QJsonObject{{u"action"_s, u"delay"_s}, {u"milliseconds"_s, 7'200'000}};
        QTest::newRow("throttle without a rate") << QJsonObject{{u"action"_s, u"throttle"_s}};
        QTest::newRow("slice without a size") << QJsonObject{{u"action"_s, u"slice"_s}};
        QTest::newRow("chance 0") << QJsonObject{{u"action"_s, u"reset"_s}, {u"chance"_s, 0}};
        QTest::newRow("chance 101") << QJsonObject{{u"action"_s, u"reset"_s}, {u"chance"_s, 101}};
        QTest::newRow("range backwards") << QJsonObject{
            {u"action"_s, u"reset"_s}, {u"packet"_s, QJsonObject{{u"port"_s, 9}, {u"last-port"_s, 8}}}};
        QTest::newRow("odd hex") << QJsonObject{{u"action"_s, u"reset"_s},
                                                {u"packet"_s, QJsonObject{{u"hex"_s, u"123"_s}}}};
        QTest::newRow("no hex") << QJsonObject{{u"action"_s, u"reset"_s},
                                               {u"packet"_s, QJsonObject{{u"hex"_s, u"zz"_s}}}};
        QTest::newRow("text and hex") << QJsonObject{
            {u"action"_s, u"reset"_s}, {u"packet"_s, QJsonObject{{u"hex"_s, u"00"_s}, {u"text"_s, u"x"_s}}}};
        QTest::newRow("pattern too long") << QJsonObject{
            {u"action"_s, u"reset"_s}, {u"packet"_s, QJsonObject{{u"text"_s, QString(65, u'x')}}}};
    }
    void rules_thatMakeNoSense_areRefused() {
        QFETCH(QJsonObject, rule);
        const QJsonObject answer = m_machine.command(u"vsock-fault-add"_s, rule).toObject();
        QVERIFY(!answer[u"error"_s].toObject()[u"desc"_s].toString().isEmpty());
        QCOMPARE(m_machine.command(u"vsock-fault-list"_s).toArray().size(), qsizetype(0));
    }

    void rules_moreThan64_areRefused() {
        for (int i = 0; i < 64; ++i)
            fault(u"reset"_s, {{u"port"_s, 60000}});
        QVERIFY(m_machine
                    .command(u"vsock-fault-add"_s,
                             {{u"action"_s, u"reset"_s}, {u"packet"_s, QJsonObject{{u"port"_s, 1}}}})
                    .toObject()
                    .contains(u"error"_s));
    }

    // ---- Breaks

    void break_onAPacket_stopsTheMachineAndSaysWhich() {
        QVERIFY(breakAt({{u"port"_s, 7000}, {u"operation"_s, u"request"_s}}, {{u"count"_s, 1}}));
        VsockPacket request;
        request.destinationPort = 7000;
        m_guest.send(request);
        QJsonObject hit; // those of earlier tests come first
        do {
            hit = m_machine.takeEvent(u"ENCLAVE_BREAK"_s);
        } while (!hit.isEmpty() && hit[u"id"_s].toInt() != m_break);
        QCOMPARE(hit[u"source"_s].toString(), u"vsock"_s);
        QCOMPARE(hit[u"detail"_s].toString(), u"REQUEST from 16:1024 to 3:7000"_s);
        QTRY_COMPARE_WITH_TIMEOUT(m_machine.command(u"query-status"_s).toObject()[u"status"_s].toString(),
                                  u"paused"_s, 60000);
        // Used up, and gone.
        QCOMPARE(m_machine.command(u"enclave-break-list"_s).toArray().size(), qsizetype(0));
        m_machine.command(u"cont"_s);
        const auto answer = m_guest.receive();
        QVERIFY(answer);
        QCOMPARE(answer->op, VSOCK_OP_RESPONSE);
    }

private:
    // What is there next, although breaks stop the machine again and again.
    std::optional<VsockPacket> receiveContinuing() {
        for (int i = 0; i < 1000; ++i) {
            m_machine.command(u"cont"_s);
            if (const auto packet = m_guest.receive(20))
                return packet;
        }
        return std::nullopt;
    }
    QByteArray readContinuing(qsizetype count) {
        for (int i = 0; i < 1000 && m_host.accepted().bytesAvailable() < count; ++i) {
            m_machine.command(u"cont"_s);
            m_host.accepted().waitForReadyRead(20);
        }
        return m_host.accepted().read(count);
    }

    // 16:1024 → 3:8000: REQUEST, RESPONSE, RW "alpha" and "beta" from the guest, RW "gamma" to it;
    // 16:1025 → 3:7000: REQUEST, RESPONSE.
    void play() {
        VsockPacket flow;
        flow.destinationPort = m_host.listenFor(8000);
        m_guest.send(flow);
        QCOMPARE(receiveContinuing().value_or(VsockPacket()).op, VSOCK_OP_RESPONSE);
        m_host.accepted();
        for (const QByteArray word : {"alpha", "beta"}) {
            m_guest.send(VsockDriver::with(flow, VSOCK_OP_RW, word));
            QCOMPARE(readContinuing(word.size()), word);
        }
        hostSends("gamma");
        QCOMPARE(receiveContinuing().value_or(VsockPacket()).payload, QByteArray("gamma"));
        VsockPacket other;
        other.sourcePort = 1025;
        other.destinationPort = 7000;
        m_guest.send(other);
        QCOMPARE(receiveContinuing().value_or(VsockPacket()).op, VSOCK_OP_RESPONSE);
    }
};

QTEST_GUILESS_MAIN(VsockFaults)
#include "tst_vsock_faults.moc"
