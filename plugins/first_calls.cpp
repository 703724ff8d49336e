// SPDX-License-Identifier: GPL-2.0-or-later
#include "plugins/first_calls.hpp"

#include "plugins/guest_record.hpp"
#include "qemu-machine/capture/core/format.h"

#include <atomic>
#include <charconv>
#include <fstream>
#include <unordered_map>

namespace nitroscope::plugins {
namespace {

constexpr std::size_t maxFunctions = 4'000'000; // ten times a distribution's kernel

struct Function {
    std::string name;
    std::uint64_t address = 0;
    std::atomic<bool> wasCalled = false;
};

// Filled before the first vCPU runs, then only read; never freed, see VcpuRegisters.
std::unordered_map<std::uint64_t, Function> &functions() {
    static auto *const all = new std::unordered_map<std::uint64_t, Function>;
    return *all;
}

void onCall(unsigned vcpu, void *data) {
    auto *const function = static_cast<Function *>(data);
    if (function->wasCalled.load(std::memory_order_relaxed) || function->wasCalled.exchange(true))
        return;
    GuestRecord(NITRO_CAPTURE_KIND_FIRST_CALL)
        .text("name", function->name)
        .number("address", function->address)
        .number("cpu", vcpu)
        .send();
}

} // namespace

long readFunctions(const char *path, std::string &problem) {
    std::ifstream file(path);
    if (!file) {
        problem = "cannot be read";
        return -1;
    }
    std::string line;
    while (std::getline(file, line) && functions().size() < maxFunctions) {
        std::uint64_t address = 0;
        const char *const end = line.data() + line.size();
        const auto [after, error] = std::from_chars(line.data(), end, address, 16);
        // "ffffffff81000000 T start_kernel"
        if (error != std::errc() || end - after < 4 || after[0] != ' ' || after[2] != ' ' ||
            (after[1] | 0x20) != 't')
            continue;
        Function &function = functions()[address];
        if (function.name.empty())
            function.name.assign(after + 3, end);
        function.address = address;
    }
    if (functions().empty()) {
        problem = "has no line like 'ffffffff81000000 T start_kernel'";
        return -1;
    }
    return long(functions().size());
}

void watchFirstCalls(qemu_plugin_tb *block) {
    const auto found = functions().find(qemu_plugin_tb_vaddr(block));
    if (found != functions().end() && !found->second.wasCalled.load(std::memory_order_relaxed))
        qemu_plugin_register_vcpu_tb_exec_cb(block, onCall, QEMU_PLUGIN_CB_NO_REGS, &found->second);
}

} // namespace nitroscope::plugins
