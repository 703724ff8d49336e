// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/debug/code/disassembler.hpp"

#include <algorithm>
#include <array>
#include <capstone/capstone.h>

namespace nitroscope::app {
namespace {

// One handle per mode, opened when first needed.
class Handle {
public:
    Handle() = default;
    Handle(const Handle &) = delete;
    Handle &operator=(const Handle &) = delete;
    ~Handle() {
        if (m_instruction)
            cs_free(m_instruction, 1);
        if (m_handle)
            cs_close(&m_handle);
    }

    bool open(CpuMode mode) {
        if (m_handle)
            return true;
        const cs_mode bits = mode == CpuMode::bits16   ? CS_MODE_16
                             : mode == CpuMode::bits32 ? CS_MODE_32
                                                       : CS_MODE_64;
        if (cs_open(CS_ARCH_X86, bits, &m_handle) != CS_ERR_OK) {
            m_handle = 0;
            return false;
        }
        cs_option(m_handle, CS_OPT_DETAIL, CS_OPT_ON);
        m_instruction = cs_malloc(m_handle);
        return m_instruction != nullptr;
    }

    // The instruction at the front of the bytes, nullptr when there is none.
    const cs_insn *next(QByteArrayView bytes, quint64 address) const {
        auto at = reinterpret_cast<const uint8_t *>(bytes.data());
        auto left = static_cast<size_t>(bytes.size());
        uint64_t where = address;
        return cs_disasm_iter(m_handle, &at, &left, &where, m_instruction) ? m_instruction : nullptr;
    }

    bool isIn(const cs_insn &instruction, unsigned group) const {
        return cs_insn_group(m_handle, &instruction, group);
    }

private:
    csh m_handle = 0;
    cs_insn *m_instruction = nullptr;
};

InstructionKind kindOf(const Handle &handle, const cs_insn &from) {
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
    if (handle.isIn(from, CS_GRP_RET) || handle.isIn(from, CS_GRP_IRET))
        return InstructionKind::ret;
    if (handle.isIn(from, CS_GRP_INT))
        return InstructionKind::interrupt;
    if (handle.isIn(from, CS_GRP_JUMP))
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
            if (isRelative)
                to.memory = from.address + from.size + static_cast<quint64>(operand.mem.disp);
            else if (isFixed)
                to.memory = static_cast<quint64>(operand.mem.disp);
        }
    }
    // ptr16:16 and ptr16:32 in real mode: segment times 16 plus offset.
    if (isFar && x86.op_count == 2 && x86.operands[0].type == X86_OP_IMM &&
        x86.operands[1].type == X86_OP_IMM && segment.mode == CpuMode::bits16)
        to.target = (static_cast<quint64>(x86.operands[0].imm) & 0xffff) * 16 +
                    (static_cast<quint64>(x86.operands[1].imm) & 0xffffffff);
}

Instruction invalidByte(QByteArrayView bytes, quint64 address) {
    Instruction bad;
    bad.address = address;
    bad.kind = InstructionKind::invalid;
    bad.mnemonic = QStringLiteral("(bad)");
    bad.bytes = bytes.first(1).toByteArray();
    return bad;
}

class CapstoneDisassembler : public Disassembler {
public:
    std::vector<Instruction> decode(QByteArrayView bytes, quint64 address, const CodeSegment &segment,
                                    int most, Tail tail) const override {
        std::vector<Instruction> list;
        Handle &handle = m_handles[static_cast<size_t>(segment.mode)];
        if (!handle.open(segment.mode))
            return list;
        const quint64 base = segment.mode == CpuMode::bits64 ? 0 : segment.base;
        for (qsizetype at = 0; at < bytes.size() && static_cast<int>(list.size()) < most;) {
            const QByteArrayView rest = bytes.sliced(at, std::min<qsizetype>(longest, bytes.size() - at));
            const quint64 where = address + static_cast<quint64>(at);
            const cs_insn *found = handle.next(rest, where - base);
            if (!found) {
                if (tail == Tail::more && rest.size() < longest)
                    break;
                list.push_back(invalidByte(rest, where));
                ++at;
                continue;
            }
            Instruction instruction;
            instruction.address = where;
            instruction.length = found->size;
            instruction.kind = kindOf(handle, *found);
            instruction.mnemonic = QString::fromLatin1(found->mnemonic);
            instruction.operands = QString::fromLatin1(found->op_str);
            instruction.bytes = rest.first(found->size).toByteArray();
            takeOperands(*found, segment, instruction);
            at += found->size;
            list.push_back(std::move(instruction));
        }
        return list;
    }

    int lengthAt(QByteArrayView bytes, const CodeSegment &segment) const override {
        Handle &handle = m_handles[static_cast<size_t>(segment.mode)];
        if (bytes.isEmpty() || !handle.open(segment.mode))
            return 0;
        const cs_insn *found = handle.next(bytes.first(std::min<qsizetype>(longest, bytes.size())), 0);
        return found ? found->size : 0;
    }

private:
    mutable std::array<Handle, 3> m_handles;
};

} // namespace

std::unique_ptr<Disassembler> makeDisassembler() {
    return std::make_unique<CapstoneDisassembler>();
}

} // namespace nitroscope::app
