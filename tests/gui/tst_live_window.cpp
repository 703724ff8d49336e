// SPDX-License-Identifier: GPL-2.0-or-later
//
// The window around a real enclave: the demo EIF in the real QEMU, steered by the window's own actions, until
// QEMU is killed under it.
#include "app/features/boot/boot_panel.hpp"
#include "app/features/console/console_panel.hpp"
#include "app/features/console/terminal_view.hpp"
#include "app/features/eif/eif_panel.hpp"
#include "app/features/pcr/pcr_panel.hpp"
#include "app/session/run/live_session.hpp"
#include "app/ui/bars/banner.hpp"
#include "tests/gui/support/live_machine.hpp"
#include "tests/gui/support/test_window.hpp"

#include <csignal>
#include <QDir>
#include <QFile>
#include <QLabel>
#include <QPushButton>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QtEndian>
#include <QTest>
#include <unistd.h>

using namespace nitroscope::app;
using namespace Qt::Literals::StringLiterals;
using State = EnclaveSession::State;

namespace {

constexpr int patience = 120'000; // milliseconds, for a machine that has much else to do
const QString readyLine = u"nitroscope-demo: ready"_s;

// The only child of this process, or 0.
pid_t childProcess() {
    for (const QString &name : QDir(u"/proc"_s).entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
        QFile file(u"/proc/%1/stat"_s.arg(name));
        if (name.toInt() == 0 || !file.open(QIODevice::ReadOnly))
            continue;
        // "pid (name) state parent ...", and the name may hold anything.
        const QByteArray text = file.readAll();
        const auto fields = text.mid(text.lastIndexOf(')') + 2).split(' ');
        if (fields.value(1).toInt() == ::getpid() && fields.value(0) != "Z")
            return name.toInt();
    }
    return 0;
}

} // namespace

class LiveWindow : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    QByteArray demo() const {
        QFile file(demoEif);
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }

private slots:
    void initTestCase() { NITROSCOPE_NEEDS_DEMO_MACHINE(m_folder); }

    void badFile_isRefusedWithItsPlaceAndAWayOut_data() {
        QTest::addColumn<QByteArray>("content");
        QTest::addColumn<QString>("words");
        const QByteArray good = demo();
        QTest::newRow("text") << QByteArray(9000, 'n') << u"not an enclave image"_s;
        QTest::newRow("truncated") << good.chopped(4096) << u"(section 4, byte "_s;
        QByteArray zeros = good.left(0x1a) + QByteArray("\0\x20", 2) + QByteArray(548 - 0x1c, '\0');
        for (int i = 0; i < 32; ++i) // each offset in its place in the table, each section 12 bytes of zeros
            qToBigEndian<quint64>(548 + 12 * i, zeros.data() + 0x1c + 8 * i);
        QTest::newRow("32 sections of zero bytes")
            << zeros + QByteArray(32 * 12, '\0') << u"(section 0, byte "_s;
        QByteArray large = good;
        qToBigEndian(~quint64{5}, large.data() + 0x11c + 8 * 3);
        QTest::newRow("size near 2^64") << large << u"(section 3, byte "_s;
    }
    void badFile_isRefusedWithItsPlaceAndAWayOut() {
        QFETCH(QByteArray, content);
        QFETCH(QString, words);
        QFile file(m_folder.filePath(u"bad.eif"_s));
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write(content) == content.size());
        file.close();
        Preferences preferences(m_folder.path());
        LiveSession session;
        TestWindow window(session, preferences);
        window.show();
        window.openEif(file.fileName(), MainWindow::AfterOpening::run);
        QVERIFY(QTest::qWaitFor([&] { return session.state() == State::failed; }, patience));
        QVERIFY(QTest::qWaitFor([&] { return window.banner().isVisible(); }, patience));
        QVERIFY2(window.banner().message().contains(words), qPrintable(window.banner().message()));
        QVERIFY(window.eifPanel().findings().count(nitroscope::formats::Severity::error) > 0);
        bool startsAgain = false;
        for (const QPushButton *button : window.banner().findChildren<QPushButton *>())
            startsAgain |= button->isVisible() && button->text().contains(u"Again"_s);
        QVERIFY(startsAgain);
    }

    void memoryTooSmall_saysHowMuch() {
        Preferences preferences(m_folder.path());
        LiveSession session;
        TestWindow window(session, preferences);
        window.show();
        LaunchSpec options;
        options.memoryMiB = 20;
        window.setLaunchOptions(options);
        window.openEif(demoEif, MainWindow::AfterOpening::run);
        QVERIFY(QTest::qWaitFor([&] { return window.banner().isVisible(); }, patience));
        QVERIFY2(window.banner().message().contains(QRegularExpression(u"at least \\d+ MiB"_s)),
                 qPrintable(window.banner().message()));
    }

    void qemuMissing_saysHowToGetIt() {
        Preferences preferences(m_folder.path());
        LiveSession session;
        TestWindow window(session, preferences);
        window.show();
        LaunchSpec options;
        options.qemuPath = u"/no/such/qemu"_s;
        window.setLaunchOptions(options);
        window.openEif(demoEif, MainWindow::AfterOpening::run);
        QVERIFY(QTest::qWaitFor([&] { return window.banner().isVisible(); }, patience));
        QVERIFY(window.banner().message().contains(u"/no/such/qemu"_s));
        QVERIFY(window.banner().advice().contains(u"./workbench build"_s));
    }

    void demo_fromRunToKilledQemuAndAgain() {
        Preferences preferences(m_folder.path());
        LiveSession session;
        TestWindow window(session, preferences);
        window.show();
        const auto trigger = [&window](const char *id) {
            window.actions().find(QLatin1String(id))->trigger();
        };
        const auto console = [&window] { return QString::fromUtf8(window.consolePanel().logText()); };
        const auto reaches = [&](State state) {
            return QTest::qWaitFor([&] { return session.state() == state; }, patience);
        };
        const auto shows = [&](const QString &text, int times = 1) {
            return QTest::qWaitFor([&] { return console().count(text) >= times; }, patience);
        };

        window.openEif(demoEif, MainWindow::AfterOpening::run);
        QVERIFY(reaches(State::running));
        QVERIFY2(shows(readyLine), qPrintable(console().right(1000)));
        PcrTableModel &pcrs = window.pcrPanel().model();
        for (int index : {0, 1, 2})
            QTRY_COMPARE_WITH_TIMEOUT(pcrs.stateOf(index), PcrState::match, patience);
        QTRY_COMPARE_WITH_TIMEOUT(pcrs.stateOf(16), PcrState::set, patience);
        QCOMPARE(window.bootPanel().model().rowCount(), 7);
        const QLabel *time = nullptr;
        for (const QLabel *label : window.findChildren<QLabel *>())
            if (label->accessibleName() == u"Guest time"_s)
                time = label;
        QVERIFY(time && time->text().contains(u"ms"_s));

        trigger("enclave.pause");
        QVERIFY(reaches(State::paused));
        trigger("enclave.resume");
        QVERIFY(reaches(State::running));
        QTest::keyClicks(&window.consolePanel().view(), u"uptime"_s);
        QTest::keyClick(&window.consolePanel().view(), Qt::Key_Return);
        QVERIFY2(shows(u"since the kernel started"_s), qPrintable(console().right(1000)));

        trigger("enclave.reset");
        QVERIFY2(shows(readyLine, 2), qPrintable(console().right(1000)));
        QTRY_COMPARE_WITH_TIMEOUT(pcrs.stateOf(0), PcrState::match, patience);

        const pid_t qemu = childProcess();
        QVERIFY(qemu > 0);
        ::kill(qemu, SIGKILL);
        QVERIFY(reaches(State::failed));
        QVERIFY(QTest::qWaitFor([&] { return window.banner().isVisible(); }, patience));
        QVERIFY2(window.banner().message().contains(u"QEMU"_s), qPrintable(window.banner().message()));
        QVERIFY(shows(readyLine, 2));
        QCOMPARE(pcrs.stateOf(0), PcrState::match);
        QVERIFY(window.bootPanel().model().rowCount() >= 7);

        QPushButton *again = nullptr;
        for (QPushButton *button : window.banner().findChildren<QPushButton *>())
            if (button->text().remove(QLatin1Char('&')) == u"Start Again"_s)
                again = button;
        QVERIFY(again);
        again->click();
        QVERIFY(reaches(State::running));
        QVERIFY2(shows(readyLine), qPrintable(console().right(1000)));
        trigger("enclave.stop");
        QVERIFY(reaches(State::ended));
        QVERIFY(window.banner().isHidden());
        QVERIFY(console().contains(readyLine));
        QCOMPARE(pcrs.stateOf(0), PcrState::match); // a dead enclave can still be looked at
        QTRY_COMPARE_WITH_TIMEOUT(childProcess(), pid_t(0), patience);
    }
};

QTEST_MAIN(LiveWindow)
#include "tst_live_window.moc"
