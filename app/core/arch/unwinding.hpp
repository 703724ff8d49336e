// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a stack looks like: which registers a frame has, and what Linux saves of them where. Registers of frames
// have DWARF's numbers.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <QByteArrayView>
#include <span>

namespace nitroscope::arch {

inline constexpr int maxFrameRegisters = 17; // of all architectures

// The registers that unwinding follows.
struct FrameLayout {
    int count; // DWARF's 0 to this
    int programCounter, stackPointer, framePointer;
    std::uint32_t preserved;       // bit by number: what a function must leave as it was
    std::uint32_t keptWithoutRule; // of those, the ones that libdw calls lost when it has no rule for them

    constexpr bool isPreserved(int number) const { return preserved >> number & 1; }
    constexpr bool isKeptWithoutRule(int number) const { return keptWithoutRule >> number & 1; }
};

// Where a function's return address is, seen from one of its instructions.
struct ReturnPlace {
    enum class From {
        stackPointer, // the frame pointer is still the caller's
        framePointer, // which leads to the caller's
    } from = From::framePointer;
    int offset = 0;
};

inline constexpr std::size_t maxSavedWords = 21; // of all architectures

// Registers as an entry to the kernel saved them (struct pt_regs): words in this order, -1 for what is no register
// of a frame.
struct SavedRegisters {
    std::span<const std::int8_t> order;
    std::size_t tailStart; // of the part that is there even when the others are not
    // `words` are all of them.
    bool (*isUser)(std::span<const std::uint64_t> words);
    // Whether it is a user program's state in every part. Nothing else would look like it by accident.
    bool (*isCertainlyUser)(std::span<const std::uint64_t> words);
};

// Where ORC, the kernel's own tables, say that a value is: a register's or, with `isIndirect`, in memory there.
struct OrcBase {
    int number = -1; // DWARF's; -1 = not told
    bool isIndirect = false;
    bool isOffsetFirst = true; // the offset is added before memory is read, not after
};

struct Unwinding {
    const FrameLayout *frame;
    SavedRegisters saved;
    // Words that the scheduler leaves on the stack of a task that does not run (struct inactive_task_frame), in
    // this order; its stack continues behind them.
    std::span<const std::int8_t> switched;
    // In a kernel's frame pointer: what it leads to are saved registers. 0 = there is no such mark.
    std::uint64_t savedRegistersMark;
    ReturnPlace usualReturn;       // behind a function's prologue
    std::size_t maxPrologueLength; // bytes of code that returnPlace() looks at
    // `code` are the first bytes of a function; the instruction is `distance` behind its start.
    ReturnPlace (*returnPlace)(QByteArrayView code, std::uint64_t distance);
    // By the number in the tables; nullptr where kernels have none.
    OrcBase (*orcBase)(unsigned code);
};

} // namespace nitroscope::arch
