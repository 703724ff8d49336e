// SPDX-License-Identifier: GPL-2.0-or-later
//
// The registers as a debugger should see them in the CPU's present mode.
//
// Where QEMU's description of the target does not fit the mode, the architecture has another one
// (arch::TargetDescription): that is served, and register numbers and packets are translated. In code that is
// relative to a segment the program counter is shown as a linear address, segment base included, because that is
// where breakpoints and memory are.
#pragma once

#include "app/core/arch/architecture.hpp"

#include <QByteArray>

namespace nitroscope::app {

using arch::CodeSegment;
using arch::CpuMode;

class RegisterView {
public:
    // The architecture outlives the view.
    explicit RegisterView(const arch::Architecture &architecture, const CodeSegment &segment = {})
        : m_architecture(&architecture), m_segment(segment),
          m_description(architecture.modes.description(segment.mode)) {}

    const CodeSegment &segment() const { return m_segment; }
    bool isNative() const { return !m_description; }

    // The description to serve; empty when QEMU's own is right.
    QByteArray targetXml() const;
    // How many registers the debugger knows.
    int count() const;
    // QEMU's number of the debugger's register, -1 when there is none.
    int stubNumber(int number) const;
    int bytes(int number) const;

    // Between QEMU's raw register and the debugger's. `fromStub` needs all bytes of the register.
    QByteArray fromStub(int number, QByteArrayView stubValue) const;
    QByteArray toStub(int number, QByteArrayView value) const;
    // A whole `g` packet; empty when the stub's has another size than it must have.
    QByteArray allFromStub(QByteArrayView stubPacket) const;

private:
    bool isMoved(int number) const; // a program counter to which the segment's base is added

    const arch::Architecture *m_architecture;
    CodeSegment m_segment;
    const arch::TargetDescription *m_description;
};

} // namespace nitroscope::app
