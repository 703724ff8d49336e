// SPDX-License-Identifier: GPL-2.0-or-later
//
// The request decoder seen from outside: every form that serde accepts and every way to be wrong, each with
// the error the guest gets. Byte strings are written as they travel.
#include "nsm_fixture.hpp"
#include "tests/unit/support/samples.hpp"

#include <QFile>
#include <QtTest>

using namespace nitroscope::test;

namespace {

QByteArray hex(const char *text) {
    return QByteArray::fromHex(text);
}

// Text items, to keep the tables readable.
QByteArray t(const QByteArray &name) {
    return char(0x60 + name.size()) + name;
}

const QByteArray describePcr = t("DescribePCR"), extendPcr = t("ExtendPCR"), lockPcr = t("LockPCR"),
                 lockPcrs = t("LockPCRs"), describeNsm = t("DescribeNSM"), attestation = t("Attestation"),
                 getRandom = t("GetRandom"), indexKey = t("index"), dataKey = t("data"),
                 rangeKey = t("range"), userDataKey = t("user_data"), nonceKey = t("nonce"),
                 publicKeyKey = t("public_key");

// A body of 1024 or so bytes.
QByteArray bytes(int size) {
    QByteArray head = hex("59");
    head += char(size >> 8);
    head += char(size);
    return head + QByteArray(size, '\x80');
}

// One good request of each kind, in canonical form.
QList<QByteArray> canonicalRequests() {
    return {getRandom,
            describeNsm,
            hex("a1") + describePcr + hex("a1") + indexKey + hex("00"),
            hex("a1") + extendPcr + hex("a2") + indexKey + hex("10") + dataKey + hex("43010203"),
            hex("a1") + lockPcr + hex("a1") + indexKey + hex("10"),
            hex("a1") + lockPcrs + hex("a1") + rangeKey + hex("1820"),
            hex("a1") + attestation + hex("a3") + userDataKey + hex("426869") + nonceKey + hex("420102") +
                publicKeyKey + hex("f6")};
}

} // namespace

class TestNsmRequests : public QObject {
    Q_OBJECT

    static void addAccepted(const char *name, const QByteArray &request, NsmRequestKind kind,
                            unsigned index = 0) {
        QTest::newRow(name) << request << int(kind) << index;
    }

private slots:
    void decode_acceptedForm_data() {
        QTest::addColumn<QByteArray>("request");
        QTest::addColumn<int>("kind");
        QTest::addColumn<unsigned>("index"); // of the PCR that must have changed or be locked afterwards
        const auto all = canonicalRequests();
        addAccepted("GetRandom", all[0], NSM_REQUEST_GET_RANDOM);
        addAccepted("DescribeNSM", all[1], NSM_REQUEST_DESCRIBE_NSM);
        addAccepted("DescribePCR", all[2], NSM_REQUEST_DESCRIBE_PCR);
        addAccepted("ExtendPCR", all[3], NSM_REQUEST_EXTEND_PCR, 16);
        addAccepted("LockPCR", all[4], NSM_REQUEST_LOCK_PCR, 16);
        addAccepted("LockPCRs", all[5], NSM_REQUEST_LOCK_PCRS, 31);

        // Unit variants.
        addAccepted("unit, map with null", hex("a1") + describeNsm + hex("f6"), NSM_REQUEST_DESCRIBE_NSM);
        addAccepted("unit, map with undefined", hex("a1") + getRandom + hex("f7"), NSM_REQUEST_GET_RANDOM);
        addAccepted("unit, indefinite map", hex("bf") + getRandom + hex("f6ff"), NSM_REQUEST_GET_RANDOM);
        addAccepted("unit, map with a long head", hex("b801") + getRandom + hex("f6"),
                    NSM_REQUEST_GET_RANDOM);
        addAccepted("unit, array", hex("82") + getRandom + hex("f6"), NSM_REQUEST_GET_RANDOM);
        addAccepted("unit, chunked text", hex("7f") + t("Get") + t("Random") + hex("ff"),
                    NSM_REQUEST_GET_RANDOM);
        addAccepted("unit, text with a long head", hex("7809") + "GetRandom", NSM_REQUEST_GET_RANDOM);
        addAccepted("unit, name as bytes", hex("49") + "GetRandom", NSM_REQUEST_GET_RANDOM);
        addAccepted("unit, variant number", hex("06"), NSM_REQUEST_GET_RANDOM);
        addAccepted("unit, tagged", hex("c1") + getRandom, NSM_REQUEST_GET_RANDOM);

        // Numbers of any width.
        const QByteArray lock = hex("a1") + lockPcr + hex("a1") + indexKey;
        addAccepted("u8", lock + hex("1810"), NSM_REQUEST_LOCK_PCR, 16);
        addAccepted("u16", lock + hex("190010"), NSM_REQUEST_LOCK_PCR, 16);
        addAccepted("u32", lock + hex("1a00000010"), NSM_REQUEST_LOCK_PCR, 16);
        addAccepted("u64", lock + hex("1b0000000000000010"), NSM_REQUEST_LOCK_PCR, 16);
        addAccepted("tagged number", lock + hex("c110"), NSM_REQUEST_LOCK_PCR, 16);

        // Struct variants.
        const QByteArray extend = hex("a1") + extendPcr;
        addAccepted("struct, keys in another order",
                    extend + hex("a2") + dataKey + hex("4101") + indexKey + hex("10"), NSM_REQUEST_EXTEND_PCR,
                    16);
        addAccepted("struct, indefinite",
                    hex("bf") + extendPcr + hex("bf") + indexKey + hex("10") + dataKey + hex("4101ffff"),
                    NSM_REQUEST_EXTEND_PCR, 16);
        addAccepted("struct, array", extend + hex("82104101"), NSM_REQUEST_EXTEND_PCR, 16);
        addAccepted("struct, indefinite array", extend + hex("9f104101ff"), NSM_REQUEST_EXTEND_PCR, 16);
        addAccepted("struct, outer array", hex("82") + extendPcr + hex("82104101"), NSM_REQUEST_EXTEND_PCR,
                    16);
        addAccepted("struct, field numbers", extend + hex("a20010014101"), NSM_REQUEST_EXTEND_PCR, 16);
        addAccepted("struct, keys as bytes",
                    extend + hex("a245") + "index" + hex("1044") + "data" + hex("4101"),
                    NSM_REQUEST_EXTEND_PCR, 16);
        addAccepted("struct, variant number", hex("a1") + hex("01") + hex("82104101"), NSM_REQUEST_EXTEND_PCR,
                    16);
        addAccepted("struct, unknown keys",
                    extend + hex("a5") + t("x") + hex("a1809f0102ff") + indexKey + hex("10") + t("y") +
                        hex("fb0000000000000000") + dataKey + hex("4101") + hex("1863f6"),
                    NSM_REQUEST_EXTEND_PCR, 16);
        addAccepted("data, chunked", extend + hex("8210") + hex("5f4101404102ff"), NSM_REQUEST_EXTEND_PCR,
                    16);
        addAccepted("data, numbers", extend + hex("8210") + hex("83011818f6").replace("\xf6", "\x02"),
                    NSM_REQUEST_EXTEND_PCR, 16);
        addAccepted("data, empty", extend + hex("821040"), NSM_REQUEST_EXTEND_PCR, 16);
    }
    void decode_acceptedForm() {
        QFETCH(QByteArray, request);
        QFETCH(int, kind);
        QFETCH(unsigned, index);
        NsmFixture device;
        device.send(request);
        QCOMPARE(nsm_error_name(device.last.error), "Success");
        QCOMPARE(int(device.last.kind), kind);
        if (index != 0)
            QVERIFY(device.isLocked(index) || device.pcr(index) != QByteArray(NSM_PCR_SIZE, '\0'));
    }

    void decode_sameData_samePcr() {
        NsmFixture plain, chunked, numbers;
        plain.send(hex("a1") + extendPcr + hex("821043010203"));
        chunked.send(hex("a1") + extendPcr + hex("82105f4201024103ff"));
        numbers.send(hex("a1") + extendPcr + hex("821083010203"));
        QCOMPARE(chunked.pcr(16), plain.pcr(16));
        QCOMPARE(numbers.pcr(16), plain.pcr(16));
    }

    // Accepted, so the error is that of an NSM without a key, not of the decoder.
    void decode_attestationForm_data() {
        QTest::addColumn<QByteArray>("request");
        const QByteArray start = hex("a1") + attestation;
        QTest::newRow("all null") << start + hex("a3") + userDataKey + hex("f6") + nonceKey + hex("f6") +
                                         publicKeyKey + hex("f6");
        QTest::newRow("empty map") << start + hex("a0");
        QTest::newRow("one field") << start + hex("a1") + nonceKey + hex("40");
        QTest::newRow("array") << start + hex("83f640f6");
        QTest::newRow("1024 bytes each") << start + hex("83") + bytes(1024) + bytes(1024) + bytes(1024);
    }
    void decode_attestationForm() {
        QFETCH(QByteArray, request);
        NsmFixture device;
        QCOMPARE(device.send(request), errorResponse(NSM_INTERNAL_ERROR));
        QCOMPARE(device.last.kind, NSM_REQUEST_ATTESTATION);
    }

    void decode_refused_data() {
        QTest::addColumn<QByteArray>("request");
        QTest::addColumn<int>("error");
        const auto row = [](const char *name, const QByteArray &request, NsmError error) {
            QTest::newRow(name) << request << int(error);
        };
        // Nothing that names a request.
        row("empty", {}, NSM_INVALID_OPERATION);
        row("unknown name", t("GetRandum"), NSM_INVALID_OPERATION);
        row("name in other case", t("getrandom"), NSM_INVALID_OPERATION);
        row("unknown name in a map", hex("a1") + t("Seal") + hex("a0"), NSM_INVALID_OPERATION);
        row("variant number out of range", hex("07"), NSM_INVALID_OPERATION);
        row("negative", hex("20"), NSM_INVALID_OPERATION);
        row("null", hex("f6"), NSM_INVALID_OPERATION);
        row("empty map", hex("a0"), NSM_INVALID_OPERATION);
        row("empty indefinite map", hex("bfff"), NSM_INVALID_OPERATION);
        row("map of two", hex("a2") + getRandom + hex("f6") + describeNsm + hex("f6"), NSM_INVALID_OPERATION);
        row("array of one", hex("81") + getRandom, NSM_INVALID_OPERATION);
        row("key is a map", hex("a1a0f6"), NSM_INVALID_OPERATION);
        row("text is not UTF-8", hex("62c328"), NSM_INVALID_OPERATION);
        row("break", hex("ff"), NSM_INVALID_OPERATION);
        row("only zeros", QByteArray(64, '\0'),
            NSM_INVALID_ARGUMENT); // number 0, DescribePCR, without a body

        // A known name, but the rest is wrong.
        row("struct variant as text", describePcr, NSM_INVALID_ARGUMENT);
        row("unit variant with a body", hex("a1") + describeNsm + hex("a0"), NSM_INVALID_ARGUMENT);
        row("unit variant without a body", hex("a1") + describeNsm, NSM_INVALID_ARGUMENT);
        row("trailing bytes after text", getRandom + hex("00"), NSM_INVALID_ARGUMENT);
        const QByteArray describe = hex("a1") + describePcr;
        row("trailing bytes after a map", describe + hex("a1") + indexKey + hex("0000"),
            NSM_INVALID_ARGUMENT);
        row("indefinite map of two", hex("bf") + getRandom + hex("f6") + describeNsm + hex("f6ff"),
            NSM_INVALID_ARGUMENT);
        row("missing field", describe + hex("a0"), NSM_INVALID_ARGUMENT);
        row("missing one of two", hex("a1") + extendPcr + hex("a1") + indexKey + hex("10"),
            NSM_INVALID_ARGUMENT);
        row("duplicate field", describe + hex("a2") + indexKey + hex("00") + indexKey + hex("00"),
            NSM_INVALID_ARGUMENT);
        row("duplicate optional field",
            hex("a1") + attestation + hex("a2") + nonceKey + hex("f6") + nonceKey + hex("f6"),
            NSM_INVALID_ARGUMENT);
        row("field key is null", describe + hex("a2f600") + indexKey + hex("00"), NSM_INVALID_ARGUMENT);
        row("field key is negative", describe + hex("a22000") + indexKey + hex("00"), NSM_INVALID_ARGUMENT);
        row("number as text", describe + hex("a1") + indexKey + hex("6130"), NSM_INVALID_ARGUMENT);
        row("number is negative", describe + hex("a1") + indexKey + hex("20"), NSM_INVALID_ARGUMENT);
        row("number is a float", describe + hex("a1") + indexKey + hex("f90000"), NSM_INVALID_ARGUMENT);
        row("number is null", describe + hex("a1") + indexKey + hex("f6"), NSM_INVALID_ARGUMENT);
        row("number over 16 bits", describe + hex("a1") + indexKey + hex("1a00010000"), NSM_INVALID_ARGUMENT);
        row("number over 32 bits", describe + hex("a1") + indexKey + hex("1b0000000100000000"),
            NSM_INVALID_ARGUMENT);
        row("bytes as text", hex("a1") + extendPcr + hex("8210") + t("abc"), NSM_INVALID_ARGUMENT);
        row("bytes as null", hex("a1") + extendPcr + hex("8210f6"), NSM_INVALID_ARGUMENT);
        row("bytes as large numbers", hex("a1") + extendPcr + hex("821081190100"), NSM_INVALID_ARGUMENT);
        row("optional bytes as text", hex("a1") + attestation + hex("a1") + nonceKey + t("abc"),
            NSM_INVALID_ARGUMENT);
        row("optional bytes undefined", hex("a1") + attestation + hex("a1") + nonceKey + hex("f7"),
            NSM_INVALID_ARGUMENT);
        row("optional bytes tagged null", hex("a1") + attestation + hex("a1") + nonceKey + hex("c1f6"),
            NSM_INVALID_ARGUMENT);
        row("array too short", hex("a1") + extendPcr + hex("8110"), NSM_INVALID_ARGUMENT);
        row("array too long", hex("a1") + extendPcr + hex("831041014101"), NSM_INVALID_ARGUMENT);
        row("optional fields missing in an array", hex("a1") + attestation + hex("82f6f6"),
            NSM_INVALID_ARGUMENT);
        row("body is a number", describe + hex("00"), NSM_INVALID_ARGUMENT);
        row("unassigned simple value in an unknown key",
            describe + hex("a2") + t("x") + hex("e0") + indexKey + hex("00"), NSM_INVALID_ARGUMENT);
        row("broken text in an unknown key",
            describe + hex("a2") + t("x") + hex("61ff") + indexKey + hex("00"), NSM_INVALID_ARGUMENT);
        row("nested too deep",
            describe + hex("a2") + t("x") + QByteArray(2000, '\x81') + hex("00") + indexKey + hex("00"),
            NSM_INVALID_ARGUMENT);
        row("deep indefinite arrays", describe + hex("a2") + t("x") + QByteArray(4000, '\x9f'),
            NSM_INVALID_ARGUMENT);
        row("huge byte string", hex("a1") + extendPcr + hex("8210") + hex("5bffffffffffffffff"),
            NSM_INVALID_ARGUMENT);
        row("huge array", hex("a1") + extendPcr + hex("8210") + hex("9bffffffffffffffff"),
            NSM_INVALID_ARGUMENT);
        row("huge map", describe + hex("bbffffffffffffffff"), NSM_INVALID_ARGUMENT);
        row("huge text name", hex("7bffffffffffffffff"), NSM_INVALID_OPERATION);

        // Well-formed, but not to be had.
        const QByteArray extend = hex("a1") + extendPcr;
        row("DescribePCR 32", describe + hex("811820"), NSM_INVALID_INDEX);
        row("DescribePCR 300", describe + hex("8119012c"), NSM_INVALID_INDEX);
        row("DescribePCR 65535", describe + hex("8119ffff"), NSM_INVALID_INDEX);
        row("ExtendPCR 32", extend + hex("82182040"), NSM_INVALID_INDEX);
        row("LockPCR 32", hex("a1") + lockPcr + hex("811820"), NSM_INVALID_INDEX);
        row("LockPCRs 33", hex("a1") + lockPcrs + hex("811821"), NSM_INVALID_INDEX);
        row("user_data of 1025 bytes", hex("a1") + attestation + hex("a1") + userDataKey + bytes(1025),
            NSM_INPUT_TOO_LARGE);
        row("nonce of 1025 bytes", hex("a1") + attestation + hex("a1") + nonceKey + bytes(1025),
            NSM_INPUT_TOO_LARGE);
        row("public_key of 1025 bytes", hex("a1") + attestation + hex("a1") + publicKeyKey + bytes(1025),
            NSM_INPUT_TOO_LARGE);
        row("request of 4097 bytes", getRandom + QByteArray(0x1001 - getRandom.size(), '\0'),
            NSM_INPUT_TOO_LARGE);
        row("request of 1 MiB", QByteArray(1 << 20, '\x9f'), NSM_INPUT_TOO_LARGE);
    }
    void decode_refused() {
        QFETCH(QByteArray, request);
        QFETCH(int, error);
        NsmFixture device;
        QCOMPARE(device.send(request).toHex(), errorResponse(NsmError(error)).toHex());
        QCOMPARE(nsm_error_name(device.last.error), nsm_error_name(NsmError(error)));
        QVERIFY(device.changes.isEmpty());
    }

    void decode_largestExtend_isAccepted() {
        NsmFixture device;
        const QByteArray head = hex("a1") + extendPcr + hex("8210");
        const QByteArray request = head + bytes(0x1000 - int(head.size()) - 3);
        QCOMPARE(request.size(), 0x1000);
        device.send(request);
        QCOMPARE(device.last.error, NSM_SUCCESS);
    }

    void decode_truncatedAnywhere_isRefusedAndChangesNothing() {
        for (const QByteArray &request : canonicalRequests()) {
            NsmFixture device;
            for (qsizetype size = 0; size < request.size(); ++size) {
                device.send(request.left(size));
                QVERIFY2(device.last.error == NSM_INVALID_OPERATION ||
                             device.last.error == NSM_INVALID_ARGUMENT,
                         request.left(size).toHex());
            }
            QVERIFY(device.changes.isEmpty());
        }
    }

    // Whatever a damaged request does, the answer is well-formed and of a known kind.
    void decode_eachByteCorrupted_alwaysAnswers() {
        for (const QByteArray &request : canonicalRequests())
            for (qsizetype at = 0; at < request.size(); ++at)
                for (int value = 0; value < 256; ++value) {
                    QByteArray damaged = request;
                    damaged[at] = char(value);
                    NsmFixture *device = fresh();
                    const QByteArray response = device->send(damaged);
                    QVERIFY(!response.isEmpty() && response.size() <= NSM_RESPONSE_MAX);
                    if (device->last.error != NSM_SUCCESS)
                        QCOMPARE(response, errorResponse(device->last.error));
                }
    }

    void vectors_ofTheSharedSamples() {
        NITROSCOPE_REQUIRE_SAMPLES(dir);
        QFile file(dir->filePath("nsm-cbor-vectors.txt"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        int requests = 0;
        while (!file.atEnd()) {
            const QByteArray line = file.readLine().trimmed();
            if (!line.startsWith("REQ "))
                continue;
            ++requests;
            const qsizetype equals = line.lastIndexOf('=');
            NsmFixture device;
            device.send(QByteArray::fromHex(line.mid(equals + 1)));
            const QByteArray name = line.mid(4).split(' ').first().split('{').first();
            QCOMPARE(QByteArray(nsm_request_name(device.last.kind)), name);
            QVERIFY2(device.last.error == NSM_SUCCESS ||
                         (name == "Attestation" && device.last.error == NSM_INTERNAL_ERROR),
                     line);
        }
        QVERIFY(requests >= 8);
    }

private:
    // Making a device per byte value is slow; resetting one is not.
    NsmFixture *fresh() {
        nsm_reset(m_device.nsm);
        m_device.changes.clear();
        return &m_device;
    }
    NsmFixture m_device;
};

QTEST_APPLESS_MAIN(TestNsmRequests)
#include "tst_nsm_requests.moc"
