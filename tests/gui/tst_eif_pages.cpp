// SPDX-License-Identifier: GPL-2.0-or-later
//
// The pages of the EIF panel over an image as nitro-cli makes it: single files of packed and plain ramdisks
// with their previews, saving, extracting, lint, comparing; by commands, as a user reaches them.
#include "app/features/eif/eif_compare_view.hpp"
#include "app/features/eif/eif_findings_view.hpp"
#include "app/features/eif/eif_panel.hpp"
#include "app/features/eif/files/eif_files_view.hpp"
#include "app/features/eif/files/file_preview_view.hpp"
#include "app/ui/bars/task_strip.hpp"
#include "app/ui/theme/theme.hpp"
#include "tests/gui/support/gui_fixture.hpp"
#include "tests/unit/formats/cpio_maker.hpp"
#include "tests/unit/formats/packers.hpp"
#include "tests/unit/launch/eif_maker.hpp"

#include <QAbstractItemModelTester>
#include <QBuffer>
#include <QClipboard>
#include <QFileDialog>
#include <QLineEdit>
#include <QMenuBar>
#include <QPainter>
#include <QRegularExpression>
#include <QToolButton>
#include <QTreeView>

using namespace nitroscope::app;
using namespace nitroscope::test;
using namespace Qt::Literals::StringLiterals;

namespace {

const QByteArray hostname = "enclave\n";

// A static x86-64 program: ELF header and one LOAD program header.
QByteArray program() {
    QByteArray bytes(200, '\0');
    bytes.replace(0, 7,
                  QByteArray("\x7f"
                             "ELF\2\1\1",
                             7));
    bytes[16] = 2;
    bytes[18] = 62;
    bytes[32] = 64; // e_phoff
    bytes[54] = 56; // e_phentsize
    bytes[56] = 1;  // e_phnum
    bytes[64] = 1;  // PT_LOAD
    bytes[68] = 5;  // r-x
    return bytes;
}

QByteArray picture() {
    QImage image(48, 32, QImage::Format_RGB32);
    image.fill(Qt::darkGreen);
    QPainter painter(&image);
    painter.fillRect(8, 8, 16, 16, Qt::yellow);
    painter.end();
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    image.save(&buffer, "PNG");
    return bytes;
}

TestSections sectionsOf(const QByteArray &settings = "level=1\n") {
    TestSections sections = usualSections();
    sections[1].data = "reboot=k panic=30 console=ttyS0";
    sections[3].data = cpioArchive({{.path = "dev", .mode = 040755},
                                    {.path = "init", .content = program(), .mode = 0100755},
                                    {.path = "nsm.ko", .content = "module"}});
    sections[4].data = cpioArchive({{.path = "rootfs", .mode = 040755},
                                    {.path = "rootfs/bin", .mode = 040755},
                                    {.path = "rootfs/bin/app", .content = program(), .mode = 0100755},
                                    {.path = "rootfs/etc/hostname", .content = hostname},
                                    {.path = "rootfs/etc/settings.conf", .content = settings},
                                    {.path = "rootfs/usr/share/logo.png", .content = picture()},
                                    {.path = "rootfs/usr/share/table.bin", .content = pattern(5000, 3)},
                                    {.path = "rootfs/bin/sh", .content = "app", .mode = 0120777},
                                    {.path = "cmd", .content = "/bin/app\n"},
                                    {.path = "env", .content = "A=1\n"}});
    sections[4].data = gzipped(sections[4].data);
    return sections;
}

} // namespace

class TestEifPages : public QObject {
    Q_OBJECT

    static QString put(const WindowFixture &fixture, const char *name, const QByteArray &bytes) {
        return writeFile(fixture.dir.filePath(QString::fromLatin1(name)), bytes);
    }
    // The window with the image open and the files page in front.
    static void openFiles(WindowFixture &fixture, const TestSections &sections = sectionsOf()) {
        fixture.window->resize(1500, 900);
        fixture.show();
        fixture.open(put(fixture, "app.eif", makeEif(sections)));
        QSignalSpy loaded(&filesOf(fixture), &EifFilesView::loaded);
        fixture.action("eif.files")->trigger();
        QTRY_VERIFY(loaded.count() > 0 || filesOf(fixture).model().tree());
    }
    static EifFilesView &filesOf(WindowFixture &fixture) { return fixture.window->eifPanel().filesView(); }
    static void choose(WindowFixture &fixture, int ramdisk, const char *path) {
        QSignalSpy previewed(&filesOf(fixture), &EifFilesView::previewed);
        QVERIFY2(filesOf(fixture).selectPath(ramdisk, path), path);
        QTRY_VERIFY(previewed.count() > 0);
    }

private slots:
    void files_everyKind_hasItsPreview_data() {
        QTest::addColumn<int>("ramdisk");
        QTest::addColumn<int>("page");
        QTest::newRow("rootfs/etc/hostname") << 1 << int(FilePreviewView::text);
        QTest::newRow("rootfs/usr/share/logo.png") << 1 << int(FilePreviewView::picture);
        QTest::newRow("rootfs/usr/share/table.bin") << 1 << int(FilePreviewView::bytes);
        QTest::newRow("init") << 0 << int(FilePreviewView::elf);
        QTest::newRow("rootfs/bin/sh") << 1 << int(FilePreviewView::text);
    }

    void files_everyKind_hasItsPreview() {
        QFETCH(int, ramdisk);
        QFETCH(int, page);
        WindowFixture fixture;
        openFiles(fixture);
        QAbstractItemModelTester tester(&filesOf(fixture).model());
        choose(fixture, ramdisk, QTest::currentDataTag());
        FilePreviewView &preview = filesOf(fixture).preview();
        QCOMPARE(int(preview.page()), page);
        QVERIFY(preview.isAvailable(FilePreviewView::bytes));
        if (QByteArray(QTest::currentDataTag()) == "rootfs/etc/hostname") {
            QCOMPARE(preview.shownText(), QString::fromLatin1(hostname));
            QVERIFY(!preview.isAvailable(FilePreviewView::picture));
            QVERIFY(!preview.isAvailable(FilePreviewView::elf));
        }
        if (page == FilePreviewView::elf) {
            const auto index = preview.elfNodes().index(0, 0);
            QVERIFY(preview.elfNodes().rowCount(index) > 5);
            const auto *header = preview.elfNodes().nodeAt(index);
            QCOMPARE(header->child(u"machine")->value, u"x86_64"_s);
            QCOMPARE(header->child(u"program headers")->children.at(0).name, u"LOAD"_s);
        }
    }

    void files_filter_keepsTheChosenFile() {
        WindowFixture fixture;
        openFiles(fixture);
        choose(fixture, 1, "rootfs/etc/hostname");
        filesOf(fixture).filter().setText(u"ETC/"_s);
        QTRY_COMPARE(filesOf(fixture).model().tree()->fileCount(), 2);
        const int item = RamdiskModel::itemAt(filesOf(fixture).tree().currentIndex());
        QCOMPARE(filesOf(fixture).model().tree()->pathOf(item), QByteArray("rootfs/etc/hostname"));
        filesOf(fixture).filter().setText(QString());
        QTRY_VERIFY(filesOf(fixture).model().tree()->fileCount() > 8);
    }

    void files_find_goesToTheFilter() {
        WindowFixture fixture;
        openFiles(fixture);
        filesOf(fixture).tree().setFocus();
        QTRY_VERIFY(filesOf(fixture).tree().hasFocus());
        fixture.action("edit.find")->trigger();
        QVERIFY(filesOf(fixture).filter().hasFocus());
    }

    void saveFile_packedOne_isItsBytes() {
        WindowFixture fixture;
        openFiles(fixture);
        choose(fixture, 1, "rootfs/usr/share/table.bin");
        QVERIFY(fixture.action("eif.saveFile")->isEnabled());
        fixture.action("eif.saveFile")->trigger();
        auto *dialog = fixture.window->findChild<QFileDialog *>();
        QVERIFY(dialog);
        QCOMPARE(filesOf(fixture).suggestedName(), u"table.bin"_s);
        const QString path = fixture.dir.filePath(u"saved.bin"_s);
        QSignalSpy told(&filesOf(fixture), &EifFilesView::told);
        emit dialog->fileSelected(path);
        QTRY_COMPARE(told.count(), 1);
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.readAll(), pattern(5000, 3));
        dialog->close();
        // A folder has nothing to save.
        choose(fixture, 1, "rootfs/etc");
        QVERIFY(!fixture.action("eif.saveFile")->isEnabled());
    }

    void saveFile_impossible_isSaid() {
        WindowFixture fixture;
        openFiles(fixture);
        choose(fixture, 0, "init");
        QSignalSpy told(&filesOf(fixture), &EifFilesView::told);
        filesOf(fixture).saveTo(u"/no/such/folder/x"_s);
        QTRY_COMPARE(told.count(), 1);
        QCOMPARE(told[0][0].value<LogLevel>(), LogLevel::error);
    }

    void extract_all_writesEverything() {
        WindowFixture fixture;
        openFiles(fixture);
        QSignalSpy told(&filesOf(fixture), &EifFilesView::told);
        const QString folder = fixture.dir.filePath(u"out"_s);
        filesOf(fixture).extractTo(folder);
        QTRY_VERIFY(told.count() > 0);
        QFile file(folder + u"/ramdisk1/rootfs/etc/hostname"_s);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.readAll(), hostname);
    }

    void showBytes_plainFile_marksItInTheImage() {
        WindowFixture fixture;
        openFiles(fixture);
        choose(fixture, 0, "nsm.ko");
        QVERIFY(fixture.action("eif.showBytes")->isEnabled());
        fixture.action("eif.showBytes")->trigger();
        EifPanel &panel = fixture.window->eifPanel();
        QCOMPARE(panel.page(), EifPanel::structure);
        QCOMPARE(panel.hexView().selectedBytes(), QByteArray("module"));
        // What is packed has no bytes of its own.
        fixture.action("eif.files")->trigger();
        choose(fixture, 1, "rootfs/etc/hostname");
        QVERIFY(!fixture.action("eif.showBytes")->isEnabled());
    }

    void damagedRamdisk_showsWhatWasReadAndWhy() {
        WindowFixture fixture;
        TestSections sections = sectionsOf();
        sections[3].data.truncate(sections[3].data.size() - 300);
        openFiles(fixture, sections);
        QVERIFY(filesOf(fixture).model().tree()->find(0, "init") > 0);
        const QModelIndex ramdisk = filesOf(fixture).model().index(0, 0);
        QVERIFY(!filesOf(fixture).model().data(ramdisk, Qt::ToolTipRole).toString().isEmpty());
    }

    void oddPaths_areShownNotFollowed() {
        WindowFixture fixture;
        TestSections sections = sectionsOf();
        sections[3].data = cpioArchive({{.path = "/etc/../../secret", .content = "one"},
                                        {.path = "twice", .content = "1"},
                                        {.path = "twice", .content = "22"},
                                        {.path = "a/b", .content = "x"},
                                        {.path = "a", .content = "was a folder"},
                                        {.path = "a/c", .content = "y"}});
        openFiles(fixture, sections);
        QAbstractItemModelTester tester(&filesOf(fixture).model());
        choose(fixture, 0, "etc/../../secret");
        QCOMPARE(filesOf(fixture).preview().shownText(), u"one"_s);
        choose(fixture, 0, "twice");
        QCOMPARE(filesOf(fixture).preview().shownText(), u"22"_s);
        QVERIFY(filesOf(fixture).model().tree()->find(0, "a/c") > 0);
    }

    void findings_ofLint_comeByThemselvesAndLeadToTheirBytes() {
        WindowFixture fixture;
        fixture.show();
        TestSections sections = sectionsOf();
        sections[1].data = "panic=30"; // no console
        EifFindingsView &view = fixture.window->eifPanel().findingsView();
        QSignalSpy checked(&view, &EifFindingsView::checked);
        fixture.open(put(fixture, "lint.eif", makeEif(sections)));
        QTRY_VERIFY(checked.count() > 0);
        fixture.action("eif.findings")->trigger();
        int row = -1;
        for (int i = 0; i < view.model().rowCount(); ++i)
            if (view.model().findingAt(i).rule == u"cmdline-no-console"_s)
                row = i;
        QVERIFY(row >= 0);
        QVERIFY(!view.model().findingAt(row).advice.isEmpty());
        // A wrong CRC is known because the measuring is shared.
        QByteArray damaged = makeEif(sections);
        damaged[0x220] = static_cast<char>(damaged[0x220] ^ 1);
        fixture.open(put(fixture, "crc.eif", damaged));
        QTRY_VERIFY(checked.count() > 1);
        QVERIFY(view.model().count(nitroscope::formats::Severity::error) > 0);
        bool isFound = false;
        for (int i = 0; i < view.model().rowCount(); ++i)
            if (view.model().findingAt(i).rule == u"crc-mismatch"_s) {
                isFound = true;
                emit view.rangeChosen(view.model().findingAt(i).range);
            }
        QVERIFY(isFound);
        QCOMPARE(fixture.window->eifPanel().page(), EifPanel::structure);
        QCOMPARE(fixture.window->eifPanel().hexView().selectedBytes(), damaged.mid(0x220, 4));
    }

    void findings_ofLint_countWhatTheyDoNotList() {
        WindowFixture fixture;
        TestSections sections = sectionsOf();
        QList<CpioFile> files;
        for (int i = 0; i < 700; ++i)
            files << CpioFile{.path = QByteArray::number(i)};
        sections[3].data = cpioArchive(files); // no init
        sections[4].data = cpioArchive(files);
        EifFindingsView &view = fixture.window->eifPanel().findingsView();
        QSignalSpy checked(&view, &EifFindingsView::checked);
        fixture.open(put(fixture, "notes.eif", makeEif(sections)));
        QTRY_VERIFY(checked.count() > 0);
        QCOMPARE(view.model().rowCount(), 500);
        QVERIFY(view.model().count(nitroscope::formats::Severity::error) > 0);
        QCOMPARE(view.model().findingAt(0).severity, nitroscope::formats::Severity::error);
        QVERIFY(view.model().count(nitroscope::formats::Severity::note) >= 700);
        const QRegularExpression more(u"^[0-9]+ more are counted but not listed"_s);
        QVERIFY2(view.unlisted().contains(more), qPrintable(view.unlisted()));
    }

    void compareWith_changedFile_isNamedWithItsPcrs() {
        WindowFixture fixture;
        openFiles(fixture);
        const QString other = put(fixture, "other.eif", makeEif(sectionsOf("level=2\n")));
        EifCompareView &view = fixture.window->eifPanel().compareView();
        QSignalSpy compared(&view, &EifCompareView::compared);
        fixture.action("eif.compareWith")->trigger();
        auto *dialog = fixture.window->findChild<QFileDialog *>();
        QVERIFY(dialog);
        emit dialog->fileSelected(other);
        dialog->close();
        QTRY_COMPARE(compared.count(), 1);
        QVERIFY2(view.summary().contains(u"differs in PCR0, PCR2"_s), qPrintable(view.summary()));
        bool isFound = false;
        for (int row = 0; row < view.model().rowCount(); ++row)
            isFound |= view.model().index(row, DifferenceModel::where).data().toString() ==
                       u"ramdisk 1: rootfs/etc/settings.conf"_s;
        QVERIFY(isFound);
        // Against something that is no EIF: said, and the panel goes on.
        fixture.window->eifPanel().compareWith(u"/no/such.eif"_s);
        QTRY_COMPARE(compared.count(), 2);
        QCOMPARE(view.model().rowCount(), 0);
    }

    void reading_cancelled_isSaidAndCanBeRepeated() {
        WindowFixture fixture;
        fixture.show();
        fixture.open(put(fixture, "app.eif", makeEif(sectionsOf())));
        BackgroundTask task;
        TaskStrip strip;
        strip.watch(task, u"Working…"_s);
        bool isDone = false;
        std::atomic<bool> isStopped = false;
        task.start(
            [&isStopped](const BackgroundTask::Control &control) {
                while (!control.stop.stop_requested())
                    control.progress(1, 2);
                isStopped = true;
                return 0;
            },
            [&](int) { isDone = true; });
        QVERIFY(!strip.isHidden());
        QSignalSpy progressed(&task, &BackgroundTask::progressed);
        QTRY_VERIFY(progressed.count() > 0);
        strip.findChild<QToolButton *>()->click();
        QTRY_VERIFY(isStopped.load());
        QVERIFY(strip.isHidden());
        QCoreApplication::processEvents();
        QVERIFY(!isDone);
    }

    void pages_inBothThemes_areDrawn_data() {
        QTest::addColumn<int>("appearance");
        QTest::newRow("light") << int(Appearance::light);
        QTest::newRow("dark") << int(Appearance::dark);
    }

    void pages_inBothThemes_areDrawn() {
        QFETCH(int, appearance);
        theme::apply(*qApp, static_cast<Appearance>(appearance));
        WindowFixture fixture;
        openFiles(fixture);
        const QString folder = QStringLiteral(NITROSCOPE_BINARY_DIR "/screenshots");
        QDir().mkpath(folder);
        const auto save = [&](const char *name) {
            QCoreApplication::processEvents();
            QVERIFY(fixture.window->picture().save(u"%1/eif-%2-%3.png"_s.arg(
                folder, QLatin1String(QTest::currentDataTag()), QLatin1String(name))));
        };
        filesOf(fixture).tree().expandAll();
        for (const auto &[ramdisk, path, name] :
             {std::tuple(1, "rootfs/etc/settings.conf", "text"),
              std::tuple(1, "rootfs/usr/share/logo.png", "picture"),
              std::tuple(1, "rootfs/usr/share/table.bin", "bytes"), std::tuple(0, "init", "elf")}) {
            choose(fixture, ramdisk, path);
            save(name);
        }
        QTRY_VERIFY(fixture.window->eifPanel().findingsView().model().rowCount() > 0);
        fixture.action("eif.findings")->trigger();
        save("findings");
        QSignalSpy compared(&fixture.window->eifPanel().compareView(), &EifCompareView::compared);
        fixture.window->eifPanel().compareWith(put(fixture, "other.eif", makeEif(sectionsOf("level=2\n"))));
        QTRY_COMPARE(compared.count(), 1);
        save("comparison");
    }
};

QTEST_MAIN(TestEifPages)
#include "tst_eif_pages.moc"
