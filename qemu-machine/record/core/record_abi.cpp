// SPDX-License-Identifier: GPL-2.0-or-later
//
// The C ABI of record.h.
#include "qemu-machine/abi/guard.hpp"
#include "qemu-machine/record/core/log_scan.hpp"
#include "qemu-machine/record/core/snapshot_store.hpp"

#include <cerrno>
#include <cstring>

namespace {

using namespace nitroscope::record;
using nitroscope::guarded;

constexpr char noMemory[] = "out of memory";

void put(const std::string &sentence, char *problem, std::size_t size) {
    if (problem != nullptr && size > 0)
        std::snprintf(problem, size, "%s", sentence.c_str());
}

// What `work` returns; `failure` and a sentence when memory runs out.
template <class Value, class Work>
Value told(Value failure, char *problem, std::size_t size, Work &&work) {
    return guarded(
        [&] {
            std::string sentence;
            const Value value = work(sentence);
            put(sentence, problem, size);
            return value;
        },
        [&] {
            if (problem != nullptr && size > 0)
                std::snprintf(problem, size, "%s", noMemory);
            return failure;
        });
}

struct FileCloser {
    void operator()(std::FILE *file) const { std::fclose(file); }
};
using FilePointer = std::unique_ptr<std::FILE, FileCloser>;

} // namespace

int nitro_log_scan(const char *path, NitroLogExtent *extent, char *problem, size_t problem_size) {
    return told(-1, problem, problem_size, [&](std::string &sentence) {
        const FilePointer file(std::fopen(path, "rbe"));
        if (!file) {
            sentence = std::strerror(errno);
            return -1;
        }
        return scanLog(file.get(), *extent, sentence) ? 0 : -1;
    });
}

uint64_t nitro_build_identity(const char *const *paths, size_t count) {
    return told(std::uint64_t{0}, nullptr, 0, [&](std::string &) {
        std::uint64_t identity = 1;
        std::vector<unsigned char> bytes(1 << 20);
        for (std::size_t i = 0; i < count; ++i) {
            const FilePointer file(std::fopen(paths[i], "rbe"));
            if (!file)
                return std::uint64_t{0};
            while (const std::size_t size = std::fread(bytes.data(), 1, bytes.size(), file.get()))
                identity = hashOf(bytes.data(), size, identity);
        }
        return identity;
    });
}

NitroStore *nitro_store_create(const char *folder, uint64_t limit, char *problem, size_t problem_size) {
    return told<NitroStore *>(nullptr, problem, problem_size, [&](std::string &sentence) {
        auto store = SnapshotStore::create(folder, limit, sentence);
        return store ? new NitroStore{std::move(store)} : nullptr;
    });
}

NitroStore *nitro_store_open(const char *folder, char *problem, size_t problem_size) {
    return told<NitroStore *>(nullptr, problem, problem_size, [&](std::string &sentence) {
        auto store = SnapshotStore::open(folder, sentence);
        return store ? new NitroStore{std::move(store)} : nullptr;
    });
}

void nitro_store_free(NitroStore *store) {
    delete store;
}

int nitro_store_take(NitroStore *store, uint64_t icount, const NitroStoreBlock *blocks, size_t count,
                     const uint8_t *devices, size_t devices_size, uint64_t *digest, char *problem,
                     size_t problem_size) {
    return told(-1, problem, problem_size, [&](std::string &sentence) {
        return store->store->take(icount, {blocks, count}, {devices, devices_size}, *digest, sentence) ? 0
                                                                                                       : -1;
    });
}

size_t nitro_store_count(const NitroStore *store) {
    return store->store->snapshots().size();
}

NitroStoreSnapshot nitro_store_get(const NitroStore *store, size_t index) {
    return store->store->snapshots()[index];
}

int nitro_store_nearest(const NitroStore *store, uint64_t icount) {
    int nearest = -1;
    for (const NitroStoreSnapshot &snapshot : store->store->snapshots())
        if (snapshot.icount <= icount)
            ++nearest;
    return nearest;
}

int nitro_store_load(NitroStore *store, size_t index, const NitroStoreBlock *blocks, size_t count,
                     const uint8_t **devices, size_t *devices_size, char *problem, size_t problem_size) {
    return told(-1, problem, problem_size, [&](std::string &sentence) {
        if (!store->store->load(index, {blocks, count}, sentence))
            return -1;
        *devices = store->store->devices().data();
        *devices_size = store->store->devices().size();
        return 0;
    });
}

uint64_t nitro_store_digest(NitroStore *store, const NitroStoreBlock *blocks, size_t count) {
    return told(std::uint64_t{0}, nullptr, 0, [&](std::string &) {
        return store->store->digestOf({blocks, count});
    });
}

int nitro_store_compare(NitroStore *store, size_t index, const NitroStoreBlock *blocks, size_t count,
                        NitroStoreDifference *difference) {
    return told(-1, nullptr, 0, [&](std::string &sentence) {
        const auto first = store->store->compare(index, {blocks, count}, sentence);
        if (first)
            *difference = *first;
        return !sentence.empty() ? -1 : first ? 1 : 0;
    });
}
