// SPDX-License-Identifier: GPL-2.0-or-later
//
// See record_filter.hpp.
#include "app/proto/pcapng/record_filter.hpp"

#include "app/proto/pcapng/record_fields.hpp"

#include <cmath>

namespace nitroscope::pcapng {

using namespace Qt::Literals::StringLiterals;

namespace {

constexpr int deepest = 64;          // nested parentheses and nots
constexpr int maxComparisons = 1000; // joined ones are walked recursively

using Field = FilterField;
enum class Operator { equal, notEqual, less, lessOrEqual, greater, greaterOrEqual, contains };

struct OperatorName {
    const char *name;
    Operator op;
};
// Two characters before one, or "<=" would be read as "<".
const OperatorName operatorNames[] = {{"==", Operator::equal},         {"!=", Operator::notEqual},
                                      {"<=", Operator::lessOrEqual},   {">=", Operator::greaterOrEqual},
                                      {"<", Operator::less},           {">", Operator::greater},
                                      {"contains", Operator::contains}};

bool isTime(Field field) {
    return field == Field::time || field == Field::clock || field == Field::duration;
}

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

struct RecordFilter::Node {
    enum class Kind { all, both, either, negation, comparison } kind = Kind::all;
    std::shared_ptr<const Node> left, right;
    Field field = Field::interface;
    Operator op = Operator::equal;
    QString text;
    qint64 number = 0;

    bool matches(const Record &record, qint64 first) const {
        switch (kind) {
        case Kind::all:
            return true;
        case Kind::both:
            return left->matches(record, first) && right->matches(record, first);
        case Kind::either:
            return left->matches(record, first) || right->matches(record, first);
        case Kind::negation:
            return !left->matches(record, first);
        case Kind::comparison:
            break;
        }
        if (field == Field::port) {
            const auto *packet = std::get_if<VsockRecord>(&record.content);
            return packet && (compare(op, qint64(packet->srcPort), number) ||
                              compare(op, qint64(packet->dstPort), number));
        }
        if (isNumeric) {
            const auto value = numberIn(record, field, first);
            return value && compare(op, *value, number);
        }
        const auto value = textIn(record, field);
        if (!value)
            return false;
        if (op == Operator::contains)
            return value->contains(text, Qt::CaseInsensitive);
        return compare(op, value->compare(text, Qt::CaseInsensitive), 0);
    }
    bool isNumeric = false;
};

namespace {

using Node = RecordFilter::Node;
using NodePointer = std::shared_ptr<const Node>;

class Parser {
public:
    explicit Parser(const QString &text) : m_text(text) {}

    app::Result<NodePointer> parse() {
        skipSpace();
        if (atEnd())
            return std::make_shared<const Node>();
        NodePointer root = expression();
        skipSpace();
        if (root && !atEnd())
            root = failed(u"'and' or 'or' was expected here"_s);
        if (root)
            return root;
        app::Error error;
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

    NodePointer joined(Node::Kind kind, NodePointer left, NodePointer right) {
        if (!left || !right)
            return nullptr;
        Node node;
        node.kind = kind;
        node.left = std::move(left);
        node.right = std::move(right);
        return std::make_shared<const Node>(node);
    }
    NodePointer expression() {
        NodePointer node = term();
        while (node && take("or"_L1))
            node = joined(Node::Kind::either, node, term());
        return node;
    }
    NodePointer term() {
        NodePointer node = factor();
        while (node && take("and"_L1))
            node = joined(Node::Kind::both, node, factor());
        return node;
    }
    NodePointer factor() {
        if (++m_depth > deepest)
            return failed(u"the expression is nested too deep"_s);
        NodePointer node;
        if (take("not"_L1)) {
            node = joined(Node::Kind::negation, factor(), std::make_shared<const Node>());
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
        const FilterFieldName *field = nullptr;
        for (const FilterFieldName &candidate : filterFields())
            if (name.compare(QLatin1String(candidate.name), Qt::CaseInsensitive) == 0)
                field = &candidate;
        if (!field) {
            m_pos = start;
            return failed(name.isEmpty() ? u"a field was expected here"_s
                                         : u"there is no field '%1'"_s.arg(name));
        }
        Node node;
        node.kind = Node::Kind::comparison;
        node.field = field->field;
        node.isNumeric = field->isNumber;
        if (!operation(node))
            return failed(u"an operator was expected here: ==, !=, <, <=, >, >= or contains"_s);
        if (node.isNumeric && node.op == Operator::contains)
            return failed(u"'contains' is for text, and '%1' is a number"_s.arg(name));
        return value(node) ? std::make_shared<const Node>(node) : nullptr;
    }

    bool operation(Node &node) {
        skipSpace();
        for (const OperatorName &candidate : operatorNames) {
            const QLatin1String name(candidate.name);
            if (QStringView(m_text).mid(m_pos).startsWith(name, Qt::CaseInsensitive)) {
                m_pos += name.size();
                node.op = candidate.op;
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
        if (!node.isNumeric || number(text, isTime(node.field), node.number))
            return true;
        m_pos = start;
        return failed(u"'%1' is not a number%2"_s.arg(
                   text, isTime(node.field) ? u" with or without ns, us, ms or s"_s : QString())) != nullptr;
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
    qsizetype m_pos = 0;
    QString m_fault;
    qsizetype m_faultAt = 0;
    int m_depth = 0;
    int m_comparisons = 0;
};

} // namespace

QString RecordFilter::help() {
    QString text = u"Filter: comparisons joined by and, or, not and parentheses, for example\n"
                   "  interface==nsm and result!=Success\n"
                   "  kind==ExtendPCR or pcr==16\n"
                   "  time>=1.5s and time<2s and not text contains ramdisk\n"
                   "Operators: == != < <= > >= contains. A record without the field does not match.\n"
                   "Fields:\n"_s;
    for (const FilterFieldName &field : filterFields())
        text += u"  %1 %2\n"_s.arg(QLatin1String(field.name), -12).arg(QLatin1String(field.help));
    return text;
}

app::Result<RecordFilter> RecordFilter::parse(const QString &text) {
    auto root = Parser(text).parse();
    if (!root)
        return tl::unexpected(root.error());
    RecordFilter filter;
    filter.m_root = *root;
    return filter;
}

bool RecordFilter::matches(const Record &record, qint64 firstHostNs) const {
    return !m_root || m_root->matches(record, firstHostNs);
}

} // namespace nitroscope::pcapng
