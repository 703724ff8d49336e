// SPDX-License-Identifier: GPL-2.0-or-later
//
// Bytes to instructions. The bytes are the guest's and may be anything:
// what does not decode comes as an instruction of one byte, so a listing never ends before its bytes do.
//
// Where instructions have no alignment, where the one *before* an address begins is a guess. A wrong start
// falls into step with the right one after a few instructions; instructionsBefore() therefore decodes from
// every byte of the window before the address and takes the chain on which most of them meet.
#pragma once

#include "app/core/arch/architecture.hpp"
#include "app/features/debug/code/instruction.hpp"

#include <memory>
#include <QByteArrayView>
#include <vector>

namespace nitroscope::app {

using arch::CodeSegment;
using arch::CpuMode;

class Disassembler {
public:
    // The architecture outlives the disassembler.
    explicit Disassembler(const arch::Architecture &architecture) : m_architecture(&architecture) {}

    const arch::Architecture &architecture() const { return *m_architecture; }
    int longest() const { return m_architecture->instructions.longest; } // bytes of an instruction

    // What comes after the bytes: `more` means that a cut instruction at the end is not an error but left
    // out.
    enum class Tail { more, end };

    virtual ~Disassembler() = default;

    // At most `most` instructions from the start of the bytes, which are at the linear `address`.
    virtual std::vector<Instruction> decode(QByteArrayView bytes, quint64 address, const CodeSegment &segment,
                                            int most, Tail tail = Tail::more) const = 0;
    // Bytes of the instruction at the start of `bytes`, 0 when there is none.
    virtual int lengthAt(QByteArrayView bytes, const CodeSegment &segment) const = 0;

private:
    const arch::Architecture *m_architecture;
};

// Capstone 4.
std::unique_ptr<Disassembler> makeDisassembler(const arch::Architecture &architecture);

// The `count` instructions before `end`, in ascending order, from the bytes that end there; fewer when the
// bytes do not suffice. `start`, a function's first address, is believed when its code leads to `end`.
std::vector<Instruction> instructionsBefore(const Disassembler &disassembler, QByteArrayView bytes,
                                            quint64 end, const CodeSegment &segment, int count,
                                            std::optional<quint64> start = {});

} // namespace nitroscope::app
