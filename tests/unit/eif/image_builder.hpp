// SPDX-License-Identifier: GPL-2.0-or-later
//
// Writes EIF files for the tests: right ones, and then wrong in exactly one place. Kernels are dummies with a
// believable setup header.
#pragma once

#include "firmware/eif/bzimage.hpp"
#include "firmware/eif/parser.hpp"

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
    namespace setup = eif::setup;
    QByteArray k(4096, '\x90');
    for (qsizetype i = setup::headerStart; i < static_cast<qsizetype>(setup::maxHeaderEnd); ++i)
        k[i] = 0;
    putLittle(k, setup::setupSects, 1, 1);
    putLittle(k, setup::sysSize, (4096 - 1024) / 16, 4);
    putLittle(k, setup::bootFlag, 0xaa55, 2);
    putLittle(k, setup::jump, 0xeb, 1);
    putLittle(k, setup::jump + 1, 0x26c - 0x202, 1);
    putLittle(k, setup::headerMagic, 0x53726448, 4);
    putLittle(k, setup::version, 0x20f, 2);
    putLittle(k, setup::loadFlags, 1, 1);
    putLittle(k, setup::initrdAddrMax, 0x7fffffff, 4);
    putLittle(k, setup::kernelAlignment, 0x200000, 4);
    putLittle(k, setup::relocatable, 1, 1);
    putLittle(k, setup::xloadflags, setup::xlfKernel64 | setup::xlfAbove4G, 2);
    putLittle(k, setup::cmdlineSize, 2047, 4);
    putLittle(k, setup::payloadOffset, 16, 4);
    putLittle(k, setup::payloadLength, 1000, 4);
    putLittle(k, setup::prefAddress, 0x1000000, 8);
    putLittle(k, setup::initSize, 0x800000, 4);
    return k;
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
