// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which image is taken out of a layout or an archive: by the name that people type, by platform, past artifacts; what is
// damaged or lies outside is refused. Layouts are written here by the specification, tar archives byte by byte.

#include "app/formats/builder/enclave_builder.hpp"
#include "tests/support/kernels/arm_image_maker.hpp"
#include "tests/unit/formats/cpio_maker.hpp"
#include "tests/unit/formats/layout_maker.hpp"
#include "tests/unit/formats/packers.hpp"
#include "tests/unit/launch/eif_maker.hpp"

#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QTest>

using namespace nitroscope;
using namespace nitroscope::formats;
using namespace nitroscope::test;
using namespace Qt::Literals::StringLiterals;

class ContainerImageTest : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;

    QString path(const QString &name) const { return m_folder->filePath(name); }
    app::Result<ContainerImage> open(const QString &text, const QString &architecture = u"amd64"_s) const {
        return ContainerImage::open(findImage(text).value_or(ImageReference{text}), architecture,
                                    m_folder->path());
    }
    // What the program of the image holds; the error's sentence when there is none.
    QByteArray programOf(const QString &text, const QString &architecture = u"amd64"_s) const {
        const auto image = open(text, architecture);
        if (!image)
            return image.error().message.toUtf8();
        QByteArray program;
        for (int layer = 0; layer < image->layerCount(); ++layer) {
            const auto done = image->readContents(
                layer, [](quint64) { return true; },
                [&](quint64, std::span<const char> piece) -> app::Result<void> {
                    program.append(piece.data(), static_cast<qsizetype>(piece.size()));
                    return {};
                });
            if (!done)
                return done.error().message.toUtf8();
        }
        return program;
    }

private slots:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }

    void reference_asSkopeoWritesIt_findsPathAndName_data() {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("found");
        QTest::addColumn<QString>("name");
        QTest::newRow("path") << "%1/oci"
                              << "oci"
                              << "";
        QTest::newRow("path:tag") << "%1/oci:v1"
                                  << "oci"
                                  << "v1";
        QTest::newRow("oci:path") << "oci:%1/oci"
                                  << "oci"
                                  << "";
        QTest::newRow("oci:path:tag") << "oci:%1/oci:v1"
                                      << "oci"
                                      << "v1";
        QTest::newRow("docker-archive:file") << "docker-archive:%1/save.tar"
                                             << "save.tar"
                                             << "";
        QTest::newRow("docker-archive:file:name:tag") << "docker-archive:%1/save.tar:app:2"
                                                      << "save.tar"
                                                      << "app:2";
        QTest::newRow("a colon in the path") << "oci:%1/a:b:v1"
                                             << "a:b"
                                             << "v1";
        QTest::newRow("nothing there") << "oci:%1/none:v1"
                                       << "-"
                                       << "";
        QTest::newRow("no path at all") << "hello-world:latest"
                                        << "-"
                                        << "";
    }

    void reference_asSkopeoWritesIt_findsPathAndName() {
        QFETCH(QString, text);
        QFETCH(QString, found);
        QFETCH(QString, name);
        QDir(m_folder->path()).mkpath("oci");
        QDir(m_folder->path()).mkpath("a:b");
        writeFile(*m_folder, "save.tar", "tar");
        const auto reference = findImage(text.contains(u'%') ? text.arg(m_folder->path()) : text);
        QCOMPARE(reference.has_value(), found != u"-");
        if (reference) {
            QCOMPARE(reference->path, path(found));
            QCOMPARE(reference->name, name);
        }
    }

    void severalTags_withoutAChoice_areListed() {
        const Layout layout(path("oci"));
        layout.finish({Layout::named(layout.image({.content = "one"}), u"v1"_s),
                       Layout::named(layout.image({.content = "two"}), u"v2"_s)});
        const QByteArray told = programOf(layout.folder());
        QVERIFY2(told.contains("v1") && told.contains("v2") && told.contains("PATH:TAG"), told);
        QCOMPARE(programOf(layout.folder() + u":v2"_s), QByteArray("two"));
        QCOMPARE(programOf(u"oci:"_s + layout.folder() + u":v1"_s), QByteArray("one"));
        const QByteArray unknown = programOf(layout.folder() + u":v3"_s);
        QVERIFY2(unknown.contains("no image 'v3'") && unknown.contains("v1, v2"), unknown);
    }

    void oneImageWithTwoTags_isOneImage() {
        const Layout layout(path("oci"));
        const QJsonObject image = layout.image({});
        layout.finish({Layout::named(image, u"v1"_s), Layout::named(image, u"latest"_s)});
        QCOMPARE(programOf(layout.folder()), QByteArray("program"));
        QCOMPARE(programOf(layout.folder() + u":latest"_s), QByteArray("program"));
    }

    void platform_isCheckedByItsConfiguration_data() {
        QTest::addColumn<QString>("os");
        QTest::addColumn<QString>("architecture");
        QTest::addColumn<QString>("asked");
        QTest::addColumn<QByteArray>("result");
        QTest::newRow("arm64 for x86_64") << "linux"
                                          << "arm64"
                                          << "amd64" << QByteArray("linux/arm64");
        QTest::newRow("arm64 for aarch64") << "linux"
                                           << "arm64"
                                           << "arm64" << QByteArray("program");
        QTest::newRow("amd64 for aarch64") << "linux"
                                           << "amd64"
                                           << "arm64" << QByteArray("linux/amd64");
        QTest::newRow("Windows") << "windows"
                                 << "amd64"
                                 << "amd64" << QByteArray("windows/amd64");
        QTest::newRow("arm64 for any") << "linux"
                                       << "arm64"
                                       << "" << QByteArray("program");
        QTest::newRow("s390x for any") << "linux"
                                       << "s390x"
                                       << "" << QByteArray("linux/s390x");
    }

    void platform_isCheckedByItsConfiguration() {
        QFETCH(QString, os);
        QFETCH(QString, architecture);
        QFETCH(QString, asked);
        QFETCH(QByteArray, result);
        const Layout layout(path("oci"));
        layout.finish({layout.image({.os = os, .architecture = architecture})});
        const QByteArray told = programOf(layout.folder(), asked);
        QVERIFY2(told.contains(result), told);
        // The same by docker save.
        const QByteArray layer = tarOf({{.name = "bin/app", .content = "program"}});
        const QByteArray config =
            jsonOf({{"os", os}, {"architecture", architecture}, {"config", QJsonObject()}});
        writeFile(*m_folder, "save.tar",
                  tarOf({{.name = "manifest.json",
                          .content = R"([{"Config":"c.json","RepoTags":["app:1"],"Layers":["l.tar"]}])"},
                         {.name = "c.json", .content = config},
                         {.name = "l.tar", .content = layer}}));
        const QByteArray saved = programOf(path("save.tar"), asked);
        QVERIFY2(saved.contains(result), saved);
    }

    void artifactsAndHigherVariants_areNotTaken() {
        const Layout layout(path("oci"));
        const QJsonObject signature = layout.image(
            {.content = "signature", .layerKind = u"application/vnd.dev.cosign.simplesigning.v1+json"_s});
        const QJsonObject other =
            layout.image({.content = "chart", .configKind = u"application/vnd.cncf.helm.config.v1+json"_s});
        QJsonObject attestation = layout.image({.os = u"unknown"_s, .architecture = u"unknown"_s});
        attestation["platform"] = QJsonObject{{"os", "unknown"}, {"architecture", "unknown"}};
        const QJsonObject index = layout.index(
            {layout.image({.variant = u"v3"_s, .content = "v3"}), attestation,
             layout.image({.content = "v1"}), layout.image({.architecture = u"arm64"_s, .content = "arm"})});
        layout.finish({signature, other, Layout::named(index, u"app"_s)});
        QCOMPARE(programOf(layout.folder()), QByteArray("v1"));
        QCOMPARE(programOf(layout.folder(), u"arm64"_s), QByteArray("arm"));
        QCOMPARE(programOf(layout.folder(), QString()), QByteArray("v1"));
    }

    void onlyArtifacts_areNoImage() {
        const Layout layout(path("oci"));
        layout.finish({layout.image({.configKind = u"application/vnd.cncf.helm.config.v1+json"_s})});
        const QByteArray told = programOf(layout.folder());
        QVERIFY2(told.contains("no container image"), told);
    }

    void indexThatIsNoJson_isSaidToBeDamaged() {
        const Layout layout(path("oci"));
        layout.finish({layout.image({})});
        QFile index(layout.folder() + u"/index.json"_s);
        QVERIFY(index.open(QIODevice::ReadWrite));
        const QByteArray cut = index.readAll().chopped(1);
        for (const QByteArray &text : {cut, QByteArray("[]"), QByteArray()}) {
            QVERIFY(index.resize(0) && index.seek(0) && index.write(text) == text.size() && index.flush());
            const QByteArray told = programOf(layout.folder());
            QVERIFY2(told.contains("'index.json' is not a JSON object"), told);
        }
    }

    void otherPlatformsWithoutTheirParts_doNotMatter() {
        const Layout layout(path("oci"));
        QJsonObject absent{{"digest", "sha256:" + QString(64, u'0')}, {"size", 5}};
        absent["platform"] = QJsonObject{{"os", "linux"}, {"architecture", "arm64"}};
        layout.finish({layout.index({absent, layout.image({})})});
        QCOMPARE(programOf(layout.folder()), QByteArray("program"));
        const QByteArray told = programOf(layout.folder(), u"arm64"_s);
        QVERIFY2(told.contains("no part"), told);
    }

    void savedImages_areChosenByTheirName_data() {
        QTest::addColumn<QString>("asked");
        QTest::addColumn<QByteArray>("result");
        QTest::newRow("name and tag") << ":app:2" << QByteArray("two");
        QTest::newRow("with the registry") << ":docker.io/library/app:2" << QByteArray("two");
        QTest::newRow("number") << ":@0" << QByteArray("one");
        QTest::newRow("nothing") << "" << QByteArray("app:1, app:2");
        QTest::newRow("another") << ":app:3" << QByteArray("no image 'app:3'");
    }

    void savedImages_areChosenByTheirName() {
        QFETCH(QString, asked);
        QFETCH(QByteArray, result);
        writeFile(*m_folder, "save.tar",
                  tarOf({{.name = "manifest.json",
                          .content = R"([{"Config":"c","RepoTags":["app:1"],"Layers":["one"]},)"
                                     R"({"Config":"c","RepoTags":["app:2"],"Layers":["two"]}])"},
                         {.name = "c", .content = R"({"os":"linux","architecture":"amd64","config":{}})"},
                         {.name = "one", .content = tarOf({{.name = "a", .content = "one"}})},
                         {.name = "two", .content = tarOf({{.name = "a", .content = "two"}})}}));
        const QByteArray told = programOf(u"docker-archive:"_s + path("save.tar") + asked);
        QVERIFY2(told.contains(result), told);
    }

    void diffId_thatIsWrong_isRefused() {
        const Layout layout(path("oci"));
        layout.finish({layout.image({.diffId = u"sha256:"_s + QString(64, u'a')})});
        const QByteArray told = programOf(layout.folder());
        QVERIFY2(told.contains("diff_id"), told);
    }

    void linksOutOfTheFolder_areNotFollowed() {
        const Layout outside(path("outside")), layout(path("oci"));
        const QJsonObject image = layout.image({});
        layout.finish({image});
        const QByteArray packed = gzipped(tarOf({{.name = "bin/app", .content = "program"}}));
        const QString name = u"blobs/sha256/"_s + digestOf(packed).section(u':', 1);
        QVERIFY(QFile::rename(layout.folder() + u'/' + name, outside.folder() + u"/layer"_s));
        QVERIFY(QFile::link(outside.folder() + u"/layer"_s, layout.folder() + u'/' + name));
        const QByteArray told = programOf(layout.folder());
        QVERIFY2(told.contains("no part"), told);
        // A link that stays inside is as good as the file.
        QVERIFY(QFile::remove(layout.folder() + u'/' + name));
        layout.write(u"inside"_s, packed);
        QVERIFY(QFile::link(layout.folder() + u"/inside"_s, layout.folder() + u'/' + name));
        QCOMPARE(programOf(layout.folder()), QByteArray("program"));
    }

    void whiteoutBehindALink_leavesTheFolder() {
        const QByteArray lower = tarOf({{.name = "link", .kind = '2', .target = "data"},
                                        {.name = "data/file", .content = "x"},
                                        {.name = "data/other", .content = "x"}}),
                         upper = tarOf({{.name = "link/.wh.file"}, {.name = "link/.wh.other"}}),
                         cleared = tarOf({{.name = "link/.wh..wh..opq"}});
        for (const QByteArray &second : {upper, cleared}) {
            writeFile(*m_folder, "save.tar",
                      tarOf({{.name = "manifest.json", .content = R"([{"Config":"c","Layers":["1","2"]}])"},
                             {.name = "c", .content = R"({"os":"linux","architecture":"amd64","config":{}})"},
                             {.name = "1", .content = lower},
                             {.name = "2", .content = second}}));
            const auto image = open(path("save.tar"));
            QVERIFY2(image.has_value(), image ? "" : qPrintable(image.error().text()));
            const auto tree = image->tree();
            QVERIFY(tree.has_value());
            QVERIFY(tree->files().contains("data"));
            QVERIFY(tree->files().contains("link"));
            QVERIFY(!tree->files().contains("data/file"));
            QVERIFY(!tree->files().contains("data/other"));
        }
    }

    void identity_isAsNitroCliHasIt_data() {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("imageName");
        QTest::newRow("a tag only") << "v1"
                                    << "my-app";
        QTest::newRow("name and tag") << "team/app:2"
                                      << "team/app";
        QTest::newRow("Docker's registry") << "docker.io/library/app:2"
                                           << "app";
        QTest::newRow("a registry with a port") << "localhost:5000/app:2"
                                                << "localhost:5000/app";
        QTest::newRow("nothing") << ""
                                 << "my-app";
    }

    void identity_isAsNitroCliHasIt() {
        QFETCH(QString, name);
        QFETCH(QString, imageName);
        const Layout layout(path("my-app"));
        const QJsonObject image = layout.image({});
        layout.finish({name.isEmpty() ? image : Layout::named(image, name)});
        EnclaveRecipe recipe{.containerImage = {layout.folder()},
                             .kernelPath = QFile::decodeName(writeFile(*m_folder, "kernel", makeBzImage())),
                             .commandLine = u"console=ttyS0"_s,
                             .initPath = QFile::decodeName(writeFile(*m_folder, "init-program", "init"))};
        const auto built = buildEnclave(recipe, path("out.eif"));
        QVERIFY2(built.has_value(), built ? "" : qPrintable(built.error().text()));
        const QJsonObject metadata = EifDocument::open(path("out.eif"))->metadata();
        QCOMPARE(metadata["ImageName"].toString(), imageName);
        const QString version = metadata["ImageVersion"].toString();
        QCOMPARE(version.size(), 64);
        QCOMPARE(metadata["DockerInfo"]["Id"].toString(), u"sha256:"_s + version);
    }

    void emptyCmd_doesNotFallBackOnEntrypoint() {
        const Layout layout(path("oci"));
        layout.finish(
            {layout.image({.config = {{"Cmd", QJsonArray()}, {"Entrypoint", QJsonArray{"/bin/app"}}}})});
        EnclaveRecipe recipe{.containerImage = {layout.folder()},
                             .kernelPath = QFile::decodeName(writeFile(*m_folder, "kernel", makeBzImage())),
                             .commandLine = u"console=ttyS0"_s,
                             .initPath = QFile::decodeName(writeFile(*m_folder, "init-program", "init"))};
        const auto built = buildEnclave(recipe, path("out.eif"));
        QVERIFY2(built.has_value(), built ? "" : qPrintable(built.error().text()));
        QCOMPARE(built->findings.size(), size_t{1});
        QCOMPARE(built->findings[0].rule, u"docker-command-empty"_s);
        const auto document = EifDocument::open(path("out.eif"));
        const auto ramdisks = readRamdisks(document->source(), document->image());
        const BootFiles files(*ramdisks);
        QCOMPARE(files.content(*files.find("cmd"), 100), QByteArray());
    }

    void architecture_unasked_isThatOfTheImage_data() {
        QTest::addColumn<QString>("architecture");
        QTest::addColumn<QByteArray>("kernel");
        QTest::addColumn<int>("flags");
        QTest::newRow("arm64") << "arm64" << makeArmImage() << int(eif::flagArm64);
        QTest::newRow("amd64") << "amd64" << makeBzImage() << 0;
    }

    void architecture_unasked_isThatOfTheImage() {
        QFETCH(QString, architecture);
        QFETCH(QByteArray, kernel);
        QFETCH(int, flags);
        const Layout layout(path("oci"));
        layout.finish({layout.image({.architecture = architecture})});
        const EnclaveRecipe recipe{.containerImage = {layout.folder()},
                                   .kernelPath = QFile::decodeName(writeFile(*m_folder, "kernel", kernel)),
                                   .initPath =
                                       QFile::decodeName(writeFile(*m_folder, "init-program", "init")),
                                   .architecture = std::nullopt};
        const auto built = buildEnclave(recipe, path("out.eif"));
        QVERIFY2(built.has_value(), built ? "" : qPrintable(built.error().text()));
        const auto document = EifDocument::open(path("out.eif"));
        QCOMPARE(int(document->image().header.flags), flags);
        // The command line of that architecture's images as well.
        QCOMPARE(document->commandLine().contains(u"i8042"_s), flags == 0);
        QVERIFY(document->commandLine().startsWith(u"reboot=k panic=30 "_s));
    }

    void kernelOfAnotherArchitecture_isRefused() {
        EifRecipe recipe;
        recipe.kernelPath = QFile::decodeName(writeFile(*m_folder, "kernel", makeArmImage()));
        recipe.commandLine = u"console=ttyS0"_s;
        recipe.ramdiskPaths = {QFile::decodeName(writeFile(*m_folder, "ramdisk", cpioArchive({})))};
        const auto built = buildEif(recipe, path("out.eif"));
        QVERIFY(!built.has_value());
        QVERIFY2(built.error().message.contains("for aarch64"), qPrintable(built.error().message));
        QVERIFY(!QFile::exists(path("out.eif")));
    }
};

QTEST_GUILESS_MAIN(ContainerImageTest)
#include "tst_container_image.moc"
