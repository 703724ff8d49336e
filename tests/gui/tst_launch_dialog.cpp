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
    options.path = QStringLiteral("/tmp/demo.vsock");
    options.routes = {QStringLiteral("8000=tcp:127.0.0.1:80"), QStringLiteral("5000=listen:unix:/tmp/a,b c")};
    options.heartbeat = QStringLiteral("delay");
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
    QVERIFY(widget.grab().save(QStringLiteral("%1/%2.png").arg(folder, name)));
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
        QTest::keyClicks(named<QLineEdit>(*dialog, "Enclave's CID"), QStringLiteral("4294967294"));
        QTest::keyClicks(named<QLineEdit>(*dialog, "Socket"), QStringLiteral("/tmp/demo.vsock"));
        named<QPlainTextEdit>(*dialog, "Routes")
            ->setPlainText(QStringLiteral("8000=tcp:127.0.0.1:80\n\n 5000=listen:unix:/tmp/a,b c "));
        auto *heartbeat = named<QComboBox>(*dialog, "Heartbeat");
        auto *delay = named<QSpinBox>(*dialog, "Heartbeat's delay");
        QVERIFY(!delay->isEnabled());
        heartbeat->setCurrentIndex(heartbeat->findData(QStringLiteral("delay")));
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
        QVariant value = QStringLiteral("/tmp/a b,c");
        if (option.isSwitch())
            value = !valueOf(option, spec).toBool();
        else if (option.isNumber())
            value = option.max;
        else if (option.kind == OptionKind::word)
            value = optionWords(option).last().first;
        else if (option.kind == OptionKind::list)
            value = QStringList{QStringLiteral("1=echo"), QStringLiteral("2=refuse")};
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
        symbols->setText(fixture.dir.filePath(QStringLiteral("System.map")));
        QVERIFY2(dialog->problem().contains(QStringLiteral("System.map cannot be read")),
                 qPrintable(dialog->problem()));
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
        row("CID 0", "Enclave's CID", QStringLiteral("0"), "from 4 to 4294967294");
        row("parent's CID", "Enclave's CID", QStringLiteral("3"), "leave it empty for the first free one");
        row("any CID", "Enclave's CID", QStringLiteral("4294967295"), "from 4 to 4294967294");
        row("relative socket", "Socket", QStringLiteral("demo.vsock"), "whole path, such as /tmp/demo.vsock");
        row("long socket", "Socket", u'/' + QString(100, u'a'), "choose a shorter one");
        row("word", "Routes", QStringLiteral("nonsense"), "form PORT=ROUTE");
        row("no port", "Routes", QStringLiteral("=refuse"), "such as 8000=tcp:127.0.0.1:80");
        row("port too large", "Routes", QStringLiteral("4294967295=refuse"), "form PORT=ROUTE");
        row("relative path", "Routes", QStringLiteral("1=unix:a"), "must be absolute");
        row("TCP without port", "Routes", QStringLiteral("1=tcp:localhost"), "tcp:HOST:PORT with a port");
        row("second line", "Routes", QStringLiteral("1=echo\n2=ecco"), "port 2: ");
        row("two for one port", "Routes", QStringLiteral("1=echo\n1=refuse"), "port 1 has two routes");
        row("two in a line", "Routes", QStringLiteral("1=echo;2=refuse"), "each route is one of its own");
    }
    void vsock_thatCannotBeStarted_cannotBeAccepted() {
        QFETCH(QString, field);
        QFETCH(QString, text);
        QFETCH(QString, words);
        LaunchDialog dialog({}, 0, nullptr);
        QVERIFY(canAccept(dialog));
        const auto enter = [&](const QString &what) {
            if (field == QLatin1String("Routes"))
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
            QSettings settings(dir.filePath(QStringLiteral("preferences.ini")), QSettings::IniFormat);
            settings.setValue(QLatin1String("launch/vsock/") + QLatin1String(key), value);
        };
        LaunchSpec spec;
        spec.vsock = everyOption();
        Preferences(dir.path()).setLaunchOptions(spec);
        QVERIFY(vsockOf() == everyOption());
        edit("heartbeat", QStringLiteral("sometimes"));
        QVERIFY(vsockOf() == VsockOptions());
        edit("heartbeat", QStringLiteral("off"));
        QCOMPARE(vsockOf().heartbeat, QStringLiteral("off"));
        edit("routes", QStringList{QStringLiteral("80")});
        QVERIFY(vsockOf() == VsockOptions());
    }

    void pictures() {
        for (const auto &[appearance, name] :
             {std::pair{Appearance::light, "launch-vsock"}, {Appearance::dark, "launch-vsock-dark"}}) {
            theme::apply(*qApp, appearance);
            LaunchSpec spec;
            spec.vsock = everyOption();
            LaunchDialog dialog(spec, 64, nullptr);
            dialog.show();
            savePicture(dialog, QStringLiteral("launch-machine"));
            showVsock(dialog);
            QCoreApplication::processEvents(); // lays the page out
            savePicture(dialog, QLatin1String(name));
            named<QPlainTextEdit>(dialog, "Routes")->setPlainText(QStringLiteral("8000=tcp:127.0.0.1"));
            savePicture(dialog, QLatin1String(name) + QStringLiteral("-problem"));
        }
        theme::apply(*qApp, Appearance::light);
    }
};

QTEST_MAIN(TestLaunchDialog)
#include "tst_launch_dialog.moc"
