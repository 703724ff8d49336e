// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a line from a QMP server means, and what a command becomes. Lines as QEMU 10 writes them.
#include "app/proto/qmp/message.hpp"

#include <QJsonDocument>
#include <QtTest>

using namespace nitroscope;
using namespace nitroscope::qmp;
using namespace Qt::Literals::StringLiterals;

namespace {

// The message in short, so that a table of cases can be read.
QString described(const app::Result<Message> &message) {
    if (!message)
        return u"%1 at %2"_s.arg(message.error().code).arg(message.error().offset.value_or(~0ull));
    if (const auto *greeting = std::get_if<Greeting>(&*message))
        return "greeting " + greeting->version;
    if (const auto *reply = std::get_if<Reply>(&*message))
        return u"reply %1 %2"_s.arg(reply->id).arg(reply->value.toObject().value("x").toInt());
    if (const auto *error = std::get_if<ErrorReply>(&*message))
        return u"error %1 %2: %3"_s.arg(error->id ? QString::number(*error->id) : "-", error->errorClass,
                                        error->description);
    const auto &event = std::get<Event>(*message);
    return u"event %1 %2"_s.arg(event.name).arg(event.timestampUs);
}

} // namespace

class TestQmpMessage : public QObject {
    Q_OBJECT
private slots:
    void parse_lines_giveMessages_data() {
        QTest::addColumn<QByteArray>("line");
        QTest::addColumn<QString>("expected");
        const auto row = [](const char *name, const char *line, const char *expected) {
            QTest::newRow(name) << QByteArray(line) << QString::fromLatin1(expected);
        };
        row("greeting",
            R"({"QMP": {"version": {"qemu": {"micro": 2, "minor": 0, "major": 10}, "package": ""}, "capabilities": ["oob"]}})",
            "greeting 10.0.2");
        row("greeting without version", R"({"QMP": {}})", "greeting 0.0.0");
        row("reply", R"({"return": {"x": 7}, "id": 12})", "reply 12 7");
        row("empty reply", R"({"return": {}, "id": 1})", "reply 1 0");
        row("reply without id", R"({"return": {}})", "qmp-garbage at 100");
        row("reply with a foreign id", R"({"return": {}, "id": "abc"})", "qmp-garbage at 100");
        row("error", R"({"id": 3, "error": {"class": "CommandNotFound", "desc": "no"}})",
            "error 3 CommandNotFound: no");
        row("error without id", R"({"error": {"class": "GenericError", "desc": "Invalid JSON syntax"}})",
            "error - GenericError: Invalid JSON syntax");
        row("event", R"({"timestamp": {"seconds": 5, "microseconds": 9}, "event": "STOP"})",
            "event STOP 5000009");
        row("event without a clock",
            R"({"timestamp": {"seconds": -1, "microseconds": -1}, "event": "RESET"})", "event RESET 0");
        row("event with an absurd clock",
            R"({"timestamp": {"seconds": 9223372036854775807, "microseconds": 1}, "event": "E"})",
            "event E 0");
        row("garbage", "qemu: hello", "qmp-garbage at 101");
        row("cut off", R"({"return": {)", "qmp-garbage at 112");
        row("array", "[1]", "qmp-garbage at 100");
        row("unknown object", R"({"hello": 1})", "qmp-garbage at 100");
        row("event that is not text", R"({"event": 5})", "qmp-garbage at 100");
    }

    void parse_lines_giveMessages() {
        QFETCH(QByteArray, line);
        QFETCH(QString, expected);
        QCOMPARE(described(parseMessage({100, line})), expected);
    }

    void parse_deepNesting_isRefusedNotFollowed() {
        const QByteArray line = "{\"return\":" + QByteArray(100'000, '[');
        QVERIFY(!parseMessage({0, line}));
    }

    void parse_longGarbage_isQuotedInShort() {
        const auto message = parseMessage({0, QByteArray(100'000, 'z')});
        QVERIFY(!message);
        QVERIFY(message.error().context.size() < 100);
    }

    void encode_command_isOneLineOfJson() {
        const QByteArray line = encodeCommand(5, "cont", {});
        QVERIFY(line.endsWith("\r\n"));
        QCOMPARE(line.count('\n'), 1);
        QCOMPARE(QJsonDocument::fromJson(line).object(), (QJsonObject{{"execute", "cont"}, {"id", 5}}));
    }

    void encode_textWithLineBreaks_staysOneLine() {
        const QByteArray line = encodeCommand(6, "x", {{"text", "a\nb\r\n\"c\""}});
        QCOMPARE(line.count('\n'), 1);
        QCOMPARE(QJsonDocument::fromJson(line).object()["arguments"].toObject()["text"].toString(),
                 QString("a\nb\r\n\"c\""));
    }
};

QTEST_GUILESS_MAIN(TestQmpMessage)
#include "tst_qmp_message.moc"
