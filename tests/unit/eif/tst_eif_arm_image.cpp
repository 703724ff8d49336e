// SPDX-License-Identifier: GPL-2.0-or-later
//
// The header of an aarch64 Image: right, cut off at every byte, damaged, and told from what else is put in its place.
#include "firmware/eif/arm_image.hpp"
#include "tests/support/kernels/arm_image_maker.hpp"
#include "tests/unit/eif/eif_bytes.hpp"

#include <QtTest>

using namespace nitroscope;
using namespace nitroscope::test;
using eif::Problem;

Q_DECLARE_METATYPE(nitroscope::eif::Problem)

namespace {

eif::ArmImageResult parseKernel(const QByteArray &kernel) {
    return eif::parseArmKernel(bytesOf(kernel), static_cast<uint64_t>(kernel.size()),
                               {.section = 2, .dataOffset = 1000});
}

} // namespace

class TestEifArmImage : public QObject {
    Q_OBJECT

private slots:
    void parse_goodKernel_readsItsFields() {
        const auto result = parseKernel(makeArmImage({.textOffset = 0x200000, .imageSize = 0x2230000}));
        QVERIFY(result.bootable());
        QCOMPARE(result.diagnostics.size(), 0u);
        QCOMPARE(result.image.loadOffset(), uint64_t{0x200000});
        QCOMPARE(result.image.memorySize(), uint64_t{0x2230000});
        QCOMPARE(result.image.fileSize, uint64_t{4096});
        QCOMPARE(result.image.flags, uint64_t{0xa});
    }

    void parse_noImageSize_meansTheOldOffset() {
        const auto result = parseKernel(makeArmImage({.textOffset = 0x1234, .imageSize = 0}));
        QVERIFY(result.bootable());
        QCOMPARE(result.image.loadOffset(), eif::arm::oldTextOffset);
        QCOMPARE(result.image.memorySize(), uint64_t{4096});
    }

    void parse_cutAtEveryByte_isRefusedUntilTheHeaderIsWhole() {
        const QByteArray kernel = makeArmImage();
        for (qsizetype size = 0; size <= 128; ++size) {
            const std::vector<char> cut(kernel.begin(), kernel.begin() + size);
            const auto result =
                eif::parseArmKernel(std::as_bytes(std::span(cut)), static_cast<uint64_t>(size));
            QCOMPARE(result.bootable(), size >= 64);
        }
    }

    void parse_somethingElse_isCalledByItsName_data() {
        QTest::addColumn<QByteArray>("kernel");
        QTest::addColumn<Problem>("problem");
        QTest::addColumn<int>("offset");
        const auto row = [](const char *name, const QByteArray &kernel, Problem problem, int offset) {
            QTest::newRow(name) << kernel << problem << offset;
        };
        row("zboot", makeArmImage().replace(4, 4, "zimg"), Problem::kernelIsZboot, 4);
        row("zboot without the magic", makeArmImage().replace(4, 4, "zimg").replace(56, 4, "\0\0\0\0"),
            Problem::kernelIsZboot, 4);
        row("gzip", makeArmImage().replace(0, 2, "\x1f\x8b"), Problem::kernelIsGzip, 0);
        row("ELF",
            makeArmImage().replace(0, 4,
                                   "\x7f"
                                   "ELF"),
            Problem::kernelIsElf, 0);
        row("bzImage", dummyKernel(), Problem::kernelIsX86, 0x202);
        row("nothing known", QByteArray(4096, 'x'), Problem::kernelNotArmImage, 56);
        row("big-endian", makeArmImage({.flags = 1}), Problem::kernelBigEndian, 24);
        row("image_size of less than the file", makeArmImage({.imageSize = 4095}),
            Problem::kernelImageSizeBad, 16);
    }

    void parse_somethingElse_isCalledByItsName() {
        QFETCH(const QByteArray, kernel);
        QFETCH(const Problem, problem);
        QFETCH(const int, offset);
        const auto result = parseKernel(kernel);
        QVERIFY(!result.bootable());
        QCOMPARE(result.diagnostics.size(), 1u);
        QVERIFY2(result.firstError()->problem == problem, eif::name(result.firstError()->problem).data());
        QCOMPARE(result.firstError()->offset, uint64_t(1000 + offset));
        QCOMPARE(int(result.firstError()->section), 2);
    }

    void parse_imageForTheOtherMachine_isRefusedByEach() {
        const auto problems = [](quint16 flags, eif::Machine machine) {
            const QByteArray bytes = makeEif(smallSections(), {.flags = flags});
            eif::SpanSource source(bytesOf(bytes));
            const eif::Image image = eif::parse(source, machine);
            return std::pair(findProblem(image.diagnostics, Problem::wrongArchitecture) != nullptr,
                             findProblem(image.diagnostics, Problem::notForAarch64) != nullptr);
        };
        QCOMPARE(problems(0, eif::Machine::x86_64), std::pair(false, false));
        QCOMPARE(problems(1, eif::Machine::x86_64), std::pair(true, false));
        QCOMPARE(problems(0, eif::Machine::aarch64), std::pair(false, true));
        QCOMPARE(problems(1, eif::Machine::aarch64), std::pair(false, false));
        QCOMPARE(problems(0, eif::Machine::any), std::pair(false, false));
        QCOMPARE(problems(1, eif::Machine::any), std::pair(false, false));
    }
};

QTEST_APPLESS_MAIN(TestEifArmImage)
#include "tst_eif_arm_image.moc"
