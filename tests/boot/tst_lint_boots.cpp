// SPDX-License-Identifier: GPL-2.0-or-later
//
// Does lint predict the boot? The shapes of boot_shapes.hpp with a real kernel and an init that does as AWS's: what lint
// calls an error does not start its program, and says on the console what lint said that it would; what lint passes does.
// And the memory that lint names is enough, while clearly less is not.

#include "app/formats/lint/lint.hpp"
#include "tests/boot/support/guest.hpp"
#include "tests/unit/formats/boot_shapes.hpp"
#include "tests/unit/formats/packers.hpp"

#include <QFile>
#include <QtTest>

using namespace nitroscope;
using namespace nitroscope::test;
using namespace Qt::Literals::StringLiterals;

namespace {

QByteArray contentOf(const char *path) {
    QFile file(QString::fromLatin1(path));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

bool bootsAll() {
    return qEnvironmentVariableIntValue("NITROSCOPE_BOOT_ALL_SHAPES") != 0;
}

} // namespace

class LintBootsTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    QByteArray m_kernel, m_init;

    QString write(const ShapeParts &parts) const {
        return QFile::decodeName(writeFile(m_folder, "shape.eif", makeEif(parts.sections(m_kernel))));
    }
    static QStringList errorsOf(const QString &eif) {
        QStringList errors;
        const auto document = formats::EifDocument::open(eif);
        const formats::LintFindings findings = formats::lintEif(*document).value();
        for (const formats::LintFinding &finding : findings.listed)
            if (finding.severity == formats::Severity::error)
                errors << finding.rule;
        return errors;
    }
    // Whether the program was started; `console` is what was seen until then, or until the end.
    static bool starts(const QString &eif, int memoryMiB, QByteArray &console) {
        constexpr int maxSeconds = 120; // many times what it takes; the end is seen before
        Guest guest;
        if (!guest.start({u"-M"_s, u"nitro-enclave"_s, u"-kernel"_s, eif, u"-m"_s, u"%1M"_s.arg(memoryMiB),
                          u"-no-reboot"_s})) {
            console = guest.errorOutput();
            return false;
        }
        const bool isStarted = guest.waitForConsole(shapeRuns, maxSeconds);
        console = guest.console();
        return isStarted;
    }

private slots:
    void initTestCase() {
        if (Guest::qemu().isEmpty())
            QSKIP("build/bin/qemu-system-x86_64 has not been built (./workbench build)");
        m_kernel = contentOf(NITROSCOPE_BINARY_DIR "/demo/bzImage");
        m_init = contentOf(NITROSCOPE_BINARY_DIR "/demo/guest/image_init");
        if (m_kernel.isEmpty() || m_init.isEmpty())
            QSKIP("the demo enclave has not been built (./workbench build)");
        if (!bootsAll())
            qInfo("Only some of the shapes are booted; NITROSCOPE_BOOT_ALL_SHAPES=1 boots all of them.");
    }

    void shape_bootsExactlyWhenLintHasNoError_data() {
        QTest::addColumn<int>("number");
        const auto shapes = bootShapes();
        for (int i = 0; i < shapes.size(); ++i)
            if (shapes[i].booted == Booted::always || (bootsAll() && shapes[i].booted == Booted::onDemand))
                QTest::newRow(shapes[i].name) << i;
    }

    void shape_bootsExactlyWhenLintHasNoError() {
        QFETCH(int, number);
        const BootShape shape = bootShapes()[number];
        ShapeParts parts = usualShape(m_init);
        shape.change(parts);
        const QString eif = write(parts);
        const QStringList errors = errorsOf(eif);
        constexpr int enoughMiB = 128;
        QByteArray console;
        const bool isStarted = starts(eif, enoughMiB, console);
        QVERIFY2(isStarted == errors.isEmpty(), qPrintable(u"lint: "_s + errors.join(u' ') + u'\n' +
                                                           QString::fromUtf8(console.right(1500))));
        QVERIFY2(isStarted || console.contains(shape.says), console.right(1500));
    }

    // Within a tenth on either side.
    void memory_thatLintNames_isWhatItTakes_data() {
        QTest::addColumn<QString>("packing");
        QTest::newRow("ramdisk as it is") << u"none"_s;
        QTest::newRow("a window of 128 MiB") << u"zstd"_s;
        if (bootsAll())
            QTest::newRow("packed ramdisk") << u"gzip"_s;
    }

    void memory_thatLintNames_isWhatItTakes() {
        QFETCH(QString, packing);
        ShapeParts parts = usualShape(m_init);
        if (packing != u"zstd")
            parts.put("rootfs/large", QByteArray(100 << 20, 'x'), 0100644);
        // The program stands behind it: it is there only when all of it is.
        parts.remove("rootfs/bin/app");
        parts.put("rootfs/bin/app", shapeProgram());
        if (packing == u"gzip")
            parts.pack = [](const QByteArray &bytes) { return gzipped(bytes); };
        if (packing == u"zstd")
            parts.pack = [](const QByteArray &bytes) { return zstdStored(bytes, 27); };
        const QString eif = write(parts);
        const auto document = formats::EifDocument::open(eif);
        const auto ramdisks = formats::readRamdisks(document->source(), document->image());
        const auto least = static_cast<int>(formats::estimateMemory(*document, *ramdisks).least >> 20);
        QByteArray console;
        QVERIFY2(starts(eif, least * 11 / 10, console), console.right(1500));
        QVERIFY2(!starts(eif, least * 9 / 10, console), console.right(1500));
    }
};

QTEST_GUILESS_MAIN(LintBootsTest)
#include "tst_lint_boots.moc"
