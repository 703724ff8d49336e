// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/core/arch/x86/instructions.hpp"

#include "app/core/arch/x86/registers.hpp"

#include <array>

namespace nitroscope::arch::x86 {
namespace {

constexpr int maxInstructionLength = 15; // Intel SDM Vol. 2, 2.3.11

// Bytes of ModRM, SIB and displacement, 0 when they are not all there.
int operandBytes(QByteArrayView bytes, int addressBits) {
    if (bytes.isEmpty())
        return 0;
    const quint8 modrm = quint8(bytes[0]);
    const int mod = modrm >> 6, rm = modrm & 7;
    if (mod == 3)
        return 1;
    if (addressBits == 16)
        return mod == 0 ? (rm == 6 ? 3 : 1) : mod == 1 ? 2 : 3;
    int length = 1;
    bool hasBase = rm != 5;
    if (rm == 4) {
        if (bytes.size() < 2)
            return 0;
        length = 2;
        hasBase = (quint8(bytes[1]) & 7) != 5;
    }
    return length + (mod == 1 ? 1 : mod == 2 || !hasBase ? 4 : 0);
}

bool isStringInstruction(quint8 opcode) {
    return (opcode >= 0x6c && opcode <= 0x6f) || (opcode >= 0xa4 && opcode <= 0xa7) ||
           (opcode >= 0xaa && opcode <= 0xaf);
}

// Calls, and what repeats or traps in one place (Intel SDM, volume 2, chapter 2 and CALL, REP, INT n). The width of
// code decides on prefixes and addresses.
int lengthToStepOver(QByteArrayView code, CpuMode mode) {
    bool is66 = false, is67 = false, repeats = false;
    int at = 0;
    const int end = int(qMin<qsizetype>(code.size(), maxInstructionLength));
    for (; at < end; ++at) {
        const quint8 byte = quint8(code[at]);
        if (byte == 0x66)
            is66 = true;
        else if (byte == 0x67)
            is67 = true;
        else if (byte == 0xf2 || byte == 0xf3)
            repeats = true;
        else if (byte != 0x2e && byte != 0x36 && byte != 0x3e && byte != 0x26 && byte != 0x64 && byte != 0x65)
            break;
    }
    if (at < end && mode == CpuMode::bits64 && (quint8(code[at]) & 0xf0) == 0x40)
        ++at; // REX
    if (at >= end)
        return 0;
    const bool isWide = mode == CpuMode::bits64 || (mode == CpuMode::bits32) != is66;
    const int addressBits = mode == CpuMode::bits64             ? (is67 ? 32 : 64)
                            : (mode == CpuMode::bits32) != is67 ? 32
                                                                : 16;
    const quint8 opcode = quint8(code[at++]);
    if (opcode == 0xe8)
        return at + (isWide ? 4 : 2);
    if (opcode == 0x9a && mode != CpuMode::bits64)
        return at + (isWide ? 6 : 4);
    if (opcode == 0xff) {
        const int reg = at < end ? (quint8(code[at]) >> 3 & 7) : 0;
        const int operand = operandBytes(code.sliced(at), addressBits);
        return (reg == 2 || reg == 3) && operand > 0 ? at + operand : 0;
    }
    if (opcode == 0xcd)
        return at + 1;
    return repeats && isStringInstruction(opcode) ? at : 0;
}

struct Family { // of registers that are numbered
    std::string_view prefix;
    int count;
};
// Beyond those that QEMU tells of.
constexpr std::array families{Family{"ymm", 32}, Family{"zmm", 32}, Family{"xmm", 32}, Family{"cr", 16},
                              Family{"dr", 16},  Family{"mm", 16},  Family{"k", 16}};
constexpr std::array<std::string_view, 2> others{"ip", "st"};

bool isOfFamily(std::string_view word, const Family &family) {
    if (!word.starts_with(family.prefix))
        return false;
    const std::string_view digits = word.substr(family.prefix.size());
    if (digits.empty() || digits.size() > 2 || (digits.size() == 2 && digits[0] == '0'))
        return false;
    int number = 0;
    for (const char digit : digits) {
        if (digit < '0' || digit > '9')
            return false;
        number = number * 10 + digit - '0';
    }
    return number < family.count;
}

bool isRegister(QByteArrayView text) {
    const std::string_view word(text.data(), std::size_t(text.size()));
    const Register *known = table.find(word);
    return (known && (known->group == general || known->kind == RegisterKind::selector)) ||
           table.findNarrow(word) || std::find(others.begin(), others.end(), word) != others.end() ||
           std::any_of(families.begin(), families.end(),
                       [word](const Family &family) { return isOfFamily(word, family); });
}

// What the flags must say (Intel SDM Vol. 1, appendix B).
enum class Condition { o, b, e, be, s, p, l, le };

struct Jump {
    std::string_view mnemonic;
    Condition condition;
    bool isNegated;
};
constexpr std::array jumps{
    Jump{"jo", Condition::o, false},   Jump{"jno", Condition::o, true}, Jump{"jb", Condition::b, false},
    Jump{"jae", Condition::b, true},   Jump{"je", Condition::e, false}, Jump{"jne", Condition::e, true},
    Jump{"jbe", Condition::be, false}, Jump{"ja", Condition::be, true}, Jump{"js", Condition::s, false},
    Jump{"jns", Condition::s, true},   Jump{"jp", Condition::p, false}, Jump{"jnp", Condition::p, true},
    Jump{"jl", Condition::l, false},   Jump{"jge", Condition::l, true}, Jump{"jle", Condition::le, false},
    Jump{"jg", Condition::le, true}};

bool holds(Condition condition, std::uint64_t flags) {
    const auto flag = [flags](int bit) { return (flags >> bit & 1) != 0; };
    const bool carry = flag(0), parity = flag(2), zero = flag(6), sign = flag(7), overflow = flag(11);
    switch (condition) {
    case Condition::o:
        return overflow;
    case Condition::b:
        return carry;
    case Condition::e:
        return zero;
    case Condition::be:
        return carry || zero;
    case Condition::s:
        return sign;
    case Condition::p:
        return parity;
    case Condition::l:
        return sign != overflow;
    case Condition::le:
        return zero || sign != overflow;
    }
    return false;
}

std::optional<bool> isTaken(QByteArrayView spelled, QByteArrayView packet) {
    const std::string_view mnemonic(spelled.data(), std::size_t(spelled.size()));
    const auto value = [packet](Number number) {
        return table.value({packet.data(), std::size_t(packet.size())}, number);
    };
    const auto found = std::find_if(jumps.begin(), jumps.end(),
                                    [mnemonic](const Jump &jump) { return jump.mnemonic == mnemonic; });
    if (found != jumps.end())
        return holds(found->condition, value(eflags)) != found->isNegated;
    if (mnemonic == "jrcxz")
        return value(rcx) == 0;
    if (mnemonic == "jecxz")
        return (value(rcx) & 0xffffffff) == 0;
    return std::nullopt;
}

static_assert(maxInstructionLength <= int(maxInstructionBytes));

} // namespace

const Instructions instructions{
    InstructionSet::x86, maxInstructionLength, 1, "\xcc", lengthToStepOver, isTaken, isRegister};

} // namespace nitroscope::arch::x86
