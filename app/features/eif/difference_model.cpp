// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/eif/difference_model.hpp"

#include "app/ui/text/roles.hpp"

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

using formats::EifDifference;

void DifferenceModel::setComparison(formats::EifComparison comparison) {
    beginResetModel();
    m_comparison = std::move(comparison);
    endResetModel();
}

int DifferenceModel::rowCount(const QModelIndex &parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_comparison.differences.size());
}

int DifferenceModel::columnCount(const QModelIndex &) const {
    return columnCountValue;
}

QVariant DifferenceModel::data(const QModelIndex &cell, int role) const {
    if (!checkIndex(cell, CheckIndexOption::IndexIsValid))
        return {};
    const EifDifference &difference = m_comparison.differences[static_cast<size_t>(cell.row())];
    switch (role) {
    case Qt::DisplayRole:
        switch (cell.column()) {
        case where:
            return difference.where;
        case what:
            return difference.what + u' ' + formats::kindText(difference.kind);
        case before:
            return difference.before;
        case after:
            return difference.after;
        default: {
            QStringList numbers;
            for (const int pcr : difference.pcrs)
                numbers << QString::number(pcr);
            return numbers.join(u", "_s);
        }
        }
    case Qt::ToolTipRole:
        return cell.column() == before || cell.column() == after
                   ? QVariant(foreignTip(data(cell, Qt::DisplayRole).toString().left(4000)))
                   : QVariant();
    case monospaceRole:
        return cell.column() == before || cell.column() == after;
    case toneRole:
        return static_cast<int>(difference.pcrs.empty() ? Tone::muted : Tone::normal);
    default:
        return {};
    }
}

QVariant DifferenceModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    static const char *const titles[] = {"Where", "What", "PCRs", "This Image", "Other Image"};
    return section >= 0 && section < columnCountValue ? QString::fromLatin1(titles[section]) : QVariant();
}

} // namespace nitroscope::app
