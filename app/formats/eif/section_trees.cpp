// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is inside the kernel, command line and ramdisk sections; see eif_tree.hpp. Kernel facts follow Linux,
// Documentation/arch/x86/boot.rst and Documentation/arch/arm64/booting.rst.

#include "app/formats/eif/eif_tree.hpp"
#include "app/formats/kernel/bzimage.hpp"
#include "app/formats/kernel/command_line.hpp"
#include "app/formats/ramdisk/cpio_magic.hpp"
#include "app/formats/tree/value_text.hpp"

#include <algorithm>
#include <array>

namespace nitroscope::formats {

using namespace Qt::Literals::StringLiterals;

namespace {

using Head = std::array<std::byte, eif::bzImageHeadSize>;

std::span<const std::byte> readHead(Head &buffer, const launch::ByteSource &source,
                                    const eif::Section &section) {
    const auto head =
        std::span(buffer).first(static_cast<size_t>(std::min<quint64>(buffer.size(), section.availableSize)));
    return source.read(section.dataOffset, head) ? head : std::span<const std::byte>();
}

Node versionNode(const launch::ByteSource &source, const eif::Section &section, const eif::BzImage &kernel) {
    const QByteArray text =
        readVersionText({&source, section.dataOffset, section.availableSize}, kernel).value_or(QByteArray());
    return {.name = u"kernel_version"_s,
            .value = printableText(text),
            .range = {section.dataOffset + kernel.versionTextOffset, static_cast<quint64>(text.size())}};
}

void addBzImageFacts(Node &data, const launch::ByteSource &source, const eif::Section &section,
                     const eif::BzImage &kernel) {
    const quint64 at = section.dataOffset;
    const auto field = [&](const char *name, QString value, quint64 offset, quint64 length) {
        data.add(
            {.name = QString::fromLatin1(name), .value = std::move(value), .range = {at + offset, length}});
    };
    namespace setup = eif::setup;
    data.value = u"bzImage, boot protocol %1.%2"_s.arg(kernel.protocol >> 8).arg(kernel.protocol & 0xff);
    if (kernel.versionTextOffset != 0 && kernel.versionTextOffset < section.availableSize)
        data.add(versionNode(source, section, kernel));
    field("setup_sects", sizeText(kernel.setupBytes) + u" of setup code"_s, setup::setupSects, 1);
    field("version", data.value.section(u' ', -1), setup::version, 2);
    field("kernel_alignment", sizeText(kernel.alignment), setup::kernelAlignment, 4);
    field("relocatable_kernel", kernel.relocatable ? u"yes"_s : u"no"_s, setup::relocatable, 1);
    field("xloadflags",
          hexText(kernel.xloadflags, 4) +
              (kernel.has64BitEntry() ? u" (64-bit entry)"_s : u" (no 64-bit entry)"_s),
          setup::xloadflags, 2);
    field("cmdline_size", u"at most %1"_s.arg(sizeText(kernel.cmdlineSize)), setup::cmdlineSize, 4);
    field("initrd_addr_max", hexText(kernel.initrdAddrMax), setup::initrdAddrMax, 4);
    field("pref_address", hexText(kernel.prefAddress), setup::prefAddress, 8);
    field("init_size", sizeText(kernel.initSize), setup::initSize, 4);
    field("payload_offset", hexText(kernel.payloadOffset), setup::payloadOffset, 4);
    field("payload_length", sizeText(kernel.payloadLength), setup::payloadLength, 4);
}

void addArmImageFacts(Node &data, const eif::ArmImage &image, const eif::Section &section) {
    data.value = u"aarch64 Image"_s;
    Node &node = data.add({.name = u"text_offset"_s,
                           .value = hexText(image.textOffset),
                           .range = {section.dataOffset + eif::arm::textOffset, 8}});
    if (const QString problem = armTextOffsetProblem(image.textOffset); !problem.isEmpty())
        node.addFinding(Severity::warning, problem);
    data.add({.name = u"image_size"_s,
              .value = sizeText(image.imageSize),
              .range = {section.dataOffset + eif::arm::imageSize, 8}});
    data.add({.name = u"flags"_s,
              .value = hexText(image.flags),
              .range = {section.dataOffset + eif::arm::flagsOffset, 8}});
}

void addKernelFindings(Node &data, const eif::DiagnosticList &diagnostics) {
    for (const eif::Diagnostic &diagnostic : diagnostics) {
        Node *node = nodeAt(data, diagnostic.offset);
        const std::string_view text = eif::text(diagnostic.problem);
        (node ? *node : data)
            .addFinding(toSeverity(diagnostic.severity),
                        QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size())));
    }
}

// Besides the compressions that the kernel takes.
constexpr struct {
    QByteArrayView magic;
    const char *name;
} otherRamdisks[] = {
    {cpio::newc, "cpio archive (newc)"},
    {cpio::newcWithChecksums, "cpio archive (newc with checksums)"},
    {cpio::oldPortable, "cpio archive (old portable format, not taken by the kernel)"},
    {"hsqs", "squashfs (not an initramfs)"},
};

QString ramdiskFormat(const QByteArray &head) {
    for (const auto &other : otherRamdisks)
        if (head.startsWith(other.magic))
            return QString::fromLatin1(other.name);
    switch (const Compression compression = detectCompression(toBytes(head))) {
    case Compression::none:
    case Compression::lz4Frame: // of no use to the kernel
        return {};
    case Compression::lz4Legacy:
        return u"lz4 (legacy frame)"_s;
    default:
        return compressionName(compression);
    }
}

} // namespace

void addKernelTree(Node &data, const launch::ByteSource &source, const eif::Image &image, int section,
                   EifFacts &facts) {
    const eif::Section &kernel = image.sections[static_cast<size_t>(section)];
    Head buffer;
    const auto head = readHead(buffer, source, kernel);
    if (head.empty())
        return;
    const eif::KernelOrigin origin = {.section = section, .dataOffset = kernel.dataOffset};
    const auto header = eif::parseArmImage(head);
    if (header)
        addArmImageFacts(data, *header, kernel);
    if (image.header.flags & eif::flagArm64) {
        const eif::ArmImageResult result = eif::parseArmKernel(head, kernel.dataSize, origin);
        if (!header)
            data.value = u"not an aarch64 Image"_s;
        addKernelFindings(data, result.diagnostics);
        if (result.bootable() && !facts.armKernel)
            facts.armKernel = result.image;
        return;
    }
    if (header)
        return;
    const eif::BzImageResult result = eif::parseBzImage(head, kernel.dataSize, origin);
    if (result.image.protocol != 0)
        addBzImageFacts(data, source, kernel, result.image);
    else
        data.value = u"not a bzImage"_s;
    addKernelFindings(data, result.diagnostics);
    if (result.bootable() && !facts.kernel)
        facts.kernel = result.image;
}

void addCommandLineTree(Node &data, const QByteArray &text, quint64 fileOffset) {
    data.value = printableText(text);
    for (const CommandLineWord &word : commandLineWords(text)) {
        const qsizetype equals = word.text.indexOf('=');
        data.add(
            {.name = printableText(equals < 0 ? word.text : word.text.left(equals)),
             .value = equals < 0 ? QString() : printableText(word.text.mid(equals + 1)),
             .range = {fileOffset + static_cast<quint64>(word.offset), static_cast<quint64>(word.length)}});
    }
}

void addRamdiskTree(Node &data, const launch::ByteSource &source, const eif::Section &section) {
    Head buffer;
    const QByteArray head = toByteArray(readHead(buffer, source, section)).left(16);
    data.value = ramdiskFormat(head);
    if (!data.value.isEmpty())
        return;
    data.value = u"unknown content"_s;
    if (!head.isEmpty())
        data.addFinding(Severity::warning,
                        u"The ramdisk does not start like an archive that the kernel can unpack (cpio, "
                        "gzip, xz, zstd, lz4, bzip2, lzma, lzo)."_s);
}

} // namespace nitroscope::formats
