// SPDX-License-Identifier: GPL-2.0-or-later
//
// The condition operators of IAM policies (IAM user guide, "Condition operators"), in one table.
#pragma once

#include <optional>
#include <QStringView>

namespace nitroscope::kms {

enum class ValueType { text, number, date, boolean, bytes, address, arn, presence };
enum class Relation { equal, like, less, lessOrEqual, greater, greaterOrEqual };

struct ConditionOperator {
    const char *name; // as AWS spells it
    ValueType type;
    Relation relation;
    bool isNegated;
    Qt::CaseSensitivity sensitivity; // of texts
};

// What is written before and behind its name.
enum class Quantifier { none, forAllValues, forAnyValue };

struct OperatorUse {
    const ConditionOperator *op = nullptr;
    Quantifier quantifier = Quantifier::none;
    bool isIfExists = false;
};

// "ForAllValues:StringLikeIfExists". Nothing for what AWS does not know; names are case-sensitive.
std::optional<OperatorUse> parseOperator(QStringView name);
// The operator's name that is nearest to one that nobody knows; empty when none is near.
QString nearestOperator(QStringView name);

} // namespace nitroscope::kms
