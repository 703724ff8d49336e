// SPDX-License-Identifier: GPL-2.0-or-later
//
// How nitro-cli's commands tell errors: code, name and exit code are those of nitro-cli 1.5. Enclaves run with fake_qemu.
#include "command.hpp"
#include "tests/unit/launch/eif_maker.hpp"

#include <memory>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QtTest>

using namespace nitroscope::tests;
using namespace nitroscope::test;

class TestNitroErrors : public QObject {
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
    static int start(const QString &eif) {
        return runCommand({"run-enclave", "--eif-path", eif, "--memory", "256"}).exitCode;
    }

private slots:
    void initTestCase() {
        qputenv("XDG_RUNTIME_DIR", m_folder.path().toLocal8Bit());
        qputenv("NITROSCOPE_FAKE_QEMU", "boot");
        write("plain.eif", makeEif(usualSections()));
    }

    void cleanup() { QCOMPARE(runCommand({"terminate-enclave", "--all"}).exitCode, 0); }

    void error_ofEachKind_isToldAsNitroCliTellsIt_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<int>("code");
        QTest::addColumn<QByteArray>("told");
        const auto row = [](const char *name, const QStringList &arguments, int code, const char *told) {
            QTest::newRow(name) << arguments << code << QByteArray(told);
        };
        const QString nothing = path("nothing"), text = write("text", "no image");
        row("describe-eif, no file", {"describe-eif", "--eif-path", nothing}, 35, "EIF file parsing error.");
        row("describe-eif, no EIF", {"describe-eif", "--eif-path", text}, 35, "EIF file parsing error.");
        row("pcr", {"pcr", "--input", nothing}, 19, "File operation failure.");
        row("sign-eif",
            {"sign-eif", "--eif-path", path("plain.eif"), "--signing-certificate", nothing, "--private-key",
             nothing},
            60, "Signing error.");
        row("build-enclave, Docker", {"build-enclave", "--docker-uri", "app:1", "--output-file", nothing}, 50,
            "Docker image pull error.");
        row("build-enclave, Dockerfile",
            {"build-enclave", "--docker-uri", "app:1", "--docker-dir", ".", "--output-file", nothing}, 49,
            "Docker image build error.");
        row("build-enclave, no kernel",
            {"build-enclave", "--kernel", nothing, "--cmdline", "x", "--ramdisk", text, "--output-file",
             path("none.eif")},
            48, "EIF building error.");
        row("console, no such id", {"console", "--enclave-id", "i-0-enc1"}, 11, "Socket error.");
        row("console, no such name", {"console", "--enclave-name", "x"}, 58, "Naming error.");
        row("terminate-enclave, no such id", {"terminate-enclave", "--enclave-id", "i-0-enc1"}, 11,
            "Socket error.");
        row("run-enclave, no configuration", {"run-enclave", "--config", nothing}, 19,
            "File operation failure.");
        row("run-enclave, no JSON", {"run-enclave", "--config", text}, 17, "Serde error.");
    }

    void error_ofEachKind_isToldAsNitroCliTellsIt() {
        QFETCH(QStringList, arguments);
        QFETCH(int, code);
        QFETCH(QByteArray, told);
        const auto result = runCommand(arguments);
        QCOMPARE(result.exitCode, code);
        QVERIFY(result.output.isEmpty());
        const QByteArray line = "[ E" + QByteArray::number(code).rightJustified(2, '0') + " ] " + told;
        QVERIFY2(('\n' + result.error).contains('\n' + line), result.error);
    }

    void error_names_areNitroClis() {
        const QByteArrayList names{"Unspecified error",
                                   "Missing mandatory argument",
                                   "Conflicting arguments",
                                   "Invalid argument provided",
                                   "Socket pair creation failure",
                                   "Process spawn failure",
                                   "Daemonize process failure",
                                   "Read from disk failure",
                                   "Unusable connection error",
                                   "Socket close error",
                                   "Socket connect set timeout error",
                                   "Socket error",
                                   "Epoll error",
                                   "Inotify error",
                                   "Invalid command",
                                   "Lock acquire failure",
                                   "Thread join failure",
                                   "Serde error",
                                   "File permissions error",
                                   "File operation failure",
                                   "Invalid CPU configuration",
                                   "No such CPU available in the pool",
                                   "Insufficient CPUs available in the pool",
                                   "Malformed CPU ID error",
                                   "CPU error",
                                   "No such hugepage flag error",
                                   "Insufficient memory requested",
                                   "Insufficient memory available",
                                   "Invalid enclave descriptor",
                                   "Ioctl failure",
                                   "Ioctl image get load info failure",
                                   "Ioctl set memory region failure",
                                   "Ioctl add vCPU failure",
                                   "Ioctl start enclave failure",
                                   "Memory overflow",
                                   "EIF file parsing error",
                                   "Enclave boot failure",
                                   "Enclave event wait error",
                                   "Enclave process command not executed error",
                                   "Enclave process connection failure",
                                   "Socket path not found",
                                   "Enclave process send reply failure",
                                   "Enclave mmap error",
                                   "Enclave munmap error",
                                   "Enclave console connection failure",
                                   "Enclave console read error",
                                   "Enclave console write output error",
                                   "Integer parsing error",
                                   "EIF building error",
                                   "Docker image build error",
                                   "Docker image pull error",
                                   "Artifacts path environment variable not set",
                                   "Blobs path environment variable not set",
                                   "Clock skew error",
                                   "Signal masking error",
                                   "Signal unmasking error",
                                   "Logger error",
                                   "Hasher error",
                                   "Naming error",
                                   "EIF signature checker error",
                                   "Signing error"};
        for (qsizetype i = 0; i < names.size(); ++i) {
            const auto result = runCommand({"explain", "--error-code", QString::number(i), "--json"});
            QCOMPARE(QJsonDocument::fromJson(result.output)["Name"].toString().toUtf8(), names[i]);
        }
    }

    void describeEnclaves_metadataThatNitroCliDoesNotPrint_areItsErrors_data() {
        QTest::addColumn<QByteArray>("metadata");
        QTest::addColumn<QByteArray>("code");
        QTest::newRow("custom metadata that are no object")
            << QByteArray(usualSections()[2].data).replace("Metadata\":null", "Metadata\":[1]")
            << QByteArray("[ E17 ] ");
        QTest::newRow("no names") << QByteArray("{}") << QByteArray("[ E35 ] ");
    }

    void describeEnclaves_metadataThatNitroCliDoesNotPrint_areItsErrors() {
        QFETCH(QByteArray, metadata);
        QFETCH(QByteArray, code);
        QCOMPARE(start(image("bad.eif", metadata)), 0);
        QCOMPARE(start(path("plain.eif")), 0);
        QCOMPARE(runCommand({"describe-enclaves"}).exitCode, 0);
        const auto result = runCommand({"describe-enclaves", "--metadata"});
        QCOMPARE(result.exitCode, 39);
        QVERIFY2(result.error.startsWith(code) && result.error.contains("\n[ E39 ] "), result.error);
        // What runs is listed all the same.
        const QJsonArray list = QJsonDocument::fromJson(result.output).array();
        QCOMPARE(list.size(), 2);
        QVERIFY(!list[0].toObject().contains(u"Metadata"));
        QVERIFY(list[1].toObject().contains(u"Metadata"));
    }

    void signEif_expiredCertificate_isDoneWithAWarning() {
        const Key key = makeKey(KeyKind::p384);
        const std::unique_ptr<BIO, decltype(&BIO_free)> pem(BIO_new(BIO_s_mem()), BIO_free);
        QCOMPARE(PEM_write_bio_PrivateKey(pem.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr), 1);
        char *bytes = nullptr;
        const long size = BIO_get_mem_data(pem.get(), &bytes);
        const QString keyFile = write("key.pem", QByteArray(bytes, size)),
                      certificate =
                          write("expired.pem", makeCertificatePem(key.get(), 1'600'000'000, 1'600'086'400)),
                      eif = image("expired.eif", usualSections()[2].data);
        const auto result = runCommand(
            {"sign-eif", "--eif-path", eif, "--signing-certificate", certificate, "--private-key", keyFile});
        QVERIFY2(result.exitCode == 0, result.error);
        QVERIFY2(result.error.contains("No enclave starts from this image now."), result.error);
        // As lint has it: nitro-cli's run-enclave looks at the dates, the hypervisor has other codes.
        const QByteArray lint = runCommand({"eif", "lint", eif}).output;
        QVERIFY2(lint.contains("certificate-expired") && lint.contains("E59") && lint.contains("E36"), lint);
    }

    void signEif_metadataThatNitroCliDoesNotRead_isE35AndLeavesTheFile() {
        const QString eif = image("bad.eif", "{}");
        const auto contentOf = [&] {
            QFile file(eif);
            return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
        };
        const QByteArray before = contentOf();
        const auto result = runCommand(
            {"sign-eif", "--eif-path", eif, "--signing-certificate", "unread", "--private-key", "unread"});
        QCOMPARE(result.exitCode, 35);
        QCOMPARE(contentOf(), before);
    }
};

QTEST_GUILESS_MAIN(TestNitroErrors)
#include "tst_nitro_errors.moc"
