// SPDX-License-Identifier: GPL-2.0-or-later
//
// Every rule of docs/lint-rules.md fires on an image made for it and says where, why and what to do; and the
// documents name every rule that fires. The rest of the rules is in tst_eif_tools.

#include "app/formats/lint/lint.hpp"
#include "app/formats/lint/lint_report.hpp"
#include "tests/support/kernels/arm_image_maker.hpp"
#include "tests/unit/formats/good_image.hpp"
#include "tests/unit/formats/packers.hpp"

#include <algorithm>
#include <QDateTime>
#include <QFile>
#include <QTest>

using namespace nitroscope;
using namespace nitroscope::formats;
using namespace nitroscope::test;
using namespace Qt::Literals::StringLiterals;

namespace {

constexpr qsizetype numSections = 0x1a, offsetTable = 0x1c, sizeTable = 0x11c;

void put(QByteArray &bytes, qsizetype at, quint64 value, int width) {
    for (int i = 0; i < width; ++i)
        bytes[at + i] = static_cast<char>(value >> (8 * (width - 1 - i)));
}

quint64 get(const QByteArray &bytes, qsizetype at, int width) {
    quint64 value = 0;
    for (int i = 0; i < width; ++i)
        value = value << 8 | static_cast<quint8>(bytes[at + i]);
    return value;
}

QByteArray withoutOption(const char *option) {
    return QByteArray(goodConfig)
        .replace(QByteArray(option) + "=y", "# " + QByteArray(option) + " is not set");
}

} // namespace

class LintRulesTest : public QObject {
    Q_OBJECT

private slots:
    void rule_firesWithPlaceReasonAndAdvice_data() {
        QTest::addColumn<QByteArray>("eif");
        QTest::addColumn<int>("severity");
        const auto whole = [](const char *rule, Severity severity, const QByteArray &eif) {
            QTest::newRow(rule) << eif << int(severity);
        };
        const auto row = [&](const char *rule, Severity severity, auto change) {
            TestSections sections = goodSections();
            change(sections);
            whole(rule, severity, makeEif(sections));
        };

        // ---- where readers disagree ----
        QByteArray bad = makeEif(goodSections());
        const auto fourth = static_cast<qsizetype>(get(bad, offsetTable + 4 * 8, 8));
        bad.insert(fourth, QByteArray(16, 'g'));
        put(bad, offsetTable + 4 * 8, static_cast<quint64>(fourth) + 16, 8);
        whole("section-gap", Severity::warning, bad);
        bad = makeEif(goodSections());
        put(bad, sizeTable + 4 * 8, get(bad, sizeTable + 4 * 8, 8) + 4, 8);
        whole("section-size-mismatch", Severity::error, bad);
        bad = makeEif(goodSections());
        put(bad, numSections, 40, 2);
        whole("too-many-sections", Severity::error, bad);
        bad = makeEif(goodSections());
        put(bad, offsetTable + 7 * 8, 1234, 8);
        whole("unused-table-entry", Severity::note, bad);
        bad = makeEif(goodSections());
        bad[static_cast<qsizetype>(get(bad, offsetTable, 8)) + 3] = 1;
        whole("section-flags-not-zero", Severity::warning, bad);
        row("duplicate-cmdline", Severity::error, [](TestSections &s) { s.append(s[1]); });
        row("section-type-unknown", Severity::error, [](TestSections &s) { s.append({7, "what"}); });
        whole("version-too-new", Severity::error, makeEif(goodSections(), {.version = 5}));
        whole("qemu-refuses", Severity::note, makeEif(goodSections(), {.version = 3}));
        row("metadata-missing", Severity::error, [](TestSections &s) { s.remove(2); });
        row("section-empty", Severity::warning, [](TestSections &s) {
            s.append(TestSection{ramdiskKind, {}});
        });

        // ---- Docker ----
        const auto docker = [&](const char *rule, Severity severity, const char *config) {
            row(rule, severity, [config](TestSections &s) {
                s[2].data = R"({"ImageName":"a","DockerInfo":{"Config":)" + QByteArray(config) + "}}";
            });
        };
        docker("docker-workdir-ignored", Severity::warning, R"({"Cmd":["/a"],"WorkingDir":"/srv"})");
        docker("docker-command-relative", Severity::note, R"({"Cmd":["a"]})");
        docker("docker-no-command", Severity::error, R"({"Cmd":null,"Env":["A=1"]})");
        docker("docker-setting-ignored", Severity::note, R"({"Cmd":["/a"],"ExposedPorts":{"80/tcp":{}}})");

        // ---- command line ----
        row("cmdline-no-reboot", Severity::note,
            [](TestSections &s) { s[1].data = "console=ttyS0 panic=1"; });
        row("cmdline-no-panic", Severity::note,
            [](TestSections &s) { s[1].data = "console=ttyS0 reboot=k"; });
        row("cmdline-names-devices", Severity::warning,
            [](TestSections &s) { s[1].data += " virtio_mmio.device=4K@0xd0000000:5"; });
        row("cmdline-has-nul", Severity::warning, [](TestSections &s) { s[1].data += QByteArray("\0x", 2); });
        row("cmdline-long", Severity::warning,
            [](TestSections &s) { s[1].data += ' ' + QByteArray(2100, 'x'); });

        // ---- kernel ----
        const auto kernel = [&](const char *rule, Severity severity, const QByteArray &bytes) {
            row(rule, severity, [bytes](TestSections &s) {
                s[0].data = bytes;
                s[3].data.replace("nsm.ko", "xsm.ko"); // or the module would do
            });
        };
        kernel("kernel-without-nsm", Severity::error, kernelWith(withoutOption("CONFIG_NSM")));
        kernel("kernel-without-vsock", Severity::error, kernelWith(withoutOption("CONFIG_VIRTIO_VSOCKETS")));
        kernel("kernel-without-virtio-mmio", Severity::error,
               kernelWith(withoutOption("CONFIG_VIRTIO_MMIO")));
        // Without a configuration it is only a guess.
        kernel("kernel-without-mmio-cmdline", Severity::warning, kernelWith({}, "nsm.vq.0"));
        row("ramdisk-compression", Severity::error, [](TestSections &s) {
            s[0].data = kernelWith(goodConfig);
            s[4].data = bzip2Packed(s[4].data);
        });
        // ---- kernels for aarch64 ----
        const auto arm = [&](const char *rule, Severity severity, const auto &spoil) {
            TestSections sections = goodSections();
            sections[0].data = makeArmImage({.bytes = 200000});
            spoil(sections[0].data);
            whole(rule, severity, makeEif(sections, {.flags = 1}));
        };
        arm("kernel-text-offset", Severity::warning, [](QByteArray &) {});
        arm("kernel-zboot", Severity::error, [](QByteArray &image) { image.replace(4, 4, "zimg"); });
        arm("kernel-gzip", Severity::error, [](QByteArray &image) { image.replace(0, 2, "\x1f\x8b"); });
        arm("kernel-big-endian", Severity::error, [](QByteArray &image) { image[24] = 0xb; });
        arm("kernel-image-size", Severity::error, [](QByteArray &image) { image[18] = 1; });
        arm("kernel-architecture", Severity::error, [](QByteArray &image) { image[56] = 'B'; });
        QByteArray damaged = kernelWith(goodConfig);
        const qsizetype middle = bzImageCodeAt + BzImageRecipe().payloadOffset + 200;
        damaged.replace(middle, 100, QByteArray(100, '!'));
        kernel("kernel-payload", Severity::warning, damaged);

        // ---- ramdisks ----
        row("ramdisk-empty", Severity::warning, [](TestSections &s) {
            s.append({ramdiskKind, cpioArchive({})});
        });
        row("ramdisk-overrides", Severity::note, [](TestSections &s) {
            s.append({ramdiskKind, cpioArchive({{.path = "cmd", .content = "/bin/app\n"}})});
        });
        row("ramdisk-lz4-frame", Severity::error, [](TestSections &s) { s[4].data = lz4Framed(s[4].data); });
        row("ramdisk-xz-check", Severity::error,
            [](TestSections &s) { s[4].data = xzPacked(s[4].data, LZMA_CHECK_CRC64); });
        row("memory-to-unpack", Severity::warning, [](TestSections &s) {
            s[4].data = gzipped(
                cpioArchive({{.path = "rootfs/big", .content = QByteArray(100 << 20, '\0')}}) + s[4].data);
        });

        // ---- init and the program ----
        row("init-not-a-file", Severity::error,
            [](TestSections &s) { s[3].data = cpioArchive({{.path = "init", .mode = 040755}}); });
        row("init-not-first", Severity::note, [](TestSections &s) {
            s[3].data = cpioArchive({{.path = "dev", .mode = 040755}});
            s[4].data = cpioArchive({{.path = "init", .content = elf(), .mode = 0100755}}) + s[4].data;
        });
        const auto application = [&](const char *rule, Severity severity, const QList<CpioFile> &files) {
            row(rule, severity, [files](TestSections &s) { s[4].data = cpioArchive(files); });
        };
        application("cmd-missing", Severity::error, {{.path = "rootfs", .mode = 040755}, {.path = "env"}});
        application("rootfs-missing", Severity::error, {{.path = "cmd", .content = "/a\n"}, {.path = "env"}});
        application("layout-unusual", Severity::note, {{.path = "anything"}});
        application("program-not-executable", Severity::error,
                    {{.path = "rootfs", .mode = 040755},
                     {.path = "rootfs/a", .content = elf()},
                     {.path = "cmd", .content = "/a\n"},
                     {.path = "env"}});
        application("program-dynamic", Severity::error,
                    {{.path = "rootfs", .mode = 040755},
                     {.path = "rootfs/a", .content = elf("/lib/ld.so"), .mode = 0100755},
                     {.path = "cmd", .content = "/a\n"},
                     {.path = "env"}});

        // ---- signature ----
        const qint64 now = QDateTime::currentSecsSinceEpoch();
        const QByteArray pcr0 = expectedPcr(0, goodSections());
        const MadeSignature soon =
            makeSignature({.pcr0 = pcr0, .notBefore = now - 100, .notAfter = now + 86400});
        row("certificate-expires-soon", Severity::warning, [&](TestSections &s) {
            s.append({signatureKind, soon.section});
        });
        const MadeSignature otherKey =
            makeSignature({.pcr0 = pcr0, .notAfter = now + 400'000'000, .usesAnotherKey = true});
        row("signature-invalid", Severity::error, [&](TestSections &s) {
            s.append({signatureKind, otherKey.section});
        });
    }

    void rule_firesWithPlaceReasonAndAdvice() {
        QFETCH(QByteArray, eif);
        QFETCH(int, severity);
        const QString rule = QString::fromLatin1(QTest::currentDataTag());
        const auto findings = lint(eif);
        const auto found = std::ranges::find_if(findings, [&](const LintFinding &finding) {
            return finding.rule == rule && int(finding.severity) == severity;
        });
        QStringList all;
        for (const LintFinding &finding : findings)
            all << u"%1/%2"_s.arg(finding.rule).arg(int(finding.severity));
        QVERIFY2(found != findings.end(), qPrintable(all.join(u' ')));
        QVERIFY(!found->where.isEmpty());
        QVERIFY(found->why.size() > 15);
        QVERIFY(found->advice.size() > 5);
        QVERIFY(found->range.end() <= static_cast<quint64>(std::max<qsizetype>(eif.size(), 548)) + 40);
        if (!rule.startsWith(u"program-"))
            QVERIFY2(m_documents.contains('`' + rule.toLatin1() + '`'),
                     "docs/lint-rules.md does not name it");
    }

    // What matters is found behind, between and in front of any number of notes.
    void manyNotes_hideNoError() {
        TestSections sections = goodSections();
        QList<CpioFile> files;
        for (int i = 0; i < 2000; ++i)
            files << CpioFile{.path = "data/" + QByteArray::number(i)};
        sections[3].data = cpioArchive(files); // no init any more
        sections[4].data = cpioArchive(files) + sections[4].data;
        QByteArray eif = makeEif(sections);
        eif[eif.size() - 1] = static_cast<char>(eif[eif.size() - 1] ^ 1);
        const LintFindings findings = lintEif(*EifDocument::open(write(eif))).value();
        QCOMPARE(findings.listed.size(), LintFindings::maxListed);
        QStringList errors;
        for (const LintFinding &finding : findings.listed)
            if (finding.severity == Severity::error)
                errors << finding.rule;
        QVERIFY2(errors.contains(u"init-missing"_s), qPrintable(errors.join(u' ')));
        QVERIFY2(errors.contains(u"crc-mismatch"_s), qPrintable(errors.join(u' ')));
        QVERIFY(std::ranges::is_sorted(findings.listed, std::ranges::greater(), &LintFinding::severity));
        QCOMPARE(findings.count(Severity::error), errors.size());
        QVERIFY(findings.count(Severity::note) >= 2000);
        QCOMPARE(findings.unlisted(), findings.count(Severity::note) + findings.count(Severity::warning) +
                                          errors.size() - static_cast<qint64>(LintFindings::maxListed));
    }

    void manyErrors_areCountedBeyondTheList() {
        LintReport report;
        report.note("first", u"a"_s, u"b"_s, u"c"_s);
        for (size_t i = 0; i < 2 * LintFindings::maxListed; ++i)
            report.error("error", u"a"_s, QString::number(i), u"c"_s);
        const LintFindings findings = report.take();
        QCOMPARE(findings.listed.size(), LintFindings::maxListed);
        QCOMPARE(findings.listed.front().why, u"0"_s);
        QCOMPARE(findings.count(Severity::error), static_cast<qint64>(2 * LintFindings::maxListed));
        QCOMPARE(findings.unlisted(), static_cast<qint64>(LintFindings::maxListed) + 1);
    }

    void everyByteOfHeaderAndTables_corrupted_neverCrashes() {
        const QByteArray good = makeEif(goodSections());
        QList<qsizetype> places;
        for (qsizetype i = 0; i < 0x220 + 4; ++i)
            if (i < offsetTable + 7 * 8 || (i >= sizeTable && i < sizeTable + 7 * 8) || i >= 0x21c)
                places << i;
        for (int section = 0; section < 5; ++section)
            for (int i = 0; i < 12; ++i)
                places << static_cast<qsizetype>(get(good, offsetTable + section * 8, 8)) + i;
        for (const qsizetype at : places)
            for (const char value : {char(0), char(0x7f), char(0xff)}) {
                QByteArray bad = good;
                bad[at] = value;
                for (const LintFinding &finding : lint(bad))
                    QVERIFY(!finding.why.isEmpty());
            }
    }

    void memory_ofTheEstimate_coversKernelRamdisksAndFiles() {
        TestSections sections = goodSections();
        sections[4].data = cpioArchive({{.path = "rootfs/big", .content = QByteArray(10 << 20, 'x')}});
        const auto document = EifDocument::open(write(makeEif(sections)));
        const auto ramdisks = readRamdisks(document->source(), document->image());
        const MemoryEstimate estimate = estimateMemory(*document, *ramdisks);
        QVERIFY(estimate.packed > (10 << 20));
        QVERIFY(estimate.unpacked >= (10 << 20));
        QVERIFY(estimate.least >= estimate.kernel + estimate.packed + estimate.unpacked);
    }

    void initTestCase() {
        QFile file(QStringLiteral(NITROSCOPE_SOURCE_DIR "/docs/lint-rules.md"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        m_documents = file.readAll();
    }

private:
    QString write(const QByteArray &bytes) const {
        return QFile::decodeName(writeFile(m_folder, "lint.eif", bytes));
    }
    std::vector<LintFinding> lint(const QByteArray &eif) const {
        return lintEif(*EifDocument::open(write(eif))).value().listed;
    }

    QTemporaryDir m_folder;
    QByteArray m_documents;
};

QTEST_GUILESS_MAIN(LintRulesTest)
#include "tst_lint_rules.moc"
