// SPDX-License-Identifier: GPL-2.0-or-later
//
// The file that profile and coverage leave (format/findings_format.hpp), and the pages of code that both keep for it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace nitroscope::plugins {

// A page of the guest's memory at `address` (its start), where it is now; nothing when it is not there. To be called on a
// vCPU's thread.
std::optional<std::string> readPage(std::uint64_t address);

// Pages of code, each content once for an address. Bounded. Not locked: its owner is.
class CodePages {
public:
    // Its number; nothing when there is no room left.
    std::optional<std::uint32_t> keep(std::uint64_t address, const std::string &content);

    struct Page {
        std::uint64_t address;
        std::string content;
    };
    const std::vector<Page> &all() const { return m_pages; }

private:
    std::vector<Page> m_pages;
    std::unordered_map<std::uint64_t, std::vector<std::uint32_t>> m_byAddress;
};

// Made when QEMU starts, so that what cannot be written is refused then; filled when it ends.
class FindingsFile {
public:
    // The reason when it cannot be made.
    std::string open(const char *path, std::string_view kind);
    bool isOpen() const { return m_descriptor >= 0; }

    void line(std::string_view word, const std::vector<std::uint64_t> &numbers);
    void pages(const CodePages &pages);
    // `word ADDRESS BYTES PAGE|-`
    void block(std::uint64_t address, std::uint64_t bytes, std::optional<std::uint32_t> page);
    // The last line; what failed shows by its absence.
    void finish();

private:
    void flush();

    int m_descriptor = -1;
    bool m_hasFailed = false;
    std::string m_buffer;
};

} // namespace nitroscope::plugins
