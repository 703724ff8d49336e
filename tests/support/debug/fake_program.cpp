// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/debug/fake_program.hpp"

#include <QtEndian>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

namespace {

constexpr int rax = 0, rcx = 2, rsi = 4, rdi = 5, rbp = 6, rsp = 7, rip = 16, eflags = 17;
constexpr quint64 zeroSet = 0x246, zeroClear = 0x202;

// Appends steps; what a step says holds until another says otherwise.
class Path {
public:
    explicit Path(quint64 base, quint64 segmentBase = 0) : m_base(base), m_segmentBase(segmentBase) {}

    void at(quint64 offset, int depth, QVector<std::pair<int, quint64>> changed = {}) {
        changed.append({rip, m_base + offset - m_segmentBase});
        m_steps.append({m_base + offset, depth, std::move(changed)});
    }
    QVector<FakeStep> steps() { return std::move(m_steps); }

private:
    quint64 m_base, m_segmentBase;
    QVector<FakeStep> m_steps;
};

QByteArray words(std::initializer_list<quint64> values) {
    QByteArray bytes;
    for (const quint64 value : values) {
        const quint64 little = qToLittleEndian(value);
        bytes.append(reinterpret_cast<const char *>(&little), sizeof little);
    }
    return bytes;
}

} // namespace

// start_kernel: push rbp; mov rbp,rsp; sub rsp,0x20; xor ecx,ecx; again: lea rdi,[rip+message];
// call count_bytes; add ecx,1; cmp ecx,2; jne again; test eax,eax; je fail; mov [rip+counter],rax; leave;
// ret; fail: ud2. count_bytes: xor eax,eax; 1: cmp byte [rdi+rax],0; je 2; inc rax; jmp 1; 2: ret
FakeProgram FakeProgram::bits64() {
    FakeProgram program;
    program.base = 0xffffffff81000000;
    program.code = QByteArray::fromHex("554889e54883ec2031c9488d3d4f000000e81900000083c10183f90275ec85c07409"
                                       "4889053f000000c9c30f0b909031c0803c0700740548ffc0ebf5c3");
    program.code.resize(0x60, '\0');
    program.code += "hi";
    program.code.resize(0x100, '\0');
    const quint64 base = program.base, message = base + 0x60;
    program.symbols = {{u"start_kernel"_s, u"vmlinux"_s, base, true},
                       {u"count_bytes"_s, u"vmlinux"_s, base + 0x2f, true},
                       {u"linux_banner"_s, u"vmlinux"_s, message, false},
                       {u"counter"_s, u"vmlinux"_s, base + 0x68, false},
                       {u"secondary_startup_64"_s, u"vmlinux"_s, base + 0x70, true}};
    program.stackTop = 0xffffffff82404000;
    const quint64 top = program.stackTop - 0x40;
    program.stack = words({base + 0x16, 0x0123456789abcdef, message, 0, 0, top + 0x28, base + 0x16, 0,
                           base + 0x72, 0, 0x1f, message, 0, 0, base + 0x29, 0});
    Path path(base);
    path.at(0x00, 0, {{rsp, top}, {rbp, top + 0x28}, {rax, 0x1f}, {eflags, zeroClear}, {rsi, 0x13b60}});
    path.at(0x01, 0, {{rsp, top - 8}});
    path.at(0x04, 0, {{rbp, top - 8}});
    path.at(0x08, 0, {{rsp, top - 0x28}});
    path.at(0x0a, 0, {{rcx, 0}, {eflags, zeroSet}});
    for (quint64 pass = 1; pass <= 2; ++pass) {
        path.at(0x11, 0, {{rdi, message}});
        path.at(0x2f, 1, {{rsp, top - 0x30}});
        path.at(0x31, 1, {{rax, 0}, {eflags, zeroSet}});
        for (quint64 count = 0; count < 2; ++count) {
            path.at(0x35, 1, {{eflags, zeroClear}});
            path.at(0x37, 1);
            path.at(0x3a, 1, {{rax, count + 1}});
            path.at(0x31, 1);
        }
        path.at(0x35, 1, {{eflags, zeroSet}});
        path.at(0x3c, 1);
        path.at(0x16, 0, {{rsp, top - 0x28}});
        path.at(0x19, 0, {{rcx, pass}, {eflags, zeroClear}});
        path.at(0x1c, 0, {{eflags, pass == 2 ? zeroSet : zeroClear}});
        if (pass == 1)
            path.at(0x0a, 0);
    }
    path.at(0x1e, 0);
    path.at(0x20, 0, {{eflags, zeroClear}});
    path.at(0x22, 0);
    path.at(0x29, 0);
    path.at(0x2a, 0, {{rsp, top}, {rbp, top + 0x28}});
    program.path = path.steps();
    return program;
}

// startup_32: cld; cli; lea esp,[esi+0x1e4]; call 1f; 1: pop ebp; mov eax,cr4; or eax,0x20; mov cr4,eax;
// jmp 2f; ud2; 2: hlt
FakeProgram FakeProgram::bits32() {
    FakeProgram program;
    program.segment = {CpuMode::bits32, 0};
    program.base = 0x1000000;
    program.code = QByteArray::fromHex("fcfa8da6e4010000e8000000005d0f20e083c8200f22e0eb020f0bf4");
    program.code.resize(0x80, '\0');
    program.symbols = {{u"startup_32"_s, u"vmlinux"_s, program.base, true}};
    program.stackTop = 0x13d44;
    program.stack = QByteArray(0x40, '\0');
    Path path(program.base);
    path.at(0x00, 0, {{rsp, program.stackTop - 0x20}, {rsi, 0x13b60}, {eflags, 2}});
    path.at(0x01, 0);
    path.at(0x02, 0);
    path.at(0x08, 0, {{rsp, 0x13d44 - 0x10}});
    path.at(0x0d, 0, {{rsp, 0x13d44 - 0x14}});
    path.at(0x0e, 0, {{rbp, program.base + 0xd}, {rsp, 0x13d44 - 0x10}});
    path.at(0x11, 0, {{rax, 0}});
    path.at(0x14, 0, {{rax, 0x20}});
    path.at(0x17, 0);
    path.at(0x1b, 0);
    program.path = path.steps();
    return program;
}

// jmp 1f; nop; 1: cli; xor ax,ax; mov ds,ax; mov si,0x7c00; call 2f; hlt; 2: in al,0x92; or al,2;
// out 0x92,al; ret
FakeProgram FakeProgram::bits16() {
    FakeProgram program;
    program.segment = {CpuMode::bits16, 0xffff0000};
    program.base = 0xfffffff0 - 0xf0;
    program.code = QByteArray::fromHex("eb0190fa31c08ed8be007ce80100f4e4920c02e692c3");
    program.code.resize(0x100, '\0');
    program.symbols = {{u"_reset"_s, u"firmware"_s, program.base, true},
                       {u"_enable_a20"_s, u"firmware"_s, program.base + 0xf, true}};
    program.stackTop = 0x7000;
    program.stack = QByteArray(0x40, '\0');
    Path path(program.base, program.segment.base);
    path.at(0x00, 0, {{rsp, 0x6ff0}, {eflags, 2}});
    path.at(0x03, 0);
    path.at(0x04, 0);
    path.at(0x06, 0, {{rax, 0}});
    path.at(0x08, 0);
    path.at(0x0b, 0, {{rsi, 0x7c00}});
    path.at(0x0f, 1, {{rsp, 0x6fee}});
    path.at(0x11, 1);
    path.at(0x13, 1, {{rax, 2}});
    path.at(0x15, 1);
    path.at(0x0e, 0, {{rsp, 0x6ff0}});
    program.path = path.steps();
    return program;
}

std::optional<NamedPlace> FakeSymbols::place(quint64 address) const {
    const auto after = m_symbols.upper_bound(address);
    if (after == m_symbols.begin())
        return std::nullopt;
    const FakeSymbol &found = std::prev(after)->second;
    return NamedPlace{found.name, address - found.address, found.module, found.isText};
}

std::optional<quint64> FakeSymbols::address(const QString &name) const {
    for (const auto &[address, symbol] : m_symbols)
        if (symbol.name == name)
            return address;
    return std::nullopt;
}

QVector<QString> FakeSymbols::complete(const QString &prefix, int most) const {
    QVector<QString> names;
    for (const auto &[address, symbol] : m_symbols)
        if (symbol.name.startsWith(prefix))
            names.append(symbol.name);
    std::sort(names.begin(), names.end());
    return names.first(std::min<qsizetype>(most, names.size()));
}

QVector<SourcePlace> FakeSymbols::source(quint64 address) const {
    const auto after = m_sources.upper_bound(address);
    return after == m_sources.begin() ? QVector<SourcePlace>() : std::prev(after)->second;
}

} // namespace nitroscope::app
