// SPDX-License-Identifier: GPL-2.0-or-later
//
// What `eif` verbs do with files that are no EIF or not a whole one, with files that have several names, and with what
// they had to leave out: never a success.
#include "command.hpp"
#include "tests/support/kernels/arm_image_maker.hpp"
#include "tests/unit/formats/cpio_maker.hpp"
#include "tests/unit/launch/eif_maker.hpp"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <sys/stat.h>

using namespace nitroscope::tests;
using namespace nitroscope::test;
using namespace Qt::Literals::StringLiterals;

namespace {

QByteArray contentOf(const QString &path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray("unreadable");
}

QJsonObject objectOf(const QByteArray &json) {
    return QJsonDocument::fromJson(json).object();
}

// A file with two names; `contentAt` says which of them brings the content.
QList<CpioFile> twoNames(int contentAt) {
    QList<CpioFile> files = {{.path = "bin", .mode = 040755}};
    for (int i = 0; i < 2; ++i)
        files << CpioFile{.path = i == 0 ? "bin/first" : "bin/second",
                          .content = i == contentAt ? QByteArray("the content") : QByteArray(),
                          .mode = 0100755,
                          .inode = 7,
                          .links = 2};
    return files;
}

} // namespace

class TestEifInputs : public QObject {
    Q_OBJECT
    QTemporaryDir m_folder;

    QString path(const QString &name) const { return m_folder.filePath(name); }
    QString write(const char *name, const QByteArray &bytes) const {
        return QFile::decodeName(writeFile(m_folder, name, bytes));
    }
    static QByteArray imageBytes(const QByteArray &ramdisk) {
        TestSections sections = usualSections();
        sections[1].data = "reboot=k panic=30 console=ttyS0";
        sections.resize(3);
        sections.append({ramdiskKind, ramdisk});
        return makeEif(sections);
    }
    QString image(const char *name, const QByteArray &ramdisk) const {
        return write(name, imageBytes(ramdisk));
    }

private slots:
    void initTestCase() {
        qputenv("XDG_RUNTIME_DIR", m_folder.path().toLocal8Bit());
        qputenv("SOURCE_DATE_EPOCH", "1700000000");
    }

    void noEif_isAnErrorOfEachVerb_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<bool>("hasOffset");
        const QByteArray whole = imageBytes(cpioArchive({{.path = "a", .content = "b"}}));
        QTest::newRow("a pointer of Git LFS")
            << QByteArray("version https://git-lfs.github.com/spec/v1\noid sha256:") + QByteArray(64, 'a') +
                   "\nsize 20971520\n"
            << true;
        QTest::newRow("a kernel") << makeBzImage() << true;
        QTest::newRow("lines of text")
            << QByteArray("root:x:0:0:root:/root:/bin/bash\n").repeated(40) << true;
        QTest::newRow("nothing") << QByteArray() << false;
        QTest::newRow("cut in the kernel") << whole.first(2000) << true;
        QTest::newRow("cut in the ramdisk") << whole.chopped(20) << true;
        QTest::newRow("cut in the header") << whole.first(300) << true;
    }

    void noEif_isAnErrorOfEachVerb() {
        QFETCH(QByteArray, bytes);
        QFETCH(bool, hasOffset);
        const QString file = write("bad", bytes), good = image("good", cpioArchive({{.path = "a"}}));
        const QString target = path(u"extracted "_s + QLatin1String(QTest::currentDataTag()));
        const QList<std::pair<QStringList, int>> verbs = {{{"ls", file}, 1},
                                                          {{"ls", file, "--json"}, 1},
                                                          {{"extract", file, "-o", target}, 1},
                                                          {{"diff", file, good}, 2},
                                                          {{"diff", good, file}, 2}};
        for (const auto &[arguments, code] : verbs) {
            const auto result = runCommand(QStringList{"eif"} + arguments);
            QVERIFY2(result.exitCode == code, qPrintable(arguments.join(' ') + ": " + result.error));
            QVERIFY2(result.error.contains(file.toUtf8()), result.error);
            QVERIFY2(!hasOffset || result.error.contains("(at byte "), result.error);
            QVERIFY2(!result.output.contains("\"Complete\": true"), result.output);
        }
        QVERIFY(runCommand({"eif", "lint", file}).exitCode != 0);
    }

    void hardLink_askedAlone_hasItsContent_data() {
        QTest::addColumn<int>("contentAt");
        QTest::addColumn<QString>("asked");
        for (const int contentAt : {0, 1})
            for (const char *asked : {"first", "second"})
                QTest::addRow("content with name %d, asked for the %s", contentAt, asked)
                    << contentAt << u"bin/"_s + QLatin1String(asked);
    }

    void hardLink_askedAlone_hasItsContent() {
        QFETCH(int, contentAt);
        QFETCH(QString, asked);
        const QString file = image("links.eif", cpioArchive(twoNames(contentAt)));
        const QTemporaryDir folder;
        const auto result = runCommand({"eif", "extract", file, asked, "-o", folder.path(), "--json"});
        QVERIFY2(result.exitCode == 0, result.error);
        QCOMPARE(contentOf(folder.filePath("ramdisk0/" + asked)), QByteArray("the content"));
        const QString other = asked == "bin/first" ? u"bin/second"_s : u"bin/first"_s;
        QVERIFY(!QFile::exists(folder.filePath("ramdisk0/" + other)));
        QCOMPARE(objectOf(result.output)["Files"].toInt(), 1);
        for (const QJsonValue entry :
             objectOf(runCommand({"eif", "ls", file, "--json"}).output)["Files"].toArray())
            if (entry["Path"].toString() != u"bin")
                QCOMPARE(entry["Size"].toInt(), 11);
    }

    void hardLink_diff_looksAtTheContentOfTheName() {
        QList<CpioFile> changed = twoNames(1);
        changed[2].content = "another one";
        const QString a = image("a.eif", cpioArchive(twoNames(1))),
                      b = image("b.eif", cpioArchive(twoNames(0))), c = image("c.eif", cpioArchive(changed));
        const auto differences = [](const QString &before, const QString &after) {
            QStringList found;
            const auto json = objectOf(runCommand({"eif", "diff", before, after, "--json"}).output);
            for (const QJsonValue difference : json["Differences"].toArray())
                found << difference["Where"].toString() + u": "_s + difference["What"].toString();
            return found;
        };
        QCOMPARE(differences(a, b), QStringList{"ramdisk 0: encoding of the archive"});
        QCOMPARE(differences(a, c),
                 QStringList({"ramdisk 0: bin/first: content", "ramdisk 0: bin/second: content"}));
    }

    void diff_whatNoPcrCovers_isADifferenceToo_data() {
        QTest::addColumn<QByteArray>("changed");
        QTest::addColumn<QString>("what");
        const QByteArray whole = imageBytes(cpioArchive({{.path = "a"}}));
        QByteArray crc = whole, table = whole;
        crc[0x220] = static_cast<char>(crc[0x220] ^ 1);
        table[0x1c + 8 * 20 + 7] = 5;
        QTest::newRow("the CRC") << crc << "CRC32";
        QTest::newRow("trailing bytes") << whole + "trailing"
                                        << "bytes outside of the sections";
        QTest::newRow("an unused entry of the table") << table << "unused table entry 20, offset";
    }

    void diff_whatNoPcrCovers_isADifferenceToo() {
        QFETCH(QByteArray, changed);
        QFETCH(QString, what);
        const QString a = image("whole.eif", cpioArchive({{.path = "a"}})), b = write("changed.eif", changed);
        const auto result = runCommand({"eif", "diff", a, b});
        QCOMPARE(result.exitCode, 1);
        QVERIFY2(result.output.contains(what.toUtf8()), result.output);
        QVERIFY2(result.output.contains("not measured"), result.output);
    }

    void diff_commandLinesOfTheSameText_areNotTheSame() {
        TestSections sections = usualSections();
        sections[1].data = "console=ttyS0 x=\xff";
        const QString a = write("ff.eif", makeEif(sections));
        sections[1].data = "console=ttyS0 x=\xfe";
        const QString b = write("fe.eif", makeEif(sections));
        const auto result = runCommand({"eif", "diff", a, b, "--json"});
        QCOMPARE(result.exitCode, 1);
        const QJsonArray differences = objectOf(result.output)["Differences"].toArray();
        QVERIFY2(std::any_of(differences.begin(), differences.end(),
                             [](const QJsonValue &one) { return one["Where"].toString() == u"cmdline"; }),
                 result.output);
    }

    void diff_missingSection_isADifference() {
        TestSections sections = usualSections();
        const QString a = write("with.eif", makeEif(sections));
        sections.removeAt(1);
        const QString b = write("without.eif", makeEif(sections));
        QCOMPARE(runCommand({"eif", "diff", a, b}).exitCode, 1);
    }

    void limit_endsNeitherLintNorExtractWithSuccess() {
        QList<CpioFile> files = {{.path = "init", .content = "#!/init\n", .mode = 0100755}};
        for (int i = 0; i < 20; ++i)
            files << CpioFile{.path = QByteArray::number(i)};
        const QString file = image("many.eif", cpioArchive(files));
        const auto lint = runCommand({"eif", "lint", file, "--max-entries", "5", "--json"});
        QVERIFY2(lint.exitCode != 0, lint.output);
        QCOMPARE(objectOf(lint.output)["Complete"].toBool(), false);
        QCOMPARE(objectOf(runCommand({"eif", "lint", file, "--json"}).output)["Complete"].toBool(), true);
        QCOMPARE(runCommand({"eif", "extract", file, "-o", path("few"), "--max-entries", "5"}).exitCode, 1);
    }

    void extract_damagedArchive_isNoSuccess() {
        const QString file = image("damaged.eif", cpioArchive({{.path = "one", .content = "1"}}).first(130) +
                                                      QByteArray("garbage instead of an archive"));
        const auto result = runCommand({"eif", "extract", file, "-o", path("damaged"), "--json"});
        QCOMPARE(result.exitCode, 1);
        QVERIFY(objectOf(result.output)["LostCount"].toInt() > 0);
    }

    void extract_pathThatIsNowhere_leavesNoFolder() {
        const QString eif = image("nowhere.eif", cpioArchive({{.path = "init"}}));
        const auto refused = runCommand({"eif", "extract", eif, "-o", path("nowhere"), "nothing/here"});
        QCOMPARE(refused.exitCode, 1);
        QVERIFY2(refused.error.contains("nothing/here"), refused.error);
        QVERIFY(!QFileInfo::exists(path("nowhere")));
        QVERIFY(QDir().mkdir(path("own"))); // the user's stays
        QCOMPARE(runCommand({"eif", "extract", eif, "-o", path("own"), "nothing/here"}).exitCode, 1);
        QVERIFY(QFileInfo::exists(path("own")));
    }

    void extract_readOnlyFile_staysReadOnly() {
        QList<CpioFile> files = twoNames(1);
        files << CpioFile{.path = "key", .content = "k", .mode = 0100444};
        for (CpioFile &file : files)
            if (file.links == 2)
                file.mode = 0100555;
        const QString file = image("modes.eif", cpioArchive(files));
        QCOMPARE(runCommand({"eif", "extract", file, "-o", path("modes")}).exitCode, 0);
        for (const auto &[name, mode] : {std::pair("key", 0444), {"bin/first", 0555}}) {
            struct stat status {};
            QCOMPARE(::stat(qPrintable(path("modes/ramdisk0/"_L1 + QLatin1String(name))), &status), 0);
            QCOMPARE(static_cast<int>(status.st_mode & 0777u), mode);
        }
        QCOMPARE(contentOf(path("modes/ramdisk0/bin/first")), QByteArray("the content"));
    }

    void pcr_fifoOrEndlessDevice_isRefusedAtOnce() {
        QCOMPARE(::mkfifo(qPrintable(path("fifo")), 0600), 0);
        for (const char *option : {"--input", "--signing-certificate"})
            for (const QString &file : {path("fifo"), u"/dev/zero"_s}) {
                const auto result = runCommand({"pcr", QLatin1String(option), file});
                QCOMPARE(result.exitCode, 19);
                QVERIFY2(result.error.contains("not a regular file"), result.error);
            }
        QCOMPARE(runCommand({"eif", "lint", path("fifo")}).exitCode, 2);
    }

    void runEnclave_oneCpuTwice_isRefusedAttachedToo() {
        const QString eif = image("cpus.eif", cpioArchive({{.path = "init"}}));
        const QString config =
            write("cpus.json", "{\"eif_path\":\"" + eif.toUtf8() +
                                   "\",\"cpu_ids\":[1,1],\"memory_mib\":128,\"attach_console\":true}");
        const auto result = runCommand({"run-enclave", "--config", config});
        QCOMPARE(result.exitCode, 1);
        QVERIFY2(result.error.contains("CPU 1 was asked for twice"), result.error);
    }

    void metadata_thatNitroCliDoesNotRead_isItsErrorAndAFinding_data() {
        QTest::addColumn<QByteArray>("metadata");
        QTest::addColumn<int>("code"); // 0: it is read
        const QByteArray build = R"("BuildMetadata":{"BuildTime":"t","BuildTool":"b","BuildToolVersion":"1",)"
                                 R"("OperatingSystem":"Linux","KernelVersion":"6"})",
                         names = R"("ImageName":"a","ImageVersion":"1")", docker = R"("DockerInfo":null)",
                         custom = R"("CustomMetadata":null)";
        const auto row = [](const char *name, const QByteArrayList &fields, int code) {
            QTest::newRow(name) << '{' + fields.join(',') + '}' << code;
        };
        row("whole", {names, build, docker, custom}, 0);
        row("in another order", {custom, docker, build, names}, 0);
        row("with more fields", {names, build, docker, custom, R"("More":1)"}, 0);
        row("custom object", {names, build, docker, R"("CustomMetadata":{"a":[1]})"}, 0);
        row("no ImageName", {R"("ImageVersion":"1")", build, docker, custom}, 35);
        row("number as ImageVersion", {R"("ImageName":"a","ImageVersion":1)", build, docker, custom}, 35);
        row("no BuildMetadata", {names, docker, custom}, 35);
        row("no BuildTime", {names, QByteArray(build).replace("BuildTime", "Other"), docker, custom}, 35);
        row("no DockerInfo", {names, build, custom}, 35);
        row("no CustomMetadata", {names, build, docker}, 35);
        row("custom array", {names, build, docker, R"("CustomMetadata":[1])"}, 17);
        row("custom text", {names, build, docker, R"("CustomMetadata":"a")"}, 17);
        row("custom number", {names, build, docker, R"("CustomMetadata":1)"}, 17);
        row("nested too deep",
            {names, build, docker,
             R"("CustomMetadata":{"a":)" + QByteArray(200, '[') + QByteArray(200, ']') + '}'},
            35);
        const QByteArray whole = '{' + QByteArrayList{names, build, docker, custom}.join(',') + '}';
        QTest::newRow("byte order mark") << "\xef\xbb\xbf" + whole << 35;
        QTest::newRow("text behind it") << whole + "x" << 35;
        QTest::newRow("a line break behind it") << whole + "\n" << 0;
        QTest::newRow("a zero byte behind it") << whole + '\0' << 35;
        QTest::newRow("an array") << QByteArray("[]") << 35;
        QTest::newRow("half of it") << whole.first(30) << 35;
    }

    void metadata_thatNitroCliDoesNotRead_isItsErrorAndAFinding() {
        QFETCH(QByteArray, metadata);
        QFETCH(int, code);
        TestSections sections = usualSections();
        sections[2].data = metadata;
        const QString file = write("metadata.eif", makeEif(sections));
        const auto described = runCommand({"describe-eif", "--eif-path", file});
        QVERIFY2(described.exitCode == code, described.error);
        QVERIFY2(code == 0 || described.error.contains("[ E" + QByteArray::number(code) + " ]"),
                 described.error);
        QCOMPARE(runCommand({"eif", "lint", file}).output.contains("[metadata-unreadable]"), code != 0);
    }

    void lint_versionsAndFlags_areToldAsTheyAre_data() {
        QTest::addColumn<int>("version");
        QTest::addColumn<int>("flags");
        QTest::addColumn<QByteArray>("told");
        QTest::addColumn<QByteArray>("untold");
        QTest::newRow("reserved flags")
            << 4 << 4 << QByteArray("has reserved flags") << QByteArray("is version 4");
        QTest::newRow("version 5") << 5 << 0 << QByteArray("EC2 does not take it")
                                   << QByteArray("EC2 takes it");
        QTest::newRow("version 3") << 3 << 0 << QByteArray("EC2 takes it") << QByteArray("reserved flags");
        QTest::newRow("aarch64") << 4 << 1 << QByteArray("on Graviton") << QByteArray("is version 4");
    }

    void lint_versionsAndFlags_areToldAsTheyAre() {
        QFETCH(int, version);
        QFETCH(int, flags);
        QFETCH(QByteArray, told);
        QFETCH(QByteArray, untold);
        const QString file =
            write("flags.eif", makeEif(usualSections(), {.version = static_cast<quint16>(version),
                                                         .flags = static_cast<quint16>(flags)}));
        const QByteArray output = runCommand({"eif", "lint", file}).output;
        QVERIFY2(output.contains(told) && !output.contains(untold), output);
        const QByteArray described = runCommand({"describe-eif", "--eif-path", file}).error;
        for (const int number : {0, 1, 3, 4, 5})
            QVERIFY2(!described.contains(u"Found %1 (0x%1), expected %1 (0x%1)"_s.arg(number).toUtf8()),
                     described);
    }

    void build_metadataNestedTooDeep_isRefused() {
        write("kernel", makeBzImage());
        write("ramdisk", cpioArchive({{.path = "init"}}));
        const auto build = [&](int depth) {
            write("custom.json", "{\"a\":" + QByteArray(depth, '[') + QByteArray(depth, ']') + '}');
            return runCommand({"build-enclave", "--kernel", path("kernel"), "--cmdline", "console=ttyS0",
                               "--ramdisk", path("ramdisk"), "--metadata", path("custom.json"),
                               "--output-file", path("deep.eif")});
        };
        QCOMPARE(build(200).exitCode, 48);
        QCOMPARE(build(100).exitCode, 0);
        QCOMPARE(runCommand({"describe-eif", "--eif-path", path("deep.eif")}).exitCode, 0);
    }

    void build_imageForArm_isNeverMadeForAnotherProcessor() {
        if (QStandardPaths::findExecutable("tar").isEmpty())
            QSKIP("tar is not installed");
        QVERIFY(QDir(m_folder.path()).mkpath("arm"));
        write("arm/manifest.json", R"([{"Config":"c.json","RepoTags":["app:1"],"Layers":["l.tar"]}])");
        write("arm/c.json", R"({"os":"linux","architecture":"arm64","config":{"Cmd":["/c.json"]}})");
        write("arm/l.tar", runTool("tar", {"-cf", "-", "-C", path("arm"), "c.json"}));
        write("Image", makeArmImage());
        write("init", "init");
        const auto build = [&](const QStringList &more) {
            return runCommand(QStringList{"build-enclave", "--image", path("arm"), "--init", path("init"),
                                          "--output-file", path("arm.eif")} +
                              more);
        };
        for (const QStringList &more : {QStringList{"--kernel", path("Image"), "--arch", "x86_64"}, {}}) {
            const auto refused = build(more);
            QCOMPARE(refused.exitCode, 48);
            QVERIFY2(refused.error.contains("for linux/arm64"), refused.error);
            QVERIFY(!QFile::exists(path("arm.eif")));
        }
        for (const QStringList &more : {QStringList{}, {"--arch", "aarch64"}}) {
            const auto built = build(QStringList{"--kernel", path("Image")} + more);
            QVERIFY2(built.exitCode == 0, built.error);
            QCOMPARE(contentOf(path("arm.eif")).sliced(6, 2), QByteArray("\0\1", 2)); // flags
        }
    }

    void describe_issuerWithAKeyTwice_hasTheLast() {
        if (runTool("openssl", {"version"}).isEmpty())
            QSKIP("openssl is not installed");
        runTool("openssl", {"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp384r1",
                            "-nodes", "-keyout", path("key.pem"), "-out", path("certificate.pem"), "-subj",
                            "/DC=com/DC=example/CN=signer"});
        const QString eif = image("issuer.eif", cpioArchive({{.path = "init"}}));
        QCOMPARE(runCommand({"sign-eif", "--eif-path", eif, "--signing-certificate", path("certificate.pem"),
                             "--private-key", path("key.pem")})
                     .exitCode,
                 0);
        const QByteArray output = runCommand({"describe-eif", "--eif-path", eif}).output;
        QCOMPARE(output.count("\"domainComponent\""), 1);
        QCOMPARE(objectOf(output)["SigningCertificate"]
                     .toObject()["IssuerName"]
                     .toObject()["domainComponent"]
                     .toString(),
                 u"example"_s);
    }
};

QTEST_GUILESS_MAIN(TestEifInputs)
#include "tst_eif_inputs.moc"
