// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whole enclaves from a folder and from container images made with tar: layers with whiteouts and hard links,
// nitro-cli's command and environment, the same bytes every time.

#include "app/formats/builder/enclave_builder.hpp"
#include "app/formats/ramdisk/ramdisk.hpp"
#include "tests/unit/formats/cpio_maker.hpp"
#include "tests/unit/launch/eif_maker.hpp"

#include <fcntl.h>
#include <QDir>
#include <QFile>
#include <QTest>
#include <unistd.h>

using namespace nitroscope;
using namespace nitroscope::formats;
using namespace nitroscope::test;
using namespace Qt::Literals::StringLiterals;

class EnclaveBuilderTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() {
        if (QStandardPaths::findExecutable("tar").isEmpty())
            QSKIP("tar is not installed");
    }

    void build_dockerSave_isTheSumOfItsLayers() {
        const QTemporaryDir folder;
        const QDir dir(folder.path());
        dir.mkpath("one/etc");
        dir.mkpath("one/gone");
        dir.mkpath("two/etc");
        dir.mkpath("two/gone");
        writeFile(folder, "one/etc/name", "old");
        writeFile(folder, "one/etc/kept", "kept");
        writeFile(folder, "one/gone/file", "x");
        writeFile(folder, "two/etc/name", "new");
        writeFile(folder, "two/etc/.wh.other", {});
        writeFile(folder, "one/etc/other", "x");
        writeFile(folder, "two/gone/.wh..wh..opq", {});
        for (const char *layer : {"one", "two"})
            writeFile(folder, qPrintable(layer + u".tar"_s),
                      runTool("tar", {"-cf", "-", "-C", dir.filePath(layer), "etc", "gone"}));
        writeFile(
            folder, "c.json",
            R"({"architecture":"amd64","config":{"Entrypoint":["/e"],"Cmd":["/c","arg"],"Env":["A=1"]}})");
        writeFile(folder, "manifest.json",
                  R"([{"Config":"c.json","RepoTags":["repo:tag"],"Layers":["one.tar","two.tar"]}])");
        writeFile(folder, "image.tar",
                  runTool("tar", {"-cf", "-", "-C", folder.path(), "manifest.json", "c.json", "one.tar",
                                  "two.tar"}));

        EnclaveRecipe recipe = usualRecipe(folder);
        recipe.containerImage = {folder.filePath("image.tar")};
        const auto built = buildEnclave(recipe, folder.filePath("out.eif"));
        QVERIFY2(built.has_value(), built ? "" : qPrintable(built.error().text()));
        QCOMPARE(built->findings.size(), size_t{1});
        QCOMPARE(built->findings[0].rule, u"docker-entrypoint-ignored"_s);
        const auto document = EifDocument::open(folder.filePath("out.eif"));
        const auto ramdisks = readRamdisks(document->source(), document->image());
        const BootFiles files(*ramdisks);
        const auto content = [&](const char *path) {
            const auto place = files.find(path);
            return place ? files.content(*place, 1000) : QByteArray("missing");
        };
        QCOMPARE(content("rootfs/etc/name"), QByteArray("new"));
        QCOMPARE(content("rootfs/etc/kept"), QByteArray("kept"));
        QCOMPARE(content("rootfs/etc/other"), QByteArray("missing"));
        QCOMPARE(content("rootfs/gone/file"), QByteArray("missing"));
        QCOMPARE(content("cmd"), QByteArray("/c\narg\n"));
        QCOMPARE(content("env"), QByteArray("A=1\n"));
        QCOMPARE(document->metadata().value(u"ImageName"_s).toString(), u"repo"_s);
        QVERIFY(files.find("rootfs/proc"));
    }

    void build_folder_isReproducibleWhateverItsTimes() {
        const QTemporaryDir folder;
        QDir(folder.path()).mkpath("root/bin");
        writeFile(folder, "root/bin/app", "program");
        EnclaveRecipe recipe = usualRecipe(folder);
        recipe.rootFolder = folder.filePath("root");
        QCOMPARE(buildEnclave(recipe, folder.filePath("a.eif")).error().code,
                 u"recipe"_s); // no command
        recipe.command = QStringList{"/bin/app"};
        const auto first = buildEnclave(recipe, folder.filePath("a.eif"));
        QVERIFY2(first.has_value(), first ? "" : qPrintable(first.error().text()));
        QFile file(folder.filePath("root/bin/app"));
        QVERIFY(file.open(QIODevice::ReadWrite));
        QVERIFY(
            file.setFileTime(QDateTime::fromSecsSinceEpoch(1'000'000), QFileDevice::FileModificationTime));
        file.close();
        const auto second = buildEnclave(recipe, folder.filePath("b.eif"));
        QCOMPARE(second->measurements.pcr0, first->measurements.pcr0);
        QCOMPARE(QDir(folder.path()).entryList({".nitroscope*"}, QDir::AllEntries | QDir::Hidden),
                 QStringList());
    }

    void build_folder_namesThatAreNoUtf8_keepTheirBytes() {
        const QTemporaryDir folder;
        QDir(folder.path()).mkpath("root");
        const QByteArray name = QFile::encodeName(folder.filePath("root")) + "/caf\xe9";
        const int descriptor = ::open(name.constData(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        QVERIFY(descriptor >= 0);
        QCOMPARE(::write(descriptor, "latin1", 6), 6);
        ::close(descriptor);
        EnclaveRecipe recipe = usualRecipe(folder);
        recipe.rootFolder = folder.filePath("root");
        recipe.command = QStringList{"/bin/app"};
        const auto built = buildEnclave(recipe, folder.filePath("a.eif"));
        QVERIFY2(built.has_value(), built ? "" : qPrintable(built.error().text()));
        QFile eif(folder.filePath("a.eif"));
        QVERIFY(eif.open(QIODevice::ReadOnly));
        const auto document = EifDocument::open(folder.filePath("a.eif"));
        const auto ramdisks = document->ramdisks({});
        QByteArray content;
        for (const Ramdisk &ramdisk : (*ramdisks)->ramdisks())
            for (const RamdiskEntry &entry : ramdisk.entries)
                if (entry.path.endsWith("/caf\xe9"))
                    content = QByteArray::number(entry.size);
        QCOMPARE(content, QByteArray("6"));
    }

private:
    static EnclaveRecipe usualRecipe(const QTemporaryDir &folder) {
        return {.kernelPath = QFile::decodeName(writeFile(folder, "kernel", makeBzImage())),
                .commandLine = "console=ttyS0",
                .initPath = QFile::decodeName(writeFile(folder, "init-program", "init"))};
    }
};

QTEST_GUILESS_MAIN(EnclaveBuilderTest)
#include "tst_enclave_builder.moc"
