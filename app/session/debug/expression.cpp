// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/debug/expression.hpp"

#include <array>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr qsizetype maxTextLength = 4096;
constexpr int deepest = 64;
constexpr QLatin1String dividesByZero{"This divides by zero."};

struct Operator {
    const char *text;
    int precedence; // higher binds closer
};
// Longer ones first, so that `<<` is not taken for `<`.
constexpr std::array operators{Operator{"||", 1}, Operator{"&&", 2}, Operator{"==", 6}, Operator{"!=", 6},
                               Operator{"<=", 7}, Operator{">=", 7}, Operator{"<<", 8}, Operator{">>", 8},
                               Operator{"|", 3},  Operator{"^", 4},  Operator{"&", 5},  Operator{"<", 7},
                               Operator{">", 7},  Operator{"+", 9},  Operator{"-", 9},  Operator{"*", 10},
                               Operator{"/", 10}, Operator{"%", 10}};

bool isNameStart(QChar letter) {
    return letter.isLetter() || letter == u'_' || letter == u'.';
}
bool isNamePart(QChar letter) {
    return isNameStart(letter) || letter.isDigit() || letter == u'@' || letter == u'$';
}

// What an operand is: a number, or a physical address that only `*` can use.
struct Operand {
    quint64 number = 0;
    AddressSpace space = AddressSpace::guestVirtual;
};

class Parser {
public:
    Parser(const QString &text, const ExpressionContext &context) : m_text(text), m_context(context) {}

    ExpressionResult run() {
        const auto value = binary(0, 0);
        if (value && !failed()) {
            skipSpace();
            if (m_at < m_text.size())
                fail(u"Something is left over after the expression."_s);
        }
        if (!failed())
            m_result.value = value ? std::optional(value->number) : std::nullopt;
        return m_result;
    }

private:
    bool failed() const { return m_result.error || m_result.wanted; }

    std::optional<Operand> fail(const QString &message) {
        if (!failed())
            m_result.error = Error{u"expression"_s, message, quint64(m_at), m_text.left(80)};
        return std::nullopt;
    }

    void skipSpace() {
        while (m_at < m_text.size() && m_text[m_at].isSpace())
            ++m_at;
    }
    bool take(QLatin1String word) {
        skipSpace();
        if (!QStringView(m_text).sliced(m_at).startsWith(word))
            return false;
        m_at += word.size();
        return true;
    }

    const Operator *peekOperator() {
        skipSpace();
        for (const Operator &candidate : operators)
            if (QStringView(m_text).sliced(m_at).startsWith(QLatin1String(candidate.text)))
                return &candidate;
        return nullptr;
    }

    std::optional<Operand> binary(int least, int depth) {
        if (depth > deepest)
            return fail(u"The expression is nested too deeply."_s);
        auto left = unary(depth);
        while (left) {
            const Operator *found = peekOperator();
            if (!found || found->precedence <= least)
                return left;
            m_at += qstrlen(found->text);
            const auto right = binary(found->precedence, depth + 1);
            if (!right)
                return std::nullopt;
            const auto number = apply(found->text, left->number, right->number);
            if (!number)
                return fail(dividesByZero);
            left = Operand{*number, left->space};
        }
        return left;
    }

    static std::optional<quint64> apply(const QByteArray &text, quint64 a, quint64 b) {
        if (text == "||")
            return quint64(a || b);
        if (text == "&&")
            return quint64(a && b);
        if (text == "==")
            return quint64(a == b);
        if (text == "!=")
            return quint64(a != b);
        if (text == "<=")
            return quint64(a <= b);
        if (text == ">=")
            return quint64(a >= b);
        if (text == "<<")
            return b < 64 ? a << b : 0;
        if (text == ">>")
            return b < 64 ? a >> b : 0;
        switch (text[0]) {
        case '|':
            return a | b;
        case '^':
            return a ^ b;
        case '&':
            return a & b;
        case '<':
            return quint64(a < b);
        case '>':
            return quint64(a > b);
        case '+':
            return a + b;
        case '-':
            return a - b;
        case '*':
            return a * b;
        case '/':
            return b ? std::optional(a / b) : std::nullopt;
        default:
            return b ? std::optional(a % b) : std::nullopt;
        }
    }

    std::optional<Operand> unary(int depth) {
        if (depth > deepest)
            return fail(u"The expression is nested too deeply."_s);
        if (take("*"_L1)) {
            const auto place = unary(depth + 1);
            return place ? read(*place) : std::nullopt;
        }
        for (const char sign : {'-', '~', '!'})
            if (take(QLatin1String(&sign, 1))) {
                const auto value = unary(depth + 1);
                if (!value)
                    return std::nullopt;
                const quint64 n = value->number;
                return Operand{sign == '-' ? 0 - n : sign == '~' ? ~n : quint64(n == 0)};
            }
        return primary(depth);
    }

    std::optional<Operand> read(const Operand &place) {
        const ExpressionRead wanted{place.space, place.number};
        const auto found = m_context.memory.find(wanted);
        if (found != m_context.memory.end())
            return Operand{found->second};
        if (!failed())
            m_result.wanted = wanted;
        return std::nullopt;
    }

    std::optional<Operand> primary(int depth) {
        skipSpace();
        const bool isPhysical = take("::phys("_L1);
        if (isPhysical || take("("_L1)) {
            const auto inner = binary(0, depth + 1);
            if (!inner)
                return std::nullopt;
            if (!take(")"_L1))
                return fail(u"A closing parenthesis is missing."_s);
            return isPhysical ? Operand{inner->number, AddressSpace::guestPhysical} : *inner;
        }
        if (m_at >= m_text.size())
            return fail(u"The expression ends too early."_s);
        const QChar first = m_text[m_at];
        if (first.isDigit())
            return number();
        const bool isRegister = first == u'$';
        const qsizetype start = m_at + (isRegister ? 1 : 0);
        if (start >= m_text.size() || !isNameStart(m_text[start]))
            return fail(u"A number, a symbol, a $register or a parenthesis is missing here."_s);
        qsizetype end = start;
        while (end < m_text.size() && isNamePart(m_text[end]))
            ++end;
        const QString name = m_text.mid(start, end - start);
        const auto &lookUp = isRegister ? m_context.registerValue : m_context.symbol;
        const auto value = lookUp ? lookUp(name) : std::nullopt;
        if (!value)
            return fail(isRegister ? u"There is no register $%1 that can be read now."_s.arg(name)
                                   : u"There is no symbol %1."_s.arg(name));
        m_at = end;
        return Operand{*value};
    }

    std::optional<Operand> number() {
        qsizetype end = m_at;
        while (end < m_text.size() && m_text[end].isLetterOrNumber())
            ++end;
        bool isNumber = false;
        const QString digits = m_text.mid(m_at, end - m_at);
        const bool isHex = digits.startsWith("0x"_L1, Qt::CaseInsensitive);
        const quint64 value =
            isHex ? digits.mid(2).toULongLong(&isNumber, 16) : digits.toULongLong(&isNumber, 10);
        if (!isNumber)
            return fail(u"%1 is not a 64-bit number; hexadecimal ones begin with 0x."_s.arg(digits));
        m_at = end;
        return Operand{value};
    }

    QString m_text;
    const ExpressionContext &m_context;
    ExpressionResult m_result;
    qsizetype m_at = 0;
};

} // namespace

ExpressionResult evaluateExpression(const QString &text, const ExpressionContext &context) {
    if (text.size() > maxTextLength)
        return {{}, {}, Error{u"expression"_s, u"The expression is too long."_s, {}, {}}};
    return Parser(text, context).run();
}

// Stands for every value where only the grammar matters; not 0, by which nothing can be divided.
static constexpr quint64 something = 1;

bool isExpressionRegister(const QString &name, const arch::RegisterTable &registers) {
    constexpr int widest = 8; // bytes of a number
    const QByteArray latin = name.toLatin1();
    const std::string_view wanted(latin.constData(), size_t(latin.size()));
    const arch::Register *known = registers.find(wanted);
    return name == "pc"_L1 || name == "sp"_L1 || (known && known->bytes <= widest) ||
           registers.findNarrow(wanted);
}

std::optional<Error> checkExpression(const QString &text, const arch::RegisterTable &registers) {
    ExpressionContext context;
    context.symbol = [](const QString &) { return std::optional(something); };
    context.registerValue = [&registers](const QString &name) {
        return isExpressionRegister(name, registers) ? std::optional(something) : std::nullopt;
    };
    // Each read that it asks for gets its value, so that what follows is looked at, too.
    for (qsizetype reads = 0; reads <= text.size(); ++reads) {
        const ExpressionResult result = evaluateExpression(text, context);
        if (!result.wanted)
            return result.error && result.error->message != dividesByZero ? result.error : std::nullopt;
        context.memory[*result.wanted] = something;
    }
    return std::nullopt;
}

} // namespace nitroscope::app
