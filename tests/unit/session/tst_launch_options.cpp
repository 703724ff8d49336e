// SPDX-License-Identifier: GPL-2.0-or-later
//
// The table of launch options: every value comes back as it was put in, ranges hold at their ends, each row
// leads to something that QEMU has, and docs/launch-options.md says what the table says.
#include "app/session/launch/kvm_access.hpp"
#include "app/session/launch/launch_options.hpp"

#include <QFile>
#include <QProcess>
#include <QSet>
#include <QtTest>

using namespace nitroscope::app;

namespace {

// A value that differs from the default.
QVariant another(const LaunchOption &option) {
    if (option.isSwitch())
        return !valueOf(option, LaunchSpec()).toBool();
    if (option.isNumber())
        return qlonglong(option.max);
    if (option.kind == OptionKind::word)
        return optionWords(option).last().first;
    if (option.kind == OptionKind::list)
        return QStringList{"1=echo", "2=refuse"};
    return QString("/some/text");
}

// "`--no-strict`", or how the option is said otherwise. A bar would end the cell of a table.
QString saidAs(const LaunchOption &option, bool isWindow) {
    if ((option.places & (inRunEnclave | inGdb | inWindow | inReplay)) == 0)
        return optionTitle(option);
    const bool isOn = option.isSwitch() && valueOf(option, LaunchSpec()).toBool();
    if (option.kind == OptionKind::onOff && !isWindow)
        return QString("`--%1 %2`").arg(option.name, isOn ? "off" : "on");
    QString name = (isOn ? "`--no-" : "`--") + QString(option.name);
    if (!option.isSwitch())
        name += u' ' + optionValueName(option).replace("|", "\\|");
    return name + u'`';
}

QString defaultText(const LaunchOption &option) {
    if (option.isSwitch())
        return valueOf(option, LaunchSpec()).toBool() ? "on" : "off";
    return QString::fromUtf8(option.otherwise);
}

QString places(const LaunchOption &option) {
    QStringList all;
    const auto add = [&](OptionPlaces place, const QString &text) {
        if (option.isIn(place))
            all << text;
    };
    add(inRunEnclave, "run-enclave");
    add(inGdb, "gdb");
    add(inReplay, "replay");
    add(inWindow, option.kind == OptionKind::onOff ? "window as " + saidAs(option, true) : QString("window"));
    if (option.page != OptionPage::none)
        all << "dialog";
    if (*option.config)
        all << QString("`%1`").arg(option.config);
    return all.join(", ");
}

QString qemuText(const LaunchOption &option) {
    const QString name = option.qemu.name;
    switch (option.qemu.where) {
    case QemuTarget::Where::argument:
        return QString("`%1`").arg(name);
    case QemuTarget::Where::machine:
        return QString("`-M nitro-enclave,%1=`").arg(name);
    case QemuTarget::Where::device:
        return QString("`-global %1=`").arg(name);
    case QemuTarget::Where::plugin:
        return QString("`%1=` of the plugin").arg(name);
    case QemuTarget::Where::none:
        break;
    }
    return {};
}

QString table() {
    QString text = "| option | meaning | default | said to | QEMU |\n|---|---|---|---|---|\n";
    for (const LaunchOption &option : launchOptions()) {
        QString meaning = QString::fromUtf8(option.help);
        if (option.isNumber())
            meaning += QString(" (%1 to %2)").arg(option.min).arg(option.max);
        text +=
            QString("| %1 | %2 | %3 | %4 | %5 |\n")
                .arg(saidAs(option, false), meaning, defaultText(option), places(option), qemuText(option));
    }
    return text;
}

} // namespace

class TestLaunchOptions : public QObject {
    Q_OBJECT

    static void addRows(bool (*isWanted)(const LaunchOption &)) {
        QTest::addColumn<QString>("name");
        for (const LaunchOption &option : launchOptions())
            if (isWanted(option))
                QTest::newRow(option.name) << QString(option.name);
    }

private slots:
    void table_names_areUnique() {
        QSet<QString> names, keys;
        for (const LaunchOption &option : launchOptions()) {
            names << option.name;
            keys << option.key;
            QVERIFY(QString(option.help).size() > 0);
        }
        QCOMPARE(names.size(), qsizetype(launchOptions().size()));
        QCOMPARE(keys.size(), names.size());
    }

    void value_ofEachOption_comesBack_data() {
        addRows([](const LaunchOption &) { return true; });
    }
    void value_ofEachOption_comesBack() {
        QFETCH(QString, name);
        const LaunchOption &option = launchOption(name.toStdString());
        LaunchSpec spec;
        QVERIFY(isDefault(option, spec));
        const auto set = setValue(option, spec, another(option));
        QVERIFY2(set, set ? "" : qPrintable(set.error().message));
        QCOMPARE(valueOf(option, spec), another(option));
        QVERIFY(!isDefault(option, spec));
        for (const LaunchOption &other : launchOptions())
            QVERIFY2(&other == &option || isDefault(other, spec), other.name);
        resetToDefault(option, spec);
        QVERIFY(isDefault(option, spec));
    }

    void number_outsideItsRange_isRefused_data() {
        addRows([](const LaunchOption &option) { return option.isNumber(); });
    }
    void number_outsideItsRange_isRefused() {
        QFETCH(QString, name);
        const LaunchOption &option = launchOption(name.toStdString());
        LaunchSpec spec;
        QVERIFY(setValue(option, spec, option.min));
        QVERIFY(setFromText(option, spec, QString::number(option.max)));
        QCOMPARE(valueOf(option, spec).toULongLong(), option.max);
        QVERIFY(!setValue(option, spec, option.max + 1));
        QVERIFY(!setValue(option, spec, qlonglong(option.min) - 1));
        QVERIFY(!setFromText(option, spec, QString::number(option.max + 1)));
        for (const char *text : {"", "-1", "1.5", "1x", " 7", "99999999999999999999"})
            QVERIFY2(!setFromText(option, spec, text), text);
        QCOMPARE(valueOf(option, spec).toULongLong(), option.max);
    }

    void memory_withUnit_isInMebibytes_data() {
        QTest::addColumn<QString>("text");
        QTest::addColumn<quint64>("memoryMiB");
        QTest::newRow("none") << "600" << quint64(600);
        QTest::newRow("M") << "600M" << quint64(600);
        QTest::newRow("G") << "2G" << quint64(2048);
        QTest::newRow("small") << "2g" << quint64(2048);
        QTest::newRow("T") << "1 T" << quint64(1 << 20);
    }
    void memory_withUnit_isInMebibytes() {
        QFETCH(QString, text);
        QFETCH(quint64, memoryMiB);
        LaunchSpec spec;
        QVERIFY(setFromText(launchOption("memory"), spec, text));
        QCOMPARE(spec.memoryMiB, memoryMiB);
    }

    void word_unknown_isRefused() {
        LaunchSpec spec;
        QVERIFY(!setFromText(launchOption("accel"), spec, "fast"));
        QVERIFY(setFromText(launchOption("accel"), spec, "kvm"));
        QVERIFY(spec.accelerator == Accelerator::kvm);
        QVERIFY(!setFromText(launchOption("heartbeat"), spec, "on=5"));
        QVERIFY(setFromText(launchOption("heartbeat"), spec, "delay=5"));
        QCOMPARE(spec.vsock.heartbeatDelay, 5u);
        QVERIFY(!setFromText(launchOption("strict"), spec, "maybe"));
    }

    void kvm_thatCannotBeOpened_isSaidWithAdvice() {
        QTemporaryDir folder;
        const auto missing = checkKvm(folder.filePath("kvm"));
        QVERIFY(!missing && missing.error().message.contains("does not offer it") &&
                missing.error().message.contains("--accel tcg"));
        const auto isFolder = checkKvm(folder.path());
        QVERIFY(!isFolder && isFolder.error().message.contains("--accel tcg"));
        QFile device(folder.filePath("kvm"));
        QVERIFY(device.open(QIODevice::WriteOnly));
        QVERIFY(checkKvm(device.fileName()));
        LaunchSpec spec;
        QVERIFY(checkReadiness(spec));
        spec.accelerator = Accelerator::kvm;
        QCOMPARE(bool(checkReadiness(spec)), bool(checkKvm()));
    }

    void qemu_hasEachProperty() {
        const QString qemu = QStringLiteral(NITROSCOPE_BINARY_DIR "/bin/qemu-system-x86_64");
        if (!QFile::exists(qemu))
            QSKIP("build/bin/qemu-system-x86_64 has not been built (./workbench build)");
        const auto helpOf = [&qemu](const QStringList &arguments) {
            QProcess process;
            process.start(qemu, arguments);
            return process.waitForFinished(60'000) ? QString::fromUtf8(process.readAllStandardOutput())
                                                   : QString();
        };
        const QString machine = helpOf({"-M", "nitro-enclave,help"}),
                      device = helpOf({"-M", "none", "-device", "virtio-vsock-device,help"});
        for (const LaunchOption &option : launchOptions()) {
            const QString name = QString(option.qemu.name).section('.', -1) + "=<";
            if (option.qemu.where == QemuTarget::Where::machine)
                QVERIFY2(machine.contains("  " + name), qPrintable(name + machine));
            if (option.qemu.where == QemuTarget::Where::device)
                QVERIFY2(device.contains("  " + name), qPrintable(name + device));
        }
    }

    void documentation_saysWhatTheTableSays() {
        QFile page(QStringLiteral(NITROSCOPE_SOURCE_DIR "/docs/launch-options.md"));
        QVERIFY(page.open(QIODevice::ReadOnly));
        const QString text = QString::fromUtf8(page.readAll());
        if (text.contains(u'\n' + table() + u'\n'))
            return;
        const qsizetype start = text.indexOf("\n| option |") + 1, end = text.indexOf("\n\n", start) + 1;
        QVERIFY(start > 0 && end > 0);
        QFile mended(QStringLiteral(NITROSCOPE_BINARY_DIR "/launch-options.md"));
        QVERIFY(mended.open(QIODevice::WriteOnly));
        mended.write((text.left(start) + table() + text.mid(end)).toUtf8());
        QFAIL(qPrintable("docs/launch-options.md is not what the table says; take " + mended.fileName()));
    }
};

QTEST_GUILESS_MAIN(TestLaunchOptions)
#include "tst_launch_options.moc"
