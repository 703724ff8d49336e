// SPDX-License-Identifier: GPL-2.0-or-later
//
// The walk through CBOR that all forms are made of: where each item stands, what its steps pass over, and what a policy
// refuses. What the forms make of it is in tests/unit/formats/tst_cbor_forms.
#include "app/core/cbor/scalar.hpp"
#include "app/core/cbor/walk.hpp"

#include <QtTest>

using namespace nitroscope;
using namespace nitroscope::app;
using Kind = CborFault::Kind;

namespace {

// Each item as role, number and tags, with what it is: "k0 1", "v0 [", "e2~1 5"; each end as "]", "}" or ")".
class Notes final : public CborVisitor {
public:
    QByteArray text() const { return m_words.join(' '); }
    int passOver = -1, stopAt = -1; // numbers of items, in their order

private:
    CborStep item(const cbor::Item &item, const CborPlace &place) override {
        QByteArray word = QByteArray(1, "tekv"[int(place.role)]) + QByteArray::number(place.number);
        if (place.tags > 0)
            word += '~' + QByteArray::number(place.tags);
        const bool isArray = item.type == cbor::Type::array, isMap = item.type == cbor::Type::map,
                   isTag = item.type == cbor::Type::tag;
        m_words << word + (isArray ? "[" : isMap ? "{" : isTag ? "(" : '=' + cborScalarText(item).toUtf8());
        const int number = m_items++;
        return number == stopAt ? CborStep::stop : number == passOver ? CborStep::over : CborStep::on;
    }
    void end(const CborEnd &end) override {
        m_words << (end.type == cbor::Type::array ? "]"
                    : end.type == cbor::Type::map ? "}"
                                                  : ")") +
                       QByteArray::number(end.items) + '@' + QByteArray::number(end.offset);
    }

    QByteArrayList m_words;
    int m_items = 0;
};

QByteArray notesOf(const QByteArray &hex, const CborPolicy &policy = {}) {
    Notes notes;
    walkCbor(QByteArray::fromHex(hex), policy, notes);
    return notes.text();
}

std::optional<CborFault> faultOf(const QByteArray &hex, const CborPolicy &policy) {
    Notes notes;
    return walkCbor(QByteArray::fromHex(hex), policy, notes).fault;
}

} // namespace

class TestCborWalk : public QObject {
    Q_OBJECT

private slots:
    void walk_wellFormed_saysWhereEachItemStands_data() {
        QTest::addColumn<QByteArray>("hex");
        QTest::addColumn<QByteArray>("notes");
        const auto row = [](const char *name, const char *hex, const char *notes) {
            QTest::newRow(name) << QByteArray(hex) << QByteArray(notes);
        };
        row("scalar", "05", "t0=5");
        row("array", "820102", "t0[ e0=1 e1=2 ]2@3");
        row("map", "a201020304", "t0{ k0=1 v0=2 k1=3 v1=4 }4@5");
        row("map in map", "a101a10203", "t0{ k0=1 v0{ k0=2 v0=3 }2@5 }2@5");
        row("container as a key", "a1800a", "t0{ k0[ ]0@2 v0=10 }2@3");
        row("tags end behind their content", "82c1c28005", "t0[ e0( e0~1( e0~2[ ]0@4 )1@4 )1@4 e1=5 ]2@5");
        row("tagged key and value", "a1c101c202", "t0{ k0( k0~1=1 )1@3 v0( v0~1=2 )1@5 }2@5");
        row("no definite length", "9fbfffff", "t0[ e0{ }0@3 ]1@4");
        row("what follows is not looked at", "0506", "t0=5");
    }
    void walk_wellFormed_saysWhereEachItemStands() {
        QFETCH(const QByteArray, hex);
        QFETCH(const QByteArray, notes);
        QCOMPARE(notesOf(hex), notes);
    }

    void walk_sequence_readsToTheEnd() {
        QCOMPARE(notesOf("05c10680", {.extent = CborExtent::sequence}),
                 QByteArray("t0=5 t1( t1~1=6 )1@3 t2[ ]0@4"));
        QVERIFY(!faultOf("", {.extent = CborExtent::sequence}));
        QCOMPARE(faultOf("05061c", {.extent = CborExtent::sequence})->offset, quint64(2));
    }

    void walk_over_leavesTheContentOutAndGoesOnBehindIt() {
        Notes array, tag;
        array.passOver = tag.passOver = 1;
        QVERIFY(!walkCbor(QByteArray::fromHex("8282010205"), {}, array).fault);
        QCOMPARE(array.text(), QByteArray("t0[ e0[ e1=5 ]2@5"));
        QVERIFY(!walkCbor(QByteArray::fromHex("82c1820102c205"), {}, tag).fault);
        QCOMPARE(tag.text(), QByteArray("t0[ e0( e1( e1~1=5 )1@7 ]2@7"));
    }

    void walk_overWhatIsBroken_isAFault() {
        Notes notes;
        notes.passOver = 1;
        const CborWalk walk = walkCbor(QByteArray::fromHex("8282011c05"), {}, notes);
        QVERIFY(walk.fault);
        QVERIFY(walk.fault->kind == Kind::malformed);
        QCOMPARE(walk.fault->offset, quint64(3));
    }

    void walk_stop_isNoFault() {
        Notes notes;
        notes.stopAt = 1;
        QVERIFY(!walkCbor(QByteArray::fromHex("83011c"), {}, notes).fault);
        QCOMPARE(notes.text(), QByteArray("t0[ e0=1"));
    }

    void walk_policy_refusesWithKindAndPlace_data() {
        QTest::addColumn<QByteArray>("hex");
        QTest::addColumn<int>("which");
        QTest::addColumn<int>("kind"); // -1: it is taken
        QTest::addColumn<quint64>("offset");
        const auto row = [](const char *name, const char *hex, int which, int kind, quint64 offset) {
            QTest::newRow(name) << QByteArray(hex) << which << kind << offset;
        };
        row("nothing", "", 0, int(Kind::empty), 100);
        row("as many items as allowed", "81c101", 1, -1, 0);
        row("an item too many", "82c10102", 1, int(Kind::tooManyItems), 103);
        row("as deep as allowed", "81c101", 2, -1, 0);
        row("too deep", "81c18101", 2, int(Kind::tooDeep), 103);
        row("ends are not around what follows", "83c180c18002", 2, -1, 0);
        row("text that is UTF-8", "7f61616162ff", 3, -1, 0);
        row("text that is not", "8161ff", 3, int(Kind::notUtf8), 101);
        row("text keys", "a161610b", 4, -1, 0);
        row("tagged text key", "a1c161610b", 4, -1, 0);
        row("number as a key", "a2616101020b", 4, int(Kind::keyNotText), 104);
        row("tagged number as a key", "a1c1020b", 4, int(Kind::keyNotText), 102);
        row("array as a key", "a1800b", 4, int(Kind::keyNotText), 101);
        row("all of it without a policy", "a2c18061ff020b", 5, -1, 0);
    }
    void walk_policy_refusesWithKindAndPlace() {
        QFETCH(const QByteArray, hex);
        QFETCH(const int, which);
        QFETCH(const int, kind);
        QFETCH(const quint64, offset);
        const CborPolicy policies[] = {{.baseOffset = 100},
                                       {.maxItems = 3, .baseOffset = 100},
                                       {.maxAround = 2, .baseOffset = 100},
                                       {.texts = CborTexts::mustBeUtf8, .baseOffset = 100},
                                       {.keys = CborKeys::mustBeText, .baseOffset = 100},
                                       {.baseOffset = 100}};
        const auto fault = faultOf(hex, policies[which]);
        QCOMPARE(fault ? int(fault->kind) : -1, kind);
        if (fault) {
            QCOMPARE(fault->offset, offset);
            QVERIFY(!fault->text.isEmpty() && fault->sentence().endsWith(u'.'));
        }
    }

    void walk_manyTags_needNoMemory() {
        Notes notes;
        QVERIFY(!walkCbor(QByteArray(100'000, '\xc1') + '\0', {}, notes).fault);
    }
};

QTEST_APPLESS_MAIN(TestCborWalk)
#include "tst_cbor_walk.moc"
