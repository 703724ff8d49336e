// SPDX-License-Identifier: GPL-2.0-or-later
//
// The meaning of each bit of the flags and control registers (Intel SDM Vol. 1, 3.4.3 and 10.2.3; Vol. 3A,
// 2.2.1 and 2.5).
#pragma once

#include <QString>
#include <span>

namespace nitroscope::app {

struct RegisterBit {
    int bit; // lowest, of fields
    int width;
    const char *name;
    const char *meaning;
};

// By QEMU's number of the register (RegisterView); empty for registers without named bits.
std::span<const RegisterBit> registerBits(int stubNumber);
// The names of the bits set, fields with their value: "IF ZF PF IOPL=3".
QString setBitsText(int stubNumber, quint64 value);

} // namespace nitroscope::app
