// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/kms/policy/condition_match.hpp"

#include <algorithm>
#include <QDateTime>
#include <QHostAddress>

namespace nitroscope::kms {

using namespace Qt::Literals::StringLiterals;

namespace {

// ISO 8601 or seconds since 1970, in milliseconds.
std::optional<qint64> timeOf(const QString &text) {
    bool isNumber = false;
    const qint64 seconds = text.toLongLong(&isNumber);
    constexpr qint64 maxSeconds = 1'000'000'000'000;
    if (isNumber)
        return std::abs(seconds) <= maxSeconds ? std::optional(seconds * 1000) : std::nullopt;
    QDateTime time = QDateTime::fromString(text, Qt::ISODateWithMs);
    if (!time.isValid())
        return std::nullopt;
    if (time.timeSpec() == Qt::LocalTime)
        time.setTimeSpec(Qt::UTC);
    return time.toMSecsSinceEpoch();
}

std::optional<double> numberOf(const QString &text) {
    bool isNumber = false;
    const double number = text.toDouble(&isNumber);
    return isNumber ? std::optional(number) : std::nullopt;
}

template <class T>
bool compares(Relation relation, const std::optional<T> &found, const std::optional<T> &wanted) {
    if (!found || !wanted)
        return false;
    switch (relation) {
    case Relation::less:
        return *found < *wanted;
    case Relation::lessOrEqual:
        return *found <= *wanted;
    case Relation::greater:
        return *found > *wanted;
    case Relation::greaterOrEqual:
        return *found >= *wanted;
    case Relation::equal:
    case Relation::like:
        break;
    }
    return !(*found < *wanted) && !(*wanted < *found);
}

bool isInNetwork(const QString &found, const QString &wanted) {
    QHostAddress address;
    if (!address.setAddress(found))
        return false;
    // Qt would guess the mask of 10.1.
    const bool isWhole = wanted.count(u'.') == 3 || wanted.contains(u':');
    const auto network = QHostAddress::parseSubnet(wanted);
    return isWhole && network.second >= 0 && address.isInSubnet(network);
}

// Each of the six parts for itself, so that no wildcard leaves its part.
bool matchesArn(const QString &found, const QString &wanted, const Variables *variables) {
    constexpr qsizetype partCount = 6;
    const auto partsOf = [](QStringView arn) {
        std::vector<QStringView> parts;
        for (; qsizetype(parts.size()) < partCount - 1 && arn.contains(u':');) {
            // A colon inside of a variable's name separates nothing.
            qsizetype colon = arn.indexOf(u':');
            const qsizetype variable = arn.indexOf(u"${");
            if (variable >= 0 && variable < colon)
                colon = arn.indexOf(u':', std::max(arn.indexOf(u'}', variable), variable));
            if (colon < 0)
                break;
            parts.push_back(arn.first(colon));
            arn = arn.sliced(colon + 1);
        }
        parts.push_back(arn);
        return parts;
    };
    const auto foundParts = partsOf(found), wantedParts = partsOf(wanted);
    if (foundParts.size() != size_t(partCount) || wantedParts.size() != size_t(partCount))
        return wanted == u"*";
    for (size_t i = 0; i < size_t(partCount); ++i) {
        const auto pattern = variables
                                 ? Pattern::expand(wantedParts[i], Pattern::Wildcards::meant, *variables)
                                 : std::optional(Pattern(wantedParts[i], Pattern::Wildcards::meant));
        if (!pattern || !pattern->matches(foundParts[i], Qt::CaseSensitive))
            return false;
    }
    return true;
}

// One value of the call against one of the policy, whose negation is the caller's business.
bool isMatch(const ConditionOperator &op, const QString &found, const QString &wanted,
             const Variables *variables) {
    const auto wildcards =
        op.relation == Relation::like ? Pattern::Wildcards::meant : Pattern::Wildcards::literal;
    switch (op.type) {
    case ValueType::text:
        if (variables && wanted.contains(u"${"_s)) {
            const auto pattern = Pattern::expand(wanted, wildcards, *variables);
            return pattern && pattern->matches(found, op.sensitivity);
        }
        return wildcards == Pattern::Wildcards::literal
                   ? wanted.compare(found, op.sensitivity) == 0
                   : Pattern(wanted, wildcards).matches(found, op.sensitivity);
    case ValueType::number:
        return compares(op.relation, numberOf(found), numberOf(wanted));
    case ValueType::date:
        return compares(op.relation, timeOf(found), timeOf(wanted));
    case ValueType::boolean:
    case ValueType::presence:
        return wanted.compare(found, Qt::CaseInsensitive) == 0;
    case ValueType::bytes: {
        const auto bytes =
            QByteArray::fromBase64Encoding(wanted.toLatin1(), QByteArray::AbortOnBase64DecodingErrors);
        return bytes && *bytes == QByteArray::fromBase64(found.toLatin1());
    }
    case ValueType::address:
        return isInNetwork(found, wanted);
    case ValueType::arn:
        return matchesArn(found, wanted, variables && wanted.contains(u"${"_s) ? variables : nullptr);
    }
    return false;
}

bool holdsForValue(const Condition &condition, const QString &found, const Variables *variables) {
    const ConditionOperator &op = *condition.use.op;
    const bool isAny =
        std::any_of(condition.values.begin(), condition.values.end(),
                    [&](const PolicyText &wanted) { return isMatch(op, found, wanted.text, variables); });
    return isAny != op.isNegated;
}

bool holdsWithoutKey(const OperatorUse &use) {
    if (use.isIfExists || use.quantifier == Quantifier::forAllValues)
        return true;
    return use.quantifier == Quantifier::none && use.op->isNegated;
}

} // namespace

Variables variablesOf(const RequestContext &context) {
    return [&context](QStringView key) -> std::optional<QString> {
        const FoundValue *found = context.find(key.toString().toLower());
        return found && !found->isMultiValued ? std::optional(found->values.value(0)) : std::nullopt;
    };
}

ConditionResult matchCondition(const Condition &condition, const Request &request, bool hasVariables) {
    const OperatorUse &use = condition.use;
    ConditionResult result{&condition, request.context.find(condition.lookupKey), false};
    if (use.op->type == ValueType::presence) {
        result.holds = holdsForValue(condition, result.found ? u"false"_s : u"true"_s, nullptr);
        return result;
    }
    if (!result.found) {
        result.holds = holdsWithoutKey(use);
        return result;
    }
    const Variables variables = hasVariables ? variablesOf(request.context) : Variables();
    const auto holds = [&](const QString &value) {
        return holdsForValue(condition, value, hasVariables ? &variables : nullptr);
    };
    const QStringList &values = result.found->values;
    // A list under an operator for single values is taken as the set operator that AWS's own check asks for.
    const bool isAll = use.quantifier == Quantifier::forAllValues ||
                       (use.quantifier == Quantifier::none && use.op->isNegated);
    result.holds = isAll ? std::all_of(values.begin(), values.end(), holds)
                         : std::any_of(values.begin(), values.end(), holds);
    return result;
}

} // namespace nitroscope::kms
