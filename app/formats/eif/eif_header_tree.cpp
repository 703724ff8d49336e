// SPDX-License-Identifier: GPL-2.0-or-later
//
// The 548 bytes of the EIF header as nodes, named as in the image-format README; see eif_tree.hpp.

#include "app/formats/eif/eif_tree.hpp"
#include "app/formats/kernel/image_architecture.hpp"
#include "app/formats/tree/value_text.hpp"

namespace nitroscope::formats {

using namespace Qt::Literals::StringLiterals;

namespace {

QString flagsText(quint16 flags) {
    return u"%1 (%2)"_s.arg(hexText(flags, 4), factsOf(architectureOf(flags)).nameText());
}

Node tableNode(const char *name, quint64 offset, const eif::Image &image, QString (*entryText)(quint64),
               bool isSizes) {
    Node table = {.name = QString::fromLatin1(name),
                  .value = u"%1 of %2 entries used"_s.arg(image.sectionCount).arg(eif::maxSections),
                  .range = {offset, 8 * eif::maxSections}};
    const auto &values = isSizes ? image.header.sizes : image.header.offsets;
    for (unsigned i = 0; i < eif::maxSections; ++i)
        if (i < image.sectionCount || values[i] != 0)
            table.add(
                {.name = u"[%1]"_s.arg(i), .value = entryText(values[i]), .range = {offset + 8 * i, 8}});
    return table;
}

} // namespace

void addHeaderTree(Node &root, const eif::Image &image) {
    const eif::Header &header = image.header;
    Node node = {.name = u"header"_s, .value = {}, .range = {0, std::min(eif::headerSize, image.fileSize)}};
    if (image.fileSize < eif::headerSize) {
        node.value = u"cut off after %1"_s.arg(sizeText(image.fileSize));
        root.add(std::move(node));
        return;
    }
    const auto field = [&node](const char *name, QString value, quint64 offset, quint64 length) {
        node.add({.name = QString::fromLatin1(name), .value = std::move(value), .range = {offset, length}});
    };
    const auto hexOffset = [](quint64 value) { return hexText(value); };
    bool isMagicBad = false;
    for (const eif::Diagnostic &diagnostic : image.diagnostics)
        isMagicBad = isMagicBad || diagnostic.problem == eif::Problem::badMagic;
    field("magic", isMagicBad ? u"not .eif"_s : u".eif"_s, eif::magicOffset, 4);
    field("version", QString::number(header.version), eif::versionOffset, 2);
    field("flags", flagsText(header.flags), eif::flagsOffset, 2);
    field("default_mem", sizeText(header.defaultMemory), eif::defaultMemoryOffset, 8);
    field("default_cpus", QString::number(header.defaultCpus), eif::defaultCpusOffset, 8);
    field("reserved", hexText(header.reserved, 4), eif::reservedOffset, 2);
    field("num_sections", QString::number(header.sectionCount), eif::sectionCountOffset, 2);
    node.add(tableNode("section_offsets", eif::sectionOffsetsOffset, image, hexOffset, false));
    node.add(tableNode("section_sizes", eif::sectionSizesOffset, image, sizeText, true));
    field("unused", hexText(header.unused, 8), eif::unusedOffset, 4);
    field("eif_crc32", hexText(header.crc32, 8), eif::crcOffset, eif::crcSize);
    root.add(std::move(node));
}

} // namespace nitroscope::formats
