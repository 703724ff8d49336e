// SPDX-License-Identifier: GPL-2.0-or-later
//
// Ramdisks: what cpio and bsdtar write, we read as they do; concatenated and compressed members; hostile
// archives stop with a reason, stay within their limits, and are never extracted outside of the folder.

#include "app/formats/extract/extract.hpp"
#include "app/formats/ramdisk/ramdisk.hpp"
#include "app/formats/tree/value_text.hpp"
#include "tests/unit/formats/cpio_maker.hpp"
#include "tests/unit/formats/packers.hpp"
#include "tests/unit/launch/eif_maker.hpp"

#include <QDir>
#include <QDirIterator>
#include <QTest>
#include <unistd.h>

using namespace nitroscope;
using namespace nitroscope::formats;
using namespace nitroscope::test;
using namespace Qt::Literals::StringLiterals;

namespace {

// Owns the bytes that a Ramdisk refers to.
struct Read {
    explicit Read(const QByteArray &archive, const RamdiskLimits &limits = {})
        : bytes(archive), source(toBytes(bytes)), ramdisk(readRamdisk({&source, 0, source.size()}, limits)) {}

    const Ramdisk &operator*() const { return *ramdisk; }
    QStringList paths() const {
        QStringList list;
        for (const RamdiskEntry &entry : ramdisk->entries)
            list << QString::fromUtf8(entry.path);
        return list;
    }
    QByteArray content(size_t entry) const {
        const RamdiskEntry &from = ramdisk->contentOf(static_cast<quint32>(entry));
        return readContent(*ramdisk, from, 0, from.size).value_or("unreadable");
    }
    QString problem() const { return ramdisk->problem ? ramdisk->problem->code : QString(); }

    QByteArray bytes;
    launch::MemorySource source;
    app::Result<Ramdisk> ramdisk;
};

// Up to where the kernel takes a plain archive.
QByteArray padded(const QByteArray &bytes) {
    return bytes + QByteArray((4 - bytes.size() % 4) % 4, '\0');
}

} // namespace

class RamdiskTest : public QObject {
    Q_OBJECT

private slots:
    void read_archiveOfCpio_isWhatCpioLists_data() {
        QTest::addColumn<QString>("format");
        QTest::newRow("newc") << "newc";
        QTest::newRow("crc") << "crc";
    }

    void read_archiveOfCpio_isWhatCpioLists() {
        QFETCH(QString, format);
        if (QStandardPaths::findExecutable("cpio").isEmpty())
            QSKIP("cpio is not installed");
        const QTemporaryDir folder;
        const QDir dir(folder.path());
        dir.mkpath("rootfs/bin");
        writeFile(folder, "init", "#!/bin/sh\n");
        writeFile(folder, "rootfs/bin/app", QByteArray(5000, 'x'));
        writeFile(folder, "empty", {});
        QFile::link("bin/app", dir.filePath("rootfs/link"));
        QCOMPARE(::link(qPrintable(dir.filePath("init")), qPrintable(dir.filePath("other"))), 0);
        const QByteArray names = ".\ninit\nother\nempty\nrootfs\nrootfs/bin\nrootfs/bin/app\nrootfs/link\n";
        const QByteArray archive = runTool("cpio", {"-o", "-H", format, "--quiet"}, names, folder.path());
        QVERIFY(!archive.isEmpty());
        const Read read(archive);
        QCOMPARE(read.problem(), QString());
        QByteArray listed = runTool("cpio", {"-t", "--quiet"}, archive);
        QCOMPARE(read.paths().join('\n').toUtf8() + '\n', listed);
        for (size_t i = 0; i < (*read).entries.size(); ++i) {
            const RamdiskEntry &entry = (*read).entries[i];
            struct stat expected {};
            QCOMPARE(::lstat(qPrintable(dir.filePath(QString::fromUtf8(entry.path))), &expected), 0);
            QCOMPARE(entry.mode, expected.st_mode);
            QCOMPARE(entry.owner, expected.st_uid);
            QCOMPARE(entry.modified, static_cast<quint32>(expected.st_mtim.tv_sec));
            if (entry.isRegular()) {
                QFile file(dir.filePath(QString::fromUtf8(entry.path)));
                QVERIFY(file.open(QIODevice::ReadOnly));
                QCOMPARE(read.content(i), file.readAll());
            }
        }
    }

    void read_members_compressedOrNot_followEachOther() {
        const QByteArray plain =
            cpioArchive({{.path = "a", .content = "first"}, {.path = "b", .content = "22"}});
        const QByteArray packed = gzipped(cpioArchive({{.path = "c", .content = QByteArray(100'000, 'c')}}) +
                                          cpioArchive({{.path = "d", .content = "of a second archive"}}));
        const Read read(padded(plain + QByteArray(508, '\0') + packed + QByteArray(3, '\0') + packed) +
                        QByteArray(8, '\0') + plain);
        QCOMPARE(read.problem(), QString());
        QCOMPARE(read.paths().join(u' '), u"a b c d c d a b"_s);
        QCOMPARE(read.content(2), QByteArray(100'000, 'c'));
        QCOMPARE(read.content(3), QByteArray("of a second archive"));
        QCOMPARE(read.content(7), QByteArray("22"));
        const auto &members = (*read).members;
        QCOMPARE(members.size(), size_t{4});
        QCOMPARE(members[1].compression, Compression::gzip);
        QCOMPARE(members[1].packedBytes, static_cast<quint64>(packed.size()));
        QCOMPARE(members[1].entries, 2u);
        QCOMPARE((*read).sourceOffset((*read).entries[0]), std::optional<quint64>(112));
        QVERIFY(!(*read).sourceOffset((*read).entries[2]));
    }

    void read_hardLinks_shareTheContent() {
        const Read read(cpioArchive({{.path = "a", .inode = 7, .links = 2},
                                     {.path = "b", .content = "shared", .inode = 7, .links = 2}}));
        QCOMPARE(read.content(0), QByteArray("shared"));
        QCOMPARE(read.content(1), QByteArray("shared"));
    }

    void read_truncatedAnywhere_keepsWhatCameBefore() {
        const QByteArray archive =
            cpioArchive({{.path = "first", .content = "abcdefg"}, {.path = "second", .content = "hij"}});
        for (qsizetype keep = 0; keep <= archive.size(); ++keep) {
            const Read read(archive.left(keep));
            QVERIFY(read.ramdisk.has_value());
            QVERIFY((*read).entries.size() <= 2);
            if (keep >= archive.size() - 4)
                QCOMPARE(read.paths().size(), 2);
        }
    }

    void read_anyByteOfAHeaderChanged_neverCrashes() {
        const QByteArray archive = cpioArchive({{.path = "first", .content = "abcdefg"}, {.path = "second"}});
        for (qsizetype at = 0; at < 110; ++at)
            for (const char value : {'0', 'f', 'F', 'g', '\0', '\xff'}) {
                QByteArray bad = archive;
                bad[at] = value;
                const Read read(bad);
                QVERIFY(read.ramdisk.has_value());
            }
    }

    void read_badArchives_sayWhy_data() {
        QTest::addColumn<QByteArray>("archive");
        QTest::addColumn<QString>("code");
        QTest::newRow("old portable format") << cpioArchive({{.path = "a", .magic = "070707"}}) << "damaged";
        QTest::newRow("something else") << QByteArray("hsqs and so on") << "damaged";
        QTest::newRow("junk behind an entry") << cpioEntry({.path = "a"}) + "junk"
                                              << "damaged";
        QTest::newRow("size beyond the end")
            << cpioEntry({.path = "a", .content = "x", .claimedSize = 0xffffffff}) << "truncated";
        // Linux looks for a cpio header only at multiples of four (init/initramfs.c).
        const QByteArray good = cpioArchive({{.path = "a"}});
        QTest::newRow("one zero byte in front") << QByteArray(1, '\0') + good << "damaged";
        QTest::newRow("two zero bytes between archives") << good + QByteArray(2, '\0') + good << "damaged";
        QTest::newRow("entry at an odd offset")
            << cpioEntry({.path = "a"}) + QByteArray(3, '\0') + good << "damaged";
        QTest::newRow("member behind broken padding")
            << good + QByteArray(1, '\0') + gzipped(good) << "damaged";
        QTest::newRow("broken padding in a member")
            << gzipped(good + QByteArray(2, '\0') + good) << "damaged";
        QTest::newRow("archive behind a member of odd size")
            << gzipped(good) + QByteArray(5 - gzipped(good).size() % 4, '\0') + good << "damaged";
        QTest::newRow("cut lzo") << QByteArray("\x89LZO") << "truncated";
        QTest::newRow("cut gzip") << gzipped(cpioArchive({{.path = "a"}})).left(20) << "truncated";
    }

    void read_badArchives_sayWhy() {
        QFETCH(QByteArray, archive);
        QFETCH(QString, code);
        QCOMPARE(Read(archive).problem(), code);
    }

    // As do_header() of init/initramfs.c, which goes to the next header.
    void read_entryWithAnImpossibleName_isPassedOver_data() {
        QTest::addColumn<QByteArray>("entry");
        QTest::newRow("no name") << QByteArray("070701") + QByteArray(13 * 8, '0') + QByteArray(2, '\0');
        QTest::newRow("4097 bytes") << cpioEntry({.path = QByteArray(4096, 'x'), .content = "skipped"});
        QTest::newRow("a wrong checksum behind 5001 bytes")
            << cpioEntry({.path = QByteArray(5000, 'x'), .content = "ab", .magic = "070702"});
    }

    void read_entryWithAnImpossibleName_isPassedOver() {
        QFETCH(QByteArray, entry);
        const QByteArray rest =
            cpioEntry({.path = "a", .content = "x"}) + entry + cpioArchive({{.path = "b"}});
        const Read read(rest);
        QCOMPARE(read.problem(), QString());
        QCOMPARE((*read).entries.size(), size_t{2});
        QCOMPARE((*read).entries[1].path, QByteArray("b"));
        QVERIFY((*read).oddEntry);
        QCOMPARE((*read).oddEntry->offset.value_or(0),
                 quint64(cpioEntry({.path = "a", .content = "x"}).size()));
    }

    void read_bombs_stopAtTheLimits() {
        QByteArray many;
        for (int i = 0; i < 3000; ++i)
            many += cpioEntry({.path = QByteArray::number(i)});
        const Read entries(many, {.entries = 1000});
        QCOMPARE(entries.problem(), u"limit"_s);
        QCOMPARE((*entries).entries.size(), size_t{1000});
        const QByteArray bomb =
            gzipped(cpioArchive({{.path = "zeros", .content = QByteArray(50'000'000, '\0')}}));
        QCOMPARE(Read(bomb, {.unpack = {.outputBytes = 10'000'000}}).problem(), u"limit"_s);
        QCOMPARE(Read(bomb, {.unpack = {.outputBytes = 60'000'000}}).problem(), QString());
        // The limit holds for all members together.
        QCOMPARE(Read(bomb + bomb, {.unpack = {.outputBytes = 60'000'000}}).problem(), u"limit"_s);
        std::stop_source stop;
        stop.request_stop();
        QVERIFY(!Read(bomb, {.unpack = {.stop = stop.get_token()}}).ramdisk.has_value());
    }

    void paths_areNormal() {
        QCOMPARE(normalPath("./rootfs//bin/./sh"), QByteArray("rootfs/bin/sh"));
        QCOMPARE(normalPath("/init"), QByteArray("init"));
        QCOMPARE(normalPath("."), QByteArray());
        QVERIFY(isSuspiciousPath("/etc/passwd"));
        QVERIFY(isSuspiciousPath("a/../../b"));
        QVERIFY(!isSuspiciousPath("a/..b"));
        QCOMPARE(modeText(0104755), QByteArray("-rwsr-xr-x"));
        QCOMPARE(modeText(041777), QByteArray("drwxrwxrwt"));
    }

    void bootFiles_linksAndLaterRamdisks_areFollowed() {
        const QByteArray first =
            cpioArchive(withFolders({{.path = "bin/sh", .content = "old"},
                                     {.path = "sh", .content = "/bin/sh", .mode = 0120777},
                                     {.path = "loop", .content = "loop", .mode = 0120777},
                                     {.path = "rootfs/lib", .content = "usr/lib", .mode = 0120777},
                                     {.path = "rootfs/usr/lib/x", .content = "x"},
                                     {.path = "rootfs/abs", .content = "/lib/../lib/x", .mode = 0120777}}));
        const QByteArray second = cpioArchive({{.path = "./bin/sh", .content = "new"}});
        const Read a(first), b(second);
        const std::vector<Ramdisk> ramdisks = {*a, *b};
        const BootFiles files(ramdisks);
        QCOMPARE(files.content(*files.resolve("sh"), 100), QByteArray("new"));
        QVERIFY(!files.resolve("loop"));
        QCOMPARE(files.content(*files.resolve("lib/x", "rootfs"), 100), QByteArray("x"));
        QCOMPARE(files.content(*files.resolve("abs", "rootfs"), 100), QByteArray("x"));
        QVERIFY(!files.resolve("missing"));
    }

    // As the kernel makes them, one after the other.
    void bootFiles_entriesWithoutTheirFolder_areLeftOut() {
        const QByteArray archive = cpioArchive({{.path = "late/file", .content = "x"},
                                                {.path = "late", .mode = 040755},
                                                {.path = "none/file", .content = "x"},
                                                {.path = "dev/file", .content = "x"}, // every kernel has /dev
                                                {.path = "real", .mode = 040755},
                                                {.path = "link", .content = "real", .mode = 0120777},
                                                {.path = "link/file", .content = "through the link"},
                                                {.path = "real/file/below", .content = "x"}});
        const Read a(archive);
        const std::vector<Ramdisk> ramdisks = {*a};
        const BootFiles files(ramdisks);
        QCOMPARE(files.leftOut().size(), size_t{3});
        QVERIFY(!files.find("late/file"));
        QVERIFY(files.find("dev/file"));
        QVERIFY(files.isFolder("late") && files.isFolder("link") && files.isFolder("dev"));
        QVERIFY(!files.isFolder("real/file") && !files.isFolder("none"));
        QCOMPARE(files.content(*files.find("real/file"), 100), QByteArray("through the link"));
        QCOMPARE(files.resolvedPath("link/file"), QByteArray("real/file"));
    }

    void bootFiles_whatCannotBeMade_isLeftOut() {
        using Reason = BootFiles::Reason;
        const QByteArray archive =
            cpioArchive({{.path = "full", .mode = 040755},
                         {.path = "full/x"},
                         {.path = "full", .content = "file"},
                         {.path = "full", .content = "elsewhere", .mode = 0120777},
                         {.path = "empty", .mode = 040755},
                         {.path = "empty", .content = "file"},
                         {.path = "link", .content = "full", .mode = 0120777},
                         {.path = "link", .mode = 040755},
                         {.path = "odd", .content = "x", .mode = 040755},
                         {.path = "dev", .content = "file"}, // has dev/console
                         {.path = "long", .content = QByteArray(4097, 'x'), .mode = 0120777}});
        const Read a(archive);
        const std::vector<Ramdisk> ramdisks = {*a};
        const BootFiles files(ramdisks);
        QList<Reason> reasons;
        for (const BootFiles::LeftOut &one : files.leftOut())
            reasons << one.reason;
        QCOMPARE(reasons, QList<Reason>({Reason::folderInTheWay, Reason::folderInTheWay, Reason::hasContent,
                                         Reason::folderInTheWay, Reason::longTarget}));
        QVERIFY(files.isFolder("full") && files.find("full/x"));
        QCOMPARE(files.content(*files.find("empty"), 100), QByteArray("file"));
        QCOMPARE(files.resolvedPath("link"), QByteArray("link"));
        QVERIFY(!files.find("odd"));
    }

    void checksum_ofTheCrcForm_isChecked() {
        CpioFile file{.path = "one", .content = "abc", .magic = "070702", .checksum = 'a' + 'b' + 'c'};
        const QByteArray good = cpioArchive({file, {.path = "two"}});
        file.checksum += 1;
        const QByteArray bad = cpioArchive({file, {.path = "two"}});
        const Read right(good), wrong(bad);
        QVERIFY(!(*right).problem);
        QCOMPARE((*right).entries.size(), size_t{2});
        QVERIFY((*wrong).problem);
        QVERIFY2((*wrong).problem->message.contains(u"bad data checksum"_s),
                 qPrintable((*wrong).problem->message));
        QCOMPARE((*wrong).entries.size(), size_t{1});
    }

    void extract_ordinaryImage_isWhatWasPacked() {
        TestSections sections = usualSections();
        sections[3].data =
            cpioArchive({{.path = "init", .content = "program", .mode = 0100755, .modified = 1'600'000'000}});
        sections[4].data = cpioArchive({{.path = "rootfs", .mode = 040555},
                                        {.path = "rootfs/etc/name", .content = "host\n"},
                                        {.path = "rootfs/link", .content = "etc/name", .mode = 0120777},
                                        {.path = "rootfs/one", .inode = 3, .links = 2},
                                        {.path = "rootfs/two", .content = "both", .inode = 3, .links = 2},
                                        {.path = "rootfs/null", .mode = 020666}});
        const QTemporaryDir folder;
        const auto report = extract(folder, makeEif(sections));
        QVERIFY2(report.has_value(), report ? "" : qPrintable(report.error().text()));
        const QDir out(folder.filePath("out"));
        const auto content = [&](const char *name) {
            QFile file(out.filePath(name));
            return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray("missing");
        };
        QCOMPARE(content("kernel"), sections[0].data);
        QCOMPARE(content("cmdline"), sections[1].data);
        QCOMPARE(content("ramdisk1.cpio"), sections[4].data);
        QCOMPARE(content("ramdisk0/init"), QByteArray("program"));
        QCOMPARE(QFileInfo(out.filePath("ramdisk0/init")).lastModified().toSecsSinceEpoch(), 1'600'000'000);
        QVERIFY(QFileInfo(out.filePath("ramdisk0/init")).isExecutable());
        QCOMPARE(content("ramdisk1/rootfs/link"), QByteArray("host\n"));
        QCOMPARE(content("ramdisk1/rootfs/one"), QByteArray("both"));
        QCOMPARE(content("ramdisk1/rootfs/two"), QByteArray("both"));
        QCOMPARE(report->skippedCount, quint64{1}); // the device
        QCOMPARE(QFileInfo(out.filePath("ramdisk1/rootfs")).permissions() & QFile::WriteOwner,
                 QFile::Permissions());
        QFile::setPermissions(out.filePath("ramdisk1/rootfs"),
                              QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
        QVERIFY(!extract(folder, makeEif(sections)).has_value()); // the folder is not empty any more
    }

    void extract_hostilePaths_stayInside() {
        TestSections sections = usualSections();
        sections[3].data = cpioArchive({{.path = "/absolute", .content = "1"},
                                        {.path = "../outside", .content = "2"},
                                        {.path = "a/../../outside", .content = "3"},
                                        {.path = "up", .content = "../..", .mode = 0120777},
                                        {.path = "up/outside", .content = "4"},
                                        {.path = "root", .content = "/", .mode = 0120777},
                                        {.path = "root/outside", .content = "5"},
                                        {.path = "out", .content = "../outside", .mode = 0120777},
                                        {.path = "out", .content = "6"},
                                        {.path = "ring", .content = "ring", .mode = 0120777},
                                        {.path = "ring/x", .content = "7"},
                                        {.path = "etc", .content = "/etc", .mode = 0120777},
                                        {.path = "etc/nitroscope-test-outside", .content = "8"},
                                        {.path = "file", .content = "f"},
                                        {.path = "file/below", .content = "9"}});
        const QTemporaryDir folder;
        const auto report = extract(folder, makeEif(sections));
        QVERIFY2(report.has_value(), report ? "" : qPrintable(report.error().text()));
        QVERIFY(report->skippedCount >= 3);
        QCOMPARE(QDir(folder.path()).entryList(QDir::AllEntries | QDir::NoDotAndDotDot | QDir::Hidden),
                 QStringList({"image.eif", "out"}));
        QVERIFY(!QFile::exists("/etc/nitroscope-test-outside"));
        QVERIFY(!QFile::exists("/outside"));
        QVERIFY(QFile::exists(folder.filePath("out/ramdisk0/absolute")));
        QVERIFY(QFileInfo(folder.filePath("out/ramdisk0/out")).isFile());
    }

    void extract_moreThanTheLimit_isRefused() {
        TestSections sections = usualSections();
        sections[3].data = cpioArchive({{.path = "big", .content = QByteArray(100'000, 'x')}});
        const QTemporaryDir folder;
        QCOMPARE(extract(folder, makeEif(sections), {.maxBytes = 50'000}).error().code, u"limit"_s);
    }

private:
    static app::Result<ExtractReport> extract(const QTemporaryDir &folder, const QByteArray &eif,
                                              const ExtractOptions &options = {}) {
        const auto document = EifDocument::open(QFile::decodeName(writeFile(folder, "image.eif", eif)));
        return document ? extractEif(*document, folder.filePath("out"), options)
                        : app::Result<ExtractReport>(tl::unexpected(document.error()));
    }
};

QTEST_GUILESS_MAIN(RamdiskTest)
#include "tst_ramdisk.moc"
