// SPDX-License-Identifier: GPL-2.0-or-later
//
// Profile and coverage of an enclave, by the command line: a program with known shares and known branches in a real boot,
// under a kernel that KASLR has moved.
#include "app/formats/findings/covered_code.hpp"
#include "app/formats/findings/folded_stacks.hpp"
#include "app/formats/symbols/kernel_image.hpp"
#include "app/formats/symbols/program.hpp"
#include "tests/boot/support/guest.hpp"
#include "tests/boot/support/init_image.hpp"
#include "tests/unit/cli/command.hpp"

#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

using namespace nitroscope;
using namespace nitroscope::tests;
using namespace Qt::Literals::StringLiterals;
using nitroscope::test::Guest;

namespace {

const QString sharesProgram = QStringLiteral(NITROSCOPE_BINARY_DIR "/demo/guest/shares_probe");

// Samples of stacks that have these frames one behind the other, of this process.
quint64 samples(const formats::FoldedStacks &stacks, const QByteArray &process,
                const QByteArrayList &frames) {
    const QByteArray wanted = ';' + frames.join(';') + ';';
    quint64 sum = 0;
    for (auto stack = stacks.stacks().cbegin(); stack != stacks.stacks().cend(); ++stack)
        if (stack.key().startsWith(process + ';') && (stack.key() + ';').contains(wanted))
            sum += stack.value();
    return sum;
}

// Whether code of a function ran, which is as linked in the module's file.
bool ran(const formats::CoveredCode &code, const QByteArray &module, quint64 linkedBase,
         std::optional<quint64> function) {
    for (const formats::CoveredPart &part : code.parts) {
        const formats::CoveredModule &own = code.modules[part.module];
        const quint64 linked = part.offset + linkedBase;
        if (own.path == module && function && *function >= linked && *function < linked + part.bytes)
            return true;
    }
    return false;
}

} // namespace

class Looking : public QObject {
    Q_OBJECT
private slots:
    void initTestCase() {
        NITROSCOPE_REQUIRE_GUEST();
        for (const char *name : {"profile", "coverage"})
            if (!QFile::exists(QStringLiteral(NITROSCOPE_BINARY_DIR "/share/nitroscope/nitroscope-%1.so")
                                   .arg(QLatin1String(name))))
                QSKIP("the plugins profile and coverage have not been built (./workbench build)");
    }

    void run_withKnownSharesAndBranches_findsThem() {
        const QTemporaryDir folder;
        test::InitImage image;
        QFile program(sharesProgram);
        QVERIFY(program.open(QIODevice::ReadOnly));
        image.programs = {{u"bin/shares"_s, program.readAll()}};
        image.command = "/bin/shares\n";
        const QString eif = makeInitImage(image, test::ownInit(), folder.path());
        QVERIFY(!eif.isEmpty());
        const QString profile = folder.filePath(u"profile"_s), coverage = folder.filePath(u"coverage"_s);
        const auto run = runCommand({u"run-enclave"_s, u"--eif-path"_s, eif, u"--attach-console"_s,
                                     u"--profile"_s, profile, u"--coverage"_s, coverage});
        QVERIFY2(run.output.contains("shares: done"), run.output + run.error);

        compareShares(profile);
        if (!QTest::currentTestFailed())
            compareBranches(coverage);
    }

    void option_wrong_isRefused_data() {
        QTest::addColumn<QString>("plugin");
        QTest::addColumn<QByteArray>("message");
        QTest::newRow("no file") << u"profile.so,period=5000"_s << QByteArray("output=FILE says where");
        QTest::newRow("period") << u"profile.so,period=5"_s << QByteArray("takes a number of instructions");
        QTest::newRow("folder") << u"coverage.so,output=/nonexistent/x"_s << QByteArray("cannot be written");
        QTest::newRow("name") << u"coverage.so,colour=blue"_s << QByteArray("there is no option 'colour'");
    }

    void option_wrong_isRefused() {
        QFETCH(QString, plugin);
        QFETCH(QByteArray, message);
        Guest guest;
        QVERIFY(
            !guest.start({u"-M"_s, u"nitro-enclave"_s, u"-kernel"_s, Guest::demoEif(), u"-plugin"_s,
                          QStringLiteral(NITROSCOPE_BINARY_DIR "/share/nitroscope/nitroscope-") + plugin}));
        QVERIFY2(guest.errorOutput().contains(message), guest.errorOutput());
    }

private:
    static void compareShares(const QString &path) {
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadOnly));
        const auto stacks = formats::FoldedStacks::read(file);
        QVERIFY(stacks);
        const QByteArray text = stacks->text();
        const quint64 three = samples(*stacks, "shares", {"work", "spendThree"}),
                      one = samples(*stacks, "shares", {"work", "spendOne"});
        QVERIFY2(one > 100, text);
        const double ratio = double(three) / double(one);
        QVERIFY2(ratio > 2.8 && ratio < 3.2, text);
        QVERIFY2(samples(*stacks, "shares", {"main", "work", "spendThree"}) == three, text);
        // The kernel has names although it was moved, and its boot is its own.
        QVERIFY2(samples(*stacks, "[kernel]", {"start_kernel"}) > 0 || text.contains(";start_kernel;"), text);
        QVERIFY2(text.contains("[boot]"), text);
        // The kernel's part of a call is below the program that called.
        static const QRegularExpression systemCall(u"\\nshares;.*do_syscall_64;"_s);
        QVERIFY2(systemCall.match(QString::fromUtf8(text)).hasMatch(), text);
    }

    static void compareBranches(const QString &path) {
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadOnly));
        const auto code = formats::CoveredCode::readDrcov(file);
        QVERIFY2(code, code ? "" : qPrintable(code.error().text()));
        const auto program = symbols::Program::openFile(sharesProgram, u"shares"_s);
        QVERIFY(program);
        quint64 base = ~quint64(0);
        for (const symbols::ElfSegment &segment : (*program)->elf().segments())
            base = qMin(base, segment.address / 4096 * 4096);
        const auto hasRun = [&](const char *name) {
            return ran(*code, "shares", base, (*program)->symbols().find(name));
        };
        for (const char *name : {"main", "work", "spendThree", "spendOne", "decide", "sideTaken"})
            QVERIFY2(hasRun(name), name);
        QVERIFY((*program)->symbols().find("sideNotTaken"));
        QVERIFY(!hasRun("sideNotTaken"));

        const auto kernel = symbols::KernelImage::open(QStringLiteral(NITROSCOPE_BINARY_DIR "/demo/vmlinux"));
        QVERIFY(kernel);
        const auto kernelRan = [&](const char *name) {
            return ran(*code, "vmlinux", (*kernel)->start(), (*kernel)->symbols().find(name));
        };
        for (const char *name : {"start_kernel", "kernel_init"})
            QVERIFY2(kernelRan(name), name);
        QVERIFY((*kernel)->symbols().find("panic"));
        QVERIFY(!kernelRan("panic"));
    }
};

QTEST_GUILESS_MAIN(Looking)
#include "tst_looking.moc"
