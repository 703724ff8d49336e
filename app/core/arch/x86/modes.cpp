// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/core/arch/x86/modes.hpp"

#include "app/core/arch/x86/registers.hpp"

#include <QRegularExpression>

namespace nitroscope::arch::x86 {

using namespace Qt::Literals::StringLiterals;
namespace {

std::uint64_t value(QByteArrayView packet, Number number) {
    return table.value({packet.data(), std::size_t(packet.size())}, number);
}

// "CS =f000 ffff0000 0000ffff 00009b00 DPL=0 CS16 [-RA]"
std::optional<CodeSegment> parse(QByteArrayView infoRegisters) {
    static const QRegularExpression line(u"^CS =[0-9a-f]{4} ([0-9a-f]{8,16}) [0-9a-f]{8} ([0-9a-f]{8})"_s,
                                         QRegularExpression::MultilineOption);
    constexpr qsizetype maxText = 64 * 1024;
    const auto match =
        line.match(QString::fromLatin1(infoRegisters.first(qMin(infoRegisters.size(), maxText))));
    if (!match.hasMatch())
        return std::nullopt;
    constexpr quint32 longMode = 1 << 21, wide = 1 << 22; // descriptor flags L and D/B
    const quint32 flags = match.captured(2).toUInt(nullptr, 16);
    CodeSegment segment;
    segment.base = match.captured(1).toULongLong(nullptr, 16);
    segment.mode = flags & longMode ? CpuMode::bits64 : flags & wide ? CpuMode::bits32 : CpuMode::bits16;
    if (segment.mode == CpuMode::bits64)
        segment.base = 0; // which the CPU ignores
    return segment;
}

// In real mode a far jump can change the segment's base and leave the selector as it is, as the very first
// instruction of a PC's firmware does.
bool mayHaveChanged(QByteArrayView before, QByteArrayView now) {
    constexpr std::uint64_t protection = 1, longModeActive = 1 << 10;
    return (value(now, cr0) & protection) == 0 ||
           ((value(before, cr0) ^ value(now, cr0)) & protection) != 0 ||
           ((value(before, efer) ^ value(now, efer)) & longModeActive) != 0 ||
           value(before, cs) != value(now, cs);
}

bool isUser(QByteArrayView packet) {
    constexpr std::uint64_t privilege = 3;
    return (value(packet, cs) & privilege) == privilege;
}

// In real mode 16 times the segment's selector.
std::uint64_t stackBase(QByteArrayView packet, CpuMode mode) {
    return mode == CpuMode::bits16 ? (value(packet, ss) & 0xffff) * 16 : 0;
}

constexpr DescribedRegister narrowed(Number number) {
    const Register &whole = registers[std::size_t(number)];
    DescribedRegister described{whole.name, whole.type, table.feature, whole.bytes, number};
    for (const NarrowRegister &part : narrow)
        if (part.number == number && part.width == 32) {
            described.name = part.name;
            described.bytes = 4;
            described.type = whole.type == std::string_view("int64") ? "int32" : whole.type;
        }
    return described;
}

// gdb's i386 order (GDB manual, "i386 Features"); behind it what gdb's own feature has not.
constexpr auto narrowedRegisters = [] {
    constexpr std::array core{rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, rip, eflags, cs, ss, ds, es, fs, gs};
    constexpr std::array system{cr0, cr2, cr3, cr4, efer};
    constexpr std::size_t floating = 16;
    std::array<DescribedRegister, core.size() + floating + system.size()> list{};
    std::size_t at = 0;
    for (const Number number : core)
        list[at++] = narrowed(number);
    for (std::size_t i = 0; i < floating; ++i)
        list[at++] = narrowed(Number(std::size_t(st0) + i));
    for (const Number number : system) {
        list[at] = narrowed(number);
        list[at++].feature = "org.nitroscope.system";
    }
    return list;
}();
constexpr TargetDescription realMode{"i8086", narrowedRegisters}, protectedMode{"i386", narrowedRegisters};

const TargetDescription *description(CpuMode mode) {
    return mode == CpuMode::bits64 ? nullptr : mode == CpuMode::bits16 ? &realMode : &protectedMode;
}

} // namespace

const ExecutionModes modes{parse, mayHaveChanged, isUser, description, stackBase};

std::string registerMeaning(const Register &which, std::uint64_t value) {
    if (which.kind == RegisterKind::selector)
        return value == 0 ? std::string("null")
                          : (value & 4 ? "LDT[" : "GDT[") + std::to_string(value >> 3) + "], ring " +
                                std::to_string(value & 3);
    if (which.kind == RegisterKind::pageTables)
        return "page tables at 0x" +
               QByteArray::number(qulonglong(value & ~std::uint64_t(0xfff)), 16).toStdString();
    return {};
}

} // namespace nitroscope::arch::x86
