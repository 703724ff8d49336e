// SPDX-License-Identifier: GPL-2.0-or-later
//
// All forms of CBOR on the same bytes: values to look things up in, the tree on the screen, notation, JSON and QVariant
// agree on what is there and on what is wrong where, but for what each of them refuses by its policy.
#include "app/core/cbor/notation.hpp"
#include "app/formats/cbor/cbor_tree.hpp"
#include "app/formats/cbor/cbor_value.hpp"
#include "app/formats/tree/value_text.hpp"
#include "app/proto/pcapng/cbor_variant.hpp"

#include <QJsonArray>
#include <QJsonDocument>
#include <QRegularExpression>
#include <QtTest>

using namespace nitroscope;
using namespace nitroscope::formats;
using namespace Qt::Literals::StringLiterals;

namespace {

// What a form says is wrong; empty for well-formed bytes.
struct Wrong {
    QString text;
    quint64 offset = 0;

    bool operator==(const Wrong &) const = default;
    explicit operator bool() const { return !text.isEmpty(); }
};

Wrong inValues(const QByteArray &bytes) {
    const CborTree tree = readCbor(toBytes(bytes));
    return tree.fault ? Wrong{tree.fault->text, tree.fault->offset} : Wrong();
}

Wrong inVariant(const QByteArray &bytes) {
    const auto decoded = pcapng::decodeCbor(bytes);
    return decoded ? Wrong() : Wrong{decoded.error().message, decoded.error().offset.value_or(~quint64{0})};
}

Wrong inNotation(const QByteArray &bytes) {
    static const QRegularExpression fault(u" / byte ([0-9]+): ([^/]*) /$"_s);
    const auto match = fault.match(cborDiagnostic(bytes));
    return match.hasMatch() ? Wrong{match.captured(2), match.captured(1).toULongLong()} : Wrong();
}

Wrong inTree(const QByteArray &bytes) {
    const Node root = cborTree(bytes);
    if (root.children.empty() || root.children.back().name != u"broken"_s)
        return {};
    return {root.children.back().value, root.children.back().range.offset};
}

QByteArray jsonOf(const QByteArray &bytes) {
    return QJsonDocument(QJsonArray{cborJson(bytes)}).toJson(QJsonDocument::Compact);
}

// Of everything but byte strings and what JSON has no word for.
QByteArray jsonOfVariant(const QByteArray &bytes) {
    return QJsonDocument(QJsonArray{QJsonValue::fromVariant(pcapng::decodeCbor(bytes).value_or(QVariant()))})
        .toJson(QJsonDocument::Compact);
}

// Items with all in them; a map's keys and values are two.
int itemsIn(const CborValue &value) {
    int items = 1;
    for (const CborValue &child : value.children)
        items += itemsIn(child);
    return items;
}

bool isDeepest(const CborValue &value, int depth) {
    return depth == 0 ? value.children.empty()
                      : value.children.size() == 1 && isDeepest(value.children[0], depth - 1);
}

} // namespace

class TestCborForms : public QObject {
    Q_OBJECT

private slots:
    void forms_wellFormed_sayTheSame_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QByteArray>("notation");
        QTest::addColumn<QByteArray>("json");
        QTest::addColumn<int>("items");
        const auto row = [](const char *hex, const char *notation, const char *json, int items) {
            QTest::newRow(hex) << QByteArray::fromHex(hex) << QByteArray(notation) << QByteArray(json)
                               << items;
        };
        row("00", "0", "0", 1);
        row("1903e8", "1000", "1000", 1);
        row("1b001fffffffffffff", "9007199254740991", "9007199254740991", 1);
        row("3903e7", "-1000", "-1000", 1);
        row("f93e00", "1.5", "1.5", 1);
        row("fa47c35080", "100001.0", "100001", 1);
        row("fbc010666666666666", "-4.1", "-4.1", 1);
        row("f5", "true", "true", 1);
        row("f6", "null", "null", 1);
        row("6161", "\"a\"", "\"a\"", 1);
        row("7f61616162ff", "\"ab\"", "\"ab\"", 1);
        row("80", "[]", "[]", 1);
        row("a0", "{}", "{}", 1);
        row("9fff", "[_ ]", "[]", 1);
        row("bfff", "{_ }", "{}", 1);
        row("8301820203820405", "[1, [2, 3], [4, 5]]", "[1,[2,3],[4,5]]", 8);
        row("a26161016162820203", "{\"a\": 1, \"b\": [2, 3]}", "{\"a\":1,\"b\":[2,3]}", 7);
        row("bf61619f01ff6162a0ff", "{_ \"a\": [_ 1], \"b\": {}}", "{\"a\":[1],\"b\":{}}", 6);
        row("c1c28101", "1(2([1]))", "[1]", 4);
    }
    void forms_wellFormed_sayTheSame() {
        QFETCH(const QByteArray, bytes);
        QFETCH(const QByteArray, notation);
        QFETCH(const QByteArray, json);
        QFETCH(const int, items);
        QCOMPARE(app::cborNotation(bytes, app::CborLayout::oneLine), QString::fromUtf8(notation));
        QCOMPARE(jsonOf(bytes), '[' + json + ']');
        QCOMPARE(jsonOfVariant(bytes), '[' + json + ']');
        const CborTree values = readCbor(toBytes(bytes));
        QVERIFY(values.root && !values.fault);
        QCOMPARE(values.end, quint64(bytes.size()));
        QCOMPARE(itemsIn(*values.root), items);
        const Node tree = cborTree(bytes);
        QCOMPARE(tree.children.size(), size_t(1));
        QCOMPARE(tree.children[0].range, (ByteRange{0, quint64(bytes.size())}));
        QCOMPARE(values.root->range, tree.children[0].range);
        QVERIFY(worstSeverity(tree) == Severity::none);
    }

    void forms_truncatedAtEachByte_nameTheSamePlace() {
        for (const char *hex :
             {"1903e8", "fbc010666666666666", "43010203", "5f42010243030405ff", "7f657374726561646d696e67ff",
              "8301820203820405", "9f018202039f0405ffff", "bf61610161629f0203ffff", "a26161016162820203",
              "c1d81882d9d9f76161a161620a", "a161618181a161628343010203f60a"}) {
            const QByteArray whole = QByteArray::fromHex(hex);
            QVERIFY2(!inValues(whole) && !inVariant(whole) && !inNotation(whole) && !inTree(whole), hex);
            for (qsizetype size = 1; size < whole.size(); ++size) {
                const QByteArray bytes = whole.first(size);
                const Wrong values = inValues(bytes);
                QVERIFY2(values, hex);
                QVERIFY2(values.offset <= quint64(size), hex);
                QVERIFY2(inVariant(bytes) == values, hex);
                QVERIFY2(inNotation(bytes) == values, hex);
                QVERIFY2(inTree(bytes) == values, hex);
                QVERIFY2(cborJson(bytes).isUndefined(), hex);
            }
        }
    }

    void forms_malformed_nameTheSamePlace_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<quint64>("offset");
        const auto row = [](const char *name, const QByteArray &bytes, quint64 offset) {
            QTest::newRow(name) << bytes << offset;
        };
        const auto hex = [](const char *digits) { return QByteArray::fromHex(digits); };
        row("reserved information", hex("81a161611c"), 4);
        row("integer without an end", hex("811f"), 1);
        row("tag without an end", hex("81df00"), 1);
        row("wrong chunk", hex("817f4100ff"), 2);
        row("chunks in chunks", hex("5f5f4100ffff"), 1);
        row("simple value in two bytes", hex("82f6f814"), 2);
        row("break at the top", hex("ff"), 0);
        row("break in a counted array", hex("8201ff"), 2);
        row("break behind a tag", hex("9fc1ff"), 2);
        row("map that ends behind a key", hex("bf6161ff"), 3);
        row("more pairs than there are numbers", hex("81bb8000000000000000"), 1);
        row("string longer than the bytes", hex("81a161617bffffffffffffffff"), 4);
        row("too deep", QByteArray(33, '\x81') + '\0', 32);
        row("too deep by far", QByteArray(100'000, '\x9f'), 32);
        row("too deep in a map", QByteArray(32, '\x81') + hex("a1616101"), 32);
    }
    void forms_malformed_nameTheSamePlace() {
        QFETCH(const QByteArray, bytes);
        QFETCH(const quint64, offset);
        const Wrong values = inValues(bytes);
        QVERIFY(values);
        QCOMPARE(values.offset, offset);
        QVERIFY(inVariant(bytes) == values);
        QVERIFY(inNotation(bytes) == values);
        QVERIFY(inTree(bytes) == values);
        QVERIFY(cborJson(bytes).isUndefined());
    }

    void forms_asDeepAsAllowed_areWhole() {
        const QByteArray bytes = QByteArray(32, '\x81') + '\0';
        QVERIFY(!inValues(bytes) && !inVariant(bytes) && !inNotation(bytes) && !inTree(bytes));
        QVERIFY(isDeepest(*readCbor(toBytes(bytes)).root, 32));
        QCOMPARE(jsonOf(bytes), QByteArray(33, '[') + '0' + QByteArray(33, ']'));
        QCOMPARE(jsonOfVariant(bytes), jsonOf(bytes));
    }

    void forms_keyThatComesTwice_firstCountsAndBothAreShown() {
        const QByteArray bytes = QByteArray::fromHex("a3616101616202616103");
        QCOMPARE(jsonOf(bytes), QByteArray("[{\"a\":1,\"b\":2}]"));
        QCOMPARE(jsonOfVariant(bytes), jsonOf(bytes));
        const CborTree values = readCbor(toBytes(bytes));
        QCOMPARE(values.root->find(QByteArrayView("a"))->number, quint64(1));
        QCOMPARE(values.root->children.size(), size_t(6));
        QCOMPARE(cborTree(bytes).children[0].children.size(), size_t(3));
        QCOMPARE(app::cborNotation(bytes, app::CborLayout::oneLine), u"{\"a\": 1, \"b\": 2, \"a\": 3}"_s);
    }

    void forms_nothing_isAFaultWhereAnItemIsWanted() {
        const Wrong values = inValues({});
        QVERIFY(values);
        QVERIFY(inVariant({}) == values);
        QVERIFY(cborJson({}).isUndefined());
        QVERIFY(cborDiagnostic({}).isEmpty());
        QVERIFY(cborTree({}).children.empty());
    }

    void forms_moreItems_areOfTheSequencesOnly() {
        const QByteArray bytes = QByteArray::fromHex("01821c");
        QCOMPARE(readCbor(toBytes(bytes)).end, quint64(1));
        QVERIFY(!inValues(bytes) && !inVariant(bytes));
        QCOMPARE(jsonOf(bytes), QByteArray("[1]"));
        QVERIFY(inNotation(bytes) && inNotation(bytes) == inTree(bytes));
        QCOMPARE(inTree(bytes).offset, quint64(2));
    }

    void forms_textThatIsNotUtf8_isRefusedByValuesAndMarkedInTheTree() {
        const QByteArray bytes = QByteArray::fromHex("820161ff");
        QCOMPARE(inValues(bytes).offset, quint64(2));
        QVERIFY(!inVariant(bytes) && !inNotation(bytes) && !inTree(bytes));
        QVERIFY(worstSeverity(cborTree(bytes)) == Severity::warning);
    }

    void forms_keyThatIsNotText_isRefusedByVariantsOnly() {
        const QByteArray bytes = QByteArray::fromHex("a2616101200a");
        QCOMPARE(inVariant(bytes).offset, quint64(4));
        QVERIFY(!inValues(bytes) && !inNotation(bytes) && !inTree(bytes));
        QCOMPARE(jsonOf(bytes), QByteArray("[{\"-1\":10,\"a\":1}]"));
    }

    void forms_manyItems_areBoundedByEachForm() {
        const QByteArray head = QByteArray::fromHex("9a00007530");
        const QByteArray bytes = head + QByteArray(30'000, '\0');
        QCOMPARE(inVariant(bytes).offset, quint64(head.size() + pcapng::maxCborItems - 1));
        QCOMPARE(inValues(bytes).offset, quint64(head.size()) + maxCborValues - 1);
        QVERIFY(!inNotation(bytes) && !inTree(bytes));
        QCOMPARE(cborTree(bytes).children[0].children.size(), size_t(maxCborNodes));
        QVERIFY(worstSeverity(cborTree(bytes)) == Severity::note);
        QCOMPARE(cborJson(bytes).toArray().size(), qsizetype(30'000));
    }

    void forms_manyTags_areBoundedByValuesOnly() {
        const QByteArray bytes = QByteArray(3'000, '\xc1') + '\0';
        QCOMPARE(inValues(bytes).offset, quint64(65));
        QVERIFY(!inVariant(bytes) && !inNotation(bytes) && !inTree(bytes));
        QCOMPARE(jsonOf(bytes), QByteArray("[0]"));
    }
};

QTEST_APPLESS_MAIN(TestCborForms)
#include "tst_cbor_forms.moc"
