// SPDX-License-Identifier: GPL-2.0-or-later
//
// One N.snapshot, little-endian: magic, u32 version, u64 instruction, u32 number of blocks; for each block u32 size of its
// name, the name, u64 bytes, and for each page u32 place in `memory` in pages (0: zeros); u64 size of the devices,
// QEMU's stream of them; u64 hash of everything before.
#include "qemu-machine/record/core/snapshot_store.hpp"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace nitroscope::record {
namespace {

constexpr char fileMagic[8] = {'N', 'I', 'T', 'R', 'O', 'S', 'N', 'P'};
constexpr std::uint32_t fileVersion = 1;
constexpr std::uint64_t maxFileBytes = std::uint64_t{4} << 30;
constexpr std::size_t maxBlocks = 256, maxNameBytes = 255;
constexpr char suffix[] = ".snapshot";

static_assert(std::endian::native == std::endian::little);

template <class T>
void put(std::vector<std::uint8_t> &out, T value) {
    const auto *bytes = reinterpret_cast<const std::uint8_t *>(&value);
    out.insert(out.end(), bytes, bytes + sizeof value);
}

class Cursor {
public:
    explicit Cursor(std::span<const std::uint8_t> bytes) : m_left(bytes) {}

    template <class T>
    T number() {
        T value = 0;
        if (const auto bytes = take(sizeof value); !bytes.empty())
            std::memcpy(&value, bytes.data(), sizeof value);
        return value;
    }
    std::span<const std::uint8_t> take(std::uint64_t size) {
        m_good = m_good && size <= m_left.size();
        if (!m_good)
            return {};
        const auto taken = m_left.first(static_cast<std::size_t>(size));
        m_left = m_left.subspan(static_cast<std::size_t>(size));
        return taken;
    }
    bool good() const { return m_good; }
    bool atEnd() const { return m_left.empty(); }

private:
    std::span<const std::uint8_t> m_left;
    bool m_good = true;
};

bool readWhole(const std::string &path, std::vector<std::uint8_t> &bytes) {
    const File file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat info {};
    if (!file || fstat(file.get(), &info) != 0)
        return false;
    if (static_cast<std::uint64_t>(info.st_size) > maxFileBytes) {
        errno = EFBIG;
        return false;
    }
    bytes.resize(static_cast<std::size_t>(info.st_size));
    std::size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t some = ::read(file.get(), bytes.data() + done, bytes.size() - done);
        if (some < 0 && errno == EINTR)
            continue;
        if (some <= 0)
            return false;
        done += static_cast<std::size_t>(some);
    }
    return true;
}

} // namespace

std::string SnapshotStore::pathOf(std::uint64_t icount) const {
    return m_folder + "/" + std::to_string(icount) + suffix;
}

bool SnapshotStore::list(std::string &problem) {
    DIR *folder = opendir(m_folder.c_str());
    if (folder == nullptr) {
        problem = m_folder + ": " + std::strerror(errno);
        return false;
    }
    while (const dirent *entry = readdir(folder)) {
        const std::string_view name(entry->d_name);
        std::uint64_t icount = 0;
        const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), icount);
        struct stat info {};
        if (error == std::errc() && end != name.data() &&
            name.substr(static_cast<std::size_t>(end - name.data())) == suffix &&
            stat(pathOf(icount).c_str(), &info) == 0)
            m_snapshots.push_back({icount, static_cast<std::uint64_t>(info.st_size)});
    }
    closedir(folder);
    std::ranges::sort(m_snapshots, {}, &NitroStoreSnapshot::icount);
    return true;
}

bool SnapshotStore::write(const Content &content, std::uint64_t &written, std::string &problem) const {
    std::vector<std::uint8_t> bytes(fileMagic, fileMagic + sizeof fileMagic);
    put(bytes, fileVersion);
    put(bytes, content.icount);
    put(bytes, static_cast<std::uint32_t>(content.tables.size()));
    for (const Table &table : content.tables) {
        put(bytes, static_cast<std::uint32_t>(table.name.size()));
        bytes.insert(bytes.end(), table.name.begin(), table.name.end());
        put(bytes, table.size);
        const auto *slots = reinterpret_cast<const std::uint8_t *>(table.slots.data());
        bytes.insert(bytes.end(), slots, slots + table.slots.size() * sizeof(Slot));
    }
    put(bytes, std::uint64_t{content.devices.size()});
    bytes.insert(bytes.end(), content.devices.begin(), content.devices.end());
    put(bytes, hashOf(bytes.data(), bytes.size(), m_key));

    const std::string path = pathOf(content.icount), partial = path + ".partial";
    const File file(::open(partial.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    std::size_t done = 0;
    while (file && done < bytes.size()) {
        const ssize_t some = ::write(file.get(), bytes.data() + done, bytes.size() - done);
        if (some < 0 && errno == EINTR)
            continue;
        if (some <= 0)
            break;
        done += static_cast<std::size_t>(some);
    }
    if (!file || done < bytes.size() || rename(partial.c_str(), path.c_str()) != 0) {
        problem = path + ": " + std::strerror(errno);
        unlink(partial.c_str());
        return false;
    }
    written = bytes.size();
    return true;
}

std::optional<SnapshotStore::Content> SnapshotStore::read(std::uint64_t icount, std::string &problem) const {
    const std::string path = pathOf(icount);
    std::vector<std::uint8_t> bytes;
    if (!readWhole(path, bytes)) {
        problem = path + ": " + std::strerror(errno);
        return std::nullopt;
    }
    const auto damaged = [&]() -> std::optional<Content> {
        problem = path + ": the snapshot is damaged";
        return std::nullopt;
    };
    constexpr std::size_t hashBytes = sizeof(std::uint64_t);
    if (bytes.size() < sizeof fileMagic + hashBytes ||
        std::memcmp(bytes.data(), fileMagic, sizeof fileMagic) != 0)
        return damaged();
    std::uint64_t hash = 0;
    std::memcpy(&hash, bytes.data() + bytes.size() - hashBytes, hashBytes);
    if (hash != hashOf(bytes.data(), bytes.size() - hashBytes, m_key))
        return damaged();
    Cursor in(std::span<const std::uint8_t>(bytes).subspan(sizeof fileMagic,
                                                           bytes.size() - sizeof fileMagic - hashBytes));
    Content content;
    const auto version = in.number<std::uint32_t>();
    content.icount = in.number<std::uint64_t>();
    const auto blocks = in.number<std::uint32_t>();
    if (version != fileVersion || content.icount != icount || blocks > maxBlocks)
        return damaged();
    for (std::uint32_t i = 0; i < blocks && in.good(); ++i) {
        Table table;
        const auto nameBytes = in.number<std::uint32_t>();
        if (nameBytes > maxNameBytes)
            return damaged();
        const auto name = in.take(nameBytes);
        table.name.assign(reinterpret_cast<const char *>(name.data()), name.size());
        table.size = in.number<std::uint64_t>();
        if (table.size > maxFileBytes / sizeof(Slot) * pageBytes)
            return damaged();
        const std::uint64_t pages = (table.size + pageBytes - 1) / pageBytes;
        const auto slots = in.take(pages * sizeof(Slot));
        table.slots.resize(slots.size() / sizeof(Slot));
        if (!slots.empty())
            std::memcpy(table.slots.data(), slots.data(), slots.size());
        content.tables.push_back(std::move(table));
    }
    const auto devices = in.take(in.number<std::uint64_t>());
    content.devices.assign(devices.begin(), devices.end());
    if (!in.good() || !in.atEnd())
        return damaged();
    return content;
}

} // namespace nitroscope::record
