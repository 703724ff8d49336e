// SPDX-License-Identifier: GPL-2.0-or-later
//
// The registers of an architecture as the panel arranges them: groups, names in each mode, and the parts each can
// be opened into. Numbers are those of QEMU's description (arch::RegisterTable).
#pragma once

#include "app/core/arch/architecture.hpp"

#include <QByteArray>
#include <QString>
#include <vector>

namespace nitroscope::app {

struct RegisterGroup {
    QString name;
    std::vector<const arch::Register *> registers;
};

// A part of a register: a narrower register in it, a field, or the lanes of a vector.
struct RegisterPart {
    enum class Kind { bits, number, signedNumber, lanes, floats };
    Kind kind = Kind::number;
    QString name;
    int bit = 0;   // lowest
    int width = 8; // bits; of one lane
    QString meaning;
};

class RegisterArrangement {
public:
    // Nothing.
    RegisterArrangement() = default;
    // The architecture outlives the arrangement.
    explicit RegisterArrangement(const arch::Architecture &architecture);

    const std::vector<RegisterGroup> &groups() const { return m_groups; }
    // Empty for a number that there is not.
    const std::vector<RegisterPart> &parts(int number) const;

private:
    std::vector<RegisterGroup> m_groups;
    std::vector<std::vector<RegisterPart>> m_parts; // by number
};

// The narrower register's where the CPU has no more.
QString registerName(const arch::Architecture &architecture, int number, arch::CpuMode mode);
// From QEMU's `g` packet; nothing when the packet is too short.
QByteArray registerBytes(const arch::Architecture &architecture, const QByteArray &packet, int number);
// The names of the bits set, fields with their value: "IF ZF PF IOPL=3".
QString setBitsText(std::span<const arch::RegisterBit> bits, quint64 value);
// One part's value from the register's bytes (little-endian).
QString partText(const RegisterPart &part, const QByteArray &value);
quint64 partNumber(const RegisterPart &part, const QByteArray &value);

} // namespace nitroscope::app
