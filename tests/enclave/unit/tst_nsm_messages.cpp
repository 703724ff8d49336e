// SPDX-License-Identifier: GPL-2.0-or-later
//
// The guest's side of the NSM messages: requests byte by byte, responses in every form a device may give.

#include "tests/enclave/nsm/nsm_messages.hpp"

#include <QtTest>

using namespace nitroscope::demo;
namespace cbor = nitroscope::cbor;

namespace {

cbor::Bytes bytes(const QByteArray &data) {
    return std::as_bytes(std::span(data.constData(), static_cast<size_t>(data.size())));
}

QByteArray hex(const NsmRequest &request) {
    return QByteArray(reinterpret_cast<const char *>(request.data()), static_cast<qsizetype>(request.size()))
        .toHex();
}

const QByteArray register48 = QByteArray(48, '\x5a');
const QByteArray lockedPcr = "\xa1\x6b"
                             "DescribePCR"
                             "\xa2\x64"
                             "lock\xf5\x64"
                             "data\x58\x30" +
                             register48;

} // namespace

class TestNsmMessages : public QObject {
    Q_OBJECT

private slots:
    void requests_haveTheDocumentedBytes() {
        QCOMPARE(hex(encodeDescribe()), QByteArray("6b" + QByteArray("DescribeNSM").toHex()));
        QCOMPARE(hex(encodeGetRandom()), QByteArray("69" + QByteArray("GetRandom").toHex()));
        QCOMPARE(hex(encodeDescribePcr(16)), QByteArray("a16b" + QByteArray("DescribePCR").toHex() + "a165" +
                                                        QByteArray("index").toHex() + "10"));
        QCOMPARE(hex(encodeExtendPcr(300, cbor::asBytes("ab"))),
                 QByteArray("a169" + QByteArray("ExtendPCR").toHex() + "a265" + QByteArray("index").toHex() +
                            "19012c" + "64" + QByteArray("data").toHex() + "42" + "6162"));
    }

    void lockAndAttestation_haveTheDocumentedBytes() {
        QCOMPARE(hex(encodeLockPcr(17)), QByteArray("a167" + QByteArray("LockPCR").toHex() + "a165" +
                                                    QByteArray("index").toHex() + "11"));
        QCOMPARE(hex(encodeLockPcrs(32)), QByteArray("a168" + QByteArray("LockPCRs").toHex() + "a165" +
                                                     QByteArray("range").toHex() + "1820"));
        QCOMPARE(hex(encodeAttestation(cbor::asBytes("d"), {}, cbor::asBytes("k"))),
                 QByteArray("a16b" + QByteArray("Attestation").toHex() + "a369" +
                            QByteArray("user_data").toHex() + "4164" + "65" + QByteArray("nonce").toHex() +
                            "f6" + "6a" + QByteArray("public_key").toHex() + "416b"));
    }

    void done_isTheBareName() {
        QVERIFY(decodeDone(bytes("\x67"
                                 "LockPCR"),
                           "LockPCR")
                    .has_value());
        const QByteArray error = "\xa1\x65"
                                 "Error\x6d"
                                 "ReadOnlyIndex";
        QCOMPARE(decodeDone(bytes(error), "LockPCR").error(), std::string("ReadOnlyIndex"));
        QCOMPARE(errorName(bytes(error)), std::string("ReadOnlyIndex"));
        QVERIFY(!decodeDone(bytes(lockedPcr), "LockPCR").has_value());
        QCOMPARE(errorName(bytes(lockedPcr)), std::string());
    }

    void describePcr_definiteMap() {
        const auto state = decodeDescribePcr(bytes(lockedPcr));
        QVERIFY(state.has_value());
        QVERIFY(state->locked);
        QVERIFY(state->value[47] == std::byte{0x5a});
    }

    void describePcr_indefiniteMapInOtherOrderWithUnknownKey() {
        const QByteArray response = "\xa1\x6b"
                                    "DescribePCR"
                                    "\xbf\x64"
                                    "data\x58\x30" +
                                    register48 +
                                    "\x63"
                                    "new\x82\x01\xa1\x02\x03"
                                    "\x64"
                                    "lock\xf4\xff";
        const auto state = decodeDescribePcr(bytes(response));
        QVERIFY2(state.has_value(), state ? "" : state.error().c_str());
        QVERIFY(!state->locked);
    }

    void describeNsm_allFields() {
        const QByteArray response = "\xa1\x6b"
                                    "DescribeNSM\xa7\x66"
                                    "digest\x66"
                                    "SHA384\x68"
                                    "max_pcrs\x18\x20\x69"
                                    "module_id\x64"
                                    "i-ab\x6b"
                                    "locked_pcrs\x83" +
                                    QByteArray("\x00\x01\x18\x1f", 4) +
                                    "\x6d"
                                    "version_major\x01\x6d"
                                    "version_minor" +
                                    QByteArray("\x00", 1) +
                                    "\x6d"
                                    "version_patch\x02";
        const auto description = decodeDescribe(bytes(response));
        QVERIFY2(description.has_value(), description ? "" : description.error().c_str());
        QCOMPARE(description->moduleId, std::string("i-ab"));
        QCOMPARE(description->digest, std::string("SHA384"));
        QCOMPARE(description->maxPcrs, 32U);
        QCOMPARE(description->versionPatch, 2U);
        QVERIFY((description->lockedPcrs == std::vector<uint64_t>{0, 1, 31}));
    }

    void error_isGivenByName() {
        const auto state = decodeExtendPcr(bytes("\xa1\x65"
                                                 "Error\x6d"
                                                 "ReadOnlyIndex"));
        QVERIFY(!state.has_value());
        QCOMPARE(state.error(), std::string("ReadOnlyIndex"));
    }

    void truncatedAnywhere_isAnErrorInWords() {
        for (qsizetype length = 0; length < lockedPcr.size(); ++length) {
            const auto state = decodeDescribePcr(bytes(lockedPcr.left(length)));
            QVERIFY2(!state.has_value(), QByteArray::number(length));
            QVERIFY(!state.error().empty());
        }
    }

    void otherAnswerThanAskedFor_isAnError() {
        QVERIFY(!decodeGetRandom(bytes(lockedPcr)).has_value());
        QVERIFY(!decodeDescribe(bytes("\x67"
                                      "LockPCR"))
                     .has_value());
    }
};

QTEST_GUILESS_MAIN(TestNsmMessages)
#include "tst_nsm_messages.moc"
