// SPDX-License-Identifier: GPL-2.0-or-later
//
// Lint's opinion of every shape of boot_shapes.hpp: an error for what does not boot, of the rule that says why, and none for
// what boots.

#include "app/formats/lint/lint.hpp"
#include "tests/unit/formats/boot_shapes.hpp"
#include "tests/unit/formats/good_image.hpp"

#include <algorithm>
#include <QCoreApplication>
#include <QFile>
#include <QTest>

using namespace nitroscope;
using namespace nitroscope::formats;
using namespace nitroscope::test;
using namespace Qt::Literals::StringLiterals;

class LintShapesTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    static std::vector<LintFinding> findingsOf(const QString &file) {
        return lintEif(*EifDocument::open(file)).value().listed;
    }
    QStringList errorsOf(const ShapeParts &parts) const {
        const QString file = QFile::decodeName(
            writeFile(m_folder, "shape.eif", makeEif(parts.sections(kernelWith(goodConfig)))));
        QStringList errors;
        for (const LintFinding &finding : findingsOf(file))
            if (finding.severity == Severity::error)
                errors << finding.rule;
        errors.removeDuplicates();
        return errors;
    }

private slots:
    void shape_hasAnErrorExactlyWhenItDoesNotBoot_data() {
        QTest::addColumn<int>("number");
        const auto shapes = bootShapes();
        for (int i = 0; i < shapes.size(); ++i)
            QTest::newRow(shapes[i].name) << i;
    }

    void shape_hasAnErrorExactlyWhenItDoesNotBoot() {
        QFETCH(int, number);
        const BootShape shape = bootShapes()[number];
        ShapeParts parts = usualShape(shapeProgram());
        shape.change(parts);
        const QString error = QString::fromLatin1(shape.error);
        const QStringList errors = errorsOf(parts);
        if (error.isEmpty())
            QCOMPARE(errors, QStringList());
        else
            QVERIFY2(errors.contains(error), qPrintable(errors.join(u' ')));
    }

    void rules_ofAllShapes_areDocumented() {
        QFile file(QStringLiteral(NITROSCOPE_SOURCE_DIR "/docs/lint-rules.md"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QByteArray documents = file.readAll();
        for (const BootShape &shape : bootShapes()) {
            const QByteArray rule = QByteArray(shape.error).replace("program-", "init-");
            QVERIFY2(rule.isEmpty() || documents.contains(shape.error) || documents.contains(rule),
                     shape.error);
        }
    }

    // This test itself is a dynamic program with many libraries.
    void library_thatIsNowhere_isAnError() {
        QFile own(QCoreApplication::applicationFilePath());
        QVERIFY(own.open(QIODevice::ReadOnly));
        ShapeParts parts = usualShape(shapeProgram());
        parts.script(own.readAll());
        parts.folder("rootfs/lib64");
        parts.put("rootfs/lib64/ld-linux-x86-64.so.2", shapeProgram());
        QVERIFY(errorsOf(parts).contains(u"program-library-missing"_s));
        const auto names = [&] {
            QStringList missing;
            const QString file = QFile::decodeName(
                writeFile(m_folder, "shape.eif", makeEif(parts.sections(kernelWith(goodConfig)))));
            for (const LintFinding &finding : findingsOf(file))
                if (finding.rule == u"program-library-missing")
                    missing << finding.why.section(u'\'', 1, 1);
            return missing;
        };
        const QStringList missing = names();
        QVERIFY2(missing.contains(u"libc.so.6"_s), qPrintable(missing.join(u' ')));
        parts.folder("rootfs/somewhere");
        for (const QString &name : missing)
            parts.put("rootfs/somewhere/" + name.toUtf8(), "library");
        QCOMPARE(names(), QStringList());
    }

    void kernelWithoutConfiguration_tellsItsDecompressorsByTheirTexts() {
        ShapeParts parts = usualShape(shapeProgram());
        parts.pack = [](const QByteArray &bytes) { return bzip2Packed(bytes); };
        const auto errors = [&](const QByteArray &texts) {
            const QString file = QFile::decodeName(
                writeFile(m_folder, "shape.eif", makeEif(parts.sections(kernelWith({}, texts)))));
            const auto findings = findingsOf(file);
            return std::ranges::count(findings, u"ramdisk-compression"_s, &LintFinding::rule);
        };
        const QByteArray linux = QByteArray("Linux version 6.12 (a@b)") + '\0',
                         gzip = QByteArray("Not a gzip file") + '\0',
                         bzip2 = QByteArray("Data integrity error when decompressing.") + '\0';
        QCOMPARE(errors(linux + gzip), 1);
        QCOMPARE(errors(linux + gzip + bzip2), 0);
        QCOMPARE(errors(linux), 0); // nothing is known
    }
};

QTEST_GUILESS_MAIN(LintShapesTest)
#include "tst_lint_shapes.moc"
