// SPDX-License-Identifier: GPL-2.0-or-later
//
// Writes EIF files for the tests: right ones, and then wrong in exactly one place. Kernels are dummies with a
// believable setup header.
#pragma once

#include "firmware/eif/bzimage.hpp"
#include "firmware/eif/parser.hpp"
#include "tests/support/kernels/bzimage_maker.hpp"

#include <QByteArray>
#include <span>
#include <vector>

namespace nitroscope::test {

struct BuiltSection {
    eif::SectionType type;
    QByteArray data;
};

inline void putBig(QByteArray &bytes, qsizetype at, quint64 value, int width) {
    for (int i = width; i-- > 0; value >>= 8)
        bytes[at + i] = static_cast<char>(value & 0xff);
}

inline void putLittle(QByteArray &bytes, qsizetype at, quint64 value, int width) {
    for (int i = 0; i < width; ++i, value >>= 8)
        bytes[at + i] = static_cast<char>(value & 0xff);
}

inline std::span<const std::byte> bytesOf(const QByteArray &data) {
    return std::as_bytes(std::span(data.constData(), static_cast<size_t>(data.size())));
}

inline eif::Image parseBytes(const QByteArray &data) {
    eif::SpanSource source(bytesOf(data));
    return eif::parse(source);
}

inline quint32 computedCrc(const QByteArray &data) {
    eif::SpanSource source(bytesOf(data));
    std::byte scratch[64];
    return eif::computeCrc(source, eif::parse(source), scratch);
}

inline void fixCrc(QByteArray &file) {
    putBig(file, eif::crcOffset, computedCrc(file), 4);
}

inline QByteArray buildImage(const std::vector<BuiltSection> &sections, int version = 4) {
    QByteArray file(static_cast<qsizetype>(eif::headerSize), '\0');
    putBig(file, eif::magicOffset, eif::magicValue, 4);
    putBig(file, eif::versionOffset, static_cast<quint64>(version), 2);
    putBig(file, eif::defaultMemoryOffset, eif::usualDefaultMemory, 8);
    putBig(file, eif::defaultCpusOffset, eif::usualDefaultCpus, 8);
    putBig(file, eif::sectionCountOffset, sections.size(), 2);
    for (size_t i = 0; i < sections.size(); ++i) {
        const auto at = static_cast<qsizetype>(8 * i);
        const auto size = static_cast<quint64>(sections[i].data.size());
        putBig(file, eif::sectionOffsetsOffset + at, static_cast<quint64>(file.size()), 8);
        putBig(file, eif::sectionSizesOffset + at, size, 8);
        QByteArray header(static_cast<qsizetype>(eif::sectionHeaderSize), '\0');
        putBig(header, 0, static_cast<quint64>(sections[i].type), 2);
        putBig(header, 4, size, 8);
        file += header + sections[i].data;
    }
    fixCrc(file);
    return file;
}

// A bzImage of 4096 bytes: protocol 2.15, setup of 1024 bytes, 64-bit entry, wants 8 MiB at 16 MiB.
inline QByteArray dummyKernel() {
    return makeBzImage({.bytes = 4096,
                        .fill = '\x90',
                        .initSize = 0x800000,
                        .version = {},
                        .payloadOffset = 16,
                        .payloadBytes = 1000});
}

inline std::vector<BuiltSection> usualSections() {
    using enum eif::SectionType;
    return {{kernel, dummyKernel()},
            {cmdline, "reboot=k console=ttyS0"},
            {metadata, "{}"},
            {ramdisk, "first ramdisk"},
            {ramdisk, "second"}};
}

inline const eif::Diagnostic *findProblem(const eif::DiagnosticList &list, eif::Problem problem) {
    for (const eif::Diagnostic &diagnostic : list)
        if (diagnostic.problem == problem)
            return &diagnostic;
    return nullptr;
}

const eif::Diagnostic *findProblem(eif::DiagnosticList &&, eif::Problem) = delete; // would dangle

} // namespace nitroscope::test
