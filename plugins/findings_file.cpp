// SPDX-License-Identifier: GPL-2.0-or-later
#include "plugins/findings_file.hpp"

#include "plugins/format/findings_format.hpp"
#include "plugins/qemu_api.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace nitroscope::plugins {
namespace {

constexpr std::size_t bufferBytes = 1 << 16;

std::string hex(std::uint64_t number) {
    std::array<char, 16> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, 16).ptr;
    return {digits.data(), end};
}

} // namespace

std::optional<std::string> readPage(std::uint64_t address) {
    thread_local GByteArray *const bytes = g_byte_array_new();
    g_byte_array_set_size(bytes, 0);
    if (!qemu_plugin_read_memory_vaddr(address, bytes, format::pageBytes) || bytes->len < format::pageBytes)
        return std::nullopt;
    return std::string(reinterpret_cast<const char *>(bytes->data), format::pageBytes);
}

std::optional<std::uint32_t> CodePages::keep(std::uint64_t address, const std::string &content) {
    auto &there = m_byAddress[address];
    for (const std::uint32_t number : there)
        if (m_pages[number].content == content)
            return number;
    if (m_pages.size() >= format::maxPages)
        return std::nullopt;
    there.push_back(std::uint32_t(m_pages.size()));
    m_pages.push_back({address, content});
    return there.back();
}

std::string FindingsFile::open(const char *path, std::string_view kind) {
    m_descriptor = ::open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (m_descriptor < 0)
        return std::string(path) + " cannot be written: " + std::strerror(errno);
    m_buffer = std::string(format::first) + ' ' + std::string(kind) + '\n';
    flush();
    return {};
}

void FindingsFile::line(std::string_view word, const std::vector<std::uint64_t> &numbers) {
    m_buffer += word;
    for (const std::uint64_t number : numbers)
        m_buffer += ' ' + hex(number);
    m_buffer += '\n';
    if (m_buffer.size() >= bufferBytes)
        flush();
}

void FindingsFile::pages(const CodePages &pages) {
    constexpr char digits[] = "0123456789abcdef";
    std::uint64_t number = 0;
    for (const CodePages::Page &page : pages.all()) {
        m_buffer += std::string(format::page) + ' ' + hex(number++) + ' ' + hex(page.address) + ' ';
        for (const char c : page.content) {
            m_buffer += digits[static_cast<unsigned char>(c) >> 4];
            m_buffer += digits[static_cast<unsigned char>(c) & 15];
        }
        m_buffer += '\n';
        flush();
    }
}

void FindingsFile::block(std::uint64_t address, std::uint64_t bytes, std::optional<std::uint32_t> page) {
    m_buffer += std::string(format::block) + ' ' + hex(address) + ' ' + hex(bytes) + ' ' +
                (page ? hex(*page) : format::none) + '\n';
    if (m_buffer.size() >= bufferBytes)
        flush();
}

void FindingsFile::finish() {
    m_buffer += std::string(format::end) + '\n';
    flush();
    ::close(std::exchange(m_descriptor, -1));
}

void FindingsFile::flush() {
    std::string_view rest = m_buffer;
    while (!rest.empty() && !m_hasFailed) {
        const ssize_t written = ::write(m_descriptor, rest.data(), rest.size());
        if (written > 0)
            rest.remove_prefix(std::size_t(written));
        else if (errno != EINTR)
            m_hasFailed = true;
    }
    m_buffer.clear();
}

} // namespace nitroscope::plugins
