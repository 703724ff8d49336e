// SPDX-License-Identifier: GPL-2.0-or-later
//
// The launch options' dialog: what is entered reaches the run and the next start of the program, and what
// cannot be started cannot be accepted. Leaves pictures in build/screenshots.
#include "app/features/launch/launch_dialog.hpp"
#include "app/session/launch/launch_options.hpp"
#include "app/ui/theme/theme.hpp"
#include "tests/gui/support/gui_fixture.hpp"

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QDir>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSettings>
#include <QSpinBox>
#include <QTabWidget>

using namespace nitroscope::app;
using namespace nitroscope::test;
using namespace Qt::Literals::StringLiterals;

namespace {

QCheckBox *boxWith(QWidget &parent, const char *text) {
    for (QCheckBox *box : parent.findChildren<QCheckBox *>())
        if (box->text().remove(QLatin1Char('&')).contains(QLatin1String(text)))
            return box;
    qFatal("no box %s", text);
}

bool canAccept(LaunchDialog &dialog) {
    return dialog.findChild<QDialogButtonBox *>()->button(QDialogButtonBox::Ok)->isEnabled();
}

void showVsock(LaunchDialog &dialog) {
    dialog.findChild<QTabWidget *>()->setCurrentIndex(1);
}

VsockOptions everyOption() {
    VsockOptions options;
    options.cid = 4294967294;
    options.path = u"/tmp/demo.vsock"_s;
    options.routes = {u"8000=tcp:127.0.0.1:80"_s, u"5000=listen:unix:/tmp/a,b c"_s};
    options.heartbeat = u"delay"_s;
    options.heartbeatDelay = 2500;
    options.seqpacket = false;
    options.refuseCid2 = true;
    options.headersOnly = true;
    return options;
}

// Of a window with an EIF; nullptr when they do not open.
LaunchDialog *openOptions(WindowFixture &fixture) {
    fixture.show();
    fixture.open(makeEif(fixture.dir).path);
    fixture.action("enclave.options")->trigger();
    return fixture.window->findChild<LaunchDialog *>();
}

void savePicture(QWidget &widget, const QString &name) {
    const QString folder = QStringLiteral(NITROSCOPE_BINARY_DIR "/screenshots");
    QVERIFY(QDir().mkpath(folder));
    QVERIFY(widget.grab().save(u"%1/%2.png"_s.arg(folder, name)));
}

} // namespace

class TestLaunchDialog : public QObject {
    Q_OBJECT

private slots:
    void vsock_everyOption_comesBack() {
        LaunchSpec spec;
        QVERIFY(LaunchDialog(spec, 0, nullptr).spec().vsock == VsockOptions());
        spec.vsock = everyOption();
        QVERIFY(LaunchDialog(spec, 0, nullptr).spec().vsock == spec.vsock);
    }

    void vsock_enteredInTheWindow_reachesTheRunAndTheNextStart() {
        WindowFixture fixture;
        LaunchDialog *dialog = openOptions(fixture);
        QVERIFY(dialog);
        showVsock(*dialog);
        QTest::keyClicks(named<QLineEdit>(*dialog, "Enclave's CID"), u"4294967294"_s);
        QTest::keyClicks(named<QLineEdit>(*dialog, "Socket"), u"/tmp/demo.vsock"_s);
        named<QPlainTextEdit>(*dialog, "Routes")
            ->setPlainText(u"8000=tcp:127.0.0.1:80\n\n 5000=listen:unix:/tmp/a,b c "_s);
        auto *heartbeat = named<QComboBox>(*dialog, "Heartbeat");
        auto *delay = named<QSpinBox>(*dialog, "Heartbeat's delay");
        QVERIFY(!delay->isEnabled());
        heartbeat->setCurrentIndex(heartbeat->findData(u"delay"_s));
        QVERIFY(delay->isEnabled());
        delay->setValue(2500);
        boxWith(*dialog, "SOCK_SEQPACKET")->click();
        boxWith(*dialog, "CID 2")->click();
        boxWith(*dialog, "without what they carry")->click();
        QCOMPARE(dialog->problem(), QString());
        QVERIFY(canAccept(*dialog));
        dialog->accept();

        QVERIFY(Preferences(fixture.dir.path()).launchOptions().vsock == everyOption());
        fixture.action("enclave.run")->trigger();
        QVERIFY(fixture.session.lastSpec()->vsock == everyOption());
        // And the dialog opens with what was set.
        fixture.session.playState(EnclaveSession::State::ended);
        QTRY_VERIFY(!fixture.window->findChild<LaunchDialog *>());
        fixture.action("enclave.options")->trigger();
        QVERIFY(fixture.window->findChild<LaunchDialog *>()->spec().vsock == everyOption());
    }

    void everyOption_withAPage_comesBackFromDialogAndPreferences_data() {
        QTest::addColumn<QString>("name");
        for (const LaunchOption &option : launchOptions())
            if (option.page != OptionPage::none)
                QTest::newRow(option.name) << QString::fromLatin1(option.name);
    }
    void everyOption_withAPage_comesBackFromDialogAndPreferences() {
        QFETCH(QString, name);
        const LaunchOption &option = launchOption(name.toStdString());
        LaunchSpec spec;
        if (*option.besideWhen)
            spec.vsock.heartbeat = QString::fromLatin1(option.besideWhen);
        QVariant value = u"/tmp/a b,c"_s;
        if (option.isSwitch())
            value = !valueOf(option, spec).toBool();
        else if (option.isNumber())
            value = option.max;
        else if (option.kind == OptionKind::word)
            value = optionWords(option).last().first;
        else if (option.kind == OptionKind::list)
            value = QStringList{u"1=echo"_s, u"2=refuse"_s};
        QVERIFY(setValue(option, spec, value));
        QTemporaryDir dir;
        Preferences(dir.path()).setLaunchOptions(LaunchDialog(spec, 0, nullptr).spec());
        const LaunchSpec kept = Preferences(dir.path()).launchOptions();
        for (const LaunchOption &each : launchOptions())
            QVERIFY2(valueOf(each, kept) == valueOf(each, spec), each.name);
    }

    void cpus_moreThanTheMachineTakes_cannotBeChosen() {
        LaunchSpec spec;
        spec.cpuCount = 128;
        LaunchDialog dialog(spec, 0, nullptr);
        QCOMPARE(dialog.spec().cpuCount, 128u);
        named<QSpinBox>(dialog, "CPUs")->setValue(129);
        QCOMPARE(dialog.spec().cpuCount, 128u);
    }

    void tracing_enteredInTheWindow_reachesTheRunAndTheNextStart() {
        WindowFixture fixture;
        LaunchDialog *dialog = openOptions(fixture);
        QVERIFY(dialog);
        boxWith(*dialog, "system calls")->click();
        auto *symbols = named<QLineEdit>(*dialog, "First calls of kernel functions");
        symbols->setText(fixture.dir.filePath(u"System.map"_s));
        QVERIFY2(dialog->problem().contains(u"System.map cannot be read"_s), qPrintable(dialog->problem()));
        QVERIFY(!canAccept(*dialog));
        QFile file(symbols->text());
        QVERIFY(file.open(QIODevice::WriteOnly));
        symbols->setText(file.fileName() + u' ');
        QCOMPARE(dialog->problem(), QString());
        dialog->accept();

        fixture.action("enclave.run")->trigger();
        const LaunchSpec started = *fixture.session.lastSpec();
        QVERIFY(started.traceSystemCalls);
        QCOMPARE(started.firstCallsPath, file.fileName());
        const LaunchSpec kept = Preferences(fixture.dir.path()).launchOptions();
        QVERIFY(kept.traceSystemCalls);
        QCOMPARE(kept.firstCallsPath, file.fileName());
    }

    void vsock_thatCannotBeStarted_cannotBeAccepted_data() {
        QTest::addColumn<QString>("field");
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("words"); // of the sentence that says what to do
        const auto row = [](const char *name, const char *field, const QString &text, const char *words) {
            QTest::newRow(name) << QString::fromLatin1(field) << text << QString::fromUtf8(words);
        };
        row("loopback's CID", "Enclave's CID", u"1"_s, "from 4 to 4294967294");
        row("parent's CID", "Enclave's CID", u"3"_s, "leave it empty for the first free one");
        row("any CID", "Enclave's CID", u"4294967295"_s, "from 4 to 4294967294");
        row("relative socket", "Socket", u"demo.vsock"_s, "whole path, such as /tmp/demo.vsock");
        row("long socket", "Socket", u'/' + QString(100, u'a'), "choose a shorter one");
        row("word", "Routes", u"nonsense"_s, "form PORT=ROUTE");
        row("no port", "Routes", u"=refuse"_s, "such as 8000=tcp:127.0.0.1:80");
        row("port too large", "Routes", u"4294967295=refuse"_s, "form PORT=ROUTE");
        row("relative path", "Routes", u"1=unix:a"_s, "must be absolute");
        row("TCP without port", "Routes", u"1=tcp:localhost"_s, "tcp:HOST:PORT with a port");
        row("second line", "Routes", u"1=echo\n2=ecco"_s, "port 2: ");
        row("two for one port", "Routes", u"1=echo\n1=refuse"_s, "port 1 has two routes");
        row("two in a line", "Routes", u"1=echo;2=refuse"_s, "each route is one of its own");
    }
    void vsock_thatCannotBeStarted_cannotBeAccepted() {
        QFETCH(QString, field);
        QFETCH(QString, text);
        QFETCH(QString, words);
        LaunchDialog dialog({}, 0, nullptr);
        QVERIFY(canAccept(dialog));
        const auto enter = [&](const QString &what) {
            if (field == "Routes"_L1)
                named<QPlainTextEdit>(dialog, "Routes")->setPlainText(what);
            else
                named<QLineEdit>(dialog, field.toLatin1().constData())->setText(what);
        };
        enter(text);
        QVERIFY2(dialog.problem().contains(words), qPrintable(dialog.problem()));
        QVERIFY(!canAccept(dialog));
        bool isShown = false;
        for (const QLabel *label : dialog.findChildren<QLabel *>())
            isShown = isShown || label->text().contains(words);
        QVERIFY(isShown);
        enter(QString());
        QVERIFY(canAccept(dialog));
    }

    void preferences_withImpossibleVsock_areAsIfUnset() {
        QTemporaryDir dir;
        const auto vsockOf = [&dir] { return Preferences(dir.path()).launchOptions().vsock; };
        const auto edit = [&dir](const char *key, const QVariant &value) {
            QSettings settings(dir.filePath(u"preferences.ini"_s), QSettings::IniFormat);
            settings.setValue("launch/vsock/"_L1 + QLatin1String(key), value);
        };
        LaunchSpec spec;
        spec.vsock = everyOption();
        Preferences(dir.path()).setLaunchOptions(spec);
        QVERIFY(vsockOf() == everyOption());
        edit("heartbeat", u"sometimes"_s);
        QVERIFY(vsockOf() == VsockOptions());
        edit("heartbeat", u"off"_s);
        QCOMPARE(vsockOf().heartbeat, u"off"_s);
        edit("routes", QStringList{u"80"_s});
        QVERIFY(vsockOf() == VsockOptions());
    }

    void dialog_inBothThemes_isDrawn() {
        for (const auto &[appearance, name] :
             {std::pair{Appearance::light, "launch-vsock"}, {Appearance::dark, "launch-vsock-dark"}}) {
            theme::apply(*qApp, appearance);
            LaunchSpec spec;
            spec.vsock = everyOption();
            LaunchDialog dialog(spec, 64, nullptr);
            dialog.show();
            savePicture(dialog, u"launch-machine"_s);
            showVsock(dialog);
            QCoreApplication::processEvents(); // lays the page out
            savePicture(dialog, QLatin1String(name));
            named<QPlainTextEdit>(dialog, "Routes")->setPlainText(u"8000=tcp:127.0.0.1"_s);
            savePicture(dialog, QLatin1String(name) + u"-problem"_s);
        }
        theme::apply(*qApp, Appearance::light);
    }
};

QTEST_MAIN(TestLaunchDialog)
#include "tst_launch_dialog.moc"
