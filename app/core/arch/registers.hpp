// SPDX-License-Identifier: GPL-2.0-or-later
//
// The registers of an architecture, one row each. Whoever shows, names, reads, completes, describes or unwinds by
// registers takes them from here. Plain C++, because plugins in QEMU need them, too.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace nitroscope::arch {

// The meaning of a bit, or of a field of several.
struct RegisterBit {
    int bit; // lowest, of fields
    int width;
    const char *name;
    const char *meaning;
};

// What a register is to a reader.
enum class RegisterKind : std::uint8_t {
    number, // what code computes with, addresses among it
    programCounter,
    flags,
    selector,   // of a segment; its lower 16 bits
    address,    // holds an address and is not computed with
    pageTables, // leads to them
    control,
    floating,
    vector,
};

struct Register {
    const char *name; // as QEMU's description of the target has it
    RegisterKind kind;
    int group; // index into RegisterTable::groups
    int bytes; // in the `g` packet
    int dwarf = -1;
    const char *type = "int64"; // gdb's
    std::span<const RegisterBit> bits = {};
    // Filled in by laidOut().
    int number = 0; // QEMU's
    int offset = 0; // of its first byte in the `g` packet
};

// Registers in the order of their numbers get those and their places: the `g` packet has one behind the other.
template <std::size_t count>
constexpr std::array<Register, count> laidOut(std::array<Register, count> registers) {
    int number = 0, offset = 0;
    for (Register &one : registers) {
        one.number = number++;
        one.offset = offset;
        offset += one.bytes;
    }
    return registers;
}

// A part of a register that has a name of its own.
struct NarrowRegister {
    const char *name;
    int number; // of the whole one
    int bit;    // lowest
    int width;  // bits
};

struct RegisterTable {
    std::span<const Register> registers; // by number
    std::span<const char *const> groups; // in the order in which they are shown
    std::span<const NarrowRegister> narrow;
    const char *feature; // of gdb's, which QEMU puts them into
    int packetBytes;     // of a whole `g`, before hexadecimal
    int programCounter, stackPointer, framePointer, flags;

    constexpr int count() const { return int(registers.size()); }
    // nullptr when there is no such register.
    constexpr const Register *at(int number) const {
        return number >= 0 && number < count() ? &registers[std::size_t(number)] : nullptr;
    }
    constexpr const Register *find(std::string_view name) const {
        const auto found = std::find_if(registers.begin(), registers.end(),
                                        [name](const Register &one) { return one.name == name; });
        return found == registers.end() ? nullptr : &*found;
    }
    constexpr const NarrowRegister *findNarrow(std::string_view name) const {
        const auto found = std::find_if(narrow.begin(), narrow.end(),
                                        [name](const NarrowRegister &one) { return one.name == name; });
        return found == narrow.end() ? nullptr : &*found;
    }
    constexpr int offset(int number) const { return at(number) ? at(number)->offset : -1; }
    constexpr int bytes(int number) const { return at(number) ? at(number)->bytes : 0; }

    // Little-endian, at most its lower 8 bytes; 0 when there is no such register or the packet is too short.
    constexpr std::uint64_t value(std::string_view packet, int number) const {
        const Register *one = at(number);
        if (!one || packet.size() < std::size_t(one->offset + one->bytes))
            return 0;
        std::uint64_t result = 0;
        for (int i = std::min(8, one->bytes) - 1; i >= 0; --i)
            result = result << 8 | std::uint8_t(packet[std::size_t(one->offset + i)]);
        return result;
    }
};

} // namespace nitroscope::arch
