// SPDX-License-Identifier: GPL-2.0-or-later
//
// The snapshots of a recording. `memory` is a file of pages, `N.snapshot` (N: its instruction) has the devices and says for
// each page of the guest where in `memory` it is. A page that has not changed since the snapshot before is not
// written again, so a snapshot costs what the guest has written meanwhile.
//
// A snapshot appears under its name when all of it is written, so one that was cut short by a kill is not there. A place
// in `memory` is used again only when the last snapshot that needs it is gone from the folder.
#pragma once

#include "qemu-machine/record/core/page_hash.hpp"
#include "qemu-machine/record/core/record.h"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace nitroscope::record {

// A descriptor that is closed.
class File {
public:
    explicit File(int fd = -1) : m_fd(fd) {}
    ~File();
    File(File &&other) noexcept : m_fd(std::exchange(other.m_fd, -1)) {}
    File &operator=(File &&other) noexcept {
        std::swap(m_fd, other.m_fd);
        return *this;
    }
    int get() const { return m_fd; }
    explicit operator bool() const { return m_fd >= 0; }

private:
    int m_fd;
};

using Slot = std::uint32_t; // of `memory`, from 1; 0: a page of zeros

class SnapshotStore {
public:
    static std::unique_ptr<SnapshotStore> create(const std::string &folder, std::uint64_t limit,
                                                 std::string &problem);
    static std::unique_ptr<SnapshotStore> open(const std::string &folder, std::string &problem);

    bool take(std::uint64_t icount, std::span<const NitroStoreBlock> blocks,
              std::span<const std::uint8_t> devices, std::uint64_t &digest, std::string &problem);
    bool load(std::size_t index, std::span<const NitroStoreBlock> blocks, std::string &problem);
    std::optional<NitroStoreDifference> compare(std::size_t index, std::span<const NitroStoreBlock> blocks,
                                                std::string &problem);
    std::uint64_t digestOf(std::span<const NitroStoreBlock> blocks) const;

    const std::vector<NitroStoreSnapshot> &snapshots() const { return m_snapshots; }
    std::span<const std::uint8_t> devices() const { return m_devices; } // of the snapshot loaded last

private:
    struct Table { // of one block
        std::string name;
        std::uint64_t size = 0;
        std::vector<Slot> slots;
    };
    struct Content { // of a snapshot
        std::uint64_t icount = 0;
        std::vector<Table> tables;
        std::vector<std::uint8_t> devices;
    };

    SnapshotStore(std::string folder, std::uint64_t limit) : m_folder(std::move(folder)), m_limit(limit) {}

    std::string pathOf(std::uint64_t icount) const;
    bool list(std::string &problem);
    std::optional<Content> read(std::uint64_t icount, std::string &problem) const;
    bool write(const Content &content, std::uint64_t &bytes, std::string &problem) const;
    bool writePages(Table &table, const NitroStoreBlock &block, std::span<const std::uint64_t> hashes,
                    std::size_t first, std::string &problem);
    bool fits(const Content &content, std::span<const NitroStoreBlock> blocks, std::string &problem) const;
    std::string ends() const;
    const std::uint8_t *page(Slot slot);
    Slot newSlot();
    void use(const Content &content);
    void leave(const Content &content);
    void thin();
    void drop(std::size_t index);

    const std::string m_folder;
    const std::uint64_t m_limit;
    std::uint64_t m_key = 0;
    File m_memory;
    std::vector<NitroStoreSnapshot> m_snapshots;
    std::vector<std::uint8_t> m_devices;

    // While it is written.
    Content m_last;
    std::vector<std::uint64_t> m_lastHashes;
    std::vector<std::uint32_t> m_uses; // by slot: snapshots that have it
    std::vector<Slot> m_free;
    std::uint64_t m_fileBytes = 0; // of all N.snapshot

    // While it is read: pages of `memory` that lie behind each other.
    std::vector<std::uint8_t> m_ahead;
    Slot m_aheadFirst = 0;
};

} // namespace nitroscope::record

// The C interface's name for it.
struct NitroStore {
    std::unique_ptr<nitroscope::record::SnapshotStore> store;
};
