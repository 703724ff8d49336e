// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a user types meets what a user has: run-enclave with the real machine and files that are no image, not
// a whole image, or too much for the memory given. Each time one plain sentence, exit code 1, no guest.

#include "tests/boot/support/guest.hpp"
#include "tests/boot/support/raw_eif.hpp"
#include "tests/unit/cli/command.hpp"

#include <functional>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QtTest>
#include <sys/stat.h>
#include <unistd.h>

using nitroscope::test::Guest;
using nitroscope::test::RawEif;
using namespace nitroscope::tests;
using namespace Qt::Literals::StringLiterals;

class RefusedEif : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    QString written(const QString &name, const QByteArray &bytes) const {
        QFile file(m_folder.filePath(name));
        return file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size() ? file.fileName()
                                                                                    : QString();
    }
    QString demoBut(const QString &name, const std::function<void(RawEif &)> &change) const {
        RawEif eif = RawEif::read(Guest::demoEif());
        if (eif.bytes.isEmpty())
            return {};
        change(eif);
        return written(name, eif.bytes);
    }
    static CommandResult run(const QString &path, const QStringList &more = {}) {
        return runCommand(
            QStringList{"run-enclave", "--eif-path", path, "--attach-console", "--timeout", "240"} + more);
    }

private slots:
    void initTestCase() {
        NITROSCOPE_REQUIRE_GUEST();
        qputenv("XDG_RUNTIME_DIR", m_folder.path().toLocal8Bit());
    }

    void badFile_isRefusedInOneSentence_data() {
        QTest::addColumn<QString>("path");
        QTest::addColumn<QString>("words"); // a regular expression
        const auto row = [](const char *name, const QString &path, const char *words) {
            QTest::newRow(name) << path << QString::fromLatin1(words);
        };
        row("missing", "/no/such.eif", "E19: The EIF file '/no/such.eif' does not exist");
        row("empty", written("empty", {}), "E19: .*is empty");
        row("directory", m_folder.path(), "E19: .*is a directory");
        row("device", "/dev/zero", "E19: .*not a regular file");
        row("text", written("text", "Dear enclave,\n"), "E[0-9]{2}: .*not an enclave image");
        row("noise", written("noise", QByteArray(9000, '\xe9')), "E[0-9]{2}: .*not an enclave image");
        row("cut within the header", demoBut("head", [](RawEif &e) { e.bytes.truncate(300); }),
            "E[0-9]{2}: .*shorter than an EIF header");
        row("cut within the last section", demoBut("cut", [](RawEif &e) { e.bytes.chop(4096); }),
            "E[0-9]{2}: .*\\(section 4, byte [0-9]+ = 0x[0-9a-f]+ of the file\\)");
        row("32 sections of zero bytes",
            demoBut("zeros",
                    [](RawEif &e) {
                        e.bytes.truncate(548);
                        e.put16(0x1a, 32);
                        for (int i = 0; i < 32; ++i) {
                            e.setSectionOffset(i, quint64(548 + 12 * i));
                            e.setSectionSize(i, 0);
                            e.bytes += QByteArray(12, '\0');
                        }
                        e.fixCrc();
                    }),
            "E[0-9]{2}: .*\\(section 0, byte [0-9]+ = 0x[0-9a-f]+ of the file\\)");
        row("size near 2^64", demoBut("size", [](RawEif &e) { e.setSectionSize(3, ~quint64(0) - 5); }),
            "E[0-9]{2}: .*\\(section 3, byte [0-9]+ = 0x[0-9a-f]+ of the file\\)");
        row("offset near 2^64", demoBut("offset", [](RawEif &e) { e.setSectionOffset(3, ~quint64(0) - 5); }),
            "E[0-9]{2}: .*\\(section 3, byte [0-9]+ = 0x[0-9a-f]+ of the file\\)");
    }
    void badFile_isRefusedInOneSentence() {
        QFETCH(QString, path);
        QFETCH(QString, words);
        const auto result = run(path);
        QCOMPARE(result.exitCode, 1);
        const QString said = QString::fromUtf8(result.error);
        QVERIFY2(said.contains(QRegularExpression(words)), result.error);
        QVERIFY2(said.contains(path), "the file is not named");
        QCOMPARE(said.count(QRegularExpression(u"\\bE[0-9]{2}:"_s)), 1);
        QVERIFY(result.output.isEmpty());
    }

    void unreadableFile_isRefusedWithAdvice() {
        const QString path = demoBut("secret", [](RawEif &) {});
        QCOMPARE(::chmod(path.toLocal8Bit().constData(), 0), 0);
        QCOMPARE(::chmod(m_folder.path().toLocal8Bit().constData(), 0711), 0);
        constexpr uid_t nobody = 65534;
        const bool isRoot = ::geteuid() == 0; // may read everything, so nobody has to try
        const QString runtime = m_folder.filePath("run");
        QVERIFY(QDir().mkpath(runtime));
        if (isRoot)
            QCOMPARE(::chown(runtime.toLocal8Bit().constData(), nobody, nobody), 0);
        QCOMPARE(::chmod(runtime.toLocal8Bit().constData(), 0700), 0);
        QProcess process;
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        for (const char *name : {"XDG_RUNTIME_DIR", "XDG_DATA_HOME", "HOME"})
            environment.insert(name, runtime);
        process.setProcessEnvironment(environment);
        if (isRoot)
            process.setChildProcessModifier([] {
                if (::setgid(nobody) != 0 || ::setuid(nobody) != 0)
                    ::_exit(99);
            });
        startCommand(process, {"run-enclave", "--eif-path", path, "--attach-console", "--timeout", "60"});
        if (!process.waitForStarted())
            QSKIP("the build folder may not be entered by the user nobody");
        const auto result = finishCommand(process);
        if (result.exitCode == 99 || result.error.contains("NITROSCOPE_QEMU"))
            QSKIP("the build folder may not be read by the user nobody");
        QCOMPARE(result.exitCode, 1);
        QVERIFY2(result.error.contains("may not be read by this user"), result.error);
    }

    void memoryTooSmall_namesWhatIsEnough() {
        const auto result = run(Guest::demoEif(), {"--memory", "20"});
        QCOMPARE(result.exitCode, 1);
        const auto needed =
            QRegularExpression(u"E26: .*at least ([0-9]+) MiB"_s).match(QString::fromUtf8(result.error));
        QVERIFY2(needed.hasMatch(), result.error);
        // One MiB less is refused too; the number itself loads, which is all that is promised: the kernel
        // needs memory of its own for what it does then.
        const int enough = needed.captured(1).toInt();
        QCOMPARE(run(Guest::demoEif(), {"--memory", QString::number(enough - 1)}).exitCode, 1);
        Guest guest;
        QVERIFY2(guest.start(
                     {"-M", "nitro-enclave", "-kernel", Guest::demoEif(), "-m", QString("%1M").arg(enough)}),
                 guest.errorOutput());
        QVERIFY2(guest.waitForConsole("Linux version", 240), guest.console());
    }
};

QTEST_GUILESS_MAIN(RefusedEif)
#include "tst_refused_eif.moc"
