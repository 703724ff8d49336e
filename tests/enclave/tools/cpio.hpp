// SPDX-License-Identifier: GPL-2.0-or-later
//
// Writes initramfs archives in cpio's "newc" format (Linux: Documentation/driver-api/early-userspace/
// buffer-format.rst) so that the same content always gives the same bytes: entries in the order given, owner
// 0, time 0, inode numbers counted up. Only what an enclave's ramdisk needs: folders and regular files.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string_view>

namespace nitroscope::demo {

class CpioWriter {
public:
    // `output` stays open; errors are kept and told by finish().
    explicit CpioWriter(std::FILE *output) : m_output(output) {}

    void folder(std::string_view path);
    // Header of a file; exactly `size` bytes of content() have to follow.
    void file(std::string_view path, bool executable, uint32_t size);
    void content(const void *bytes, size_t size);

    // Writes the trailer and fills up to a multiple of 512 bytes. False when anything could not be written.
    bool finish();

private:
    void entry(std::string_view path, uint32_t mode, uint32_t links, uint32_t size);
    void put(const void *bytes, size_t size);
    void pad(uint64_t multiple);

    std::FILE *m_output;
    uint64_t m_written = 0;
    uint32_t m_inode = 0;
    bool m_failed = false;
};

} // namespace nitroscope::demo
