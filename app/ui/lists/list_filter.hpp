// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is typed above a list: the filter language (app/core/filter), or simply words that a row has anywhere in it; in
// quotes also those that would be an expression.
// Each list says which fields its rows have; one of them is called "text" and is what words are looked for in.
#pragma once

#include "app/core/filter/filter_expression.hpp"

#include <QStringList>
#include <vector>

namespace nitroscope::app {

struct ListField : FilterFieldInfo {
    int column = -1; // of the list, whose cells show it
};

class ListFilter {
public:
    // What is meant as an expression and is none is refused, with the offset of the character where it went wrong.
    static Result<ListFilter> parse(const QString &text, std::span<const ListField> fields);

    bool isEmpty() const { return m_words.isEmpty() && m_expression.matchesEverything(); }
    bool matches(const FilterRow &row) const;
    // Looked for as they are; empty when the filter is an expression.
    const QString &words() const { return m_words; }

private:
    FilterExpression m_expression;
    QString m_words;
    int m_textField = 0;
};

// The fields alone, as the language wants them.
std::vector<FilterFieldInfo> filterFieldsOf(std::span<const ListField> fields);
// "kind==ExtendPCR", of the field that the row shows in this column; empty when there is none or it has no value.
QString filterTermOf(std::span<const ListField> fields, const FilterRow &row, int column);

} // namespace nitroscope::app
