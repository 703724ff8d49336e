// SPDX-License-Identifier: GPL-2.0-or-later
//
// CBOR in diagnostic notation, in lines of its own. The form in one line is tested where captures use it
// (tests/unit/capture).
#include "app/core/cbor/notation.hpp"

#include <QtTest>

using namespace nitroscope::app;
using namespace Qt::Literals::StringLiterals;

class TestCborNotation : public QObject {
    Q_OBJECT

private slots:
    void indented_showsNesting_data() {
        QTest::addColumn<QByteArray>("hex");
        QTest::addColumn<QString>("text");
        QTest::newRow("nothing") << QByteArray() << QString();
        QTest::newRow("number") << QByteArray("1818") << "24";
        QTest::newRow("empty containers") << QByteArray("82a080") << "[\n  {},\n  []\n]";
        QTest::newRow("map in map") << QByteArray("a16161a102f5") << "{\n  \"a\": {\n    2: true\n  }\n}";
        QTest::newRow("tags close behind their content") << QByteArray("c1c28101") << "1(2([\n  1\n]))";
        QTest::newRow("indefinite") << QByteArray("9fbfffff") << "[_ \n  {_ }\n]";
        QTest::newRow("sequence") << QByteArray("01820203") << "1,\n[\n  2,\n  3\n]";
        QTest::newRow("broken value")
            << QByteArray("a16161") << "{\n  \"a\" / byte 3: the data ends inside an item /";
        QTest::newRow("broken at once") << QByteArray("1c") << " / byte 0: reserved additional information /";
    }

    void indented_showsNesting() {
        QFETCH(QByteArray, hex);
        QFETCH(QString, text);
        QCOMPARE(cborNotation(QByteArray::fromHex(hex), CborLayout::indented), text);
    }

    void limit_cutsLongStrings() {
        const QByteArray bytes = QByteArray::fromHex("590400") + QByteArray(1024, 'x');
        QCOMPARE(cborNotation(bytes, CborLayout::oneLine, 6), u"h'7878\u2026"_s);
        QCOMPARE(cborNotation(bytes, CborLayout::oneLine).size(), 2 * 1024 + 3);
    }

    void nesting_upToTheReadersBound_isShown() {
        const QString text = cborNotation(QByteArray(32, '\x81') + '\x01', CborLayout::oneLine);
        QCOMPARE(text, QString(32, '[') + '1' + QString(32, ']'));
        QVERIFY(cborNotation(QByteArray(33, '\x81') + '\x01', CborLayout::oneLine).contains("too deep"));
    }
};

QTEST_GUILESS_MAIN(TestCborNotation)
#include "tst_cbor_notation.moc"
