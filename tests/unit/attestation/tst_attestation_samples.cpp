// SPDX-License-Identifier: GPL-2.0-or-later
//
// Genuine documents of 2021 to 2025 and their imitations: each gets the verdict of its class at its own time,
// and the openssl command line, which shares no line with our verifier, comes to the same conclusion.
#include "app/formats/attestation/verify.hpp"
#include "tests/unit/nsm/openssl_cli.hpp"
#include "tests/unit/support/samples.hpp"

#include <QTemporaryDir>
#include <QTest>

using namespace nitroscope::formats::attestation;
using namespace nitroscope::test;

namespace {

QByteArray derNumber(QByteArray number) {
    while (number.size() > 1 && number[0] == '\0' && !(number[1] & 0x80))
        number.remove(0, 1);
    if (number[0] & 0x80)
        number.prepend('\0');
    return '\x02' + QByteArray(1, char(number.size())) + number;
}

} // namespace

class TestAttestationSamples : public QObject {
    Q_OBJECT

    static void addSamples() {
        QTest::addColumn<QString>("path");
        QTest::addColumn<QString>("kind");
        const auto samples = samplesDir();
        if (!samples)
            return;
        for (const QFileInfo &file : QDir(samples->filePath("attestation")).entryInfoList({"*__*.bin"}))
            QTest::newRow(qPrintable(file.baseName()))
                << file.filePath() << file.baseName().section("__", 0, 0);
    }

    static QByteArray read(const QString &path) {
        QFile file(path);
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }

private slots:
    void verify_sample_hasTheVerdictOfItsClass_data() { addSamples(); }

    void verify_sample_hasTheVerdictOfItsClass() {
        NITROSCOPE_REQUIRE_SAMPLES(samples);
        QFETCH(QString, path);
        QFETCH(QString, kind);
        const Document document = decode(read(path));
        QVERIFY(document.isReadable());
        VerifyOptions options;
        options.time = CheckTime::document;
        const Verification result = verify(document, options);
        QCOMPARE(result.isValid(), kind.startsWith("valid"));
        QCOMPARE(document.isDebugMode(),
                 kind == "valid-debug" || (document.isDebugMode() && !kind.startsWith("valid")));
        options.time = CheckTime::now; // all have expired
        QVERIFY(!verify(document, options).isValid() || kind == "customroot");
        if (kind != "customroot")
            return;
        // Good in itself: only the root makes the difference, and the one in the document is no reason to
        // trust it.
        options.roots = {{"theirs", {}, document.cabundle[0].bytes}};
        options.roots[0].sha256 =
            QCryptographicHash::hash(document.cabundle[0].bytes, QCryptographicHash::Sha256);
        options.time = CheckTime::document;
        QVERIFY(verify(document, options).isValid());
    }

    void openssl_comesToTheSameConclusion_data() { addSamples(); }

    void openssl_comesToTheSameConclusion() {
        NITROSCOPE_REQUIRE_SAMPLES(samples);
        NITROSCOPE_REQUIRE_OPENSSL_CLI();
        QFETCH(QString, path);
        QFETCH(QString, kind);
        const QByteArray bytes = read(path);
        const Document document = decode(bytes);
        QTemporaryDir folder;
        const auto write = [&](const char *name, const QByteArray &content) {
            return writeFile(folder.filePath(name), content);
        };
        QByteArray middle;
        for (size_t i = 1; i < document.cabundle.size(); ++i)
            middle += toPem(document.cabundle[i].bytes);
        const QString leaf = write("leaf.pem", toPem(document.certificate->bytes));
        QStringList arguments{"verify", "-attime", QString::number(*document.timestampMs / 1000), "-CAfile",
                              samples->filePath("attestation/roots/aws-root-g1.pem")};
        if (!middle.isEmpty())
            arguments << "-untrusted" << write("middle.pem", middle);
        const bool isChainGood = openssl(arguments << leaf).good;

        const CliResult key = openssl({"x509", "-in", leaf, "-noout", "-pubkey"});
        // Built by hand: array of 4, "Signature1", the header, nothing, the payload.
        const QByteArray length = QByteArray::number(0x10000 + document.payload->bytes.size(), 16).right(4);
        const QByteArray message = QByteArray::fromHex("846a") + "Signature1" +
                                   QByteArray::fromHex("44a10138224059" + length) + document.payload->bytes;
        const QByteArray numbers =
            derNumber(document.signature->bytes.left(48)) + derNumber(document.signature->bytes.mid(48));
        const bool isSignatureGood =
            key.good && openssl({"dgst", "-sha384", "-verify", write("key.pem", key.output), "-signature",
                                 write("sig.der", '\x30' + QByteArray(1, char(numbers.size())) + numbers),
                                 write("message", message)})
                            .good;
        QCOMPARE(isSignatureGood, kind.startsWith("valid") || kind == "customroot");

        VerifyOptions options;
        options.time = CheckTime::document;
        QCOMPARE(verify(document, options).isValid(), isChainGood && isSignatureGood);
    }
};

QTEST_GUILESS_MAIN(TestAttestationSamples)
#include "tst_attestation_samples.moc"
