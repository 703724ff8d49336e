// SPDX-License-Identifier: GPL-2.0-or-later
//
// The window at the sizes that people have, light and dark, as a new user meets it: empty, with an image,
// with a running enclave and its traffic, in the debugger. No label, button or tab may be cut; pictures go to
// build/screenshots.
#include "app/features/debug/workspace/debug_workspace.hpp"
#include "app/features/nsm/nsm_panel.hpp"
#include "app/features/pcr/pcr_panel.hpp"
#include "app/features/timeline/timeline_panel.hpp"
#include "app/features/vsock/vsock_panel.hpp"
#include "app/ui/bars/empty_state.hpp"
#include "app/ui/panel/panel_dock.hpp"
#include "app/ui/theme/theme.hpp"
#include "tests/gui/support/debug_fixture.hpp"
#include "tests/gui/support/gui_fixture.hpp"
#include "tests/unit/capture/nsm_stream.hpp"
#include "tests/unit/capture/vsock_stream.hpp"

#include <QAbstractButton>
#include <QComboBox>
#include <QDialog>
#include <QLabel>
#include <QTabBar>

using namespace nitroscope::app;
using namespace nitroscope::test;
using namespace Qt::Literals::StringLiterals;

namespace {

bool isSeen(const QWidget &widget) {
    return widget.isVisible() && !widget.visibleRegion().isEmpty();
}

// What does not fit, by name.
QStringList cutTexts(const QWidget &root) {
    QStringList cut;
    for (const QWidget *widget : root.findChildren<QWidget *>()) {
        if (!isSeen(*widget))
            continue;
        const int room = widget->width() + 1;
        if (const auto *label = qobject_cast<const QLabel *>(widget)) {
            const bool mayShrink = label->wordWrap() ||
                                   label->sizePolicy().horizontalPolicy() == QSizePolicy::Ignored ||
                                   !label->pixmap(Qt::ReturnByValue).isNull();
            if (!mayShrink && !label->text().isEmpty() && label->sizeHint().width() > room)
                cut << u"label “%1”: %2 of %3 pixels"_s.arg(label->text().left(60))
                           .arg(label->width())
                           .arg(label->sizeHint().width());
        } else if (const auto *button = qobject_cast<const QAbstractButton *>(widget)) {
            if (!button->text().isEmpty() && button->minimumSizeHint().width() > room)
                cut << u"button “%1”"_s.arg(button->text());
        } else if (const auto *box = qobject_cast<const QComboBox *>(widget)) {
            if (box->fontMetrics().horizontalAdvance(box->currentText()) > box->width() - 20)
                cut << u"choice “%1”"_s.arg(box->currentText());
        } else if (const auto *tabs = qobject_cast<const QTabBar *>(widget)) {
            for (int i = 0; i < tabs->count(); ++i)
                if (tabs->isTabVisible(i) && tabs->tabRect(i).right() > tabs->width())
                    cut << u"tab “%1”"_s.arg(tabs->tabText(i));
        }
    }
    return cut;
}

} // namespace

class TestWindowSizes : public QObject {
    Q_OBJECT

    QString m_name;

    void look(QWidget &window, const char *what) {
        QTest::qWait(30); // deferred title bars, followed lists
        const QString folder = QStringLiteral(NITROSCOPE_BINARY_DIR "/screenshots");
        QDir().mkpath(folder);
        QVERIFY(window.grab().save(u"%1/%2-%3.png"_s.arg(folder, m_name, QLatin1String(what))));
        const QStringList cut = cutTexts(window);
        QVERIFY2(cut.isEmpty(), qPrintable(QLatin1String(what) + u": "_s + cut.join(u'\n')));
    }
    static void raise(WindowFixture &fixture, const char *id) {
        for (PanelDock *dock : fixture.window->docks())
            if (dock->panel().id() == QLatin1String(id)) {
                dock->show();
                dock->raise();
            }
    }
    static void sizes() {
        QTest::addColumn<int>("appearance");
        QTest::addColumn<QSize>("size");
        for (const auto &[name, appearance] :
             {std::pair("light", Appearance::light), std::pair("dark", Appearance::dark)})
            for (const QSize size : {QSize(1280, 800), QSize(1920, 1080)})
                QTest::newRow(qPrintable(u"%1-%2"_s.arg(QLatin1String(name)).arg(size.width())))
                    << static_cast<int>(appearance) << size;
    }
    void begin(WindowFixture &fixture) {
        QFETCH(int, appearance);
        QFETCH(QSize, size);
        theme::apply(*qApp, static_cast<Appearance>(appearance));
        m_name = QString::fromLatin1(QTest::currentDataTag());
        fixture.window->resize(size);
        fixture.show();
        fixture.window->resetLayout();
    }

private slots:
    void workbench_nothingIsCut_data() { sizes(); }
    void workbench_nothingIsCut() {
        WindowFixture fixture;
        begin(fixture);
        look(*fixture.window, "1-empty");
        // Quiet, also after the appearance was changed.
        for (const EmptyStack *stack : fixture.window->findChildren<EmptyStack *>())
            if (isSeen(*stack))
                for (const QLabel *label : stack->findChildren<QLabel *>())
                    if (isSeen(*label))
                        QCOMPARE(label->palette().color(label->foregroundRole()).name(),
                                 theme::mutedText(QApplication::palette()).name());
        for (const char *panel : {"nsm", "vsock", "timeline", "log", "attestation", "runs"}) {
            raise(fixture, panel);
            look(*fixture.window, qPrintable(u"1-empty-%1"_s.arg(QLatin1String(panel))));
        }
        raise(fixture, "eif");
        raise(fixture, "pcrs");
        const TestEif eif = makeEif(fixture.dir);
        fixture.open(eif.path);
        QTRY_VERIFY(!fixture.window->pcrPanel().model().expectedValue(0).isEmpty());
        look(*fixture.window, "2-opened");
        fixture.action("enclave.run")->trigger();
        fixture.session.playState(EnclaveSession::State::running);
        fixture.session.playPcrs(pcrsOf(eif.measurements));
        fixture.session.playConsole("[    0.000000] Linux version 6.12.95\r\nready\r\n> ");
        fixture.session.capture()->play(nsmStream());
        look(*fixture.window, "3-running");
        raise(fixture, "nsm");
        fixture.window->nsmPanel().model().flush();
        look(*fixture.window, "4-nsm");
        raise(fixture, "timeline");
        look(*fixture.window, "5-timeline");
        fixture.session.capture()->play(trafficStream());
        raise(fixture, "vsock");
        fixture.window->vsockPanel().flowModel().flush();
        look(*fixture.window, "6-vsock");
    }
    void debugger_nothingIsCut_data() { sizes(); }
    void debugger_nothingIsCut() {
        WindowFixture fixture;
        FakeTarget target;
        begin(fixture);
        fixture.open(makeEif(fixture.dir).path);
        fixture.action("view.layout.debug")->trigger();
        look(*fixture.window, "7-debugger-empty");
        for (const char *panel : {"source", "stack", "breakpoints", "kernel"}) {
            raise(fixture, panel);
            look(*fixture.window, qPrintable(u"7-empty-%1"_s.arg(QLatin1String(panel))));
        }
        prepare(target);
        fixture.session.playState(EnclaveSession::State::starting);
        fixture.session.playDebugger(&target);
        for (const char *panel : {"disassembly", "memory", "threads"})
            raise(fixture, panel);
        QTRY_VERIFY(fixture.window->debug().isUpToDate());
        look(*fixture.window, "8-debugger");
        raise(fixture, "kernel");
        QTRY_VERIFY(fixture.window->debug().isUpToDate());
        look(*fixture.window, "8-kernel");
    }
    void dialogs_nothingIsCut_data() { sizes(); }
    void dialogs_nothingIsCut() {
        WindowFixture fixture;
        begin(fixture);
        fixture.open(makeEif(fixture.dir).path);
        fixture.session.playState(EnclaveSession::State::running);
        for (const char *id :
             {"enclave.options", "help.shortcuts", "vsock.break", "vsock.fault", "vsock.publish",
              "vsock.route", "debug.addBreakpoint", "attestation.expect", "runs.settings"}) {
            fixture.action(id)->trigger();
            auto *dialog = fixture.window->findChild<QDialog *>();
            if (!dialog)
                continue; // needs what is not there
            look(*dialog, qPrintable(u"9-%1"_s.arg(QLatin1String(id))));
            delete dialog;
        }
    }
    void cleanup() { theme::apply(*qApp, Appearance::light); }
};

QTEST_MAIN(TestWindowSizes)
#include "tst_window_sizes.moc"
