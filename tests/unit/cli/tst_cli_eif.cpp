// SPDX-License-Identifier: GPL-2.0-or-later
//
// `eif ls|extract|diff|lint`, sign-eif and build-enclave as users call them, judged by programs that share
// nothing with us: cpio, bsdtar and diff for ramdisks, openssl for digests, keys, certificates and
// signatures, python3's zlib for the checksum, Qt's CBOR reader for the signature section.
#include "command.hpp"
#include "tests/unit/formats/cpio_maker.hpp"
#include "tests/unit/launch/eif_maker.hpp"
#include "tests/unit/support/samples.hpp"

#include <QCborArray>
#include <QCborMap>
#include <QCborValue>
#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <unistd.h>

using namespace nitroscope::tests;
using namespace nitroscope::test;
using namespace Qt::Literals::StringLiterals;

#define REQUIRE_PROGRAM(name)                                                                                \
    if (QStandardPaths::findExecutable(QStringLiteral(name)).isEmpty())                                      \
    QSKIP(name " is not installed")

namespace {

QByteArray contentOf(const QString &path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

QJsonObject objectOf(const QByteArray &json) {
    return QJsonDocument::fromJson(json).object();
}

QByteArray opensslDigest(const QByteArray &bytes) {
    return runTool("openssl", {"dgst", "-sha384", "-binary"}, bytes);
}

// The platform's rule with openssl's arithmetic.
QString pcrOf(const QByteArray &content) {
    return QString::fromLatin1(opensslDigest(QByteArray(48, '\0') + opensslDigest(content)).toHex());
}

QByteArray bytesOf(const QCborValue &array) {
    QByteArray bytes;
    for (const QCborValue &value : array.toArray())
        bytes += static_cast<char>(value.toInteger());
    return bytes;
}

QByteArray derNumber(QByteArray number) {
    while (number.size() > 1 && number[0] == '\0' && !(number[1] & 0x80))
        number.remove(0, 1);
    if (number[0] & 0x80)
        number.prepend('\0');
    return '\x02' + QByteArray(1, char(number.size())) + number;
}

constexpr auto commandLine = "reboot=k panic=30 console=ttyS0";

} // namespace

class TestCliEif : public QObject {
    Q_OBJECT
    QTemporaryDir m_folder;

    QString path(const QString &name) const { return m_folder.filePath(name); }
    QString write(const char *name, const QByteArray &bytes) const {
        QDir(m_folder.path()).mkpath(QFileInfo(QString::fromLatin1(name)).path());
        return QFile::decodeName(writeFile(m_folder, name, bytes));
    }
    // Kernel, command line, metadata and these ramdisks.
    QString image(const char *name, const QList<QByteArray> &ramdisks) const {
        TestSections sections = usualSections();
        sections[1].data = commandLine;
        sections.resize(3);
        for (const QByteArray &ramdisk : ramdisks)
            sections.append({ramdiskKind, ramdisk});
        return write(name, makeEif(sections));
    }
    // A folder with everything that a ramdisk may hold and an ordinary user may make, packed by GNU cpio.
    QByteArray packedFolder() const {
        const QDir root(path("tree"));
        if (!root.exists()) {
            for (const char *folder : {"tree/rootfs/etc", "tree/rootfs/bin", "tree/rootfs/empty folder"})
                QDir(m_folder.path()).mkpath(folder);
            write("tree/rootfs/etc/hostname", "enclave\n");
            write("tree/rootfs/etc/empty", {});
            write("tree/rootfs/bin/app", QByteArray(70'000, 'a') + "end");
            write("tree/cmd", "/bin/app\n");
            write("tree/env", "A=1\n");
            QFile::link("../bin/app", path("tree/rootfs/bin/link"));
            (void)::link(qPrintable(path("tree/rootfs/bin/app")), qPrintable(path("tree/rootfs/bin/hard")));
            QFile::setPermissions(path("tree/rootfs/bin/app"), QFile::Permissions(0x7055));
        }
        const QByteArray names = runTool("find", {".", "-mindepth", "1"}, {}, root.path());
        return runTool("cpio", {"-o", "-H", "newc", "--quiet"}, names, root.path());
    }
    static QJsonObject ls(const QString &eif, const QStringList &more = {}) {
        const auto result = runCommand(QStringList{"eif", "ls", eif, "--json"} + more);
        return objectOf(result.output);
    }

private slots:
    void initTestCase() {
        qputenv("SOURCE_DATE_EPOCH", "1700000000");
        qputenv("XDG_RUNTIME_DIR", m_folder.path().toLocal8Bit());
    }

    // ---- ls ----

    void ls_files_areWhatCpioAndBsdtarList_data() {
        QTest::addColumn<QStringList>("packer");
        QTest::newRow("plain") << QStringList();
        QTest::newRow("gzip") << QStringList{"gzip", "-nc"};
        QTest::newRow("xz") << QStringList{"xz", "--check=crc32", "-c"};
        QTest::newRow("zstd") << QStringList{"zstd", "-qc"};
        QTest::newRow("lz4") << QStringList{"lz4", "-lqc"};
        QTest::newRow("bzip2") << QStringList{"bzip2", "-c"};
    }

    void ls_files_areWhatCpioAndBsdtarList() {
        REQUIRE_PROGRAM("cpio");
        REQUIRE_PROGRAM("bsdtar");
        QFETCH(QStringList, packer);
        const QByteArray plain = packedFolder();
        QVERIFY(plain.size() > 70'000);
        QByteArray packed = plain;
        if (!packer.isEmpty()) {
            packed = runTool(packer[0], packer.mid(1), plain);
            if (packed.isEmpty())
                QSKIP("the packer is not installed");
        }
        const QString eif = image("ls.eif", {packed});
        const QJsonObject json = ls(eif);
        QCOMPARE(json["Complete"].toBool(), true);
        QStringList ours, modes;
        for (const QJsonValue file : json["Files"].toArray()) {
            ours << file["Path"].toString();
            modes << file["ModeText"].toString() + ' ' + QString::number(file["Size"].toInteger());
        }
        const QString archive = write("plain.cpio", plain);
        QCOMPARE(ours, QString::fromUtf8(runTool("cpio", {"-t", "--quiet", "-F", archive}))
                           .split('\n', Qt::SkipEmptyParts));
        QStringList theirs;
        for (QString name :
             QString::fromUtf8(runTool("bsdtar", {"-tf", archive})).split('\n', Qt::SkipEmptyParts))
            theirs << (name.startsWith("./") ? name.mid(2) : name);
        QStringList ourNames = ours;
        for (QString &name : ourNames)
            name = name.startsWith("./") ? name.mid(2) : name;
        QCOMPARE(ourNames, theirs);
        QStringList theirModes;
        for (const QString &line :
             QString::fromUtf8(runTool("bsdtar", {"-tvf", archive})).split('\n', Qt::SkipEmptyParts)) {
            const QStringList words = line.split(' ', Qt::SkipEmptyParts);
            // Of a file with two names bsdtar tells which of them brings the content, we how long it is.
            const QString &name = theirs[theirModes.size()];
            const bool hasTwoNames = name.endsWith("bin/app") || name.endsWith("bin/hard");
            theirModes << words[0] + ' ' +
                              (hasTwoNames ? QString::number(QFileInfo(path("tree/" + name)).size())
                                           : words[4]);
        }
        QCOMPARE(modes, theirModes);
    }

    void ls_path_limitsTheList() {
        REQUIRE_PROGRAM("cpio");
        const QString eif = image("path.eif", {packedFolder()});
        QCOMPARE(ls(eif, {"rootfs/etc"})["Files"].toArray().size(), 3);
        QCOMPARE(ls(eif, {"/rootfs/etc/hostname"})["Files"].toArray().size(), 1);
        const auto missing = runCommand({"eif", "ls", eif, "rootfs/et"});
        QCOMPARE(missing.exitCode, 1);
        QVERIFY2(missing.error.contains("rootfs/et"), missing.error);
        const auto text = runCommand({"eif", "ls", eif, "cmd"});
        QCOMPARE(text.exitCode, 0);
        QVERIFY2(text.output.startsWith("0 -rw") && text.output.endsWith(" cmd\n"), text.output);
    }

    void ls_damagedArchive_listsWhatCameBefore() {
        const QByteArray whole =
            cpioArchive({{.path = "one", .content = "1"}, {.path = "two", .content = "2"}});
        const QString eif = image("damaged.eif", {whole.left(200)});
        const auto result = runCommand({"eif", "ls", eif, "--json"});
        QCOMPARE(result.exitCode, 1);
        QCOMPARE(objectOf(result.output)["Files"].toArray().size(), 1);
        QCOMPARE(objectOf(result.output)["Complete"].toBool(), false);
        QVERIFY2(result.error.contains("ramdisk 0"), result.error);
        QCOMPARE(runCommand({"eif", "ls", "/no/such.eif"}).exitCode, 1);
    }

    void ls_bomb_stopsAtTheLimitThatTheUserCanRaise() {
        REQUIRE_PROGRAM("gzip");
        const QByteArray bomb =
            runTool("gzip", {"-9nc"},
                    cpioArchive({{.path = "zeros", .content = QByteArray(40 << 20, '\0')}, {.path = "end"}}));
        QVERIFY(bomb.size() < 100'000);
        const QString eif = image("bomb.eif", {bomb});
        const auto stopped = runCommand({"eif", "ls", eif, "--max-unpacked", "1MiB"});
        QCOMPARE(stopped.exitCode, 1);
        QVERIFY2(stopped.error.contains("limit"), stopped.error);
        const auto raised = runCommand({"eif", "ls", eif, "--max-unpacked", "64MiB"});
        QCOMPARE(raised.exitCode, 0);
        QVERIFY2(raised.output.endsWith(" end\n"), raised.output);
        const auto few = runCommand({"eif", "ls", eif, "--max-entries", "1"});
        QCOMPARE(few.exitCode, 1);
        QVERIFY2(few.error.contains("limit"), few.error);
        QCOMPARE(runCommand({"eif", "extract", eif, "-o", path("bomb"), "--max-unpacked", "1MiB"}).exitCode,
                 1);
    }

    void ls_sparse16GiB_isListedAtOnce() {
        // Four files of 4 GiB each, of which nothing is on the disk.
        constexpr quint32 almost4GiB = 0xfffffff0;
        TestSections sections = usualSections();
        sections.resize(4);
        sections[3].data = {};
        QByteArray head = makeEif(sections);
        const qsizetype sectionHeader = head.size() - 12;
        QFile file(path("sparse.eif"));
        QVERIFY(file.open(QIODevice::WriteOnly));
        quint64 at = static_cast<quint64>(head.size());
        const auto put = [&](const QByteArray &bytes) {
            file.seek(static_cast<qint64>(at));
            file.write(bytes);
            at += static_cast<quint64>(bytes.size());
        };
        for (int i = 0; i < 4; ++i) {
            put(cpioEntry({.path = "huge" + QByteArray::number(i), .claimedSize = almost4GiB}));
            at += almost4GiB;
        }
        put(cpioTrailer());
        const quint64 size = at - static_cast<quint64>(head.size());
        for (int i = 0; i < 8; ++i) {
            head[0x11c + 3 * 8 + i] = static_cast<char>(size >> (8 * (7 - i)));
            head[sectionHeader + 4 + i] = static_cast<char>(size >> (8 * (7 - i)));
        }
        file.seek(0);
        file.write(head);
        if (!file.flush() || file.size() < (qint64(16) << 30) - 1000)
            QSKIP("this file system has no sparse files of 16 GiB");
        file.close();
        QElapsedTimer clock;
        clock.start();
        const QJsonObject json = ls(file.fileName());
        QCOMPARE(json["Complete"].toBool(), true);
        QCOMPARE(json["Files"].toArray().size(), 4);
        QCOMPARE(json["Files"].toArray().at(3)["Size"].toInteger(), qint64(almost4GiB));
        QVERIFY2(clock.elapsed() < 20'000, "it read the holes");
        QFile::remove(file.fileName());
    }

    // ---- extract ----

    void extract_files_areWhatBsdtarExtracts() {
        REQUIRE_PROGRAM("bsdtar");
        REQUIRE_PROGRAM("cpio");
        const QByteArray plain = packedFolder();
        const QString eif = image("extract.eif", {plain}), folder = path("extracted"),
                      reference = path("reference");
        const auto result = runCommand({"eif", "extract", eif, "-o", folder, "--json"});
        QVERIFY2(result.exitCode == 0, result.error);
        QDir().mkpath(reference);
        QVERIFY(runTool("bsdtar", {"-xf", write("plain.cpio", plain), "-C", reference, "-v"}).isEmpty());
        QProcess diff;
        diff.start("diff", {"-r", "--no-dereference", folder + "/ramdisk0", reference});
        QVERIFY(diff.waitForFinished());
        QVERIFY2(diff.exitCode() == 0, diff.readAll());
        QFileInfo ours(folder + "/ramdisk0/rootfs/bin/app"), theirs(reference + "/rootfs/bin/app");
        QCOMPARE(ours.permissions(), theirs.permissions());
        QCOMPARE(ours.lastModified(), theirs.lastModified());
        QCOMPARE(contentOf(folder + "/cmdline"), QByteArray(commandLine));
        QCOMPARE(contentOf(folder + "/ramdisk0.cpio"), plain);
        const QJsonObject json = objectOf(result.output);
        QCOMPARE(json["Files"].toInt(), 6);
        QCOMPARE(json["Links"].toInt(), 1);
        QCOMPARE(json["SkippedCount"].toInt(), 0);
        // Again into the same folder: refused, nothing is overwritten.
        QCOMPARE(runCommand({"eif", "extract", eif, "-o", folder}).exitCode, 1);
    }

    void extract_choice_isLimited() {
        REQUIRE_PROGRAM("cpio");
        const QString eif = image("extract.eif", {packedFolder()});
        QCOMPARE(runCommand({"eif", "extract", eif, "rootfs/etc", "-o", path("etc"), "--files"}).exitCode, 0);
        QVERIFY(QFile::exists(path("etc/ramdisk0/rootfs/etc/hostname")));
        QVERIFY(!QFile::exists(path("etc/ramdisk0/rootfs/bin")));
        QVERIFY(!QFile::exists(path("etc/kernel")));
        QCOMPARE(runCommand({"eif", "extract", eif, "-o", path("sections"), "--sections"}).exitCode, 0);
        QVERIFY(QFile::exists(path("sections/kernel")));
        QVERIFY(!QFile::exists(path("sections/ramdisk0")));
        const auto none = runCommand({"eif", "extract", eif, "nowhere", "-o", path("nowhere")});
        QCOMPARE(none.exitCode, 1);
        QVERIFY2(none.error.contains("'nowhere'"), none.error);
        // What is there is written; that not all is there is told.
        const auto one =
            runCommand({"eif", "extract", eif, "nowhere", "rootfs/etc", "-o", path("one"), "--json"});
        QCOMPARE(one.exitCode, 1);
        QVERIFY2(one.error.contains("nowhere: no file has this path"), one.error);
        QVERIFY(QFile::exists(path("one/ramdisk0/rootfs/etc/hostname")));
        QCOMPARE(QJsonDocument::fromJson(one.output)["LostCount"].toInt(), 1);
    }

    void extract_hostileArchive_staysInside() {
        const QString outside = path("outside");
        QDir().mkpath(outside);
        const QByteArray away = outside.toLocal8Bit();
        const QString eif =
            image("hostile.eif",
                  {cpioArchive({{.path = "/" + away + "/absolute", .content = "x"},
                                {.path = "../../../../../../../../" + away + "/dots", .content = "x"},
                                {.path = "a/../../../up", .content = "x"},
                                {.path = "out", .content = away, .mode = 0120777},
                                {.path = "out/through-link", .content = "x"},
                                {.path = "loop", .content = "loop2", .mode = 0120777},
                                {.path = "loop2", .content = "loop", .mode = 0120777},
                                {.path = "loop/file", .content = "x"},
                                {.path = "dev/sda", .mode = 060660},
                                {.path = QByteArray("a\nb\x1b[31m"), .content = "x"},
                                {.path = "suid", .content = "x", .mode = 0104755},
                                {.path = "fine", .content = "good"}})});
        const auto result = runCommand({"eif", "extract", eif, "-o", path("hostile"), "--json"});
        QVERIFY2(result.exitCode == 1, result.error); // what is behind links that lead nowhere is lost
        QVERIFY(QDir(outside).isEmpty());
        QVERIFY(!QFile::exists(path("up")));
        QCOMPARE(contentOf(path("hostile/ramdisk0/fine")), QByteArray("good"));
        QVERIFY(objectOf(result.output)["SkippedCount"].toInt() > 0);
        QVERIFY(!result.error.contains('\x1b')); // nor does the terminal obey the archive
        QProcess find; // no link that leads away may have been followed, no special bits set
        find.start("find", {path("hostile"), "-perm", "/6000"});
        QVERIFY(find.waitForFinished());
        QVERIFY(find.readAllStandardOutput().isEmpty());
    }

    // ---- diff ----

    void diff_exitCodes_areThoseOfDiff() {
        const QByteArray init = cpioArchive({{.path = "init", .content = "i", .mode = 0100755}});
        const auto app = [](const QByteArray &text, quint32 mode = 0100644) {
            return cpioArchive({{.path = "rootfs/etc/x", .content = text, .mode = mode}});
        };
        const QString a = image("a.eif", {init, app("one")}), b = image("b.eif", {init, app("two", 0100600)});
        QCOMPARE(runCommand({"eif", "diff", a, a}).exitCode, 0);
        QCOMPARE(runCommand({"eif", "diff", a, "/no/such"}).exitCode, 2);
        const auto text = runCommand({"eif", "diff", a, b});
        QCOMPARE(text.exitCode, 1);
        QVERIFY2(text.output.contains("PCR0  differs") && text.output.contains("PCR1  same"), text.output);
        const auto result = runCommand({"eif", "diff", a, b, "--json"});
        QCOMPARE(result.exitCode, 1);
        const QJsonObject json = objectOf(result.output);
        QStringList what;
        for (const QJsonValue difference : json["Differences"].toArray()) {
            QCOMPARE(difference["Where"].toString(), QString("ramdisk 1: rootfs/etc/x"));
            QCOMPARE(difference["Pcrs"].toArray(), QJsonArray({0, 2}));
            what << difference["What"].toString();
        }
        what.sort();
        QCOMPARE(what, QStringList({"content", "mode"}));
        for (const QJsonValue pcr : json["Pcrs"].toArray())
            QCOMPARE(pcr["Equal"].toBool(), pcr["Pcr"].toInt() == 1 || pcr["Pcr"].toInt() == 8);
    }

    // ---- lint ----

    void lint_json_hasEverythingAndItsExitCode() {
        const QString eif = image("lint.eif", {cpioArchive({{.path = "x"}})});
        const auto result = runCommand({"eif", "lint", eif, "--json"});
        QCOMPARE(result.exitCode, 1);
        const QJsonObject json = objectOf(result.output);
        QVERIFY(json["Errors"].toInt() > 0);
        QStringList rules;
        for (const QJsonValue finding : json["Findings"].toArray()) {
            rules << finding["Rule"].toString();
            for (const char *key : {"Rule", "Severity", "Where", "Why", "Advice"})
                QVERIFY2(!finding[QLatin1String(key)].toString().isEmpty(), key);
        }
        QVERIFY2(rules.contains("init-missing"), qPrintable(rules.join(' ')));
        QCOMPARE(runCommand({"eif", "lint", "/no/such"}).exitCode, 2);
        // Every rule that the tool knows is in the documents.
        const QByteArray documents = contentOf(NITROSCOPE_SOURCE_DIR "/docs/lint-rules.md");
        for (const QString &rule : rules)
            QVERIFY2(documents.contains(rule.toUtf8()), qPrintable(rule));
    }

    void lint_errorBehindManyNotes_isListedAndDecidesTheExitCode() {
        QList<CpioFile> files;
        for (int i = 0; i < 700; ++i)
            files << CpioFile{.path = QByteArray::number(i)};
        const QString eif = image("notes.eif", {cpioArchive(files), cpioArchive(files)});
        const auto result = runCommand({"eif", "lint", eif, "--json"});
        QCOMPARE(result.exitCode, 1);
        const QJsonObject json = objectOf(result.output);
        QCOMPARE(json["Findings"].toArray().size(), 500);
        QCOMPARE(json["Findings"][0]["Severity"].toString(), QString("error"));
        QVERIFY(result.output.contains("init-missing"));
        QVERIFY(json["Notes"].toInt() >= 700);
        QCOMPARE(json["Errors"].toInt() + json["Warnings"].toInt() + json["Notes"].toInt(),
                 500 + json["Unlisted"].toInt());
        const auto text = runCommand({"eif", "lint", eif});
        QCOMPARE(text.exitCode, 1);
        QVERIFY2(text.output.startsWith("error: "), text.output.left(200));
        QVERIFY(text.output.contains(QByteArray::number(json["Unlisted"].toInt()) +
                                     " more are counted but not listed"));
    }

    // ---- samples ----

    void samples_areDescribedAsExpected_data() {
        QTest::addColumn<QJsonObject>("expected");
        const auto samples = samplesDir();
        if (!samples)
            return;
        const QJsonObject all = objectOf(contentOf(samples->filePath("eif/EXPECTED.json")));
        for (auto it = all.begin(); it != all.end(); ++it)
            QTest::newRow(qPrintable(it.key())) << it.value().toObject();
    }

    void samples_areDescribedAsExpected() {
        NITROSCOPE_REQUIRE_SAMPLES(samples);
        QFETCH(QJsonObject, expected);
        const QString name = QString::fromLatin1(QTest::currentDataTag());
        const QString file = samples->filePath("eif/" + name + ".eif");
        const auto result = runCommand({"describe-eif", "--eif-path", file});
        const auto lint = runCommand({"eif", "lint", file, "--json"});
        QVERIFY(lint.exitCode == 0 || lint.exitCode == 1);
        // AWS's reader does not look at the magic; we do.
        if (result.exitCode != 0) {
            QCOMPARE(result.exitCode, 35);
            QVERIFY2(QStringList({"v4-badmagic", "v4-truncated"}).contains(name), qPrintable(name));
            QCOMPARE(lint.exitCode, 1);
            return;
        }
        const QJsonObject json = objectOf(result.output), measurements = json["Measurements"].toObject();
        for (const char *pcr : {"PCR0", "PCR1", "PCR2", "PCR8"})
            QCOMPARE(measurements[QLatin1String(pcr)].toString(), expected[QLatin1String(pcr)].toString());
        // The checksum by another's arithmetic: header without the field, then everything behind it.
        const QByteArray crc = runTool(
            "python3", {"-c",
                        "import sys,zlib;b=open(sys.argv[1],'rb').read();"
                        "print(zlib.crc32(b[548:],zlib.crc32(b[:544]))==int.from_bytes(b[544:548],'big'))",
                        file});
        if (crc.isEmpty())
            QSKIP("python3 is not installed");
        if (name != "v4-gap") // its filler is not covered
            QCOMPARE(json["CheckCRC"].toBool(), crc.trimmed() == "True");
        if (name == "v4-signed-badsig")
            QCOMPARE(json["SignatureCheck"].toBool(true), false);
    }

    // ---- sign ----

    void sign_openssl_verifiesTheSignature_data() {
        QTest::addColumn<QString>("curve");
        QTest::addColumn<QString>("digest");
        QTest::newRow("ES256") << "prime256v1"
                               << "sha256";
        QTest::newRow("ES384") << "secp384r1"
                               << "sha384";
        QTest::newRow("ES512") << "secp521r1"
                               << "sha512";
    }

    void sign_openssl_verifiesTheSignature() {
        REQUIRE_PROGRAM("openssl");
        QFETCH(QString, curve);
        QFETCH(QString, digest);
        const QString key = path(curve + ".key"), certificate = path(curve + ".pem");
        runTool("openssl",
                {"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:" + curve, "-nodes",
                 "-keyout", key, "-out", certificate, "-days", "90", "-subj", "/CN=signer/O=test"});
        QVERIFY(QFile::exists(certificate));
        const QByteArray init = cpioArchive({{.path = "init", .content = "i", .mode = 0100755}});
        const QString eif = image("sign.eif", {init});
        const QJsonObject before = objectOf(runCommand({"describe-eif", "--eif-path", eif}).output);
        const auto result = runCommand(
            {"sign-eif", "--eif-path", eif, "--signing-certificate", certificate, "--private-key", key});
        QVERIFY2(result.exitCode == 0, result.error);
        QCOMPARE(result.error, QByteArray("Enclave Image successfully signed.\n"));
        const QJsonObject measured = objectOf(result.output)["Measurements"].toObject();
        QCOMPARE(measured["PCR0"], before["Measurements"].toObject()["PCR0"]);
        const QByteArray der = runTool("openssl", {"x509", "-in", certificate, "-outform", "DER"});
        QCOMPARE(measured["PCR8"].toString(), pcrOf(der));
        QCOMPARE(
            objectOf(runCommand({"pcr", "--signing-certificate", certificate}).output)["PCR8"].toString(),
            pcrOf(der));

        const QString parts = path("signed-" + curve);
        QCOMPARE(runCommand({"eif", "extract", eif, "-o", parts, "--sections"}).exitCode, 0);
        const QCborArray list = QCborValue::fromCbor(contentOf(parts + "/signature.cbor")).toArray();
        QCOMPARE(list.size(), 1);
        const QCborMap entry = list.at(0).toMap();
        QCOMPARE(bytesOf(entry["signing_certificate"_L1]), contentOf(certificate));
        const QCborArray cose = QCborValue::fromCbor(bytesOf(entry["signature"_L1])).toArray();
        QCOMPARE(cose.size(), 4);
        const QCborMap payload = QCborValue::fromCbor(cose.at(2).toByteArray()).toMap();
        QCOMPARE(payload["register_index"_L1].toInteger(), 0);
        QCOMPARE(QString::fromLatin1(bytesOf(payload["register_value"_L1]).toHex()),
                 measured["PCR0"].toString());
        const QByteArray message =
            QCborValue(QCborArray{"Signature1", cose.at(0), QByteArray(), cose.at(2)}).toCbor();
        const QByteArray raw = cose.at(3).toByteArray();
        const QByteArray numbers = derNumber(raw.left(raw.size() / 2)) + derNumber(raw.mid(raw.size() / 2));
        const QByteArray length = numbers.size() < 128 ? QByteArray(1, char(numbers.size()))
                                                       : '\x81' + QByteArray(1, char(numbers.size()));
        write("public.pem", runTool("openssl", {"x509", "-in", certificate, "-noout", "-pubkey"}));
        write("signature.der", '\x30' + length + numbers);
        const QByteArray verdict = runTool(
            "openssl",
            {"dgst", "-" + digest, "-verify", path("public.pem"), "-signature", path("signature.der")},
            message);
        QCOMPARE(verdict.trimmed(), QByteArray("Verified OK"));

        const QJsonObject after = objectOf(runCommand({"describe-eif", "--eif-path", eif}).output);
        QCOMPARE(after["IsSigned"].toBool(), true);
        QCOMPARE(after["SignatureCheck"].toBool(), true);
        QCOMPARE(after["CheckCRC"].toBool(), true);
        QCOMPARE(after["SigningCertificate"].toObject()["IssuerName"].toObject()["commonName"].toString(),
                 QString("signer"));
    }

    void sign_badInput_isE60AndLeavesTheFile_data() {
        QTest::addColumn<int>("what");
        QTest::newRow("other key") << 0;
        QTest::newRow("no certificate") << 1;
        QTest::newRow("no EIF") << 2;
        QTest::newRow("RSA key") << 3;
    }

    void sign_badInput_isE60AndLeavesTheFile() {
        REQUIRE_PROGRAM("openssl");
        QFETCH(int, what);
        const auto make = [this](const QString &name, const QStringList &kind) {
            runTool("openssl", QStringList{"req", "-x509", "-nodes", "-keyout", path(name + ".key"), "-out",
                                           path(name + ".pem"), "-subj", "/CN=" + name} +
                                   kind);
        };
        make("right", {"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp384r1"});
        make("wrong", {"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp384r1"});
        make("rsa", {"-newkey", "rsa:2048"});
        const QString eif = image("unsigned.eif", {cpioArchive({{.path = "init"}})});
        const QByteArray before = contentOf(eif);
        const auto result =
            runCommand({"sign-eif", "--eif-path", what == 2 ? "/no/such" : eif, "--signing-certificate",
                        what == 1   ? "/no/such"
                        : what == 3 ? path("rsa.pem")
                                    : path("right.pem"),
                        "--private-key",
                        what == 0   ? path("wrong.key")
                        : what == 3 ? path("rsa.key")
                                    : path("right.key")});
        QCOMPARE(result.exitCode, 60);
        QVERIFY2(result.error.startsWith("[ E60 ] Signing error."), result.error);
        QVERIFY(result.output.isEmpty());
        QCOMPARE(contentOf(eif), before);
    }

    // ---- build ----

    void build_folder_isWhatCpioSeesAndOpensslMeasures() {
        REQUIRE_PROGRAM("cpio");
        REQUIRE_PROGRAM("openssl");
        packedFolder(); // makes the tree
        write("kernel", makeBzImage());
        write("init-program", QByteArray("\x7f"
                                         "ELF",
                                         4));
        const QStringList arguments{"build-enclave",
                                    "--rootfs",
                                    path("tree/rootfs"),
                                    "--cmd",
                                    "/bin/app",
                                    "--env",
                                    "A=1",
                                    "--kernel",
                                    path("kernel"),
                                    "--init",
                                    path("init-program"),
                                    "--cmdline",
                                    commandLine,
                                    "--name",
                                    "app",
                                    "--output-file"};
        const auto first = runCommand(arguments + QStringList{path("one.eif")});
        QVERIFY2(first.exitCode == 0, first.error);
        QVERIFY2(first.error.endsWith("Enclave Image successfully created.\n"), first.error);
        const QString parts = path("built");
        QCOMPARE(runCommand({"eif", "extract", path("one.eif"), "-o", parts}).exitCode, 0);
        const QByteArray kernel = contentOf(parts + "/kernel"), line = contentOf(parts + "/cmdline"),
                         zero = contentOf(parts + "/ramdisk0.cpio"),
                         one = contentOf(parts + "/ramdisk1.cpio");
        QCOMPARE(kernel, makeBzImage());
        const QJsonObject measured = objectOf(first.output)["Measurements"].toObject();
        QCOMPARE(measured["PCR0"].toString(), pcrOf(kernel + line + zero + one));
        QCOMPARE(measured["PCR1"].toString(), pcrOf(kernel + line + zero));
        QCOMPARE(measured["PCR2"].toString(), pcrOf(one));
        const auto names = [this](const char *name) {
            QStringList list =
                QString::fromUtf8(runTool("cpio", {"-t", "--quiet", "-F", path(QString::fromLatin1(name))}))
                    .split('\n', Qt::SkipEmptyParts);
            list.sort();
            return list;
        };
        QCOMPARE(names("built/ramdisk0.cpio"), QStringList({"dev", "init"}));
        const QStringList inside = names("built/ramdisk1.cpio");
        for (const char *wanted :
             {"cmd", "env", "rootfs", "rootfs/bin/app", "rootfs/bin/link", "rootfs/etc/hostname",
              "rootfs/dev", "rootfs/proc", "rootfs/run", "rootfs/sys", "rootfs/tmp", "rootfs/var"})
            QVERIFY2(inside.contains(QLatin1String(wanted)), qPrintable(inside.join(' ')));

        // The same content elsewhere, made in another order and at another time.
        REQUIRE_PROGRAM("cp");
        QProcess copy;
        copy.start("cp", {"-r", "--no-preserve=timestamps", "--preserve=links,mode", path("tree/rootfs"),
                          path("again")});
        QVERIFY(copy.waitForFinished() && copy.exitCode() == 0);
        QStringList other = arguments;
        other[2] = path("again");
        QCOMPARE(runCommand(other + QStringList{path("two.eif")}).exitCode, 0);
        QCOMPARE(contentOf(path("two.eif")), contentOf(path("one.eif")));
        qunsetenv("SOURCE_DATE_EPOCH"); // without: other bytes perhaps, the same PCRs
        const auto third = runCommand(arguments + QStringList{path("three.eif")});
        qputenv("SOURCE_DATE_EPOCH", "1700000000");
        QCOMPARE(third.output, first.output);
    }

    void build_containerImages_giveTheSamePcrsAndWarn() {
        REQUIRE_PROGRAM("tar");
        REQUIRE_PROGRAM("sha256sum");
        write("kernel", makeBzImage());
        write("init-program", QByteArray("\x7f"
                                         "ELF",
                                         4));
        write("layer/bin/app", "program");
        write("layer/etc/motd", "hello");
        const QByteArray layer =
            runTool("tar", {"--owner=0", "--group=0", "-cf", "-", "-C", path("layer"), "bin", "etc"});
        const auto json = [](QByteArray text) { return text.replace('\'', '"'); };
        const QByteArray config = json("{'architecture':'amd64','os':'linux','config':{'Entrypoint':['/bin/"
                                       "app'],'Cmd':['/bin/app','-v'],"
                                       "'Env':['PATH=/bin','A=1'],'WorkingDir':'/"
                                       "srv','User':'app'},'rootfs':{'type':'layers','diff_ids':[]}}");
        const auto digest = [](const QByteArray &bytes) { return runTool("sha256sum", {}, bytes).left(64); };
        // docker save
        write("save/layer.tar", layer);
        write("save/config.json", config);
        write("save/manifest.json",
              json("[{'Config':'config.json','RepoTags':['app:1'],'Layers':['layer.tar']}]"));
        write("save.tar",
              runTool("tar", {"-cf", "-", "-C", path("save"), "manifest.json", "config.json", "layer.tar"}));
        // OCI layout, the layer packed
        const QByteArray packed = runTool("gzip", {"-nc"}, layer);
        const QByteArray manifest =
            json("{'schemaVersion':2,'mediaType':'application/"
                 "vnd.oci.image.manifest.v1+json','config':{'mediaType':"
                 "'application/vnd.oci.image.config.v1+json','digest':'sha256:" +
                 digest(config) + "','size':" + QByteArray::number(config.size()) +
                 "},'layers':[{'mediaType':'application/vnd.oci.image.layer.v1.tar+gzip','digest':'sha256:" +
                 digest(packed) + "','size':" + QByteArray::number(packed.size()) + "}]}");
        for (const QByteArray &blob : {config, packed, manifest})
            write("oci/blobs/sha256/" + digest(blob), blob);
        write("oci/oci-layout", json("{'imageLayoutVersion':'1.0.0'}"));
        write("oci/index.json",
              json("{'schemaVersion':2,'manifests':[{'mediaType':'application/"
                   "vnd.oci.image.manifest.v1+json','digest':'sha256:" +
                   digest(manifest) + "','size':" + QByteArray::number(manifest.size()) + "}]}"));
        QByteArray measured;
        for (const QStringList &source : {QStringList{"--image", path("save.tar")},
                                          {"--image", path("oci")},
                                          {"--docker-uri", "oci:" + path("oci")},
                                          {"--docker-uri", "docker-archive:" + path("save.tar")}}) {
            const auto result =
                runCommand(QStringList{"build-enclave", "--kernel", path("kernel"), "--init",
                                       path("init-program"), "--output-file", path("container.eif")} +
                           source);
            QVERIFY2(result.exitCode == 0, result.error);
            if (!measured.isEmpty())
                QCOMPARE(result.output, measured);
            measured = result.output;
            for (const char *rule :
                 {"docker-entrypoint-ignored", "docker-workdir-ignored", "docker-user-ignored"})
                QVERIFY2(result.error.contains(rule), result.error);
        }
        QCOMPARE(runCommand({"eif", "extract", path("container.eif"), "-o", path("container"), "--files"})
                     .exitCode,
                 0);
        QCOMPARE(contentOf(path("container/ramdisk1/cmd")), QByteArray("/bin/app\n-v\n")); // CMD alone
        QCOMPARE(contentOf(path("container/ramdisk1/env")), QByteArray("PATH=/bin\nA=1\n"));
        QCOMPARE(contentOf(path("container/ramdisk1/rootfs/etc/motd")), QByteArray("hello"));
        // A blob that is not what its digest says.
        write("oci/blobs/sha256/" + digest(packed), packed + "x");
        const auto wrong =
            runCommand({"build-enclave", "--kernel", path("kernel"), "--init", path("init-program"),
                        "--image", path("oci"), "--output-file", path("wrong.eif")});
        QCOMPARE(wrong.exitCode, 48);
        QVERIFY(!QFile::exists(path("wrong.eif")));
    }

    void build_commandWords_mayLookLikeOptions_data() {
        QTest::addColumn<QStringList>("words");
        QTest::addColumn<QByteArray>("command");
        const auto row = [](const char *name, const QStringList &words, const char *command) {
            QTest::newRow(name) << words << QByteArray(command);
        };
        row("unknown options", {"--cmd", "/prog", "--port", "5005", "-v"}, "/prog\n--port\n5005\n-v\n");
        row("an own option ends them", {"--cmd", "/prog", "--port", "5005", "--env", "A=1"},
            "/prog\n--port\n5005\n");
        row("after dashes", {"--cmd", "/prog", "--", "--name", "x"}, "/prog\n--name\nx\n");
        row("dashes alone", {"--", "/prog", "--", "--cmd"}, "/prog\n--\n--cmd\n");
        row("with =", {"--cmd=/prog", "--cmd=--name", "last"}, "/prog\n--name\nlast\n");
        row("empty word", {"--cmd", "/prog", "", "--x"}, "/prog\n\n--x\n");
    }

    void build_commandWords_mayLookLikeOptions() {
        QFETCH(QStringList, words);
        QFETCH(QByteArray, command);
        packedFolder(); // makes the tree
        write("kernel", makeBzImage());
        write("init-program", "\x7f"
                              "ELF");
        const auto result = runCommand(QStringList{"build-enclave", "--rootfs", path("tree/rootfs"),
                                                   "--kernel", path("kernel"), "--init", path("init-program"),
                                                   "--output-file", path("words.eif")} +
                                       words);
        QVERIFY2(result.exitCode == 0, result.error);
        QDir(path("words")).removeRecursively();
        QCOMPARE(runCommand({"eif", "extract", path("words.eif"), "-o", path("words"), "--files"}).exitCode,
                 0);
        QCOMPARE(contentOf(path("words/ramdisk1/cmd")), command);
    }

    void build_unknownOptionBeforeTheCommand_isRefused() {
        for (const QStringList &words : {QStringList{"--port", "5005", "--cmd", "/prog"}, {"--cmd"}})
            QCOMPARE(
                runCommand(QStringList{"build-enclave", "--output-file", path("no.eif")} + words).exitCode,
                2);
    }

    void build_signed_isTheSameAsSigningLater() {
        REQUIRE_PROGRAM("openssl");
        runTool("openssl", {"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp384r1",
                            "-nodes", "-keyout", path("b.key"), "-out", path("b.pem"), "-subj", "/CN=b"});
        write("kernel", makeBzImage());
        write("r0", cpioArchive({{.path = "init"}}));
        const auto result = runCommand({"build-enclave", "--kernel", path("kernel"), "--cmdline", commandLine,
                                        "--ramdisk", path("r0"), "--signing-certificate", path("b.pem"),
                                        "--private-key", path("b.key"), "--output-file", path("signed.eif")});
        QVERIFY2(result.exitCode == 0, result.error);
        const QByteArray der = runTool("openssl", {"x509", "-in", path("b.pem"), "-outform", "DER"});
        QCOMPARE(objectOf(result.output)["Measurements"].toObject()["PCR8"].toString(), pcrOf(der));
        QCOMPARE(
            objectOf(runCommand({"describe-eif", "--eif-path", path("signed.eif")}).output)["SignatureCheck"]
                .toBool(),
            true);
    }
};

QTEST_GUILESS_MAIN(TestCliEif)
#include "tst_cli_eif.moc"
