// SPDX-License-Identifier: GPL-2.0-or-later
//
// Files as the launch library reads them: by pread, from any thread, never through a mapping. A file that
// shrinks or whose disk fails under us then gives a failed read that becomes a plain sentence; through a
// mapping it would be SIGBUS, which ends the process. Copying a chunk that fits the CPU's cache costs a few
// percent of the time it takes to hash it.
//
// The mapping beside it exists for the guest: QEMU's fw_cfg hands the file's pages to the firmware without a
// copy.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

struct stat;

namespace nitroscope::launch {

// What measuring reads from. Implementations must allow read() from several threads at once.
class ByteSource {
public:
    virtual ~ByteSource() = default;
    virtual uint64_t size() const = 0;
    // Fills `out` with the bytes from `offset` on; false when they cannot all be had.
    virtual bool read(uint64_t offset, std::span<std::byte> out) const = 0;
    // False when the content changed behind our back since it was opened.
    virtual bool isUnchanged() const { return true; }
};

// A ByteSource as the EIF parser wants it (firmware/eif/source.hpp): a small value.
class SourceView {
public:
    explicit SourceView(const ByteSource &source) : m_source(&source) {}
    uint64_t size() const { return m_source->size(); }
    bool read(uint64_t offset, std::span<std::byte> out) const { return m_source->read(offset, out); }

private:
    const ByteSource *m_source;
};

// Bytes that are in memory already.
class MemorySource final : public ByteSource {
public:
    explicit MemorySource(std::span<const std::byte> bytes) : m_bytes(bytes) {}
    uint64_t size() const override { return m_bytes.size(); }
    bool read(uint64_t offset, std::span<std::byte> out) const override;

private:
    std::span<const std::byte> m_bytes;
};

// A regular file, open for reading. Movable; closes itself.
class FileSource final : public ByteSource {
public:
    // Refuses what is missing, unreadable, not a regular file, or empty, with one sentence that names `role`
    // ("EIF", "ramdisk") and the path, and says what to do.
    static tl::expected<FileSource, std::string> open(const char *path, std::string_view role);

    FileSource(FileSource &&other) noexcept;
    FileSource &operator=(FileSource &&other) noexcept;
    FileSource(const FileSource &) = delete;
    FileSource &operator=(const FileSource &) = delete;
    ~FileSource() override;

    uint64_t size() const override { return m_size; }
    bool read(uint64_t offset, std::span<std::byte> out) const override;
    // Compares size and modification time with those at open.
    bool isUnchanged() const override;
    int descriptor() const { return m_descriptor; }

private:
    FileSource(int descriptor, const struct stat &status);

    int m_descriptor = -1;
    uint64_t m_size = 0;
    int64_t m_modifiedSeconds = 0;
    int64_t m_modifiedNanoseconds = 0;
};

// Read-only private mapping of a whole FileSource. Touching pages beyond the end of a file that shrank
// raises SIGBUS, so only the guest's accesses go through here.
class Mapping {
public:
    Mapping() = default;
    // An empty mapping when the system refuses; check data().
    explicit Mapping(const FileSource &file);
    Mapping(Mapping &&other) noexcept;
    Mapping &operator=(Mapping &&other) noexcept;
    Mapping(const Mapping &) = delete;
    Mapping &operator=(const Mapping &) = delete;
    ~Mapping();

    const std::byte *data() const { return m_data; }
    uint64_t size() const { return m_data ? m_size : 0; }
    // Drops the resident pages; they come back from the page cache when touched again.
    void releasePages();

private:
    std::byte *m_data = nullptr;
    uint64_t m_size = 0;
};

} // namespace nitroscope::launch
