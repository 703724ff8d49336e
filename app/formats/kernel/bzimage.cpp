// SPDX-License-Identifier: GPL-2.0-or-later
//
// See bzimage.hpp.

#include "app/formats/kernel/bzimage.hpp"

#include "app/formats/elf/elf_fields.hpp"
#include "app/formats/tree/value_text.hpp"

#include <algorithm>
#include <cstring>
#include <QList>

namespace nitroscope::formats {

namespace {

constexpr quint64 maxVersionLength = 512;

app::Result<QByteArray> readPiece(const ByteRegion &region, quint64 offset, quint64 length) {
    length = offset < region.size ? std::min(length, region.size - offset) : 0;
    QByteArray bytes(static_cast<qsizetype>(length), '\0');
    if (!region.source->read(region.offset + offset,
                             std::as_writable_bytes(std::span(bytes.data(), static_cast<size_t>(length)))))
        return app::failure(u"file-changed"_s,
                            u"The kernel could not be read: the file was changed or its disk failed."_s);
    return bytes;
}

// Up to the first zero byte or line break.
QByteArray firstLine(QByteArray text) {
    const auto end = std::ranges::find_if(text, [](char c) { return c == '\0' || c == '\n'; });
    text.truncate(end - text.begin());
    return text;
}

app::Result<void> readBzImage(KernelImage &image, const ByteRegion &kernel, const QByteArray &head) {
    image.setup = eif::parseBzImage(toBytes(head), kernel.size).image;
    if (image.setup.protocol == 0)
        return {};
    image.kind = KernelImage::Kind::bzImage;
    const auto text = readVersionText(kernel, image.setup);
    if (!text)
        return tl::unexpected(text.error());
    image.versionText = printableText(*text);
    image.payload = kernel.from(image.setup.payloadOffset);
    image.payload.size = std::min<quint64>(image.payload.size, image.setup.payloadLength);
    const auto start = readPiece(image.payload, 0, 8);
    if (!start)
        return tl::unexpected(start.error());
    image.compression = detectCompression(toBytes(*start));
    return {};
}

// A text that is only in the kernel when the driver is, and the option that decides when there is a
// configuration.
struct FeatureSign {
    const char *text;
    const char *option;
    KernelFeature KernelContent::*feature;
};
constexpr FeatureSign featureSigns[] = {
    {"nsm.vq.0", "CONFIG_NSM", &KernelContent::nsm},
    {"vmw_vsock_virtio_transport", "CONFIG_VIRTIO_VSOCKETS", &KernelContent::vsock},
    {"virtio-mmio: ", "CONFIG_VIRTIO_MMIO", &KernelContent::mmio},
    {"virtio-mmio-cmdline", "CONFIG_VIRTIO_MMIO_CMDLINE_DEVICES", &KernelContent::mmioCommandLine},
};

// The same for the decompressors of ramdisks: what each says of damaged data (lib/decompress_*.c). A table of all their
// names is in every kernel.
constexpr struct {
    const char *text;
    const char *option;
    Compression compression;
} ramdiskSigns[] = {
    {"Not a gzip file", "CONFIG_RD_GZIP", Compression::gzip},
    {"XZ-compressed data is corrupt", "CONFIG_RD_XZ", Compression::xz},
    {"ZSTD-compressed data is corrupt", "CONFIG_RD_ZSTD", Compression::zstd},
    {"Decoding failed", "CONFIG_RD_LZ4", Compression::lz4Legacy},
    {"Data integrity error when decompressing", "CONFIG_RD_BZIP2", Compression::bzip2},
    {"LZMA data is corrupt", "CONFIG_RD_LZMA", Compression::lzma},
    {"Compressed data violation", "CONFIG_RD_LZO", Compression::lzo},
};

constexpr char configStart[] = "IKCFG_ST", configEnd[] = "IKCFG_ED"; // kernel/configs.c, around a gzip member
constexpr char bannerStart[] = "Linux version ";
constexpr qsizetype maxConfig = 4 * 1024 * 1024, mostBanner = 512; // bytes

KernelFeature featureOf(const QByteArray &value) {
    return value == "y" ? KernelFeature::builtIn : value == "m" ? KernelFeature::module : KernelFeature::no;
}

// Looks through the vmlinux piece by piece; keeps an overlap so that nothing is missed between two pieces.
class Scanner {
public:
    explicit Scanner(KernelContent &content) : m_content(content) {}

    void take(const QByteArray &piece) {
        constexpr qsizetype overlap = 64; // longer than every text looked for
        const QByteArray window = m_tail + piece;
        for (const FeatureSign &sign : featureSigns)
            if (m_content.*sign.feature != KernelFeature::builtIn && window.contains(sign.text))
                m_content.*sign.feature = KernelFeature::builtIn;
        for (const auto &sign : ramdiskSigns)
            if (KernelFeature &feature = ramdisk(sign.compression);
                feature != KernelFeature::builtIn && window.contains(sign.text))
                feature = KernelFeature::builtIn;
        collect(m_banner, window, piece, bannerStart, mostBanner);
        // The marks occur once more, without data between, in the driver's own code of other versions.
        collect(m_config, window, piece, configStart, maxConfig);
        m_tail = window.right(overlap);
    }

    void finish() {
        m_content.banner = QString::fromUtf8(firstLine(m_banner));
        for (const FeatureSign &sign : featureSigns)
            if (m_content.*sign.feature == KernelFeature::unknown)
                m_content.*sign.feature = KernelFeature::no;
        // Where none of them is found, it is no Linux, or one that does not say it like this.
        if (!m_content.banner.isEmpty() && std::ranges::any_of(m_content.ramdisk, [](KernelFeature f) {
                return f == KernelFeature::builtIn;
            }))
            for (const auto &sign : ramdiskSigns)
                if (ramdisk(sign.compression) == KernelFeature::unknown)
                    ramdisk(sign.compression) = KernelFeature::no;
        const qsizetype end = m_config.indexOf(configEnd);
        const QByteArray packed = m_config.left(end).mid(static_cast<qsizetype>(sizeof configStart) - 1);
        if (end < 0 || packed.isEmpty())
            return;
        const launch::MemorySource source(toBytes(packed));
        const auto text = decompressAll(Compression::gzip, {&source, 0, source.size()},
                                        {.outputBytes = static_cast<quint64>(maxConfig) * 4});
        if (text)
            useConfig(*text);
    }

private:
    static void collect(QByteArray &found, const QByteArray &window, const QByteArray &piece,
                        const char *start, qsizetype most) {
        if (!found.isEmpty()) {
            if (found.size() < most)
                found += piece.left(most - found.size());
        } else if (const qsizetype at = window.indexOf(start); at >= 0) {
            found = window.mid(at, most);
        }
    }

    void useConfig(const QByteArray &config) {
        m_content.config = config;
        for (const FeatureSign &sign : featureSigns)
            m_content.*sign.feature = featureOf(m_content.option(sign.option));
        for (const auto &sign : ramdiskSigns)
            ramdisk(sign.compression) = featureOf(m_content.option(sign.option));
    }
    KernelFeature &ramdisk(Compression compression) {
        return m_content.ramdisk[static_cast<size_t>(compression)];
    }

    KernelContent &m_content;
    QByteArray m_tail, m_banner, m_config;
};

} // namespace

QByteArray KernelContent::option(const QByteArray &name) const {
    const QByteArray start = name + '=';
    qsizetype at = config.startsWith(start) ? 0 : config.indexOf('\n' + start);
    if (at < 0)
        return {};
    at = config.indexOf('=', at) + 1;
    return config.mid(at, config.indexOf('\n', at) - at);
}

std::optional<ImageArchitecture> KernelImage::architecture() const {
    switch (kind) {
    case Kind::bzImage:
        return ImageArchitecture::x86_64;
    case Kind::armImage:
        return ImageArchitecture::aarch64;
    case Kind::elf:
    case Kind::unknown:
        break;
    }
    return std::nullopt;
}

app::Result<QByteArray> readVersionText(const ByteRegion &kernel, const eif::BzImage &setup) {
    if (setup.versionTextOffset == 0)
        return QByteArray();
    return readPiece(kernel, setup.versionTextOffset, maxVersionLength).map(firstLine);
}

QString armTextOffsetProblem(quint64 textOffset) {
    return textOffset != 0
               ? QString()
               : u"text_offset is 0. AWS's build of its kernels writes 0x200000 there for the loader of enclaves; some images with 0 are said to start, but nothing promises it."_s;
}

app::Result<KernelImage> readKernelImage(const ByteRegion &kernel) {
    const auto head = readPiece(kernel, 0, eif::bzImageHeadSize);
    if (!head)
        return tl::unexpected(head.error());
    KernelImage image;
    if (head->startsWith(elf::magic)) {
        image.kind = KernelImage::Kind::elf;
        image.payload = kernel;
    } else if (const auto arm = eif::parseArmImage(toBytes(*head))) {
        image.kind = KernelImage::Kind::armImage;
        image.armTextOffset = arm->textOffset;
        image.payload = kernel;
    } else if (auto done = readBzImage(image, kernel, *head); !done) {
        return tl::unexpected(done.error());
    }
    return image;
}

namespace {

app::Result<void> checkPayload(const KernelImage &kernel) {
    if (kernel.kind == KernelImage::Kind::unknown || kernel.payload.size == 0)
        return app::failure(u"no-payload"_s, u"This is not a kernel whose content can be found."_s);
    return {};
}

} // namespace

app::Result<QByteArray> extractVmlinux(const KernelImage &kernel, const UnpackLimits &limits) {
    if (auto checked = checkPayload(kernel); !checked)
        return tl::unexpected(checked.error());
    UnpackLimits bounded = limits;
    if (kernel.compression != Compression::none)
        bounded.outputBytes = std::min(bounded.outputBytes, maxUnpackedKernel);
    auto stream = Decompressor::open(kernel.compression, kernel.payload, bounded);
    if (!stream)
        return tl::unexpected(stream.error());
    auto vmlinux = readAll(**stream);
    if (!vmlinux && (*stream)->isOverOutput() && bounded.outputBytes == maxUnpackedKernel)
        return app::failure(
            u"limit"_s,
            u"The kernel unpacks to more than %1, which none that boots does; the file is damaged or a trap."_s
                .arg(sizeText(maxUnpackedKernel)));
    return vmlinux;
}

app::Result<KernelContent> scanKernel(const KernelImage &kernel, const UnpackLimits &limits) {
    if (auto checked = checkPayload(kernel); !checked)
        return tl::unexpected(checked.error());
    auto stream = Decompressor::open(kernel.compression, kernel.payload, limits);
    if (!stream)
        return tl::unexpected(stream.error());
    constexpr qsizetype pieceBytes = 1024 * 1024;
    KernelContent content;
    Scanner scanner(content);
    while (true) {
        QByteArray piece(pieceBytes, Qt::Uninitialized);
        const auto count =
            (*stream)->read(std::as_writable_bytes(std::span(piece.data(), size_t(pieceBytes))));
        if (!count)
            return tl::unexpected(count.error());
        if (*count == 0)
            break;
        piece.truncate(static_cast<qsizetype>(*count));
        scanner.take(piece);
    }
    content.unpackedBytes = (*stream)->produced();
    scanner.finish();
    return content;
}

} // namespace nitroscope::formats
