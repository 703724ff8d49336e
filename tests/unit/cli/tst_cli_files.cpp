// SPDX-License-Identifier: GPL-2.0-or-later
//
// The commands that work on files: build-enclave, describe-eif, pcr.
#include "command.hpp"
#include "tests/support/kernels/bzimage_maker.hpp"

#include <QCryptographicHash>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QtTest>

using namespace nitroscope::tests;

namespace {

constexpr auto sha384 = QCryptographicHash::Sha384;

// The platform's measuring rule, written down once more: SHA384(48 zero bytes || SHA384(content)).
QString pcrOf(const QByteArray &content) {
    return QCryptographicHash::hash(QByteArray(48, '\0') + QCryptographicHash::hash(content, sha384), sha384)
        .toHex();
}

} // namespace

class TestCliFiles : public QObject {
    Q_OBJECT
    QTemporaryDir m_folder;

    QString path(const QString &name) const { return m_folder.filePath(name); }

    QString write(const QString &name, const QByteArray &content) const {
        QFile file(path(name));
        if (!file.open(QIODevice::WriteOnly) || file.write(content) != content.size())
            qFatal("cannot write %s", qPrintable(file.fileName()));
        return file.fileName();
    }

    QStringList buildArguments(const QString &output) const {
        return {"build-enclave",
                "--kernel",
                path("kernel"),
                "--cmdline",
                "console=ttyS0 reboot=k",
                "--ramdisk",
                path("ramdisk0"),
                "--ramdisk",
                path("ramdisk1"),
                "--name",
                "test",
                "--version",
                "7",
                "--output-file",
                output};
    }

private slots:
    // An ELF file for i386 whose program is exit(0); whether this computer runs it or not, it is told what it cannot do.
    void parent_programOfAnotherArchitecture_isTold() {
        constexpr char code[] = "\xb8\x01\x00\x00\x00\x31\xdb\xcd\x80"; // mov eax, 1; xor ebx, ebx; int 0x80
        const QByteArray header =
            QByteArray::fromHex("7f454c46010101000000000000000000" // ELF, 32 bits
                                "02000300010000005480040834000000" // EXEC, 386, at 0x8048054
                                "00000000000000003400200001000000"
                                "00000000");
        const QByteArray segment = QByteArray::fromHex("0100000000000000008004080080040"
                                                       "85d0000005d0000000500000000100000");
        const QString program = write("program32", header + segment + QByteArray(code, sizeof code - 1));
        QVERIFY(QFile::setPermissions(program, QFile::ReadOwner | QFile::ExeOwner));
        const CommandResult result = runCommand({"parent", "--vsock", path("vsock"), program});
        QVERIFY2(result.error.contains("of another architecture"), result.error);
        QVERIFY2(result.error.contains("nitroscope-cli proxy"), result.error);
    }

    // Qt keeps names as text, so that this one would come back as another.
    void name_thatIsNotUtf8_isRefusedInWords() {
        const QByteArray command = qgetenv("NITROSCOPE_CLI");
        QProcess shell;
        shell.start(
            "sh", {"-c", "exec \"$0\" describe-eif --eif-path \"$(printf '/tmp/lat\\351/e.eif')\"", command});
        const auto result = finishCommand(shell);
        QCOMPARE(result.exitCode, 2);
        QVERIFY2(result.error.contains("'/tmp/lat\\xe9/e.eif': a name that is not UTF-8"), result.error);
    }

    void initTestCase() {
        qputenv("SOURCE_DATE_EPOCH", "0");
        write("kernel", nitroscope::test::makeBzImage({.bytes = 4096}));
        write("ramdisk0", QByteArray(1000, '0'));
        write("ramdisk1", QByteArray(2000, '1'));
    }

    void pcr_input_isMeasured() {
        const auto result = runCommand({"pcr", "--input", write("content", "some content")});
        QCOMPARE(result.exitCode, 0);
        QCOMPARE(QJsonDocument::fromJson(result.output).object()["PCR"].toString(), pcrOf("some content"));
    }

    void pcr_unreadable_exitsWithItsCode() {
        QCOMPARE(runCommand({"pcr", "--input", "/no/such/file"}).exitCode, 19);
        QCOMPARE(runCommand({"pcr", "--input", m_folder.path()}).exitCode, 19);
        QCOMPARE(runCommand({"pcr", "--signing-certificate", path("kernel")}).exitCode, 57);
        QCOMPARE(runCommand({"pcr"}).exitCode, 2);
    }

    void buildEnclave_parts_areMeasuredAndDescribed() {
        const auto built = runCommand(buildArguments(path("built.eif")));
        QVERIFY2(built.exitCode == 0, built.error);
        const auto measurements = QJsonDocument::fromJson(built.output).object()["Measurements"].toObject();
        QFile kernel(path("kernel"));
        QVERIFY(kernel.open(QIODevice::ReadOnly));
        const QByteArray boot = kernel.readAll() + "console=ttyS0 reboot=k" + QByteArray(1000, '0');
        QCOMPARE(measurements["PCR0"].toString(), pcrOf(boot + QByteArray(2000, '1')));
        QCOMPARE(measurements["PCR1"].toString(), pcrOf(boot));
        QCOMPARE(measurements["PCR2"].toString(), pcrOf(QByteArray(2000, '1')));
        QCOMPARE(measurements["HashAlgorithm"].toString(), QString("Sha384 { ... }"));

        const auto described = runCommand({"describe-eif", "--eif-path", path("built.eif")});
        QVERIFY2(described.exitCode == 0, described.error);
        const auto description = QJsonDocument::fromJson(described.output).object();
        QCOMPARE(description["Measurements"].toObject(), measurements);
        QVERIFY(description["CheckCRC"].toBool());
        QCOMPARE(description["ImageName"].toString(), QString("test"));
        QCOMPARE(description["ImageVersion"].toString(), QString("7"));
    }

    void buildEnclave_twice_givesTheSameBytes() {
        QFile first(path("first.eif")), second(path("second.eif"));
        QCOMPARE(runCommand(buildArguments(first.fileName())).exitCode, 0);
        QCOMPARE(runCommand(buildArguments(second.fileName())).exitCode, 0);
        QVERIFY(first.open(QIODevice::ReadOnly) && second.open(QIODevice::ReadOnly));
        QCOMPARE(first.readAll(), second.readAll());
    }

    void buildEnclave_metadata_isTakenOver() {
        auto arguments = buildArguments(path("meta.eif"));
        const auto result = runCommand(arguments << "--metadata" << write("meta.json", R"({"Owner": "me"})"));
        QVERIFY2(result.exitCode == 0, result.error);
        QVERIFY(runCommand({"describe-eif", "--eif-path", path("meta.eif")})
                    .output.contains("\"Owner\": \"me\""));
    }

    void buildEnclave_badInput_exitsWithItsCodeAndWritesNothing_data() {
        QTest::addColumn<QStringList>("replaced"); // option, value
        QTest::addColumn<int>("exitCode");
        QTest::newRow("no kernel") << QStringList{"--kernel", "/no/such/kernel"} << 48;
        QTest::newRow("no ramdisk") << QStringList{"--ramdisk", "/no/such/ramdisk"} << 48;
        QTest::newRow("kernel is a folder") << QStringList{"--kernel", "/"} << 48;
        QTest::newRow("metadata is no JSON") << QStringList{"--metadata", path("kernel")} << 48;
        QTest::newRow("metadata is missing") << QStringList{"--metadata", "/no/such/file"} << 48;
        QTest::newRow("output has no folder") << QStringList{"--output-file", "/no/such/folder/x.eif"} << 19;
        QTest::newRow("Docker image") << QStringList{"--docker-uri", "hello-world:latest"} << 50;
        QTest::newRow("Dockerfile") << QStringList{"--docker-dir", "/tmp"} << 49;
        QTest::newRow("two sources") << QStringList{"--rootfs", "/tmp"} << 2;
    }

    void buildEnclave_badInput_exitsWithItsCodeAndWritesNothing() {
        QFETCH(QStringList, replaced);
        QFETCH(int, exitCode);
        auto arguments = buildArguments(path("bad.eif"));
        const auto at = arguments.indexOf(replaced[0]);
        if (at >= 0)
            arguments[at + 1] = replaced[1];
        else
            arguments += replaced;
        const auto result = runCommand(arguments);
        QCOMPARE(result.exitCode, exitCode);
        if (exitCode > 2)
            QVERIFY2(result.error.startsWith("[ E" + QByteArray::number(exitCode) + " ] "), result.error);
        QVERIFY(!result.error.isEmpty());
        QVERIFY(result.output.isEmpty());
        QVERIFY(!QFile::exists(path("bad.eif")));
    }

    void describeEif_unusable_isE35() {
        for (const QString &file : {write("junk", "this is not an EIF"), write("empty", ""), m_folder.path(),
                                    QString("/no/such/file")}) {
            const auto result = runCommand({"describe-eif", "--eif-path", file});
            QCOMPARE(result.exitCode, 35);
            QVERIFY2(result.error.contains("[ E35 ] EIF file parsing error."), result.error);
            QVERIFY(result.output.isEmpty());
        }
    }
};

QTEST_GUILESS_MAIN(TestCliFiles)
#include "tst_cli_files.moc"
