// SPDX-License-Identifier: GPL-2.0-or-later
//
// A policy document (IAM user guide, "Grammar of the IAM JSON policy language") with the place of each of its parts, so that a
// decision can point at what decided. Foreign text: parsePolicy() takes any bytes; what KMS would refuse as
// malformed is in `faults`.
#pragma once

#include "app/formats/json/json_value.hpp"
#include "app/kms/policy/operators.hpp"
#include "app/kms/policy/principal.hpp"

#include <QByteArray>
#include <QString>
#include <vector>

namespace nitroscope::kms {

using formats::TextPlace;

struct PolicyText {
    QString text;
    TextPlace place;
};

struct Condition {
    OperatorUse use;
    QString operatorName; // as it is written
    QString key;          // as it is written
    QString lookupKey;    // the same, lower case
    TextPlace place;      // of the key
    std::vector<PolicyText> values;
};

struct Statement {
    enum class Effect { allow, deny };
    // An element and its Not form; neither: the statement has none of them.
    enum class Form { absent, plain, negated };

    QString sid;
    int number = 0; // from 1
    TextPlace place;
    Effect effect = Effect::deny;
    Form principalForm = Form::absent, actionForm = Form::absent, resourceForm = Form::absent;
    struct Named {
        PolicyPrincipal principal;
        TextPlace place;
    };
    std::vector<Named> principals;
    std::vector<PolicyText> actions, resources;
    std::vector<Condition> conditions;

    // "statement 2", "statement 2 (\"AllowEnclave\")"
    QString title() const;
};

struct PolicyFault {
    QString message;
    TextPlace place;
};

struct Policy {
    QString version; // empty when it has none, which means 2008-10-17
    QString id;
    std::vector<Statement> statements;
    std::vector<PolicyFault> faults; // at most maxFaults

    bool isMalformed() const { return !faults.empty(); }
    // ${…} means something.
    bool hasVariables() const { return version == u"2012-10-17"; }
    static constexpr size_t maxFaults = 50;
};

// KMS itself takes 32 KiB.
inline constexpr qsizetype maxPolicyBytes = 131'072;

Policy parsePolicy(const QByteArray &json);
// The first fault as an error, "malformed-policy", with line and column in its sentence.
app::Error malformedPolicy(const Policy &policy);

// "line 3, column 7"
QString placeText(TextPlace place);

} // namespace nitroscope::kms
