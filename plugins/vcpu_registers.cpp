// SPDX-License-Identifier: GPL-2.0-or-later
#include "plugins/vcpu_registers.hpp"

#include <algorithm>
#include <cstring>

namespace nitroscope::plugins {
namespace {

using Handles = std::array<qemu_plugin_register *, std::size_t(Register::count)>;

// Never freed: vCPUs may run until the process ends, after static objects are destroyed.
Handles &handlesOf(unsigned vcpu) {
    static auto *const all = new std::array<Handles, VcpuRegisters::maxVcpus>{};
    return (*all)[vcpu];
}

} // namespace

void VcpuRegisters::learn(unsigned vcpu, const arch::RegisterTable &table, const arch::SystemCalls &calls) {
    if (vcpu >= maxVcpus)
        return;
    std::array<int, std::size_t(Register::count)> numbers{};
    numbers[std::size_t(Register::number)] = calls.number;
    std::copy(calls.arguments.begin(), calls.arguments.end(),
              numbers.begin() + std::size_t(Register::firstArgument));
    numbers[std::size_t(Register::result)] = calls.result;
    numbers[std::size_t(Register::stackPointer)] = calls.stackPointer;
    numbers[std::size_t(Register::framePointer)] = table.framePointer;
    numbers[std::size_t(Register::pageTables)] = calls.pageTables;
    GArray *const found = qemu_plugin_get_registers();
    for (guint i = 0; i < found->len; ++i) {
        const auto &entry = g_array_index(found, qemu_plugin_reg_descriptor, i);
        for (std::size_t which = 0; which < numbers.size(); ++which)
            if (std::strcmp(entry.name, table.at(numbers[which])->name) == 0)
                handlesOf(vcpu)[which] = entry.handle;
    }
    g_array_free(found, TRUE);
}

std::uint64_t VcpuRegisters::read(unsigned vcpu, Register which) {
    if (vcpu >= maxVcpus || !handlesOf(vcpu)[std::size_t(which)])
        return 0;
    thread_local GByteArray *const bytes = g_byte_array_new(); // one per vCPU thread, as long as it lives
    g_byte_array_set_size(bytes, 0);
    std::uint64_t value = 0;
    if (qemu_plugin_read_register(handlesOf(vcpu)[std::size_t(which)], bytes) > 0)
        std::memcpy(&value, bytes->data, std::min<std::size_t>(bytes->len, sizeof value));
    return value;
}

} // namespace nitroscope::plugins
