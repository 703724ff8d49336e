// SPDX-License-Identifier: GPL-2.0-or-later
//
// Measuring against an independent computation: section orders, sizes around the chunk size, cancelling, and
// sources that fail or change in the middle.

#include "firmware/eif/parser.hpp"
#include "qemu-machine/launch/measure.hpp"
#include "tests/unit/launch/eif_maker.hpp"

#include <atomic>
#include <QTest>
#include <unistd.h>

using namespace nitroscope;
using namespace nitroscope::test;
using launch::Measurements;
using launch::MeasureStatus;

namespace {

class TestSource final : public launch::ByteSource {
public:
    explicit TestSource(QByteArray bytes) : m_bytes(std::move(bytes)) {}
    uint64_t size() const override { return static_cast<uint64_t>(m_bytes.size()); }
    bool read(uint64_t offset, std::span<std::byte> out) const override {
        ++reads;
        if (offset + out.size() > failsFrom)
            return false;
        std::memcpy(out.data(), m_bytes.constData() + offset, out.size());
        return true;
    }
    bool isUnchanged() const override { return !hasChanged; }

    uint64_t failsFrom = UINT64_MAX;
    bool hasChanged = false;
    mutable std::atomic<int> reads = 0;

private:
    QByteArray m_bytes;
};

eif::Image parse(const launch::ByteSource &source) {
    launch::SourceView sourceView(source);
    return eif::parse(sourceView);
}

QByteArray hex(const std::optional<launch::Digest> &digest) {
    return digest ? QByteArray(reinterpret_cast<const char *>(digest->data()), 48).toHex() : QByteArray();
}

constexpr int chunk = 256 * 1024;

launch::MeasureExtras extras() {
    QFETCH_GLOBAL(unsigned, processors);
    return {.append = {}, .ramdisk = nullptr, .processors = processors};
}

} // namespace

class MeasureTest : public QObject {
    Q_OBJECT

private slots:
    // Tests of this class that ask for MeasureExtras run with hashes side by side and in step.
    void initTestCase_data() {
        QTest::addColumn<unsigned>("processors");
        QTest::newRow("side by side") << 2u;
        QTest::newRow("in step") << 1u;
    }

    void measure_matchesIndependentHash_data() {
        QTest::addColumn<TestSections>("sections");
        QTest::newRow("usual") << usualSections();
        const TestSection kernel = {kernelKind, "kernel"}, cmdline = {cmdlineKind, "cmdline"},
                          metadata = {metadataKind, "{}"};
        const TestSection first = {ramdiskKind, "first"}, second = {ramdiskKind, "second"},
                          third = {ramdiskKind, "third"};
        QTest::newRow("one ramdisk") << TestSections{kernel, cmdline, metadata, first};
        QTest::newRow("no ramdisk") << TestSections{kernel, cmdline, metadata};
        QTest::newRow("four ramdisks")
            << TestSections{kernel, cmdline, first, metadata, second, third, first};
        QTest::newRow("command line last") << TestSections{kernel, first, second, cmdline, metadata};
        QTest::newRow("command line first") << TestSections{cmdline, kernel, first, metadata, second};
        for (const int size : {chunk - 1, chunk, chunk + 1, 3 * chunk, 9 * chunk + 77})
            QTest::addRow("ramdisk of %d bytes", size)
                << TestSections{kernel, cmdline, metadata, first, {ramdiskKind, QByteArray(size, 'r')}};
    }

    void measure_matchesIndependentHash() {
        QFETCH(TestSections, sections);
        const TestSource source(makeEif(sections));
        const eif::Image image = parse(source);
        const Measurements measured = launch::measure(source, image, extras());
        QCOMPARE(measured.status, MeasureStatus::done);
        QCOMPARE(hex(measured.pcr0), expectedPcr(0, sections).toHex());
        QCOMPARE(hex(measured.pcr1), expectedPcr(1, sections).toHex());
        QCOMPARE(hex(measured.pcr2), expectedPcr(2, sections).toHex());
        QVERIFY(measured.crc.has_value());
        QCOMPARE(*measured.crc, image.header.crc32);
    }

    void measure_noSecondRamdisk_pcr2IsKnownConstant() {
        const TestSource source(
            makeEif({{kernelKind, "k"}, {cmdlineKind, "c"}, {metadataKind, "{}"}, {ramdiskKind, "r"}}));
        const Measurements measured = launch::measure(source, parse(source), extras());
        QCOMPARE(hex(measured.pcr2),
                 QByteArray("21b9efbc184807662e966d34f390821309eeac6802309798826296bf3e8bec7c"
                            "10edb30948c90ba67310f7b964fc500a"));
        QCOMPARE(measured.pcr0, measured.pcr1);
    }

    void measure_cancelledBefore_readsNothing() {
        const TestSource source(makeEif(usualSections()));
        const eif::Image image = parse(source);
        source.reads = 0;
        std::stop_source stop;
        stop.request_stop();
        const Measurements measured = launch::measure(source, image, extras(), stop.get_token());
        QCOMPARE(measured.status, MeasureStatus::cancelled);
        QCOMPARE(source.reads.load(), 0);
        QCOMPARE(measured.failedFile, launch::MeasuredFile::eif);
        QVERIFY(!measured.pcr0);
    }

    void measure_cancelledInTheMiddle_stopsWithinAChunk() {
        TestSections sections = usualSections();
        sections.push_back({ramdiskKind, QByteArray(40 * chunk, 'x')});
        const TestSource source(makeEif(sections));
        std::stop_source stop;
        int calls = 0;
        const Measurements measured = launch::measure(source, parse(source), extras(), stop.get_token(),
                                                      [&](uint64_t done, uint64_t total) {
                                                          QVERIFY(done <= total);
                                                          if (++calls == 5)
                                                              stop.request_stop();
                                                      });
        QCOMPARE(measured.status, MeasureStatus::cancelled);
        QCOMPARE(calls, 5);
        QVERIFY(!measured.pcr0 && !measured.pcr2 && !measured.crc);
    }

    void measure_progress_endsAtTotal() {
        const TestSource source(makeEif(usualSections()));
        uint64_t lastDone = 0, lastTotal = 1;
        launch::measure(source, parse(source), extras(), {}, [&](uint64_t done, uint64_t total) {
            QVERIFY(done >= lastDone);
            lastDone = done;
            lastTotal = total;
        });
        QCOMPARE(lastDone, lastTotal);
    }

    void measure_failingRead_reportsOffset() {
        TestSections sections = usualSections();
        sections.push_back({ramdiskKind, QByteArray(8 * chunk, 'x')});
        TestSource source(makeEif(sections));
        const eif::Image image = parse(source);
        source.failsFrom = source.size() - 2 * chunk;
        const Measurements measured = launch::measure(source, image, extras());
        QCOMPARE(measured.status, MeasureStatus::readFailed);
        QVERIFY(measured.failedOffset > source.failsFrom - chunk &&
                measured.failedOffset <= source.failsFrom);
        QVERIFY(!measured.pcr0);
    }

    void measure_extraRamdiskThatFails_isToBlame() {
        const TestSource source(makeEif(usualSections()));
        TestSource ramdisk(QByteArray(2 * chunk, 'r'));
        launch::MeasureExtras more = extras();
        more.ramdisk = &ramdisk;
        QCOMPARE(launch::measure(source, parse(source), more).status, MeasureStatus::done);
        ramdisk.hasChanged = true;
        Measurements measured = launch::measure(source, parse(source), more);
        QCOMPARE(measured.status, MeasureStatus::readFailed);
        QCOMPARE(measured.failedFile, launch::MeasuredFile::extraRamdisk);
        ramdisk.hasChanged = false;
        ramdisk.failsFrom = chunk;
        measured = launch::measure(source, parse(source), more);
        QCOMPARE(measured.status, MeasureStatus::readFailed);
        QCOMPARE(measured.failedFile, launch::MeasuredFile::extraRamdisk);
        QCOMPARE(measured.failedOffset, uint64_t{chunk});
    }

    void measure_changedMeanwhile_isAnError() {
        TestSource source(makeEif(usualSections()));
        source.hasChanged = true;
        QCOMPARE(launch::measure(source, parse(source), extras()).status, MeasureStatus::readFailed);
    }

    void fileSource_shrunkFile_givesFailedReadNotSignal() {
        QTemporaryDir folder;
        const QByteArray path = writeFile(folder, "shrinking", QByteArray(100'000, 'a'));
        auto file = launch::FileSource::open(path.constData(), "EIF");
        QVERIFY(file.has_value());
        QVERIFY(file->isUnchanged());
        QCOMPARE(::truncate(path.constData(), 10), 0);
        QVERIFY(!file->isUnchanged());
        std::array<std::byte, 100> buffer;
        QVERIFY(!file->read(50'000, buffer));
        QVERIFY(!file->read(0, buffer));
        QVERIFY(file->read(0, std::span(buffer).first(10)));
    }

    void fileSource_readBeyondTheEnd_fails() {
        QTemporaryDir folder;
        auto file = launch::FileSource::open(writeFile(folder, "small", "abc").constData(), "EIF");
        std::array<std::byte, 4> buffer;
        QVERIFY(!file->read(0, buffer));
        QVERIFY(!file->read(UINT64_MAX, buffer));
        QVERIFY(file->read(3, std::span(buffer).first(0)));
    }
};

QTEST_GUILESS_MAIN(MeasureTest)
#include "tst_measure.moc"
