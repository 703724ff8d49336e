// SPDX-License-Identifier: GPL-2.0-or-later
//
// The state of a CPU beyond its registers that decides how code, addresses and registers are to be understood.
#pragma once

#include <cstdint>
#include <optional>
#include <QByteArrayView>
#include <span>

namespace nitroscope::arch {

enum class CpuMode { bits16, bits32, bits64 };

// What code addresses are relative to. Architectures without segments have the default at all times.
struct CodeSegment {
    CpuMode mode = CpuMode::bits64;
    std::uint64_t base = 0;

    bool operator==(const CodeSegment &) const = default;
};

// A register as a target description of our own tells it to gdb.
struct DescribedRegister {
    const char *name;
    const char *type; // gdb's
    const char *feature;
    int bytes;
    int number; // QEMU's
};

// A description of the CPU for a mode that QEMU's own does not fit.
struct TargetDescription {
    const char *architecture; // gdb's
    std::span<const DescribedRegister> registers;
};

// Packets are QEMU's `g`, whole.
struct ExecutionModes {
    // Out of what `info registers` of QEMU's monitor prints; nothing when it does not tell.
    std::optional<CodeSegment> (*parse)(QByteArrayView infoRegisters);
    // Whether the segment may be another one after a single step from `before` to `now`.
    bool (*mayHaveChanged)(QByteArrayView before, QByteArrayView now);
    // Whether the CPU runs a user's program.
    bool (*isUser)(QByteArrayView packet);
    // nullptr when QEMU's own description is right.
    const TargetDescription *(*description)(CpuMode mode);
    // Where the stack's address 0 is.
    std::uint64_t (*stackBase)(QByteArrayView packet, CpuMode mode);
};

} // namespace nitroscope::arch
