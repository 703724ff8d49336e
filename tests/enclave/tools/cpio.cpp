// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/enclave/tools/cpio.hpp"

#include <array>
#include <string>
#include <sys/stat.h>

namespace nitroscope::demo {

void CpioWriter::put(const void *bytes, size_t size) {
    m_failed = m_failed || (size > 0 && std::fwrite(bytes, 1, size, m_output) != size);
    m_written += size;
}

void CpioWriter::pad(uint64_t multiple) {
    static constexpr std::array<char, 512> zeros{};
    put(zeros.data(), static_cast<size_t>((multiple - m_written % multiple) % multiple));
}

// A header is the magic and 13 numbers of 8 hexadecimal digits; name and content each end at a multiple of 4.
void CpioWriter::entry(std::string_view path, uint32_t mode, uint32_t links, uint32_t size) {
    pad(4);
    std::array<char, 6 + 13 * 8 + 1> header;
    const uint32_t inode = mode == 0 ? 0 : ++m_inode;
    std::snprintf(header.data(), header.size(), "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
                  inode, mode, 0U, 0U, links, 0U, size, 0U, 0U, 0U, 0U,
                  static_cast<uint32_t>(path.size() + 1), 0U);
    put(header.data(), header.size() - 1);
    put(std::string(path).c_str(), path.size() + 1);
    pad(4);
}

void CpioWriter::folder(std::string_view path) {
    entry(path, S_IFDIR | 0755, 2, 0);
}

void CpioWriter::file(std::string_view path, bool executable, uint32_t size) {
    entry(path, S_IFREG | (executable ? 0755U : 0644U), 1, size);
}

void CpioWriter::content(const void *bytes, size_t size) {
    put(bytes, size);
}

bool CpioWriter::finish() {
    entry("TRAILER!!!", 0, 1, 0);
    pad(512);
    return !m_failed && std::fflush(m_output) == 0;
}

} // namespace nitroscope::demo
