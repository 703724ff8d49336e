// SPDX-License-Identifier: GPL-2.0-or-later
//
// A small language to choose records and rows: `interface==nsm and result!=Success`, `time>=1.5s and time<2s`,
// `pcr==16 or (kind==boot-stage and not text contains ramdisk)`. One language for `capture show` and for every list of
// the window; which fields there are, is said by whoever has the records.
//
//   expression = term { "or" term }
//   term       = factor { "and" factor }
//   factor     = "not" factor | "(" expression ")" | field operator value
//   operator   = "==" | "!=" | "<" | "<=" | ">" | ">=" | "contains"
//
// A value is a word, a number with an optional unit of time (ns, us, ms, s), or a text in double quotes.
// Words compare without regard to case. A comparison with a field that a record does not have is false, also
// with "!=", so that `result!=Success` finds failed NSM responses and nothing else.
#pragma once

#include "app/core/result.hpp"

#include <memory>
#include <optional>
#include <QString>
#include <QVarLengthArray>
#include <span>

namespace nitroscope::app {

struct FilterFieldInfo {
    enum class Kind {
        text,
        number,
        time // nanoseconds, said with a unit
    };
    const char *name;
    Kind kind;
    const char *help;
};

// What is asked of a record. Fields are named by their position in the list that the expression was parsed with.
class FilterRow {
public:
    using Numbers = QVarLengthArray<qint64, 2>;

    virtual ~FilterRow() = default;
    // Nothing when the record has no such field.
    virtual std::optional<QString> text(int field) const = 0;
    // Likewise; one of several is enough to match.
    virtual Numbers numbers(int field) const = 0;
};

class FilterExpression {
public:
    struct Node;

    // An error has the offset of the character where the expression went wrong. An empty text matches everything.
    static Result<FilterExpression> parse(const QString &text, std::span<const FilterFieldInfo> fields);
    // The operators, in words of the language.
    static std::span<const char *const> operators();

    bool matches(const FilterRow &row) const;
    bool matchesEverything() const { return !m_root; }

private:
    std::shared_ptr<const Node> m_root;
};

} // namespace nitroscope::app
