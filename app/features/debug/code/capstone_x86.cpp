// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/debug/code/capstone_x86.hpp"

namespace nitroscope::app::capstone_x86 {
namespace {

using arch::CodeSegment;
using arch::CpuMode;

InstructionKind kindOf(csh handle, const cs_insn &from) {
    switch (from.id) {
    case X86_INS_JMP:
    case X86_INS_LJMP:
        return InstructionKind::jump;
    case X86_INS_CALL:
    case X86_INS_LCALL:
        return InstructionKind::call;
    case X86_INS_LOOP:
    case X86_INS_LOOPE:
    case X86_INS_LOOPNE:
    case X86_INS_JCXZ:
    case X86_INS_JECXZ:
    case X86_INS_JRCXZ:
        return InstructionKind::conditionalJump;
    case X86_INS_HLT:
    case X86_INS_UD2:
        return InstructionKind::halt;
    case X86_INS_SYSCALL:
    case X86_INS_SYSENTER:
        return InstructionKind::interrupt;
    case X86_INS_SYSRET:
    case X86_INS_SYSEXIT:
        return InstructionKind::ret;
    default:
        break;
    }
    if (cs_insn_group(handle, &from, CS_GRP_RET) || cs_insn_group(handle, &from, CS_GRP_IRET))
        return InstructionKind::ret;
    if (cs_insn_group(handle, &from, CS_GRP_INT))
        return InstructionKind::interrupt;
    if (cs_insn_group(handle, &from, CS_GRP_JUMP))
        return InstructionKind::conditionalJump;
    return InstructionKind::plain;
}

// Addresses within the segment wrap at its width, and the segment's base is added to get linear ones.
quint64 linear(quint64 offset, const CodeSegment &segment, int operandBytes) {
    switch (segment.mode) {
    case CpuMode::bits64:
        return offset;
    case CpuMode::bits32:
        return (segment.base + (offset & 0xffffffff)) & 0xffffffff;
    case CpuMode::bits16:
        return (segment.base + (offset & (operandBytes == 4 ? 0xffffffff : 0xffff))) & 0xffffffff;
    }
    return offset;
}

quint64 farTarget(quint64 selector, quint64 offset) {
    return offset > 0xffff ? offset : selector * 16 + offset;
}

void takeOperands(const cs_insn &from, const CodeSegment &segment, Instruction &to) {
    const cs_x86 &x86 = from.detail->x86;
    const bool branches = to.kind == InstructionKind::call || to.isBranch();
    const bool isFar = from.id == X86_INS_LJMP || from.id == X86_INS_LCALL;
    for (int i = 0; i < x86.op_count; ++i) {
        const cs_x86_op &operand = x86.operands[i];
        if (operand.type == X86_OP_IMM) {
            const auto value = static_cast<quint64>(operand.imm);
            if (branches && !isFar && x86.op_count == 1)
                to.target = linear(value, segment, operand.size);
            else if (!branches && operand.size >= 4)
                to.immediate = value;
        } else if (operand.type == X86_OP_MEM && segment.mode == CpuMode::bits64) {
            const bool isRelative = operand.mem.base == X86_REG_RIP && operand.mem.index == X86_REG_INVALID;
            const bool isFixed = operand.mem.base == X86_REG_INVALID &&
                                 operand.mem.index == X86_REG_INVALID &&
                                 operand.mem.segment == X86_REG_INVALID;
            to.isRelative = to.isRelative || isRelative;
            if (isRelative)
                to.memory = from.address + from.size + static_cast<quint64>(operand.mem.disp);
            else if (isFixed)
                to.memory = static_cast<quint64>(operand.mem.disp);
        }
    }
    // ptr16:16 and ptr16:32 in real mode: segment times 16 plus offset. An offset beyond 64 KiB is none of real mode:
    // protection has just been switched on, and the selector is that of a flat segment.
    if (isFar && x86.op_count == 2 && x86.operands[0].type == X86_OP_IMM &&
        x86.operands[1].type == X86_OP_IMM && segment.mode == CpuMode::bits16)
        to.target = farTarget(static_cast<quint64>(x86.operands[0].imm) & 0xffff,
                              static_cast<quint64>(x86.operands[1].imm) & 0xffffffff);
}

} // namespace

cs_mode modeOf(CpuMode mode) {
    return mode == CpuMode::bits16 ? CS_MODE_16 : mode == CpuMode::bits32 ? CS_MODE_32 : CS_MODE_64;
}

void describe(csh handle, const cs_insn &from, const CodeSegment &segment, Instruction &to) {
    to.kind = kindOf(handle, from);
    takeOperands(from, segment, to);
}

} // namespace nitroscope::app::capstone_x86
