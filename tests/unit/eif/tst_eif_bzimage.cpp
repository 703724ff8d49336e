// SPDX-License-Identifier: GPL-2.0-or-later
//
// The bzImage setup header: right, cut off at every byte, and with each checked field damaged.
#include "tests/unit/eif/eif_bytes.hpp"

#include <QtTest>

using namespace nitroscope;
using namespace nitroscope::test;
using eif::Problem;
namespace setup = nitroscope::eif::setup;

Q_DECLARE_METATYPE(nitroscope::eif::Problem)

namespace {

eif::BzImageResult parseKernel(const QByteArray &kernel) {
    return eif::parseBzImage(
        bytesOf(kernel).first(std::min<size_t>(4096, static_cast<size_t>(kernel.size()))),
        static_cast<uint64_t>(kernel.size()), {.section = 2, .dataOffset = 1000});
}

} // namespace

class TestEifBzImage : public QObject {
    Q_OBJECT

private slots:
    void parse_goodKernel_readsItsFields() {
        const eif::BzImageResult result = parseKernel(dummyKernel());
        QCOMPARE(result.diagnostics.size(), 0u);
        const eif::BzImage &k = result.image;
        QCOMPARE(k.protocol, uint16_t{0x20f});
        QCOMPARE(k.setupBytes, 1024u);
        QCOMPARE(k.protectedBytes, uint64_t{3072});
        QCOMPARE(k.prefAddress, uint64_t{0x1000000});
        QCOMPARE(k.initSize, uint64_t{0x800000});
        QCOMPARE(k.alignment, uint64_t{0x200000});
        QCOMPARE(k.cmdlineSize, 2047u);
        QCOMPARE(k.initrdAddrMax, uint64_t{0x7fffffff});
        QCOMPARE(k.headerEnd, 0x26cu);
        QVERIFY(k.has64BitEntry() && k.canBeAbove4G() && k.relocatable);
    }

    void parse_cutAtEveryByte_isRefusedUntilTheCodeStarts() {
        const QByteArray kernel = dummyKernel();
        for (qsizetype size = 0; size <= kernel.size(); ++size) {
            const std::vector<char> cut(kernel.begin(), kernel.begin() + size);
            const eif::BzImageResult result =
                eif::parseBzImage(std::as_bytes(std::span(cut)), static_cast<uint64_t>(size));
            QCOMPARE(result.bootable(), size > 1024);
            if (size <= kernel.size() - 16) // the declared size is in units of 16 bytes
                QVERIFY(result.diagnostics.size() > 0);
        }
    }

    void parse_headShorterThanFile_isEnough() {
        const QByteArray kernel = dummyKernel();
        for (size_t head = 0; head < 4096; ++head) {
            const eif::BzImageResult result = eif::parseBzImage(bytesOf(kernel).first(head), 4096);
            QCOMPARE(result.bootable(), head >= 0x26c);
        }
    }

    void parse_field_data() {
        QTest::addColumn<int>("offset");
        QTest::addColumn<int>("width");
        QTest::addColumn<quint64>("value");
        QTest::addColumn<Problem>("problem");
        const auto row = [](const char *name, uint64_t offset, int width, quint64 value, Problem problem) {
            QTest::newRow(name) << int(offset) << width << value << problem;
        };
        row("ELF", 0, 4, 0x464c457f, Problem::kernelIsElf);
        row("aarch64", 56, 4, 0x644d5241, Problem::kernelIsArm64);
        row("boot flag", setup::bootFlag, 2, 0, Problem::kernelNotBzImage);
        row("HdrS", setup::headerMagic, 4, 0, Problem::kernelNotBzImage);
        row("old protocol", setup::version, 2, 0x209, Problem::kernelProtocolTooOld);
        row("short header", setup::jump + 1, 1, 0x10, Problem::kernelHeaderCut);
        row("setup longer than file", setup::setupSects, 1, 255, Problem::kernelSetupCut);
        row("setup of 4 sectors", setup::setupSects, 1, 7, Problem::kernelSetupCut);
        row("zImage", setup::loadFlags, 1, 0, Problem::kernelNotLoadedHigh);
        row("no memory need", setup::initSize, 4, 0, Problem::kernelInitSizeBad);
        row("memory need of 4 GiB", setup::initSize, 4, 0xffffffff, Problem::kernelInitSizeBad);
        row("alignment 0", setup::kernelAlignment, 4, 0, Problem::kernelAlignmentBad);
        row("alignment 3", setup::kernelAlignment, 4, 3, Problem::kernelAlignmentBad);
        row("alignment 2 GiB", setup::kernelAlignment, 4, 0x80000000, Problem::kernelAlignmentBad);
        row("declared longer", setup::sysSize, 4, 0x1000, Problem::kernelShorterThanDeclared);
        row("payload offset", setup::payloadOffset, 4, 0xffffffff, Problem::kernelPayloadOutside);
        row("payload length", setup::payloadLength, 4, 0xffffffff, Problem::kernelPayloadOutside);
        row("32-bit only", setup::xloadflags, 2, 0, Problem::kernelNo64BitEntry);
    }
    void parse_field() {
        QFETCH(const int, offset);
        QFETCH(const int, width);
        QFETCH(const quint64, value);
        QFETCH(const Problem, problem);
        QByteArray kernel = dummyKernel();
        putLittle(kernel, offset, value, width);
        const eif::BzImageResult result = parseKernel(kernel);
        const eif::Diagnostic *found = findProblem(result.diagnostics, problem);
        QVERIFY(found);
        QCOMPARE(result.diagnostics.size(), 1u);
        QCOMPARE(found->offset, uint64_t(1000 + offset));
        QCOMPARE(int(found->section), 2);
        QCOMPARE(result.bootable(), eif::severity(problem) != eif::Severity::error);
    }

    void parse_noSetupSectors_meansFour() {
        QByteArray kernel = dummyKernel();
        putLittle(kernel, setup::setupSects, 0, 1);
        QCOMPARE(parseKernel(kernel).image.setupBytes, 5u * 512);
    }

    void parse_above4GWithout64BitEntry_isNotUsed() {
        QByteArray kernel = dummyKernel();
        putLittle(kernel, setup::xloadflags, setup::xlfAbove4G, 2);
        QVERIFY(!parseKernel(kernel).image.canBeAbove4G());
    }
};

QTEST_APPLESS_MAIN(TestEifBzImage)
#include "tst_eif_bzimage.moc"
