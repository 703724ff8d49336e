// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the module does with good requests: exact response bytes, PCR rules checked against Qt's SHA-384,
// locks, debug mode, counters, bounded responses, saving and loading, and the assertions of AWS's nsm-check.
#include "nsm_fixture.hpp"

#include <memory>
#include <QCryptographicHash>
#include <QtTest>

using namespace nitroscope::test;

namespace {

const QByteArray zeroPcr(NSM_PCR_SIZE, '\0');

QByteArray numberRequest(const QByteArray &variant, const QByteArray &field, unsigned value) {
    return QByteArray::fromHex("a1") + char(0x60 + variant.size()) + variant + '\xa1' +
           char(0x60 + field.size()) + field + '\x19' + char(value >> 8) + char(value);
}
QByteArray describePcr(unsigned index) {
    return numberRequest("DescribePCR", "index", index);
}
QByteArray lockPcr(unsigned index) {
    return numberRequest("LockPCR", "index", index);
}
QByteArray lockPcrs(unsigned range) {
    return numberRequest("LockPCRs", "range", range);
}
QByteArray extendPcr(unsigned index, const QByteArray &data) {
    return QByteArray::fromHex("a169") + "ExtendPCR" + '\x82' + '\x18' + char(index) + '\x58' +
           char(data.size()) + data;
}
QByteArray extended(const QByteArray &old, const QByteArray &data) {
    return QCryptographicHash::hash(old + data, QCryptographicHash::Sha384);
}

const QByteArray getRandom = "\x69GetRandom", describeNsm = "\x6b"
                                                            "DescribeNSM";

// A device as the machine hands it to the guest: measured, PCR 0-15 locked.
std::unique_ptr<NsmFixture> bootedDevice(NsmOptions options = {}) {
    auto device = std::make_unique<NsmFixture>(options);
    for (unsigned index : {0u, 1u, 2u, 4u, 8u})
        device->seed(index, char(0x10 + index));
    nsm_lock_range(device->nsm, 16);
    device->changes.clear();
    return device;
}

} // namespace

class TestNsmModule : public QObject {
    Q_OBJECT

private slots:
    void describePcr_zero_matchesVector() {
        NsmFixture device;
        QCOMPARE(device.sendHex("a16b4465736372696265504352a165696e64657800").toHex(),
                 QByteArray("a16b4465736372696265504352a2646c6f636bf464646174615830") + QByteArray(96, '0'));
    }
    void extendPcr_anyData_matchesSha384() {
        NsmFixture device;
        QByteArray expected = zeroPcr;
        for (int i = 0; i < 5; ++i) {
            const QByteArray data(i * 50, char('a' + i));
            expected = extended(expected, data);
            QCOMPARE(device.send(extendPcr(16, data)).toHex(),
                     "a169457874656e64504352a164646174615830" + expected.toHex());
            QCOMPARE(device.pcr(16), expected);
        }
        QCOMPARE(device.changes.size(), 5);
        QCOMPARE(device.changes.last().cause, NSM_CAUSE_EXTEND);
        QCOMPARE(device.changes.last().value, expected);
    }
    void extendPcr_lockedPcr_returnsReadOnlyIndex() {
        NsmFixture device;
        device.send(lockPcr(20));
        QCOMPARE(device.send(extendPcr(20, "x")), errorResponse(NSM_READ_ONLY_INDEX));
        QCOMPARE(device.pcr(20), zeroPcr);
    }
    void lockPcr_twice_returnsReadOnlyIndex() {
        NsmFixture device;
        QCOMPARE(device.send(lockPcr(16)), QByteArray("\x67LockPCR"));
        QVERIFY(device.isLocked(16));
        QVERIFY(!device.isLocked(15) && !device.isLocked(17));
        QCOMPARE(device.send(lockPcr(16)), errorResponse(NSM_READ_ONLY_INDEX));
    }
    void lockPcrs_range_locksBelowIt() {
        NsmFixture device;
        device.send(lockPcr(3));
        QCOMPARE(device.send(lockPcrs(18)), QByteArray("\x68LockPCRs"));
        for (unsigned i = 0; i < NSM_PCR_COUNT; ++i)
            QCOMPARE(device.isLocked(i), i < 18);
        QCOMPARE(device.changes.size(), 18); // the one locked before is not reported again
        QCOMPARE(device.send(lockPcrs(0)), QByteArray("\x68LockPCRs"));
        QCOMPARE(device.send(lockPcrs(32)), QByteArray("\x68LockPCRs"));
        QCOMPARE(device.send(lockPcrs(33)), errorResponse(NSM_INVALID_INDEX));
    }
    void describeNsm_booted_matchesVector() {
        const auto device = bootedDevice();
        QCOMPARE(
            device->send(describeNsm).toHex(),
            QByteArray("a16b44657363726962654e534da76d76657273696f6e5f6d616a6f72016d76657273696f6e5f6d696e6f7"
                       "2006d7665727369"
                       "6f6e5f706174636800696d6f64756c655f69647827692d30396562316638633036356237663265382d656"
                       "e63303137643931303132623834323234306"
                       "86d61785f7063727318206b6c6f636b65645f7063727390000102030405060708090a0b0c0d0e0f66"
                       "64696765737466534841333834"));
    }
    void describeNsm_allLocked_listsAll() {
        NsmFixture device;
        device.send(lockPcrs(32));
        const QByteArray response = device.send(describeNsm);
        const QByteArray tail =
            QByteArray::fromHex("9820000102030405060708090a0b0c0d0e0f10111213141516171818181918"
                                "1a181b181c181d181e181f6664696765737466534841333834");
        QVERIFY2(response.endsWith(tail), response.toHex());
    }
    void getRandom_givesWhatTheDriverCompares() {
        NsmFixture device;
        const QByteArray first = device.send(getRandom);
        QCOMPARE(first.left(22).toHex(), QByteArray("a16947657452616e646f6da16672616e646f6d590100").left(44));
        QCOMPARE(first.size(), 278);
        device.nextRandom = 7;
        QVERIFY(device.send(getRandom) != first);
    }
    void getRandom_hostFails_returnsInternalError() {
        NsmFixture device;
        device.randomFails = true;
        QCOMPARE(device.send(getRandom), errorResponse(NSM_INTERNAL_ERROR));
    }
    void attestation_withoutKey_returnsInternalError() {
        NsmFixture device;
        QCOMPARE(device.sendHex("a16b4174746573746174696f6ea0"), errorResponse(NSM_INTERNAL_ERROR));
    }

    void errorNames_matchVectors_data() {
        QTest::addColumn<int>("error");
        QTest::addColumn<QByteArray>("expected");
        const auto row = [](NsmError error, const char *expected) {
            QTest::newRow(nsm_error_name(error)) << int(error) << QByteArray(expected);
        };
        row(NSM_INVALID_ARGUMENT, "a1654572726f726f496e76616c6964417267756d656e74");
        row(NSM_INVALID_INDEX, "a1654572726f726c496e76616c6964496e646578");
        row(NSM_INVALID_RESPONSE, "a1654572726f726f496e76616c6964526573706f6e7365");
        row(NSM_READ_ONLY_INDEX, "a1654572726f726d526561644f6e6c79496e646578");
        row(NSM_INVALID_OPERATION, "a1654572726f7270496e76616c69644f7065726174696f6e");
        row(NSM_BUFFER_TOO_SMALL, "a1654572726f726e427566666572546f6f536d616c6c");
        row(NSM_INPUT_TOO_LARGE, "a1654572726f726d496e707574546f6f4c61726765");
        row(NSM_INTERNAL_ERROR, "a1654572726f726d496e7465726e616c4572726f72");
    }
    void errorNames_matchVectors() {
        QFETCH(int, error);
        QFETCH(QByteArray, expected);
        NsmFixture device;
        uint8_t response[64];
        const NsmAnswer answer = nsm_refuse(device.nsm, NsmError(error), response, sizeof response);
        QCOMPARE(QByteArray(reinterpret_cast<char *>(response), qsizetype(answer.size)).toHex(), expected);
    }

    void response_ofAnySize_staysInside() {
        const auto device = bootedDevice();
        const QByteArray whole = device->send(describeNsm);
        const QByteArray tooSmall = errorResponse(NSM_BUFFER_TOO_SMALL);
        for (qsizetype capacity = 0; capacity <= whole.size(); ++capacity) {
            const QByteArray response = device->send(describeNsm, capacity);
            QCOMPARE(response, capacity == whole.size() ? whole : tooSmall.left(capacity));
            QCOMPARE(device->last.error, capacity == whole.size() ? NSM_SUCCESS : NSM_BUFFER_TOO_SMALL);
        }
    }
    void response_largerBuffer_isFilledAsFarAsNeeded() {
        NsmFixture device;
        QCOMPARE(device.send(getRandom, 0x8000).size(), 278);
    }

    void debugMode_hidesTheImagesPcrs() {
        NsmOptions options{};
        options.debug_mode = 1;
        const auto device = bootedDevice(options);
        for (unsigned index = 0; index < 16; ++index) {
            const bool hidden = index <= 2 || index == 8;
            const QByteArray shown = device->send(describePcr(index)).right(NSM_PCR_SIZE);
            QCOMPARE(shown, hidden ? zeroPcr : device->pcr(index));
            uint8_t visible[NSM_PCR_SIZE];
            nsm_get_visible_pcr(device->nsm, index, visible, nullptr);
            QCOMPARE(QByteArray(reinterpret_cast<char *>(visible), NSM_PCR_SIZE), shown);
        }
        QCOMPARE(device->pcr(0), QByteArray(NSM_PCR_SIZE, '\x10'));
        QVERIFY(device->pcr(4) != zeroPcr);
    }

    void moduleId_ofRealShape_whenNoneIsGiven() {
        NsmOptions options{};
        options.module_id = "";
        NsmFixture device(options);
        const QString id = nsm_module_id(device.nsm);
        QVERIFY2(QRegularExpression("^i-[0-9a-f]{17}-enc[0-9a-f]{16}$").match(id).hasMatch(), qPrintable(id));
        QCOMPARE(id.right(16).left(12).toULongLong(nullptr, 16), quint64(NsmFixture::startMs));
    }
    void makeModuleId_knownInstance() {
        char text[64];
        QCOMPARE(nsm_make_module_id("i-09eb1f8c065b7f2e8", 0x17d91012b84, 0x2240, text, sizeof text),
                 size_t(39));
        QCOMPARE(QByteArray(text), QByteArray(NsmFixture::moduleIdText));
        char small[8];
        QCOMPARE(nsm_make_module_id("i-09eb1f8c065b7f2e8", 1, 2, small, sizeof small), size_t(7));
        QCOMPARE(QByteArray(small), QByteArray("i-09eb1"));
    }

    void counters_countKindsAndErrors() {
        NsmFixture device;
        device.send(getRandom);
        device.send(getRandom);
        device.send(describePcr(99));
        device.send("nonsense");
        NsmCounters counters;
        nsm_get_counters(device.nsm, &counters);
        QCOMPARE(counters.requests[NSM_REQUEST_GET_RANDOM], uint64_t(2));
        QCOMPARE(counters.requests[NSM_REQUEST_DESCRIBE_PCR], uint64_t(1));
        QCOMPARE(counters.requests[NSM_REQUEST_UNKNOWN], uint64_t(1));
        QCOMPARE(counters.errors[NSM_SUCCESS], uint64_t(2));
        QCOMPARE(counters.errors[NSM_INVALID_INDEX], uint64_t(1));
        QCOMPARE(counters.errors[NSM_INVALID_OPERATION], uint64_t(1));
    }

    void reset_clearsAllAndReportsWhatChanged() {
        const auto device = bootedDevice();
        device->send(extendPcr(20, "x"));
        device->changes.clear();
        nsm_reset(device->nsm);
        for (unsigned i = 0; i < NSM_PCR_COUNT; ++i)
            QVERIFY(!device->isLocked(i) && device->pcr(i) == zeroPcr);
        QCOMPARE(device->changes.size(), 17);
        QCOMPARE(device->changes.first().cause, NSM_CAUSE_RESET);
    }
    void seed_outOfRange_isIgnored() {
        NsmFixture device;
        device.seed(32, 'x');
        nsm_lock_range(device.nsm, 1000);
        QVERIFY(device.isLocked(31));
        uint8_t value[NSM_PCR_SIZE];
        int locked = 5;
        nsm_get_pcr(device.nsm, 32, value, &locked);
        QCOMPARE(locked, 0);
    }

    void state_roundTrip_keepsEverything() {
        const auto device = bootedDevice();
        device->send(extendPcr(17, "abc"));
        device->send(lockPcr(17));
        auto state = std::make_unique<NsmState>();
        nsm_save_state(device->nsm, state.get());

        NsmOptions options{};
        options.module_id = "other";
        NsmFixture other(options);
        QCOMPARE(nsm_load_state(other.nsm, state.get()), 0);
        for (unsigned i = 0; i < NSM_PCR_COUNT; ++i) {
            QCOMPARE(other.pcr(i), device->pcr(i));
            QCOMPARE(other.isLocked(i), device->isLocked(i));
        }
        QCOMPARE(other.changes.size(), 17);
        QCOMPARE(other.changes.first().cause, NSM_CAUSE_LOAD);
        QCOMPARE(other.send(describeNsm), device->send(describeNsm));
        NsmCounters counters;
        nsm_get_counters(other.nsm, &counters);
        QCOMPARE(counters.requests[NSM_REQUEST_EXTEND_PCR], uint64_t(1));
    }
    void state_invalid_isRefused() {
        const auto device = bootedDevice();
        auto state = std::make_unique<NsmState>();
        nsm_save_state(device->nsm, state.get());
        state->locked[3] = 2;
        NsmFixture other;
        QCOMPARE(nsm_load_state(other.nsm, state.get()), -1);
        state->locked[3] = 1;
        memset(state->module_id, 'x', sizeof state->module_id);
        QCOMPARE(nsm_load_state(other.nsm, state.get()), -1);
        QVERIFY(other.changes.isEmpty());
        QCOMPARE(other.pcr(0), zeroPcr);
    }

    void version_isWhatIsAskedFor() {
        NsmOptions options{};
        options.version = "2.300.65535";
        NsmFixture device(options);
        QVERIFY2(device.nsm != nullptr, device.error);
        QVERIFY(device.send(describeNsm)
                    .toHex()
                    .contains("6d76657273696f6e5f6d616a6f72026d76657273696f6e5f6d696e6f7219012c"
                              "6d76657273696f6e5f706174636819ffff"));
        for (const char *bad :
             {"1", "1.0", "1.0.0.0", "1.0.x", "1..0", "1.0.65536", "-1.0.0", "1.0.0 ", "."}) {
            options.version = bad;
            QVERIFY2(NsmFixture(options).nsm == nullptr, bad);
        }
    }
    void moduleId_notUtf8_isRefused() {
        NsmOptions options{};
        options.module_id = "i-\xff";
        NsmFixture device(options);
        QVERIFY(device.nsm == nullptr);
        QVERIFY2(device.error.contains("UTF-8"), device.error);
    }

    void create_withoutRandomness_fails() {
        const NsmHost host{};
        QVERIFY(nsm_create(&host, nullptr, nullptr, 0) == nullptr);
    }

    // The list of nsm-test/src/bin/nsm-check.rs, except documents.
    void nsmCheck_assertions() {
        const auto device = bootedDevice();
        nsm_reset(device->nsm);
        for (unsigned index : {0u, 1u, 2u, 4u})
            device->seed(index, 'm');
        nsm_lock_range(device->nsm, 16);
        for (unsigned index = 0; index < 32; ++index) {
            const QByteArray response = device->send(describePcr(index));
            QCOMPARE(response.right(48) != zeroPcr, index <= 4 && index != 3);
            QCOMPARE(response.mid(19, 1), index < 16 ? QByteArray("\xf5") : QByteArray("\xf4"));
        }
        for (unsigned index = 0; index < 16; ++index) {
            device->send(lockPcr(index));
            QVERIFY(device->last.error != NSM_SUCCESS);
        }
        for (int round = 0; round < 10; ++round)
            for (unsigned index = 16; index < 32; ++index) {
                device->send(extendPcr(index, QByteArray("\x01\x02\x03")));
                QCOMPARE(device->last.error, NSM_SUCCESS);
                QVERIFY(device->pcr(index) != zeroPcr);
            }
        for (unsigned index = 16; index < 32; ++index)
            QCOMPARE(device->send(lockPcr(index)), QByteArray("\x67LockPCR"));
        QCOMPARE(device->send(lockPcrs(32)), QByteArray("\x68LockPCRs"));
        device->send(lockPcrs(33));
        QVERIFY(device->last.error != NSM_SUCCESS);
        for (unsigned index = 0; index < 32; ++index) {
            device->send(extendPcr(index, "x"));
            QVERIFY(device->last.error != NSM_SUCCESS);
        }
    }
};

QTEST_APPLESS_MAIN(TestNsmModule)
#include "tst_nsm_module.moc"
