// SPDX-License-Identifier: GPL-2.0-or-later
//
// What all commands have in common: output that does not arrive is no success, a reader that goes away ends the command
// quietly, and a hostile name reaches the terminal spelled out.
#include "command.hpp"
#include "tests/support/kernels/bzimage_maker.hpp"
#include "tests/unit/capture/sample_stream.hpp"

#include <csignal>
#include <fcntl.h>
#include <QDir>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QtTest>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace nitroscope::tests;

namespace {

// The title of the terminal, C1, direction, a line of its own, and a byte that is no UTF-8.
const QByteArray hostile = "\x1b]0;pwn\x07\xc2\x9b\xe2\x80\xae\nnitroscope-cli: forged\xff";

constexpr int killedByPipe = 128 + SIGPIPE;

// Nothing that a terminal obeys and nothing that deceives.
bool isTame(const QByteArray &bytes) {
    for (const char byte : bytes)
        if ((static_cast<unsigned char>(byte) < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7f)
            return false;
    const QString text = QString::fromUtf8(bytes);
    return text.toUtf8() == bytes && !text.contains(QChar(0x9b)) && !text.contains(QChar(0x202e)) &&
           !bytes.contains("\nnitroscope-cli: forged");
}

} // namespace

class TestCliOutput : public QObject {
    Q_OBJECT
    QTemporaryDir m_folder;

    QString path(const QString &name) const { return m_folder.filePath(name); }
    void write(const QByteArray &name, const QByteArray &content) const {
        const QByteArray file = QFile::encodeName(m_folder.path()) + '/' + name;
        FILE *stream = fopen(file.constData(), "w");
        if (!stream ||
            fwrite(content.constData(), 1, size_t(content.size()), stream) != size_t(content.size()) ||
            fclose(stream) != 0)
            qFatal("cannot write %s", file.constData());
    }
    CommandResult build(const QString &output, const QStringList &more = {}) const {
        return runCommand(QStringList{"build-enclave", "--kernel", path("kernel"), "--init", path("init"),
                                      "--rootfs", path("root"), "--cmd", "/program", "--output-file",
                                      output} +
                          more);
    }
    // With a limit on the size of files: what a full disk does, for a single process.
    static CommandResult runLimited(const QStringList &arguments, rlim_t bytes) {
        QProcess process;
        process.setChildProcessModifier([bytes] {
            const rlimit limit{bytes, bytes};
            setrlimit(RLIMIT_FSIZE, &limit);
        });
        startCommand(process, arguments);
        process.closeWriteChannel();
        return finishCommand(process);
    }
    // Every command that prints, with what it needs.
    void addPrinting() const {
        QTest::addColumn<QStringList>("arguments");
        QTest::newRow("version") << QStringList{"--version"};
        QTest::newRow("help") << QStringList{"run-enclave", "--help"};
        QTest::newRow("explain") << QStringList{"explain", "--error-code", "E36"};
        QTest::newRow("describe-enclaves") << QStringList{"describe-enclaves"};
        QTest::newRow("terminate-enclave") << QStringList{"terminate-enclave", "--all"};
        QTest::newRow("pcr") << QStringList{"pcr", "--input", path("kernel")};
        QTest::newRow("pki export") << QStringList{"pki", "export", "--directory", path("pki")};
        QTest::newRow("pki show") << QStringList{"pki", "show", "--directory", path("pki")};
        QTest::newRow("describe-eif") << QStringList{"describe-eif", "--eif-path", path("tame.eif")};
        QTest::newRow("build-enclave")
            << QStringList{"build-enclave", "--kernel",   path("kernel"),  "--cmdline",      "x",
                           "--ramdisk",     path("init"), "--output-file", path("again.eif")};
        QTest::newRow("eif ls") << QStringList{"eif", "ls", path("tame.eif")};
        QTest::newRow("eif ls --json") << QStringList{"eif", "ls", "--json", path("tame.eif")};
        QTest::newRow("eif lint") << QStringList{"eif", "lint", path("tame.eif")};
        QTest::newRow("eif diff") << QStringList{"eif", "diff", path("tame.eif"), path("hostile.eif")};
        QTest::newRow("capture show") << QStringList{"capture", "show", path("capture.pcapng")};
        QTest::newRow("capture show --json")
            << QStringList{"capture", "show", "--json", path("capture.pcapng")};
    }

private slots:
    void initTestCase() {
        qputenv("XDG_RUNTIME_DIR", m_folder.path().toUtf8());
        qputenv("LC_ALL", "C.UTF-8");
        QVERIFY(QDir(m_folder.path()).mkdir("root"));
        write("kernel", nitroscope::test::makeBzImage({.bytes = 4096}));
        write("init", "not a program");
        write("root/program", "#!/nowhere\x1b[2J\n");
        QVERIFY(build(path("tame.eif")).exitCode == 0);
        write("root/" + hostile.chopped(1), "content"); // build-enclave takes names that are UTF-8
        write("metadata.json", "{\"a\\u001b\\u009b\\u202e\": \"\\u001b]0;pwn\\u0007\\u009b\\u202e\"}");
        const auto built = build(path("hostile.eif"), {"--name", QString::fromUtf8(hostile.chopped(1)),
                                                       "--metadata", path("metadata.json")});
        QVERIFY2(built.exitCode == 0, built.error);
        write(hostile, "neither an image nor a capture");
        write("capture.pcapng", nitroscope::test::sampleStream());
        QCOMPARE(runCommand({"pki", "export", "--directory", path("pki")}).exitCode, 0);
    }

    void output_full_isAnErrorThatIsSaid_data() { addPrinting(); }
    void output_full_isAnErrorThatIsSaid() {
        QFETCH(QStringList, arguments);
        QProcess process;
        process.setStandardOutputFile("/dev/full");
        startCommand(process, arguments);
        const auto result = finishCommand(process);
        QVERIFY2(result.exitCode > 0 && result.exitCode < 128, QByteArray::number(result.exitCode));
        QVERIFY2(result.error.contains("Standard output cannot be written: No space left on device."),
                 result.error);
    }

    void output_closed_isAnErrorThatIsSaid() {
        QProcess process;
        process.setChildProcessModifier([] { close(STDOUT_FILENO); });
        startCommand(process, {"explain", "--error-code", "E36"});
        const auto result = finishCommand(process);
        QCOMPARE(result.exitCode, 1);
        QVERIFY2(result.error.contains("Standard output cannot be written"), result.error);
    }

    void output_withoutReader_endsQuietly_data() { addPrinting(); }
    void output_withoutReader_endsQuietly() {
        QFETCH(QStringList, arguments);
        QProcess process;
        process.setChildProcessModifier([] {
            int ends[2];
            if (pipe(ends) == 0) {
                dup2(ends[1], STDOUT_FILENO);
                close(ends[0]);
                close(ends[1]);
            }
        });
        startCommand(process, arguments);
        const auto result = finishCommand(process);
        QCOMPARE(result.exitCode, killedByPipe);
        QVERIFY2(!result.error.contains("cannot be written"), result.error);
    }

    void usage_unexpectedWords_areToldAsTyped_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QByteArray>("told");
        QTest::newRow("build-enclave")
            << QStringList{"build-enclave", "--output-file", "x", "--port", "5005", "--name", "a", "left"}
            << QByteArray("arguments were not expected: --port 5005 left\n");
        QTest::newRow("run-enclave") << QStringList{"run-enclave", "--one", "two", "--three"}
                                     << QByteArray("arguments were not expected: --one two --three\n");
        QTest::newRow("a command of a group") << QStringList{"eif", "ls", "file", "path", "more", "--words"}
                                              << QByteArray("arguments were not expected: more --words\n");
        QTest::newRow("one") << QStringList{"describe-enclaves", "--nonsense"}
                             << QByteArray("argument was not expected: --nonsense\n");
        QTest::newRow("no command") << QStringList{"frobnicate", "it", "--now"}
                                    << QByteArray("arguments were not expected: frobnicate it --now\n");
    }
    void usage_unexpectedWords_areToldAsTyped() {
        QFETCH(QStringList, arguments);
        QFETCH(QByteArray, told);
        const auto result = runCommand(arguments);
        QVERIFY(result.exitCode == 1 || result.exitCode == 2);
        QVERIFY2(result.error.contains(told), result.error);
    }

    // A capture is looked at while it is being made.
    void captureShow_pipe_printsRecordsAsTheyCome_data() {
        QTest::addColumn<QString>("file");
        QTest::newRow("standard input") << "-";
        QTest::newRow("a named pipe") << path("pipe");
    }
    void captureShow_pipe_printsRecordsAsTheyCome() {
        QFETCH(QString, file);
        const QByteArray stream = nitroscope::test::sampleStream(), begin = stream.first(1200);
        const bool isNamed = file != "-";
        if (isNamed)
            QCOMPARE(::mkfifo(qPrintable(file), 0600), 0);
        QProcess process;
        startCommand(process, {"capture", "show", file});
        int pipe = -1;
        const auto isOpen = [&] { // asked again after a yes
            if (pipe < 0)
                pipe = ::open(qPrintable(file), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
            return pipe >= 0;
        };
        if (isNamed)
            QTRY_VERIFY_WITH_TIMEOUT(isOpen(), 60'000);
        const auto send = [&](const QByteArray &bytes) {
            return isNamed ? ::write(pipe, bytes.constData(), size_t(bytes.size())) : process.write(bytes);
        };
        QCOMPARE(send(begin), begin.size());
        QByteArray shown;
        QTRY_VERIFY_WITH_TIMEOUT((shown += process.readAllStandardOutput()).count('\n') >= 3, 60'000);
        QCOMPARE(send(stream.sliced(1200)), stream.size() - 1200);
        if (isNamed)
            ::close(pipe);
        process.closeWriteChannel();
        const auto result = finishCommand(process);
        QCOMPARE(result.exitCode, 0);
        QCOMPARE((shown + result.output).count('\n'), 14);
    }

    void captureExport_json_tellsWhatWasWritten() {
        const auto result =
            runCommand({"capture", "export", "--json", path("capture.pcapng"), "--tcp", path("tcp.pcapng")});
        QVERIFY2(result.exitCode == 0, result.error);
        const QJsonObject json = QJsonDocument::fromJson(result.output).object();
        QCOMPARE(json.keys(), QStringList({"Connections", "Damage", "File", "Packets"}));
        QCOMPARE(json["File"].toString(), path("tcp.pcapng"));
        QVERIFY(json["Damage"].isNull());
        QVERIFY(json["Packets"].toInt() >= json["Connections"].toInt());
        QVERIFY(QFile::exists(path("tcp.pcapng")));
        write("cut.pcapng", nitroscope::test::sampleStream().first(1200));
        const auto cut =
            runCommand({"capture", "export", "--json", path("cut.pcapng"), "--tcp", path("tcp.pcapng")});
        QCOMPARE(cut.exitCode, 0);
        QVERIFY2(QJsonDocument::fromJson(cut.output)["Damage"].toString().contains("byte"), cut.output);
    }

    void captureExport_ontoItself_isRefused() {
        write("own.pcapng", nitroscope::test::sampleStream());
        QVERIFY(QFile::link(path("own.pcapng"), path("link.pcapng")));
        for (const char *target : {"own.pcapng", "link.pcapng"}) {
            const auto result = runCommand({"capture", "export", path("own.pcapng"), "--tcp", path(target)});
            QCOMPARE(result.exitCode, 1);
            QVERIFY2(result.error.contains("the capture itself"), result.error);
        }
        QCOMPARE(QFileInfo(path("own.pcapng")).size(), nitroscope::test::sampleStream().size());
    }

    void file_overTheLimit_isAnErrorAndNothingIsLeft_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::newRow("pki export") << QStringList{"pki", "export", "--directory", path("pki"), path("out")};
        QTest::newRow("capture export")
            << QStringList{"capture", "export", path("capture.pcapng"), "--tcp", path("out")};
        QTest::newRow("build-enclave --ramdisk")
            << QStringList{"build-enclave", "--kernel",   path("kernel"),  "--cmdline", "x",
                           "--ramdisk",     path("init"), "--output-file", path("out")};
        QTest::newRow("build-enclave --rootfs") << QStringList{
            "build-enclave", "--kernel", path("kernel"), "--init",        path("init"), "--rootfs",
            path("root"),    "--cmd",    "/program",     "--output-file", path("out")};
    }
    void file_overTheLimit_isAnErrorAndNothingIsLeft() {
        QFETCH(QStringList, arguments);
        const QStringList before =
            QDir(m_folder.path()).entryList(QDir::AllEntries | QDir::Hidden | QDir::System);
        const auto result = runLimited(arguments, 20);
        QVERIFY2(result.exitCode > 0, QByteArray::number(result.exitCode));
        QVERIFY2(result.error.contains("File too large"), result.error);
        QCOMPARE(QDir(m_folder.path()).entryList(QDir::AllEntries | QDir::Hidden | QDir::System), before);
    }

    // An enclave that is in no list could not be found or ended by anybody.
    void registryEntry_overTheLimit_isAnErrorAndNothingRuns() {
        const auto result = runLimited({"run-enclave", "--eif-path", path("tame.eif"), "--memory", "64"}, 20);
        QCOMPARE(result.exitCode, 19);
        QVERIFY2(result.error.contains("[ E19 ] File operation failure.") &&
                     result.error.contains("File too large"),
                 result.error);
        QCOMPARE(runCommand({"describe-enclaves", "--all"}).output, QByteArray("[]\n"));
    }

    void name_hostile_isSpelledOutByEveryCommand_data() {
        QTest::addColumn<QStringList>("arguments");
        const QString file = m_folder.path() + '/' + QFile::decodeName(hostile.chopped(1));
        write(hostile.chopped(1), "neither an image nor a capture");
        const QString word = QString::fromUtf8(hostile.chopped(1)), eif = path("hostile.eif");
        const auto row = [](const char *name, const QStringList &arguments) {
            QTest::newRow(name) << arguments;
        };
        row("eif ls", {"eif", "ls", eif});
        row("eif ls --json", {"eif", "ls", "--json", eif});
        row("eif ls PATH", {"eif", "ls", eif, word});
        row("eif lint", {"eif", "lint", eif});
        row("eif lint --json", {"eif", "lint", "--json", eif});
        row("eif diff", {"eif", "diff", "--all", path("tame.eif"), eif});
        row("eif diff --json", {"eif", "diff", "--json", path("tame.eif"), eif});
        row("eif extract", {"eif", "extract", "--json", eif, "--output", path("extracted")});
        row("describe-eif", {"describe-eif", "--eif-path", eif});
        row("describe-eif of another file", {"describe-eif", "--eif-path", file});
        row("eif lint of another file", {"eif", "lint", file});
        row("eif ls of another file", {"eif", "ls", file});
        row("eif extract of another file", {"eif", "extract", file, "--output", path("extracted2")});
        row("eif diff of another file", {"eif", "diff", file, file});
        row("sign-eif",
            {"sign-eif", "--eif-path", file, "--signing-certificate", file, "--private-key", file});
        row("build-enclave",
            {"build-enclave", "--rootfs", file, "--cmd", word, "--output-file", path("none.eif")});
        row("build-enclave --docker-uri",
            {"build-enclave", "--docker-uri", word, "--output-file", path("none.eif")});
        row("pcr", {"pcr", "--signing-certificate", file});
        row("pki show", {"pki", "show", "--directory", file});
        row("pki export", {"pki", "export", "--directory", path("pki"), file + "/x"});
        row("explain", {"explain", "--error-code", word});
        row("capture show", {"capture", "show", file});
        row("capture show --filter", {"capture", "show", path("capture.pcapng"), "--filter", word});
        row("capture export", {"capture", "export", file, "--tcp", path("none.pcapng")});
        row("attest show", {"attest", "show", file});
        row("attest verify", {"attest", "verify", file, "--root", file});
        row("symbols", {"symbols", file});
        row("kernel log", {"kernel", "log", "--ram", file, "--kernel", file});
        row("run-enclave", {"run-enclave", "--attach-console", "--eif-path", file});
        row("run-enclave --config", {"run-enclave", "--config", file});
        row("run-enclave detached", {"run-enclave", "--eif-path", file});
        row("gdb", {"gdb", file, "--stop-at", word});
        row("console", {"console", "--enclave-name", word});
        row("terminate-enclave", {"terminate-enclave", "--enclave-id", word});
        row("proxy", {"proxy", "1234", word, "80", "--config", file});
        row("parent", {"parent", "--", word});
        row("an unknown command", {word});
        row("an unknown option", {"eif", "ls", "--" + word});
    }
    void name_hostile_isSpelledOutByEveryCommand() {
        QFETCH(QStringList, arguments);
        const auto result = runCommand(arguments);
        QVERIFY(result.exitCode >= 0);
        QVERIFY2(isTame(result.output), result.output.toPercentEncoding(" "));
        QVERIFY2(isTame(result.error), result.error.toPercentEncoding(" "));
        QVERIFY(!result.output.isEmpty() || !result.error.isEmpty());
        if (arguments.contains("--json"))
            QVERIFY2(!QJsonDocument::fromJson(result.output).isNull(), result.error);
    }
};

QTEST_GUILESS_MAIN(TestCliOutput)
#include "tst_cli_output.moc"
