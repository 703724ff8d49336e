// SPDX-License-Identifier: GPL-2.0-or-later
//
// Calls of the KMS as records that the app adds to a stream: what goes in comes out, in QEMU's own reader's words.
#include "app/proto/pcapng/capture_reader.hpp"
#include "app/proto/pcapng/kms_call.hpp"
#include "app/proto/pcapng/record_filter.hpp"
#include "app/proto/pcapng/record_text.hpp"
#include "app/proto/pcapng/write/packet_block.hpp"
#include "sample_stream.hpp"

#include <QTest>

using namespace nitroscope::pcapng;
using namespace nitroscope::test;
using namespace Qt::Literals::StringLiterals;

namespace {

constexpr quint32 machineInterface = NITRO_CAPTURE_MACHINE;
constexpr qint64 hostNs = 1'790'000'000'987'654'321;

KmsCall denied() {
    return {u"0a1b"_s,
            u"Decrypt"_s,
            u"arn:aws:sts::111122223333:assumed-role/enclave/nitroscope"_s,
            u"arn:aws:kms:us-east-1:111122223333:key/1"_s,
            u"AccessDeniedException"_s,
            u"User: … is not authorized"_s,
            u"Denied: no statement that allows it applies.\n  ✗ PCR0"_s,
            "{\"Statement\": []}",
            QByteArray("\x84\x40\xa0\x40\x40", 5)};
}

// A stream as QEMU begins it, and these blocks behind it.
std::vector<Record> recordsOf(const QByteArray &blocks, QStringList *findings = nullptr) {
    FakeClock clock;
    const auto capture = makeCapture(clock);
    std::vector<Record> records;
    CaptureReader reader([&](const Record &record) { records.push_back(record); });
    reader.feed(pullAll(capture.get()) + blocks);
    reader.finish();
    if (findings)
        for (const Diagnostic &finding : reader.diagnostics().list())
            *findings << finding.message;
    return records;
}

QByteArray blockOf(const QByteArray &cbor, std::optional<qint64> virtualNs = 42) {
    return packetBlock(machineInterface, hostNs, virtualNs, cbor);
}

} // namespace

class TestKmsCall : public QObject {
    Q_OBJECT

private slots:
    void call_throughTheStream_isTheSame() {
        KmsCall good;
        good.id = u"1"_s;
        good.operation = u"GenerateRandom"_s;
        const auto records = recordsOf(blockOf(encodeKmsCall(denied())) + blockOf(encodeKmsCall(good), {}));
        QCOMPARE(records.size(), size_t(2));
        QVERIFY(kmsCallOf(records[0]) == denied());
        QVERIFY(kmsCallOf(records[1]) == good);
        QCOMPARE(records[0].source, Source::machine);
        QCOMPARE(records[0].hostNs, hostNs);
        QCOMPARE(records[0].virtualNs, std::optional<qint64>(42));
        QVERIFY(!records[1].virtualNs);
    }

    void call_inLists_isOneLine() {
        const auto records = recordsOf(blockOf(encodeKmsCall(denied())));
        QCOMPARE(kindOf(records.at(0)), u"kms-call"_s);
        QCOMPARE(
            summaryOf(records.at(0)),
            u"kms-call Decrypt by arn:aws:sts::111122223333:assumed-role/enclave/nitroscope → AccessDeniedException"_s);
        const auto content = toJson(records.at(0)).value(u"content"_s).toObject();
        QCOMPARE(content.value(u"error"_s).toString(), u"AccessDeniedException"_s);
        QCOMPARE(content.value(u"document"_s).toString(), u"8440a04040"_s);
    }

    void call_longText_isCutBetweenCharacters() {
        KmsCall call = denied();
        call.explanation =
            u"x"_s + QString(maxKmsCallText, u'é'); // two bytes each, so that the limit is inside of one
        const auto read = kmsCallOf(recordsOf(blockOf(encodeKmsCall(call))).at(0));
        QVERIFY(read);
        QCOMPARE(read->explanation, u"x"_s + QString(maxKmsCallText / 2 - 1, u'é'));
    }

    void call_truncated_isSaidAndNoCall() {
        const QByteArray whole = encodeKmsCall(denied());
        for (qsizetype size = 0; size < whole.size(); ++size) {
            QStringList findings;
            const auto records = recordsOf(blockOf(whole.first(size)), &findings);
            QCOMPARE(records.size(), size_t(1));
            QVERIFY(!kmsCallOf(records[0]));
            QCOMPARE(findings.size(), 1);
        }
    }

    void call_membersOfOtherTypes_areEmpty() {
        // {"kind": "kms-call", "id": 1, "policy": "text", "explanation": {}}
        const auto records = recordsOf(blockOf(QByteArray::fromHex(
            "a4646b696e64686b6d732d63616c6c6269640166706f6c69637964746578746b6578706c616e6174696f6ea0")));
        const auto call = kmsCallOf(records.at(0));
        QVERIFY(call);
        QVERIFY(call->explanation.isEmpty() && call->operation.isEmpty());
        QCOMPARE(summaryOf(records.at(0)), u"kms-call  by nobody known: done"_s);
    }
};

QTEST_GUILESS_MAIN(TestKmsCall)
#include "tst_kms_call.moc"
