// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/boot/boot_stage_model.hpp"

#include "app/ui/text/byte_text.hpp"
#include "app/ui/text/roles.hpp"
#include "app/ui/text/time_text.hpp"

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

// What a stage means to someone who does not know the firmware; used when the firmware itself says nothing.
QString stageMeaning(const QString &stage) {
    static const struct {
        const char *stage, *meaning;
    } table[] = {
        {"reset", "firmware starts at the reset vector"},
        {"header", "EIF header and section table are valid"},
        {"crc", "checksum of the EIF is right"},
        {"kernel", "kernel is in place"},
        {"ramdisk", "ramdisk is in place"},
        {"handoff", "firmware jumps into the kernel"},
    };
    for (const auto &entry : table)
        if (stage == QLatin1String(entry.stage))
            return QString::fromLatin1(entry.meaning);
    return {};
}

} // namespace

int BootStageModel::rowCount(const QModelIndex &parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_stages.size()) + (m_failure ? 1 : 0);
}

int BootStageModel::columnCount(const QModelIndex &parent) const {
    return parent.isValid() ? 0 : columnCountValue;
}

QString BootStageModel::text(int row, int column) const {
    if (isFailureRow(row)) {
        if (column == stage)
            return m_failure->stage.isEmpty() ? u"refused"_s : m_failure->stage;
        if (column != details)
            return {};
        QString out = m_failure->message;
        if (!m_failure->eCode.isEmpty() && !out.startsWith(m_failure->eCode))
            out.prepend(m_failure->eCode + u": "_s);
        if (m_failure->offset)
            out += u" (byte %1)"_s.arg(offsetText(*m_failure->offset));
        return out;
    }
    const BootStage &entry = m_stages[static_cast<size_t>(row)];
    switch (column) {
    case stage:
        return entry.index < 0 ? entry.stage : u"%1 %2"_s.arg(entry.stage).arg(entry.index);
    case guestTime:
        return milliseconds(entry.virtualNs);
    case delta:
        return row == 0 ? QString()
                        : QLatin1Char('+') + milliseconds(entry.virtualNs -
                                                          m_stages[static_cast<size_t>(row) - 1].virtualNs);
    case hostTime:
        return milliseconds(hostSinceStart(entry));
    case details:
        return entry.text.isEmpty() ? stageMeaning(entry.stage) : entry.text;
    default:
        return {};
    }
}

qint64 BootStageModel::hostSinceStart(const BootStage &entry) const {
    return entry.hostNs - (m_runStart != 0 ? m_runStart : m_stages.front().hostNs);
}

QVariant BootStageModel::data(const QModelIndex &cell, int role) const {
    if (!checkIndex(cell, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const bool isTime = cell.column() == guestTime || cell.column() == delta || cell.column() == hostTime;
    switch (role) {
    case Qt::DisplayRole:
        return text(cell.row(), cell.column());
    case Qt::ToolTipRole:
        if (cell.column() == hostTime && !isFailureRow(cell.row()))
            return QDateTime::fromMSecsSinceEpoch(m_stages[static_cast<size_t>(cell.row())].hostNs /
                                                  1'000'000)
                .toString(Qt::ISODateWithMs);
        return cell.column() == details ? QVariant(foreignTip(text(cell.row(), details))) : QVariant();
    case Qt::TextAlignmentRole:
        return isTime ? QVariant(Qt::AlignRight | Qt::AlignVCenter) : QVariant();
    case monospaceRole:
        return isTime;
    case toneRole:
        if (isFailureRow(cell.row()))
            return static_cast<int>(Tone::bad);
        return static_cast<int>(cell.column() == details || cell.column() == hostTime ? Tone::muted
                                                                                      : Tone::normal);
    case staleRole:
        return m_happened ? cell.row() >= *m_happened : m_stale && !isFailureRow(cell.row());
    case rawValueRole:
        if (isFailureRow(cell.row()))
            return {};
        return cell.column() == hostTime ? m_stages[static_cast<size_t>(cell.row())].hostNs
                                         : m_stages[static_cast<size_t>(cell.row())].virtualNs;
    default:
        return {};
    }
}

QVariant BootStageModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal)
        return {};
    static const char *const titles[] = {"Stage", "Guest ms", "Step", "Host ms", "What happened"};
    static const char *const tips[] = {
        "Stage of the firmware", "Guest's virtual clock since reset, in milliseconds",
        "Guest time since the stage before",
        "Host time since Run was pressed (after a reset: since the first stage), in milliseconds", ""};
    if (section < 0 || section >= columnCountValue)
        return {};
    if (role == Qt::DisplayRole)
        return QString::fromLatin1(titles[section]);
    if (role == Qt::ToolTipRole)
        return QString::fromLatin1(tips[section]);
    if (role == Qt::TextAlignmentRole && section >= guestTime && section <= hostTime)
        return QVariant(Qt::AlignRight | Qt::AlignVCenter);
    return {};
}

void BootStageModel::append(const BootStage &entry) {
    // A reset boots again in the same run: the list starts over with it.
    if (entry.stage == "reset"_L1 && !isEmpty())
        clear();
    const int row = static_cast<int>(m_stages.size());
    beginInsertRows({}, row, row);
    m_stages.push_back(entry);
    endInsertRows();
}

void BootStageModel::setFailure(const BootFailure &failure) {
    const int row = static_cast<int>(m_stages.size());
    if (m_failure) {
        m_failure = failure;
        emit dataChanged(createIndex(row, 0), createIndex(row, columnCountValue - 1));
        return;
    }
    beginInsertRows({}, row, row);
    m_failure = failure;
    endInsertRows();
}

void BootStageModel::clear() {
    beginResetModel();
    m_stages.clear();
    m_failure.reset();
    m_stale = false;
    m_runStart = 0;
    endResetModel();
}

void BootStageModel::setHappened(std::optional<int> stages) {
    m_happened = stages;
    if (rowCount() > 0)
        emit dataChanged(index(0, 0), index(rowCount() - 1, columnCountValue - 1));
}

void BootStageModel::setStale(bool stale) {
    m_stale = stale;
    if (rowCount() > 0)
        emit dataChanged(createIndex(0, 0), createIndex(rowCount() - 1, columnCountValue - 1));
}

QString BootStageModel::asText() const {
    QString out;
    for (int row = 0; row < rowCount(); ++row) {
        QStringList cells;
        for (int column = 0; column < columnCountValue; ++column)
            cells << text(row, column);
        out += cells.join(QLatin1Char('\t')) + QLatin1Char('\n');
    }
    return out;
}

} // namespace nitroscope::app
