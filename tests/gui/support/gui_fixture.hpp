// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the window tests share: a temporary folder with its own preferences, a small EIF made on the spot, a
// fake session and the window around it.
#pragma once

#include "app/formats/eif/eif_builder.hpp"
#include "tests/gui/support/test_window.hpp"
#include "tests/support/session/fake_session.hpp"

#include <memory>
#include <QFile>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

namespace nitroscope::test {

using namespace Qt::Literals::StringLiterals;

inline QString writeFile(const QString &path, const QByteArray &content) {
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(content) != content.size())
        qFatal("cannot write %s", qPrintable(path));
    return path;
}

// The widget below `parent` with this accessible name.
template <class Widget>
Widget *named(QWidget &parent, const char *name) {
    for (Widget *widget : parent.findChildren<Widget *>())
        if (widget->accessibleName() == QLatin1String(name))
            return widget;
    qFatal("no widget %s", name);
}

// Bytes that look like code: reproducible, with stretches of zeros.
inline QByteArray pattern(qsizetype size, quint32 seed) {
    QByteArray bytes(size, '\0');
    for (qsizetype i = 0; i < size; ++i) {
        seed = seed * 1664525 + 1013904223;
        if (i % 96 < 64)
            bytes[i] = static_cast<char>(seed >> 24);
    }
    return bytes;
}

struct TestEif {
    QString path;
    formats::EifMeasurements measurements;
};

// A complete version 4 image with a stand-in kernel and two ramdisks.
inline TestEif makeEif(const QTemporaryDir &dir, const QString &name = u"demo.eif"_s) {
    formats::EifRecipe recipe;
    recipe.kernelPath = writeFile(dir.filePath(u"bzImage"_s), pattern(48 << 10, 1));
    recipe.commandLine = u"reboot=k panic=30 pci=off nomodules console=ttyS0 random.trust_cpu=on"_s;
    recipe.ramdiskPaths = {writeFile(dir.filePath(u"init.cpio"_s), pattern(20 << 10, 2)),
                           writeFile(dir.filePath(u"app.cpio"_s), pattern(90 << 10, 3))};
    recipe.buildTime = QDateTime::fromSecsSinceEpoch(1'700'000'000, Qt::UTC);
    const QString path = dir.filePath(name);
    const auto built = formats::buildEif(recipe, path);
    if (!built)
        qFatal("cannot build the test EIF: %s", qPrintable(built.error().text()));
    return {path, *built};
}

// Members are destroyed in the right order: window, session, preferences, folder.
struct WindowFixture {
    QTemporaryDir dir;
    app::Preferences preferences{dir.path()};
    app::FakeSession session;
    std::unique_ptr<app::TestWindow> window = std::make_unique<app::TestWindow>(session, preferences);

    void show() {
        window->show();
        QVERIFY(QTest::qWaitForWindowExposed(window.get()));
    }
    // Opens the EIF and waits until it is shown; measuring goes on in the background.
    void open(const QString &path) {
        QSignalSpy finished(window.get(), &app::MainWindow::openingFinished);
        window->openEif(path);
        QTRY_COMPARE(finished.count(), 1);
    }
    QAction *action(const char *id) const { return window->actions().find(QLatin1String(id)); }
};

// PCR values of a run of that EIF: 0-2 as measured, 4 set by the parent, 16 extended by the guest.
inline QVector<app::PcrValue> pcrsOf(const formats::EifMeasurements &measured) {
    QVector<app::PcrValue> pcrs;
    for (int i = 0; i < 32; ++i)
        pcrs.append({i, QByteArray(48, '\0'), i < 16});
    pcrs[0].value = measured.pcr0;
    pcrs[1].value = measured.pcr1;
    pcrs[2].value = measured.pcr2;
    pcrs[4].value = pattern(48, 9);
    pcrs[16].value = pattern(48, 7);
    return pcrs;
}

} // namespace nitroscope::test
