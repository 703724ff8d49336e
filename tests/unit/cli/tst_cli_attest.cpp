// SPDX-License-Identifier: GPL-2.0-or-later
//
// `attest show` and `attest verify` as users call them: every form of input, every expectation, exit codes
// and JSON; genuine documents at their own time, now, and under other roots. openssl reads the same
// certificates for comparison.
#include "command.hpp"
#include "tests/support/documents/document_maker.hpp"
#include "tests/unit/formats/cpio_maker.hpp"
#include "tests/unit/launch/eif_maker.hpp"
#include "tests/unit/nsm/openssl_cli.hpp"
#include "tests/unit/support/samples.hpp"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>

using namespace nitroscope::tests;
using namespace nitroscope::test;

namespace {

QByteArray contentOf(const QString &path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

QJsonObject objectOf(const QByteArray &json) {
    return QJsonDocument::fromJson(json).object();
}

} // namespace

class TestCliAttest : public QObject {
    Q_OBJECT
    QTemporaryDir m_folder;
    QString m_document, m_root;
    QByteArray m_raw;

    QString path(const QString &name) const { return m_folder.filePath(name); }
    QString put(const QString &name, const QByteArray &bytes) const { return writeFile(path(name), bytes); }
    CommandResult verify(const QStringList &more = {}) const {
        return runCommand(
            QStringList{"attest", "verify", m_document, "--root", m_root, "--time", "document"} + more);
    }

    static void addSamples(const char *pattern) {
        QTest::addColumn<QString>("path");
        QTest::addColumn<QString>("kind");
        if (const auto samples = samplesDir())
            for (const QFileInfo &file :
                 QDir(samples->filePath("attestation")).entryInfoList({QString::fromLatin1(pattern)}))
                QTest::newRow(qPrintable(file.baseName()))
                    << file.filePath() << file.baseName().section("__", 0, 0);
    }

private slots:
    void initTestCase() {
        qputenv("XDG_DATA_HOME", m_folder.path().toLocal8Bit());
        DocumentMaker maker;
        maker.field("nonce").cbor = DocumentMaker::bytes("\x01\x02\xff");
        maker.field("user_data").cbor = DocumentMaker::bytes("data");
        m_raw = maker.document();
        m_document = put("document.bin", m_raw);
        m_root = put("root.pem", toPem(maker.rootDer()));
    }

    // ---- input ----

    void input_anyForm_isVerified_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::newRow("raw bytes") << m_raw;
        QTest::newRow("hex") << m_raw.toHex() + '\n';
        QTest::newRow("base64") << m_raw.toBase64() + '\n';
        QTest::newRow("base64url") << m_raw.toBase64(QByteArray::Base64UrlEncoding |
                                                     QByteArray::OmitTrailingEquals);
    }

    void input_anyForm_isVerified() {
        QFETCH(QByteArray, bytes);
        const QStringList options{"--root", m_root, "--time", "document"};
        const auto file = runCommand(QStringList{"attest", "verify", put("form", bytes)} + options);
        QVERIFY2(file.exitCode == 0, file.output + file.error);
        const auto pipe = runCommand(QStringList{"attest", "verify", "-"} + options, bytes);
        QCOMPARE(pipe.exitCode, 0);
        QCOMPARE(pipe.output, file.output);
        const QJsonObject json = objectOf(runCommand({"attest", "show", path("form"), "--json"}).output);
        QCOMPARE(json["Encoding"].toString(), QString::fromLatin1(QTest::currentDataTag()));
        QCOMPARE(json["Size"].toInt(), int(m_raw.size()));
        QCOMPARE(json["Nonce"].toString(), QString("0102ff"));
        QCOMPARE(json["Certificates"].toArray().size(), 5);
    }

    void input_useless_exitsWith2() {
        for (const QByteArray &bytes :
             {QByteArray(), QByteArray("no document"), m_raw.left(100), QByteArray(10'000, '\x81')}) {
            const QString file = put("useless", bytes);
            const auto shown = runCommand({"attest", "show", file});
            const auto verified = runCommand({"attest", "verify", file});
            QCOMPARE(shown.exitCode, 2);
            QCOMPARE(verified.exitCode, 2);
            QVERIFY(!(verified.error + verified.output).isEmpty());
        }
        QCOMPARE(runCommand({"attest", "verify", "/no/such"}).exitCode, 2);
        QCOMPARE(runCommand({"attest", "verify", m_document, "--root", "/no/such"}).exitCode, 2);
        QCOMPARE(runCommand({"attest", "verify", m_document, "--root", m_document}).exitCode, 2);
    }

    // ---- the verdict ----

    void root_ofTheDocumentItself_isNoReasonToTrust() {
        const auto good = verify({"--json"});
        QCOMPARE(good.exitCode, 0);
        QCOMPARE(objectOf(good.output)["Valid"].toBool(), true);
        for (const QString root : {"aws", "aws-gov"}) {
            const auto result =
                runCommand({"attest", "verify", m_document, "--root", root, "--time", "document", "--json"});
            QCOMPARE(result.exitCode, 1);
            const QJsonObject json = objectOf(result.output);
            QCOMPARE(json["Verdict"].toString(), QString("invalid"));
            QVERIFY(json["Root"].isNull());
            bool isTold = false;
            for (const QJsonValue check : json["Checks"].toArray())
                isTold |= check["Check"] == "root" && check["Outcome"] == "failed";
            QVERIFY(isTold);
        }
        // There is no local root on this computer.
        QCOMPARE(runCommand({"attest", "verify", m_document, "--root", "local"}).exitCode, 2);
    }

    void json_hasEveryFieldOfItsSchema() {
        const QJsonObject json = objectOf(verify({"--json"}).output);
        for (const char *key : {"Verdict", "Valid", "ModuleId", "Timestamp", "Time", "DebugMode", "CheckedAt",
                                "Root", "Checks"})
            QVERIFY2(json.contains(QLatin1String(key)), key);
        QSet<QString> checks;
        for (const QJsonValue check : json["Checks"].toArray()) {
            for (const char *key : {"Check", "Subject", "Outcome", "Text", "Offset", "Length"})
                QVERIFY2(check.toObject().contains(QLatin1String(key)), key);
            checks.insert(check["Check"].toString());
        }
        for (const char *wanted :
             {"structure", "algorithm", "signature", "root", "certificate", "consistency"})
            QVERIFY2(checks.contains(QLatin1String(wanted)), wanted);
    }

    void expectations_decideTheExitCode_data() {
        QTest::addColumn<QStringList>("options");
        QTest::addColumn<int>("exitCode");
        const QString pcr = objectOf(runCommand({"attest", "show", m_document, "--json"}).output)["Pcrs"]
                                .toObject()["0"]
                                .toString();
        QCOMPARE(pcr.size(), 96);
        QTest::newRow("right PCR") << QStringList{"--pcr", "0=" + pcr} << 0;
        QTest::newRow("right PCR in capitals") << QStringList{"--pcr", "0=" + pcr.toUpper()} << 0;
        QTest::newRow("right PCR by its name") << QStringList{"--pcr", "PCR0=" + pcr} << 0;
        QTest::newRow("a PCR twice, once by its name")
            << QStringList{"--pcr", "PCR0=" + pcr, "--pcr", "0=" + pcr} << 1;
        QTest::newRow("wrong PCR") << QStringList{"--pcr", "0=" + QString(96, 'a')} << 1;
        QTest::newRow("one of two wrong")
            << QStringList{"--pcr", "0=" + pcr, "--pcr", "1=" + QString(96, 'a')} << 1;
        QTest::newRow("absent PCR") << QStringList{"--pcr", "31=" + pcr} << 1;
        QTest::newRow("PCR cut short") << QStringList{"--pcr", "0=" + pcr.left(94)} << 1;
        QTest::newRow("PCR 32") << QStringList{"--pcr", "32=" + pcr} << 1;
        QTest::newRow("a PCR twice") << QStringList{"--pcr", "0=" + pcr, "--pcr", "0=" + pcr} << 1;
        const QString next = pcr.left(94) + "62"; // of PCR1: all bytes are b
        QTest::newRow("two right ones after a comma")
            << QStringList{"--pcr", "0=" + pcr + ",1=" + QString("62").repeated(48)} << 0;
        QTest::newRow("one of two wrong after a comma")
            << QStringList{"--pcr", "0=" + pcr + ",1=" + next} << 1;
        QTest::newRow("a PCR twice after a comma") << QStringList{"--pcr", "0=" + pcr + ",0=" + pcr} << 1;
        QTest::newRow("nothing after a comma") << QStringList{"--pcr", "0=" + pcr + ",x"} << 1;
        QTest::newRow("right nonce") << QStringList{"--nonce", "0102FF"} << 0;
        QTest::newRow("right nonce with 0x") << QStringList{"--nonce", "0x0102ff"} << 0;
        QTest::newRow("wrong nonce") << QStringList{"--nonce", "0102fe"} << 1;
        QTest::newRow("half a byte") << QStringList{"--nonce", "0102f"} << 1;
        QTest::newRow("right user data") << QStringList{"--user-data", "64617461"} << 0;
        QTest::newRow("wrong user data") << QStringList{"--user-data", "00"} << 1;
        QTest::newRow("too old") << QStringList{"--max-age", "60"} << 1;
        QTest::newRow("not too old") << QStringList{"--max-age", "1099511627776"} << 0;
        QTest::newRow("now, all has expired") << QStringList{"--time", "now"} << 1;
        QTest::newRow("a time when it was valid") << QStringList{"--time", "2026-01-02T03:04:30Z"} << 0;
        QTest::newRow("the same time elsewhere") << QStringList{"--time", "2026-01-02T05:04:30+02:00"} << 0;
        QTest::newRow("a day later") << QStringList{"--time", "2026-01-03T03:04:30Z"} << 1;
        QTest::newRow("a time without zone") << QStringList{"--time", "2026-01-02T03:04:30"} << 1;
    }

    void expectations_decideTheExitCode() {
        QFETCH(QStringList, options);
        QFETCH(int, exitCode);
        QStringList arguments{"attest", "verify", m_document, "--root", m_root};
        if (!options.contains("--time"))
            arguments << "--time"
                      << "document";
        const auto result = runCommand(arguments + options);
        QVERIFY2(result.exitCode == exitCode, result.output + result.error);
    }

    // An image, what describe-eif says of it, and a document of an enclave that it was booted in.
    void pcrs_ofAnImageAndOfAFile_mustBeInTheDocument() {
        TestSections sections = usualSections();
        const QString plain = put("plain.eif", makeEif(sections));
        const auto measured =
            objectOf(runCommand({"describe-eif", "--eif-path", plain}).output)["Measurements"].toObject();
        SignatureRecipe recipe;
        recipe.pcr0 = QByteArray::fromHex(measured["PCR0"].toString().toLatin1());
        const MadeSignature signature = makeSignature(recipe);
        sections.push_back({signatureKind, signature.section});
        const QString signedEif = put("signed.eif", makeEif(sections));
        const QByteArray description = runCommand({"describe-eif", "--eif-path", signedEif}).output;
        const auto pcrs = objectOf(description)["Measurements"].toObject();
        QCOMPARE(pcrs["PCR8"].toString().size(), 96);
        const auto documentWith = [&](const QStringList &names) {
            DocumentMaker maker;
            QByteArray map = cborHead(5, quint64(names.size()));
            for (const QString &name : names)
                map += cborHead(0, name.mid(3).toULongLong()) +
                       DocumentMaker::bytes(QByteArray::fromHex(pcrs[name].toString().toLatin1()));
            maker.field("pcrs").cbor = map;
            put("of-image.pem", toPem(maker.rootDer()));
            return put("of-image.bin", maker.document());
        };
        const auto codeOf = [&](const QString &document, const QStringList &more) {
            return runCommand(QStringList{"attest", "verify", document, "--root", path("of-image.pem"),
                                          "--time", "document"} +
                              more)
                .exitCode;
        };
        const QString whole = documentWith({"PCR0", "PCR1", "PCR2", "PCR8"});
        const QString described = put("described.json", description);
        QCOMPARE(codeOf(whole, {"--eif", signedEif}), 0);
        QCOMPARE(codeOf(whole, {"--pcr-file", described}), 0);
        QCOMPARE(codeOf(whole, {"--eif", signedEif, "--pcr-file", described, "--pcr",
                                "0=" + pcrs["PCR0"].toString()}),
                 0);
        QCOMPARE(codeOf(whole, {"--pcr-file",
                                put("lines.txt", "PCR2: " + pcrs["PCR2"].toString().toLatin1() + '\n')}),
                 0);
        QCOMPARE(codeOf(whole, {"--pcr-file", put("lines.txt", "PCR2: " + QByteArray(96, '1'))}), 1);
        QCOMPARE(codeOf(whole, {"--eif", signedEif, "--pcr", "0=" + QString(96, 'a')}),
                 2); // they contradict each other
        QCOMPARE(codeOf(whole, {"--eif", described}), 2);
        QCOMPARE(codeOf(whole, {"--pcr-file", "/dev/null"}), 2);
        const QString withoutPcr8 = documentWith({"PCR0", "PCR1", "PCR2"});
        QCOMPARE(codeOf(withoutPcr8, {"--eif", signedEif}), 1);
        QCOMPARE(codeOf(withoutPcr8, {"--eif", plain}), 0);
    }

    void root_ofThisComputer_isNamedWhenAnotherIsPinned() {
        const QString folder = path("with-root");
        qputenv("XDG_DATA_HOME", folder.toLocal8Bit());
        const QByteArray pem = runCommand({"pki", "export"}).output;
        QVERIFY(pem.startsWith("-----BEGIN CERTIFICATE-----"));
        DocumentMaker maker;
        QByteArray base64;
        for (const QByteArray &line : pem.split('\n'))
            base64 += line.startsWith("-----") ? QByteArray() : line;
        maker.setChain({QByteArray::fromBase64(base64)}, DocumentMaker::derOf(maker.leaf));
        const auto result =
            runCommand({"attest", "verify", put("own.bin", maker.document()), "--time", "document"});
        qputenv("XDG_DATA_HOME", m_folder.path().toLocal8Bit());
        QCOMPARE(result.exitCode, 1);
        QVERIFY2(result.output.contains("--root local"), result.output);
    }

    void flippedByte_anywhere_isNeverValid() {
        for (qsizetype at = 0; at < m_raw.size(); at += 97) {
            QByteArray bytes = m_raw;
            bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
            const auto result = runCommand(
                {"attest", "verify", put("flipped", bytes), "--root", m_root, "--time", "document"});
            QVERIFY2(result.exitCode == 1 || result.exitCode == 2, qPrintable(QString::number(at)));
        }
    }

    // ---- genuine documents ----

    void samples_haveTheVerdictOfTheirClass_data() { addSamples("*__*.bin"); }

    void samples_haveTheVerdictOfTheirClass() {
        NITROSCOPE_REQUIRE_SAMPLES(samples);
        QFETCH(QString, path);
        QFETCH(QString, kind);
        const auto atItsTime = runCommand({"attest", "verify", path, "--time", "document", "--json"});
        const bool isValid = kind.startsWith("valid");
        QCOMPARE(atItsTime.exitCode == 0, isValid);
        const QJsonObject json = objectOf(atItsTime.output);
        QCOMPARE(json["Valid"].toBool(), isValid);
        if (isValid)
            QCOMPARE(json["DebugMode"].toBool(), kind == "valid-debug");
        // Text and JSON come to the same, so do the PEM file and the pinned root.
        QCOMPARE(runCommand({"attest", "verify", path, "--time", "document"}).exitCode, atItsTime.exitCode);
        QCOMPARE(runCommand({"attest", "verify", path, "--time", "document", "--root",
                             samples->filePath("attestation/roots/aws-root-g1.pem")})
                     .exitCode,
                 atItsTime.exitCode);
        // Certificates of old documents have expired; GovCloud's root is another one.
        QVERIFY(runCommand({"attest", "verify", path}).exitCode != 0);
        QVERIFY(runCommand({"attest", "verify", path, "--time", "document", "--root", "aws-gov"}).exitCode !=
                0);
    }

    void sample_certificates_areWhatOpensslReads() {
        NITROSCOPE_REQUIRE_SAMPLES(samples);
        NITROSCOPE_REQUIRE_OPENSSL_CLI();
        const QDir folder(samples->filePath("attestation"));
        const QString file = folder.filePath(folder.entryList({"valid__*.bin"}).value(0));
        const QJsonObject json = objectOf(runCommand({"attest", "show", file, "--json"}).output);
        const QJsonArray certificates = json["Certificates"].toArray();
        QCOMPARE(certificates.size(), 5);
        for (const QJsonValue certificate : certificates) {
            const QByteArray der = QByteArray::fromBase64(certificate["Der"].toString().toLatin1());
            QCOMPARE(contentOf(file).mid(certificate["Offset"].toInt(), certificate["Length"].toInt()), der);
            const QString named = put("one.der", der);
            const QByteArray facts = openssl({"x509", "-inform", "DER", "-in", named, "-noout", "-serial",
                                              "-fingerprint", "-sha256", "-enddate"})
                                         .output;
            QVERIFY2(facts.contains("serial=" + certificate["Serial"].toString().toUpper().toLatin1()),
                     facts);
            QByteArray fingerprint =
                QByteArray::fromHex(certificate["Sha256"].toString().toLatin1()).toHex(':').toUpper();
            QVERIFY2(facts.contains(fingerprint), facts);
        }
    }
};

QTEST_GUILESS_MAIN(TestCliAttest)
#include "tst_cli_attest.moc"
