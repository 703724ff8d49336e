// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/pcr/pcr_table_model.hpp"

#include "app/formats/eif/pcr_meaning.hpp"
#include "app/ui/text/roles.hpp"

#include <algorithm>
#include <QJsonDocument>
#include <QJsonObject>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

bool isZero(const QByteArray &value) {
    return std::all_of(value.cbegin(), value.cend(), [](char byte) { return byte == 0; });
}

Tone toneOf(PcrState state) {
    switch (state) {
    case PcrState::match:
        return Tone::good;
    case PcrState::differs:
        return Tone::bad;
    case PcrState::debugZero:
        return Tone::attention;
    case PcrState::unknown:
    case PcrState::zero:
        return Tone::muted;
    case PcrState::set:
        return Tone::normal;
    }
    return Tone::normal;
}

} // namespace

QString pcrStateText(PcrState state) {
    switch (state) {
    case PcrState::unknown:
        return u"–"_s;
    case PcrState::zero:
        return u"zero"_s;
    case PcrState::debugZero:
        return u"zero (debug)"_s;
    case PcrState::match:
        return u"match"_s;
    case PcrState::differs:
        return u"differs"_s;
    case PcrState::set:
        return u"set"_s;
    }
    return {};
}

int PcrTableModel::rowCount(const QModelIndex &parent) const {
    return parent.isValid() ? 0 : pcrCount;
}

int PcrTableModel::columnCount(const QModelIndex &parent) const {
    return parent.isValid() ? 0 : columnCountValue;
}

PcrState PcrTableModel::stateOf(int pcr) const {
    const Row &entry = row(pcr);
    if (entry.live.isEmpty())
        return PcrState::unknown;
    if (entry.expected.isEmpty())
        return isZero(entry.live) ? PcrState::zero : PcrState::set;
    if (entry.live == entry.expected)
        return isZero(entry.live) ? PcrState::zero : PcrState::match;
    return isZero(entry.live) && m_debugMode ? PcrState::debugZero : PcrState::differs;
}

QString PcrTableModel::text(int pcr, int column) const {
    const Row &entry = row(pcr);
    switch (column) {
    case number:
        return QString::number(pcr);
    case meaning:
        return formats::pcrMeaning(pcr);
    case state:
        return pcrStateText(stateOf(pcr));
    case locked:
        return entry.live.isEmpty() ? QString() : entry.locked ? u"locked"_s : u"open"_s;
    case live:
        return QString::fromLatin1(entry.live.toHex());
    case expected:
        return QString::fromLatin1(entry.expected.toHex());
    default:
        return {};
    }
}

QVariant PcrTableModel::data(const QModelIndex &cell, int role) const {
    if (!checkIndex(cell, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const Row &entry = row(cell.row());
    const bool isValue = cell.column() == live || cell.column() == expected;
    switch (role) {
    case Qt::DisplayRole:
        return text(cell.row(), cell.column());
    case Qt::ToolTipRole:
        if (isValue)
            return {};
        return u"PCR %1: %2"_s.arg(cell.row()).arg(formats::pcrMeaning(cell.row()));
    case Qt::AccessibleTextRole:
        return u"PCR %1 %2 %3"_s.arg(cell.row())
            .arg(headerData(cell.column(), Qt::Horizontal, Qt::DisplayRole).toString(),
                 text(cell.row(), cell.column()));
    case Qt::TextAlignmentRole:
        return cell.column() == number ? QVariant(Qt::AlignRight | Qt::AlignVCenter) : QVariant();
    case toneRole: {
        if (cell.column() == state)
            return static_cast<int>(toneOf(stateOf(cell.row())));
        const bool quiet = (cell.column() == live && isZero(entry.live)) || cell.column() == meaning ||
                           cell.column() == locked;
        return static_cast<int>(quiet ? Tone::muted : Tone::normal);
    }
    case monospaceRole:
        return isValue || cell.column() == number;
    case changedRole:
        return entry.changed && (cell.column() == live || cell.column() == locked || cell.column() == state);
    case staleRole:
        return m_stale && cell.column() != expected && cell.column() != number && cell.column() != meaning;
    case rawValueRole:
        return cell.column() == expected ? entry.expected : entry.live;
    default:
        return {};
    }
}

QVariant PcrTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation == Qt::Horizontal && section == number && role == Qt::TextAlignmentRole)
        return QVariant(Qt::AlignRight | Qt::AlignVCenter);
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    static const char *const titles[] = {"PCR",  "Measures",   "State",
                                         "Lock", "Live value", "Expected from the EIF"};
    return section >= 0 && section < columnCountValue ? QString::fromLatin1(titles[section]) : QVariant();
}

void PcrTableModel::rowChanged(int first, int last) {
    emit dataChanged(createIndex(first, 0), createIndex(last, columnCountValue - 1));
}

void PcrTableModel::setLive(const QVector<PcrValue> &pcrs) {
    const bool firstReport = !hasLiveValues();
    clearChangedMarks();
    for (const PcrValue &pcr : pcrs) {
        if (pcr.index < 0 || pcr.index >= pcrCount)
            continue;
        Row &entry = m_rows[static_cast<size_t>(pcr.index)];
        entry.changed = !firstReport && (entry.live != pcr.value || entry.locked != pcr.locked);
        entry.live = pcr.value;
        entry.locked = pcr.locked;
        rowChanged(pcr.index, pcr.index);
    }
}

void PcrTableModel::clearLive() {
    for (Row &entry : m_rows) {
        entry.live.clear();
        entry.locked = entry.changed = false;
    }
    m_stale = false;
    rowChanged(0, pcrCount - 1);
}

void PcrTableModel::setExpected(int pcr, const QByteArray &value) {
    if (pcr < 0 || pcr >= pcrCount)
        return;
    m_rows[static_cast<size_t>(pcr)].expected = value;
    rowChanged(pcr, pcr);
}

void PcrTableModel::clearExpected() {
    for (Row &entry : m_rows)
        entry.expected.clear();
    rowChanged(0, pcrCount - 1);
}

void PcrTableModel::setDebugMode(bool on) {
    m_debugMode = on;
    rowChanged(0, pcrCount - 1);
}

void PcrTableModel::setStale(bool stale) {
    m_stale = stale;
    rowChanged(0, pcrCount - 1);
}

void PcrTableModel::clearChangedMarks() {
    for (int pcr = 0; pcr < pcrCount; ++pcr) {
        if (!row(pcr).changed)
            continue;
        m_rows[static_cast<size_t>(pcr)].changed = false;
        rowChanged(pcr, pcr);
    }
}

bool PcrTableModel::hasLiveValues() const {
    return std::any_of(m_rows.cbegin(), m_rows.cend(),
                       [](const Row &entry) { return !entry.live.isEmpty(); });
}

QString PcrTableModel::asText() const {
    QString out;
    for (int pcr = 0; pcr < pcrCount; ++pcr) {
        const QByteArray value = row(pcr).live.isEmpty() ? row(pcr).expected : row(pcr).live;
        if (!value.isEmpty())
            out += u"PCR%1: %2\n"_s.arg(pcr).arg(QString::fromLatin1(value.toHex()));
    }
    return out;
}

QByteArray PcrTableModel::asJson() const {
    QJsonObject liveValues, measurements, locks;
    for (int pcr = 0; pcr < pcrCount; ++pcr) {
        const QString name = u"PCR%1"_s.arg(pcr);
        if (!row(pcr).live.isEmpty()) {
            liveValues[name] = QString::fromLatin1(row(pcr).live.toHex());
            locks[name] = row(pcr).locked;
        }
        if (!row(pcr).expected.isEmpty())
            measurements[name] = QString::fromLatin1(row(pcr).expected.toHex());
    }
    return QJsonDocument(QJsonObject{{u"HashAlgorithm"_s, u"Sha384 { ... }"_s},
                                     {u"Measurements"_s, measurements},
                                     {u"Live"_s, liveValues},
                                     {u"Locked"_s, locks}})
        .toJson();
}

} // namespace nitroscope::app
