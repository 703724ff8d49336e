// SPDX-License-Identifier: GPL-2.0-or-later
//
// The demo enclave's line editor: which line comes out of the bytes typed, and what the terminal shows.

#include "tests/enclave/init/line_editor.hpp"

#include <QtTest>

using nitroscope::demo::LineEditor;

namespace {

struct Session {
    QByteArrayList lines;
    std::string output;
};

Session type(const QByteArray &bytes) {
    LineEditor editor("> ");
    Session session;
    for (const char byte : bytes)
        if (const auto line = editor.feed(byte, session.output))
            session.lines += QByteArray::fromStdString(*line);
    return session;
}

} // namespace

class TestLineEditor : public QObject {
    Q_OBJECT

private slots:
    void typedBytes_giveLines_data() {
        QTest::addColumn<QByteArray>("typed");
        QTest::addColumn<QByteArrayList>("lines");
        const auto row = [](const char *name, const QByteArray &typed, const QByteArrayList &lines) {
            QTest::newRow(name) << typed << lines;
        };
        row("CR", "status\r", {"status"});
        row("LF", "status\n", {"status"});
        row("CR LF ends one line", "a\r\nb\r\n", {"a", "b"});
        row("empty lines are lines", "\r\r", {"", ""});
        row("delete", "staz\x7ftus\r", {"status"});
        row("backspace", "staz\btus\r", {"status"});
        row("backspace on an empty line", "\x7f\x7fhelp\r", {"help"});
        row("backspace takes a whole UTF-8 character", "a\xc3\xa9\x7f\x62\r", {"ab"});
        row("backspace on stray continuation bytes", "\x80\x81\x7f\x7f\x7fok\r", {"ok"});
        row("Ctrl-U", "wrong\x15right\r", {"right"});
        row("Ctrl-W", "pcr wrong \x17\x31\x36\r", {"pcr 16"});
        row("Ctrl-C", "wrong\x03right\r", {"right"});
        row("left arrow is swallowed", "a\x1b[Db\r", {"ab"});
        row("key with parameters is swallowed", "a\x1b[1;5Cb\x1b[3~c\r", {"abc"});
        row("lone ESC takes one byte with it", "a\x1bxb\r", {"ab"});
        row("ESC before the line's end", "a\x1b\r", {"a"});
        row("other control characters",
            QByteArray("a\0b\x01\x0c\x1f"
                       "c\r",
                       8),
            {"abc"});
        row("up fetches the last line", "one\r\x1b[A\r", {"one", "one"});
        row("up twice and down", "one\rtwo\r\x1b[A\x1b[A\x1b[B\r", {"one", "two", "two"});
        row("down behind the newest gives an empty line", "one\r\x1b[A\x1b[B!\r", {"one", "!"});
        row("application mode's arrow", "one\r\x1bOA\r", {"one", "one"});
        row("nothing to fetch", "\x1b[A\x1b[Bx\r", {"x"});
    }
    void typedBytes_giveLines() {
        QFETCH(QByteArray, typed);
        QFETCH(QByteArrayList, lines);
        QCOMPARE(type(typed).lines, lines);
    }

    void tooLongLine_isCutAndRingsTheBell() {
        const auto session = type(QByteArray(1000, 'x') + '\r');
        QCOMPARE(session.lines, QByteArrayList{QByteArray(LineEditor::maxLength, 'x')});
        QVERIFY(session.output.find('\a') != std::string::npos);
    }

    void history_isBounded() {
        QByteArray typed;
        for (int i = 0; i < 40; ++i)
            typed += QByteArray::number(i) + '\r';
        for (int i = 0; i < 40; ++i)
            typed += "\x1b[A";
        const auto session = type(typed + '\r');
        QCOMPARE(session.lines.last(), QByteArray::number(40 - int(LineEditor::maxHistory)));
    }

    void typedCharacters_areEchoedOnce() {
        QCOMPARE(QByteArray::fromStdString(type("help\x7f\r").output), QByteArray("help\b \b\n"));
    }

    void anyBytes_neverGrowTheLineBeyondItsLimit() {
        LineEditor editor("> ");
        std::string output;
        quint32 state = 1;
        for (int i = 0; i < 200'000; ++i) {
            state = state * 1664525 + 1013904223;
            if (const auto line = editor.feed(static_cast<char>(state >> 24), output))
                QVERIFY(line->size() <= LineEditor::maxLength);
            output.clear();
        }
    }
};

QTEST_GUILESS_MAIN(TestLineEditor)
#include "tst_line_editor.moc"
