// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/debug/call_length.hpp"

namespace nitroscope::app {
namespace {

constexpr int longestInstruction = 15;

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

} // namespace

int lengthToStepOver(QByteArrayView code, CpuMode mode) {
    bool is66 = false, is67 = false, repeats = false;
    int at = 0;
    const int end = int(qMin<qsizetype>(code.size(), longestInstruction));
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

} // namespace nitroscope::app
