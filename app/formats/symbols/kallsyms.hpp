// SPDX-License-Identifier: GPL-2.0-or-later
//
// Recovers the symbol table that a Linux kernel carries for its own messages (CONFIG_KALLSYMS) from the bytes
// of an unpacked vmlinux or of guest memory.
//
// There is no header that says where the table is or which of its layouts it has; these changed with the
// kernel (scripts/kallsyms.c, kernel/kallsyms.c):
//
//   before 4.6   u64 addresses, count, names, markers, tokens, token index
//   4.6 .. 6.3   s32 offsets, u64 base, count, names, markers, [sequence], tokens, token index
//   6.4 .. 6.19  count, names, markers, tokens, token index, s32 offsets, u64 base, sequence
//   7.0          as 6.4 without a base: each offset counts from its own place
//
// Counts and markers were 64 bits wide before 4.20, and both forms got backports. So nothing is decided by a
// version: the token table is found by the ten digits that every kernel has in it, its index must describe it
// entry by entry, the markers must agree with a walk over the names, and the addresses must ascend.
#pragma once

#include "app/core/arch/linux_kernel.hpp"
#include "app/core/result.hpp"
#include "app/formats/symbols/symbol_table.hpp"

#include <functional>

namespace nitroscope::symbols {

enum class AddressForm {
    absolute,      // u64 each
    basePerCpu,    // s32: not negative = absolute (per CPU), negative = base - 1 - offset
    baseRelative,  // u32 over the base
    placeRelative, // s32 from where the offset itself stands
};

// Where things were found, as offsets in the bytes searched.
struct KallsymsLayout {
    quint64 names = 0, markers = 0, tokens = 0, tokenIndex = 0, addresses = 0;
    quint32 count = 0;
    int markerBytes = 4;
    AddressForm form = AddressForm::basePerCpu;
    quint64 base = 0; // kallsyms_relative_base as it stands in the bytes: relocated in a running kernel
};

struct Kallsyms {
    KallsymsLayout layout;
    SymbolTable table;
};

// From an offset in the bytes to the guest-virtual address that the kernel has it at; needed for
// placeRelative.
using AddressOf = std::function<std::optional<quint64>(quint64)>;

// All symbols. Bounded: at most 4 million symbols and 512 MiB of names. Errors: no-kallsyms.
app::Result<Kallsyms> recoverKallsyms(QByteArrayView bytes, const arch::LinuxKernel &kernel,
                                      const AddressOf &addressOf = {});

} // namespace nitroscope::symbols
