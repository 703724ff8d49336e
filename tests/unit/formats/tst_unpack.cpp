// SPDX-License-Identifier: GPL-2.0-or-later
//
// Decompression and kernels: what the usual tools pack, we unpack; cut and damaged members are errors, bombs
// stop at the limit, and what follows a member is left alone. Skips what a missing tool would have to make.

#include "app/formats/compression/decompress.hpp"
#include "app/formats/kernel/bzimage.hpp"
#include "app/formats/tree/value_text.hpp"
#include "tests/unit/formats/packers.hpp"
#include "tests/unit/launch/eif_maker.hpp"

#include <QProcess>
#include <QRandomGenerator>
#include <QStandardPaths>
#include <QTest>

using namespace nitroscope;
using namespace nitroscope::formats;
using namespace Qt::Literals::StringLiterals;

namespace {

// What `program` writes for the input; empty when it is not installed.
QByteArray pipe(const QString &program, const QStringList &arguments, const QByteArray &input) {
    if (QStandardPaths::findExecutable(program).isEmpty())
        return {};
    QProcess process;
    process.start(program, arguments);
    process.write(input);
    process.closeWriteChannel();
    return process.waitForFinished(60'000) && process.exitCode() == 0 ? process.readAllStandardOutput()
                                                                      : QByteArray();
}

// Text that packs well, with some noise, so that every codec has several blocks.
QByteArray sampleText() {
    QRandomGenerator random(7);
    QByteArray text;
    while (text.size() < 700'000)
        text += "line " + QByteArray::number(random.bounded(100'000)) + " of the sample\n";
    return text;
}

app::Result<QByteArray> unpack(const QByteArray &bytes, const UnpackLimits &limits = {}) {
    const launch::MemorySource source(toBytes(bytes));
    return decompressAll(detectCompression(toBytes(bytes)), {&source, 0, source.size()}, limits);
}

QByteArray kernelAround(const QByteArray &payload) {
    return test::makeBzImage({.bytes = payload.size() + 4096, .payload = payload});
}

// One gzip member, made without having the bytes in memory.
QByteArray gzippedZeros(quint64 count) {
    z_stream stream = {};
    deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    QByteArray piece(1 << 20, '\0'), out(1 << 20, '\0'), packed;
    while (true) {
        const quint64 take = std::min(count, static_cast<quint64>(piece.size()));
        count -= take;
        stream.next_in = reinterpret_cast<Bytef *>(piece.data());
        stream.avail_in = static_cast<uInt>(take);
        stream.next_out = reinterpret_cast<Bytef *>(out.data());
        stream.avail_out = static_cast<uInt>(out.size());
        const int code = deflate(&stream, count == 0 ? Z_FINISH : Z_NO_FLUSH);
        packed += out.left(out.size() - static_cast<qsizetype>(stream.avail_out));
        if (code != Z_OK)
            break;
    }
    deflateEnd(&stream);
    return packed;
}

} // namespace

class UnpackTest : public QObject {
    Q_OBJECT

private slots:
    void unpack_whatTheToolsPack_isTheOriginal_data() {
        QTest::addColumn<QString>("program");
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QString>("name");
        QTest::newRow("gzip") << "gzip" << QStringList{"-nc"} << "gzip";
        QTest::newRow("xz") << "xz" << QStringList{"--check=crc32", "-c"} << "xz";
        QTest::newRow("lzma") << "xz" << QStringList{"--format=lzma", "-c"} << "lzma";
        QTest::newRow("zstd") << "zstd" << QStringList{"-c"} << "zstd";
        QTest::newRow("lz4 legacy") << "lz4" << QStringList{"-l", "-c"} << "lz4 (legacy)";
        QTest::newRow("lz4 frame") << "lz4" << QStringList{"-c"} << "lz4 (frame)";
        QTest::newRow("bzip2") << "bzip2" << QStringList{"-c"} << "bzip2";
        QTest::newRow("lzo") << "lzop" << QStringList{"-9", "-c"} << "lzo";
        QTest::newRow("lzo with all sums") << "lzop" << QStringList{"-1", "--crc32", "-CC", "-c"} << "lzo";
        QTest::newRow("lzo without sums") << "lzop" << QStringList{"-F", "-c"} << "lzo";
    }

    void unpack_whatTheToolsPack_isTheOriginal() {
        QFETCH(QString, program);
        QFETCH(QStringList, arguments);
        QFETCH(QString, name);
        const QByteArray text = sampleText();
        const QByteArray packed = pipe(program, arguments, text);
        if (packed.isEmpty())
            QSKIP(qPrintable(program + " is not installed"));
        QCOMPARE(compressionName(detectCompression(toBytes(packed))), name);
        const auto whole = unpack(packed);
        QVERIFY2(whole.has_value(), whole ? "" : qPrintable(whole.error().text()));
        QCOMPARE(*whole, text);

        // What follows a member is not part of it. (Only an lz4 legacy member has no end mark of its own.)
        const QByteArray more = packed + QByteArray(512, '\0') + "070701 and so on";
        const launch::MemorySource source(toBytes(more));
        auto stream = Decompressor::open(detectCompression(toBytes(more)), {&source, 0, source.size()});
        QVERIFY(stream.has_value());
        std::vector<std::byte> out(1000);
        quint64 total = 0;
        while (true) {
            const auto count = (*stream)->read(out);
            QVERIFY2(count.has_value(), count ? "" : qPrintable(count.error().text()));
            if (*count == 0)
                break;
            total += *count;
        }
        QCOMPARE(total, static_cast<quint64>(text.size()));
        QCOMPARE((*stream)->consumed(), static_cast<quint64>(packed.size()));

        // Cut and damaged anywhere: an error or, for formats without checksums, other bytes; never more than
        // the limit.
        for (qsizetype keep = 0; keep < packed.size(); keep += 1 + packed.size() / 23) {
            const auto cut = unpack(packed.left(keep));
            QVERIFY(!cut.has_value() || cut->size() < text.size());
            QByteArray bad = packed;
            bad[keep] = static_cast<char>(bad[keep] ^ 0x55);
            const auto damaged = unpack(bad, {.outputBytes = 4'000'000});
            QVERIFY(!damaged.has_value() || damaged->size() <= 4'000'000);
        }
        const auto limited = unpack(packed, {.outputBytes = 100'000});
        QVERIFY(!limited.has_value());
        QCOMPARE(limited.error().code, u"limit"_s);
        std::stop_source stop;
        stop.request_stop();
        QCOMPARE(unpack(packed, {.stop = stop.get_token()}).error().code, u"cancelled"_s);
    }

    void unpack_lzoThatIsWrong_isDamaged_data() {
        QTest::addColumn<int>("at");
        QTest::newRow("magic") << 5;
        QTest::newRow("method") << 15;
        QTest::newRow("flags") << 18;
        QTest::newRow("name's length") << 33;
        QTest::newRow("header's checksum") << 37;
        QTest::newRow("packed size") << 42;
        QTest::newRow("block's checksum") << 46;
        QTest::newRow("data") << 60;
    }
    void unpack_lzoThatIsWrong_isDamaged() {
        QFETCH(int, at);
        QByteArray packed = pipe("lzop", {"-c"}, sampleText());
        if (packed.isEmpty())
            QSKIP("lzop is not installed");
        packed[at] = static_cast<char>(packed[at] ^ 0x11);
        QCOMPARE(unpack(packed).error().code, u"damaged"_s);
    }

    void unpack_lzoWithAHugeBlock_isRefused() {
        QByteArray packed = pipe("lzop", {"-c"}, sampleText());
        if (packed.isEmpty())
            QSKIP("lzop is not installed");
        packed[38] = '\x7f';
        QCOMPARE(unpack(packed).error().code, u"limit"_s);
    }

    void unpack_hugeDictionary_isRefused() {
        // An lzma header that asks for a dictionary of 2 GiB.
        QByteArray bytes = QByteArray::fromHex("5d00000080ffffffffffffffff") + QByteArray(64, '\0');
        QCOMPARE(unpack(bytes).error().code, u"limit"_s);
    }

    void kernel_payloadAndConfig_areFound_data() {
        QTest::addColumn<bool>("hasConfig");
        QTest::newRow("with IKCONFIG") << true;
        QTest::newRow("without") << false;
    }

    void kernel_payloadAndConfig_areFound() {
        QFETCH(bool, hasConfig);
        const QByteArray config =
            "# Linux\nCONFIG_NSM=m\nCONFIG_VIRTIO_MMIO=y\n# CONFIG_X is not set\nCONFIG_RD_GZIP=y\n";
        const QByteArray packedConfig = test::gzipped(config);
        QByteArray vmlinux = "\x7f"
                             "ELF" +
                             QByteArray(1'048'500, 'x') + "Linux version 6.12.0-test (a@b) #1\n" +
                             QByteArray(2'000'000, 'y') + "nsm.vq.0";
        if (hasConfig)
            vmlinux += "IKCFG_ST" + packedConfig + "IKCFG_ED";
        const QByteArray payload = test::gzipped(vmlinux);
        const QByteArray kernel = kernelAround(payload);
        const launch::MemorySource source(toBytes(kernel));
        const auto image = readKernelImage({&source, 0, source.size()});
        QVERIFY(image.has_value());
        QCOMPARE(image->kind, KernelImage::Kind::bzImage);
        QCOMPARE(image->version(), u"6.12.0-test"_s);
        QCOMPARE(image->compression, Compression::gzip);
        QCOMPARE(*extractVmlinux(*image), vmlinux);
        const auto content = scanKernel(*image);
        QVERIFY(content.has_value());
        QCOMPARE(content->banner, u"Linux version 6.12.0-test (a@b) #1"_s);
        QCOMPARE(content->unpackedBytes, static_cast<quint64>(vmlinux.size()));
        QCOMPARE(content->config, hasConfig ? config : QByteArray());
        QCOMPARE(content->nsm, hasConfig ? KernelFeature::module : KernelFeature::builtIn);
        QCOMPARE(content->mmio, hasConfig ? KernelFeature::builtIn : KernelFeature::no);
        QCOMPARE(content->vsock, KernelFeature::no);
        QCOMPARE(content->ramdisk[static_cast<size_t>(Compression::gzip)],
                 hasConfig ? KernelFeature::builtIn : KernelFeature::unknown);
    }

    void kernel_thatUnpacksWithoutEnd_isRefused() {
        const QByteArray kernel = kernelAround(gzippedZeros(maxUnpackedKernel + 1));
        QVERIFY(kernel.size() < (4 << 20));
        const launch::MemorySource source(toBytes(kernel));
        const auto image = readKernelImage({&source, 0, source.size()});
        QVERIFY(image.has_value());
        const auto vmlinux = extractVmlinux(*image);
        QVERIFY(!vmlinux.has_value());
        QCOMPARE(vmlinux.error().code, u"limit"_s);
        QVERIFY2(vmlinux.error().message.startsWith(u"The kernel unpacks to more than"_s),
                 qPrintable(vmlinux.error().message));
        // Looking for what is in it takes no memory, and has the usual limit.
        const auto content = scanKernel(*image);
        QVERIFY2(content.has_value(), content ? "" : qPrintable(content.error().text()));
        QCOMPARE(content->unpackedBytes, maxUnpackedKernel + 1);
    }

    void kernel_truncatedAnywhere_neverCrashes() {
        const QByteArray kernel = test::makeBzImage({.bytes = 3000});
        for (qsizetype keep = 0; keep <= kernel.size(); ++keep) {
            const QByteArray cut = kernel.left(keep);
            const launch::MemorySource source(toBytes(cut));
            const auto image = readKernelImage({&source, 0, source.size()});
            QVERIFY(image.has_value());
            (void)scanKernel(*image);
        }
    }
};

QTEST_GUILESS_MAIN(UnpackTest)
#include "tst_unpack.moc"
