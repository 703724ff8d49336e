// SPDX-License-Identifier: GPL-2.0-or-later
//
// The shared CBOR reader and writer: examples of RFC 8949 appendix A, offsets, bounds, and everything that is
// not well-formed (appendix F).
#include "nsm-device/cbor/cbor.hpp"

#include <array>
#include <QtTest>

using namespace nitroscope;
using cbor::Problem;
using cbor::Type;

namespace {

cbor::Bytes view(const QByteArray &data) {
    return {reinterpret_cast<const std::byte *>(data.constData()), std::size_t(data.size())};
}

// Diagnostic-like text of a whole sequence, e.g. "[1 (2 3)]" as "[ 1 [ 2 3 ] ]".
QByteArray describe(const QByteArray &data, cbor::Error *error = nullptr) {
    cbor::Reader reader(view(data));
    QByteArrayList words;
    QByteArrayList closing;
    cbor::Item item;
    while (reader.next(item)) {
        switch (item.type) {
        case Type::unsignedInt:
            words << QByteArray::number(qulonglong(item.value));
            break;
        case Type::negativeInt:
            words << "-1-" + QByteArray::number(qulonglong(item.value));
            break;
        case Type::bytes:
        case Type::text: {
            QByteArray value(qsizetype(cbor::stringSize(item)), Qt::Uninitialized);
            cbor::copyString(item, {reinterpret_cast<std::byte *>(value.data()), std::size_t(value.size())});
            words << (item.type == Type::bytes ? "h'" + value.toHex() + "'" : '"' + value + '"');
            break;
        }
        case Type::array:
            words << (item.indefinite ? "[_" : "["), closing << "]";
            break;
        case Type::map:
            words << (item.indefinite ? "{_" : "{"), closing << "}";
            break;
        case Type::tag:
            words << QByteArray::number(qulonglong(item.value)) + "@";
            break;
        case Type::simple:
            words << "s" + QByteArray::number(qulonglong(item.value));
            break;
        case Type::floating:
            words << "f" + QByteArray::number(qulonglong(item.value), 16);
            break;
        case Type::end:
            words << closing.takeLast();
            break;
        }
    }
    if (error != nullptr)
        *error = reader.error();
    return words.join(' ');
}

} // namespace

class TestCbor : public QObject {
    Q_OBJECT

private slots:
    void next_wellFormed_yieldsItems_data() {
        QTest::addColumn<QByteArray>("hex");
        QTest::addColumn<QByteArray>("expected");
        const auto row = [](const char *hex, const char *expected) {
            QTest::newRow(hex) << QByteArray(hex) << QByteArray(expected);
        };
        row("", "");
        row("00", "0");
        row("17", "23");
        row("1818", "24");
        row("1903e8", "1000");
        row("1a000f4240", "1000000");
        row("1bffffffffffffffff", "18446744073709551615");
        row("1b0000000000000000", "0"); // not shortest, still well-formed
        row("20", "-1-0");
        row("3bffffffffffffffff", "-1-18446744073709551615");
        row("f97e00", "f7e00");
        row("fa47c35000", "f47c35000");
        row("fb3ff199999999999a", "f3ff199999999999a");
        row("f4", "s20");
        row("f6", "s22");
        row("f8ff", "s255");
        row("f0", "s16");
        row("c11a514b67b0", "1@ 1363896240");
        row("d9d9f7c100", "55799@ 1@ 0");
        row("40", "h''");
        row("4401020304", "h'01020304'");
        row("62c3bc", "\"\xc3\xbc\"");
        row("80", "[ ]");
        row("8301820203820405", "[ 1 [ 2 3 ] [ 4 5 ] ]");
        row("a0", "{ }");
        row("a201020304", "{ 1 2 3 4 }");
        row("5f42010243030405ff", "h'0102030405'");
        row("5fff", "h''");
        row("7f657374726561646d696e67ff", "\"streaming\"");
        row("9fff", "[_ ]");
        row("9f018202039f0405ffff", "[_ 1 [ 2 3 ] [_ 4 5 ] ]");
        row("bf61610161629f0203ffff", "{_ \"a\" 1 \"b\" [_ 2 3 ] }");
        row("82c18002", "[ 1@ [ ] 2 ]"); // the tag and its content are one element
        row("0102", "1 2");              // a sequence
    }
    void next_wellFormed_yieldsItems() {
        QFETCH(QByteArray, hex);
        QFETCH(QByteArray, expected);
        cbor::Error error;
        QCOMPARE(describe(QByteArray::fromHex(hex), &error), expected);
        QCOMPARE(error.problem, Problem::none);
    }

    void next_malformed_reportsProblemAndOffset_data() {
        QTest::addColumn<QByteArray>("hex");
        QTest::addColumn<Problem>("problem");
        QTest::addColumn<quint64>("offset");
        const auto row = [](const char *hex, Problem problem, quint64 offset) {
            QTest::newRow(hex) << QByteArray(hex) << problem << offset;
        };
        row("18", Problem::truncated, 0);
        row("19ff", Problem::truncated, 0);
        row("1b00000000000000", Problem::truncated, 0);
        row("41", Problem::truncated, 0);
        row("5bffffffffffffffff", Problem::truncated, 0);
        row("7b7fffffffffffffff00", Problem::truncated, 0);
        row("81", Problem::truncated, 1);
        row("8101018181", Problem::truncated, 5);
        row("9bffffffffffffffff00", Problem::truncated, 10);
        row("a10a", Problem::truncated, 2);
        row("bf", Problem::truncated, 1);
        row("c0", Problem::truncated, 1);
        row("5f", Problem::truncated, 0);
        row("5f4101", Problem::truncated, 0);
        row("5f42", Problem::truncated, 1);
        row("1c", Problem::reservedInfo, 0);
        row("005d", Problem::reservedInfo, 1);
        row("fe", Problem::reservedInfo, 0);
        row("1f", Problem::badIndefinite, 0);
        row("3f", Problem::badIndefinite, 0);
        row("df00", Problem::badIndefinite, 0);
        row("f800", Problem::badSimple, 0);
        row("f81f", Problem::badSimple, 0);
        row("ff", Problem::unexpectedBreak, 0);
        row("81ff", Problem::unexpectedBreak, 1);
        row("9fc1ff", Problem::unexpectedBreak, 2);
        row("bf00ff", Problem::oddMap, 2);
        row("5f00ff", Problem::badChunk, 1);
        row("5f6100ff", Problem::badChunk, 1);
        row("7f4100ff", Problem::badChunk, 1);
        row("5f5f4100ffff", Problem::badChunk, 1);
        row("bb8000000000000000", Problem::tooManyItems, 0);
    }
    void next_malformed_reportsProblemAndOffset() {
        QFETCH(QByteArray, hex);
        QFETCH(Problem, problem);
        QFETCH(quint64, offset);
        cbor::Error error;
        describe(QByteArray::fromHex(hex), &error);
        QCOMPARE(error.problem, problem);
        QCOMPARE(error.offset, offset);
        QVERIFY(!cbor::text(problem).empty());
    }

    void next_offsets_includeBase() {
        const QByteArray data = QByteArray::fromHex("a16161820102");
        cbor::Reader reader(view(data), 0x1000);
        QList<quint64> offsets;
        cbor::Item item;
        while (reader.next(item))
            offsets << item.offset;
        QCOMPARE(offsets, QList<quint64>({0x1000, 0x1001, 0x1003, 0x1004, 0x1005, 0x1006, 0x1006}));
        QVERIFY(reader.atEnd());
    }

    void next_nestingAtBound_isRead() {
        cbor::Error error;
        describe(QByteArray(32, '\x80' + 1) + '\0', &error);
        QCOMPARE(error.problem, Problem::none);
    }
    void next_nestingBeyondBound_isTooDeep() {
        cbor::Error error;
        describe(QByteArray(100000, '\x9f'), &error);
        QCOMPARE(error.problem, Problem::tooDeep);
        QCOMPARE(error.offset, quint64(32));
    }
    void next_manyTags_needNoStack() {
        cbor::Error error;
        describe(QByteArray(100000, '\xc1') + '\0', &error);
        QCOMPARE(error.problem, Problem::none);
    }

    void skip_container_continuesBehindIt_data() {
        QTest::addColumn<QByteArray>("hex");
        for (const char *hex : {"07", "80", "83018202038102", "9f0182029f03ffff", "a1a0a0", "bf0102ff",
                                "5f4101ff", "c1c281c300", "c107"})
            QTest::newRow(hex) << QByteArray(hex);
    }
    void skip_container_continuesBehindIt() {
        QFETCH(QByteArray, hex);
        const QByteArray data = QByteArray::fromHex(hex) + "\x18\x2a";
        cbor::Reader reader(view(data));
        cbor::Item item;
        QVERIFY(reader.next(item));
        QVERIFY(reader.skip(item));
        QVERIFY(reader.next(item));
        QCOMPARE(quint64(item.value), quint64(42));
        QVERIFY(reader.atEnd());
    }
    void skip_truncated_fails() {
        const QByteArray data = QByteArray::fromHex("8281");
        cbor::Reader reader(view(data));
        cbor::Item item;
        QVERIFY(reader.next(item));
        QVERIFY(!reader.skip(item));
        QCOMPARE(reader.error().problem, Problem::truncated);
    }

    void stringEquals_chunked_comparesValue() {
        const QByteArray data = QByteArray::fromHex("7f6261626061 63ff");
        cbor::Reader reader(view(data));
        cbor::Item item;
        QVERIFY(reader.next(item));
        QVERIFY(cbor::stringEquals(item, "abc"));
        QVERIFY(!cbor::stringEquals(item, "abd"));
        QVERIFY(!cbor::stringEquals(item, "ab"));
        std::array<std::byte, 2> small;
        QVERIFY(!cbor::copyString(item, small));
    }

    void isUtf8_onWellAndIllFormedText_tellsThem_data() {
        QTest::addColumn<QByteArray>("hex");
        QTest::addColumn<bool>("valid");
        const auto row = [](const char *hex, bool valid) { QTest::newRow(hex) << QByteArray(hex) << valid; };
        row("", true);
        row("7f", true);
        row("c280", true);
        row("efbfbf", true);
        row("f09f9880", true);
        row("f48fbfbf", true);
        row("80", false);
        row("c080", false);
        row("c1bf", false);
        row("c2", false);
        row("e08080", false);
        row("eda080", false);
        row("f0808080", false);
        row("f4908080", false);
        row("f5808080", false);
        row("c241", false);
    }
    void isUtf8_onWellAndIllFormedText_tellsThem() {
        QFETCH(QByteArray, hex);
        QFETCH(bool, valid);
        QCOMPARE(cbor::isUtf8(view(QByteArray::fromHex(hex))), valid);
    }

    void writer_values_areShortest() {
        std::array<std::byte, 200> buffer;
        cbor::Writer out(buffer);
        out.map(2);
        out.text("a");
        out.indefiniteArray();
        for (const std::uint64_t n :
             {0ULL, 23ULL, 24ULL, 255ULL, 256ULL, 65535ULL, 65536ULL, 0xffffffffULL, 0x100000000ULL})
            out.unsignedInt(n);
        out.signedInt(-1);
        out.signedInt(INT64_MIN);
        out.endIndefinite();
        out.unsignedInt(7);
        out.tag(24);
        out.bytes(cbor::asBytes("hi"));
        out.boolean(true);
        out.null();
        QVERIFY(out.ok());
        const QByteArray written(reinterpret_cast<const char *>(buffer.data()), qsizetype(out.size()));
        QCOMPARE(written.toHex(),
                 QByteArray("a261619f0017181818ff19010019ffff1a000100001affffffff1b0000000100000000"
                            "203b7fffffffffffffffff07d818426869f5f6"));
    }
    void writer_full_keepsCounting() {
        std::array<std::byte, 4> buffer;
        cbor::Writer out(buffer);
        out.text("abc");
        QVERIFY(out.ok());
        out.text("abc");
        QVERIFY(!out.ok());
        QVERIFY(out.written().empty());
        QCOMPARE(out.size(), std::size_t(8));
        QVERIFY(out.reserveBytes(3).empty());
        QCOMPARE(out.size(), std::size_t(12));
    }
    void writer_reserveBytes_givesRoom() {
        std::array<std::byte, 5> buffer;
        cbor::Writer out(buffer);
        QCOMPARE(out.reserveBytes(4).size(), std::size_t(4));
        QVERIFY(out.ok());
        QCOMPARE(int(buffer[0]), 0x44);
    }
};

QTEST_APPLESS_MAIN(TestCbor)
#include "tst_cbor.moc"
