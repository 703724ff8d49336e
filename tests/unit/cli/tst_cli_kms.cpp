// SPDX-License-Identifier: GPL-2.0-or-later
//
// nitroscope-cli kms: decisions over policies, lint, guarded policies of
// images, envelopes.
#include "app/kms/envelope/envelope.hpp"
#include "command.hpp"
#include "tests/support/documents/document_maker.hpp"
#include "tests/unit/kms/rsa_keys.hpp"
#include "tests/unit/nsm/openssl_cli.hpp"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>
#include <QStandardPaths>
#include <QTemporaryDir>

using namespace nitroscope;
using namespace nitroscope::test;
using namespace nitroscope::tests;
using namespace Qt::Literals::StringLiterals;

namespace {

constexpr auto roleArn = "arn:aws:iam::111122223333:role/enclave";

} // namespace

class TestCliKms : public QObject {
    Q_OBJECT
    QTemporaryDir m_folder;

    QString write(const QString &name, const QByteArray &content) const {
        return writeFile(m_folder.filePath(name), content);
    }
    QString image() const { return write("image.eif", makeEif(usualSections())); }
    static QJsonObject json(const CommandResult &result) {
        return QJsonDocument::fromJson(result.output).object();
    }

private slots:
    void policy_ofAnImage_letsThatImageInAndNoOther() {
        const CommandResult made = runCommand({"kms", "policy", image(), "--role", roleArn});
        QVERIFY2(made.exitCode == 0, made.error);
        const QString policy = write("policy.json", made.output);
        const QStringList simulate{"kms",   "simulate", "--policy", policy,  "--role",
                                   roleArn, "--action", "Decrypt",  "--json"};
        const CommandResult allowed = runCommand(simulate + QStringList{"--eif", image()});
        QVERIFY2(allowed.exitCode == 0, allowed.output + allowed.error);
        QCOMPARE(json(allowed)["Verdict"].toString(), QString("allowed"));
        const CommandResult debug = runCommand(simulate + QStringList{"--eif", image(), "--debug-mode"});
        QCOMPARE(debug.exitCode, 1);
        QVERIFY(debug.output.contains("debug mode"));
        QCOMPARE(json(debug)["Statements"].toArray()[1].toObject()["Differs"].toString(),
                 QString("condition"));
        QCOMPARE(runCommand(simulate).exitCode, 1);
        QCOMPARE(runCommand({"kms", "lint", policy}).exitCode, 0);
    }

    void policy_bySigner_needsASignedImage() {
        const CommandResult result = runCommand({"kms", "policy", image(), "--by-signer"});
        QCOMPARE(result.exitCode, 1);
        QVERIFY(result.error.contains("not signed"));
    }

    void simulate_document_isVerifiedUnderTheRoot() {
        DocumentMaker maker;
        const QString document = write("document.bin", maker.document()),
                      root = write("root.der", maker.rootDer());
        const QString policy = write(
            "document.json", QByteArray("{\"Statement\": {\"Effect\": \"Allow\", \"Principal\": \"*\", "
                                        "\"Action\": \"kms:Decrypt\", \"Resource\": \"*\", \"Condition\": "
                                        "{\"StringEquals\": {\"kms:RecipientAttestation:PCR1\": \"") +
                                 QByteArray(48, 'b').toHex() + "\"}}}}");
        const QStringList simulate{"kms",   "simulate", "--policy", policy,       "--role",
                                   roleArn, "--action", "decrypt",  "--document", document};
        const CommandResult allowed = runCommand(simulate + QStringList{"--root", root});
        QVERIFY2(allowed.exitCode == 0, allowed.output + allowed.error);
        QVERIFY(allowed.output.contains("(document, PCR1)"));
        QVERIFY(allowed.output.contains("Not looked at: "));
        const CommandResult distrusted = runCommand(simulate + QStringList{"--root", "aws"});
        QCOMPARE(distrusted.exitCode, 1);
        QVERIFY(distrusted.output.contains("The document is not valid"));
    }

    void simulate_whatIsNoPolicy_isUnreadable() {
        const QString bad = write("bad.json", "{\n \"Statement\": [}");
        const CommandResult result = runCommand({"kms", "simulate", "--policy", bad, "--action", "Decrypt"});
        QCOMPARE(result.exitCode, 2);
        QVERIFY2(result.error.contains("line 2, column "), result.error);
        QCOMPARE(runCommand({"kms", "simulate", "--policy", "/nowhere", "--action", "Decrypt"}).exitCode, 2);
        const CommandResult action = runCommand({"kms", "simulate", "--policy", bad, "--action", "Decript"});
        QCOMPARE(action.exitCode, 1);
        QVERIFY2(action.error.contains("did you mean Decrypt?"), action.error);
    }

    void lint_findings_haveTheirCodes() {
        const QString policy = write("lint.json", "{\"Statement\": {\"Effect\": \"Deny\", \"Principal\": "
                                                  "\"*\", \"Action\": \"kms:*\", \"Resource\": \"*\", "
                                                  "\"Condition\": {\"Null\": {\"kms:RecipientAttestation\": "
                                                  "\"true\"}}}}");
        const CommandResult result = runCommand({"kms", "lint", policy, "--json"});
        QCOMPARE(result.exitCode, 1);
        QVERIFY(result.output.contains("unknown-condition-key"));
        QVERIFY(json(result)["Errors"].toInt() >= 1);
        QCOMPARE(runCommand({"kms", "lint", "/nowhere"}).exitCode, 2);
    }

    void envelope_isShownAndOpened() {
        const QByteArray envelope = kms::sealEnvelope("secret", rsa2048().publicDer).value();
        const QString file = write("answer.json",
                                   "{\"CiphertextForRecipient\": \"" + envelope.toBase64() + "\"}"),
                      key = write("key.der", rsa2048().privateDer);
        const CommandResult shown = runCommand({"kms", "show", file});
        QCOMPARE(shown.exitCode, 0);
        QVERIFY(shown.output.contains("subjectKeyIdentifier") && shown.output.contains("chunk 0"));
        QVERIFY(json(runCommand({"kms", "show", file, "--json"}))["Readable"].toBool());
        QCOMPARE(runCommand({"kms", "unwrap", file, "--key", key}).output, QByteArray("secret"));
        const QString output = m_folder.filePath("plain.bin");
        QCOMPARE(runCommand({"kms", "unwrap", file, "--key", key, "--output", output}).exitCode, 0);
        QCOMPARE(QFileInfo(output).permissions() & QFile::Permissions(0x77), QFile::Permissions());
        const CommandResult other =
            runCommand({"kms", "unwrap", file, "--key", write("other.der", makeRsaKey(2048).privateDer)});
        QCOMPARE(other.exitCode, 1);
        QVERIFY(other.error.contains("is for the key"));
        QCOMPARE(runCommand({"kms", "show", write("cut.ber", envelope.first(100))}).exitCode, 2);
    }

    void envelope_isOpenedByTheOpensslCommand() {
        NITROSCOPE_REQUIRE_OPENSSL_CLI();
        const QString file = write("sealed.ber",
                                   kms::sealEnvelope(QByteArray(3000, 'x'), rsa2048().publicDer).value()),
                      key = write("judge.der", rsa2048().privateDer);
        const CliResult opened = openssl(
            {"cms", "-decrypt", "-binary", "-inform", "DER", "-in", file, "-inkey", key, "-keyform", "DER"});
        QVERIFY2(opened.good, opened.output);
        QCOMPARE(opened.output, QByteArray(3000, 'x'));
    }

    // curl judges both: it signs by itself, and knows only the root that `kms ca
    // export` wrote.
    void serve_curlWithItsOwnSignature_isAnswered() {
        if (QStandardPaths::findExecutable(u"curl"_s).isEmpty())
            QSKIP("no curl on this computer to judge");
        const QString folder = m_folder.filePath("kms"), root = m_folder.filePath("root.pem");
        QCOMPARE(runCommand({"kms", "ca", "export", root, "--folder", folder}).exitCode, 0);
        const QString policy =
            write("app-key.json", "{\"Statement\": {\"Effect\": \"Allow\", \"Principal\": {\"AWS\": "
                                  "\"111122223333\"}, \"Action\": \"kms:*\", \"Resource\": \"*\"}}");
        QProcess server;
        startCommand(server, {"kms", "serve", "--folder", folder, "--seed", policy, "--port", "0",
                              "--http-port", "0", "--cloudtrail", m_folder.filePath("trail.json")});
        QByteArray said;
        const QRegularExpression shape(u"https://127.0.0.1:([0-9]+)[^\n]*\n[^$]*alias/app-key is "_s);
        QTRY_VERIFY_WITH_TIMEOUT(
            (said += server.readAllStandardError(), shape.match(QString::fromUtf8(said)).hasMatch()), 60'000);
        const QString port = shape.match(QString::fromUtf8(said)).captured(1);
        const auto call = [&](const QString &operation, const QString &body, const QString &secret) {
            QProcess curl;
            curl.start(u"curl"_s, {"-s", "-S", "--max-time", "60", "--cacert", root, "--aws-sigv4",
                                   "aws:amz:us-east-1:kms", "--user", "test:" + secret, "-H",
                                   "Content-Type: application/x-amz-json-1.1", "-H",
                                   "X-Amz-Target: TrentService." + operation, "-d", body,
                                   "https://localhost:" + port + "/"});
            const CommandResult result = finishCommand(curl);
            return result.exitCode == 0 ? result.output : "curl: " + result.error;
        };
        const QByteArray made =
            call("GenerateDataKey", "{\"KeyId\": \"alias/app-key\", \"KeySpec\": \"AES_256\"}", "test");
        const QJsonObject key = QJsonDocument::fromJson(made).object();
        QVERIFY2(key.contains("Plaintext"), made);
        const QByteArray opened =
            call("Decrypt", "{\"CiphertextBlob\": \"" + key["CiphertextBlob"].toString() + "\"}", "test");
        QCOMPARE(QJsonDocument::fromJson(opened).object()["Plaintext"], key["Plaintext"]);
        const QByteArray refused = call("ListKeys", "{}", "wrong");
        QVERIFY2(refused.contains("InvalidSignatureException"), refused);
        server.terminate();
        const CommandResult result = finishCommand(server);
        QCOMPARE(result.exitCode, 0);
        QVERIFY(result.output.contains("Allowed by statement 1 of key policy together "
                                       "with statement 1 of identity policy"));
        QVERIFY(!result.output.contains(key["Plaintext"].toString().toLatin1()));
        QFile trail(m_folder.filePath("trail.json"));
        QVERIFY(trail.open(QIODevice::ReadOnly));
        const QByteArray events = trail.readAll();
        QCOMPARE(events.count('\n'),
                 2); // who could not be known is in nobody's trail
        QVERIFY(!events.contains(key["Plaintext"].toString().toLatin1()));
    }

    // AWS's own command judges the metadata service and the KMS: it has no
    // credentials but those that it is handed out.
    void serve_awsCliWithCredentialsOfTheMetadataService_isAnswered() {
        if (QStandardPaths::findExecutable(u"aws"_s).isEmpty())
            QSKIP("no aws on this computer to judge");
        const QString policy =
            write("aws-key.json", "{\"Statement\": {\"Effect\": \"Allow\", \"Principal\": {\"AWS\": "
                                  "\"111122223333\"}, \"Action\": \"kms:*\", \"Resource\": \"*\"}}");
        QProcess server;
        startCommand(server, {"kms", "serve", "--folder", m_folder.filePath("kms"), "--seed", policy,
                              "--port", "0", "--http-port", "0", "--imds-port", "0", "--role", roleArn});
        QByteArray said;
        const QRegularExpression shape(
            u"and http://127.0.0.1:([0-9]+)\n[^$]*is at http://127.0.0.1:([0-9]+)[^$]*alias/aws-key is "_s);
        QTRY_VERIFY_WITH_TIMEOUT(
            (said += server.readAllStandardError(), shape.match(QString::fromUtf8(said)).hasMatch()), 60'000);
        const auto ports = shape.match(QString::fromUtf8(said));
        QProcessEnvironment environment;
        environment.insert("PATH", qEnvironmentVariable("PATH"));
        environment.insert("HOME", m_folder.path());
        environment.insert("AWS_DEFAULT_REGION", "us-east-1");
        environment.insert("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:" + ports.captured(2));
        const auto aws = [&](const QStringList &words) {
            QProcess process;
            process.setProcessEnvironment(environment);
            process.start(u"aws"_s, QStringList{"--endpoint-url", "http://127.0.0.1:" + ports.captured(1),
                                                "--output", "json", "kms"} +
                                        words);
            return finishCommand(process);
        };
        const CommandResult made =
            aws({"generate-data-key", "--key-id", "alias/aws-key", "--key-spec", "AES_256"});
        QVERIFY2(made.exitCode == 0, made.error);
        const QString blob =
            write("aws.blob", QByteArray::fromBase64(json(made)["CiphertextBlob"].toString().toLatin1()));
        const CommandResult opened = aws({"decrypt", "--ciphertext-blob", "fileb://" + blob});
        QVERIFY2(opened.exitCode == 0, opened.error);
        QCOMPARE(json(opened)["Plaintext"], json(made)["Plaintext"]);
        const CommandResult none = aws({"describe-key", "--key-id", "alias/none"});
        QVERIFY2(none.error.contains("NotFoundException"), none.error);
        server.terminate();
        const CommandResult end = finishCommand(server);
        QVERIFY2(end.output.contains("Decrypt by arn:aws:sts::111122223333:assumed-role/enclave/"),
                 end.output);
    }
};

QTEST_GUILESS_MAIN(TestCliKms)
#include "tst_cli_kms.moc"
