// SPDX-License-Identifier: GPL-2.0-or-later
//
// The EIF parser. It walks the file by the header's section table, the way the hypervisor does, and compares
// each entry with the section header it points to, which is what the sequential readers see. It never stops
// at the first fault when there is more to tell: the result is a partial tree plus diagnostics with byte
// ranges. The rules are those of AWS's format description; where loaders disagree the strictest real one
// decides.
//
// No allocation, no exceptions, no recursion; every loop is bounded by 32 sections or a fixed byte count, and
// nothing beyond source.size() is read. This one include brings the whole format.
#pragma once

#include "firmware/eif/checksum.hpp"
#include "firmware/eif/format.hpp"
#include "firmware/eif/image.hpp"
#include "firmware/eif/problem.hpp"
#include "firmware/eif/source.hpp"

#include <array>
#include <cstdint>
#include <span>

namespace nitroscope::eif {

template <Source S>
class Parser {
public:
    Parser(S &source, Machine machine) : m_source(source), m_machine(machine) {
        m_image.fileSize = source.size();
    }

    Image parse() {
        if (readHeader() && checkHeader()) {
            for (unsigned i = 0; i < m_image.sectionCount; ++i)
                readSection(i);
            checkLayout();
            checkComposition();
            checkCmdline();
        }
        return m_image;
    }

private:
    struct Range {
        uint64_t offset;
        uint64_t length;
    };

    void report(Problem problem, int section, Range where, uint64_t found = 0, uint64_t expected = 0) {
        m_image.diagnostics.add({.problem = problem,
                                 .severity = severity(problem),
                                 .section = static_cast<int8_t>(section),
                                 .offset = where.offset,
                                 .length = where.length,
                                 .found = found,
                                 .expected = expected});
    }

    static constexpr Range offsetEntry(unsigned i) { return {sectionOffsetsOffset + 8 * i, 8}; }
    static constexpr Range sizeEntry(unsigned i) { return {sectionSizesOffset + 8 * i, 8}; }

    // The part of the section that lies in the file.
    static constexpr Range wholeSection(const Section &s) {
        return {s.headerOffset, s.dataOffset ? sectionHeaderSize + s.availableSize : 0};
    }

    // Fills m_image.header from however many bytes there are. False when nothing more can be said.
    bool readHeader() {
        const uint64_t size = m_image.fileSize;
        if (size == 0) {
            report(Problem::emptyFile, -1, {0, 0}, 0, headerSize);
            return false;
        }
        std::array<std::byte, headerSize> raw{};
        if (!m_source.read(0, std::span(raw).first(size < headerSize ? size : headerSize))) {
            report(Problem::readFailed, -1, {0, size < headerSize ? size : headerSize});
            return false;
        }
        Header &h = m_image.header;
        h.version = loadBig16(raw, versionOffset);
        h.flags = loadBig16(raw, flagsOffset);
        h.defaultMemory = loadBig64(raw, defaultMemoryOffset);
        h.defaultCpus = loadBig64(raw, defaultCpusOffset);
        h.reserved = loadBig16(raw, reservedOffset);
        h.sectionCount = loadBig16(raw, sectionCountOffset);
        for (unsigned i = 0; i < maxSections; ++i) {
            h.offsets[i] = loadBig64(raw, offsetEntry(i).offset);
            h.sizes[i] = loadBig64(raw, sizeEntry(i).offset);
        }
        h.unused = loadBig32(raw, unusedOffset);
        h.crc32 = loadBig32(raw, crcOffset);

        const uint32_t magic = loadBig32(raw, magicOffset);
        if (size >= 4 && magic != magicValue) {
            report(Problem::badMagic, -1, {magicOffset, 4}, magic, magicValue);
            // Go on only when the rest looks like an EIF: otherwise every field would be reported as damaged.
            if (h.version < minVersion || h.version > maxVersion || h.offsets[0] != headerSize)
                return false;
        }
        if (size < headerSize) {
            report(Problem::tooShort, -1, {0, size}, size, headerSize);
            return false;
        }
        return true;
    }

    // False when the section table cannot be used at all.
    bool checkHeader() {
        const Header &h = m_image.header;
        if (h.version < minVersion)
            report(Problem::versionInternal, -1, {versionOffset, 2}, h.version, minVersion);
        if (h.version > maxVersion)
            report(Problem::versionTooNew, -1, {versionOffset, 2}, h.version, maxVersion);
        if ((h.flags & flagArm64) && m_machine == Machine::x86_64)
            report(Problem::wrongArchitecture, -1, {flagsOffset, 2}, h.flags, h.flags & ~unsigned{flagArm64});
        if (!(h.flags & flagArm64) && m_machine == Machine::aarch64)
            report(Problem::notForAarch64, -1, {flagsOffset, 2}, h.flags, h.flags | flagArm64);
        if (h.flags & ~flagsKnown)
            report(Problem::reservedFlags, -1, {flagsOffset, 2}, h.flags, h.flags & flagsKnown);
        if (h.defaultMemory != usualDefaultMemory)
            report(Problem::defaultsIgnored, -1, {defaultMemoryOffset, 8}, h.defaultMemory,
                   usualDefaultMemory);
        if (h.defaultCpus != usualDefaultCpus)
            report(Problem::defaultsIgnored, -1, {defaultCpusOffset, 8}, h.defaultCpus, usualDefaultCpus);
        if (h.reserved != 0)
            report(Problem::reservedNotZero, -1, {reservedOffset, 2}, h.reserved);
        if (h.unused != 0)
            report(Problem::unusedNotZero, -1, {unusedOffset, 4}, h.unused);

        const Range count{sectionCountOffset, 2};
        if (h.sectionCount == 0) {
            report(Problem::noSections, -1, count, 0, minSections);
            return false;
        }
        if (h.sectionCount < minSections)
            report(Problem::tooFewSections, -1, count, h.sectionCount, minSections);
        if (h.sectionCount > maxSections)
            report(Problem::tooManySections, -1, count, h.sectionCount, maxSections);
        m_image.sectionCount =
            static_cast<uint8_t>(h.sectionCount < maxSections ? h.sectionCount : maxSections);
        for (unsigned i = m_image.sectionCount; i < maxSections; ++i) {
            if (h.offsets[i] != 0)
                report(Problem::unusedTableEntry, -1, offsetEntry(i), h.offsets[i]);
            if (h.sizes[i] != 0)
                report(Problem::unusedTableEntry, -1, sizeEntry(i), h.sizes[i]);
        }
        return true;
    }

    // One section by itself: its table entry, its header, its bounds.
    void readSection(unsigned i) {
        Section &s = m_image.sections[i];
        const uint64_t size = m_image.fileSize;
        s.headerOffset = m_image.header.offsets[i];
        s.dataSize = m_image.header.sizes[i]; // until the section's own header is known
        const int index = static_cast<int>(i);
        if (s.headerOffset < headerSize)
            return report(Problem::sectionInHeader, index, offsetEntry(i), s.headerOffset, headerSize);
        if (s.headerOffset >= size)
            return report(Problem::sectionOutsideFile, index, offsetEntry(i), s.headerOffset, size);
        const uint64_t rest = size - s.headerOffset;
        if (rest < sectionHeaderSize)
            return report(Problem::sectionHeaderCut, index, {s.headerOffset, rest}, rest, sectionHeaderSize);

        std::array<std::byte, sectionHeaderSize> raw{};
        if (!m_source.read(s.headerOffset, raw))
            return report(Problem::readFailed, index, {s.headerOffset, sectionHeaderSize});
        s.rawType = loadBig16(raw, sectionTypeOffset);
        s.flags = loadBig16(raw, sectionFlagsOffset);
        s.dataSize = loadBig64(raw, sectionSizeOffset);
        s.dataOffset = s.headerOffset + sectionHeaderSize;
        s.availableSize = s.dataSize < rest - sectionHeaderSize ? s.dataSize : rest - sectionHeaderSize;
        checkSectionHeader(i);
    }

    void checkSectionHeader(unsigned i) {
        Section &s = m_image.sections[i];
        const int index = static_cast<int>(i);
        const Range typeField{s.headerOffset + sectionTypeOffset, 2};
        const Range sizeField{s.headerOffset + sectionSizeOffset, 8};
        if (s.rawType == 0)
            report(Problem::sectionTypeInvalid, index, typeField, s.rawType);
        else if (s.rawType > lastKnownType)
            report(Problem::sectionTypeUnknown, index, typeField, s.rawType, lastKnownType);
        else
            s.type = static_cast<SectionType>(s.rawType);
        if (s.flags != 0)
            report(Problem::sectionFlagsNotZero, index, {s.headerOffset + sectionFlagsOffset, 2}, s.flags);
        if (s.dataSize != m_image.header.sizes[i])
            report(Problem::sectionSizeMismatch, index, sizeField, s.dataSize, m_image.header.sizes[i]);
        if (s.availableSize < s.dataSize)
            report(Problem::sectionDataCut, index, {s.dataOffset, s.availableSize}, s.dataSize,
                   s.availableSize);
        if (s.dataSize == 0)
            report(s.type == SectionType::kernel ? Problem::kernelEmpty : Problem::sectionEmpty, index,
                   sizeField);
        if (s.type == SectionType::signature && s.dataSize > maxSignatureSize)
            report(Problem::signatureTooLarge, index, sizeField, s.dataSize, maxSignatureSize);
    }

    // Sections against each other: order, overlap, gaps, trailing bytes. Sections without a header in the
    // file occupy nothing and were reported already.
    void checkLayout() {
        uint64_t end = headerSize; // of everything so far
        bool isComplete = true;
        for (unsigned i = 0; i < m_image.sectionCount; ++i) {
            const Section &s = m_image.sections[i];
            isComplete = isComplete && s.isComplete();
            if (s.dataOffset == 0)
                continue;
            const int overlapped = earlierOverlap(i);
            if (overlapped >= 0)
                report(Problem::sectionOverlap, static_cast<int>(i), wholeSection(s), s.headerOffset,
                       endOf(m_image.sections[static_cast<unsigned>(overlapped)]));
            else if (s.headerOffset < end)
                report(Problem::sectionsOutOfOrder, static_cast<int>(i), offsetEntry(i), s.headerOffset, end);
            else if (s.headerOffset > end)
                report(Problem::sectionGap, static_cast<int>(i), {end, s.headerOffset - end}, s.headerOffset,
                       end);
            if (endOf(s) > end)
                end = endOf(s);
        }
        if (isComplete && end < m_image.fileSize)
            report(Problem::trailingBytes, -1, {end, m_image.fileSize - end}, m_image.fileSize, end);
    }

    static constexpr uint64_t endOf(const Section &s) { return s.dataOffset + s.availableSize; }

    int earlierOverlap(unsigned i) const {
        const Section &s = m_image.sections[i];
        for (unsigned j = 0; j < i; ++j) {
            const Section &other = m_image.sections[j];
            if (other.dataOffset != 0 && s.headerOffset < endOf(other) && other.headerOffset < endOf(s))
                return static_cast<int>(j);
        }
        return -1;
    }

    // What has to be there, once, and in which order.
    void checkComposition() {
        unsigned seen[lastKnownType + 1] = {};
        const uint16_t version = m_image.header.version;
        for (unsigned i = 0; i < m_image.sectionCount; ++i) {
            const Section &s = m_image.sections[i];
            if (s.type == SectionType::invalid)
                continue;
            const int index = static_cast<int>(i);
            const Range typeField{s.headerOffset + sectionTypeOffset, 2};
            const bool isRepeated = seen[s.rawType]++ != 0;
            if (isRepeated && duplicateOf(s.type) != Problem::none)
                report(duplicateOf(s.type), index, wholeSection(s));
            if (s.type == SectionType::ramdisk && !seen[static_cast<unsigned>(SectionType::kernel)] &&
                m_image.find(SectionType::kernel) >= 0)
                report(Problem::ramdiskBeforeKernel, index, typeField);
            const uint16_t since = s.type == SectionType::signature  ? 3
                                   : s.type == SectionType::metadata ? metadataVersion
                                                                     : minVersion;
            if (version >= minVersion && version < since)
                report(Problem::sectionTooNew, index, typeField, version, since);
        }
        const Range table{sectionCountOffset, 2};
        if (!seen[static_cast<unsigned>(SectionType::kernel)])
            report(Problem::kernelMissing, -1, table);
        if (!seen[static_cast<unsigned>(SectionType::cmdline)])
            report(Problem::cmdlineMissing, -1, table);
        if (!seen[static_cast<unsigned>(SectionType::ramdisk)])
            report(Problem::ramdiskMissing, -1, table);
        if (!seen[static_cast<unsigned>(SectionType::metadata)] && version >= metadataVersion)
            report(Problem::metadataMissing, -1, table, version, metadataVersion);
    }

    static constexpr Problem duplicateOf(SectionType type) {
        switch (type) {
        case SectionType::kernel:
            return Problem::duplicateKernel;
        case SectionType::cmdline:
            return Problem::duplicateCmdline;
        case SectionType::signature:
            return Problem::duplicateSignature;
        case SectionType::metadata:
            return Problem::duplicateMetadata;
        default:
            return Problem::none;
        }
    }

    // The first 64 KiB of the command line, far more than any kernel takes.
    void checkCmdline() {
        const int index = m_image.find(SectionType::cmdline);
        if (index < 0)
            return;
        const Section &s = m_image.sections[static_cast<unsigned>(index)];
        if (s.dataSize > usualMaxCmdline)
            report(Problem::cmdlineLong, index, {s.dataOffset, s.availableSize}, s.dataSize, usualMaxCmdline);
        const uint64_t size = s.availableSize < 65536 ? s.availableSize : 65536;
        bool hasNul = false, hasNewline = false;
        std::array<std::byte, 256> piece;
        for (uint64_t at = 0; at < size; at += piece.size()) {
            const auto bytes = std::span(piece).first(size - at < piece.size() ? size - at : piece.size());
            if (!m_source.read(s.dataOffset + at, bytes))
                return report(Problem::readFailed, index, {s.dataOffset + at, bytes.size()});
            for (size_t i = 0; i < bytes.size(); ++i) {
                const Range byte{s.dataOffset + at + i, 1};
                if (bytes[i] == std::byte{0} && !hasNul) {
                    hasNul = true;
                    report(Problem::cmdlineHasNul, index, byte);
                } else if (bytes[i] == std::byte{'\n'} && !hasNewline) {
                    hasNewline = true;
                    report(Problem::cmdlineHasNewline, index, byte, '\n');
                }
            }
        }
    }

    S &m_source;
    Machine m_machine;
    Image m_image;
};

// Always returns: the tree as far as it goes, with diagnostics. The CRC is not checked here, see
// checksum.hpp.
template <Source S>
Image parse(S &source, Machine machine = Machine::x86_64) {
    return Parser<S>(source, machine).parse();
}

} // namespace nitroscope::eif
