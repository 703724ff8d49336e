// SPDX-License-Identifier: GPL-2.0-or-later
//
// Fault rules and the transaction observer.
#include "document_parts.hpp"
#include "nsm_fixture.hpp"

#include <openssl/x509.h>
#include <QTemporaryDir>
#include <QtTest>

using namespace nitroscope::test;

namespace {

const QByteArray getRandom = "\x69GetRandom";
const QByteArray attest = QByteArray::fromHex("a16b4174746573746174696f6ea0");
const QByteArray extend16 = QByteArray::fromHex("a169457874656e645043528210420102");
const QByteArray extend17 = QByteArray::fromHex("a169457874656e645043528211420102");
const QByteArray lockPcrs17 = QByteArray::fromHex("a1684c6f636b504352738111");

NsmFaultRule rule(NsmFaultAction action, NsmRequestKind kind = NSM_REQUEST_KINDS) {
    NsmFaultRule made{};
    made.kind = kind;
    made.index = -1;
    made.action = action;
    made.error = NSM_INTERNAL_ERROR;
    return made;
}

NsmFaultRule documentFault(NsmFaultAction action) {
    return rule(action, NSM_REQUEST_ATTESTATION);
}

} // namespace

class TestNsmFaults : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder; // one root for all tests
    QByteArray m_path;
    NsmIdentity m_identity{};
    NsmOptions m_options{};

    // What a plain device would send, and the root to trust.
    QByteArray trustedRoot() {
        NsmFixture device(m_options);
        return takeApart(documentOf(device.send(attest)).value_or(QByteArray()))
            .value_or(DocumentParts())
            .cabundle.value(0);
    }

private slots:
    void initTestCase() {
        m_path = m_folder.path().toLocal8Bit() + "/pki";
        m_identity.pki_directory = m_path.constData();
        m_options.identity = &m_identity;
    }

    void error_answersWithItAndDoesNothing() {
        NsmFixture device;
        NsmFaultRule refuse = rule(NSM_FAULT_ERROR, NSM_REQUEST_EXTEND_PCR);
        refuse.error = NSM_READ_ONLY_INDEX;
        QCOMPARE(nsm_fault_add(device.nsm, &refuse), 1u);
        QCOMPARE(device.send(extend16), errorResponse(NSM_READ_ONLY_INDEX));
        QVERIFY(device.changes.isEmpty());
        QCOMPARE(device.send(getRandom).size(), 278); // another kind
        NsmCounters counters;
        nsm_get_counters(device.nsm, &counters);
        QCOMPARE(counters.errors[NSM_READ_ONLY_INDEX], uint64_t(1));
    }
    void index_matchesRequestsThatTouchIt() {
        NsmFixture device;
        NsmFaultRule refuse = rule(NSM_FAULT_ERROR);
        refuse.index = 16;
        nsm_fault_add(device.nsm, &refuse);
        device.send(extend16);
        QCOMPARE(device.last.error, NSM_INTERNAL_ERROR);
        device.send(extend17);
        QCOMPARE(device.last.error, NSM_SUCCESS);
        device.send(lockPcrs17); // locks 0 to 16
        QCOMPARE(device.last.error, NSM_INTERNAL_ERROR);
        device.send(getRandom);
        QCOMPARE(device.last.error, NSM_SUCCESS);
    }
    void skipAndCount_chooseWhichRequests() {
        NsmFixture device;
        NsmFaultRule refuse = rule(NSM_FAULT_ERROR, NSM_REQUEST_GET_RANDOM);
        refuse.quota.skip = 2;
        refuse.quota.count = 3;
        nsm_fault_add(device.nsm, &refuse);
        QByteArray pattern;
        for (int i = 0; i < 8; ++i) {
            device.send(getRandom);
            pattern += device.last.error == NSM_SUCCESS ? '.' : 'x';
        }
        QCOMPARE(pattern, QByteArray("..xxx..."));
        QCOMPARE(nsm_fault_count(device.nsm), size_t(0)); // used up
    }
    void delay_addsUpAndIsBounded() {
        NsmFixture device;
        NsmFaultRule wait = rule(NSM_FAULT_DELAY);
        wait.milliseconds = 1500;
        nsm_fault_add(device.nsm, &wait);
        nsm_fault_add(device.nsm, &wait);
        QCOMPARE(device.send(getRandom).size(), 278);
        QCOMPARE(device.last.delay_ms, 3000u);
        wait.milliseconds = UINT32_MAX;
        nsm_fault_add(device.nsm, &wait);
        device.send(getRandom);
        QCOMPARE(device.last.delay_ms, uint32_t(NSM_DELAY_MAX));
    }
    void drop_givesNoAnswerAndDoesNothing() {
        NsmFixture device;
        const NsmFaultRule drop = rule(NSM_FAULT_DROP);
        nsm_fault_add(device.nsm, &drop);
        QVERIFY(device.send(extend16).isEmpty());
        QCOMPARE(device.last.dropped, 1);
        QVERIFY(device.changes.isEmpty());
    }
    void chance_dependsOnTheSeedAlone() {
        QSet<QByteArray> patterns;
        for (quint64 seed : {1, 1, 2}) {
            NsmFixture device;
            nsm_fault_seed(device.nsm, seed);
            NsmFaultRule refuse = rule(NSM_FAULT_ERROR);
            refuse.quota.chance = 40;
            nsm_fault_add(device.nsm, &refuse);
            QByteArray pattern;
            for (int i = 0; i < 100; ++i) {
                device.send(getRandom);
                pattern += device.last.error == NSM_SUCCESS ? '.' : 'x';
            }
            QVERIFY2(pattern.count('x') > 20 && pattern.count('x') < 60, pattern);
            patterns << pattern;
        }
        QCOMPARE(patterns.size(), 2);
    }
    void add_nonsense_isRefused() {
        NsmFixture device;
        const auto refused = [&](auto change) {
            NsmFaultRule bad = rule(NSM_FAULT_ERROR);
            change(bad);
            return nsm_fault_add(device.nsm, &bad) == 0;
        };
        QVERIFY(refused([](NsmFaultRule &r) { r.error = NSM_SUCCESS; }));
        QVERIFY(refused([](NsmFaultRule &r) { r.error = NSM_ERRORS; }));
        QVERIFY(refused([](NsmFaultRule &r) { r.index = 32; }));
        QVERIFY(refused([](NsmFaultRule &r) { r.index = -2; }));
        QVERIFY(refused([](NsmFaultRule &r) { r.quota.chance = 101; }));
        QVERIFY(refused([](NsmFaultRule &r) { r.action = NSM_FAULT_ACTIONS; }));
        for (unsigned i = 0; i < NSM_FAULTS_MAX; ++i)
            QVERIFY(!refused([](NsmFaultRule &) {}));
        QVERIFY(refused([](NsmFaultRule &) {}));
    }
    void faults_listedAndRemoved_areGone() {
        NsmFixture device;
        const NsmFaultRule drop = rule(NSM_FAULT_DROP), wait = rule(NSM_FAULT_DELAY);
        const uint32_t first = nsm_fault_add(device.nsm, &drop), second = nsm_fault_add(device.nsm, &wait);
        NsmFaultRule read{};
        QCOMPARE(nsm_fault_get(device.nsm, 1, &read), 0);
        QCOMPARE(read.id, second);
        QCOMPARE(read.action, NSM_FAULT_DELAY);
        QCOMPARE(nsm_fault_get(device.nsm, 2, &read), -1);
        QCOMPARE(nsm_fault_remove(device.nsm, first), 0);
        QCOMPARE(nsm_fault_remove(device.nsm, first), -1);
        QCOMPARE(nsm_fault_count(device.nsm), size_t(1));
        QCOMPARE(nsm_fault_remove(device.nsm, 0), 0);
        QCOMPARE(nsm_fault_count(device.nsm), size_t(0));
        QVERIFY(nsm_fault_add(device.nsm, &drop) > second); // ids are not used twice
    }

    void document_damaged_failsVerification_data() {
        QTest::addColumn<int>("action");
        for (const NsmFaultAction action : {NSM_FAULT_CORRUPT_DOCUMENT, NSM_FAULT_CORRUPT_SIGNATURE,
                                            NSM_FAULT_EXPIRED_LEAF, NSM_FAULT_WRONG_ROOT})
            QTest::newRow(nsm_fault_action_name(action)) << int(action);
    }
    void document_damaged_failsVerification() {
        QFETCH(int, action);
        const QByteArray root = trustedRoot();
        NsmFixture device(m_options);
        for (quint64 seed = 0; seed < 20; ++seed) {
            nsm_fault_seed(device.nsm, seed);
            NsmFaultRule fault = documentFault(NsmFaultAction(action));
            fault.quota.count = 1;
            nsm_fault_add(device.nsm, &fault);
            const QByteArray document = documentOf(device.send(attest)).value_or(QByteArray());
            QCOMPARE(device.last.error, NSM_SUCCESS);
            QVERIFY(!document.isEmpty() && !verifies(document, root));
            QVERIFY(verifies(documentOf(device.send(attest)).value_or(QByteArray()),
                             root)); // the next one is good again
        }
    }
    void wrongRoot_isSoundUnderItsOwnRoot() {
        NsmFixture device(m_options);
        const NsmFaultRule fault = documentFault(NSM_FAULT_WRONG_ROOT);
        nsm_fault_add(device.nsm, &fault);
        const QByteArray document = documentOf(device.send(attest)).value_or(QByteArray());
        const QByteArray other = takeApart(document).value_or(DocumentParts()).cabundle.value(0);
        QVERIFY(verifies(document, other));
        QVERIFY(other != trustedRoot());
    }
    void expiredLeaf_isTheOnlyThingWrong() {
        NsmFixture device(m_options);
        const NsmFaultRule fault = documentFault(NSM_FAULT_EXPIRED_LEAF);
        nsm_fault_add(device.nsm, &fault);
        const QByteArray good = documentOf(device.send(attest)).value_or(QByteArray());
        const DocumentParts parts = takeApart(good).value_or(DocumentParts());
        auto at = reinterpret_cast<const unsigned char *>(parts.certificate.constData());
        X509 *leaf = d2i_X509(nullptr, &at, parts.certificate.size());
        const time_t tenMinutesBefore = NsmFixture::startMs / 1000 - 600;
        QCOMPARE(ASN1_TIME_cmp_time_t(X509_get0_notAfter(leaf), tenMinutesBefore), 0);
        X509_free(leaf);
    }
    void staleTimestamp_verifiesButIsOld() {
        NsmFixture device(m_options);
        NsmFaultRule fault = documentFault(NSM_FAULT_STALE_TIMESTAMP);
        fault.milliseconds = 7'200'000;
        nsm_fault_add(device.nsm, &fault);
        const DocumentParts parts =
            takeApart(documentOf(device.send(attest)).value_or(QByteArray())).value_or(DocumentParts());
        QCOMPARE(parts.timestamp, quint64(NsmFixture::startMs - 7'200'000));
    }

    void state_roundTrip_keepsRulesAndSeed() {
        NsmFixture device(m_options), other(m_options);
        nsm_fault_seed(device.nsm, 99);
        NsmFaultRule refuse = rule(NSM_FAULT_ERROR, NSM_REQUEST_GET_RANDOM);
        refuse.quota.chance = 50;
        refuse.quota.skip = 1;
        refuse.quota.count = 40;
        refuse.error = NSM_BUFFER_TOO_SMALL;
        nsm_fault_add(device.nsm, &refuse);
        for (int i = 0; i < 10; ++i)
            device.send(getRandom);
        auto state = std::make_unique<NsmState>();
        nsm_save_state(device.nsm, state.get());
        QCOMPARE(nsm_load_state(other.nsm, state.get()), 0);
        for (int i = 0; i < 50; ++i) {
            device.send(getRandom);
            other.send(getRandom);
            QCOMPARE(other.last.error, device.last.error);
        }
        state->faults[8] = 1000; // chance
        QCOMPARE(nsm_load_state(other.nsm, state.get()), -1);
        state->fault_count = NSM_FAULTS_MAX + 1;
        QCOMPARE(nsm_load_state(other.nsm, state.get()), -1);
    }

    void observer_seesEachTransaction() {
        NsmFixture device;
        NsmFaultRule wait = rule(NSM_FAULT_DELAY, NSM_REQUEST_EXTEND_PCR);
        wait.milliseconds = 5;
        const uint32_t id = nsm_fault_add(device.nsm, &wait);
        const QByteArray random = device.send(getRandom);
        QCOMPARE(device.lastRequest, getRandom);
        QCOMPARE(device.lastResponse, random);
        device.send(extend17);
        device.send("nonsense");
        QCOMPARE(device.transactions.size(), 3);
        QCOMPARE(device.transactions[0].id, uint64_t(1));
        QCOMPARE(device.transactions[0].kind, NSM_REQUEST_GET_RANDOM);
        QCOMPARE(device.transactions[0].index, -1);
        QCOMPARE(device.transactions[0].faults, 0u);
        QVERIFY(device.transactions[0].duration_ns > 0);
        QCOMPARE(device.transactions[1].index, 17);
        QCOMPARE(device.transactions[1].delay_ms, 5u);
        QCOMPARE(device.transactions[1].faults, 1u << NSM_FAULT_DELAY);
        QCOMPARE(device.transactions[0].rule, 0u);
        QCOMPARE(device.transactions[1].rule, id);
        QCOMPARE(device.transactions[2].kind, NSM_REQUEST_UNKNOWN);
        QCOMPARE(device.transactions[2].error, NSM_INVALID_OPERATION);
        QCOMPARE(device.lastResponse, errorResponse(NSM_INVALID_OPERATION));
    }
    void observer_seesWhatTheTransportRefused() {
        NsmFixture device;
        uint8_t response[64];
        const NsmAnswer answer = nsm_refuse(device.nsm, NSM_INPUT_TOO_LARGE, response, sizeof response);
        QCOMPARE(answer.error, NSM_INPUT_TOO_LARGE);
        QCOMPARE(device.transactions.size(), 1);
        QCOMPARE(device.transactions[0].kind, NSM_REQUEST_UNKNOWN);
        QCOMPARE(device.transactions[0].request_size, size_t(0));
        QCOMPARE(device.lastResponse, errorResponse(NSM_INPUT_TOO_LARGE));
    }
    void inspect_saysWhatHandlingWill_andChangesNothing() {
        NsmFixture fixture;
        const auto inspect = [&](const QByteArray &request) {
            return nsm_inspect(fixture.nsm, reinterpret_cast<const uint8_t *>(request.constData()),
                               size_t(request.size()));
        };
        // {"LockPCRs": {"range": 3}}
        const QByteArray lockThree = QByteArray::fromHex("a1684c6f636b50435273a16572616e676503");
        const NsmQuestion question = inspect(lockThree);
        QCOMPARE(question.kind, NSM_REQUEST_LOCK_PCRS);
        QCOMPARE(question.index, 3);
        QCOMPARE(question.first_pcr, 0u);
        QCOMPARE(question.last_pcr, 2u);
        QCOMPARE(question.transaction, 1u);
        QVERIFY(fixture.transactions.isEmpty() && !fixture.isLocked(0));
        fixture.send(lockThree);
        QCOMPARE(fixture.transactions.last().id, 1u);
        QCOMPARE(inspect("nonsense").kind, NSM_REQUEST_UNKNOWN);
        QCOMPARE(inspect("nonsense").index, -1);
        QCOMPARE(inspect(QByteArray(NSM_REQUEST_MAX + 1, 'x')).transaction, 2u);
    }

    void state_roundTrip_neverGoesBackInNumbers() {
        NsmFixture fixture;
        const auto state = std::make_unique<NsmState>();
        for (int i = 0; i < 3; ++i)
            fixture.sendHex("6947657452616e646f6d"); // GetRandom
        nsm_save_state(fixture.nsm, state.get());
        fixture.sendHex("6947657452616e646f6d");
        QCOMPARE(nsm_load_state(fixture.nsm, state.get()), 0);
        fixture.sendHex("6947657452616e646f6d");
        QCOMPARE(fixture.transactions.last().id, 5u);
        NsmFixture other;
        QCOMPARE(nsm_load_state(other.nsm, state.get()), 0);
        other.sendHex("6947657452616e646f6d");
        QCOMPARE(other.transactions.last().id, 4u);
    }

    void undecodable_hasNoIndex() {
        NsmFixture device;
        NsmFaultRule refuse = rule(NSM_FAULT_ERROR);
        refuse.index = 0;
        nsm_fault_add(device.nsm, &refuse);
        device.sendHex("a16b44657363726962655043528120"); // DescribePCR of -1
        QCOMPARE(device.last.error, NSM_INVALID_ARGUMENT);
        QCOMPARE(device.last.index, -1);
    }
};

QTEST_GUILESS_MAIN(TestNsmFaults)
#include "tst_nsm_faults.moc"
