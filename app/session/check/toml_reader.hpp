// SPDX-License-Identifier: GPL-2.0-or-later
//
// Values out of a parsed TOML file, of which each is judged where it is taken, with its line and column.
#pragma once

#include "app/session/check/console_pattern.hpp"

#include <algorithm>
#include <optional>
#include <QStringList>
#include <QVector>
#include <vector>

// The library (3.3) asserts what text can break, `[[[` for one, and a release build even takes it for granted. Here it throws
// then, out of toml::parse().
namespace nitroscope::app {
struct TomlAssertion {};
constexpr void assertToml(bool holds) {
    if (!holds)
        throw TomlAssertion();
}
} // namespace nitroscope::app

#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#define TOML_ASSERT(condition) ::nitroscope::app::assertToml(static_cast<bool>(condition))
#pragma push_macro("NDEBUG")
#undef NDEBUG
#include <toml++/toml.h>
#pragma pop_macro("NDEBUG")

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

inline QString tomlText(std::string_view text) {
    return QString::fromUtf8(text.data(), qsizetype(text.size()));
}

// One table of the file. Keys are taken out by name; what is left at the end is a mistake of the user's, as is a value of
// another type. The first mistake stays.
class TomlReader {
public:
    static constexpr size_t maxItems = 1000; // of one list

    TomlReader(const toml::table &table, QString where, QString file, std::optional<Error> &problem)
        : m_table(table), m_where(std::move(where)), m_file(std::move(file)), m_problem(problem) {}

    void refuse(const toml::node &node, const QString &why) const { refuseAt(node.source(), why); }
    void refuseAt(const toml::source_region &place, const QString &why) const {
        if (!m_problem)
            m_problem = Error{u"check-spec"_s,
                              why,
                              {},
                              u"%1:%2:%3"_s.arg(m_file).arg(place.begin.line).arg(place.begin.column)};
    }
    bool hasProblem() const { return m_problem.has_value(); }

    const toml::node *take(std::string_view key) {
        m_taken.push_back(key);
        return m_table.get(key);
    }
    QString nameOf(std::string_view key) const {
        return m_where.isEmpty() ? tomlText(key) : m_where + u'.' + tomlText(key);
    }

    std::optional<QString> text(std::string_view key) {
        const toml::node *node = take(key);
        if (!node)
            return std::nullopt;
        const auto *value = node->as_string();
        if (!value) {
            refuse(*node, u"%1 must be a text in quotes."_s.arg(nameOf(key)));
            return std::nullopt;
        }
        return tomlText(value->get());
    }
    std::optional<bool> flag(std::string_view key) {
        const toml::node *node = take(key);
        if (!node)
            return std::nullopt;
        if (const auto *value = node->as_boolean())
            return value->get();
        refuse(*node, u"%1 must be true or false."_s.arg(nameOf(key)));
        return std::nullopt;
    }
    std::optional<qint64> number(std::string_view key, qint64 min, qint64 max) {
        const toml::node *node = take(key);
        if (!node)
            return std::nullopt;
        const auto *value = node->as_integer();
        if (!value || value->get() < min || value->get() > max) {
            refuse(*node, u"%1 must be a whole number from %2 to %3."_s.arg(nameOf(key)).arg(min).arg(max));
            return std::nullopt;
        }
        return value->get();
    }
    std::optional<QRegularExpression> pattern(std::string_view key) {
        const toml::node *node = m_table.get(key);
        const auto value = text(key);
        return value ? patternOf(*node, *value) : std::nullopt;
    }
    std::optional<QRegularExpression> patternOf(const toml::node &node, const QString &text) const {
        auto made = consolePattern(text);
        if (made)
            return *made;
        refuse(node, made.error().message);
        return std::nullopt;
    }
    QVector<QRegularExpression> patterns(std::string_view key) {
        QVector<QRegularExpression> all;
        eachText(key, [&](const toml::node &node, const QString &text) {
            if (auto made = patternOf(node, text))
                all.append(*made);
        });
        return all;
    }
    QStringList texts(std::string_view key) {
        QStringList all;
        eachText(key, [&](const toml::node &, const QString &text) { all << text; });
        return all;
    }
    // [[key]]
    template <class Use>
    void tables(std::string_view key, Use use) {
        const toml::node *node = take(key);
        if (!node)
            return;
        const toml::array *list = node->as_array();
        if (!list || !std::ranges::all_of(*list, [](const toml::node &item) { return item.is_table(); }))
            return refuse(*node, u"%1 must be tables: [[%1]]."_s.arg(nameOf(key)));
        if (list->size() > maxItems)
            return refuse(*node, u"%1 has more than %2 tables."_s.arg(nameOf(key)).arg(maxItems));
        for (const toml::node &item : *list) {
            TomlReader reader(*item.as_table(), nameOf(key), m_file, m_problem);
            use(reader, *item.as_table());
            reader.finish();
        }
    }
    // [key]; use(reader of it, its table)
    template <class Use>
    void table(std::string_view key, Use use) {
        const toml::node *node = take(key);
        if (!node)
            return;
        if (!node->is_table())
            return refuse(*node, u"%1 must be a table: [%1]."_s.arg(nameOf(key)));
        TomlReader reader(*node->as_table(), nameOf(key), m_file, m_problem);
        use(reader, *node->as_table());
        reader.finish();
    }
    // All keys are the caller's to judge.
    void takeAll() { m_takesAll = true; }

    void finish() const {
        if (m_takesAll)
            return;
        for (const auto &[key, value] : m_table)
            if (std::ranges::find(m_taken, key.str()) == m_taken.end())
                refuseAt(key.source(), u"There is no %1 in a check."_s.arg(nameOf(key.str())));
    }

private:
    template <class Use>
    void eachText(std::string_view key, Use use) {
        const toml::node *node = take(key);
        if (!node)
            return;
        const toml::array *list = node->as_array();
        if (!list || list->size() > maxItems ||
            !std::ranges::all_of(*list, [](const toml::node &item) { return item.is_string(); }))
            return refuse(
                *node, u"%1 must be a list of at most %2 texts: [\"…\"]."_s.arg(nameOf(key)).arg(maxItems));
        for (const toml::node &item : *list)
            use(item, tomlText(item.as_string()->get()));
    }

    const toml::table &m_table;
    QString m_where, m_file;
    std::optional<Error> &m_problem;
    std::vector<std::string_view> m_taken;
    bool m_takesAll = false;
};

} // namespace nitroscope::app
