// SPDX-License-Identifier: GPL-2.0-or-later
#include "plugins/system_calls.hpp"

#include "plugins/guest_record.hpp"
#include "plugins/syscall_names.hpp"
#include "plugins/vcpu_registers.hpp"
#include "qemu-machine/capture/core/format.h"

#include <cstdio>
#include <cstring>
#include <map>
#include <mutex>
#include <unordered_set>
#include <utility>

namespace nitroscope::plugins {
namespace {

constexpr std::size_t maxPathLength = 256;
constexpr std::size_t maxPending =
    4096; // calls that wait for their result; the guest decides how many there are

const arch::SystemCalls *convention = nullptr;

std::uint64_t addressSpace(unsigned vcpu) {
    return VcpuRegisters::read(vcpu, Register::pageTables) & convention->spaceMask;
}

struct Calls {
    std::mutex lock;
    std::unordered_set<std::uint64_t> returns; // addresses behind a call that was translated
    std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t> pending; // space, stack -> number
};

// Never freed, see VcpuRegisters.
Calls &calls() {
    static auto *const all = new Calls;
    return *all;
}

// A zero-terminated text of the guest; empty when it is not in memory (yet).
std::string_view readPath(std::uint64_t address, std::array<char, maxPathLength> &buffer) {
    thread_local GByteArray *const bytes = g_byte_array_new();
    std::size_t length = 0;
    while (length < maxPathLength) {
        // Not across a page: the next one may be missing.
        const std::size_t piece =
            std::min<std::size_t>(maxPathLength - length, 4096 - (address + length) % 4096);
        g_byte_array_set_size(bytes, 0);
        if (!qemu_plugin_read_memory_vaddr(address + length, bytes, piece) || bytes->len < piece)
            break;
        const void *const end = std::memchr(bytes->data, 0, piece);
        const std::size_t taken = end ? std::size_t(static_cast<const guint8 *>(end) - bytes->data) : piece;
        std::memcpy(buffer.data() + length, bytes->data, taken);
        length += taken;
        if (end)
            return {buffer.data(), length};
    }
    return length == maxPathLength ? std::string_view(buffer.data(), length) : std::string_view{};
}

std::string_view nameOf(std::uint64_t number, std::array<char, 32> &buffer) {
    if (const std::string_view known = syscallName(number); !known.empty())
        return known;
    const int length =
        std::snprintf(buffer.data(), buffer.size(), "#%llu", static_cast<unsigned long long>(number));
    return {buffer.data(), std::size_t(length)};
}

void onCall(unsigned vcpu, void *) {
    const std::uint64_t number = VcpuRegisters::read(vcpu, Register::number);
    const std::uint64_t space = addressSpace(vcpu);
    {
        const std::scoped_lock guard(calls().lock);
        if (calls().pending.size() >= maxPending)
            calls().pending.clear();
        calls().pending[{space, VcpuRegisters::read(vcpu, Register::stackPointer)}] = number;
    }
    std::array<std::uint64_t, 6> arguments;
    for (std::size_t i = 0; i < arguments.size(); ++i)
        arguments[i] = VcpuRegisters::read(vcpu, Register(std::size_t(Register::firstArgument) + i));
    std::array<char, 32> nameBuffer;
    GuestRecord record(NITRO_CAPTURE_KIND_SYSTEM_CALL);
    record.text("name", nameOf(number, nameBuffer)).number("number", number).number("cpu", vcpu);
    record.number("space", space).numbers("arguments", arguments);
    if (const int at = pathArgument(number); at >= 0) {
        std::array<char, maxPathLength> pathBuffer;
        if (const std::string_view path = readPath(arguments[std::size_t(at)], pathBuffer); !path.empty())
            record.text("path", path);
    }
    record.send();
}

void onReturn(unsigned vcpu, void *) {
    const std::uint64_t space = addressSpace(vcpu);
    std::uint64_t number = 0;
    {
        const std::scoped_lock guard(calls().lock);
        const auto found = calls().pending.find({space, VcpuRegisters::read(vcpu, Register::stackPointer)});
        if (found == calls().pending.end())
            return;
        number = found->second;
        calls().pending.erase(found);
    }
    std::array<char, 32> nameBuffer;
    GuestRecord(NITRO_CAPTURE_KIND_SYSTEM_CALL_RESULT)
        .text("name", nameOf(number, nameBuffer))
        .number("number", number)
        .number("cpu", vcpu)
        .number("space", space)
        .signedNumber("result", std::int64_t(VcpuRegisters::read(vcpu, Register::result)))
        .send();
}

} // namespace

void setSystemCalls(const arch::SystemCalls &calls) {
    convention = &calls;
}

void watchSystemCalls(qemu_plugin_tb *block) {
    const std::uint64_t start = qemu_plugin_tb_vaddr(block);
    if (start >= convention->userEnd)
        return;
    {
        const std::scoped_lock guard(calls().lock);
        if (calls().returns.contains(start))
            qemu_plugin_register_vcpu_tb_exec_cb(block, onReturn, QEMU_PLUGIN_CB_R_REGS, nullptr);
    }
    const std::size_t instructions = qemu_plugin_tb_n_insns(block);
    for (std::size_t i = 0; i < instructions; ++i) {
        qemu_plugin_insn *const instruction = qemu_plugin_tb_get_insn(block, i);
        std::array<char, 4> code{};
        const std::size_t length = convention->instruction.size();
        if (qemu_plugin_insn_size(instruction) != length ||
            qemu_plugin_insn_data(instruction, code.data(), length) != length ||
            std::string_view(code.data(), length) != convention->instruction)
            continue;
        qemu_plugin_register_vcpu_insn_exec_cb(instruction, onCall, QEMU_PLUGIN_CB_R_REGS, nullptr);
        const std::scoped_lock guard(calls().lock);
        calls().returns.insert(qemu_plugin_insn_vaddr(instruction) + length);
    }
}

} // namespace nitroscope::plugins
