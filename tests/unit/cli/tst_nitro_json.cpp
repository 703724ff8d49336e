// SPDX-License-Identifier: GPL-2.0-or-later
//
// What scripts made for nitro-cli 1.5 read: for each of its commands the JSON with its names, their order, the types of
// their values, which of them are there, and the layout. Enclaves run with fake_qemu.
#include "command.hpp"
#include "tests/unit/formats/cpio_maker.hpp"
#include "tests/unit/launch/eif_maker.hpp"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QtTest>

using namespace nitroscope::tests;
using namespace nitroscope::test;
using namespace Qt::Literals::StringLiterals;

namespace {

// The JSON with the kind of each value in its place. nitro-cli has one of them in a line.
QByteArray shapeOf(const QByteArray &json) {
    static const QRegularExpression part(u"^(\\s*)(\"(?:[^\"\\\\]|\\\\.)*\": )?(.*?)(,?)$"_s);
    QByteArray shape;
    for (const QString &line : QString::fromUtf8(json).split(u'\n')) {
        const auto match = part.match(line);
        QString value = match.captured(3);
        if (value.startsWith(u'"'))
            value = u"text"_s;
        else if (value == u"true" || value == u"false")
            value = u"boolean"_s;
        else if (!value.isEmpty() && (value[0].isDigit() || value[0] == u'-'))
            value = u"number"_s;
        shape += (match.captured(1) + match.captured(2) + value + match.captured(4) + u'\n').toUtf8();
    }
    return shape.chopped(1);
}

constexpr auto identity =
    R"("ImageName":"test","ImageVersion":"1.0","BuildMetadata":{"BuildTime":"2026-01-02T03:04:05Z",)"
    R"("BuildTool":"test","BuildToolVersion":"1","OperatingSystem":"Linux","KernelVersion":"6.12"},)";

QByteArray metadataWith(const QByteArray &docker, const QByteArray &custom) {
    return '{' + QByteArray(identity) + R"("DockerInfo":)" + docker + R"(,"CustomMetadata":)" + custom + '}';
}

// Pieces of what is expected.
const QByteArray pcrs = R"("HashAlgorithm": text,
    "PCR0": text,
    "PCR1": text,
    "PCR2": text)",
                 buildTexts = R"("BuildTime": text,
    "BuildTool": text,
    "BuildToolVersion": text,
    "OperatingSystem": text,
    "KernelVersion": text,
    )",
                 enclave = R"("EnclaveName": text,
  "EnclaveID": text,
  "ProcessID": number,
  "EnclaveCID": number,
  "NumberOfCPUs": number,
  "CPUIDs": [
    number,
    number
  ],
  "MemoryMiB": number)",
                 terminated = R"("EnclaveName": text,
  "EnclaveID": text,
  "Terminated": boolean)";

QByteArray measurements(const QByteArray &pcr8 = {}) {
    return "{\n  \"Measurements\": {\n    " + pcrs + pcr8 + "\n  }\n}\n";
}

QByteArray described(const QByteArray &docker, const QByteArray &custom = {}) {
    return "{\n  \"EifVersion\": number,\n  \"Measurements\": {\n    " + pcrs +
           "\n  },\n  \"IsSigned\": boolean,\n  \"CheckCRC\": boolean,\n  \"ImageName\": text,\n"
           "  \"ImageVersion\": text,\n  \"Metadata\": {\n    " +
           buildTexts + "\"DockerInfo\": " + docker + custom + "\n  }\n}\n";
}

// In an array, which puts each line two spaces further.
QByteArray listed(QByteArray object) {
    return "[\n  {\n    " + object.replace("\n", "\n  ") + "\n  }\n]\n";
}

} // namespace

class TestNitroJson : public QObject {
    Q_OBJECT
    QTemporaryDir m_folder;

    QString path(const QString &name) const { return m_folder.filePath(name); }
    QString write(const char *name, const QByteArray &bytes) const {
        return QFile::decodeName(writeFile(m_folder, name, bytes));
    }
    QString image(const char *name, const QByteArray &metadata) const {
        TestSections sections = usualSections();
        sections[2].data = metadata;
        return write(name, makeEif(sections));
    }
    QJsonObject start(const QString &eif, const QStringList &more = {}) const {
        const auto result = runCommand(
            QStringList{"run-enclave", "--eif-path", eif, "--cpu-count", "2", "--memory", "256"} + more);
        if (result.exitCode != 0)
            qWarning() << result.exitCode << result.error;
        return QJsonDocument::fromJson(result.output).object();
    }
    static QJsonArray enclaves(const QStringList &more = {}) {
        return QJsonDocument::fromJson(runCommand(QStringList{"describe-enclaves"} + more).output).array();
    }

private slots:
    void initTestCase() {
        qputenv("XDG_RUNTIME_DIR", m_folder.path().toLocal8Bit());
        qputenv("NITROSCOPE_FAKE_QEMU", "boot");
        image("plain.eif", metadataWith("null", "null"));
        image("custom.eif", metadataWith(R"({"Id":"x","Config":{"Cmd":["/app"],"Labels":{}}})",
                                         R"({"team":"blue","list":[1,{"a":true}],"empty":[],"Build":null})"));
        TestSections old = usualSections();
        old.removeAt(2);
        write("version3.eif", makeEif(old, {.version = 3}));
        write("kernel", makeBzImage());
        write("ramdisk", cpioArchive({{.path = "init"}}));
        if (!QStandardPaths::findExecutable("openssl").isEmpty())
            runTool("openssl", {"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp384r1",
                                "-nodes", "-keyout", path("key.pem"), "-out", path("certificate.pem"),
                                "-subj", "/C=US/CN=signer"});
    }

    void cleanup() { QCOMPARE(runCommand({"terminate-enclave", "--all"}).exitCode, 0); }

    void json_eachCommand_hasNitroClisShape_data() {
        QTest::addColumn<int>("running"); // enclaves
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QByteArray>("expected");
        const auto row = [](const char *name, int count, const QStringList &arguments,
                            const QByteArray &expected) {
            QTest::newRow(name) << count << arguments << expected;
        };
        const QString plain = path("plain.eif"), custom = path("custom.eif");
        row("run-enclave", 0, {"run-enclave", "--eif-path", plain, "--cpu-count", "2", "--memory", "256"},
            "{\n  " + enclave + "\n}\n");
        const QByteArray state = R"(,
  "State": text,
  "Flags": text,
  "Measurements": {
    )" + pcrs + "\n  }";
        row("describe-enclaves, none", 0, {"describe-enclaves"}, "[]\n");
        row("describe-enclaves", 1, {"describe-enclaves"}, listed(enclave + state));
        row("describe-enclaves --metadata", 1, {"describe-enclaves", "--metadata"},
            listed(enclave + state +
                   ",\n  \"ImageName\": text,\n  \"ImageVersion\": text,\n  \"Metadata\": {\n    " +
                   buildTexts + "\"DockerInfo\": null\n  }"));
        row("terminate-enclave", 1, {"terminate-enclave", "--enclave-name", "plain"},
            "{\n  " + terminated + "\n}\n");
        row("terminate-enclave --all, none", 0, {"terminate-enclave", "--all"}, "[]\n");
        row("terminate-enclave --all", 1, {"terminate-enclave", "--all"}, listed(terminated));
        row("terminate-enclave --all, two", 2, {"terminate-enclave", "--all"},
            listed(terminated).chopped(3) + ",\n" + listed(terminated).sliced(2));
        row("describe-eif", 0, {"describe-eif", "--eif-path", plain}, described("null"));
        // Custom metadata stand among the others, sorted.
        row("describe-eif, custom metadata", 0, {"describe-eif", "--eif-path", custom},
            described(R"({
      "Config": {
        "Cmd": [
          text
        ],
        "Labels": {}
      },
      "Id": text
    })",
                      R"(,
    "Build": null,
    "empty": [],
    "list": [
      number,
      {
        "a": boolean
      }
    ],
    "team": text)"));
        row("describe-eif, without metadata", 0, {"describe-eif", "--eif-path", path("version3.eif")},
            "{\n  \"EifVersion\": number,\n  \"Measurements\": {\n    " + pcrs +
                "\n  },\n  \"IsSigned\": boolean,\n  \"CheckCRC\": boolean\n}\n");
        row("build-enclave", 0,
            {"build-enclave", "--kernel", path("kernel"), "--cmdline", "x", "--ramdisk", path("ramdisk"),
             "--output-file", path("built.eif")},
            measurements());
        row("pcr", 0, {"pcr", "--input", path("kernel")}, "{\n  \"PCR\": text\n}\n");
    }

    void json_eachCommand_hasNitroClisShape() {
        QFETCH(int, running);
        QFETCH(QStringList, arguments);
        QFETCH(QByteArray, expected);
        for (int i = 0; i < running; ++i)
            QVERIFY(!start(path("plain.eif")).isEmpty());
        const auto result = runCommand(arguments);
        QVERIFY2(result.exitCode == 0, result.error);
        // fake_qemu warns of something, for which we have a field of our own; it is the last.
        const QByteArray warnings = ",\n    \"Warnings\": [\n      text\n    ]";
        QCOMPARE(shapeOf(result.output).replace(warnings, ""), expected);
        QVERIFY(!QJsonDocument::fromJson(result.output).isNull());
    }

    void json_ofASignedImage_hasNitroClisShape() {
        if (!QFile::exists(path("certificate.pem")))
            QSKIP("openssl is not installed");
        const QStringList signing{"--signing-certificate", path("certificate.pem"), "--private-key",
                                  path("key.pem")};
        const QByteArray pcr8 = ",\n    \"PCR8\": text";
        const QString eif = image("signed.eif", metadataWith("null", "null"));
        const auto signedNow = runCommand(QStringList{"sign-eif", "--eif-path", eif} + signing);
        QVERIFY2(signedNow.exitCode == 0, signedNow.error);
        QCOMPARE(shapeOf(signedNow.output), measurements(pcr8));
        const auto built =
            runCommand(QStringList{"build-enclave", "--kernel", path("kernel"), "--cmdline", "x", "--ramdisk",
                                   path("ramdisk"), "--output-file", path("built.eif")} +
                       signing);
        QCOMPARE(shapeOf(built.output), measurements(pcr8));
        QByteArray expected = described("null");
        expected.replace("\"PCR2\": text", "\"PCR2\": text" + pcr8);
        expected.replace("\"IsSigned\": boolean,", R"("IsSigned": boolean,
  "SigningCertificate": {
    "IssuerName": {
      "commonName": text,
      "countryName": text
    },
    "Algorithm": text,
    "NotBefore": text,
    "NotAfter": text,
    "Signature": text
  },)");
        expected.replace("\"CheckCRC\": boolean,", "\"CheckCRC\": boolean,\n  \"SignatureCheck\": boolean,");
        const auto shown = runCommand({"describe-eif", "--eif-path", eif});
        QVERIFY2(shown.exitCode == 0, shown.error);
        QCOMPARE(shapeOf(shown.output), expected);
        QCOMPARE(shapeOf(runCommand({"pcr", "--signing-certificate", path("certificate.pem")}).output),
                 QByteArray("{\n  \"PCR8\": text\n}\n"));
    }

    void json_words_areNitroClis() {
        const QString id = start(path("plain.eif"), {"--debug-mode"})["EnclaveID"].toString();
        static const QRegularExpression form(u"^i-[0-9a-f]{17}-enc[1-9a-f][0-9a-f]*$"_s);
        QVERIFY2(form.match(id).hasMatch(), qPrintable(id));
        const QJsonArray list = enclaves();
        QCOMPARE(list[0]["State"].toString(), u"RUNNING"_s);
        QCOMPARE(list[0]["Flags"].toString(), u"DEBUG_MODE"_s);
        QCOMPARE(list[0]["Measurements"]["HashAlgorithm"].toString(), u"Sha384 { ... }"_s);
        // Those of the file, also in debug mode.
        const auto shown = runCommand({"describe-eif", "--eif-path", path("plain.eif")});
        QCOMPARE(list[0]["Measurements"], QJsonDocument::fromJson(shown.output)["Measurements"]);
        QCOMPARE(list[0]["NumberOfCPUs"].toInt(), 2);
        start(path("plain.eif"));
        QCOMPARE(enclaves().at(1)["Flags"].toString(), u"NONE"_s);
    }

    void enclaveName_unasked_isThatOfTheFile_data() {
        QTest::addColumn<QString>("file");
        QTest::addColumn<QString>("name");
        QTest::newRow("usual") << "hello.eif"
                               << "hello";
        QTest::newRow("a dot in it") << "hello-1.2.eif"
                                     << "hello-1.2";
        QTest::newRow("another suffix") << "hello.img"
                                        << "hello.img";
        QTest::newRow("none") << "hello"
                              << "hello";
        QTest::newRow("twice") << "hello.eif.eif"
                               << "hello";
    }

    void enclaveName_unasked_isThatOfTheFile() {
        QFETCH(QString, file);
        QFETCH(QString, name);
        QCOMPARE(start(u"/nowhere/"_s + file)["EnclaveName"].toString(), name);
        QCOMPARE(start(u"/nowhere/"_s + file)["EnclaveName"].toString(), name + u"_1"_s);
    }

    // Numbers that no double holds, and spellings that QJsonValue would not keep.
    void metadata_numbers_stayAsTheyAre_data() {
        QTest::addColumn<QByteArray>("number");
        for (const char *number :
             {"9223372036854775807", "9223372036854775808", "18446744073709551615", "-9223372036854775808",
              "-9223372036854775809", "340282366920938463463", "12345678901234567890.125",
              "0.1000000000000000055511151231", "1.0", "-0.0", "1E5", "9007199254740993"})
            QTest::newRow(number) << QByteArray(number);
    }

    void metadata_numbers_stayAsTheyAre() {
        QFETCH(QByteArray, number);
        // As they are printed,
        const QByteArray custom = R"({"number":)" + number + R"(,"list":[)" + number + "]}";
        const QString eif = image("numbers.eif", metadataWith(R"({"Size":)" + number + '}', custom));
        const QByteArray shown = runCommand({"describe-eif", "--eif-path", eif}).output;
        for (const QByteArray &line : {"\n      \"Size\": " + number + "\n",
                                       "\n    \"number\": " + number + "\n", "\n      " + number + "\n"})
            QVERIFY2(shown.contains(line), shown);
        // and as they are built.
        const QString file = write("numbers.json", R"({ "number" : )" + number + " }");
        const auto built =
            runCommand({"build-enclave", "--kernel", path("kernel"), "--cmdline", "x", "--ramdisk",
                        path("ramdisk"), "--metadata", file, "--output-file", path("built.eif")});
        QVERIFY2(built.exitCode == 0, built.error);
        QFile bytes(path("built.eif"));
        QVERIFY(bytes.open(QIODevice::ReadOnly));
        QVERIFY(bytes.readAll().contains(R"("CustomMetadata":{"number":)" + number + "}}"));
    }

    void diff_numbersThatDifferInTheLastDigit_differ() {
        const QString before = image("a.eif", metadataWith("null", R"({"id":9223372036854775808})")),
                      after = image("b.eif", metadataWith("null", R"({"id":9223372036854775809})"));
        const auto result = runCommand({"eif", "diff", before, after});
        QCOMPARE(result.exitCode, 1);
        QVERIFY2(result.output.contains("CustomMetadata.id") && result.output.contains("9223372036854775809"),
                 result.output);
    }
};

QTEST_GUILESS_MAIN(TestNitroJson)
#include "tst_nitro_json.moc"
