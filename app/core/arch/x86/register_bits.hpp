// SPDX-License-Identifier: GPL-2.0-or-later
//
// The meaning of each bit of the flags and control registers (Intel SDM Vol. 1, 3.4.3 and 10.2.3; Vol. 3A, 2.2.1 and
// 2.5).
#pragma once

#include "app/core/arch/registers.hpp"

namespace nitroscope::arch::x86 {

inline constexpr RegisterBit flagBits[] = {
    {0, 1, "CF", "carry"},
    {2, 1, "PF", "parity"},
    {4, 1, "AF", "auxiliary carry"},
    {6, 1, "ZF", "zero"},
    {7, 1, "SF", "sign"},
    {8, 1, "TF", "trap: single step"},
    {9, 1, "IF", "interrupts enabled"},
    {10, 1, "DF", "direction: string instructions count down"},
    {11, 1, "OF", "overflow"},
    {12, 2, "IOPL", "I/O privilege level"},
    {14, 1, "NT", "nested task"},
    {16, 1, "RF", "resume: debug faults suppressed"},
    {17, 1, "VM", "virtual-8086 mode"},
    {18, 1, "AC", "alignment check, SMAP override"},
    {19, 1, "VIF", "virtual interrupt flag"},
    {20, 1, "VIP", "virtual interrupt pending"},
    {21, 1, "ID", "CPUID available"},
};
inline constexpr RegisterBit cr0Bits[] = {
    {0, 1, "PE", "protection enabled"},
    {1, 1, "MP", "monitor coprocessor"},
    {2, 1, "EM", "no x87: its instructions fault"},
    {3, 1, "TS", "task switched: x87 and SSE fault once"},
    {4, 1, "ET", "extension type (always 1)"},
    {5, 1, "NE", "x87 errors as exceptions"},
    {16, 1, "WP", "write protection holds for the kernel, too"},
    {18, 1, "AM", "alignment checks allowed"},
    {29, 1, "NW", "not write-through"},
    {30, 1, "CD", "caches disabled"},
    {31, 1, "PG", "paging"},
};
inline constexpr RegisterBit cr4Bits[] = {
    {0, 1, "VME", "virtual-8086 extensions"},
    {1, 1, "PVI", "protected-mode virtual interrupts"},
    {2, 1, "TSD", "RDTSC for ring 0 only"},
    {3, 1, "DE", "debugging extensions"},
    {4, 1, "PSE", "4 MiB pages"},
    {5, 1, "PAE", "physical address extension"},
    {6, 1, "MCE", "machine checks"},
    {7, 1, "PGE", "global pages"},
    {8, 1, "PCE", "RDPMC in any ring"},
    {9, 1, "OSFXSR", "SSE in use"},
    {10, 1, "OSXMMEXCPT", "SSE exceptions handled"},
    {11, 1, "UMIP", "SGDT, SIDT, SLDT, SMSW, STR for ring 0 only"},
    {12, 1, "LA57", "five levels of page tables"},
    {13, 1, "VMXE", "VMX"},
    {14, 1, "SMXE", "SMX"},
    {16, 1, "FSGSBASE", "RDFSBASE and others"},
    {17, 1, "PCIDE", "process-context identifiers"},
    {18, 1, "OSXSAVE", "XSAVE in use"},
    {20, 1, "SMEP", "the kernel may not execute user pages"},
    {21, 1, "SMAP", "the kernel may not access user pages"},
    {22, 1, "PKE", "protection keys, user pages"},
    {23, 1, "CET", "control-flow enforcement"},
    {24, 1, "PKS", "protection keys, kernel pages"},
};
inline constexpr RegisterBit eferBits[] = {
    {0, 1, "SCE", "SYSCALL enabled"},
    {8, 1, "LME", "long mode enabled"},
    {10, 1, "LMA", "long mode active"},
    {11, 1, "NXE", "no-execute pages"},
    {12, 1, "SVME", "SVM"},
    {13, 1, "LMSLE", "long-mode segment limits"},
    {14, 1, "FFXSR", "fast FXSAVE"},
};
inline constexpr RegisterBit mxcsrBits[] = {
    {0, 1, "IE", "invalid operation"},   {1, 1, "DE", "denormal"},
    {2, 1, "ZE", "divide by zero"},      {3, 1, "OE", "overflow"},
    {4, 1, "UE", "underflow"},           {5, 1, "PE", "precision"},
    {6, 1, "DAZ", "denormals are zero"}, {7, 1, "IM", "invalid operation masked"},
    {8, 1, "DM", "denormal masked"},     {9, 1, "ZM", "divide by zero masked"},
    {10, 1, "OM", "overflow masked"},    {11, 1, "UM", "underflow masked"},
    {12, 1, "PM", "precision masked"},   {13, 2, "RC", "rounding"},
    {15, 1, "FZ", "flush to zero"},
};
inline constexpr RegisterBit cr3Bits[] = {
    {0, 12, "PCID", "process-context identifier; without CR4.PCIDE cache attributes"},
    {12, 40, "PDB", "page number of the topmost page table"},
};
inline constexpr RegisterBit selectorBits[] = {
    {0, 2, "RPL", "privilege level"},
    {2, 1, "TI", "0: GDT, 1: LDT"},
    {3, 13, "index", "entry of the table"},
};

} // namespace nitroscope::arch::x86
