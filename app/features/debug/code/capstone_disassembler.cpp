// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/debug/code/capstone_x86.hpp"
#include "app/features/debug/code/disassembler.hpp"

#include <algorithm>
#include <array>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

// What differs between the instruction sets that Capstone knows.
struct Decoder {
    cs_arch architecture;
    cs_mode (*mode)(CpuMode mode);
    void (*describe)(csh handle, const cs_insn &from, const CodeSegment &segment, Instruction &to);
};

const Decoder &decoderOf(arch::InstructionSet set) {
    static constexpr Decoder x86{CS_ARCH_X86, capstone_x86::modeOf, capstone_x86::describe};
    switch (set) {
    case arch::InstructionSet::x86:
        return x86;
    }
    return x86;
}

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

    bool open(const Decoder &decoder, CpuMode mode) {
        if (m_handle)
            return true;
        if (cs_open(decoder.architecture, decoder.mode(mode), &m_handle) != CS_ERR_OK) {
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

    csh get() const { return m_handle; }

private:
    csh m_handle = 0;
    cs_insn *m_instruction = nullptr;
};

Instruction invalidByte(QByteArrayView bytes, quint64 address) {
    Instruction bad;
    bad.address = address;
    bad.kind = InstructionKind::invalid;
    bad.mnemonic = u"(bad)"_s;
    bad.bytes = bytes.first(1).toByteArray();
    return bad;
}

class CapstoneDisassembler : public Disassembler {
public:
    explicit CapstoneDisassembler(const arch::Architecture &architecture)
        : Disassembler(architecture), m_decoder(decoderOf(architecture.instructions.set)) {}

    std::vector<Instruction> decode(QByteArrayView bytes, quint64 address, const CodeSegment &segment,
                                    int most, Tail tail) const override {
        std::vector<Instruction> list;
        Handle &handle = m_handles[static_cast<size_t>(segment.mode)];
        if (!handle.open(m_decoder, segment.mode))
            return list;
        const quint64 base = segment.mode == CpuMode::bits64 ? 0 : segment.base;
        for (qsizetype at = 0; at < bytes.size() && static_cast<int>(list.size()) < most;) {
            const QByteArrayView rest = bytes.sliced(at, std::min<qsizetype>(longest(), bytes.size() - at));
            const quint64 where = address + static_cast<quint64>(at);
            const cs_insn *found = handle.next(rest, where - base);
            if (!found) {
                if (tail == Tail::more && rest.size() < longest())
                    break;
                list.push_back(invalidByte(rest, where));
                ++at;
                continue;
            }
            Instruction instruction;
            instruction.address = where;
            instruction.length = found->size;
            instruction.mnemonic = QString::fromLatin1(found->mnemonic);
            instruction.operands = QString::fromLatin1(found->op_str);
            instruction.bytes = rest.first(found->size).toByteArray();
            m_decoder.describe(handle.get(), *found, segment, instruction);
            at += found->size;
            list.push_back(std::move(instruction));
        }
        return list;
    }

    int lengthAt(QByteArrayView bytes, const CodeSegment &segment) const override {
        Handle &handle = m_handles[static_cast<size_t>(segment.mode)];
        if (bytes.isEmpty() || !handle.open(m_decoder, segment.mode))
            return 0;
        const cs_insn *found = handle.next(bytes.first(std::min<qsizetype>(longest(), bytes.size())), 0);
        return found ? found->size : 0;
    }

private:
    const Decoder &m_decoder;
    mutable std::array<Handle, 3> m_handles;
};

} // namespace

std::unique_ptr<Disassembler> makeDisassembler(const arch::Architecture &architecture) {
    return std::make_unique<CapstoneDisassembler>(architecture);
}

} // namespace nitroscope::app
