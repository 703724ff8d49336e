// SPDX-License-Identifier: GPL-2.0-or-later
//
// The outer shape of an EIF's tree: sections in table order, bytes that belong to none, findings at their
// bytes. See eif_tree.hpp; the insides of the sections are in section_trees.cpp and eif_header_tree.cpp.

#include "app/formats/eif/eif_tree.hpp"

#include "app/formats/json/json_tree.hpp"
#include "app/formats/tree/value_text.hpp"

#include <algorithm>

namespace nitroscope::formats {

using namespace Qt::Literals::StringLiterals;

namespace {

// What is decoded of sections that are normally short; the rest of a huge one is only named.
constexpr quint64 maxCommandLineBytes = 64 * 1024;
constexpr quint64 maxMetadataBytes = 1024 * 1024;

QByteArray readBytes(const launch::ByteSource &source, quint64 offset, quint64 length) {
    QByteArray bytes(static_cast<qsizetype>(length), '\0');
    const bool isRead = source.read(
        offset, std::as_writable_bytes(std::span(bytes.data(), static_cast<size_t>(bytes.size()))));
    return isRead ? bytes : QByteArray();
}

void noteCut(Node &node, quint64 limit) {
    node.addFinding(Severity::note, u"Only the first %1 are decoded."_s.arg(sizeText(limit)));
}

Node sectionHeaderNode(const eif::Section &section) {
    const quint64 at = section.headerOffset;
    return {.name = u"section header"_s,
            .value = {},
            .range = {at, eif::sectionHeaderSize},
            .children = {{.name = u"section_type"_s,
                          .value = u"%1 (%2)"_s.arg(section.rawType).arg(sectionTypeText(section)),
                          .range = {at + eif::sectionTypeOffset, 2}},
                         {.name = u"flags"_s,
                          .value = hexText(section.flags, 4),
                          .range = {at + eif::sectionFlagsOffset, 2}},
                         {.name = u"section_size"_s,
                          .value = sizeText(section.dataSize),
                          .range = {at + eif::sectionSizeOffset, 8}}}};
}

void addSection(EifTree &tree, const launch::ByteSource &source, const eif::Image &image, int index,
                int ramdisk, qint64 now) {
    const eif::Section &section = image.sections[static_cast<size_t>(index)];
    QString kind = sectionTypeText(section);
    if (section.type == eif::SectionType::ramdisk)
        kind += u" %1"_s.arg(ramdisk);
    Node node = {.name = u"section %1: %2"_s.arg(index).arg(kind), .value = sizeText(section.dataSize)};
    if (section.dataOffset == 0) { // its header is not in the file
        node.value = u"not in the file"_s;
        tree.root.add(std::move(node));
        return;
    }
    node.range = {section.headerOffset, eif::sectionHeaderSize + section.availableSize};
    node.add(sectionHeaderNode(section));
    Node data = {.name = u"data"_s, .value = {}, .range = {section.dataOffset, section.availableSize}};
    const auto front = [&](quint64 limit) {
        if (section.availableSize > limit)
            noteCut(data, limit);
        return readBytes(source, section.dataOffset, std::min<quint64>(limit, section.availableSize));
    };
    switch (section.type) {
    case eif::SectionType::kernel:
        addKernelTree(data, source, image, index, tree.facts);
        break;
    case eif::SectionType::cmdline: {
        const QByteArray text = front(maxCommandLineBytes);
        tree.facts.commandLine = text;
        addCommandLineTree(data, text, section.dataOffset);
        break;
    }
    case eif::SectionType::metadata: {
        const QByteArray json = front(maxMetadataBytes);
        tree.facts.metadataJson = json;
        addJsonTree(data, json, section.dataOffset);
        break;
    }
    case eif::SectionType::ramdisk:
        addRamdiskTree(data, source, section);
        break;
    case eif::SectionType::signature: {
        const QByteArray cbor = front(eif::maxSignatureSize);
        tree.facts.signature = launch::checkSignature(toBytes(cbor), section.dataOffset, now);
        addSignatureTree(data, *tree.facts.signature);
        break;
    }
    case eif::SectionType::invalid:
        data.value = u"not decoded"_s;
    }
    node.add(std::move(data));
    tree.root.add(std::move(node));
}

// Bytes before, between and behind the sections, so that the tree covers the whole file.
void addUnusedBytes(Node &root, const eif::Image &image) {
    std::vector<ByteRange> used = {{0, std::min<quint64>(eif::headerSize, image.fileSize)}};
    for (const eif::Section &section : image.used())
        if (section.dataOffset != 0)
            used.push_back({section.headerOffset, eif::sectionHeaderSize + section.availableSize});
    std::ranges::sort(used, {}, &ByteRange::offset);
    quint64 end = 0;
    used.push_back({image.fileSize, 0});
    for (const ByteRange &range : used) {
        if (range.offset > end)
            root.add({.name = u"bytes outside of all sections"_s,
                      .value = sizeText(range.offset - end),
                      .range = {end, range.offset - end}});
        end = std::max(end, range.end());
    }
}

QString diagnosticText(const eif::Diagnostic &diagnostic) {
    const std::string_view text = eif::text(diagnostic.problem);
    QString sentence = QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
    if (diagnostic.found != diagnostic.expected) // else they are what the sentence is about already
        sentence += u" Found %1 (%2), expected %3 (%4)."_s.arg(diagnostic.found)
                        .arg(hexText(diagnostic.found))
                        .arg(diagnostic.expected)
                        .arg(hexText(diagnostic.expected));
    return sentence;
}

// The node of section `index`: the root's children are the header, then the sections in order.
Node &sectionNode(Node &root, int index) {
    const size_t child = static_cast<size_t>(index) + 1;
    return index < 0 || child >= root.children.size() ? root : root.children[child];
}

void attachDiagnostics(Node &root, const eif::DiagnosticList &diagnostics) {
    for (const eif::Diagnostic &diagnostic : diagnostics) {
        Node *node = nodeAt(root, diagnostic.offset);
        if (!node || node == &root)
            node = &sectionNode(root, diagnostic.section);
        node->addFinding(toSeverity(diagnostic.severity), diagnosticText(diagnostic));
    }
    if (diagnostics.dropped() > 0)
        root.addFinding(Severity::note, u"%1 more findings are not shown."_s.arg(diagnostics.dropped()));
}

} // namespace

Severity toSeverity(eif::Severity severity) {
    switch (severity) {
    case eif::Severity::note:
        return Severity::note;
    case eif::Severity::warning:
        return Severity::warning;
    case eif::Severity::error:
        return Severity::error;
    }
    return Severity::error;
}

QString sectionTypeText(const eif::Section &section) {
    switch (section.type) {
    case eif::SectionType::kernel:
        return u"kernel"_s;
    case eif::SectionType::cmdline:
        return u"cmdline"_s;
    case eif::SectionType::ramdisk:
        return u"ramdisk"_s;
    case eif::SectionType::signature:
        return u"signature"_s;
    case eif::SectionType::metadata:
        return u"metadata"_s;
    case eif::SectionType::invalid:
        break;
    }
    return section.rawType == 0 ? u"invalid"_s : u"type %1"_s.arg(section.rawType);
}

EifTree makeEifTree(const launch::ByteSource &source, const eif::Image &image, qint64 now) {
    EifTree tree;
    tree.root = {.name = u"EIF"_s, .value = sizeText(image.fileSize), .range = {0, image.fileSize}};
    addHeaderTree(tree.root, image);
    int ramdisks = 0;
    for (int i = 0; i < image.sectionCount; ++i) {
        addSection(tree, source, image, i, ramdisks, now);
        ramdisks += image.sections[static_cast<size_t>(i)].type == eif::SectionType::ramdisk;
    }
    addUnusedBytes(tree.root, image);
    attachDiagnostics(tree.root, image.diagnostics);
    return tree;
}

} // namespace nitroscope::formats
