// SPDX-License-Identifier: GPL-2.0-or-later
//
// Framing of QMP: lines are found wherever the stream is cut, and no peer can make us keep more than a line.
#include "app/proto/qmp/framing.hpp"

#include <QtTest>

using namespace Qt::Literals::StringLiterals;

using nitroscope::qmp::Framer;

namespace {

// Every frame as "offset:line", every error as "offset!code".
QStringList described(Framer &framer, const QByteArray &bytes) {
    QStringList out;
    for (const auto &frame : framer.feed(bytes)) {
        if (frame)
            out << u"%1:%2"_s.arg(frame->offset).arg(QString::fromLatin1(frame->line));
        else
            out << u"%1!%2"_s.arg(frame.error().offset.value()).arg(frame.error().code);
    }
    return out;
}

} // namespace

class TestQmpFraming : public QObject {
    Q_OBJECT
private slots:
    void feed_streams_givesLinesWithOffsets_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QStringList>("expected");
        QTest::newRow("crlf") << QByteArray("{}\r\n[1]\r\n") << QStringList{"0:{}", "4:[1]"};
        QTest::newRow("lf") << QByteArray("{}\n[1]\n") << QStringList{"0:{}", "3:[1]"};
        QTest::newRow("empty lines") << QByteArray("\r\n\n\r\na\n") << QStringList{"5:a"};
        QTest::newRow("no end yet") << QByteArray("{\"a\":") << QStringList{};
        QTest::newRow("nul bytes") << QByteArray("a\0b\n", 4) << QStringList{u"0:a"_s + QChar(0) + "b"};
        QTest::newRow("exactly the limit")
            << QByteArray("0123456789abcdef\n") << QStringList{"0:0123456789abcdef"};
        QTest::newRow("one over the limit")
            << QByteArray("x\n0123456789abcdef0\ny\n") << QStringList{"0:x", "2!qmp-line-too-long", "20:y"};
    }

    void feed_streams_givesLinesWithOffsets() {
        QFETCH(QByteArray, bytes);
        QFETCH(QStringList, expected);
        Framer framer(16);
        QCOMPARE(described(framer, bytes), expected);
        QCOMPARE(framer.position(), quint64(bytes.size()));
    }

    void feed_splitAtEveryByte_givesTheSame() {
        const QByteArray bytes("{\"QMP\":1}\r\n\r\n{\"return\":{}}\nthis line is far too long\r\n{}\r\n");
        Framer whole(16);
        const QStringList expected = described(whole, bytes);
        for (qsizetype cut = 0; cut <= bytes.size(); ++cut) {
            Framer framer(16);
            QStringList lines = described(framer, bytes.left(cut));
            lines += described(framer, bytes.mid(cut));
            QCOMPARE(lines, expected);
        }
        Framer single(16);
        QStringList lines;
        for (const char byte : bytes)
            lines += described(single, QByteArray(1, byte));
        QCOMPARE(lines, expected);
    }

    void feed_endlessLine_reportsOnceAndKeepsNothing() {
        Framer framer(1000);
        int errors = 0;
        for (int i = 0; i < 1000; ++i)
            for (const auto &frame : framer.feed(QByteArray(100, 'x')))
                errors += frame ? 0 : 1;
        QCOMPARE(errors, 1);
        QCOMPARE(described(framer, "\nafter\n"), QStringList{"100001:after"});
    }
};

QTEST_GUILESS_MAIN(TestQmpFraming)
#include "tst_qmp_framing.moc"
