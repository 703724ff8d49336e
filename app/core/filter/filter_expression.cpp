// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/core/filter/filter_expression.hpp"

#include <algorithm>
#include <cmath>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

namespace {

constexpr int deepest = 64;          // nested parentheses and nots
constexpr int maxComparisons = 1000; // joined ones are walked recursively

using Kind = FilterFieldInfo::Kind;
enum class Operator { equal, notEqual, less, lessOrEqual, greater, greaterOrEqual, contains };

// Two characters before one, or "<=" would be read as "<". In the order of the operators' words.
const char *const operatorWords[] = {"==", "!=", "<=", ">=", "<", ">", "contains"};
constexpr Operator operatorOf[] = {Operator::equal,          Operator::notEqual, Operator::lessOrEqual,
                                   Operator::greaterOrEqual, Operator::less,     Operator::greater,
                                   Operator::contains};
static_assert(std::size(operatorWords) == std::size(operatorOf));

template <class T>
bool compare(Operator op, const T &left, const T &right) {
    switch (op) {
    case Operator::equal:
        return left == right;
    case Operator::notEqual:
        return left != right;
    case Operator::less:
        return left < right;
    case Operator::lessOrEqual:
        return left <= right;
    case Operator::greater:
        return left > right;
    case Operator::greaterOrEqual:
        return left >= right;
    case Operator::contains:
        break;
    }
    return false;
}

} // namespace

struct FilterExpression::Node {
    enum class Join { all, both, either, negation, comparison } join = Join::all;
    std::shared_ptr<const Node> left, right;
    int field = 0;
    Operator op = Operator::equal;
    QString text;
    qint64 number = 0;
    bool isNumeric = false;

    bool matches(const FilterRow &row) const {
        switch (join) {
        case Join::all:
            return true;
        case Join::both:
            return left->matches(row) && right->matches(row);
        case Join::either:
            return left->matches(row) || right->matches(row);
        case Join::negation:
            return !left->matches(row);
        case Join::comparison:
            break;
        }
        if (isNumeric) {
            const FilterRow::Numbers values = row.numbers(field);
            return std::any_of(values.begin(), values.end(),
                               [this](qint64 value) { return compare(op, value, number); });
        }
        const auto value = row.text(field);
        if (!value)
            return false;
        if (op == Operator::contains)
            return value->contains(text, Qt::CaseInsensitive);
        return compare(op, value->compare(text, Qt::CaseInsensitive), 0);
    }
};

namespace {

using Node = FilterExpression::Node;
using NodePointer = std::shared_ptr<const Node>;

class Parser {
public:
    Parser(const QString &text, std::span<const FilterFieldInfo> fields) : m_text(text), m_fields(fields) {}

    Result<NodePointer> parse() {
        skipSpace();
        if (atEnd())
            return NodePointer();
        NodePointer root = expression();
        skipSpace();
        if (root && !atEnd())
            root = failed(u"'and' or 'or' was expected here"_s);
        if (root)
            return root;
        Error error;
        error.code = u"filter-wrong"_s;
        error.message = m_fault;
        error.offset = quint64(m_faultAt);
        error.context = m_text;
        return tl::unexpected(error);
    }

private:
    bool atEnd() const { return m_pos >= m_text.size(); }
    void skipSpace() {
        while (!atEnd() && m_text[m_pos].isSpace())
            ++m_pos;
    }
    NodePointer failed(const QString &fault) {
        if (m_fault.isEmpty()) {
            m_fault = fault;
            m_faultAt = m_pos;
        }
        return nullptr;
    }
    static bool isWordCharacter(QChar c) {
        return c.isLetterOrNumber() || c == u'-' || c == u'_' || c == u'.';
    }
    QString word() {
        skipSpace();
        const qsizetype start = m_pos;
        while (!atEnd() && isWordCharacter(m_text[m_pos]))
            ++m_pos;
        return m_text.mid(start, m_pos - start);
    }
    // Takes the word if it is next.
    bool take(QLatin1String expected) {
        const qsizetype start = m_pos;
        if (word().compare(expected, Qt::CaseInsensitive) == 0)
            return true;
        m_pos = start;
        return false;
    }
    bool take(QChar expected) {
        skipSpace();
        if (atEnd() || m_text[m_pos] != expected)
            return false;
        ++m_pos;
        return true;
    }

    NodePointer joined(Node::Join join, NodePointer left, NodePointer right) {
        if (!left || !right)
            return nullptr;
        Node node;
        node.join = join;
        node.left = std::move(left);
        node.right = std::move(right);
        return std::make_shared<const Node>(node);
    }
    NodePointer expression() {
        NodePointer node = term();
        while (node && take("or"_L1))
            node = joined(Node::Join::either, node, term());
        return node;
    }
    NodePointer term() {
        NodePointer node = factor();
        while (node && take("and"_L1))
            node = joined(Node::Join::both, node, factor());
        return node;
    }
    NodePointer factor() {
        if (++m_depth > deepest)
            return failed(u"the expression is nested too deep"_s);
        NodePointer node;
        if (take("not"_L1)) {
            node = joined(Node::Join::negation, factor(), std::make_shared<const Node>());
        } else if (take(u'(')) {
            node = expression();
            if (node && !take(u')'))
                node = failed(u"a ')' is missing here"_s);
        } else {
            node = comparison();
        }
        --m_depth;
        return node;
    }

    NodePointer comparison() {
        skipSpace();
        if (++m_comparisons > maxComparisons)
            return failed(u"there are more than %1 comparisons"_s.arg(maxComparisons));
        const qsizetype start = m_pos;
        const QString name = word();
        const auto field =
            std::find_if(m_fields.begin(), m_fields.end(), [&name](const FilterFieldInfo &info) {
                return name.compare(QLatin1String(info.name), Qt::CaseInsensitive) == 0;
            });
        if (field == m_fields.end()) {
            m_pos = start;
            return failed(name.isEmpty() ? u"a field was expected here"_s
                                         : u"there is no field '%1'"_s.arg(name));
        }
        Node node;
        node.join = Node::Join::comparison;
        node.field = static_cast<int>(field - m_fields.begin());
        node.isNumeric = field->kind != Kind::text;
        m_isTime = field->kind == Kind::time;
        if (!operation(node))
            return failed(u"an operator was expected here: ==, !=, <, <=, >, >= or contains"_s);
        if (node.isNumeric && node.op == Operator::contains)
            return failed(u"'contains' is for text, and '%1' is a number"_s.arg(name));
        return value(node) ? std::make_shared<const Node>(node) : nullptr;
    }

    bool operation(Node &node) {
        skipSpace();
        for (size_t i = 0; i < std::size(operatorWords); ++i) {
            const QLatin1String word(operatorWords[i]);
            if (QStringView(m_text).mid(m_pos).startsWith(word, Qt::CaseInsensitive)) {
                m_pos += word.size();
                node.op = operatorOf[i];
                return true;
            }
        }
        return false;
    }

    bool value(Node &node) {
        skipSpace();
        const qsizetype start = m_pos;
        QString text;
        if (take(u'"')) {
            const qsizetype end = m_text.indexOf(u'"', m_pos);
            if (end < 0)
                return failed(u"the text has no closing quote"_s) != nullptr;
            text = m_text.mid(m_pos, end - m_pos);
            m_pos = end + 1;
        } else {
            text = word();
            if (text.isEmpty())
                return failed(u"a value was expected here"_s) != nullptr;
        }
        node.text = text;
        if (!node.isNumeric || number(text, m_isTime, node.number))
            return true;
        m_pos = start;
        return failed(u"'%1' is not a number%2"_s.arg(text, m_isTime ? u" with or without ns, us, ms or s"_s
                                                                     : QString())) != nullptr;
    }

    static bool number(QString text, bool time, qint64 &result) {
        bool valid = false;
        if (!time) {
            result = text.toLongLong(&valid);
            return valid;
        }
        double scale = 1e9;
        static const struct {
            const char *suffix;
            double scale;
        } units[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}};
        for (const auto &unit : units) {
            if (text.endsWith(QLatin1String(unit.suffix))) {
                text.chop(qsizetype(qstrlen(unit.suffix)));
                scale = unit.scale;
                break;
            }
        }
        const double nanoseconds = text.toDouble(&valid) * scale;
        valid = valid && std::isfinite(nanoseconds) && std::abs(nanoseconds) < 9e18;
        result = valid ? qint64(std::llround(nanoseconds)) : 0;
        return valid;
    }

    const QString m_text;
    const std::span<const FilterFieldInfo> m_fields;
    qsizetype m_pos = 0;
    QString m_fault;
    qsizetype m_faultAt = 0;
    int m_depth = 0;
    int m_comparisons = 0;
    bool m_isTime = false; // the field that is being compared
};

} // namespace

Result<FilterExpression> FilterExpression::parse(const QString &text,
                                                 std::span<const FilterFieldInfo> fields) {
    auto root = Parser(text, fields).parse();
    if (!root)
        return tl::unexpected(root.error());
    FilterExpression expression;
    expression.m_root = *root;
    return expression;
}

std::span<const char *const> FilterExpression::operators() {
    return operatorWords;
}

bool FilterExpression::matches(const FilterRow &row) const {
    return !m_root || m_root->matches(row);
}

} // namespace nitroscope::app
