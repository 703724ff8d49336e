// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/debug/base/register_table.hpp"

#include "app/features/debug/base/register_bits.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <QStringList>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

namespace {

constexpr int registerCount = 66;

std::vector<RegisterGroup> makeGroups() {
    const auto list = [](int first, std::initializer_list<const char *> names) {
        std::vector<RegisterEntry> entries;
        for (const char *name : names)
            entries.push_back({first++, QString::fromLatin1(name)});
        return entries;
    };
    RegisterGroup general{u"General"_s, list(0, {"rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "r8",
                                                 "r9", "r10", "r11", "r12", "r13", "r14", "r15", "rip"})};
    // The instruction pointer leads, as everybody reads it first.
    std::rotate(general.registers.begin(), general.registers.end() - 1, general.registers.end());
    general.registers.insert(general.registers.begin() + 1, {17, u"eflags"_s});
    RegisterGroup segments{u"Segments"_s,
                           list(18, {"cs", "ss", "ds", "es", "fs", "gs", "fs_base", "gs_base", "k_gs_base"})};
    RegisterGroup control{u"Control"_s, list(27, {"cr0", "cr2", "cr3", "cr4", "cr8", "efer"})};
    RegisterGroup vector{u"SSE"_s, {}};
    for (int i = 0; i < 16; ++i)
        vector.registers.push_back({49 + i, u"xmm%1"_s.arg(i)});
    vector.registers.push_back({65, u"mxcsr"_s});
    RegisterGroup x87{u"x87"_s, list(33, {"st0", "st1", "st2", "st3", "st4", "st5", "st6", "st7", "fctrl",
                                          "fstat", "ftag", "fiseg", "fioff", "foseg", "fooff", "fop"})};
    return {general, segments, control, vector, x87};
}

std::vector<RegisterPart> makeParts(int number) {
    using Kind = RegisterPart::Kind;
    std::vector<RegisterPart> parts;
    for (const RegisterBit &bit : registerBits(number))
        parts.push_back({Kind::bits, QString::fromLatin1(bit.name), bit.bit, bit.width,
                         QString::fromLatin1(bit.meaning)});
    if (number >= 0 && number < 16) {
        static const char *const narrow[] = {"ax", "bx", "cx", "dx", "si", "di", "bp", "sp"};
        const bool isOld = number < 8;
        const QString base = isOld ? QString::fromLatin1(narrow[number]) : u"r%1"_s.arg(number);
        parts.push_back({Kind::number, isOld ? u"e"_s + base : base + u"d"_s, 0, 32, {}});
        parts.push_back({Kind::number, isOld ? base : base + u"w"_s, 0, 16, {}});
        if (number < 4)
            parts.push_back({Kind::number, base.first(1) + u"h"_s, 8, 8, {}});
        parts.push_back({Kind::number,
                         number < 4 ? base.first(1) + u"l"_s
                         : isOld    ? base + u"l"_s
                                    : base + u"b"_s,
                         0,
                         8,
                         {}});
        parts.push_back({Kind::signedNumber, u"signed"_s, 0, 64, {}});
    } else if (number >= 49 && number < 65) {
        parts = {{Kind::lanes, u"16 × u8"_s, 0, 8, {}},   {Kind::lanes, u"8 × u16"_s, 0, 16, {}},
                 {Kind::lanes, u"4 × u32"_s, 0, 32, {}},  {Kind::lanes, u"2 × u64"_s, 0, 64, {}},
                 {Kind::floats, u"4 × f32"_s, 0, 32, {}}, {Kind::floats, u"2 × f64"_s, 0, 64, {}}};
    }
    return parts;
}

quint64 bitsOf(const QByteArray &value, int bit, int width) {
    quint64 result = 0;
    for (int i = 0; i < width && (bit + i) / 8 < value.size(); ++i)
        if (static_cast<unsigned char>(value[(bit + i) / 8]) >> ((bit + i) % 8) & 1)
            result |= quint64{1} << i;
    return result;
}

} // namespace

const std::vector<RegisterGroup> &registerGroups() {
    static const std::vector<RegisterGroup> groups = makeGroups();
    return groups;
}

QString registerName(const RegisterEntry &entry, CpuMode mode) {
    if (mode == CpuMode::bits64 || !entry.name.startsWith(QLatin1Char('r')) || entry.number > 16)
        return entry.name;
    if (entry.number >= 8 && entry.number < 16)
        return entry.name;
    return u"e"_s + entry.name.mid(1);
}

const std::vector<RegisterPart> &registerParts(int number) {
    static const auto all = [] {
        std::array<std::vector<RegisterPart>, registerCount + 1> parts;
        for (int i = 0; i < registerCount; ++i)
            parts[static_cast<size_t>(i)] = makeParts(i);
        return parts;
    }();
    return all[static_cast<size_t>(number >= 0 && number < registerCount ? number : registerCount)];
}

QByteArray registerBytes(const QByteArray &packet, int number) {
    const int offset = RegisterView::stubOffset(number), bytes = RegisterView::stubBytes(number);
    return offset < 0 || packet.size() < offset + bytes ? QByteArray() : packet.mid(offset, bytes);
}

quint64 registerNumber(const QByteArray &packet, int number) {
    return bitsOf(registerBytes(packet, number), 0, 64);
}

quint64 partNumber(const RegisterPart &part, const QByteArray &value) {
    return bitsOf(value, part.bit, part.width);
}

QString partText(const RegisterPart &part, const QByteArray &value) {
    const quint64 number = bitsOf(value, part.bit, part.width);
    switch (part.kind) {
    case RegisterPart::Kind::bits:
        return part.width > 16 ? u"0x"_s + QString::number(number, 16) : QString::number(number);
    case RegisterPart::Kind::number:
        return QStringLiteral("%1").arg(number, part.width / 4, 16, QLatin1Char('0'));
    case RegisterPart::Kind::signedNumber:
        return QString::number(static_cast<qint64>(number));
    case RegisterPart::Kind::lanes:
    case RegisterPart::Kind::floats:
        break;
    }
    // Lanes as people write vectors: the highest first.
    QStringList lanes;
    for (int bit = static_cast<int>(value.size()) * 8 - part.width; bit >= 0; bit -= part.width) {
        const quint64 lane = bitsOf(value, bit, part.width);
        if (part.kind == RegisterPart::Kind::lanes)
            lanes << QStringLiteral("%1").arg(lane, part.width / 4, 16, QLatin1Char('0'));
        else if (part.width == 32)
            lanes << QString::number(static_cast<double>(std::bit_cast<float>(static_cast<quint32>(lane))),
                                     'g', 7);
        else
            lanes << QString::number(std::bit_cast<double>(lane), 'g', 15);
    }
    return lanes.join(QLatin1Char(' '));
}

} // namespace nitroscope::app
