// SPDX-License-Identifier: GPL-2.0-or-later
//
// The registers as the panel arranges them: groups, names in each mode, and the parts each can be opened
// into. Numbers are those of QEMU's description (RegisterView).
#pragma once

#include "app/session/gdb/register_view.hpp"

#include <QString>
#include <vector>

namespace nitroscope::app {

struct RegisterEntry {
    int number = 0;
    QString name; // in 64-bit mode
};

struct RegisterGroup {
    QString name;
    std::vector<RegisterEntry> registers;
};

const std::vector<RegisterGroup> &registerGroups();
// "eax" for rax where the CPU has no more; "ip" in 16-bit code.
QString registerName(const RegisterEntry &entry, CpuMode mode);

// A part of a register: a narrower register in it, a field, or the lanes of a vector.
struct RegisterPart {
    enum class Kind { bits, number, signedNumber, lanes, floats };
    Kind kind = Kind::number;
    QString name;
    int bit = 0;   // lowest
    int width = 8; // bits; of one lane
    QString meaning;
};
const std::vector<RegisterPart> &registerParts(int number);

// From QEMU's `g` packet; nothing when the packet is too short.
QByteArray registerBytes(const QByteArray &packet, int number);
quint64 registerNumber(const QByteArray &packet, int number); // up to 8 bytes; 0 when absent
// One part's value from the register's bytes (little-endian).
QString partText(const RegisterPart &part, const QByteArray &value);
quint64 partNumber(const RegisterPart &part, const QByteArray &value);

} // namespace nitroscope::app
