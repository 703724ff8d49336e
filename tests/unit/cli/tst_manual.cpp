// SPDX-License-Identifier: GPL-2.0-or-later
//
// Manual pages, completion and AWS's names, asked of the program itself.
#include "tests/unit/cli/command.hpp"

#include <QDir>
#include <QRegularExpression>
#include <QStandardPaths>
#include <QTemporaryDir>

using namespace nitroscope::tests;
using namespace Qt::StringLiterals;

namespace {

// What `complete` offers, without the meanings.
QStringList offered(const QStringList &words) {
    const CommandResult result = runCommand(QStringList{u"complete"_s} + words);
    QStringList all;
    for (const QByteArray &line : result.output.split('\n'))
        if (!line.isEmpty())
            all << QString::fromUtf8(line.split('\t').first());
    return all;
}

} // namespace

class Manual : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    QStringList pages() const { return QDir(m_folder.path()).entryList({u"*.1"_s}, QDir::Files); }
    QByteArray page(const QString &name) const {
        QFile file(m_folder.filePath(name));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }

private slots:
    void initTestCase() {
        qputenv("XDG_RUNTIME_DIR", m_folder.path().toUtf8());
        const CommandResult written = runCommand({u"manual"_s, m_folder.path()});
        QVERIFY2(written.exitCode == 0, written.error);
    }

    void everyCommand_hasAPageWithItsOptions() {
        const QString help = QString::fromUtf8(runCommand({u"--help"_s}).output);
        static const QRegularExpression command(u"^  ([a-z][a-z-]*)  "_s,
                                                QRegularExpression::MultilineOption);
        qsizetype count = 0;
        for (auto found = command.globalMatch(help); found.hasNext(); ++count) {
            const QString name = found.next().captured(1);
            QVERIFY2(pages().contains(u"nitroscope-cli-%1.1"_s.arg(name)), qUtf8Printable(name));
            QVERIFY2(page(u"nitroscope-cli.1"_s).contains(QString(name).replace(u'-', u"\\-"_s).toUtf8()),
                     qUtf8Printable(name));
        }
        QVERIFY(count > 15);
        const QByteArray run = page(u"nitroscope-cli-run-enclave.1"_s);
        QVERIFY(run.contains("\\-\\-eif\\-path FILE"));
        QVERIFY(run.contains("the boot failed"));
        QVERIFY(pages().contains(u"nitroscope-cli-eif-lint.1"_s));
        QVERIFY(!pages().contains(u"nitroscope-cli-complete.1"_s));
    }

    void help_ofOptions_fitsIntoATerminal() {
        constexpr qsizetype maxWidth = 110; // 100, and the last word of a name that is longer than its column
        for (const char *command : {"run-enclave", "build-enclave", "check", "parent"}) {
            const QString help =
                QString::fromUtf8(runCommand({QString::fromLatin1(command), u"--help"_s}).output);
            QVERIFY(help.count(u'\n') > 10);
            for (const QString &line : help.split(u'\n'))
                QVERIFY2(!line.startsWith(u"  "_s) || line.size() <= maxWidth, qUtf8Printable(line));
        }
    }

    void pages_readByMandoc_haveNothingToComplainOf() {
        const QString mandoc = QStandardPaths::findExecutable(u"mandoc"_s);
        if (mandoc.isEmpty())
            QSKIP("mandoc judges the pages only where it happens to be");
        for (const QString &name : pages()) {
            QProcess judge;
            judge.start(mandoc, {u"-Tlint"_s, u"-Wwarning"_s, m_folder.filePath(name)});
            QVERIFY(judge.waitForFinished());
            QVERIFY2(judge.exitCode() == 0, judge.readAllStandardOutput());
        }
    }

    void completion_data() {
        QTest::addColumn<QStringList>("words");
        QTest::addColumn<QStringList>("expected");
        QTest::newRow("commands") << QStringList{u"describe-"_s}
                                  << QStringList{u"describe-eif"_s, u"describe-enclaves"_s};
        QTest::newRow("commands below") << QStringList{u"eif"_s, u"l"_s} << QStringList{u"ls"_s, u"lint"_s};
        QTest::newRow("options") << QStringList{u"run-enclave"_s, u"--memo"_s} << QStringList{u"--memory"_s};
        QTest::newRow("choices") << QStringList{u"run-enclave"_s, u"--accel"_s, u""_s}
                                 << QStringList{u"tcg"_s, u"kvm"_s};
        QTest::newRow("stages") << QStringList{u"gdb"_s, u"--stop-at"_s, u"init"_s}
                                << QStringList{u"initcall"_s, u"init"_s};
        QTest::newRow("files of an option")
            << QStringList{u"run-enclave"_s, u"--eif-path"_s, u""_s} << QStringList{u":files"_s};
        QTest::newRow("files of an argument")
            << QStringList{u"eif"_s, u"lint"_s, u""_s} << QStringList{u":files"_s};
        QTest::newRow("a field, after others")
            << QStringList{u"capture"_s, u"show"_s, u"f"_s, u"--filter"_s, u"pcr==1 and not tra"_s}
            << QStringList{u":open"_s, u"pcr==1 and not transaction"_s};
        QTest::newRow("PCRs") << QStringList{u"attest"_s, u"verify"_s, u"--pcr"_s, u"31"_s}
                              << QStringList{u":open"_s, u"31="_s};
        QTest::newRow("hidden commands") << QStringList{u"comp"_s} << QStringList();
        QTest::newRow("after an unknown command") << QStringList{u"frob"_s, u"--jso"_s} << QStringList();
        QTest::newRow("nothing typed yet, of a command")
            << QStringList{u"pki"_s, u"e"_s} << QStringList{u"export"_s};
    }

    void completion() {
        QFETCH(const QStringList, words);
        QFETCH(const QStringList, expected);
        QCOMPARE(offered(words), expected);
    }

    void bashCompletion_answersAsTheProgramDoes() {
        QProcess bash;
        bash.start(u"bash"_s,
                   {u"--norc"_s, u"-c"_s,
                    u"source \"$1\"; COMP_LINE=\"$2 run-enclave --mem\"; COMP_POINT=${#COMP_LINE}; "
                    "COMP_WORDS=(\"$2\" run-enclave --mem); COMP_CWORD=2; _nitroscope_cli 2>/dev/null; "
                    "printf '%s\\n' \"${COMPREPLY[@]}\""_s,
                    u"bash"_s,
                    QStringLiteral(NITROSCOPE_SOURCE_DIR "/app/packaging/completion/nitroscope-cli.bash"),
                    qEnvironmentVariable("NITROSCOPE_CLI")});
        QVERIFY(bash.waitForFinished());
        QCOMPARE(bash.readAllStandardOutput(), "--memory\n");
    }

    void shims_leadToTheProgram_andStayWhatTheyAre() {
        const QString folder = m_folder.filePath(u"shims"_s);
        QCOMPARE(runCommand({u"shims"_s, folder}).exitCode, 0);
        const CommandResult again = runCommand({u"shims"_s, folder});
        QVERIFY2(again.exitCode == 0, again.error);
        QProcess cli;
        cli.start(folder + u"/nitro-cli"_s, {u"describe-enclaves"_s});
        QVERIFY(cli.waitForFinished());
        QCOMPARE(cli.readAllStandardOutput().trimmed(), "[]");
        QProcess version;
        version.start(folder + u"/nitro-cli"_s, {u"--version"_s});
        QVERIFY(version.waitForFinished());
        QVERIFY(
            version.readAllStandardOutput().startsWith("Nitro CLI 1.5.0 ")); // scripts take the third word
        QProcess allocator;
        allocator.start(folder + u"/nitro-enclaves-allocator"_s, QStringList());
        QVERIFY(allocator.waitForFinished());
        QCOMPARE(allocator.exitCode(), 0);
        // vsock-proxy's options and order; there is no enclave here to serve.
        QProcess proxy;
        proxy.start(folder + u"/vsock-proxy"_s,
                    {u"8000"_s, u"localhost"_s, u"443"_s, u"-4"_s, u"-w"_s, u"4"_s});
        QVERIFY(proxy.waitForFinished());
        QCOMPARE(proxy.exitCode(), 1);
        const QByteArray words = proxy.readAllStandardError();
        QVERIFY2(words.contains("enclave") && !words.contains("expected"), words);
    }

    void shims_withAnotherProgramOfThatName_leaveItAlone() {
        const QString folder = m_folder.filePath(u"taken"_s);
        QVERIFY(QDir().mkpath(folder));
        QFile other(folder + u"/nitro-cli"_s);
        QVERIFY(other.open(QIODevice::WriteOnly) && other.write("AWS's") == 5);
        other.close();
        const CommandResult result = runCommand({u"shims"_s, folder});
        QCOMPARE(result.exitCode, 1);
        QVERIFY2(result.error.contains("remove it"), result.error);
        QVERIFY(other.open(QIODevice::ReadOnly));
        QCOMPARE(other.readAll(), "AWS's");
    }
};

QTEST_GUILESS_MAIN(Manual)
#include "tst_manual.moc"
