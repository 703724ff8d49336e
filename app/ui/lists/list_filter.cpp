// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/ui/lists/list_filter.hpp"

#include "app/core/filter/filter_completion.hpp"

#include <algorithm>
#include <QRegularExpression>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

namespace {

// With an operator, or the beginning of an expression; everything else are words to look for.
bool isMeantAsExpression(const QString &text) {
    static const QRegularExpression mark(uR"([=!<>]=|[<>]|\s+contains\s|^\s*not\s|^\s*\()"_s,
                                         QRegularExpression::CaseInsensitiveOption);
    return mark.match(text).hasMatch();
}

} // namespace

std::vector<FilterFieldInfo> filterFieldsOf(std::span<const ListField> fields) {
    return {fields.begin(), fields.end()};
}

Result<ListFilter> ListFilter::parse(const QString &text, std::span<const ListField> fields) {
    ListFilter filter;
    const auto textField = std::find_if(fields.begin(), fields.end(), [](const ListField &field) {
        return QLatin1String(field.name) == "text"_L1;
    });
    filter.m_textField = textField == fields.end() ? 0 : static_cast<int>(textField - fields.begin());
    // In quotes: words that look like an expression.
    const QString words = text.trimmed();
    if (words.size() > 2 && words.startsWith(u'"') && words.indexOf(u'"', 1) == words.size() - 1) {
        filter.m_words = words.mid(1, words.size() - 2);
        return filter;
    }
    const auto expression = FilterExpression::parse(text, filterFieldsOf(fields));
    if (expression)
        filter.m_expression = *expression;
    else if (isMeantAsExpression(text))
        return tl::unexpected(expression.error());
    else
        filter.m_words = words;
    return filter;
}

bool ListFilter::matches(const FilterRow &row) const {
    if (m_words.isEmpty())
        return m_expression.matches(row);
    const auto text = row.text(m_textField);
    return text && text->contains(m_words, Qt::CaseInsensitive);
}

QString filterTermOf(std::span<const ListField> fields, const FilterRow &row, int column) {
    for (size_t i = 0; i < fields.size(); ++i) {
        if (fields[i].column != column)
            continue;
        const int field = static_cast<int>(i);
        const QString name = QLatin1String(fields[i].name) + u"=="_s;
        if (fields[i].kind == FilterFieldInfo::Kind::text) {
            const auto text = row.text(field);
            return text && !text->isEmpty() ? name + filterValue(*text) : QString();
        }
        const FilterRow::Numbers numbers = row.numbers(field);
        if (numbers.isEmpty())
            return {};
        return name + QString::number(numbers.first()) +
               (fields[i].kind == FilterFieldInfo::Kind::time ? u"ns"_s : QString());
    }
    return {};
}

} // namespace nitroscope::app
