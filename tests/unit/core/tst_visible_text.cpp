// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/core/output/visible_text.hpp"

#include <QJsonArray>
#include <QJsonDocument>
#include <QtTest>

using namespace nitroscope::app;
using namespace Qt::Literals::StringLiterals;

class TestVisibleText : public QObject {
    Q_OBJECT

private slots:
    void bytes_foreign_areSpelledOut_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("expected");
        QTest::newRow("plain") << QByteArray("/usr/bin/init") << u"/usr/bin/init"_s;
        QTest::newRow("other scripts") << QByteArray("größe 日本 😀") << u"größe 日本 😀"_s;
        QTest::newRow("title of the terminal") << QByteArray("\x1b]0;pwn\x07") << u"\\x1b]0;pwn\\x07"_s;
        QTest::newRow("line break") << QByteArray("a\r\n\tb") << u"a\\r\\n\\tb"_s;
        QTest::newRow("zero") << QByteArray("a\0b", 3) << u"a\\x00b"_s;
        QTest::newRow("DEL") << QByteArray("\x7f") << u"\\x7f"_s;
        QTest::newRow("C1 as UTF-8") << QByteArray("\xc2\x9b"
                                                   "2J")
                                     << u"\\u009b2J"_s;
        QTest::newRow("C1 as a byte") << QByteArray("\x9b"
                                                    "2J")
                                      << u"\\x9b2J"_s;
        QTest::newRow("direction") << QByteArray("a\xe2\x80\xae"
                                                 "b")
                                   << u"a\\u202eb"_s;
        QTest::newRow("isolate") << QByteArray("\xe2\x81\xa6") << u"\\u2066"_s;
        QTest::newRow("zero width") << QByteArray("a\xe2\x80\x8b"
                                                  "b")
                                    << u"a\\u200bb"_s;
        QTest::newRow("line separator") << QByteArray("\xe2\x80\xa8") << u"\\u2028"_s;
        QTest::newRow("byte order mark") << QByteArray("\xef\xbb\xbf") << u"\\ufeff"_s;
        QTest::newRow("tag") << QByteArray("\xf3\xa0\x81\x81") << u"\\U000e0041"_s;
        QTest::newRow("overlong slash") << QByteArray("\xc0\xaf") << u"\\xc0\\xaf"_s;
        QTest::newRow("surrogate") << QByteArray("\xed\xa0\x80") << u"\\xed\\xa0\\x80"_s;
        QTest::newRow("cut short") << QByteArray("a\xe2\x82") << u"a\\xe2\\x82"_s;
        QTest::newRow("past Unicode") << QByteArray("\xf4\x90\x80\x80") << u"\\xf4\\x90\\x80\\x80"_s;
    }

    void bytes_foreign_areSpelledOut() {
        QFETCH(QByteArray, bytes);
        QFETCH(QString, expected);
        QCOMPARE(visibleText(bytes), expected);
    }

    void text_foreign_isSpelledOut() {
        QCOMPARE(visibleText(QStringView(u"a\u001b\u0085\u202e\U000e0041\U0001f600")),
                 u"a\\x1b\\u0085\\u202e\\U000e0041\U0001f600"_s);
        const QChar alone(0xd800);
        QCOMPARE(visibleText(QStringView(&alone, 1)), u"\\ud800"_s);
    }

    void lines_ofOurs_stay() {
        QCOMPARE(visibleText(QByteArrayView("one\n\ttwo\x1b\r\n"), LineBreaks::kept),
                 u"one\n\ttwo\\x1b\\r\n"_s);
    }

    void json_keepsItsValue() {
        const QString hostile = u"a\u001b\u007f\u0085\u202e\u2028\U000e0041\U0001f600\"\\\n"_s;
        const QByteArray json = QJsonDocument(QJsonArray{hostile}).toJson();
        const QByteArray visible = visibleJson(json);
        QCOMPARE(QJsonDocument::fromJson(visible).array()[0].toString(), hostile);
        QVERIFY(visible.contains("\\u0085\\u202e\\u2028\\udb40\\udc41"));
        QVERIFY(visible.contains("\\u007f"));
        QCOMPARE(visibleText(visible, LineBreaks::kept).toUtf8(), visible);
        QCOMPARE(visibleJson("{\n  \"a\": 1\n}\n"), QByteArray("{\n  \"a\": 1\n}\n"));
    }
};

QTEST_GUILESS_MAIN(TestVisibleText)
#include "tst_visible_text.moc"
