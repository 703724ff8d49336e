// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/check/check_spec.hpp"

#include <QtTest>

using namespace nitroscope::app;

namespace {

const QByteArray whole = R"(timeout = 30

[launch]
memory = 256
debug-mode = true
heartbeat = "off"
vsock-route = ["8000=refuse"]

[console]
in-order = ["^init", "ready$"]
contains = ['\[\s*[0-9.]+\] Linux version']
never = ["Kernel panic"]
input = "uname\n"
input-after = "# $"

[stages]
handoff = "400 ms"
ramdisk = true

[pcrs]
0 = "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
PCR16 = { value = "FF0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000", locked = true }
17 = { locked = false }

[[records]]
name = "no failed request"
filter = "interface==nsm and result!=Success"
at-most = 0

[[flows]]
port = 9000
dialed-by = "enclave"
bytes-from-enclave = 1

[[listen]]
port = 8000
expect = "GET"
reply = "HTTP/1.0 200 OK\r\n\r\n"

[[connect]]
port = 5000
after = "listening"
command = ["/bin/cat", "-"]

[end]
exit-code = 6
)";

Result<CheckSpec> read(const QByteArray &text) {
    return readCheckSpec(text, "spec.toml");
}

} // namespace

class CheckSpecTest : public QObject {
    Q_OBJECT
private slots:
    void spec_whole_isRead() {
        const auto spec = read(whole);
        QVERIFY2(spec, qPrintable(spec ? QString() : spec.error().text()));
        QCOMPARE(spec->timeoutSeconds, 30.0);
        QCOMPARE(spec->launch.memoryMiB, quint64(256));
        QVERIFY(spec->launch.debugMode);
        QCOMPARE(spec->launch.vsock.heartbeat, QString("off"));
        QCOMPARE(spec->launch.vsock.routes, QStringList("8000=refuse"));
        QCOMPARE(spec->inOrder.size(), 2);
        QVERIFY(spec->anywhere[0].match("[    0.000000] Linux version 6.12").hasMatch());
        QCOMPARE(spec->never[0].pattern(), QString("Kernel panic"));
        QCOMPARE(spec->input, QByteArray("uname\n"));
        QVERIFY(spec->inputAfter);
        QCOMPARE(spec->stages.size(), 2);
        QCOMPARE(spec->stages[1].withinNs, std::optional<qint64>(400'000'000));
        QVERIFY(!spec->stages[0].withinNs);
        QCOMPARE(spec->pcrs.size(), 3);
        QCOMPARE(spec->pcrs[0].value, QByteArray(48, '\0'));
        QCOMPARE(spec->pcrs[1].index, 16);
        QCOMPARE(spec->pcrs[1].value.at(0), '\xff');
        QCOMPARE(spec->pcrs[1].isLocked, std::optional(true));
        QVERIFY(spec->pcrs[2].value.isEmpty());
        QCOMPARE(spec->records[0].atLeast, quint64(0));
        QCOMPARE(spec->records[0].atMost, quint64(0));
        QCOMPARE(spec->flows[0].isDialedByGuest, std::optional(true));
        QCOMPARE(spec->services[0].exchange.text, QByteArray("HTTP/1.0 200 OK\r\n\r\n"));
        QCOMPARE(spec->connections[0].exchange.command, QStringList({"/bin/cat", "-"}));
        QCOMPARE(spec->exitCode, std::optional(6));
    }

    void spec_empty_expectsNothing() {
        const auto spec = read({});
        QVERIFY(spec);
        QVERIFY(spec->inOrder.isEmpty() && !spec->exitCode);
    }

    void spec_wrong_isRefusedWithItsPlace_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QString>("place");
        QTest::addColumn<QString>("words");
        const auto row = [](const char *name, const char *text, const char *place, const char *words) {
            QTest::newRow(name) << QByteArray(text) << QString::fromUtf8(place) << QString::fromUtf8(words);
        };
        row("no TOML", "[console\n", ":1:", "not TOML");
        row("unknown key", "\ntimeouts = 3\n", ":2:1", "There is no timeouts");
        row("unknown key in a table", "[console]\nin_order = []\n", ":2:1", "console.in_order");
        row("unknown key in one of many", "[[records]]\nfilter=''\nleast=1\n", ":3:1", "records.least");
        row("time-out of another type", "timeout = '3'\n", ":1:", "whole number from 1");
        row("time-out of nothing", "timeout = 0\n", ":1:", "whole number from 1");
        row("launch option", "[launch]\ncolour = 'red'\n", ":2:1", "no launch option \"colour\"");
        row("launch option of the check's own", "[launch]\nvsock-path = '/tmp/x'\n", ":2:1", "vsock-path");
        row("launch option out of range", "[launch]\nmemory = 99999999999\n", ":2:", "memory:");
        row("launch option of another type", "[launch]\ndebug-mode = 'yes'\n", ":2:", "another type");
        row("negative number", "[launch]\nmemory = -5\n", ":2:", "memory:");
        row("pattern", "[console]\nnever = ['a', '(']\n", ":2:", "no regular expression");
        row("patterns of another type", "[console]\nnever = 'a'\n", ":2:", "list");
        row("stage", "[stages]\nlogin = true\n", ":2:1", "no stage");
        row("stage's time", "[stages]\nhandoff = '4 minutes'\n", ":2:", "250 ms");
        row("stage that is false", "[stages]\nhandoff = false\n", ":2:", "or true");
        row("PCR of another number", "[pcrs]\n32 = ''\n", ":2:1", "0 to 31");
        row("PCR cut", "[pcrs]\n0 = '00ff'\n", ":2:", "96 hexadecimal digits");
        row("PCR no hex", ("[pcrs]\n0 = '" + QByteArray(96, 'x') + "'\n").constData(),
            ":2:", "96 hexadecimal");
        row("filter missing", "[[records]]\nat-least = 1\n", ":1:", "need a filter");
        row("filter wrong", "[[records]]\nfilter = 'interface=nsm'\n", ":2:", "");
        row("port missing", "[[listen]]\nreply = ''\n", ":1:", "needs a port");
        row("port too large", "[[listen]]\nport = 4294967295\n", ":2:", "listen.port");
        row("command and text", "[[connect]]\nport = 1\ncommand = ['x']\nsend = 'y'\n", ":4:", "not both");
        row("command and expect", "[[connect]]\nport = 1\ncommand = ['x']\nexpect = 'y'\n",
            ":4:", "exit status");
        row("who dials", "[[flows]]\nport = 1\ndialed-by = 'me'\n", ":3:", "\"enclave\" or \"parent\"");
        row("end without a code", "[end]\n", ":1:", "exit-code");
        row("table instead of tables", "[records]\nfilter = ''\n", ":1:", "[[records]]");
    }

    void spec_wrong_isRefusedWithItsPlace() {
        QFETCH(QByteArray, text);
        QFETCH(QString, place);
        QFETCH(QString, words);
        const auto spec = read(text);
        QVERIFY(!spec);
        QVERIFY2(spec.error().context.startsWith("spec.toml" + place), qPrintable(spec.error().text()));
        QVERIFY2(spec.error().message.contains(words), qPrintable(spec.error().text()));
    }

    void spec_cutAnywhere_isReadOrRefused() {
        for (qsizetype size = 0; size < whole.size(); ++size) {
            const auto spec = read(whole.left(size));
            QVERIFY(spec || !spec.error().message.isEmpty());
        }
    }

    void spec_nestedWithoutEnd_isRefused() {
        QVERIFY(!read("[[[[records]]\n"));
        QVERIFY(!read("[[.a]]\n"));
        QVERIFY(!read("a = " + QByteArray(100'000, '[')));
        QVERIFY(!read(QByteArray(maxCheckSpec + 1, '\n')));
    }
};

QTEST_GUILESS_MAIN(CheckSpecTest)
#include "tst_check_spec.moc"
