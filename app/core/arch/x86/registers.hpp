// SPDX-License-Identifier: GPL-2.0-or-later
//
// The registers of x86-64 as QEMU 10.0 describes them (gdb-xml/i386-64bit.xml). DWARF's numbers are those of the
// System V ABI for x86-64, figure 3.36. This is the one list of them.
#pragma once

#include "app/core/arch/calls.hpp"
#include "app/core/arch/registers.hpp"
#include "app/core/arch/x86/register_bits.hpp"

namespace nitroscope::arch::x86 {

enum Group { general, segments, control, sse, x87 };
inline constexpr std::array groupNames{"General", "Segments", "Control", "SSE", "x87"};

inline constexpr auto registers = laidOut(std::array{
    Register{"rax", RegisterKind::number, general, 8, 0, "int64"},
    Register{"rbx", RegisterKind::number, general, 8, 3, "int64"},
    Register{"rcx", RegisterKind::number, general, 8, 2, "int64"},
    Register{"rdx", RegisterKind::number, general, 8, 1, "int64"},
    Register{"rsi", RegisterKind::number, general, 8, 4, "int64"},
    Register{"rdi", RegisterKind::number, general, 8, 5, "int64"},
    Register{"rbp", RegisterKind::number, general, 8, 6, "data_ptr"},
    Register{"rsp", RegisterKind::number, general, 8, 7, "data_ptr"},
    Register{"r8", RegisterKind::number, general, 8, 8, "int64"},
    Register{"r9", RegisterKind::number, general, 8, 9, "int64"},
    Register{"r10", RegisterKind::number, general, 8, 10, "int64"},
    Register{"r11", RegisterKind::number, general, 8, 11, "int64"},
    Register{"r12", RegisterKind::number, general, 8, 12, "int64"},
    Register{"r13", RegisterKind::number, general, 8, 13, "int64"},
    Register{"r14", RegisterKind::number, general, 8, 14, "int64"},
    Register{"r15", RegisterKind::number, general, 8, 15, "int64"},
    Register{"rip", RegisterKind::programCounter, general, 8, 16, "code_ptr"},
    Register{"eflags", RegisterKind::flags, general, 4, 49, "int32", flagBits},
    Register{"cs", RegisterKind::selector, segments, 4, 51, "int32", selectorBits},
    Register{"ss", RegisterKind::selector, segments, 4, 52, "int32", selectorBits},
    Register{"ds", RegisterKind::selector, segments, 4, 53, "int32", selectorBits},
    Register{"es", RegisterKind::selector, segments, 4, 50, "int32", selectorBits},
    Register{"fs", RegisterKind::selector, segments, 4, 54, "int32", selectorBits},
    Register{"gs", RegisterKind::selector, segments, 4, 55, "int32", selectorBits},
    Register{"fs_base", RegisterKind::address, segments, 8, 58, "int64"},
    Register{"gs_base", RegisterKind::address, segments, 8, 59, "int64"},
    Register{"k_gs_base", RegisterKind::address, segments, 8, -1, "int64"},
    Register{"cr0", RegisterKind::control, control, 8, -1, "int64", cr0Bits},
    Register{"cr2", RegisterKind::address, control, 8, -1, "int64"},
    Register{"cr3", RegisterKind::pageTables, control, 8, -1, "int64", cr3Bits},
    Register{"cr4", RegisterKind::control, control, 8, -1, "int64", cr4Bits},
    Register{"cr8", RegisterKind::control, control, 8, -1, "int64"},
    Register{"efer", RegisterKind::control, control, 8, -1, "int64", eferBits},
    Register{"st0", RegisterKind::floating, x87, 10, 33, "i387_ext"},
    Register{"st1", RegisterKind::floating, x87, 10, 34, "i387_ext"},
    Register{"st2", RegisterKind::floating, x87, 10, 35, "i387_ext"},
    Register{"st3", RegisterKind::floating, x87, 10, 36, "i387_ext"},
    Register{"st4", RegisterKind::floating, x87, 10, 37, "i387_ext"},
    Register{"st5", RegisterKind::floating, x87, 10, 38, "i387_ext"},
    Register{"st6", RegisterKind::floating, x87, 10, 39, "i387_ext"},
    Register{"st7", RegisterKind::floating, x87, 10, 40, "i387_ext"},
    Register{"fctrl", RegisterKind::control, x87, 4, 65, "int"},
    Register{"fstat", RegisterKind::control, x87, 4, 66, "int"},
    Register{"ftag", RegisterKind::control, x87, 4, -1, "int"},
    Register{"fiseg", RegisterKind::control, x87, 4, -1, "int"},
    Register{"fioff", RegisterKind::control, x87, 4, -1, "int"},
    Register{"foseg", RegisterKind::control, x87, 4, -1, "int"},
    Register{"fooff", RegisterKind::control, x87, 4, -1, "int"},
    Register{"fop", RegisterKind::control, x87, 4, -1, "int"},
    Register{"xmm0", RegisterKind::vector, sse, 16, 17, "vec128"},
    Register{"xmm1", RegisterKind::vector, sse, 16, 18, "vec128"},
    Register{"xmm2", RegisterKind::vector, sse, 16, 19, "vec128"},
    Register{"xmm3", RegisterKind::vector, sse, 16, 20, "vec128"},
    Register{"xmm4", RegisterKind::vector, sse, 16, 21, "vec128"},
    Register{"xmm5", RegisterKind::vector, sse, 16, 22, "vec128"},
    Register{"xmm6", RegisterKind::vector, sse, 16, 23, "vec128"},
    Register{"xmm7", RegisterKind::vector, sse, 16, 24, "vec128"},
    Register{"xmm8", RegisterKind::vector, sse, 16, 25, "vec128"},
    Register{"xmm9", RegisterKind::vector, sse, 16, 26, "vec128"},
    Register{"xmm10", RegisterKind::vector, sse, 16, 27, "vec128"},
    Register{"xmm11", RegisterKind::vector, sse, 16, 28, "vec128"},
    Register{"xmm12", RegisterKind::vector, sse, 16, 29, "vec128"},
    Register{"xmm13", RegisterKind::vector, sse, 16, 30, "vec128"},
    Register{"xmm14", RegisterKind::vector, sse, 16, 31, "vec128"},
    Register{"xmm15", RegisterKind::vector, sse, 16, 32, "vec128"},
    Register{"mxcsr", RegisterKind::control, sse, 4, 64, "int", mxcsrBits},
});

// QEMU's numbers of those that have a part of their own to play.
enum Number {
    rax,
    rbx,
    rcx,
    rdx,
    rsi,
    rdi,
    rbp,
    rsp,
    r8,
    r9,
    r10,
    r11,
    r12,
    r13,
    r14,
    r15,
    rip,
    eflags,
    cs,
    ss,
    ds,
    es,
    fs,
    gs,
    fsBase,
    gsBase,
    kernelGsBase,
    cr0,
    cr2,
    cr3,
    cr4,
    cr8,
    efer,
    st0,
    xmm0 = st0 + 16,
    mxcsr = xmm0 + 16
};

inline constexpr std::array narrow{
    NarrowRegister{"eax", rax, 0, 32}, NarrowRegister{"ax", rax, 0, 16},   NarrowRegister{"ah", rax, 8, 8},
    NarrowRegister{"al", rax, 0, 8},   NarrowRegister{"ebx", rbx, 0, 32},  NarrowRegister{"bx", rbx, 0, 16},
    NarrowRegister{"bh", rbx, 8, 8},   NarrowRegister{"bl", rbx, 0, 8},    NarrowRegister{"ecx", rcx, 0, 32},
    NarrowRegister{"cx", rcx, 0, 16},  NarrowRegister{"ch", rcx, 8, 8},    NarrowRegister{"cl", rcx, 0, 8},
    NarrowRegister{"edx", rdx, 0, 32}, NarrowRegister{"dx", rdx, 0, 16},   NarrowRegister{"dh", rdx, 8, 8},
    NarrowRegister{"dl", rdx, 0, 8},   NarrowRegister{"esi", rsi, 0, 32},  NarrowRegister{"si", rsi, 0, 16},
    NarrowRegister{"sil", rsi, 0, 8},  NarrowRegister{"edi", rdi, 0, 32},  NarrowRegister{"di", rdi, 0, 16},
    NarrowRegister{"dil", rdi, 0, 8},  NarrowRegister{"ebp", rbp, 0, 32},  NarrowRegister{"bp", rbp, 0, 16},
    NarrowRegister{"bpl", rbp, 0, 8},  NarrowRegister{"esp", rsp, 0, 32},  NarrowRegister{"sp", rsp, 0, 16},
    NarrowRegister{"spl", rsp, 0, 8},  NarrowRegister{"r8d", r8, 0, 32},   NarrowRegister{"r8w", r8, 0, 16},
    NarrowRegister{"r8b", r8, 0, 8},   NarrowRegister{"r9d", r9, 0, 32},   NarrowRegister{"r9w", r9, 0, 16},
    NarrowRegister{"r9b", r9, 0, 8},   NarrowRegister{"r10d", r10, 0, 32}, NarrowRegister{"r10w", r10, 0, 16},
    NarrowRegister{"r10b", r10, 0, 8}, NarrowRegister{"r11d", r11, 0, 32}, NarrowRegister{"r11w", r11, 0, 16},
    NarrowRegister{"r11b", r11, 0, 8}, NarrowRegister{"r12d", r12, 0, 32}, NarrowRegister{"r12w", r12, 0, 16},
    NarrowRegister{"r12b", r12, 0, 8}, NarrowRegister{"r13d", r13, 0, 32}, NarrowRegister{"r13w", r13, 0, 16},
    NarrowRegister{"r13b", r13, 0, 8}, NarrowRegister{"r14d", r14, 0, 32}, NarrowRegister{"r14w", r14, 0, 16},
    NarrowRegister{"r14b", r14, 0, 8}, NarrowRegister{"r15d", r15, 0, 32}, NarrowRegister{"r15w", r15, 0, 16},
    NarrowRegister{"r15b", r15, 0, 8}, NarrowRegister{"eip", rip, 0, 32},
};

inline constexpr RegisterTable table{registers,
                                     groupNames,
                                     narrow,
                                     "org.gnu.gdb.i386.core",
                                     registers.back().offset + registers.back().bytes,
                                     rip,
                                     rsp,
                                     rbp,
                                     eflags};

constexpr bool isAt(Number number, std::string_view name) {
    return table.at(number)->name == name;
}
static_assert(isAt(rsp, "rsp") && isAt(r15, "r15") && isAt(rip, "rip") && isAt(eflags, "eflags") &&
              isAt(gs, "gs") && isAt(kernelGsBase, "k_gs_base") && isAt(cr3, "cr3") && isAt(efer, "efer") &&
              isAt(st0, "st0") && isAt(xmm0, "xmm0") && isAt(mxcsr, "mxcsr"));
static_assert(table.packetBytes == 608); // as QEMU sends it

// DWARF's number of a register.
constexpr int dwarf(Number number) {
    return table.at(number)->dwarf;
}

inline constexpr FunctionCalls functions{{rdi, rsi, rdx, rcx, r8, r9}, rax}; // System V ABI, 3.2.3

// CR3 without the PCID, its flags, and the bit by which page table isolation tells user from kernel tables.
inline constexpr std::uint64_t spaceMask = 0x000f'ffff'ffff'e000;

// System V ABI, A.2.1. Programs end where 4-level paging does; 5 levels are asked for, never given.
inline constexpr SystemCalls systemCalls{
    {"\x0f\x05", 2}, rax, {rdi, rsi, rdx, r10, r8, r9}, rax, rsp, cr3, spaceMask, std::uint64_t(1) << 47};

} // namespace nitroscope::arch::x86
