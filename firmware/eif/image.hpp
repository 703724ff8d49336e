// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the parser makes of an EIF: the header as it stands in the file, up to 32 sections, and a bounded list
// of diagnostics with byte ranges. Plain values of fixed size, so that the firmware can hold one in its .bss.
#pragma once

#include "firmware/eif/format.hpp"
#include "firmware/eif/problem.hpp"

#include <array>
#include <cstdint>
#include <span>

namespace nitroscope::eif {

struct Header {
    uint16_t version = 0;
    uint16_t flags = 0;
    uint64_t defaultMemory = 0; // bytes
    uint64_t defaultCpus = 0;
    uint16_t reserved = 0;
    uint16_t sectionCount = 0; // as in the file; may exceed 32
    std::array<uint64_t, maxSections> offsets{};
    std::array<uint64_t, maxSections> sizes{};
    uint32_t unused = 0;
    uint32_t crc32 = 0; // as stored
};

struct Section {
    SectionType type = SectionType::invalid; // `invalid` for every type that is not known
    uint16_t rawType = 0;
    uint16_t flags = 0;
    uint64_t headerOffset = 0;  // in the file
    uint64_t dataOffset = 0;    // headerOffset + 12; 0 when there is no section header in the file
    uint64_t dataSize = 0;      // bytes, as the section header says
    uint64_t availableSize = 0; // bytes of the data that are in the file; smaller than dataSize when cut off

    constexpr bool isComplete() const { return dataOffset != 0 && availableSize == dataSize; }
};

struct Diagnostic {
    Problem problem = Problem::none;
    Severity severity = Severity::note;
    int8_t section = -1; // index, or -1 for the file header and the file as a whole
    uint64_t offset = 0; // in the file, bytes
    uint64_t length = 0; // bytes
    uint64_t found = 0;
    uint64_t expected = 0; // or the limit that was passed
};

// At most 64 entries. Notes and warnings never take the last 24, so that a damaged file still shows its
// errors.
class DiagnosticList {
public:
    static constexpr unsigned capacity = 64;

    constexpr void add(const Diagnostic &diagnostic) {
        const bool isError = diagnostic.severity == Severity::error;
        m_errors += isError;
        if (m_count < (isError ? capacity : capacity - 24))
            m_entries[m_count++] = diagnostic;
        else
            ++m_dropped;
    }

    constexpr std::span<const Diagnostic> entries() const { return {m_entries.data(), m_count}; }
    constexpr const Diagnostic *begin() const { return m_entries.data(); }
    constexpr const Diagnostic *end() const { return m_entries.data() + m_count; }
    constexpr unsigned size() const { return m_count; }
    constexpr unsigned dropped() const { return m_dropped; }
    constexpr unsigned errorCount() const { return m_errors; } // dropped ones included
    constexpr const Diagnostic *firstError() const {
        for (const Diagnostic &diagnostic : *this)
            if (diagnostic.severity == Severity::error)
                return &diagnostic;
        return nullptr;
    }

private:
    std::array<Diagnostic, capacity> m_entries{};
    unsigned m_count = 0;
    unsigned m_dropped = 0;
    unsigned m_errors = 0;
};

struct Image {
    uint64_t fileSize = 0; // bytes
    Header header;
    std::array<Section, maxSections> sections{};
    uint8_t sectionCount = 0; // entries of `sections` in use
    DiagnosticList diagnostics;

    // No errors: a real enclave would take this image, as far as structure goes (the CRC is checked apart).
    constexpr bool bootable() const { return diagnostics.errorCount() == 0; }
    constexpr const Diagnostic *firstError() const { return diagnostics.firstError(); }

    // Enough of the image is in the file to try a boot although there may be errors (strict=off).
    constexpr bool loadable() const {
        if (find(SectionType::kernel) < 0)
            return false;
        for (const Section &section : used())
            if (isLoaded(section.type) && !section.isComplete())
                return false;
        return true;
    }

    // Every byte the CRC covers is in the file.
    constexpr bool crcComputable() const {
        if (fileSize < headerSize || sectionCount != header.sectionCount)
            return false;
        for (const Section &section : used())
            if (!section.isComplete())
                return false;
        return true;
    }

    constexpr std::span<const Section> used() const { return {sections.data(), sectionCount}; }

    // Index of the first section of this type, or -1.
    constexpr int find(SectionType type) const {
        for (unsigned i = 0; i < sectionCount; ++i)
            if (sections[i].type == type)
                return static_cast<int>(i);
        return -1;
    }

private:
    static constexpr bool isLoaded(SectionType type) {
        return type == SectionType::kernel || type == SectionType::cmdline || type == SectionType::ramdisk;
    }
};

// Where the kernel lies in the EIF, for its diagnostics only.
struct KernelOrigin {
    int section = -1;
    uint64_t dataOffset = 0;
};

} // namespace nitroscope::eif
