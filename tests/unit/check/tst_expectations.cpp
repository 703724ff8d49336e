// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/check/expectations.hpp"

#include <QtTest>

using namespace nitroscope::app;
namespace pcapng = nitroscope::pcapng;

namespace {

CheckSpec specOf(const QByteArray &toml) {
    auto spec = readCheckSpec(toml, "spec.toml");
    if (!spec)
        qFatal("%s", qPrintable(spec.error().text()));
    return *spec;
}

// One letter for each verdict: o(pen), h(eld), b(roken).
QString lettersOf(const Expectations &expectations) {
    QString letters;
    for (const Verdict &verdict : expectations.verdicts())
        letters += QLatin1Char("ohb"[int(verdict.kind)]);
    return letters;
}

pcapng::Record nsmAnswer(quint8 result) {
    pcapng::Record record;
    record.source = pcapng::Source::nsm;
    pcapng::NsmRecord nsm;
    nsm.isResponse = true;
    nsm.result = result;
    record.content = nsm;
    return record;
}

pcapng::Record packet(quint16 operation, bool fromGuest, QByteArray payload = {}) {
    constexpr quint64 guest = 16, parent = 3;
    pcapng::Record record;
    record.source = pcapng::Source::vsock;
    record.direction = fromGuest ? pcapng::Direction::outbound : pcapng::Direction::inbound;
    record.flow = 7;
    pcapng::VsockRecord vsock;
    vsock.srcCid = fromGuest ? guest : parent;
    vsock.dstCid = fromGuest ? parent : guest;
    vsock.srcPort = fromGuest ? 1024 : 9000;
    vsock.dstPort = fromGuest ? 9000 : 1024;
    vsock.type = 1;
    vsock.operation = operation;
    vsock.length = quint32(payload.size());
    vsock.payload = payload;
    record.content = vsock;
    return record;
}

} // namespace

class ExpectationsTest : public QObject {
    Q_OBJECT
private slots:
    void console_linesCutAnywhere_areMatched() {
        const QByteArray console = "one\r\ntwo one\r\nthree\r\n# ";
        const CheckSpec spec = specOf(
            "[console]\nin-order=['^one$', 'two', 'one', '# $']\ncontains=['three']\nnever=['four']\n");
        for (qsizetype cut = 0; cut <= console.size(); ++cut) {
            Expectations expectations(spec);
            expectations.takeConsole(QByteArrayView(console).first(cut));
            expectations.takeConsole(QByteArrayView(console).sliced(cut));
            QCOMPARE(lettersOf(expectations), QString("hhhhho"));
            QVERIFY(expectations.isSettled());
            expectations.end(0, {});
            QCOMPARE(lettersOf(expectations), QString("hhhhhh"));
        }
    }

    void console_wrongOrder_staysOpenAndBreaksAtTheEnd() {
        Expectations expectations(specOf("[console]\nin-order=['two', 'one']\n"));
        expectations.takeConsole("one\ntwo\n");
        QCOMPARE(lettersOf(expectations), QString("ho"));
        QVERIFY(!expectations.isSettled());
        expectations.end(0, {});
        QCOMPARE(lettersOf(expectations), QString("hb"));
        QVERIFY(expectations.isBroken());
    }

    void console_whatMustNotBe_breaksWithItsLine() {
        Expectations expectations(specOf("[console]\nnever=['panic']\n"));
        expectations.takeConsole("fine\nKernel pan");
        QVERIFY(!expectations.isBroken());
        expectations.takeConsole("ic\n");
        QVERIFY(expectations.isBroken());
        QCOMPARE(expectations.verdicts()[0].detail, QString("line 2: Kernel panic"));
    }

    void console_longLine_isBounded() {
        Expectations expectations(specOf("[console]\ncontains=['END']\n"));
        for (int i = 0; i < 64; ++i)
            expectations.takeConsole(QByteArray(maxConsoleLine, 'x'));
        expectations.takeConsole("END\nEND\n");
        QCOMPARE(lettersOf(expectations), QString("h"));
        QCOMPARE(expectations.verdicts()[0].detail, QString("line 2: END"));
    }

    void stages_lateOrMissing_break() {
        Expectations expectations(specOf("[stages]\nheader='1ms'\nhandoff='5ms'\nkernel=true\n"));
        RunAccount account;
        RunNews news;
        news.stages = {{"header", -1, 900'000, 0, {}}, {"handoff", -1, 6'000'000, 0, {}}};
        expectations.take(account, news);
        QCOMPARE(lettersOf(expectations), QString("hob")); // in the boot's order
        expectations.end(0, {});
        QCOMPARE(lettersOf(expectations), QString("hbb"));
    }

    void records_areCounted() {
        Expectations expectations(specOf("[[records]]\nfilter='interface==nsm'\nat-least=2\n"
                                         "[[records]]\nfilter='result!=Success'\nat-most=1\n"
                                         "[end]\nexit-code=0\n"));
        RunAccount account;
        const auto take = [&](quint8 result) {
            const pcapng::Record record = nsmAnswer(result);
            RunNews news;
            news.records = std::span(&record, 1);
            expectations.take(account, news);
        };
        take(NSM_SUCCESS);
        QCOMPARE(lettersOf(expectations), QString("ooo"));
        take(NSM_INVALID_ARGUMENT);
        QCOMPARE(lettersOf(expectations), QString("hoo"));
        {
            Expectations copy = expectations;
            copy.end(0, {});
            QCOMPARE(lettersOf(copy), QString("hhh"));
        }
        take(NSM_INVALID_ARGUMENT);
        QCOMPARE(lettersOf(expectations), QString("hbo"));
    }

    void flows_bytesAndWhoDialed_count() {
        Expectations expectations(specOf("[[flows]]\nport=9000\ndialed-by='enclave'\nbytes-from-enclave=3\n"
                                         "[[flows]]\nport=9000\ndialed-by='parent'\n"));
        RunAccount account;
        connect(&account, &RunAccount::taken, &account,
                [&](const RunNews &news) { expectations.take(account, news); });
        account.begin(nullptr);
        const std::vector<pcapng::Record> records{packet(VSOCK_OP_REQUEST, true),
                                                  packet(VSOCK_OP_RESPONSE, false),
                                                  packet(VSOCK_OP_RW, true, "abc")};
        account.take(std::span(records).first(2));
        QCOMPARE(lettersOf(expectations), QString("oo"));
        account.take(std::span(records).last(1));
        QCOMPARE(lettersOf(expectations), QString("ho"));
    }

    void end_otherExitCode_breaks() {
        Expectations expectations(specOf("[end]\nexit-code=6\n"));
        QVERIFY(!expectations.isSettled());
        expectations.end(3, "The guest's kernel panicked.");
        QVERIFY(expectations.isBroken());
        QCOMPARE(expectations.verdicts()[0].detail, QString("it was 3: The guest's kernel panicked."));
    }

    void services_verdict_isTaken() {
        Expectations expectations(specOf("[[listen]]\nport=1\n[[connect]]\nport=2\nafter='x'\n"));
        QVERIFY(!expectations.isSettled());
        expectations.takeService(0, true, "2 bytes were sent");
        expectations.takeConnection(0, false, "nobody listens");
        QCOMPARE(lettersOf(expectations), QString("hb"));
    }
};

QTEST_GUILESS_MAIN(ExpectationsTest)
#include "tst_expectations.moc"
