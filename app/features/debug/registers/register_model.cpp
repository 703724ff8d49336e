// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/debug/registers/register_model.hpp"

#include "app/ui/text/byte_text.hpp"
#include "app/ui/text/roles.hpp"

#include <algorithm>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

// An id holds group, register and part, each one higher than its number; 0 = there is none.
quintptr RegisterModel::idOf(const Place &place) {
    return static_cast<quintptr>(place.group + 1) | static_cast<quintptr>(place.entry + 1) << 8 |
           static_cast<quintptr>(place.part + 1) << 16;
}

RegisterModel::Place RegisterModel::placeOf(const QModelIndex &cell) {
    if (!cell.isValid())
        return {};
    const auto id = cell.internalId();
    return {static_cast<int>(id & 0xff) - 1, static_cast<int>(id >> 8 & 0xff) - 1,
            static_cast<int>(id >> 16 & 0xff) - 1};
}

const arch::Register &RegisterModel::entryOf(const Place &place) const {
    return *m_rows.groups()[static_cast<size_t>(place.group)].registers[static_cast<size_t>(place.entry)];
}

QModelIndex RegisterModel::index(int row, int column, const QModelIndex &parent) const {
    if (!hasIndex(row, column, parent))
        return {};
    Place place = placeOf(parent);
    if (place.group < 0)
        place.group = row;
    else if (place.entry < 0)
        place.entry = row;
    else
        place.part = row;
    return createIndex(row, column, idOf(place));
}

QModelIndex RegisterModel::parent(const QModelIndex &child) const {
    Place place = placeOf(child);
    if (place.part >= 0) {
        place.part = -1;
        return createIndex(place.entry, 0, idOf(place));
    }
    if (place.entry >= 0) {
        place.entry = -1;
        return createIndex(place.group, 0, idOf(place));
    }
    return {};
}

int RegisterModel::rowCount(const QModelIndex &parent) const {
    if (parent.column() > 0)
        return 0;
    const Place place = placeOf(parent);
    if (place.group < 0)
        return static_cast<int>(m_rows.groups().size());
    if (place.entry < 0)
        return static_cast<int>(m_rows.groups()[static_cast<size_t>(place.group)].registers.size());
    return place.part < 0 ? static_cast<int>(m_rows.parts(entryOf(place).number).size()) : 0;
}

int RegisterModel::columnCount(const QModelIndex &) const {
    return columnCountValue;
}

QModelIndex RegisterModel::indexOf(int stubNumber) const {
    for (int group = 0; group < rowCount(); ++group) {
        const auto &list = m_rows.groups()[static_cast<size_t>(group)].registers;
        for (size_t i = 0; i < list.size(); ++i)
            if (list[i]->number == stubNumber)
                return index(static_cast<int>(i), 0, index(group, 0));
    }
    return {};
}

QString RegisterModel::valueText(const Place &place) const {
    const arch::Register &entry = entryOf(place);
    const int number = entry.number;
    const QByteArray bytes = registerBytes(*m_architecture, m_now.raw, number);
    if (bytes.isEmpty())
        return {};
    if (place.part >= 0)
        return partText(m_rows.parts(number)[static_cast<size_t>(place.part)], bytes);
    QByteArray bigEndian = bytes;
    std::reverse(bigEndian.begin(), bigEndian.end());
    const bool isComputedWith =
        entry.kind == arch::RegisterKind::number || entry.kind == arch::RegisterKind::programCounter;
    if (m_segment.mode != arch::CpuMode::bits64 && isComputedWith)
        bigEndian = bigEndian.right(4); // which is all that the CPU has then
    else if (entry.kind == arch::RegisterKind::selector)
        bigEndian = bigEndian.right(2);
    return QString::fromLatin1(bigEndian.toHex());
}

QString RegisterModel::meaningText(const Place &place) const {
    const arch::Register &entry = entryOf(place);
    const int number = entry.number;
    if (place.part >= 0)
        return m_rows.parts(number)[static_cast<size_t>(place.part)].meaning;
    if (registerBytes(*m_architecture, m_now.raw, number).isEmpty())
        return {};
    const quint64 content = m_architecture->value(m_now.raw, number);
    if (const std::string told = m_architecture->registerMeaning(entry, content); !told.empty())
        return QString::fromStdString(told);
    if (!entry.bits.empty())
        return setBitsText(entry.bits, content);
    const bool isPc = entry.kind == arch::RegisterKind::programCounter;
    const bool mayBeAddress =
        isPc || entry.kind == arch::RegisterKind::number || entry.kind == arch::RegisterKind::address;
    if (!mayBeAddress || !m_symbols)
        return {};
    const quint64 address = isPc ? content + m_segment.base : content;
    if (address < 0x1000)
        return {};
    const auto at = m_symbols->place(address);
    return at && at->offset < (1 << 20) ? at->text() : QString();
}

bool RegisterModel::hasChanged(const Place &place) const {
    if (place.entry < 0 || m_before.raw.isEmpty() || m_before.thread != m_now.thread)
        return false;
    const int number = entryOf(place).number;
    const QByteArray now = registerBytes(*m_architecture, m_now.raw, number),
                     before = registerBytes(*m_architecture, m_before.raw, number);
    if (place.part < 0)
        return now != before;
    const RegisterPart &part = m_rows.parts(number)[static_cast<size_t>(place.part)];
    return partText(part, now) != partText(part, before);
}

QVariant RegisterModel::data(const QModelIndex &cell, int role) const {
    if (!checkIndex(cell, CheckIndexOption::IndexIsValid))
        return {};
    const Place place = placeOf(cell);
    const bool isGroup = place.entry < 0;
    switch (role) {
    case Qt::DisplayRole:
    case Qt::EditRole:
        if (isGroup)
            return cell.column() == name ? m_rows.groups()[static_cast<size_t>(place.group)].name : QString();
        if (cell.column() == value)
            return valueText(place);
        if (cell.column() == meaning)
            return meaningText(place);
        return place.part < 0 ? registerName(*m_architecture, entryOf(place).number, m_segment.mode)
                              : m_rows.parts(entryOf(place).number)[static_cast<size_t>(place.part)].name;
    case Qt::ToolTipRole:
        return cell.column() == meaning ? QVariant(foreignTip(data(cell, Qt::DisplayRole).toString()))
                                        : QVariant();
    case monospaceRole:
        return !isGroup && cell.column() != meaning;
    case toneRole: {
        if (isGroup || cell.column() == meaning)
            return static_cast<int>(Tone::muted);
        const QByteArray bytes = registerBytes(*m_architecture, m_now.raw, entryOf(place).number);
        const bool isZero =
            place.part < 0 ? bytes.count('\0') == bytes.size()
                           : partNumber(m_rows.parts(entryOf(place).number)[static_cast<size_t>(place.part)],
                                        bytes) == 0;
        return static_cast<int>(cell.column() == value && isZero ? Tone::muted : Tone::normal);
    }
    case changedRole:
        return cell.column() == value && hasChanged(place);
    case staleRole:
        return m_stale && !isGroup;
    case copyTextRole:
        return cell.column() == value && !isGroup && place.part < 0 ? u"0x"_s + valueText(place)
                                                                    : data(cell, Qt::DisplayRole);
    default:
        return {};
    }
}

Qt::ItemFlags RegisterModel::flags(const QModelIndex &cell) const {
    Qt::ItemFlags flags = QAbstractItemModel::flags(cell);
    const Place place = placeOf(cell);
    if (cell.column() != value || place.entry < 0 || m_stale || m_now.raw.isEmpty())
        return flags;
    const bool isBit =
        place.part >= 0 &&
        m_rows.parts(entryOf(place).number)[static_cast<size_t>(place.part)].kind == RegisterPart::Kind::bits;
    return place.part < 0 || isBit ? flags | Qt::ItemIsEditable : flags;
}

bool RegisterModel::takesExpressions(const QModelIndex &cell) const {
    constexpr int widest = 8; // bytes of an expression's value
    const Place place = placeOf(cell);
    return place.entry >= 0 && place.part < 0 && entryOf(place).bytes <= widest;
}

Result<QByteArray> RegisterModel::typed(const QModelIndex &cell, const QString &text) const {
    const Place place = placeOf(cell);
    if (place.entry < 0 || !(flags(cell) & Qt::ItemIsEditable))
        return failure(u"registers"_s, u"This value cannot be changed now: the machine runs."_s);
    const int number = entryOf(place).number;
    QByteArray bytes = registerBytes(*m_architecture, m_now.raw, number);
    const QString wanted = text.trimmed();
    if (place.part >= 0) {
        const RegisterPart &part = m_rows.parts(number)[static_cast<size_t>(place.part)];
        const auto field = offsetFromText(wanted, 0);
        if (!field || part.width > 63 || *field >> part.width != 0)
            return failure(u"registers"_s, u"%1 is a number of %2 bits: at most 0x%3."_s.arg(part.name)
                                               .arg(part.width)
                                               .arg((quint64{1} << std::min(part.width, 63)) - 1, 0, 16));
        for (int i = 0; i < part.width; ++i) {
            char &byte = bytes[(part.bit + i) / 8];
            const char mask = static_cast<char>(1 << (part.bit + i) % 8);
            byte = static_cast<char>(*field >> i & 1 ? byte | mask : byte & ~mask);
        }
        return bytes;
    }
    // Digits as shown: hexadecimal, with or without 0x.
    QString digits = wanted;
    if (digits.startsWith(u"0x"_s, Qt::CaseInsensitive))
        digits.remove(0, 2);
    const auto parsed = bytesFromHex(digits.rightJustified(bytes.size() * 2, QLatin1Char('0')));
    if (digits.isEmpty() || !parsed || parsed->size() != bytes.size())
        return failure(u"registers"_s, u"%1 takes up to %2 hexadecimal digits."_s
                                           .arg(registerName(*m_architecture, number, m_segment.mode))
                                           .arg(bytes.size() * 2));
    bytes = *parsed;
    std::reverse(bytes.begin(), bytes.end());
    return bytes;
}

bool RegisterModel::setData(const QModelIndex &cell, const QVariant &text, int role) {
    if (role != Qt::EditRole)
        return false;
    const auto bytes = typed(cell, text.toString());
    if (!bytes)
        return false;
    const int number = entryOf(placeOf(cell)).number;
    if (*bytes != registerBytes(*m_architecture, m_now.raw, number))
        emit writeWanted(number, *bytes);
    return true;
}

QVariant RegisterModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    static const char *const titles[] = {"Register", "Value", "Meaning"};
    return section >= 0 && section < columnCountValue ? QString::fromLatin1(titles[section]) : QVariant();
}

bool RegisterModel::setArchitecture(const arch::Architecture &architecture) {
    if (m_architecture == &architecture)
        return false;
    beginResetModel();
    m_architecture = &architecture;
    m_rows = RegisterArrangement(architecture);
    m_now = m_before = {};
    endResetModel();
    return true;
}

void RegisterModel::setRegisters(const RegisterSet &registers, const CodeSegment &segment) {
    // A second read at the same stop (after a write) shows what was written as changed, too.
    if (registers.generation != m_now.generation || registers.thread != m_now.thread)
        m_before = m_now;
    m_now = registers;
    m_segment = segment;
    m_stale = false;
    allChanged();
}

void RegisterModel::setSymbols(SymbolSourcePointer symbols) {
    m_symbols = std::move(symbols);
    allChanged();
}

void RegisterModel::setStale(bool stale) {
    if (std::exchange(m_stale, stale) != stale)
        allChanged();
}

void RegisterModel::clear() {
    m_now = m_before = {};
    m_stale = false;
    allChanged();
}

void RegisterModel::allChanged() {
    const auto tell = [this](const QModelIndex &parent) {
        if (const int rows = rowCount(parent); rows > 0)
            emit dataChanged(index(0, 0, parent), index(rows - 1, columnCountValue - 1, parent));
    };
    tell({});
    for (int group = 0; group < rowCount(); ++group) {
        const QModelIndex above = index(group, 0);
        tell(above);
        for (int entry = 0; entry < rowCount(above); ++entry)
            tell(index(entry, 0, above));
    }
}

} // namespace nitroscope::app
