// SPDX-License-Identifier: GPL-2.0-or-later
//
// The console: terminal screen, its view, and the panel with its queues.
#include "app/features/console/console_panel.hpp"
#include "app/features/console/terminal_view.hpp"

#include <QClipboard>
#include <QGuiApplication>
#include <QLineEdit>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTest>
#include <QVBoxLayout>

using namespace nitroscope::app;
using namespace Qt::Literals::StringLiterals;

class TestTerminal : public QObject {
    Q_OBJECT
private slots:
    void screen_linesLeavingTheTop_goToTheScrollback() {
        TerminalScreen screen;
        for (int i = 0; i < 100; ++i)
            screen.feed(u"line %1\r\n"_s.arg(i).toUtf8());
        QCOMPARE(screen.lineText(0), u"line 0"_s);
        QCOMPARE(screen.scrollbackCount(), 100 - screen.rows() + 1);
        QVERIFY(screen.allText().endsWith(u"line 99\n"_s));
    }

    void screen_scrollback_isBounded() {
        TerminalScreen screen(50);
        for (int i = 0; i < 1000; ++i)
            screen.feed(QByteArray::number(i) + "\r\n");
        QCOMPARE(screen.scrollbackCount(), 50);
        QCOMPARE(screen.droppedLines(), static_cast<quint64>(1000 + 1 - screen.rows() - 50));
    }

    void screen_splitUtf8AndEscapes_areJoined() {
        TerminalScreen screen;
        const QByteArray bytes = "gr\xc3\xbc\x1b[31mn\x1b[0m \xe2\x82\xac";
        for (const char byte : bytes)
            screen.feed(QByteArray(1, byte));
        QCOMPARE(screen.lineText(0), QString::fromUtf8("grün €"));
        QCOMPARE(screen.line(0)[3].foreground.kind, TerminalColor::Kind::indexed);
        QCOMPARE(screen.line(0)[0].foreground.kind, TerminalColor::Kind::standard);
    }

    void screen_hostileBytes_areSurvived() {
        TerminalScreen screen;
        quint32 seed = 42;
        QByteArray junk(200'000, '\0');
        for (char &byte : junk) {
            seed = seed * 1664525 + 1013904223;
            byte = static_cast<char>(seed >> 24);
        }
        screen.feed(junk);
        screen.feed("\x1b[999999999;999999999H\x1b[999999L\x1b[?1049h\x1b[2J\x1b[999999@");
        screen.setSize(3, 300);
        screen.setSize(100, 80);
        QVERIFY(screen.lineCount() >= 100);
    }

    void screen_narrowing_keepsColumnsWhileThereIsText() {
        TerminalScreen screen;
        screen.setSize(24, 120);
        screen.feed("x");
        screen.setSize(24, 90);
        QCOMPARE(screen.columns(), 120);
        screen.clear();
        screen.setSize(24, 90);
        QCOMPARE(screen.columns(), 90);
    }

    void view_keys_becomeInputOnlyWhileLive() {
        TerminalScreen screen;
        TerminalView view(screen);
        QSignalSpy typed(&screen, &TerminalScreen::typed);
        QTest::keyClicks(&view, u"ls"_s);
        QCOMPARE(typed.count(), 0);
        view.setLive(true);
        QTest::keyClicks(&view, u"ls"_s);
        QTest::keyClick(&view, Qt::Key_Return);
        QTest::keyClick(&view, Qt::Key_Up);
        QTest::keyClick(&view, Qt::Key_C, Qt::ControlModifier);
        QByteArray all;
        for (const QList<QVariant> &call : typed)
            all += call.first().toByteArray();
        QCOMPARE(all, QByteArray("ls\r\x1b[A\x03"));
    }

    void view_ctrlTab_leavesTheTerminalTabDoesNot() {
        QWidget window;
        QVBoxLayout layout(&window);
        TerminalScreen screen;
        auto *before = new QLineEdit, *after = new QLineEdit;
        auto *view = new TerminalView(screen);
        for (QWidget *widget : std::initializer_list<QWidget *>{before, view, after})
            layout.addWidget(widget);
        view->setLive(true);
        window.show();
        window.activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(&window));
        view->setFocus();
        QSignalSpy typed(&screen, &TerminalScreen::typed);
        QTest::keyClick(view, Qt::Key_Tab);
        QVERIFY(view->hasFocus());
        QCOMPARE(typed.count(), 1);
        QTest::keyClick(view, Qt::Key_Tab, Qt::ControlModifier);
        QVERIFY(after->hasFocus());
        view->setFocus();
        QTest::keyClick(view, Qt::Key_Backtab, Qt::ControlModifier | Qt::ShiftModifier);
        QVERIFY(before->hasFocus());
        QCOMPARE(typed.count(), 1);
    }

    void view_middleButton_pastesTheSelectionWhereThereIsOne() {
        TerminalScreen screen;
        TerminalView view(screen);
        QSignalSpy pasted(&view, &TerminalView::pasteRequested);
        QTest::mouseClick(view.viewport(), Qt::MiddleButton);
        QCOMPARE(pasted.count(), 1);
        QCOMPARE(pasted.first().first().value<QClipboard::Mode>(),
                 QGuiApplication::clipboard()->supportsSelection() ? QClipboard::Selection
                                                                   : QClipboard::Clipboard);
    }

    void view_scrolledUp_staysThereWhileOutputArrives() {
        TerminalScreen screen;
        TerminalView view(screen);
        view.resize(600, 300);
        view.show();
        QVERIFY(QTest::qWaitForWindowExposed(&view));
        for (int i = 0; i < 200; ++i)
            screen.feed(QByteArray::number(i) + "\r\n");
        QScrollBar *bar = view.verticalScrollBar();
        QCOMPARE(bar->value(), bar->maximum());
        bar->setValue(10);
        screen.feed("more\r\n");
        QCOMPARE(bar->value(), 10);
        view.scrollToEnd();
        screen.feed("more\r\n");
        QCOMPARE(bar->value(), bar->maximum());
    }

    void view_find_wrapsAndSelects() {
        TerminalScreen screen;
        TerminalView view(screen);
        view.resize(600, 300);
        screen.feed("alpha beta\r\ngamma Beta\r\ndelta\r\n");
        using Direction = TerminalView::FindDirection;
        QVERIFY(view.find(u"beta"_s, Direction::next));
        QCOMPARE(view.selectedText(), u"beta"_s);
        QVERIFY(view.find(u"beta"_s, Direction::next));
        QCOMPARE(view.selectedText(), u"Beta"_s);
        QVERIFY(view.find(u"beta"_s, Direction::next));
        QCOMPARE(view.selectedText(), u"beta"_s);
        QVERIFY(view.find(u"beta"_s, Direction::previous));
        QCOMPARE(view.selectedText(), u"Beta"_s);
        QVERIFY(!view.find(u"omega"_s, Direction::next));
    }

    void view_selectAll_copiesAllLines() {
        TerminalScreen screen;
        TerminalView view(screen);
        screen.feed("one\r\ntwo\r\n");
        view.selectAll();
        QVERIFY(view.copySelection());
        QCOMPARE(QGuiApplication::clipboard()->text().trimmed(), u"one\ntwo"_s);
    }

    void panel_flood_isPassedOnInPortions() {
        ConsolePanel panel;
        QSignalSpy changed(&panel.screen(), &TerminalScreen::changed);
        QByteArray line(99, 'x');
        line += "\r\n";
        for (int i = 0; i < 5 * 1024 * 1024 / line.size(); ++i)
            panel.append(line);
        // No matter how much came, one event handler fed at most one portion to the terminal.
        QVERIFY(panel.pendingBytes() > 4 << 20);
        QVERIFY(panel.pendingBytes() <= ConsolePanel::queueLimit);
        QCOMPARE(changed.count(), 1);
        QSignalSpy flushed(&panel, &ConsolePanel::flushed);
        QTRY_COMPARE_WITH_TIMEOUT(flushed.count(), 1, 60'000);
        QVERIFY(changed.count() >= 5 * 1024 * 1024 / ConsolePanel::portion);
        QCOMPARE(panel.pendingBytes(), 0);
    }

    void panel_endlessFlood_skipsInsteadOfGrowing() {
        ConsolePanel panel;
        const QByteArray block(1 << 20, 'y');
        for (int i = 0; i < 40; ++i) {
            panel.append(block);
            QVERIFY(panel.pendingBytes() <= ConsolePanel::queueLimit);
        }
        QVERIFY(panel.logText().size() <= ConsolePanel::logLimit);
    }

    void panel_log_hasNoEscapes() {
        ConsolePanel panel;
        panel.append("\x1b]0;title\x07\x1b[1;31mred\x1b[0m\r\nplain\r\n");
        QCOMPARE(panel.logText(), QByteArray("red\nplain\n"));
    }

    void panel_paste_isPacedAndComplete() {
        ConsolePanel panel;
        panel.setLive(true);
        QByteArray received;
        QList<qsizetype> sizes;
        connect(&panel, &ConsolePanel::input, this, [&](const QByteArray &bytes) {
            received += bytes;
            sizes << bytes.size();
        });
        const QString text = u"echo hello\n"_s.repeated(100);
        panel.pasteText(text);
        QVERIFY(panel.pastePending() > 0);
        QTRY_COMPARE(panel.pastePending(), 0);
        QCOMPARE(received, text.toUtf8().replace('\n', '\r'));
        for (const qsizetype size : sizes)
            QVERIFY(size <= ConsolePanel::pastePortion);
    }

    void panel_ended_dropsThePaste() {
        ConsolePanel panel;
        panel.setLive(true);
        panel.pasteText(QString(10'000, QLatin1Char('a')));
        panel.setLive(false);
        QCOMPARE(panel.pastePending(), 0);
    }
};

QTEST_MAIN(TestTerminal)
#include "tst_terminal.moc"
