// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a container image's layers and configuration become in an enclave image, where they are odd: variables given twice, words
// that are no texts, mount points that are no folders, what AUFS has left, names that no kernel takes, digests.

#include "app/formats/builder/enclave_builder.hpp"
#include "app/formats/ramdisk/ramdisk.hpp"
#include "tests/unit/formats/layout_maker.hpp"
#include "tests/unit/launch/eif_maker.hpp"

#include <algorithm>
#include <QTemporaryDir>
#include <QTest>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

using namespace nitroscope;
using namespace nitroscope::formats;
using namespace nitroscope::test;
using namespace Qt::Literals::StringLiterals;

class ImageSettingsTest : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;
    std::optional<EifDocument> m_document;
    std::vector<Ramdisk> m_ramdisks;
    QStringList m_rules;

    QString path(const QString &name) const { return m_folder->filePath(name); }
    EnclaveRecipe recipe(const QString &image) const {
        return {.containerImage = {image},
                .kernelPath = QFile::decodeName(writeFile(*m_folder, "kernel", makeBzImage())),
                .commandLine = u"console=ttyS0"_s,
                .initPath = QFile::decodeName(writeFile(*m_folder, "init-program", "init"))};
    }
    // As docker save writes it.
    QString saved(const QList<QByteArray> &layers,
                  const QJsonObject &config = {{"Cmd", QJsonArray{"/app"}}}) const {
        QList<TarFile> files;
        QJsonArray names;
        for (const QByteArray &layer : layers) {
            files.append({.name = QByteArray::number(files.size()), .content = layer});
            names.append(QString::fromLatin1(files.last().name));
        }
        const QJsonArray manifest{QJsonObject{{"Config", "c"}, {"Layers", names}}};
        files.append({.name = "manifest.json", .content = QJsonDocument(manifest).toJson()});
        files.append({.name = "c",
                      .content = jsonOf({{"os", "linux"}, {"architecture", "amd64"}, {"config", config}})});
        return QFile::decodeName(writeFile(*m_folder, "save.tar", tarOf(files)));
    }
    // The error's sentence, or nothing.
    QString build(const EnclaveRecipe &how) {
        const auto built = buildEnclave(how, path("out.eif"));
        if (!built)
            return built.error().text();
        m_rules.clear();
        for (const LintFinding &finding : built->findings)
            m_rules << finding.rule;
        m_document.emplace(*EifDocument::open(path("out.eif")));
        m_ramdisks = *readRamdisks(m_document->source(), m_document->image());
        return {};
    }
    QByteArray contentOf(const QByteArray &file) const {
        const BootFiles files(m_ramdisks);
        const auto place = files.resolve(file);
        return place ? files.content(*place, 100'000) : QByteArray("none");
    }

private slots:
    void init() {
        m_ramdisks.clear();
        m_document.reset();
        m_folder = std::make_unique<QTemporaryDir>();
    }

    // getenv(3) takes the first of a name.
    void variable_givenBesides_replacesTheImages() {
        EnclaveRecipe how =
            recipe(saved({tarOf({{.name = "app"}})},
                         {{"Cmd", QJsonArray{"/app"}}, {"Env", QJsonArray{"A=1", "AB=2", "C"}}}));
        how.environment = {u"A=x=y"_s, u"D="_s, u"D=4"_s, u"C=3"_s};
        QCOMPARE(build(how), QString());
        QCOMPARE(contentOf("env"), QByteArray("A=x=y\nAB=2\nC\nD=4\nC=3\n"));
    }

    void variable_withoutItsValue_isRefused_data() {
        QTest::addColumn<QString>("variable");
        QTest::newRow("a name alone") << "HOME";
        QTest::newRow("no name") << "=x";
        QTest::newRow("nothing") << "";
    }

    void variable_withoutItsValue_isRefused() {
        QFETCH(QString, variable);
        EnclaveRecipe how = recipe(saved({tarOf({{.name = "app"}})}));
        how.environment = {variable};
        const QString told = build(how);
        QVERIFY2(told.contains(u"NAME=VALUE"_s), qPrintable(told));
    }

    void words_thatAreNoTexts_areRefused_data() {
        QTest::addColumn<QJsonObject>("config");
        QTest::addColumn<QString>("named");
        QTest::newRow("CMD is a text") << QJsonObject{{"Cmd", "/app"}} << "CMD";
        QTest::newRow("CMD has a number") << QJsonObject{{"Cmd", QJsonArray{"/app", 5}}} << "CMD";
        QTest::newRow("ENTRYPOINT is an object")
            << QJsonObject{{"Entrypoint", QJsonObject()}, {"Cmd", QJsonArray{"/app"}}} << "ENTRYPOINT";
        QTest::newRow("ENV has null")
            << QJsonObject{{"Cmd", QJsonArray{"/app"}}, {"Env", QJsonArray{QJsonValue::Null}}} << "ENV";
    }

    void words_thatAreNoTexts_areRefused() {
        QFETCH(QJsonObject, config);
        QFETCH(QString, named);
        const QString told = build(recipe(saved({tarOf({{.name = "app"}})}, config)));
        QVERIFY2(told.contains(named + u" must be a list of texts"_s), qPrintable(told));
    }

    // As in nitro-cli's images, where their entries come behind the image's own.
    void mountPoint_thatIsNoFolder_becomesOne() {
        QCOMPARE(build(recipe(saved({tarOf({{.name = "app"},
                                            {.name = "tmp", .kind = '2', .target = "var/none"},
                                            {.name = "dev"},
                                            {.name = "data/run/x", .content = "x"},
                                            {.name = "run", .kind = '2', .target = "data/run"},
                                            {.name = "sys", .kind = '5'}})}))),
                 QString());
        const BootFiles files(m_ramdisks);
        for (const char *name : {"dev", "proc", "run", "sys", "tmp", "var"})
            QCOMPARE(files.resolvedPath(name, "rootfs"), QByteArray(name));
        QCOMPARE(contentOf("rootfs/data/run/x"), QByteArray("x"));
        QVERIFY(m_rules.contains(u"docker-mount-point"_s));
    }

    // As linuxkit has them, which nitro-cli starts.
    void dockersFiles_areAsInNitroClisImages() {
        QCOMPARE(build(recipe(saved({tarOf({{.name = "app"},
                                            {.name = ".dockerenv"},
                                            {.name = "Dockerfile"},
                                            {.name = "etc/hostname", .content = "build-host"},
                                            {.name = "etc/hosts", .content = "10.0.0.1 elsewhere"},
                                            {.name = "etc/kept", .content = "kept"}})}))),
                 QString());
        QVERIFY2(contentOf("rootfs/etc/hosts").startsWith("127.0.0.1 localhost\n"),
                 contentOf("rootfs/etc/hosts"));
        QVERIFY(contentOf("rootfs/etc/resolv.conf").startsWith('#'));
        QCOMPARE(contentOf("rootfs/etc/kept"), QByteArray("kept"));
        for (const char *name : {"rootfs/.dockerenv", "rootfs/Dockerfile", "rootfs/etc/hostname"})
            QCOMPARE(contentOf(name), QByteArray("none"));
        // Also where the image has no /etc; a folder of one's own is taken as it is.
        QCOMPARE(build(recipe(saved({tarOf({{.name = "app"}})}))), QString());
        QVERIFY(contentOf("rootfs/etc/hosts").contains("localhost"));
        QDir(m_folder->path()).mkpath("root");
        EnclaveRecipe how = recipe({});
        how.rootFolder = path("root");
        how.command = QStringList{u"/app"_s};
        QCOMPARE(build(how), QString());
        QCOMPARE(contentOf("rootfs/etc/hosts"), QByteArray("none"));
    }

    void aufsFiles_areNoPartOfTheImage() {
        QCOMPARE(
            build(recipe(saved({tarOf({{.name = ".wh..wh.plnk", .kind = '5'},
                                       {.name = ".wh..wh.plnk/12.34", .content = "linked"},
                                       {.name = ".wh..wh.aufs"},
                                       {.name = "app", .content = "program"},
                                       {.name = "one", .kind = '1', .target = ".wh..wh.plnk/12.34"},
                                       {.name = "two", .kind = '1', .target = "./.wh..wh.plnk/12.34"}})}))),
            QString());
        QCOMPARE(contentOf("rootfs/one"), QByteArray("linked"));
        QCOMPARE(contentOf("rootfs/two"), QByteArray("linked"));
        QCOMPARE(contentOf("rootfs/app"), QByteArray("program"));
        for (const RamdiskEntry &entry : m_ramdisks[1].entries)
            QVERIFY2(!entry.path.contains(".wh."), entry.path);
    }

    void name_thatNoKernelTakes_isRefused() {
        QDir(m_folder->path()).mkpath("root");
        RootTree tree;
        const auto add = [&tree](const QByteArray &name) { return tree.add(name, {.mode = S_IFREG | 0644}); };
        QVERIFY(add(QByteArray(255, 'x')));
        QVERIFY(!add(QByteArray(256, 'x')));
        QVERIFY(!add("x/" + QByteArray(256, 'x') + "/y"));
        // "rootfs/" before it and a zero behind it are 4096 bytes.
        const QByteArray longest = QByteArray("0123456/").repeated(511);
        QCOMPARE(longest.size(), 4088);
        QVERIFY(add(longest.chopped(1) + 'x'));
        QVERIFY(!add(longest + 'x'));
    }

    void digest_anyKnownAlgorithm_isChecked_data() {
        QTest::addColumn<QString>("digest");
        QTest::addColumn<QString>("told");
        const QByteArray layer = tarOf({{.name = "app", .content = "program"}});
        const auto sha512 = [](const QByteArray &bytes) {
            return u"sha512:"_s +
                   QString::fromLatin1(QCryptographicHash::hash(bytes, QCryptographicHash::Sha512).toHex());
        };
        QTest::newRow("sha512") << sha512(layer) << "";
        QTest::newRow("another content") << sha512("x") << "damaged";
        QTest::newRow("unknown") << u"blake3:"_s + QString(64, u'0') << "only sha256 and sha512 are known";
        QTest::newRow("capitals") << digestOf(layer).toUpper().replace(u"SHA256"_s, u"sha256"_s)
                                  << "lower-case hex";
        QTest::newRow("short") << "sha256:00"
                               << "is not a digest";
    }

    void digest_anyKnownAlgorithm_isChecked() {
        QFETCH(QString, digest);
        QFETCH(QString, told);
        const QByteArray layer = tarOf({{.name = "app", .content = "program"}});
        for (const bool isDiffId : {true, false}) {
            const Layout layout(path(isDiffId ? u"a"_s : u"b"_s));
            QJsonObject descriptor = layout.blob(layer);
            if (!isDiffId) {
                descriptor["digest"] = digest;
                QDir(layout.folder()).mkpath(u"blobs/"_s + digest.section(u':', 0, 0));
                layout.write(u"blobs/"_s + QString(digest).replace(u':', u'/'), layer);
            }
            const QJsonObject config{
                {"os", "linux"},
                {"architecture", "amd64"},
                {"config", QJsonObject{{"Cmd", QJsonArray{"/app"}}}},
                {"rootfs", QJsonObject{{"diff_ids", QJsonArray{isDiffId ? digest : digestOf(layer)}}}}};
            layout.finish({layout.blob(
                jsonOf({{"config", layout.blob(jsonOf(config))}, {"layers", QJsonArray{descriptor}}}))});
            const QString error = build(recipe(layout.folder()));
            QVERIFY2(told.isEmpty() ? error.isEmpty() : error.contains(told), qPrintable(error));
        }
    }

    void layer_ofAnotherSizeOrEncrypted_isRefused() {
        const Layout layout(path("oci"));
        const auto errorOf = [&](const char *key, const QJsonValue &value) {
            QJsonObject layer = layout.blob(tarOf({{.name = "app"}}));
            layer[QLatin1String(key)] = value;
            const QJsonObject config{{"os", "linux"}, {"architecture", "amd64"}};
            layout.finish({layout.blob(
                jsonOf({{"config", layout.blob(jsonOf(config))}, {"layers", QJsonArray{layer}}}))});
            return build(recipe(layout.folder()));
        };
        QVERIFY(errorOf("size", 5).contains(u"descriptor says 5"_s));
        QVERIFY(errorOf("mediaType", "application/vnd.oci.image.layer.v1.tar+gzip+encrypted")
                    .contains(u"is encrypted"_s));
    }

    void socket_ofAFolder_isLeftOutAndTold() {
        QDir(m_folder->path()).mkpath("root");
        sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
        const QByteArray name = QFile::encodeName(path("root/socket"));
        QVERIFY(size_t(name.size()) < sizeof address.sun_path);
        std::ranges::copy(name, address.sun_path);
        const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        QCOMPARE(::bind(descriptor, reinterpret_cast<const sockaddr *>(&address), sizeof address), 0);
        ::close(descriptor);
        EnclaveRecipe how = recipe({});
        how.rootFolder = path("root");
        how.command = QStringList{u"/app"_s};
        QCOMPARE(build(how), QString());
        QCOMPARE(m_rules, QStringList{u"rootfs-socket"_s});
        QVERIFY(!BootFiles(m_ramdisks).find("rootfs/socket"));
    }

    void init_thatIsADevice_isRefused() {
        EnclaveRecipe how = recipe(saved({tarOf({{.name = "app"}})}));
        how.initPath = u"/dev/zero"_s; // endless
        const QString told = build(how);
        QVERIFY2(told.contains(u"/dev/zero"_s), qPrintable(told));
    }
};

QTEST_GUILESS_MAIN(ImageSettingsTest)
#include "tst_image_settings.moc"
