// SPDX-License-Identifier: GPL-2.0-or-later
//
// nitroscope-cli pki, in a home of its own.
#include "command.hpp"
#include "tests/unit/nsm/openssl_cli.hpp"

#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QtTest>

using namespace nitroscope::tests;

class TestCliPki : public QObject {
    Q_OBJECT
    QTemporaryDir m_folder;

    QString rootFile() const { return m_folder.filePath("nitroscope/pki/root.pem"); }
    QByteArray content(const QString &path) const {
        QFile file(path);
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }

private slots:
    void init() {
        qputenv("XDG_DATA_HOME", m_folder.path().toUtf8());
        QFile::remove(rootFile());
    }

    void show_withoutRoot_saysHowToGetOneAndMakesNone() {
        const auto result = runCommand({"pki", "show"});
        QCOMPARE(result.exitCode, 1);
        QCOMPARE(result.output, QByteArray());
        QVERIFY2(result.error.contains("pki export"), result.error);
        QVERIFY(!QFileInfo::exists(rootFile()));
    }

    void export_writesTheCertificateAndNeverTheKey() {
        const auto result = runCommand({"pki", "export"});
        QCOMPARE(result.exitCode, 0);
        QVERIFY(result.output.startsWith("-----BEGIN CERTIFICATE-----\n"));
        QVERIFY(!result.output.contains("PRIVATE KEY"));
        QVERIFY(content(rootFile()).contains("PRIVATE KEY"));
        QCOMPARE(QFileInfo(rootFile()).permissions() & QFile::Permissions(0x77), QFile::Permissions());
        const QString copy = m_folder.filePath("root-copy.pem");
        QCOMPARE(runCommand({"pki", "export", copy}).exitCode, 0);
        QCOMPARE(content(copy), result.output);
        QCOMPARE(runCommand({"pki", "export", m_folder.filePath("no/such/folder")}).exitCode, 1);
    }

    void export_asJson_hasTheCertificate() {
        const auto result = runCommand({"pki", "export", "--json"});
        QCOMPARE(result.exitCode, 0);
        const QJsonObject root = QJsonDocument::fromJson(result.output).object();
        QCOMPARE(root["Certificate"].toString().toLatin1(), runCommand({"pki", "export"}).output);
        const QString copy = m_folder.filePath("json-copy.pem");
        QCOMPARE(runCommand({"pki", "export", copy, "--json"}).output, result.output);
        QVERIFY(content(copy).startsWith("-----BEGIN CERTIFICATE-----"));
    }

    void show_agreesWithOpenssl() {
        NITROSCOPE_REQUIRE_OPENSSL_CLI();
        runCommand({"pki", "export"});
        const auto text = runCommand({"pki", "show"});
        QCOMPARE(text.exitCode, 0);
        QVERIFY2(text.output.contains("CN=aws.nitro-enclaves"), text.output);
        const auto result = runCommand({"pki", "show", "--json"});
        const QJsonObject root = QJsonDocument::fromJson(result.output).object();
        const auto ask = [&](const QStringList &what) {
            const auto answer =
                nitroscope::test::openssl(QStringList{"x509", "-noout", "-in", rootFile()} + what);
            return QString::fromUtf8(answer.output).section('=', 1).trimmed();
        };
        QCOMPARE(root["Sha256"].toString(), ask({"-fingerprint", "-sha256"}).remove(':').toLower());
        QCOMPARE(root["SerialNumber"].toString().toUpper(), ask({"-serial"}));
        QCOMPARE(root["NotAfter"].toString(), ask({"-enddate", "-dateopt", "iso_8601"}).replace(' ', 'T'));
        QCOMPARE(root["File"].toString(), rootFile());
        QVERIFY(text.output.contains(root["Sha256"].toString().toLatin1()));
        QVERIFY(!result.output.contains("PRIVATE KEY"));
    }

    void renew_putsAnotherRootInPlace() {
        const QByteArray first = runCommand({"pki", "export"}).output;
        const auto renewed = runCommand({"pki", "renew", "--json"});
        QCOMPARE(renewed.exitCode, 0);
        const QByteArray second = runCommand({"pki", "export"}).output;
        QVERIFY(second != first);
        QCOMPARE(QJsonDocument::fromJson(renewed.output).object()["Certificate"].toString().toLatin1(),
                 second);
        QCOMPARE(QFileInfo(rootFile()).permissions() & QFile::Permissions(0x77), QFile::Permissions());
    }

    void keyOthersCanRead_isRefused() {
        runCommand({"pki", "export"});
        QFile::setPermissions(rootFile(), QFile::ReadOwner | QFile::ReadOther);
        for (const char *command : {"show", "export"}) {
            const auto result = runCommand({"pki", command});
            QCOMPARE(result.exitCode, 1);
            QVERIFY2(result.error.contains("chmod 600"), result.error);
        }
        QCOMPARE(runCommand({"pki", "renew"}).exitCode, 0);
        QCOMPARE(runCommand({"pki", "show"}).exitCode, 0);
    }

    void directory_isAnotherRoot() {
        const QString other = m_folder.filePath("other");
        QCOMPARE(runCommand({"pki", "export", "--directory", other}).exitCode, 0);
        QVERIFY(QFileInfo::exists(other + "/root.pem"));
        QVERIFY(!QFileInfo::exists(rootFile()));
    }
};

QTEST_GUILESS_MAIN(TestCliPki)
#include "tst_cli_pki.moc"
