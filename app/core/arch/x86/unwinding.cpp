// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/core/arch/x86/unwinding.hpp"

#include "app/core/arch/x86/orc.hpp"
#include "app/core/arch/x86/registers.hpp"

#include <iterator>

namespace nitroscope::arch::x86 {
namespace {

constexpr std::int8_t column(Number number) {
    return std::int8_t(dwarf(number));
}

constexpr std::uint32_t bits(std::initializer_list<Number> numbers) {
    std::uint32_t mask = 0;
    for (const Number number : numbers)
        mask |= std::uint32_t(1) << dwarf(number);
    return mask;
}

// libdw 0.188 gives RBX's default rule to RAX.
constexpr FrameLayout frame{
    dwarf(rip) + 1, dwarf(rip), dwarf(rsp), dwarf(rbp), bits({rbx, rbp, r12, r13, r14, r15}), bits({rbx})};
static_assert(frame.count <= maxFrameRegisters);

// struct pt_regs (arch/x86/include/asm/ptrace.h): orig_ax stands between di and ip, behind ip cs, flags, sp, ss.
constexpr std::int8_t savedOrder[]{
    column(r15), column(r14), column(r13), column(r12), column(rbp), column(rbx), column(r11),
    column(r10), column(r9),  column(r8),  column(rax), column(rcx), column(rdx), column(rsi),
    column(rdi), -1,          column(rip), -1,          -1,          column(rsp), -1};
static_assert(std::size(savedOrder) <= maxSavedWords);
constexpr std::size_t ipWord = 16, csWord = 17, flagsWord = 18, ssWord = 20;

bool isUser(std::span<const std::uint64_t> words) {
    return (words[csWord] & 3) == 3;
}

bool isCertainlyUser(std::span<const std::uint64_t> words) {
    constexpr std::uint64_t userCode64 = 0x33, userCode32 = 0x23, userData = 0x2b, alwaysSet = 2;
    return (words[csWord] == userCode64 || words[csWord] == userCode32) && words[ssWord] == userData &&
           words[flagsWord] & alwaysSet && !(words[ipWord] >> 63);
}

// struct inactive_task_frame (arch/x86/include/asm/switch_to.h)
constexpr std::int8_t switchedOrder[]{column(r15), column(r14), column(r13), column(r12),
                                      column(rbx), column(rbp), column(rip)};

constexpr std::size_t maxPrologueLength = 24;
constexpr ReturnPlace usualReturn{ReturnPlace::From::framePointer, 8};

// [endbr64] [ftrace's five-byte nop] push %rbp; mov %rsp,%rbp
ReturnPlace returnPlace(QByteArrayView code, std::uint64_t distance) {
    using From = ReturnPlace::From;
    static constexpr QByteArrayView endbr("\xf3\x0f\x1e\xfa", 4), nop5("\x0f\x1f\x44\x00\x00", 5);
    constexpr unsigned char pushFrame = 0x55;
    if (distance >= maxPrologueLength)
        return usualReturn;
    qsizetype push = code.startsWith(endbr) ? endbr.size() : 0;
    if (code.sliced(qMin(push, code.size())).startsWith(nop5))
        push += nop5.size();
    if (push >= code.size() || static_cast<unsigned char>(code[push]) != pushFrame)
        return usualReturn;
    if (distance <= std::uint64_t(push))
        return {From::stackPointer, 0};
    return distance == std::uint64_t(push) + 1 ? ReturnPlace{From::stackPointer, 8} : usualReturn;
}

OrcBase orcBase(unsigned code) {
    switch (OrcRegister(code)) {
    case OrcRegister::sp:
        return {column(rsp)};
    case OrcRegister::bp:
        return {column(rbp)};
    case OrcRegister::r10:
        return {column(r10)};
    case OrcRegister::r13:
        return {column(r13)};
    case OrcRegister::di:
        return {column(rdi)};
    case OrcRegister::dx:
        return {column(rdx)};
    case OrcRegister::spIndirect:
        return {column(rsp), true, false};
    case OrcRegister::bpIndirect:
        return {column(rbp), true, true};
    default:
        return {};
    }
}

} // namespace

const Unwinding unwinding{&frame,
                          {savedOrder, ipWord, isUser, isCertainlyUser},
                          switchedOrder,
                          1, // ENCODE_FRAME_POINTER
                          usualReturn,
                          maxPrologueLength,
                          returnPlace,
                          orcBase};

} // namespace nitroscope::arch::x86
