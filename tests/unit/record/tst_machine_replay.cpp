// SPDX-License-Identifier: GPL-2.0-or-later
//
// The way to a place of a recording over QMP, against a server end in memory: what is told, how often, and what is not told
// of a seek that was overtaken.
#include "app/session/record/machine_replay.hpp"
#include "tests/unit/proto/device_pair.hpp"

#include <QJsonDocument>
#include <QSignalSpy>
#include <QtTest>

using namespace nitroscope;
using namespace Qt::Literals::StringLiterals;
using app::MachineReplay;
using app::ReplayControl;
using nitroscope::tests::PairEnd;

namespace {

constexpr auto greeting =
    R"({"QMP": {"version": {"qemu": {"micro": 0, "minor": 0, "major": 10}, "package": ""}, "capabilities": []}})";
constexpr auto atStart = R"({"mode": "replay", "icount": 0, "end": 1000, "snapshots": [
    {"name": "b", "icount": 500, "bytes": 7}, {"name": "a", "icount": 0, "bytes": 5}]})";

// A replay, its machine's end, and everything the replay told.
struct Bench {
    PairEnd clientEnd, serverEnd;
    std::unique_ptr<qmp::Client> client;
    MachineReplay replay;
    QStringList told;
    QByteArray buffer;

    Bench() {
        clientEnd.connectTo(serverEnd);
        serverEnd.connectTo(clientEnd);
        client = std::make_unique<qmp::Client>(&clientEnd);
        using R = ReplayControl;
        QObject::connect(&replay, &R::reached, &replay,
                         [this](quint64 n) { told << u"reached %1"_s.arg(n); });
        QObject::connect(&replay, &R::ended, &replay, [this](quint64 n) { told << u"ended %1"_s.arg(n); });
        QObject::connect(&replay, &R::progress, &replay,
                         [this](quint64 n) { told << u"progress %1"_s.arg(n); });
        QObject::connect(&replay, &R::seekStarted, &replay,
                         [this](quint64 n) { told << u"started %1"_s.arg(n); });
        QObject::connect(&replay, &R::seekCancelled, &replay, [this] { told << u"cancelled"_s; });
        QObject::connect(&replay, &R::seekFailed, &replay,
                         [this](const app::Error &error) { told << u"failed "_s + error.code; });
        QObject::connect(&replay, &R::diverged, &replay,
                         [this](const auto &where) { told << u"diverged %1"_s.arg(where.instruction); });
        say(greeting);
        settle();
        answer("qmp_capabilities");
        replay.begin(ReplayControl::Mode::replay);
        replay.setClient(client.get());
    }

    void say(const QByteArray &line) { serverEnd.write(QByteArray(line).replace('\n', ' ') + "\r\n"); }
    void event(const char *name, const QByteArray &data = "{}") {
        say(R"({"timestamp": {"seconds": 1, "microseconds": 0}, "event": ")" + QByteArray(name) +
            R"(", "data": )" + data + "}");
        settle();
    }
    void place(const char *name, quint64 instruction) {
        event(name, "{\"icount\": " + QByteArray::number(instruction) + "}");
    }

    // The next command that was sent; empty when there is none.
    QJsonObject heard() {
        settle();
        buffer += serverEnd.readAll();
        const qsizetype end = buffer.indexOf('\n');
        const QByteArray line = buffer.left(end);
        buffer.remove(0, end + 1);
        return end < 0 ? QJsonObject() : QJsonDocument::fromJson(line).object();
    }
    // Answers the next command, which must be of that name; gives its arguments.
    QJsonObject answer(const char *name, const char *value = "{}", const char *kind = "return") {
        const QJsonObject command = heard();
        if (command["execute"].toString() != QLatin1String(name)) {
            qWarning() << "heard" << command;
            return {{u"wrong"_s, command}};
        }
        say("{\"" + QByteArray(kind) + "\": " + value +
            ", \"id\": " + QByteArray::number(command["id"].toInt()) + "}");
        settle();
        return command["arguments"].toObject();
    }
    static void settle() {
        for (int i = 0; i < 8; ++i)
            QCoreApplication::sendPostedEvents();
    }
};

} // namespace

class TestMachineReplay : public QObject {
    Q_OBJECT
private slots:
    void replay_begun_knowsWhereItStands() {
        Bench bench;
        QVERIFY(bench.replay.isReplay());
        QVERIFY(!bench.replay.instruction());
        bench.answer("query-recording", atStart);
        QCOMPARE(bench.replay.instruction(), 0U);
        QCOMPARE(bench.replay.end(), 1000U);
        QCOMPARE(bench.replay.snapshots().size(), 2);
        QCOMPARE(bench.replay.snapshots().first().name, u"a"_s);
    }

    void seek_toAPlace_isToldOnce() {
        Bench bench;
        bench.answer("query-recording", atStart);
        bench.replay.seek(300);
        QCOMPARE(bench.replay.target(), 300U);
        QCOMPARE(bench.answer("recording-seek")["icount"].toInt(), 300);
        bench.place("RECORDING_REACHED", 300);
        QVERIFY(!bench.replay.isSeeking());
        QCOMPARE(bench.replay.instruction(), 300U);
        bench.place("RECORDING_REACHED", 300); // somebody else's
        QCOMPARE(bench.told.mid(0, 2), (QStringList{u"started 300"_s, u"reached 300"_s}));
        QCOMPARE(bench.told.count(u"started 300"_s), 1);
    }

    void seek_beyondTheEnd_goesToTheEnd() {
        Bench bench;
        bench.answer("query-recording", atStart);
        bench.replay.seek(5000);
        QCOMPARE(bench.answer("recording-seek")["icount"].toInt(), 1000);
        bench.place("RECORDING_ENDED", 1000);
        QCOMPARE(bench.told, (QStringList{u"started 1000"_s, u"reached 1000"_s, u"ended 1000"_s}));
    }

    void seek_thatIsOvertaken_isNotHeardOf() {
        Bench bench;
        bench.answer("query-recording", atStart);
        bench.replay.seek(900);
        bench.replay.seek(100);
        bench.answer("recording-seek", R"({"class": "GenericError", "desc": "late"})", "error");
        bench.place("RECORDING_REACHED", 900);
        bench.place("RECORDING_ENDED", 1000);
        QCOMPARE(bench.replay.target(), 100U);
        bench.answer("recording-seek");
        bench.place("RECORDING_REACHED", 100);
        QCOMPARE(bench.told, (QStringList{u"started 900"_s, u"started 100"_s, u"reached 100"_s}));
        QCOMPARE(bench.replay.instruction(), 100U);
    }

    void seek_thatIsRefused_says() {
        Bench bench;
        bench.answer("query-recording", atStart);
        bench.replay.seek(10);
        bench.answer("recording-seek", R"({"class": "GenericError", "desc": "no"})", "error");
        QCOMPARE(bench.told.last(), u"failed qmp-GenericError"_s);
        QVERIFY(!bench.replay.isSeeking());
    }

    void seek_cancelled_isOver_andLateArrivalsAreNone() {
        Bench bench;
        bench.answer("query-recording", atStart);
        bench.replay.seek(800);
        bench.answer("recording-seek");
        bench.replay.cancelSeek();
        bench.answer("recording-seek-cancel");
        QCOMPARE(bench.told.last(), u"cancelled"_s);
        bench.answer("query-recording", R"({"mode": "replay", "icount": 420, "end": 1000, "snapshots": []})");
        QCOMPARE(bench.replay.instruction(), 420U);
        bench.replay.cancelSeek();
        QCOMPARE(bench.told.count(u"cancelled"_s), 1);
    }

    void machine_thatStops_isAskedWhere() {
        Bench bench;
        bench.answer("query-recording", atStart);
        bench.event("STOP");
        bench.answer("query-recording", R"({"mode": "replay", "icount": 77, "end": 1000, "snapshots": []})");
        QCOMPARE(bench.replay.instruction(), 77U);
        QVERIFY(bench.told.isEmpty());
    }

    void divergence_isToldOnce_andEndsTheSeek() {
        Bench bench;
        bench.answer("query-recording", atStart);
        bench.replay.seek(800);
        const char *where = R"({"icount": 512, "what": "rax", "expected": "1", "found": "2"})";
        bench.event("RECORDING_DIVERGED", where);
        bench.event("RECORDING_DIVERGED", where);
        QCOMPARE(bench.told.count(u"diverged 512"_s), 1);
        QCOMPARE(bench.replay.divergence()->what, u"rax"_s);
        QVERIFY(!bench.replay.isSeeking());
    }

    void run_thatEnds_cancelsAndForgets() {
        Bench bench;
        bench.answer("query-recording", atStart);
        bench.replay.seek(800);
        bench.replay.finish();
        QCOMPARE(bench.told.last(), u"cancelled"_s);
        QCOMPARE(bench.replay.mode(), ReplayControl::Mode::none);
        QVERIFY(!bench.replay.instruction() && !bench.replay.end() && bench.replay.snapshots().isEmpty());
        bench.place("RECORDING_REACHED", 800);
        QCOMPARE(bench.told.last(), u"cancelled"_s);
        bench.replay.seek(1);
        QCOMPARE(bench.told.last(), u"failed not-a-replay"_s);
    }

    void answers_thatAreMalformed_areRefused_data() {
        QTest::addColumn<QByteArray>("reply");
        for (const char *reply :
             {"{}", "[]", R"({"mode": "dream"})", R"({"mode": "replay", "snapshots": [{"name": "a"}]})",
              R"({"mode": "replay", "snapshots": [{"icount": -1}]})",
              R"({"mode": "replay", "divergence": {"what": "x"}})"})
            QTest::newRow(reply) << QByteArray(reply);
    }
    void answers_thatAreMalformed_areRefused() {
        QFETCH(QByteArray, reply);
        const auto document = QJsonDocument::fromJson(reply);
        const auto read = qmp::readRecordingState(document.isObject() ? QJsonValue(document.object())
                                                                      : QJsonValue(document.array()));
        QVERIFY(!read);
        QCOMPARE(read.error().code, u"qmp-schema"_s);
    }
};

QTEST_GUILESS_MAIN(TestMachineReplay)
#include "tst_machine_replay.moc"
