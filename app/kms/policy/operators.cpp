// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/kms/policy/operators.hpp"

#include "app/kms/policy/near_words.hpp"

namespace nitroscope::kms {

namespace {

using enum ValueType;
using enum Relation;

constexpr ConditionOperator operators[] = {
    {"StringEquals", text, equal, false, Qt::CaseSensitive},
    {"StringNotEquals", text, equal, true, Qt::CaseSensitive},
    {"StringEqualsIgnoreCase", text, equal, false, Qt::CaseInsensitive},
    {"StringNotEqualsIgnoreCase", text, equal, true, Qt::CaseInsensitive},
    {"StringLike", text, like, false, Qt::CaseSensitive},
    {"StringNotLike", text, like, true, Qt::CaseSensitive},
    {"NumericEquals", number, equal, false, Qt::CaseSensitive},
    {"NumericNotEquals", number, equal, true, Qt::CaseSensitive},
    {"NumericLessThan", number, less, false, Qt::CaseSensitive},
    {"NumericLessThanEquals", number, lessOrEqual, false, Qt::CaseSensitive},
    {"NumericGreaterThan", number, greater, false, Qt::CaseSensitive},
    {"NumericGreaterThanEquals", number, greaterOrEqual, false, Qt::CaseSensitive},
    {"DateEquals", date, equal, false, Qt::CaseSensitive},
    {"DateNotEquals", date, equal, true, Qt::CaseSensitive},
    {"DateLessThan", date, less, false, Qt::CaseSensitive},
    {"DateLessThanEquals", date, lessOrEqual, false, Qt::CaseSensitive},
    {"DateGreaterThan", date, greater, false, Qt::CaseSensitive},
    {"DateGreaterThanEquals", date, greaterOrEqual, false, Qt::CaseSensitive},
    {"Bool", boolean, equal, false, Qt::CaseInsensitive},
    {"BinaryEquals", bytes, equal, false, Qt::CaseSensitive},
    {"IpAddress", address, equal, false, Qt::CaseSensitive},
    {"NotIpAddress", address, equal, true, Qt::CaseSensitive},
    {"ArnEquals", arn, like, false, Qt::CaseSensitive},
    {"ArnLike", arn, like, false, Qt::CaseSensitive},
    {"ArnNotEquals", arn, like, true, Qt::CaseSensitive},
    {"ArnNotLike", arn, like, true, Qt::CaseSensitive},
    {"Null", presence, equal, false, Qt::CaseInsensitive},
};

struct NameParts {
    Quantifier quantifier = Quantifier::none;
    QStringView name;
    bool isIfExists = false;
};

NameParts partsOf(QStringView name) {
    NameParts parts{.name = name};
    constexpr QStringView all = u"ForAllValues:", any = u"ForAnyValue:", ifExists = u"IfExists";
    if (name.startsWith(all))
        parts = {Quantifier::forAllValues, name.sliced(all.size())};
    else if (name.startsWith(any))
        parts = {Quantifier::forAnyValue, name.sliced(any.size())};
    if (parts.name.endsWith(ifExists)) {
        parts.name.chop(ifExists.size());
        parts.isIfExists = true;
    }
    return parts;
}

} // namespace

std::optional<OperatorUse> parseOperator(QStringView name) {
    const NameParts parts = partsOf(name);
    for (const ConditionOperator &op : operators)
        if (parts.name == QLatin1StringView(op.name)) {
            // Null asks for existence itself, and a key is there or not whatever number of values it has.
            const bool isPlain = !parts.isIfExists && parts.quantifier == Quantifier::none;
            if (op.type == presence && !isPlain)
                return std::nullopt;
            return OperatorUse{&op, parts.quantifier, parts.isIfExists};
        }
    return std::nullopt;
}

QString nearestOperator(QStringView name) {
    NearWord nearest(partsOf(name).name);
    for (const ConditionOperator &op : operators)
        nearest.consider(QString::fromLatin1(op.name));
    return nearest.word();
}

} // namespace nitroscope::kms
