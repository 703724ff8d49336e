// SPDX-License-Identifier: GPL-2.0-or-later
//
// The QMP client against a server end in memory, which the test plays line by line.
#include "app/proto/qmp/client.hpp"
#include "device_pair.hpp"

#include <QJsonDocument>
#include <QSignalSpy>
#include <QtTest>

using namespace nitroscope;
using namespace Qt::Literals::StringLiterals;
using nitroscope::tests::PairEnd;

namespace {

constexpr auto greeting =
    R"({"QMP": {"version": {"qemu": {"micro": 0, "minor": 0, "major": 10}, "package": ""}, "capabilities": []}})";

// One client, its server end, and everything either of them said.
struct Bench {
    PairEnd clientEnd, serverEnd;
    std::unique_ptr<qmp::Client> client;
    QStringList problems;
    QString closeCode;

    explicit Bench(const qmp::Client::Limits &limits = {}) {
        clientEnd.connectTo(serverEnd);
        serverEnd.connectTo(clientEnd);
        client = std::make_unique<qmp::Client>(&clientEnd, limits);
        QObject::connect(client.get(), &qmp::Client::protocolProblem, client.get(),
                         [this](const app::Error &error) { problems << error.code; });
        QObject::connect(client.get(), &qmp::Client::closed, client.get(),
                         [this](const app::Error &error) { closeCode = error.code; });
    }

    void say(const QByteArray &line) { serverEnd.write(line + "\r\n"); }

    // The next command that the client sent; an empty object when there is none.
    QJsonObject heard() {
        buffer += serverEnd.readAll();
        const qsizetype end = buffer.indexOf('\n');
        const QByteArray line = buffer.left(end);
        buffer.remove(0, end + 1);
        return end < 0 ? QJsonObject() : QJsonDocument::fromJson(line).object();
    }
    QByteArray buffer;

    bool becomeReady() {
        QSignalSpy ready(client.get(), &qmp::Client::ready);
        say(greeting);
        settle();
        const auto command = heard();
        if (command["execute"] != u"qmp_capabilities"_s)
            return false;
        say(R"({"return": {}, "id": 0})");
        settle();
        return ready.count() == 1 && client->state() == qmp::Client::State::ready;
    }

    // Delivers all that is queued, in a bounded number of rounds.
    static void settle() {
        for (int i = 0; i < 8; ++i)
            QCoreApplication::sendPostedEvents();
    }
};

QByteArray reply(const QJsonObject &command, const char *value = "{}") {
    return "{\"return\": " + QByteArray(value) + ", \"id\": " + QByteArray::number(command["id"].toInt()) +
           "}";
}

} // namespace

class TestQmpClient : public QObject {
    Q_OBJECT
private slots:
    void greeting_thenCapabilities_makesReady() {
        Bench bench;
        QVERIFY(bench.becomeReady());
        QVERIFY(bench.problems.isEmpty());
    }

    void execute_beforeReady_isSentAfterwardsInOrder() {
        Bench bench;
        bench.client->execute("first");
        bench.client->execute("second", {{"a", 1}});
        Bench::settle();
        QVERIFY(bench.heard().isEmpty());
        QVERIFY(bench.becomeReady());
        QCOMPARE(bench.heard()["execute"].toString(), QString("first"));
        QCOMPARE(bench.heard()["execute"].toString(), QString("second"));
    }

    void replies_inAnyOrder_reachTheirCallbacks() {
        Bench bench;
        QVERIFY(bench.becomeReady());
        QStringList got;
        for (const char *name : {"a", "b"})
            bench.client->execute(name, {}, this, [&got, name](const qmp::Client::Reply &reply) {
                got << QString(name) + QString::number(reply.value()["v"].toInt());
            });
        Bench::settle();
        const auto a = bench.heard(), b = bench.heard();
        bench.say(reply(b, R"({"v": 2})"));
        bench.say(reply(a, R"({"v": 1})"));
        Bench::settle();
        QCOMPARE(got, (QStringList{"b2", "a1"}));
    }

    void errorReply_givesClassAndCommand() {
        Bench bench;
        QVERIFY(bench.becomeReady());
        app::Error error;
        bench.client->execute("nonsense", {}, this,
                              [&](const qmp::Client::Reply &reply) { error = reply.error(); });
        Bench::settle();
        bench.say(R"({"error": {"class": "CommandNotFound", "desc": "not found"}, "id": )" +
                  QByteArray::number(bench.heard()["id"].toInt()) + "}");
        Bench::settle();
        QCOMPARE(error.code, QString("qmp-CommandNotFound"));
        QCOMPARE(error.text(), QString("nonsense: not found"));
    }

    void event_isEmittedWithData() {
        Bench bench;
        QSignalSpy events(bench.client.get(), &qmp::Client::eventReceived);
        QVERIFY(bench.becomeReady());
        bench.say(
            R"({"event": "SHUTDOWN", "data": {"guest": true}, "timestamp": {"seconds": 1, "microseconds": 0}})");
        Bench::settle();
        QCOMPARE(events.count(), 1);
        const auto event = events[0][0].value<qmp::Event>();
        QCOMPARE(event.name, QString("SHUTDOWN"));
        QVERIFY(event.data["guest"].toBool());
    }

    void session_splitAtEveryByte_isUnderstood() {
        const QByteArray stream = QByteArray(greeting) + "\r\n" + R"({"return": {}, "id": 0})" + "\r\n" +
                                  R"({"event": "STOP", "timestamp": {"seconds": 1, "microseconds": 0}})" +
                                  "\r\n";
        for (qsizetype cut = 0; cut <= stream.size(); ++cut) {
            Bench bench;
            QSignalSpy events(bench.client.get(), &qmp::Client::eventReceived);
            bench.serverEnd.write(stream.left(cut));
            Bench::settle();
            bench.serverEnd.write(stream.mid(cut));
            Bench::settle();
            QCOMPARE(events.count(), 1);
            QVERIFY(bench.problems.isEmpty());
        }
    }

    void garbage_isReportedAndSkipped() {
        Bench bench;
        bench.say("qemu-system-x86_64: warning: something");
        bench.say("{\"unknown\": true}");
        QVERIFY(bench.becomeReady());
        QCOMPARE(bench.problems, (QStringList{"qmp-garbage", "qmp-garbage"}));
    }

    void oversizeLine_isReportedAndSkipped() {
        qmp::Client::Limits limits;
        limits.maxLineLength = 200;
        Bench bench(limits);
        bench.say(QByteArray(5000, '{'));
        QVERIFY(bench.becomeReady());
        QCOMPARE(bench.problems, QStringList{"qmp-line-too-long"});
    }

    void greeting_missing_closesWithError() {
        qmp::Client::Limits limits;
        limits.greetingMs = 5;
        Bench bench(limits);
        app::Error error;
        bench.client->execute("query-nsm", {}, this,
                              [&](const qmp::Client::Reply &reply) { error = reply.error(); });
        QTRY_COMPARE(bench.closeCode, QString("qmp-no-greeting"));
        QCOMPARE(error.code, QString("qmp-no-greeting"));
    }

    void greeting_twice_isReported() {
        Bench bench;
        QVERIFY(bench.becomeReady());
        bench.say(greeting);
        Bench::settle();
        QCOMPARE(bench.problems, QStringList{"qmp-unexpected"});
        QVERIFY(bench.client->state() == qmp::Client::State::ready);
    }

    void capabilities_refused_closes() {
        Bench bench;
        bench.say(greeting);
        bench.say(R"({"error": {"class": "GenericError", "desc": "no"}, "id": 0})");
        Bench::settle();
        QCOMPARE(bench.closeCode, QString("qmp-GenericError"));
    }

    void reply_late_isDroppedAndReported() {
        qmp::Client::Limits limits;
        limits.replyMs = 5;
        Bench bench(limits);
        QVERIFY(bench.becomeReady());
        QStringList got;
        bench.client->execute("slow", {}, this, [&](const qmp::Client::Reply &reply) {
            got << (reply ? u"value"_s : reply.error().code);
        });
        QTRY_COMPARE(got, QStringList{"qmp-timeout"});
        bench.say(reply(bench.heard()));
        Bench::settle();
        QCOMPARE(got, QStringList{"qmp-timeout"});
        QCOMPARE(bench.problems, (QStringList{"qmp-timeout", "qmp-late-reply"}));
        QVERIFY(bench.client->state() == qmp::Client::State::ready);
    }

    void reply_toACommandThatWasNotSent_isNobodys() {
        Bench bench;
        bool called = false;
        bench.client->execute("x", {}, this, [&](const qmp::Client::Reply &) { called = true; });
        bench.say(R"({"return": {}, "id": 0})");
        bench.say(R"({"return": {}, "id": 1})");
        Bench::settle();
        QVERIFY(!called);
        QCOMPARE(bench.problems, (QStringList{"qmp-late-reply", "qmp-late-reply"}));
        QVERIFY(bench.becomeReady());
    }

    void context_gone_callbackIsNotCalled() {
        Bench bench;
        QVERIFY(bench.becomeReady());
        bool called = false;
        {
            QObject context;
            bench.client->execute("x", {}, &context, [&](const qmp::Client::Reply &) { called = true; });
        }
        Bench::settle();
        bench.say(reply(bench.heard()));
        Bench::settle();
        QVERIFY(!called);
        QVERIFY(bench.problems.isEmpty());
    }

    void callback_deletesClient_isSafe() {
        Bench bench;
        QVERIFY(bench.becomeReady());
        bench.client->execute("x", {}, this, [&](const qmp::Client::Reply &) { bench.client.reset(); });
        Bench::settle();
        bench.say(reply(bench.heard()) + "\r\n{\"event\": \"STOP\"}");
        Bench::settle();
        QVERIFY(!bench.client);
    }

    void peer_hangsUp_failsWhatIsOutstandingAfterReadingTheRest() {
        Bench bench;
        QVERIFY(bench.becomeReady());
        QSignalSpy events(bench.client.get(), &qmp::Client::eventReceived);
        QString code;
        bench.client->execute("x", {}, this,
                              [&](const qmp::Client::Reply &reply) { code = reply.error().code; });
        bench.say(R"({"event": "SHUTDOWN"})");
        bench.serverEnd.hangUp();
        Bench::settle();
        QCOMPARE(events.count(), 1);
        QCOMPARE(code, QString("qmp-closed"));
        QCOMPARE(bench.closeCode, QString("qmp-closed"));
        bench.client->execute("y", {}, this,
                              [&](const qmp::Client::Reply &reply) { code += reply.error().code; });
        QCOMPARE(code, QString("qmp-closed")); // never from inside execute()
        Bench::settle();
        QCOMPARE(code, QString("qmp-closedqmp-closed"));
    }

    void peer_neverAnswers_outstandingCommandsAreBounded() {
        qmp::Client::Limits limits;
        limits.outstanding = 3;
        Bench bench(limits);
        QVERIFY(bench.becomeReady());
        QStringList codes;
        for (int i = 0; i < 5; ++i)
            bench.client->execute("x", {}, this,
                                  [&](const qmp::Client::Reply &reply) { codes << reply.error().code; });
        Bench::settle();
        QCOMPARE(codes, (QStringList{"qmp-too-many", "qmp-too-many"}));
    }
};

QTEST_GUILESS_MAIN(TestQmpClient)
#include "tst_qmp_client.moc"
