// SPDX-License-Identifier: GPL-2.0-or-later
//
// The whole loop: an enclave whose client speaks kmstool's protocol over TLS and vsock, the KMS of `run-enclave --kms` beside it, and a key
// whose policy asks for the enclave's measurement. OpenSSL in the enclave opens what KMS answers.
#include "tests/boot/support/guest.hpp"
#include "tests/boot/support/init_image.hpp"
#include "tests/unit/cli/command.hpp"

#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>

using namespace nitroscope::test;
using namespace nitroscope::tests;
using namespace Qt::Literals::StringLiterals;

namespace {

constexpr int patienceMs = 240'000;
constexpr auto roleArn = "arn:aws:iam::111122223333:role/parent";
const QString program = QStringLiteral(NITROSCOPE_BINARY_DIR "/demo/guest/kms_client");

QByteArray contentOf(const QString &path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

CommandResult runLong(const QStringList &arguments) {
    QProcess process;
    startCommand(process, arguments);
    process.closeWriteChannel();
    process.waitForFinished(patienceMs);
    return finishCommand(process);
}

} // namespace

class EnclaveKms : public QObject {
    Q_OBJECT
    QTemporaryDir m_folder;
    QString m_image;
    QByteArray m_pcr0;

    QString kmsFolder() const { return m_folder.filePath(u"kms"_s); }
    // Encrypt is for the account, Decrypt for whoever has that PCR 0.
    QString policyFor(const QByteArray &pcr0) const {
        const QString path = m_folder.filePath(u"app-key.json"_s);
        QFile file(path);
        QByteArray policy =
            "{'Statement': [{'Effect': 'Allow', 'Principal': {'AWS': '111122223333'}, 'Action': 'kms:Encrypt', "
            "'Resource': '*'}, {'Effect': 'Allow', 'Principal': {'AWS': '" +
            QByteArray(roleArn) +
            "'}, 'Action': 'kms:Decrypt', 'Resource': '*', 'Condition': {'StringEqualsIgnoreCase': "
            "{'kms:RecipientAttestation:ImageSha384': '" +
            pcr0 + "'}}}]}";
        policy.replace('\'', '"');
        if (!file.open(QIODevice::WriteOnly) || file.write(policy) != policy.size())
            qFatal("cannot write the policy");
        return path;
    }
    CommandResult run(const QString &policy, const QStringList &more = {}) const {
        return runLong(QStringList{u"run-enclave"_s, u"--eif-path"_s, m_image, u"--attach-console"_s,
                                   u"--parent-role"_s, QString::fromLatin1(roleArn), u"--kms"_s, policy,
                                   u"--kms-folder"_s, kmsFolder(), u"--timeout"_s, u"200"_s} +
                       more);
    }

private slots:
    void initTestCase() {
        NITROSCOPE_REQUIRE_GUEST();
        if (!QFile::exists(program))
            QSKIP("kms_client is built only with a static OpenSSL");
        qputenv("XDG_RUNTIME_DIR", m_folder.path().toLocal8Bit());
        qputenv("XDG_DATA_HOME", m_folder.filePath(u"data"_s).toLocal8Bit());
        const QString root = m_folder.filePath(u"root.pem"_s);
        const CommandResult exported =
            runCommand({u"kms"_s, u"ca"_s, u"export"_s, root, u"--folder"_s, kmsFolder()});
        QVERIFY2(exported.exitCode == 0, exported.error);
        InitImage image;
        image.command = "/bin/kms-client\nalias/app-key\nattested secret\n";
        image.environment =
            "PATH=/bin\nAWS_ACCESS_KEY_ID=test\nAWS_SECRET_ACCESS_KEY=test\nAWS_REGION=us-east-1\n";
        image.programs[u"bin/kms-client"_s] = contentOf(program);
        image.files[u"etc/ssl/certs/ca-certificates.crt"_s] = contentOf(root);
        m_image = makeInitImage(image, ownInit(), m_folder.path());
        QVERIFY(!m_image.isEmpty());
        const CommandResult described = runCommand({u"describe-eif"_s, u"--eif-path"_s, m_image});
        m_pcr0 = QJsonDocument::fromJson(described.output)
                     .object()[u"Measurements"_s]
                     .toObject()[u"PCR0"_s]
                     .toString()
                     .toLatin1();
        QCOMPARE(m_pcr0.size(), 96);
    }

    void measuredImage_decryptsForItselfAlone() {
        const QString capture = m_folder.filePath(u"run.pcapng"_s);
        const CommandResult result = run(policyFor(m_pcr0), {u"--capture"_s, capture});
        QVERIFY2(result.output.contains("kms-client: decrypted \"attested secret\""),
                 result.output.right(2000) + result.error.right(4000));
        QVERIFY2(result.error.contains(
                     "KMS: Decrypt by arn:aws:sts::111122223333:assumed-role/parent/nitroscope: done"),
                 result.error);
        QVERIFY(!result.error.contains("attested secret"));
        // The calls stand behind the packets that carried them, among QEMU's own records.
        const CommandResult shown = runCommand({u"capture"_s, u"show"_s, capture, u"--json"_s});
        QVERIFY2(shown.exitCode == 0, shown.error);
        const QByteArray &lines = shown.output;
        const qsizetype request = lines.indexOf("\"kind\":\"Attestation\""),
                        call = lines.lastIndexOf("\"kms-call\"");
        QVERIFY(request > 0 && call > request);
        QCOMPARE(lines.count("\"kind\":\"kms-call\""), 2);
        // The enclave itself says its secret on the console; nothing else does.
        for (const QByteArray &line : lines.split('\n'))
            QVERIFY2(!line.contains("attested secret") || line.contains("\"interface\":\"console\""), line);
    }

    void debugMode_hasAnotherPcr0_andIsToldWhy() {
        const CommandResult result = run(policyFor(m_pcr0), {u"--debug-mode"_s});
        QVERIFY2(result.output.contains("kms-client: Decrypt failed: 400 "),
                 result.output.right(2000) + result.error.right(4000));
        QVERIFY(result.output.contains("AccessDeniedException"));
        QVERIFY2(result.error.contains("debug mode"), result.error);
        QVERIFY2(result.error.contains(m_pcr0), result.error);
    }

    // Another KMS, whose root the image does not know: by a ramdisk that is laid over its own bundle.
    void debugMode_policyOfZeros_letsItIn() {
        const QString overlay = m_folder.filePath(u"trust.cpio"_s), other = m_folder.filePath(u"other"_s);
        const CommandResult made =
            runCommand({u"kms"_s, u"trust"_s, m_image, u"--output"_s, overlay, u"--folder"_s, other});
        QCOMPARE(made.output, QByteArray("rootfs/etc/ssl/certs/ca-certificates.crt\n"));
        const CommandResult result = runLong(
            {u"run-enclave"_s, u"--eif-path"_s, m_image, u"--attach-console"_s, u"--parent-role"_s,
             QString::fromLatin1(roleArn), u"--kms"_s, policyFor(QByteArray(96, '0')), u"--kms-folder"_s,
             other, u"--initrd"_s, overlay, u"--debug-mode"_s, u"--timeout"_s, u"200"_s});
        QVERIFY2(result.output.contains("kms-client: decrypted \"attested secret\""),
                 result.output.right(2000) + result.error.right(4000));
    }
};

QTEST_GUILESS_MAIN(EnclaveKms)
#include "tst_enclave_kms.moc"
