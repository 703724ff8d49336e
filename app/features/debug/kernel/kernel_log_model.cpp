// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/debug/kernel/kernel_log_model.hpp"

#include "app/session/kernel/kernel_log_text.hpp"
#include "app/ui/text/roles.hpp"

#include <algorithm>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

// As `dmesg -x` spells them.
QString levelText(int level) {
    static const char *const names[] = {"emerg", "alert", "crit", "err", "warn", "notice", "info", "debug"};
    return QString::fromLatin1(names[std::clamp(level, 0, 7)]);
}

} // namespace

int KernelLogModel::columnCount(const QModelIndex &parent) const {
    return parent.isValid() ? 0 : columnCountValue;
}

QVariant KernelLogModel::data(const QModelIndex &cell, int role) const {
    if (!checkIndex(cell, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const KernelLogLine &line = m_lines.at(sourceOf(cell.row()));
    switch (role) {
    case Qt::DisplayRole:
        switch (cell.column()) {
        case time:
            return kernelTimeText(line.nanoseconds).trimmed();
        case level:
            return levelText(line.level);
        case text:
            return line.text.section(QLatin1Char('\n'), 0, 0);
        default:
            return line.caller;
        }
    case Qt::ToolTipRole:
        return cell.column() == text && line.text.size() > 60 ? QVariant(foreignTip(line.text.left(4000)))
                                                              : QVariant();
    case Qt::TextAlignmentRole:
        return cell.column() == time ? QVariant(Qt::AlignRight | Qt::AlignVCenter) : QVariant();
    case monospaceRole:
        return cell.column() == time || cell.column() == text;
    case toneRole:
        if (cell.column() == time || cell.column() == caller)
            return static_cast<int>(Tone::muted);
        return static_cast<int>(line.level <= 3                             ? Tone::bad
                                : line.level == 4                           ? Tone::attention
                                : line.level == 7 || cell.column() == level ? Tone::muted
                                                                            : Tone::normal);
    case copyTextRole:
        return cell.column() == text ? line.text : data(cell, Qt::DisplayRole);
    default:
        return {};
    }
}

QVariant KernelLogModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    static const char *const titles[] = {"Time (s)", "Level", "Message", "By"};
    return section >= 0 && section < columnCountValue ? QString::fromLatin1(titles[section]) : QVariant();
}

void KernelLogModel::setLines(const QVector<KernelLogLine> &lines) {
    const auto same = [](const KernelLogLine &a, const KernelLogLine &b) {
        return a.sequence == b.sequence && a.nanoseconds == b.nanoseconds && a.text == b.text;
    };
    const bool grows = lines.size() >= m_lines.size() &&
                       (m_lines.isEmpty() || (same(m_lines.first(), lines.first()) &&
                                              same(m_lines.last(), lines.at(m_lines.size() - 1))));
    if (grows && !m_lines.isEmpty()) {
        m_lines = lines;
        sourceAppended();
        return;
    }
    clearRows();
    m_lines = lines;
    refilter();
}

void KernelLogModel::setFilter(const QString &words, int mostLevel) {
    m_words = words;
    m_mostLevel = mostLevel;
    refilter();
}

bool KernelLogModel::accepts(int source) const {
    const KernelLogLine &line = m_lines.at(source);
    return line.level <= m_mostLevel &&
           (m_words.isEmpty() || line.text.contains(m_words, Qt::CaseInsensitive));
}

QString KernelLogModel::asText() const {
    return kernelLogText(m_lines);
}

} // namespace nitroscope::app
