// SPDX-License-Identifier: GPL-2.0-or-later
//
// The gdbstub's client against a stub in memory, which plays transcripts: what it hears and what it says.
#include "app/proto/rsp/client.hpp"
#include "tests/unit/proto/device_pair.hpp"

#include <QtTest>

using namespace nitroscope;
using namespace nitroscope::rsp;
using namespace Qt::Literals::StringLiterals;
using nitroscope::tests::PairEnd;

namespace {

struct Bench {
    PairEnd clientEnd, stubEnd;
    std::unique_ptr<Client> client;
    Framer heardFramer{Writer::debugger};
    QStringList problems, events;
    QString closeCode;
    qsizetype piece = 0; // what the stub says is cut into so many bytes; 0 = not at all

    explicit Bench(const Client::Limits &limits = {}) {
        clientEnd.connectTo(stubEnd);
        stubEnd.connectTo(clientEnd);
        client = std::make_unique<Client>(&clientEnd, limits);
        QObject::connect(client.get(), &Client::protocolProblem, client.get(),
                         [this](const app::Error &error) { problems << error.code; });
        QObject::connect(client.get(), &Client::closed, client.get(),
                         [this](const app::Error &error) { closeCode = error.code; });
        QObject::connect(client.get(), &Client::resumed, client.get(),
                         [this](quint64 generation) { events << u"resumed %1"_s.arg(generation); });
        QObject::connect(client.get(), &Client::stopped, client.get(),
                         [this](const StopReply &stop, quint64 generation) {
                             events << u"stopped %1 by %2"_s.arg(generation).arg(stop.number);
                         });
    }

    static void settle() {
        for (int i = 0; i < 12; ++i)
            QCoreApplication::sendPostedEvents();
    }

    // What the client said: packets by their payload, `+`, `-`, and `^C`.
    QStringList heard() {
        settle();
        QStringList words;
        for (const auto &item : heardFramer.feed(stubEnd.readAll())) {
            if (!item)
                words << item.error().code;
            else if (item->kind == Item::Kind::packet)
                words << QString::fromLatin1(item->payload);
            else if (item->kind == Item::Kind::interrupt)
                words << u"^C"_s;
            else if (item->kind == Item::Kind::retransmission)
                words << u"-"_s;
        }
        return words;
    }

    void sayRaw(const QByteArray &bytes) {
        const qsizetype step = piece > 0 ? piece : qMax<qsizetype>(1, bytes.size());
        for (qsizetype at = 0; at < bytes.size(); at += step) {
            stubEnd.write(bytes.mid(at, step));
            settle();
        }
    }
    void say(const QByteArray &payload) { sayRaw('+' + encodePacket(payload)); }

    bool becomeReady() {
        if (!heard().value(0).startsWith(u"qSupported"_s))
            return false;
        say("PacketSize=1000;qXfer:features:read+;vContSupported+;multiprocess+");
        if (heard() != QStringList{u"?"_s})
            return false;
        say("T02thread:01;");
        return client->state() == Client::State::stopped;
    }

    // Sends and keeps what comes of it: the payload, or !code.
    void ask(const QByteArray &command) {
        client->send(command, client.get(), [this](const Reply &reply) {
            answers << (reply ? QString::fromLatin1(reply->payload) : u'!' + reply.error().code);
        });
    }
    void go(const QByteArray &command = "vCont;c") {
        client->resume(command, client.get(), [this](const Reply &reply) {
            answers << (reply ? QString::fromLatin1(reply->payload) : u'!' + reply.error().code);
        });
    }
    QStringList answers;
    using Reply = Client::Reply;
};

} // namespace

class TestRspClient : public QObject {
    Q_OBJECT
private slots:
    void greeting_answered_makesStopped() {
        Bench bench;
        QVERIFY(bench.becomeReady());
        QCOMPARE(bench.client->features().packetSize, 4096);
        QCOMPARE(bench.client->lastStop()->number, 2);
        QCOMPARE(bench.client->generation(), 1ull);
    }

    void send_several_goOneAfterTheOther() {
        Bench bench;
        QVERIFY(bench.becomeReady());
        bench.ask("g");
        bench.ask("m0,4");
        QCOMPARE(bench.heard(), QStringList{"g"});
        bench.say("0011");
        QCOMPARE(bench.heard(), QStringList{"m0,4"});
        bench.say("E14");
        QCOMPARE(bench.answers, QStringList({"0011", "E14"}));
    }

    void transcript_splitAnywhere_isTheSame_data() {
        QTest::addColumn<int>("piece");
        for (const int piece : {1, 2, 3, 7, 0})
            QTest::addRow("%d", piece) << piece;
    }

    void transcript_splitAnywhere_isTheSame() {
        Bench bench;
        QFETCH(int, piece);
        bench.piece = piece;
        QVERIFY(bench.becomeReady());
        bench.go("vCont;s:1");
        QCOMPARE(bench.heard(), QStringList{"vCont;s:1"});
        bench.ask("g"); // runs
        bench.settle();
        bench.say("T05thread:01;");
        bench.ask("g");
        QCOMPARE(bench.heard(), QStringList{"g"});
        bench.say("0* ");
        QCOMPARE(bench.answers, QStringList({"!rsp-running", "T05thread:01;", "0* "}));
        QCOMPARE(bench.events, QStringList({"resumed 2", "stopped 3 by 5"}));
        QCOMPARE(bench.problems, QStringList());
    }

    void send_whileRunning_writesNothing() {
        Bench bench;
        QVERIFY(bench.becomeReady());
        bench.go();
        bench.ask("g"); // behind the resumption in the queue
        QCOMPARE(bench.heard(), QStringList{"vCont;c"});
        bench.ask("m0,4");
        QCOMPARE(bench.heard(), QStringList());
        QCOMPARE(bench.answers, QStringList({"!rsp-running", "!rsp-running"}));
        bench.client->interrupt();
        bench.client->interrupt();
        QCOMPARE(bench.heard(), QStringList{"^C"});
        bench.say("T02thread:01;");
        QCOMPARE(bench.answers.last(), u"T02thread:01;"_s);
        bench.client->interrupt(); // stopped
        QCOMPARE(bench.heard(), QStringList());
    }

    void interrupt_ofAResumptionInLine_followsIt() {
        Bench bench;
        QVERIFY(bench.becomeReady());
        bench.ask("g");
        bench.go();
        QVERIFY(!bench.client->takesCommands());
        bench.client->interrupt(); // the target does not run yet
        QCOMPARE(bench.heard(), QStringList{"g"});
        bench.say("00");
        QCOMPARE(bench.heard(), QStringList({"vCont;c", "^C"}));
        bench.say("T02thread:01;");
        QVERIFY(bench.client->takesCommands());
        bench.go(); // the next run is not interrupted
        QCOMPARE(bench.heard(), QStringList{"vCont;c"});
    }

    void replies_carryTheGenerationOfTheirStop() {
        Bench bench;
        QVERIFY(bench.becomeReady());
        QVector<quint64> generations;
        const auto keep = [&](const Client::Reply &reply) { generations << (reply ? reply->generation : 0); };
        bench.client->send("g", bench.client.get(), keep);
        bench.client->resume("vCont;s", bench.client.get(), keep);
        bench.settle();
        bench.say("00");
        bench.say("T05thread:01;");
        bench.client->send("g", bench.client.get(), keep);
        bench.settle();
        bench.say("00");
        QCOMPARE(generations, QVector<quint64>({1, 3, 3}));
    }

    void monitor_output_isCollected() {
        Bench bench;
        QVERIFY(bench.becomeReady());
        QByteArray console;
        bench.client->sendMonitor("info cpus", bench.client.get(), [&](const Client::Reply &reply) {
            if (reply)
                console = reply->console;
        });
        QCOMPARE(bench.heard(), QStringList{"qRcmd,696e666f2063707573"});
        bench.say("O68656c");
        bench.say("O6c6f");
        bench.say("OK");
        QCOMPARE(console, QByteArray("hello"));
    }

    void resumption_refused_tellsAStop() {
        Bench bench;
        QVERIFY(bench.becomeReady());
        bench.go("vCont;r0,0");
        bench.settle();
        bench.say("");
        QCOMPARE(bench.answers, QStringList{"!rsp-refused"});
        QCOMPARE(bench.events.size(), 2);
        QVERIFY(bench.client->state() == Client::State::stopped);
    }

    void wrongChecksum_isAskedForAgain() {
        Bench bench;
        QVERIFY(bench.becomeReady());
        bench.ask("g");
        bench.settle();
        bench.sayRaw("+$0011#00");
        QVERIFY(bench.heard().contains(u"-"_s));
        bench.sayRaw("$0011#c2");
        QCOMPARE(bench.answers, QStringList{"0011"});
        QCOMPARE(bench.problems, QStringList{"rsp-checksum"});
    }

    void retransmission_isBounded() {
        Bench bench;
        QVERIFY(bench.becomeReady());
        bench.ask("g");
        bench.heard();
        bench.sayRaw(QByteArray(100, '-'));
        QCOMPARE(bench.heard(), QStringList({"g", "g", "g"}));
    }

    void lateReply_isDropped_andNextAnswersFit() {
        Client::Limits limits;
        limits.replyMs = 20;
        Bench bench(limits);
        QVERIFY(bench.becomeReady());
        bench.ask("g");
        QTRY_COMPARE(bench.answers, QStringList{"!rsp-timeout"});
        bench.heard();
        bench.ask("p10");
        QCOMPARE(bench.heard(), QStringList()); // not before the late one came
        bench.say("6c617465");
        QCOMPARE(bench.heard(), QStringList{"p10"});
        bench.say("77");
        QCOMPARE(bench.answers, QStringList({"!rsp-timeout", "77"}));
        QVERIFY(bench.problems.contains(u"rsp-late-reply"_s));
    }

    void silence_failsThoseWhoWait() {
        Client::Limits limits;
        limits.replyMs = 10;
        Bench bench(limits);
        QVERIFY(bench.becomeReady());
        bench.ask("g");
        bench.ask("m0,4");
        QTRY_COMPARE(bench.answers, QStringList({"!rsp-timeout", "!rsp-timeout"}));
    }

    void silence_whenGreeting_closes() {
        Client::Limits limits;
        limits.replyMs = 10;
        Bench bench(limits);
        QTRY_COMPARE(bench.closeCode, u"rsp-timeout"_s);
    }

    void hangUp_failsOutstanding_once() {
        Bench bench;
        QVERIFY(bench.becomeReady());
        bench.ask("g");
        bench.ask("m0,4");
        bench.settle();
        bench.stubEnd.hangUp();
        bench.settle();
        QCOMPARE(bench.answers, QStringList({"!rsp-closed", "!rsp-closed"}));
        QCOMPARE(bench.closeCode, u"rsp-closed"_s);
        bench.ask("g");
        bench.settle();
        QCOMPARE(bench.answers.size(), 3);
    }

    void stopReply_ofNonsense_closes() {
        Bench bench;
        QVERIFY(bench.becomeReady());
        bench.go();
        bench.settle();
        bench.say("hello");
        QCOMPARE(bench.closeCode, u"rsp-bad-stop-reply"_s);
    }

    void garbage_isReported_andSkipped() {
        Bench bench;
        QVERIFY(bench.becomeReady());
        bench.ask("g");
        bench.settle();
        bench.sayRaw(QByteArray(5000, 'x'));
        bench.sayRaw("%Stop:T05#" + QByteArray("00"));
        bench.say("0011");
        bench.say("unasked");
        QCOMPARE(bench.answers, QStringList{"0011"});
        QCOMPARE(bench.problems, QStringList({"rsp-garbage", "rsp-checksum", "rsp-unexpected"}));
    }

    void callback_mayDeleteTheClient() {
        Bench bench;
        QVERIFY(bench.becomeReady());
        QObject context;
        bool called = false;
        bench.client->send("g", &context, [&](const Client::Reply &) {
            called = true;
            bench.client.reset();
        });
        bench.client->send("m0,1", &context, [&](const Client::Reply &) { QFAIL("client is gone"); });
        bench.settle();
        bench.say("00");
        QVERIFY(called);
    }

    void context_gone_isNotCalled() {
        Bench bench;
        QVERIFY(bench.becomeReady());
        auto context = std::make_unique<QObject>();
        bench.client->send("g", context.get(), [](const Client::Reply &) { QFAIL("context is gone"); });
        bench.settle();
        context.reset();
        bench.say("00");
        QCOMPARE(bench.problems, QStringList());
    }
};

QTEST_GUILESS_MAIN(TestRspClient)
#include "tst_rsp_client.moc"
