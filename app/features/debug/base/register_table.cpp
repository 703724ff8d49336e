// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/debug/base/register_table.hpp"

#include <algorithm>
#include <bit>
#include <QStringList>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

namespace {

using arch::RegisterKind;

// Program counter and flags lead, as everybody reads them first.
int rankOf(const arch::Register &one) {
    return one.kind == RegisterKind::programCounter ? 0 : one.kind == RegisterKind::flags ? 1 : 2;
}

std::vector<RegisterPart> partsOf(const arch::RegisterTable &table, const arch::Register &whole) {
    using Kind = RegisterPart::Kind;
    if (whole.kind == RegisterKind::vector)
        return {{Kind::lanes, u"16 × u8"_s, 0, 8, {}},   {Kind::lanes, u"8 × u16"_s, 0, 16, {}},
                {Kind::lanes, u"4 × u32"_s, 0, 32, {}},  {Kind::lanes, u"2 × u64"_s, 0, 64, {}},
                {Kind::floats, u"4 × f32"_s, 0, 32, {}}, {Kind::floats, u"2 × f64"_s, 0, 64, {}}};
    std::vector<RegisterPart> parts;
    for (const arch::RegisterBit &bit : whole.bits)
        parts.push_back({Kind::bits, QString::fromLatin1(bit.name), bit.bit, bit.width,
                         QString::fromLatin1(bit.meaning)});
    if (whole.kind != RegisterKind::number)
        return parts;
    for (const arch::NarrowRegister &narrow : table.narrow)
        if (narrow.number == whole.number)
            parts.push_back({Kind::number, QString::fromLatin1(narrow.name), narrow.bit, narrow.width, {}});
    parts.push_back({Kind::signedNumber, u"signed"_s, 0, whole.bytes * 8, {}});
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

RegisterArrangement::RegisterArrangement(const arch::Architecture &architecture) {
    const arch::RegisterTable &table = architecture.registers;
    for (const char *name : table.groups)
        m_groups.push_back({QString::fromLatin1(name), {}});
    for (const arch::Register &one : table.registers) {
        m_groups[static_cast<size_t>(one.group)].registers.push_back(&one);
        m_parts.push_back(partsOf(table, one));
    }
    for (RegisterGroup &group : m_groups)
        std::stable_sort(group.registers.begin(), group.registers.end(),
                         [](const auto *a, const auto *b) { return rankOf(*a) < rankOf(*b); });
}

const std::vector<RegisterPart> &RegisterArrangement::parts(int number) const {
    static const std::vector<RegisterPart> none;
    return number >= 0 && static_cast<size_t>(number) < m_parts.size() ? m_parts[static_cast<size_t>(number)]
                                                                       : none;
}

QString registerName(const arch::Architecture &architecture, int number, arch::CpuMode mode) {
    if (const arch::TargetDescription *description = architecture.modes.description(mode))
        for (const arch::DescribedRegister &described : description->registers)
            if (described.number == number)
                return QString::fromLatin1(described.name);
    const arch::Register *one = architecture.registers.at(number);
    return one ? QString::fromLatin1(one->name) : QString();
}

QByteArray registerBytes(const arch::Architecture &architecture, const QByteArray &packet, int number) {
    const arch::Register *one = architecture.registers.at(number);
    return !one || packet.size() < one->offset + one->bytes ? QByteArray()
                                                            : packet.mid(one->offset, one->bytes);
}

QString setBitsText(std::span<const arch::RegisterBit> bits, quint64 value) {
    QStringList names;
    for (auto at = bits.rbegin(); at != bits.rend(); ++at) {
        const quint64 field = value >> at->bit & ((quint64{1} << at->width) - 1);
        if (field == 0)
            continue;
        const QString name = QString::fromLatin1(at->name);
        names << (at->width == 1 ? name : name + QLatin1Char('=') + QString::number(field));
    }
    return names.join(QLatin1Char(' '));
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
        return u"%1"_s.arg(number, part.width / 4, 16, QLatin1Char('0'));
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
            lanes << u"%1"_s.arg(lane, part.width / 4, 16, QLatin1Char('0'));
        else if (part.width == 32)
            lanes << QString::number(static_cast<double>(std::bit_cast<float>(static_cast<quint32>(lane))),
                                     'g', 7);
        else
            lanes << QString::number(std::bit_cast<double>(lane), 'g', 15);
    }
    return lanes.join(QLatin1Char(' '));
}

} // namespace nitroscope::app
