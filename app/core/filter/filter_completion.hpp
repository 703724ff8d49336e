// SPDX-License-Identifier: GPL-2.0-or-later
//
// What can come next while an expression of the filter language is being typed.
#pragma once

#include "app/core/filter/filter_expression.hpp"

#include <functional>
#include <QStringList>

namespace nitroscope::app {

struct FilterCompletion {
    qsizetype start = 0;    // of the word that is being typed; what is chosen replaces it up to the cursor
    QStringList words = {}; // that begin with it; a value that is no single word comes in quotes
};

// `valuesOf` says what a field is known to hold, by its position in `fields`; nothing when nobody knows.
FilterCompletion completeFilter(const QString &text, qsizetype cursor,
                                std::span<const FilterFieldInfo> fields,
                                const std::function<QStringList(int field)> &valuesOf);

// As the language writes a value: in quotes when it is no single word.
QString filterValue(const QString &value);

} // namespace nitroscope::app
