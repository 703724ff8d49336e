// SPDX-License-Identifier: GPL-2.0-or-later
//
// nitroscope-coverage: which code of an enclave ran: boot, kernel, modules and programs.
//
//     -plugin share/nitroscope/nitroscope-coverage.so,output=FILE
//
// Every block has a number of its own, and when it runs it stores a 1 there: one host instruction, and no call. FILE is
// written when QEMU ends (format/findings_format.hpp); the app puts names to it.
#include "plugins/findings_file.hpp"
#include "plugins/format/findings_format.hpp"
#include "plugins/plugin_options.hpp"

#include <mutex>
#include <unordered_set>

namespace {

using namespace nitroscope::plugins;

constexpr char name[] = "nitroscope-coverage";
constexpr std::size_t maxKernelPages = 64;

struct Key {
    std::uint64_t address;
    std::uint64_t bytes;
    std::uint32_t page; // one more than its number; 0 = none

    bool operator==(const Key &) const = default;
};

struct KeyHash {
    std::size_t operator()(const Key &key) const {
        return std::size_t((key.address * 0x9e3779b97f4a7c15) ^ (key.bytes << 32 | key.page));
    }
};

struct Blocks {
    std::mutex lock;
    CodePages pages;
    std::unordered_set<std::uint64_t> kernelPages; // that were kept
    std::unordered_map<Key, std::uint32_t, KeyHash> numbers;
    std::uint64_t lost = 0;
};

const Guest *guest = nullptr;
// Never freed: vCPUs may run until the process ends, after static objects are destroyed.
FindingsFile *const file = new FindingsFile;
Blocks *const blocks = new Blocks;
qemu_plugin_scoreboard *ran = nullptr; // of each vCPU: a number for each block

qemu_plugin_u64 mark(std::uint32_t number) {
    return {ran, number * sizeof(std::uint64_t)};
}

void onBlock(qemu_plugin_id_t, qemu_plugin_tb *block) {
    const std::size_t instructions = qemu_plugin_tb_n_insns(block);
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < instructions; ++i)
        bytes += qemu_plugin_insn_size(qemu_plugin_tb_get_insn(block, i));
    const std::uint64_t address = qemu_plugin_tb_vaddr(block);
    const std::uint64_t page = address & ~std::uint64_t(format::pageBytes - 1);

    const std::scoped_lock guard(blocks->lock);
    // Of the kernel's code a few pages tell its place.
    std::uint32_t own = 0;
    if (guest->frames.isUser(address)) {
        const auto content = readPage(page);
        const auto kept = content ? blocks->pages.keep(page, *content) : std::nullopt;
        own = kept ? *kept + 1 : 0;
    } else if (blocks->kernelPages.size() < maxKernelPages && blocks->kernelPages.insert(page).second) {
        if (const auto content = readPage(page))
            (void)blocks->pages.keep(page, *content);
    }
    const Key key{address, bytes, own};
    if (blocks->numbers.size() >= format::maxBlocks && !blocks->numbers.contains(key)) {
        ++blocks->lost;
        return;
    }
    const std::uint32_t number = blocks->numbers.try_emplace(key, blocks->numbers.size()).first->second;
    qemu_plugin_register_vcpu_tb_exec_inline_per_vcpu(block, QEMU_PLUGIN_INLINE_STORE_U64, mark(number), 1);
}

void onExit(qemu_plugin_id_t, void *) {
    const std::scoped_lock guard(blocks->lock);
    file->pages(blocks->pages);
    for (const auto &[key, number] : blocks->numbers)
        if (qemu_plugin_u64_sum(mark(number)) != 0)
            file->block(key.address, key.bytes,
                        key.page ? std::optional<std::uint32_t>(key.page - 1) : std::nullopt);
    file->line(format::lost, {blocks->lost});
    file->finish();
}

int take(std::string_view key, const char *value) {
    if (key != "output")
        return refuse(name, std::string(key),
                      "there is no option '" + std::string(key) + "'; options: output");
    const std::string problem = file->open(value, format::coverage);
    return problem.empty() ? 0 : refuse(name, "output", problem);
}

} // namespace

extern "C" {

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int count,
                                           char **words) {
    guest = takeOptions(name, info, count, words, take);
    if (!guest)
        return -1;
    if (!file->isOpen())
        return refuse(name, "output", "output=FILE says where what was found goes");
    ran = qemu_plugin_scoreboard_new(format::maxBlocks * sizeof(std::uint64_t));
    qemu_plugin_register_vcpu_tb_trans_cb(id, onBlock);
    qemu_plugin_register_atexit_cb(id, onExit, nullptr);
    return 0;
}
}
