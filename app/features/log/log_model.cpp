// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/log/log_model.hpp"

#include "app/core/output/visible_text.hpp"
#include "app/formats/tree/node.hpp"
#include "app/ui/text/roles.hpp"

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

formats::Severity severityOf(LogLevel level) {
    switch (level) {
    case LogLevel::debug:
        return formats::Severity::none;
    case LogLevel::info:
        return formats::Severity::note;
    case LogLevel::warning:
        return formats::Severity::warning;
    case LogLevel::error:
        return formats::Severity::error;
    }
    return formats::Severity::none;
}

constexpr QLatin1String levelWords[] = {QLatin1String{"debug"}, QLatin1String{"info"},
                                        QLatin1String{"warning"}, QLatin1String{"error"}};
QString levelWord(LogLevel level) {
    return levelWords[static_cast<size_t>(level)];
}

enum Field { levelField, fromField, textField };
using Kind = FilterFieldInfo::Kind;
const ListField logFields[] = {
    {{"level", Kind::text, "debug, info, warning, error"}},
    {{"from", Kind::text, "who said it"}, LogModel::source},
    {{"text", Kind::text, "what was said, and by whom"}, LogModel::message},
};
constexpr size_t maxLookedAt = 5'000; // entries, for those who have said something

// An entry as the filter language asks for it.
class Row : public FilterRow {
public:
    explicit Row(const LogEntry &entry) : m_entry(entry) {}
    std::optional<QString> text(int field) const override {
        return field == levelField  ? levelWord(m_entry.level)
               : field == fromField ? m_entry.source
                                    : m_entry.source + u": "_s + m_entry.text;
    }
    Numbers numbers(int) const override { return {}; }

private:
    const LogEntry &m_entry;
};

} // namespace

int LogModel::rowCount(const QModelIndex &parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_visible.size());
}

int LogModel::columnCount(const QModelIndex &parent) const {
    return parent.isValid() ? 0 : columnCountValue;
}

QVariant LogModel::data(const QModelIndex &cell, int role) const {
    if (!checkIndex(cell, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const LogEntry &entry = entryAt(cell.row());
    switch (role) {
    case Qt::DisplayRole:
        if (cell.column() == time)
            return entry.time.toLocalTime().toString(u"HH:mm:ss.zzz"_s);
        return cell.column() == source ? entry.source : entry.text;
    case Qt::ToolTipRole:
        return cell.column() == message ? QVariant(foreignTip(entry.text)) : QVariant();
    case monospaceRole:
        return cell.column() == time;
    case severityRole:
        return cell.column() == message ? static_cast<int>(severityOf(entry.level)) : 0;
    case toneRole: {
        if (entry.level == LogLevel::debug || cell.column() != message)
            return static_cast<int>(Tone::muted);
        const bool bad = entry.level == LogLevel::error;
        return static_cast<int>(bad ? Tone::bad : Tone::normal);
    }
    default:
        return {};
    }
}

QVariant LogModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    static const char *const titles[] = {"Time", "From", "Message"};
    return section >= 0 && section < columnCountValue ? QString::fromLatin1(titles[section]) : QVariant();
}

bool LogModel::passes(const LogEntry &entry) const {
    return entry.level >= m_minimum && (m_filter.isEmpty() || m_filter.matches(Row(entry)));
}

void LogModel::append(const LogEntry &entry) {
    m_pending.push_back(entry);
    m_pending.back().text = visibleText(entry.text); // QEMU quotes guests, and the system file names
    while (static_cast<int>(m_pending.size()) > m_limit)
        m_pending.pop_front();
}

void LogModel::flush() {
    if (m_pending.empty())
        return;
    // Past the limit the oldest tenth goes in one step, which is rare enough to pay for a reset.
    if (static_cast<int>(m_entries.size() + m_pending.size()) > m_limit) {
        const size_t wanted = m_entries.size() + m_pending.size() - static_cast<size_t>(m_limit) +
                              static_cast<size_t>(m_limit) / 10;
        const size_t count = std::min(wanted, m_entries.size());
        beginResetModel();
        m_entries.erase(m_entries.begin(), m_entries.begin() + static_cast<std::ptrdiff_t>(count));
        m_dropped += count;
        rebuild();
        endResetModel();
    }
    std::deque<quint64> fresh;
    for (LogEntry &entry : m_pending) {
        if (passes(entry))
            fresh.push_back(m_dropped + m_entries.size());
        m_entries.push_back(std::move(entry));
    }
    m_pending.clear();
    if (fresh.empty())
        return;
    const int first = rowCount();
    beginInsertRows({}, first, first + static_cast<int>(fresh.size()) - 1);
    m_visible.insert(m_visible.end(), fresh.begin(), fresh.end());
    endInsertRows();
}

void LogModel::rebuild() {
    m_visible.clear();
    for (size_t i = 0; i < m_entries.size(); ++i)
        if (passes(m_entries[i]))
            m_visible.push_back(m_dropped + i);
}

void LogModel::clear() {
    beginResetModel();
    m_entries.clear();
    m_pending.clear();
    m_visible.clear();
    m_dropped = 0;
    endResetModel();
}

void LogModel::setMinimumLevel(LogLevel level) {
    beginResetModel();
    m_minimum = level;
    rebuild();
    endResetModel();
}

std::span<const ListField> LogModel::fields() {
    return logFields;
}

QStringList LogModel::valuesOf(int field) const {
    if (field == levelField)
        return {std::begin(levelWords), std::end(levelWords)};
    QStringList values;
    for (size_t i = 0; field == fromField && i < std::min(m_entries.size(), maxLookedAt); ++i)
        if (!values.contains(m_entries[i].source))
            values << m_entries[i].source;
    return values;
}

void LogModel::setListFilter(const ListFilter &filter) {
    beginResetModel();
    m_filter = filter;
    rebuild();
    endResetModel();
}

QString LogModel::asText() const {
    QString out;
    for (int row = 0; row < rowCount(); ++row) {
        const LogEntry &entry = entryAt(row);
        out += u"%1 %2 %3: %4\n"_s.arg(entry.time.toString(Qt::ISODateWithMs), levelWord(entry.level),
                                       entry.source, entry.text);
    }
    return out;
}

} // namespace nitroscope::app
