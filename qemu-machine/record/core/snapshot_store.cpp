// SPDX-License-Identifier: GPL-2.0-or-later
#include "qemu-machine/record/core/snapshot_store.hpp"

#include "qemu-machine/record/core/guest_pages.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

namespace nitroscope::record {
namespace {

constexpr char memoryMagic[8] = {'N', 'I', 'T', 'R', 'O', 'M', 'E', 'M'};
constexpr std::size_t keyAt = 8; // in the first page of `memory`, behind its magic

std::string reason() {
    return std::strerror(errno);
}

bool writeAll(int fd, const void *data, std::size_t size, off_t at) {
    const auto *bytes = static_cast<const std::uint8_t *>(data);
    while (size > 0) {
        const ssize_t done = pwrite(fd, bytes, size, at);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        bytes += done;
        at += done;
        size -= static_cast<std::size_t>(done);
    }
    return true;
}

std::size_t pagesOf(std::uint64_t size) {
    return static_cast<std::size_t>((size + pageBytes - 1) / pageBytes);
}

} // namespace

File::~File() {
    if (m_fd >= 0)
        close(m_fd);
}

std::unique_ptr<SnapshotStore> SnapshotStore::create(const std::string &folder, std::uint64_t limit,
                                                     std::string &problem) {
    std::unique_ptr<SnapshotStore> store(new SnapshotStore(folder, limit));
    const std::string path = folder + "/memory";
    if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
        problem = folder + ": " + reason();
        return nullptr;
    }
    store->m_memory = File(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    std::uint8_t first[pageBytes] = {};
    std::memcpy(first, memoryMagic, sizeof memoryMagic);
    if (getrandom(&store->m_key, sizeof store->m_key, 0) != sizeof store->m_key)
        store->m_key = static_cast<std::uint64_t>(getpid());
    std::memcpy(first + keyAt, &store->m_key, sizeof store->m_key);
    if (!store->m_memory || !writeAll(store->m_memory.get(), first, sizeof first, 0)) {
        problem = path + ": " + reason();
        return nullptr;
    }
    return store;
}

std::unique_ptr<SnapshotStore> SnapshotStore::open(const std::string &folder, std::string &problem) {
    std::unique_ptr<SnapshotStore> store(new SnapshotStore(folder, 0));
    const std::string path = folder + "/memory";
    store->m_memory = File(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::uint8_t first[keyAt + sizeof store->m_key];
    if (!store->m_memory) {
        problem = path + ": " + reason();
        return nullptr;
    }
    if (pread(store->m_memory.get(), first, sizeof first, 0) != sizeof first ||
        std::memcmp(first, memoryMagic, sizeof memoryMagic) != 0) {
        problem = path + ": these are not the pages of a recording";
        return nullptr;
    }
    std::memcpy(&store->m_key, first + keyAt, sizeof store->m_key);
    if (!store->list(problem))
        return nullptr;
    return store;
}

// ------------------------------------------------------------------------------------------ taking

Slot SnapshotStore::newSlot() {
    if (!m_free.empty()) {
        const Slot slot = m_free.back();
        m_free.pop_back();
        return slot;
    }
    m_uses.push_back(0);
    return static_cast<Slot>(m_uses.size());
}

void SnapshotStore::use(const Content &content) {
    for (const Table &table : content.tables)
        for (const Slot slot : table.slots)
            if (slot != 0)
                ++m_uses[slot - 1];
}

void SnapshotStore::leave(const Content &content) {
    for (const Table &table : content.tables)
        for (const Slot slot : table.slots)
            if (slot != 0 && --m_uses[slot - 1] == 0)
                m_free.push_back(slot);
}

// Writes what has changed; neighbours in memory that come to be neighbours in the file go in one piece.
bool SnapshotStore::writePages(Table &table, const NitroStoreBlock &block,
                               std::span<const std::uint64_t> hashes, std::size_t first,
                               std::string &problem) {
    const bool known = first + hashes.size() <= m_lastHashes.size();
    const Table *last = nullptr;
    for (const Table &one : m_last.tables)
        if (known && one.name == table.name && one.size == table.size)
            last = &one;
    std::size_t start = 0, count = 0;
    const auto flush = [&] {
        const std::uint64_t from = std::uint64_t{start} * pageBytes;
        const std::uint64_t bytes = std::min<std::uint64_t>(count * pageBytes, block.size - from);
        if (count > 0 && !writeAll(m_memory.get(), block.data + from, static_cast<std::size_t>(bytes),
                                   static_cast<off_t>(table.slots[start]) * static_cast<off_t>(pageBytes))) {
            problem = m_folder + "/memory: " + reason();
            return false;
        }
        count = 0;
        return true;
    };
    for (std::size_t i = 0; i < hashes.size(); ++i) {
        if (hashes[i] == zeroPage) {
            table.slots[i] = 0;
        } else if (last != nullptr && m_lastHashes[first + i] == hashes[i] && last->slots[i] != 0) {
            table.slots[i] = last->slots[i];
        } else {
            table.slots[i] = newSlot();
            const bool follows = count > 0 && start + count == i && table.slots[i] == table.slots[i - 1] + 1;
            if (!follows) {
                if (!flush())
                    return false;
                start = i;
            }
            ++count;
        }
    }
    return flush();
}

bool SnapshotStore::take(std::uint64_t icount, std::span<const NitroStoreBlock> blocks,
                         std::span<const std::uint8_t> devices, std::uint64_t &digest, std::string &problem) {
    if (!m_snapshots.empty() && m_snapshots.back().icount >= icount) {
        problem = "there is a snapshot of this instruction already";
        return false;
    }
    const std::vector<std::uint64_t> hashes = hashesOf(blocks, m_key);
    digest = hashOf(hashes.data(), hashes.size() * sizeof hashes[0], m_key);
    const std::vector<std::uint32_t> uses = m_uses;
    const std::vector<Slot> free = m_free;
    Content content;
    content.icount = icount;
    content.devices.assign(devices.begin(), devices.end());
    std::size_t first = 0;
    std::uint64_t bytes = 0;
    bool fine = true;
    for (const NitroStoreBlock &block : blocks) {
        const std::size_t pages = pagesOf(block.size);
        content.tables.push_back({block.name, block.size, std::vector<Slot>(pages)});
        fine = fine && writePages(content.tables.back(), block, std::span(hashes).subspan(first, pages),
                                  first, problem);
        first += pages;
    }
    if (!fine || !write(content, bytes, problem)) {
        m_uses = uses;
        m_free = free;
        return false;
    }
    const std::uint64_t taken = m_uses.size() - uses.size() + free.size() - m_free.size();
    use(content);
    m_snapshots.push_back({icount, bytes + taken * pageBytes});
    m_fileBytes += bytes;
    m_last = std::move(content);
    m_lastHashes = hashes;
    thin();
    return true;
}

// As long as there is too much, the one goes without which the least is lost: what must be run again to get where it
// was, compared with how long ago that is. The first and the last stay.
void SnapshotStore::thin() {
    while (m_snapshots.size() > 2 && (m_uses.size() - m_free.size()) * pageBytes + m_fileBytes > m_limit) {
        std::size_t least = 1;
        double leastLoss = 0;
        for (std::size_t i = 1; i + 1 < m_snapshots.size(); ++i) {
            const double gap = static_cast<double>(m_snapshots[i + 1].icount - m_snapshots[i - 1].icount);
            const double age = static_cast<double>(m_snapshots.back().icount - m_snapshots[i].icount);
            if (i == 1 || gap / age < leastLoss) {
                least = i;
                leastLoss = gap / age;
            }
        }
        drop(least);
    }
}

void SnapshotStore::drop(std::size_t index) {
    std::string ignored;
    const std::string path = pathOf(m_snapshots[index].icount);
    const auto content = read(m_snapshots[index].icount, ignored);
    struct stat info {};
    // One that cannot be read keeps its pages: better too much on disk than a page that somebody needs.
    if (stat(path.c_str(), &info) == 0 && unlink(path.c_str()) == 0) {
        m_fileBytes -= std::min<std::uint64_t>(m_fileBytes, static_cast<std::uint64_t>(info.st_size));
        if (content)
            leave(*content);
    }
    m_snapshots.erase(m_snapshots.begin() + static_cast<std::ptrdiff_t>(index));
}

// ------------------------------------------------------------------------------------------ reading

// Valid until the next call; null when the file does not have it.
const std::uint8_t *SnapshotStore::page(Slot slot) {
    static constexpr std::uint8_t zeros[pageBytes] = {};
    constexpr std::size_t readAhead = 64; // pages
    if (slot == 0)
        return zeros;
    if (slot < m_aheadFirst || slot - m_aheadFirst >= m_ahead.size() / pageBytes) {
        m_ahead.resize(readAhead * pageBytes);
        const ssize_t size = pread(m_memory.get(), m_ahead.data(), m_ahead.size(),
                                   static_cast<off_t>(slot) * static_cast<off_t>(pageBytes));
        m_ahead.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
        m_aheadFirst = slot;
    }
    // The last page of a block need not be a whole one.
    const std::size_t at = (slot - m_aheadFirst) * pageBytes;
    if (at >= m_ahead.size())
        return nullptr;
    if (m_ahead.size() - at < pageBytes)
        m_ahead.resize(at + pageBytes);
    return m_ahead.data() + at;
}

bool SnapshotStore::fits(const Content &content, std::span<const NitroStoreBlock> blocks,
                         std::string &problem) const {
    bool same = content.tables.size() == blocks.size();
    for (std::size_t i = 0; same && i < blocks.size(); ++i)
        same = content.tables[i].name == blocks[i].name && content.tables[i].size == blocks[i].size;
    if (!same) {
        problem = "the snapshot is of a machine with other memory";
        return false;
    }
    struct stat info {};
    const bool known = fstat(m_memory.get(), &info) == 0;
    for (const Table &table : content.tables)
        for (const Slot slot : table.slots)
            if (!known || std::uint64_t{slot} * pageBytes >= static_cast<std::uint64_t>(info.st_size)) {
                problem = ends();
                return false;
            }
    return true;
}

std::string SnapshotStore::ends() const {
    return m_folder + "/memory ends before a page that the snapshot needs";
}

bool SnapshotStore::load(std::size_t index, std::span<const NitroStoreBlock> blocks, std::string &problem) {
    auto content = read(m_snapshots[index].icount, problem);
    if (!content || !fits(*content, blocks, problem))
        return false;
    for (std::size_t i = 0; i < blocks.size(); ++i)
        eachPage(blocks[i], [&](std::size_t number, std::uint8_t *data, std::size_t size, bool hole) {
            const Slot slot = content->tables[i].slots[number];
            if (hole && slot == 0)
                return;
            const std::uint8_t *wanted = page(slot);
            if (wanted == nullptr)
                problem = ends();
            else if (std::memcmp(data, wanted, size) != 0)
                std::memcpy(data, wanted, size);
        });
    m_devices = std::move(content->devices);
    return problem.empty();
}

std::optional<NitroStoreDifference>
SnapshotStore::compare(std::size_t index, std::span<const NitroStoreBlock> blocks, std::string &problem) {
    const auto content = read(m_snapshots[index].icount, problem);
    if (!content || !fits(*content, blocks, problem))
        return std::nullopt;
    std::optional<NitroStoreDifference> first;
    for (std::size_t i = 0; i < blocks.size() && !first; ++i)
        eachPage(blocks[i], [&](std::size_t number, const std::uint8_t *data, std::size_t size, bool hole) {
            const Slot slot = content->tables[i].slots[number];
            if (first || (hole && slot == 0))
                return;
            const std::uint8_t *wanted = page(slot);
            if (wanted == nullptr) {
                problem = ends();
                return;
            }
            const auto [one, other] = std::mismatch(data, data + size, wanted);
            if (one != data + size)
                first = {blocks[i].name, number * pageBytes + static_cast<std::size_t>(one - data), *other,
                         *one};
        });
    return first;
}

std::uint64_t SnapshotStore::digestOf(std::span<const NitroStoreBlock> blocks) const {
    const std::vector<std::uint64_t> hashes = hashesOf(blocks, m_key);
    return hashOf(hashes.data(), hashes.size() * sizeof hashes[0], m_key);
}

} // namespace nitroscope::record
