// SPDX-License-Identifier: GPL-2.0-or-later
//
// The registers as a debugger should see them in the CPU's present mode.
//
// QEMU's gdbstub describes an x86-64 CPU in every mode, and gdb then disassembles 16- and 32-bit code as
// 64-bit code. For those modes a description of our own is served (architectures i8086 and i386), and
// register numbers and packets are translated. In 16-bit code the program counter is shown as a linear
// address, segment base included, because that is where breakpoints and memory are.
#pragma once

#include <optional>
#include <QByteArray>
#include <QVector>

namespace nitroscope::app {

enum class CpuMode { bits16, bits32, bits64 };

// What `info registers` of QEMU's monitor says about the code segment.
struct CodeSegment {
    CpuMode mode = CpuMode::bits64;
    quint64 base = 0;

    bool operator==(const CodeSegment &) const = default;
};
// Nothing when the text has no line for CS.
std::optional<CodeSegment> parseCodeSegment(const QByteArray &infoRegisters);

class RegisterView {
public:
    // Numbers and places in QEMU's own `g` packet (gdb-xml/i386-64bit.xml of QEMU 10.0).
    static constexpr int stubPacketBytes = 608;
    static constexpr int stubRip = 16, stubRsp = 7, stubRbp = 6, stubCs = 18, stubCr0 = 27, stubCr3 = 29,
                         stubEfer = 32;
    static constexpr int stubRax = 0, stubRbx = 1, stubRdx = 3, stubRsi = 4, stubRdi = 5;
    static int stubOffset(int number); // -1 when there is no such register
    static int stubBytes(int number);

    explicit RegisterView(const CodeSegment &segment = {}) : m_segment(segment) {}

    const CodeSegment &segment() const { return m_segment; }
    bool isNative() const { return m_segment.mode == CpuMode::bits64; }

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
    CodeSegment m_segment;
};

} // namespace nitroscope::app
