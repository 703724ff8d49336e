// SPDX-License-Identifier: GPL-2.0-or-later
#include "plugins/guest_stack.hpp"

#include "plugins/format/findings_format.hpp"
#include "plugins/qemu_api.hpp"
#include "plugins/vcpu_registers.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

namespace nitroscope::plugins {
namespace {

constexpr std::uint64_t maxFrameBytes = 1 << 20; // a larger step up the stack is none

bool readWords(std::uint64_t address, std::span<std::uint64_t> words) {
    thread_local GByteArray *const bytes = g_byte_array_new(); // one per vCPU thread, as long as it lives
    g_byte_array_set_size(bytes, 0);
    if (!qemu_plugin_read_memory_vaddr(address, bytes, words.size_bytes()) || bytes->len < words.size_bytes())
        return false;
    std::memcpy(words.data(), bytes->data, words.size_bytes());
    return true;
}

} // namespace

bool isFunctionEntry(const arch::FrameChain &chain, std::string_view code) {
    return std::any_of(chain.entries.begin(), chain.entries.end(),
                       [code](std::string_view entry) { return code.starts_with(entry); });
}

void readStack(unsigned vcpu, const arch::FrameChain &chain, std::uint64_t address, bool isEntry,
               std::vector<std::uint64_t> &stack) {
    stack.assign(1, address);
    std::uint64_t frame = VcpuRegisters::read(vcpu, Register::framePointer);
    std::uint64_t lowest = VcpuRegisters::read(vcpu, Register::stackPointer);
    bool isUser = chain.isUser(address);
    if (std::uint64_t caller = 0;
        isEntry && readWords(lowest, {&caller, 1}) && chain.isCode(caller) && chain.isUser(caller) == isUser)
        stack.push_back(caller - 1);
    while (stack.size() < format::maxFrames) {
        if (!isUser && (frame & chain.savedRegistersMark) != 0) {
            const std::uint64_t saved = frame & ~chain.savedRegistersMark;
            std::uint64_t counter = 0, pointer = 0;
            if (chain.isUser(saved) || !readWords(saved + chain.savedProgramCounter, {&counter, 1}) ||
                !readWords(saved + chain.savedFramePointer, {&pointer, 1}) || !chain.isCode(counter))
                return;
            stack.push_back(counter);
            isUser = chain.isUser(counter);
            lowest = isUser ? 0 : saved + chain.savedBytes;
            frame = pointer;
            continue;
        }
        std::array<std::uint64_t, 2> words{}; // the caller's frame pointer, and where it is returned to
        const bool isFrame = frame % sizeof(std::uint64_t) == 0 && frame >= lowest &&
                             (lowest == 0 || frame - lowest <= maxFrameBytes) &&
                             chain.isUser(frame) == isUser;
        if (!isFrame || !readWords(frame, words) || !chain.isCode(words[1]) ||
            chain.isUser(words[1]) != isUser)
            return;
        stack.push_back(words[1] - 1);
        lowest = frame + sizeof words;
        frame = words[0];
    }
}

} // namespace nitroscope::plugins
