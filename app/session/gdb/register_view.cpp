// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/gdb/register_view.hpp"

#include <array>
#include <QRegularExpression>
#include <QtEndian>

namespace nitroscope::app {
namespace {

struct Group { // registers of QEMU's packet, of one width
    int first, count, bytes;
};
constexpr std::array stubGroups{Group{0, 17, 8}, Group{17, 7, 4},   Group{24, 9, 8}, Group{33, 8, 10},
                                Group{41, 8, 4}, Group{49, 16, 16}, Group{65, 1, 4}};

struct Entry { // of gdb's i386 order (GDB manual, "i386 Features")
    const char *name;
    const char *type;
    int bytes;
    int stub;
};
constexpr int eip = 8;

QVector<Entry> entries32() {
    QVector<Entry> list{{"eax", "int32", 4, 0},     {"ecx", "int32", 4, 2},    {"edx", "int32", 4, 3},
                        {"ebx", "int32", 4, 1},     {"esp", "data_ptr", 4, 7}, {"ebp", "data_ptr", 4, 6},
                        {"esi", "int32", 4, 4},     {"edi", "int32", 4, 5},    {"eip", "code_ptr", 4, 16},
                        {"eflags", "int32", 4, 17}, {"cs", "int32", 4, 18},    {"ss", "int32", 4, 19},
                        {"ds", "int32", 4, 20},     {"es", "int32", 4, 21},    {"fs", "int32", 4, 22},
                        {"gs", "int32", 4, 23}};
    static const char *const stacks[] = {"st0", "st1", "st2", "st3", "st4", "st5", "st6", "st7"};
    static const char *const controls[] = {"fctrl", "fstat", "ftag",  "fiseg",
                                           "fioff", "foseg", "fooff", "fop"};
    for (int i = 0; i < 8; ++i)
        list.append({stacks[i], "i387_ext", 10, 33 + i});
    for (int i = 0; i < 8; ++i)
        list.append({controls[i], "int", 4, 41 + i});
    list += {{"cr0", "int64", 8, 27},
             {"cr2", "int64", 8, 28},
             {"cr3", "int64", 8, 29},
             {"cr4", "int64", 8, 30},
             {"efer", "int64", 8, 32}};
    return list;
}

const QVector<Entry> &table32() {
    static const QVector<Entry> table = entries32();
    return table;
}

constexpr int lastCore = 31; // what gdb's own i386 feature has

} // namespace

std::optional<CodeSegment> parseCodeSegment(const QByteArray &infoRegisters) {
    // "CS =f000 ffff0000 0000ffff 00009b00 DPL=0 CS16 [-RA]"
    static const QRegularExpression line(
        QStringLiteral("^CS =[0-9a-f]{4} ([0-9a-f]{8,16}) [0-9a-f]{8} ([0-9a-f]{8})"),
        QRegularExpression::MultilineOption);
    const auto match = line.match(QString::fromLatin1(infoRegisters.left(64 * 1024)));
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

int RegisterView::stubOffset(int number) {
    int offset = 0;
    for (const Group &group : stubGroups) {
        if (number >= group.first && number < group.first + group.count)
            return offset + (number - group.first) * group.bytes;
        offset += group.count * group.bytes;
    }
    return -1;
}

int RegisterView::stubBytes(int number) {
    for (const Group &group : stubGroups)
        if (number >= group.first && number < group.first + group.count)
            return group.bytes;
    return 0;
}

QByteArray RegisterView::targetXml() const {
    if (isNative())
        return {};
    QByteArray xml =
        "<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\"><target><architecture>";
    xml += m_segment.mode == CpuMode::bits16 ? "i8086" : "i386";
    xml += "</architecture><feature name=\"org.gnu.gdb.i386.core\">";
    for (int i = 0; i < table32().size(); ++i) {
        const Entry &entry = table32()[i];
        if (i == lastCore + 1)
            xml += "</feature><feature name=\"org.nitroscope.system\">";
        xml += QByteArray("<reg name=\"") + entry.name + "\" bitsize=\"" +
               QByteArray::number(entry.bytes * 8) + "\" type=\"" + entry.type + "\" regnum=\"" +
               QByteArray::number(i) + "\"/>";
    }
    return xml + "</feature></target>";
}

int RegisterView::count() const {
    return isNative() ? 66 : int(table32().size());
}

int RegisterView::stubNumber(int number) const {
    if (number < 0 || number >= count())
        return -1;
    return isNative() ? number : table32()[number].stub;
}

int RegisterView::bytes(int number) const {
    if (number < 0 || number >= count())
        return 0;
    return isNative() ? stubBytes(number) : table32()[number].bytes;
}

QByteArray RegisterView::fromStub(int number, QByteArrayView stubValue) const {
    QByteArray value = stubValue.first(qMin<qsizetype>(stubValue.size(), bytes(number))).toByteArray();
    if (!isNative() && number == eip && value.size() == 4)
        qToLittleEndian<quint32>(qFromLittleEndian<quint32>(value.constData()) + quint32(m_segment.base),
                                 value.data());
    return value;
}

QByteArray RegisterView::toStub(int number, QByteArrayView value) const {
    const int stub = stubNumber(number);
    if (stub < 0 || value.size() != bytes(number))
        return {};
    QByteArray wide = value.toByteArray();
    if (!isNative() && number == eip)
        qToLittleEndian<quint32>(qFromLittleEndian<quint32>(wide.constData()) - quint32(m_segment.base),
                                 wide.data());
    wide.append(stubBytes(stub) - wide.size(), '\0');
    return wide;
}

QByteArray RegisterView::allFromStub(QByteArrayView stubPacket) const {
    if (stubPacket.size() != stubPacketBytes)
        return {};
    if (isNative())
        return stubPacket.toByteArray();
    QByteArray packet;
    for (int i = 0; i < count(); ++i) {
        const int stub = stubNumber(i);
        packet += fromStub(i, stubPacket.sliced(stubOffset(stub), stubBytes(stub)));
    }
    return packet;
}

} // namespace nitroscope::app
