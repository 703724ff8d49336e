// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/eif/files/ramdisk_model.hpp"

#include "app/formats/tree/node.hpp"
#include "app/formats/tree/value_text.hpp"
#include "app/ui/text/byte_text.hpp"
#include "app/ui/text/roles.hpp"

#include <QDateTime>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

using formats::Ramdisk;
using formats::RamdiskEntry;
using formats::Severity;

void RamdiskModel::setTree(std::shared_ptr<const RamdiskTree> tree) {
    beginResetModel();
    m_tree = std::move(tree);
    endResetModel();
}

QModelIndex RamdiskModel::indexOf(int item) const {
    return m_tree && item > 0 ? createIndex(m_tree->item(item).row, 0, static_cast<quintptr>(item))
                              : QModelIndex();
}

QModelIndex RamdiskModel::index(int row, int column, const QModelIndex &parent) const {
    if (!hasIndex(row, column, parent))
        return {};
    const auto &children = m_tree->item(parent.isValid() ? itemAt(parent) : 0).children;
    return createIndex(row, column, static_cast<quintptr>(children[static_cast<size_t>(row)]));
}

QModelIndex RamdiskModel::parent(const QModelIndex &child) const {
    return child.isValid() ? indexOf(m_tree->item(itemAt(child)).parent) : QModelIndex();
}

int RamdiskModel::rowCount(const QModelIndex &parent) const {
    if (!m_tree || parent.column() > 0)
        return 0;
    return static_cast<int>(m_tree->item(parent.isValid() ? itemAt(parent) : 0).children.size());
}

int RamdiskModel::columnCount(const QModelIndex &) const {
    return columnCountValue;
}

QString RamdiskModel::ramdiskText(const RamdiskTree::Item &item, int column) const {
    const Ramdisk &ramdisk = m_tree->ramdiskOf(item);
    if (column == size)
        return shortSizeText(ramdisk.unpackedBytes());
    if (column != name)
        return {};
    QStringList kinds;
    for (const formats::RamdiskMember &member : ramdisk.members)
        if (const QString kind = formats::compressionName(member.compression); !kinds.contains(kind))
            kinds << kind;
    return u"ramdisk %1 (%2, %3 entries)"_s
        .arg(QString::fromLatin1(item.name),
             kinds.isEmpty() || kinds == QStringList{u"none"_s} ? u"not compressed"_s : kinds.join(u", "_s))
        .arg(ramdisk.entries.size());
}

QString RamdiskModel::text(const RamdiskTree::Item &item, int column) const {
    if (item.parent == 0)
        return ramdiskText(item, column);
    if (column == name)
        return formats::printableText(item.name);
    const RamdiskEntry *entry = m_tree->entryOf(item);
    if (!entry)
        return {};
    switch (column) {
    case size:
        if (entry->isFolder())
            return {};
        return shortSizeText(m_tree->ramdiskOf(item).contentOf(static_cast<quint32>(item.entry)).size);
    case mode:
        return QString::fromLatin1(formats::modeText(entry->mode));
    case owner:
        return u"%1:%2"_s.arg(entry->owner).arg(entry->group);
    default:
        return QDateTime::fromSecsSinceEpoch(entry->modified, Qt::UTC).toString(u"yyyy-MM-dd HH:mm:ss"_s);
    }
}

QVariant RamdiskModel::data(const QModelIndex &cell, int role) const {
    if (!checkIndex(cell, CheckIndexOption::IndexIsValid))
        return {};
    const RamdiskTree::Item &item = m_tree->item(itemAt(cell));
    const bool isRamdisk = item.parent == 0;
    switch (role) {
    case Qt::DisplayRole:
        return text(item, cell.column());
    case Qt::ToolTipRole:
        if (isRamdisk && m_tree->ramdiskOf(item).problem)
            return foreignTip(m_tree->ramdiskOf(item).problem->text());
        return cell.column() == name
                   ? QVariant(foreignTip(formats::printableText(m_tree->pathOf(itemAt(cell)))))
                   : QVariant();
    case Qt::TextAlignmentRole:
        return cell.column() == size ? QVariant(Qt::AlignRight | Qt::AlignVCenter) : QVariant();
    case severityRole:
        return static_cast<int>(cell.column() == name && isRamdisk && m_tree->ramdiskOf(item).problem
                                    ? Severity::error
                                    : Severity::none);
    case monospaceRole:
        return cell.column() == mode || cell.column() == owner || cell.column() == modified;
    case toneRole:
        return static_cast<int>(cell.column() == name ? Tone::normal : Tone::muted);
    case copyTextRole:
        return cell.column() == name && !isRamdisk ? QVariant(QString::fromUtf8(m_tree->pathOf(itemAt(cell))))
                                                   : data(cell, Qt::DisplayRole);
    default:
        return {};
    }
}

QVariant RamdiskModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    static const char *const titles[] = {"Name", "Size", "Mode", "Owner", "Modified"};
    return section >= 0 && section < columnCountValue ? QString::fromLatin1(titles[section]) : QVariant();
}

} // namespace nitroscope::app
