// SPDX-License-Identifier: GPL-2.0-or-later
//
// Requests out of bytes that somebody sends as he likes (RFC 9112).
#include "app/kms/http/http_reader.hpp"

#include <QtTest>

using namespace nitroscope::kms;
using namespace Qt::Literals::StringLiterals;

namespace {

const QByteArray call =
    "POST / HTTP/1.1\r\nHost: kms.us-east-1.amazonaws.com\r\nX-Amz-Target:  TrentService.Decrypt \r\n"
    "Content-Length: 2\r\n\r\n{}";

} // namespace

class TestHttpReader : public QObject {
    Q_OBJECT

private slots:
    void read_call_hasItsParts() {
        HttpReader reader;
        reader.feed(call);
        const auto request = reader.next();
        QVERIFY(request);
        QCOMPARE(request->method, QByteArray("POST"));
        QCOMPARE(request->target, QByteArray("/"));
        QCOMPARE(request->header("x-amz-TARGET"), std::optional(QByteArray("TrentService.Decrypt")));
        QCOMPARE(request->body, QByteArray("{}"));
        QVERIFY(request->keepsAlive());
        QVERIFY(!reader.next() && !reader.isInside());
    }

    void read_cutAnywhere_isTheSame() {
        for (qsizetype cut = 0; cut <= call.size(); ++cut) {
            HttpReader reader;
            reader.feed(QByteArrayView(call).first(cut));
            const auto early = reader.next();
            QCOMPARE(early.has_value(), cut == call.size());
            QCOMPARE(reader.isInside(), cut > 0 && cut < call.size());
            reader.feed(QByteArrayView(call).sliced(cut));
            QVERIFY2(early || reader.next(), qPrintable(QString::number(cut)));
        }
    }

    void read_byteByByte_isTheSame() {
        HttpReader reader;
        int requests = 0;
        for (const char byte : call + call) {
            reader.feed(QByteArrayView(&byte, 1));
            requests += reader.next().has_value();
        }
        QCOMPARE(requests, 2);
    }

    void read_pipelined_comesOneByOne() {
        HttpReader reader;
        reader.feed(call + "\r\n" + call + "GET /x HTTP/1.0\r\n\r\n");
        QVERIFY(reader.next());
        QVERIFY(reader.next());
        const auto last = reader.next();
        QVERIFY(last);
        QCOMPARE(last->target, QByteArray("/x"));
        QVERIFY(!last->keepsAlive());
        QVERIFY(!reader.next());
    }

    void read_bad_isRefused_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<int>("status");
        const auto post = [](const QByteArray &headers) { return "POST / HTTP/1.1\r\n" + headers + "\r\n"; };
        QTest::newRow("noise") << QByteArray("\x16\x03\x01 hello\r\n\r\n") << 400;
        QTest::newRow("two words") << QByteArray("GET /\r\n\r\n") << 400;
        QTest::newRow("HTTP/2") << QByteArray("PRI * HTTP/2.0\r\n\r\n") << 505;
        QTest::newRow("chunked") << post("Transfer-Encoding: chunked\r\n") << 501;
        QTest::newRow("two lengths") << post("Content-Length: 2\r\nContent-Length: 3\r\n") << 400;
        QTest::newRow("length with a sign") << post("Content-Length: +2\r\n") << 400;
        QTest::newRow("length is a word") << post("Content-Length: two\r\n") << 400;
        QTest::newRow("length of too much") << post("Content-Length: 1048577\r\n") << 413;
        QTest::newRow("length beyond numbers") << post("Content-Length: 99999999999999999999\r\n") << 413;
        QTest::newRow("folded header") << post("A: b\r\n c\r\n") << 400;
        QTest::newRow("space before the colon") << post("Host : x\r\n") << 400;
        QTest::newRow("no colon") << post("Host\r\n") << 400;
        QTest::newRow("control character") << post("A: \x01\r\n") << 400;
        QTest::newRow("line feed alone") << post("A: b\nC: d\r\n") << 400;
        QTest::newRow("many headers") << post(QByteArray("A: b\r\n").repeated(101)) << 431;
        QTest::newRow("long head") << post("A: " + QByteArray(70'000, 'a') + "\r\n") << 431;
        QTest::newRow("head without an end") << QByteArray(70'000, 'a') << 431;
    }
    void read_bad_isRefused() {
        QFETCH(QByteArray, bytes);
        QFETCH(int, status);
        HttpReader reader;
        reader.feed(bytes);
        QVERIFY(!reader.next());
        QVERIFY(reader.refusal());
        QCOMPARE(reader.refusal()->status, status);
        reader.feed(call); // and stays refused
        QVERIFY(!reader.next());
    }

    void read_expectContinue_isToldOnce() {
        HttpReader reader;
        reader.feed("POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n");
        QVERIFY(!reader.next());
        QVERIFY(reader.takeContinue());
        QVERIFY(!reader.takeContinue());
        reader.feed("x");
        QVERIFY(reader.next());
    }

    void read_bodyAtTheLimit_isTaken() {
        HttpReader reader(HttpReader::Limits{.headBytes = 100, .bodyBytes = 5, .headers = 2});
        reader.feed("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n12345");
        QVERIFY(reader.next());
        reader.feed("POST / HTTP/1.1\r\nContent-Length: 6\r\n\r\n");
        QVERIFY(!reader.next());
        QCOMPARE(reader.refusal()->status, 413);
    }

    void write_response_hasLengthAndDate() {
        const QByteArray bytes = httpBytes(
            {.status = 400, .headers = {{"X-A", "b"}}, .body = "{}", .keepsAlive = false}, 784111777);
        QVERIFY(bytes.startsWith("HTTP/1.1 400 Bad Request\r\n"));
        QVERIFY(bytes.contains("Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"));
        QVERIFY(bytes.contains("X-A: b\r\n"));
        QVERIFY(bytes.contains("Connection: close\r\n"));
        QVERIFY(bytes.endsWith("Content-Length: 2\r\nConnection: close\r\n\r\n{}"));
    }
};

QTEST_GUILESS_MAIN(TestHttpReader)
#include "tst_http_reader.moc"
