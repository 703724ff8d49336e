// SPDX-License-Identifier: GPL-2.0-or-later
//
// Files as the launch library reads them, from any thread. App and command line read by pread: a file that
// shrinks or whose disk fails under us gives a failed read that becomes a plain sentence. The machine maps
// the file, because QEMU's fw_cfg hands its pages to the firmware without a copy, and measures through the
// same pages; there the guard of mapping_guard.hpp turns what would be SIGBUS, the end of the process, into a
// place that was lost.

#pragma once

#include "qemu-machine/board/core/mapping_guard.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

struct stat;

namespace nitroscope::launch {

/// What measuring reads from. Implementations must allow read() from several threads at once.
class ByteSource {
public:
    virtual ~ByteSource() = default;
    virtual uint64_t size() const = 0;
    /// Fills `out` with the bytes from `offset` on; false when they cannot all be had.
    virtual bool read(uint64_t offset, std::span<std::byte> out) const = 0;
    /// The same bytes where they lie in memory; empty when they have to be read.
    virtual std::span<const std::byte> view(uint64_t, uint64_t) const { return {}; }
    /// Where the file ends too early or could not be read, if that is known; see isUnchanged().
    virtual uint64_t firstLostByte() const { return 0; }
    /// False when the content changed behind our back since it was opened.
    virtual bool isUnchanged() const { return true; }
};

/// A ByteSource as the EIF parser wants it (firmware/eif/source.hpp): a small value.
class SourceView {
public:
    explicit SourceView(const ByteSource &source) : m_source(&source) {}
    uint64_t size() const { return m_source->size(); }
    bool read(uint64_t offset, std::span<std::byte> out) const { return m_source->read(offset, out); }

private:
    const ByteSource *m_source;
};

/// Bytes that are in memory already.
class MemorySource final : public ByteSource {
public:
    explicit MemorySource(std::span<const std::byte> bytes) : m_bytes(bytes) {}
    uint64_t size() const override { return m_bytes.size(); }
    bool read(uint64_t offset, std::span<std::byte> out) const override;

private:
    std::span<const std::byte> m_bytes;
};

/// A regular file, open for reading. Movable; closes itself.
class FileSource final : public ByteSource {
public:
    /// Refuses what is missing, unreadable, not a regular file, or empty, with one sentence that names `role`
    /// ("EIF", "ramdisk") and the path, and says what to do.
    static tl::expected<FileSource, std::string> open(const char *path, std::string_view role);

    FileSource(FileSource &&other) noexcept;
    FileSource &operator=(FileSource &&other) noexcept;
    FileSource(const FileSource &) = delete;
    FileSource &operator=(const FileSource &) = delete;
    ~FileSource() override;

    uint64_t size() const override { return m_size; }
    bool read(uint64_t offset, std::span<std::byte> out) const override;
    /// Compares size and modification time with those at open.
    bool isUnchanged() const override;
    /// Its present length when it became shorter, else 0.
    uint64_t firstLostByte() const override;
    int descriptor() const { return m_descriptor; }

private:
    FileSource(int descriptor, const struct stat &status);

    int m_descriptor = -1;
    uint64_t m_size = 0;
    int64_t m_modifiedSeconds = 0;
    int64_t m_modifiedNanoseconds = 0;
};

/// Read-only private mapping of a whole FileSource, guarded against a file that shrinks.
class Mapping {
public:
    Mapping() = default;
    /// An empty mapping when the system refuses; check data().
    explicit Mapping(const FileSource &file);
    Mapping(Mapping &&other) noexcept;
    Mapping &operator=(Mapping &&other) noexcept;
    Mapping(const Mapping &) = delete;
    Mapping &operator=(const Mapping &) = delete;
    ~Mapping();

    const std::byte *data() const { return m_data; }
    uint64_t size() const { return m_data ? m_size : 0; }
    /// Where bytes were asked for that the file has no more; they read as zeros.
    std::optional<uint64_t> lostFrom() const { return m_guard.lostFrom(); }
    /// Drops the resident pages; they come back from the page cache when touched again.
    void releasePages();

private:
    std::byte *m_data = nullptr;
    uint64_t m_size = 0;
    MappingGuard m_guard; ///< Ends before the mapping does: see the destructor.
};

/// A mapped file as a ByteSource: nothing is copied. Both must outlive it.
class MappedSource final : public ByteSource {
public:
    MappedSource(const FileSource &file, const Mapping &mapping) : m_file(file), m_mapping(mapping) {}
    uint64_t size() const override { return m_file.size(); }
    bool read(uint64_t offset, std::span<std::byte> out) const override { return m_file.read(offset, out); }
    std::span<const std::byte> view(uint64_t offset, uint64_t size) const override {
        return {m_mapping.data() + offset, static_cast<size_t>(size)};
    }
    uint64_t firstLostByte() const override;
    bool isUnchanged() const override { return m_file.isUnchanged() && !m_mapping.lostFrom(); }

private:
    const FileSource &m_file;
    const Mapping &m_mapping;
};

} // namespace nitroscope::launch
