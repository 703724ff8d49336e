// SPDX-License-Identifier: GPL-2.0-or-later
//
// The EIF parser on images that are right, cut off at every byte, and wrong in one field at a time.
#include "tests/unit/eif/eif_bytes.hpp"

#include <QtTest>

using namespace nitroscope;
using namespace nitroscope::test;
using eif::Problem;
using eif::SectionType;

Q_DECLARE_METATYPE(nitroscope::eif::Problem)

namespace {

// A source that fails the test when it is asked for bytes it does not have.
struct WatchedSource {
    std::span<const std::byte> bytes;
    uint64_t claimedSize;
    unsigned reads = 0;
    uint64_t size() const { return claimedSize; }
    bool read(uint64_t offset, std::span<std::byte> out) {
        ++reads;
        if (offset > bytes.size() || out.size() > bytes.size() - offset) {
            QTest::qFail("read beyond the end", __FILE__, __LINE__);
            return false;
        }
        std::copy_n(bytes.begin() + static_cast<ptrdiff_t>(offset), out.size(), out.begin());
        return true;
    }
};

struct BrokenSource {
    uint64_t size() const { return 4096; }
    bool read(uint64_t, std::span<std::byte>) { return false; }
};

qsizetype headerOf(const QByteArray &file, int section) {
    return static_cast<qsizetype>(parseBytes(file).header.offsets[static_cast<size_t>(section)]);
}

} // namespace

class TestEifParser : public QObject {
    Q_OBJECT

private slots:
    void parse_goodImage_hasTreeAndNoDiagnostics() {
        const QByteArray file = makeEif(smallSections());
        const eif::Image image = parseBytes(file);
        QCOMPARE(image.diagnostics.size(), 0u);
        QVERIFY(image.bootable());
        QVERIFY(image.loadable());
        QVERIFY(image.crcComputable());
        QCOMPARE(int(image.sectionCount), 5);
        QCOMPARE(image.header.version, uint16_t{4});
        QCOMPARE(image.find(SectionType::ramdisk), 3);
        QCOMPARE(image.find(SectionType::signature), -1);
        const eif::Section &cmdline = image.sections[1];
        QCOMPARE(
            file.mid(static_cast<qsizetype>(cmdline.dataOffset), static_cast<qsizetype>(cmdline.dataSize)),
            QByteArray("reboot=k console=ttyS0"));
        QCOMPARE(image.header.crc32, computedCrc(file));
    }

    void parse_versions2And3WithoutMetadata_areFine() {
        auto sections = smallSections();
        sections.erase(sections.begin() + 2);
        for (const int version : {2, 3})
            QCOMPARE(parseBytes(makeEif(sections, {.version = quint16(version)})).diagnostics.size(), 0u);
    }

    void parse_32Sections_isTheMost() {
        auto sections = smallSections();
        while (sections.size() < 32)
            sections.push_back({ramdiskKind, "more"});
        QCOMPARE(parseBytes(makeEif(sections)).diagnostics.size(), 0u);
    }

    void parse_cutAtEveryByte_saysSoAndStaysInBounds() {
        const QByteArray file = makeEif(smallSections());
        for (qsizetype size = 0; size < file.size(); ++size) {
            // An exact copy, so that the sanitizer sees every byte read too many.
            const std::vector<char> cut(file.begin(), file.begin() + size);
            WatchedSource source{std::as_bytes(std::span(cut)), static_cast<uint64_t>(size)};
            const eif::Image image = eif::parse(source);
            QVERIFY2(!image.bootable(), qPrintable(QString::number(size)));
            QVERIFY(!image.crcComputable());
            for (const eif::Diagnostic &d : image.diagnostics)
                if (d.problem != Problem::sectionOutsideFile) // names the table entry instead
                    QVERIFY2(d.offset + d.length <= static_cast<uint64_t>(size), eif::name(d.problem).data());
            if (size == 0)
                QCOMPARE(image.firstError()->problem, Problem::emptyFile);
            else if (size < static_cast<qsizetype>(eif::headerSize))
                QCOMPARE(image.firstError()->problem, Problem::tooShort);
        }
    }

    void parse_headerField_data() {
        QTest::addColumn<int>("offset");
        QTest::addColumn<int>("width");
        QTest::addColumn<quint64>("value");
        QTest::addColumn<Problem>("problem");
        QTest::addColumn<int>("section");
        const auto row = [](const char *name, uint64_t offset, int width, quint64 value, Problem problem,
                            int section = -1) {
            QTest::newRow(name) << int(offset) << width << value << problem << section;
        };
        row("magic", eif::magicOffset, 4, 0x2e656978, Problem::badMagic);
        row("version 0", eif::versionOffset, 2, 0, Problem::versionInternal);
        row("version 1", eif::versionOffset, 2, 1, Problem::versionInternal);
        row("version 5", eif::versionOffset, 2, 5, Problem::versionTooNew);
        row("version 65535", eif::versionOffset, 2, 65535, Problem::versionTooNew);
        row("aarch64", eif::flagsOffset, 2, 1, Problem::wrongArchitecture);
        row("reserved flag", eif::flagsOffset, 2, 0x8000, Problem::reservedFlags);
        row("default memory", eif::defaultMemoryOffset, 8, ~0ull, Problem::defaultsIgnored);
        row("default CPUs", eif::defaultCpusOffset, 8, 0, Problem::defaultsIgnored);
        row("reserved", eif::reservedOffset, 2, 1, Problem::reservedNotZero);
        row("unused", eif::unusedOffset, 4, 1, Problem::unusedNotZero);
        row("no sections", eif::sectionCountOffset, 2, 0, Problem::noSections);
        row("one section", eif::sectionCountOffset, 2, 1, Problem::tooFewSections);
        row("33 sections", eif::sectionCountOffset, 2, 33, Problem::tooManySections);
        row("65535 sections", eif::sectionCountOffset, 2, 65535, Problem::tooManySections);
        row("table behind the last offset", eif::sectionOffsetsOffset + 8 * 5, 8, 1,
            Problem::unusedTableEntry);
        row("table behind the last size", eif::sectionSizesOffset + 8 * 31, 8, 1, Problem::unusedTableEntry);
        row("offset 0", eif::sectionOffsetsOffset + 8, 8, 0, Problem::sectionInHeader, 1);
        row("offset 547", eif::sectionOffsetsOffset + 8, 8, 547, Problem::sectionInHeader, 1);
        row("offset behind the end", eif::sectionOffsetsOffset + 8, 8, 1 << 20, Problem::sectionOutsideFile,
            1);
        for (quint64 back : {1, 11, 12, 13, 548})
            row(qPrintable(QString("offset 2^64-%1").arg(back)), eif::sectionOffsetsOffset + 8, 8, 0 - back,
                Problem::sectionOutsideFile, 1);
        row("size larger", eif::sectionSizesOffset + 8, 8, 23, Problem::sectionSizeMismatch, 1);
        row("size 2^64-1", eif::sectionSizesOffset + 8, 8, ~0ull, Problem::sectionSizeMismatch, 1);
    }
    void parse_headerField() {
        QFETCH(const int, offset);
        QFETCH(const int, width);
        QFETCH(const quint64, value);
        QFETCH(const Problem, problem);
        QFETCH(const int, section);
        QByteArray file = makeEif(smallSections());
        putBig(file, offset, value, width);
        const eif::Image image = parseBytes(file);
        const eif::Diagnostic *found = findProblem(image.diagnostics, problem);
        QVERIFY(found);
        QCOMPARE(int(found->section), section);
        QCOMPARE(image.bootable(), eif::severity(problem) != eif::Severity::error);
        if (problem == Problem::sectionSizeMismatch) {
            QCOMPARE(found->offset,
                     uint64_t(headerOf(file, 1) + 4)); // both sizes are named, the place is one
            QCOMPARE(found->expected, value);
        } else {
            QCOMPARE(found->offset, uint64_t(offset));
            QCOMPARE(found->length, uint64_t(width));
            QCOMPARE(found->found, value);
        }
    }

    void parse_sectionHeaderField_data() {
        QTest::addColumn<int>("offset");
        QTest::addColumn<int>("width");
        QTest::addColumn<quint64>("value");
        QTest::addColumn<Problem>("problem");
        QTest::newRow("type 0") << 0 << 2 << quint64(0) << Problem::sectionTypeInvalid;
        QTest::newRow("type 6") << 0 << 2 << quint64(6) << Problem::sectionTypeUnknown;
        QTest::newRow("type 65535") << 0 << 2 << quint64(65535) << Problem::sectionTypeUnknown;
        QTest::newRow("flags") << 2 << 2 << quint64(1) << Problem::sectionFlagsNotZero;
        QTest::newRow("size smaller") << 4 << 8 << quint64(1) << Problem::sectionSizeMismatch;
        QTest::newRow("size 2^63") << 4 << 8 << (1ull << 63) << Problem::sectionSizeMismatch;
        QTest::newRow("size 2^64-1") << 4 << 8 << ~0ull << Problem::sectionSizeMismatch;
        QTest::newRow("size 2^64-12") << 4 << 8 << ~0ull - 11 << Problem::sectionSizeMismatch;
    }
    void parse_sectionHeaderField() {
        QFETCH(const int, offset);
        QFETCH(const int, width);
        QFETCH(const quint64, value);
        QFETCH(const Problem, problem);
        for (int section = 0; section < 5; ++section) {
            QByteArray file = makeEif(smallSections());
            const qsizetype header = headerOf(file, section);
            putBig(file, header + offset, value, width);
            const eif::Image image = parseBytes(file);
            const eif::Diagnostic *found = findProblem(image.diagnostics, problem);
            QVERIFY(found);
            QCOMPARE(int(found->section), section);
            QCOMPARE(found->offset, uint64_t(header + offset));
            QCOMPARE(found->length, uint64_t(width));
            QCOMPARE(found->found, value);
            QCOMPARE(image.bootable(), eif::severity(problem) != eif::Severity::error);
        }
    }

    void parse_sizeNear2To64InBothPlaces_isCutNotWrapped() {
        for (const quint64 size : {~0ull, ~0ull - 11, ~0ull - 12, ~0ull - 560, 1ull << 63}) {
            QByteArray file = makeEif(smallSections());
            putBig(file, eif::sectionSizesOffset + 8 * 4, size, 8);
            const qsizetype header = headerOf(file, 4);
            putBig(file, header + 4, size, 8);
            const eif::Image image = parseBytes(file);
            const eif::Diagnostic *found = findProblem(image.diagnostics, Problem::sectionDataCut);
            QVERIFY(found);
            QCOMPARE(found->offset, uint64_t(header + 12));
            QCOMPARE(found->length, uint64_t(6));
            QCOMPARE(found->found, uint64_t(size));
            QCOMPARE(image.sections[4].availableSize, uint64_t(6));
            QVERIFY(!image.loadable());
        }
    }

    void parse_fileSizeNear2To64_doesNotWrap() {
        QByteArray file = makeEif(smallSections());
        putBig(file, eif::sectionSizesOffset + 8 * 4, ~0ull, 8);
        putBig(file, headerOf(file, 4) + 4, ~0ull, 8);
        WatchedSource source{bytesOf(file), ~uint64_t{0}};
        const eif::Image image = eif::parse(source);
        QVERIFY(findProblem(image.diagnostics, Problem::sectionDataCut));
        QVERIFY(source.reads < 100);
    }

    void parse_32EmptyTableEntries_reportsEachOnce() {
        QByteArray file(static_cast<qsizetype>(eif::headerSize), '\0');
        putBig(file, 0, eif::magicValue, 4);
        putBig(file, eif::versionOffset, 4, 2);
        putBig(file, eif::sectionCountOffset, 32, 2);
        const eif::Image image = parseBytes(file);
        QCOMPARE(image.firstError()->problem, Problem::sectionInHeader);
        QVERIFY(image.diagnostics.errorCount() >= 32);
        QVERIFY(!image.loadable());
    }

    void parse_32SectionsOfZeroBytes_isRefused() {
        QByteArray file = makeEif(TestSections(32, {kernelKind, {}}));
        const eif::Image image = parseBytes(file);
        QVERIFY(!image.bootable());
        QCOMPARE(image.firstError()->problem, Problem::kernelEmpty);
        QVERIFY(image.diagnostics.size() + image.diagnostics.dropped() >= 63);
    }

    void parse_overlap_isFoundForAnyPair() {
        for (int second = 1; second < 5; ++second) {
            QByteArray file = makeEif(smallSections());
            putBig(file, eif::sectionOffsetsOffset + 8 * second, eif::headerSize, 8);
            const eif::Image image = parseBytes(file);
            const eif::Diagnostic *found = findProblem(image.diagnostics, Problem::sectionOverlap);
            QVERIFY(found);
            QCOMPARE(int(found->section), second);
        }
    }

    void parse_countOneTooHigh_findsTheEmptyEntry() {
        QByteArray file = makeEif(smallSections());
        putBig(file, eif::sectionCountOffset, 6, 2);
        const eif::Image image = parseBytes(file);
        QCOMPARE(image.diagnostics.size(), 1u);
        QCOMPARE(image.firstError()->problem, Problem::sectionInHeader);
        QCOMPARE(int(image.firstError()->section), 5);
    }

    void parse_tableNotInFileOrder_isRefused() {
        QByteArray file = makeEif(smallSections());
        const auto entry = [&](int i) { return eif::sectionOffsetsOffset + 8 * static_cast<uint64_t>(i); };
        const eif::Image good = parseBytes(file);
        putBig(file, static_cast<qsizetype>(entry(3)), good.header.offsets[4], 8);
        putBig(file, static_cast<qsizetype>(entry(4)), good.header.offsets[3], 8);
        putBig(file, eif::sectionSizesOffset + 8 * 3, good.header.sizes[4], 8);
        putBig(file, eif::sectionSizesOffset + 8 * 4, good.header.sizes[3], 8);
        const eif::Image image = parseBytes(file);
        QCOMPARE(image.firstError()->problem, Problem::sectionsOutOfOrder);
        QCOMPARE(int(image.firstError()->section), 4);
        QCOMPARE(image.firstError()->offset, entry(4));
    }

    void parse_gap_isAWarningWithItsRange() {
        QByteArray file = makeEif(smallSections());
        const qsizetype at = headerOf(file, 3);
        file.insert(at, QByteArray(16, 'x'));
        for (int i = 3; i < 5; ++i) {
            const auto entry = static_cast<qsizetype>(eif::sectionOffsetsOffset) + 8 * i;
            putBig(file, entry, eif::loadBig64(bytesOf(file), static_cast<uint64_t>(entry)) + 16, 8);
        }
        const eif::Image image = parseBytes(file);
        QVERIFY(image.bootable());
        const eif::Diagnostic *found = findProblem(image.diagnostics, Problem::sectionGap);
        QVERIFY(found);
        QCOMPARE(found->offset, uint64_t(at));
        QCOMPARE(found->length, uint64_t(16));
        QCOMPARE(image.diagnostics.size(), 1u);
    }

    void parse_trailingBytes_areNoted() {
        const QByteArray file = makeEif(smallSections());
        const eif::Image image = parseBytes(file + "tail");
        const eif::Diagnostic *found = findProblem(image.diagnostics, Problem::trailingBytes);
        QVERIFY(found && found->severity == eif::Severity::note);
        QCOMPARE(found->offset, uint64_t(file.size()));
        QCOMPARE(found->length, uint64_t(4));
        QCOMPARE(computedCrc(file + "tail"), image.header.crc32);
    }

    void parse_composition_data() {
        QTest::addColumn<TestSections>("sections");
        QTest::addColumn<int>("version");
        QTest::addColumn<Problem>("problem");
        QTest::addColumn<int>("section");
        const TestSection k{kernelKind, dummyKernel()}, c{cmdlineKind, "x"}, m{metadataKind, "{}"},
            r{ramdiskKind, "r"}, s{signatureKind, "s"};
        const auto row = [](const char *name, TestSections sections, int version, Problem problem,
                            int section) {
            QTest::newRow(name) << std::move(sections) << version << problem << section;
        };
        row("no kernel", {c, m, r}, 4, Problem::kernelMissing, -1);
        row("no command line", {k, m, r}, 4, Problem::cmdlineMissing, -1);
        row("no ramdisk", {k, c, m}, 4, Problem::ramdiskMissing, -1);
        row("no metadata", {k, c, r}, 4, Problem::metadataMissing, -1);
        row("two kernels", {k, c, m, k, r}, 4, Problem::duplicateKernel, 3);
        row("two command lines", {k, c, m, r, c}, 4, Problem::duplicateCmdline, 4);
        row("two metadata", {k, c, m, m, r}, 4, Problem::duplicateMetadata, 3);
        row("two signatures", {k, c, m, r, s, s}, 4, Problem::duplicateSignature, 5);
        row("ramdisk first", {r, k, c, m}, 4, Problem::ramdiskBeforeKernel, 0);
        row("signature in version 2", {k, c, r, s}, 2, Problem::sectionTooNew, 3);
        row("metadata in version 3", {k, c, m, r}, 3, Problem::sectionTooNew, 2);
        row("empty kernel", {{kernelKind, {}}, c, m, r}, 4, Problem::kernelEmpty, 0);
        row("empty command line", {k, {cmdlineKind, {}}, m, r}, 4, Problem::sectionEmpty, 1);
        row("empty ramdisk", {k, c, m, {ramdiskKind, {}}}, 4, Problem::sectionEmpty, 3);
        row("large signature", {k, c, m, r, {signatureKind, QByteArray(32769, 's')}}, 4,
            Problem::signatureTooLarge, 4);
        row("zero byte", {k, {cmdlineKind, QByteArray("ab\0c", 4)}, m, r}, 4, Problem::cmdlineHasNul, 1);
        row("line break", {k, {cmdlineKind, QByteArray(300, ' ') + "\n"}, m, r}, 4,
            Problem::cmdlineHasNewline, 1);
        row("long command line", {k, {cmdlineKind, QByteArray(2048, 'c')}, m, r}, 4, Problem::cmdlineLong, 1);
    }
    void parse_composition() {
        QFETCH(const TestSections, sections);
        QFETCH(const int, version);
        QFETCH(const Problem, problem);
        QFETCH(const int, section);
        const eif::Image image = parseBytes(makeEif(sections, {.version = quint16(version)}));
        const eif::Diagnostic *found = findProblem(image.diagnostics, problem);
        QVERIFY(found);
        QCOMPARE(int(found->section), section);
        QCOMPARE(image.diagnostics.size(), 1u);
        QCOMPARE(image.bootable(), eif::severity(problem) != eif::Severity::error);
    }

    void parse_cmdlineFindings_nameTheirByte() {
        auto sections = smallSections();
        sections[1].data = QByteArray(300, 'a') + '\n' + QByteArray(1, '\0') + "\n";
        const eif::Image image = parseBytes(makeEif(sections));
        QCOMPARE(image.diagnostics.size(), 2u);
        QCOMPARE(findProblem(image.diagnostics, Problem::cmdlineHasNewline)->offset,
                 image.sections[1].dataOffset + 300);
        QCOMPARE(findProblem(image.diagnostics, Problem::cmdlineHasNul)->offset,
                 image.sections[1].dataOffset + 301);
    }

    void parse_textFile_isOneSentenceOnly() {
        const eif::Image image = parseBytes(QByteArray("#!/bin/sh\n").repeated(1000));
        QCOMPARE(image.diagnostics.size(), 1u);
        QCOMPARE(image.firstError()->problem, Problem::badMagic);
    }

    void parse_failingSource_isReported() {
        BrokenSource source;
        const eif::Image image = eif::parse(source);
        QCOMPARE(image.firstError()->problem, Problem::readFailed);
    }

    void parse_everyBitFlippedInTheHeaders_staysInBounds() {
        const QByteArray good = makeEif(smallSections());
        for (qsizetype at = 0; at < static_cast<qsizetype>(eif::headerSize + eif::sectionHeaderSize); ++at)
            for (int bit = 0; bit < 8; ++bit) {
                QByteArray file = good;
                file[at] = static_cast<char>(file[at] ^ (1 << bit));
                WatchedSource source{bytesOf(file), static_cast<uint64_t>(file.size())};
                const eif::Image image = eif::parse(source);
                std::byte scratch[32];
                const quint32 crc = eif::computeCrc(source, image, scratch);
                // Whatever was changed, either the structure or the CRC tells.
                QVERIFY(image.diagnostics.size() > 0 || crc != image.header.crc32);
            }
    }

    void diagnosticList_full_keepsErrorsAndCounts() {
        eif::DiagnosticList list;
        for (int i = 0; i < 100; ++i)
            list.add({.problem = Problem::sectionGap, .severity = eif::Severity::warning});
        QCOMPARE(list.size(), 40u);
        for (int i = 0; i < 100; ++i)
            list.add({.problem = Problem::sectionOverlap, .severity = eif::Severity::error});
        QCOMPARE(list.size(), 64u);
        QCOMPARE(list.errorCount(), 100u);
        QCOMPARE(list.dropped(), 136u);
        QCOMPARE(list.firstError()->problem, Problem::sectionOverlap);
    }

    void problemTable_everyEntry_isASentence() {
        for (const eif::ProblemInfo &entry : eif::problemTable) {
            QVERIFY2(entry.text.ends_with('.'), entry.name.data());
            QVERIFY2(entry.text.size() > 10 && entry.text.size() < 160, entry.name.data());
            QCOMPARE(&eif::info(entry.problem), &entry); // numbers are unique
        }
    }
};

QTEST_APPLESS_MAIN(TestEifParser)
#include "tst_eif_parser.moc"
