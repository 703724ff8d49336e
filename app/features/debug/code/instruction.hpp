// SPDX-License-Identifier: GPL-2.0-or-later
//
// One decoded instruction as a plain record. Where it leads to is known as a number, so that views can
// draw arrows and follow it without reading its text.
#pragma once

#include <optional>
#include <QByteArray>
#include <QString>

namespace nitroscope::app {

enum class InstructionKind {
    plain,
    call,
    jump,
    conditionalJump,
    ret,       // also iret, sysret
    interrupt, // int, int3, syscall, sysenter
    halt,      // hlt, ud2
    invalid,   // bytes that do not decode; shown one by one
};

struct Instruction {
    quint64 address = 0; // linear
    int length = 1;      // bytes
    InstructionKind kind = InstructionKind::plain;
    QString mnemonic;                 // "call", "rep stosq"; "(bad)" for what does not decode
    QString operands;                 // Intel syntax, numbers as the decoder writes them
    std::optional<quint64> target;    // linear, of a direct call or jump
    std::optional<quint64> memory;    // linear, of an operand in memory with a fixed or relative address
    bool isRelative = false;          // `memory` stands in the text relative to the instruction, in brackets
    std::optional<quint64> immediate; // that may be an address
    QByteArray bytes;

    quint64 end() const { return address + static_cast<quint64>(length); }
    bool isBranch() const {
        return kind == InstructionKind::jump || kind == InstructionKind::conditionalJump;
    }
};

} // namespace nitroscope::app
