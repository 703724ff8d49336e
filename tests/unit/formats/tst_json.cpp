// SPDX-License-Identifier: GPL-2.0-or-later
//
// The JSON writer's layout, and the JSON reader that ties values to bytes.

#include "app/formats/json/json_tree.hpp"
#include "app/formats/json/json_writer.hpp"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

using namespace nitroscope::formats;
using namespace Qt::Literals::StringLiterals;

namespace {

// JSON with readable quotes.
QByteArray quoted(const char *text) {
    return QByteArray(text).replace('\'', '"');
}

} // namespace

class JsonTest : public QObject {
    Q_OBJECT

private slots:
    void write_keepsOrderAndIndentsByTwo() {
        JsonWriter json;
        json.beginObject();
        json.field(u"z", 1);
        json.key(u"a");
        json.beginArray();
        json.value(u"x\"y\n"_s);
        json.value(QJsonValue::Null);
        json.endArray();
        json.key(u"empty");
        json.beginObject();
        json.endObject();
        json.field(u"nested", QJsonObject{{u"k"_s, QJsonArray{true, 2.5}}});
        json.endObject();
        QCOMPARE(
            json.text(),
            QByteArray("{\n  \"z\": 1,\n  \"a\": [\n    \"x\\\"y\\n\",\n    null\n  ],\n  \"empty\": {},\n"
                       "  \"nested\": {\n    \"k\": [\n      true,\n      2.5\n    ]\n  }\n}\n"));
        QVERIFY(!QJsonDocument::fromJson(json.text()).isNull());
    }

    void write_emptyArray_isOneLine() {
        JsonWriter json;
        json.beginArray();
        json.endArray();
        QCOMPARE(json.text(), QByteArray("[]\n"));
    }

    void read_values_haveRanges() {
        const QByteArray text = quoted(" {'a' : [1, {'b':null}], 'c\\u0041': 'x\\\"y'} ");
        Node root = {.name = u"root"_s, .value = {}, .range = {100, quint64(text.size())}};
        addJsonTree(root, text, 100);
        QCOMPARE(root.value, u"2 entries"_s);
        QCOMPARE(root.children.size(), size_t{2});
        const Node &a = root.children[0];
        QCOMPARE(text.mid(qsizetype(a.range.offset) - 100, qsizetype(a.range.length)),
                 quoted("'a' : [1, {'b':null}]"));
        QCOMPARE(a.children[1].children[0].value, u"null"_s);
        QCOMPARE(root.children[1].name, u"cA"_s);
        QCOMPARE(root.children[1].value, u"x\"y"_s);
    }

    void read_broken_isOneFinding_data() {
        QTest::addColumn<QByteArray>("text");
        for (const char *text : {"", "{", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "[1 2]",
                                 "{\"a\":tru}", "{}x", "\"a", "{a:1}"})
            QTest::newRow(*text ? text : "nothing") << QByteArray(text);
        QTest::newRow("deep") << QByteArray(10'000, '[');
        QTest::newRow("many") << '[' + QByteArray("1,").repeated(50'000) + "1]";
    }

    void read_broken_isOneFinding() {
        QFETCH(QByteArray, text);
        Node root = {.name = u"root"_s, .value = {}};
        addJsonTree(root, text, 0);
        QVERIFY(!root.children.empty());
        QCOMPARE(root.children.back().name, u"unreadable"_s);
        QCOMPARE(root.children.back().severity, Severity::error);
        QVERIFY(root.children.back().range.end() <= quint64(text.size()));
    }

    void read_everyPrefix_endsWithAFinding() {
        const QByteArray text = quoted("{'a':[1,true,'\\u00e4\\\"',{'b':-1.5e3}],'c':null}");
        for (qsizetype size = 0; size < text.size(); ++size) {
            Node root = {.name = u"root"_s, .value = {}};
            addJsonTree(root, text.left(size), 0);
            QCOMPARE(root.children.back().name, u"unreadable"_s);
        }
    }
};

QTEST_GUILESS_MAIN(JsonTest)
#include "tst_json.moc"
