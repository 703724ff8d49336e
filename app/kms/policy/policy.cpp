// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/kms/policy/policy.hpp"

#include "app/core/output/visible_text.hpp"

#include <QSet>

namespace nitroscope::kms {

using namespace Qt::Literals::StringLiterals;

using formats::JsonValue;

namespace {

class PolicyReader {
public:
    explicit PolicyReader(const QByteArray &json) : m_places(json) {}

    Policy read(const JsonValue &root) {
        if (!root.isObject()) {
            fault(root, u"A policy is a JSON object."_s);
            return std::move(m_policy);
        }
        checkNames(root, {u"Version"_s, u"Id"_s, u"Statement"_s}, u"a policy"_s);
        if (const JsonValue *version = root.member(u"Version")) {
            m_policy.version = textOf(*version);
            if (m_policy.version != u"2012-10-17" && m_policy.version != u"2008-10-17")
                fault(*version, u"Version is the language's, 2012-10-17 or 2008-10-17."_s);
        }
        if (const JsonValue *id = root.member(u"Id"))
            m_policy.id = textOf(*id);
        const JsonValue *statements = root.member(u"Statement");
        if (!statements)
            fault(root, u"A policy needs a Statement."_s);
        else if (statements->isArray())
            for (const JsonValue &each : statements->items)
                readStatement(each);
        else
            readStatement(*statements);
        return std::move(m_policy);
    }

private:
    TextPlace placeOf(const JsonValue &value) const {
        return m_places.at(value.nameRange.isEmpty() ? value.range.offset : value.nameRange.offset);
    }

    void fault(const JsonValue &at, const QString &message) {
        if (m_policy.faults.size() < Policy::maxFaults)
            m_policy.faults.push_back({message, placeOf(at)});
    }

    QString textOf(const JsonValue &value) {
        if (!value.isText())
            fault(value, u"%1 is a text."_s.arg(value.name));
        return value.isText() ? value.text : QString();
    }

    void checkNames(const JsonValue &object, const QSet<QString> &known, const QString &what) {
        QSet<QString> seen;
        for (const JsonValue &member : object.items) {
            if (!known.contains(member.name))
                fault(member, u"%1 is no element of %2."_s.arg(app::visibleText(member.name), what));
            else if (seen.contains(member.name))
                fault(member, u"%1 stands here a second time; AWS takes only one."_s.arg(member.name));
            seen.insert(member.name);
        }
    }

    // A text or a list of texts; condition values may be numbers and booleans, too.
    enum class Scalars { texts, any };
    std::vector<PolicyText> textsOf(const JsonValue &value, Scalars scalars) {
        std::vector<PolicyText> texts;
        const auto take = [&](const JsonValue &each) {
            const bool isScalar =
                each.kind == JsonValue::Kind::number || each.kind == JsonValue::Kind::boolean;
            if (each.isText() || (isScalar && scalars == Scalars::any))
                texts.push_back({each.text, m_places.at(each.range.offset)});
            else
                fault(each, u"A text is expected here."_s);
        };
        if (value.isArray())
            for (const JsonValue &each : value.items)
                take(each);
        else
            take(value);
        return texts;
    }

    void readStatement(const JsonValue &value) {
        Statement statement;
        statement.number = int(m_policy.statements.size()) + 1;
        statement.place = placeOf(value);
        if (!value.isObject())
            return fault(value, u"A statement is a JSON object."_s);
        checkNames(value,
                   {u"Sid"_s, u"Effect"_s, u"Principal"_s, u"NotPrincipal"_s, u"Action"_s, u"NotAction"_s,
                    u"Resource"_s, u"NotResource"_s, u"Condition"_s},
                   u"a statement"_s);
        if (const JsonValue *sid = value.member(u"Sid"))
            statement.sid = textOf(*sid);
        readEffect(value, statement);
        statement.principalForm = readElement(
            value, u"Principal"_s, [&](const JsonValue &element) { readPrincipals(element, statement); });
        statement.actionForm = readElement(value, u"Action"_s, [&](const JsonValue &element) {
            statement.actions = textsOf(element, Scalars::texts);
        });
        statement.resourceForm = readElement(value, u"Resource"_s, [&](const JsonValue &element) {
            statement.resources = textsOf(element, Scalars::texts);
        });
        if (statement.principalForm == Statement::Form::negated &&
            statement.effect == Statement::Effect::allow)
            fault(*value.member(u"NotPrincipal"), u"NotPrincipal goes with Deny only."_s);
        if (const JsonValue *conditions = value.member(u"Condition"))
            readConditions(*conditions, statement);
        m_policy.statements.push_back(std::move(statement));
    }

    void readEffect(const JsonValue &value, Statement &statement) {
        const JsonValue *effect = value.member(u"Effect");
        if (effect && effect->text == u"Allow")
            statement.effect = Statement::Effect::allow;
        else if (!effect || effect->text != u"Deny")
            fault(effect ? *effect : value, u"A statement needs an Effect, Allow or Deny."_s);
    }

    // NAME or NotNAME, not both.
    template <class Read>
    Statement::Form readElement(const JsonValue &value, const QString &name, const Read &read) {
        const JsonValue *plain = value.member(name), *negated = value.member(u"Not"_s + name);
        if (plain && negated)
            fault(*negated, u"A statement has %1 or Not%1, not both."_s.arg(name));
        if (!plain && !negated)
            return Statement::Form::absent;
        read(plain ? *plain : *negated);
        return plain ? Statement::Form::plain : Statement::Form::negated;
    }

    void readPrincipals(const JsonValue &element, Statement &statement) {
        if (element.isText()) {
            if (element.text != u"*")
                return fault(element, u"A principal is \"*\" or an object such as {\"AWS\": \"arn:…\"}."_s);
            statement.principals.push_back({{PolicyPrincipal::Type::aws, element.text}, placeOf(element)});
            return;
        }
        if (!element.isObject() || element.items.empty())
            return fault(element, u"A principal is \"*\" or an object such as {\"AWS\": \"arn:…\"}."_s);
        for (const JsonValue &member : element.items) {
            const auto type = principalType(member.name);
            if (!type) {
                fault(member,
                      u"%1 is no kind of principal; AWS, Service, Federated and CanonicalUser are."_s.arg(
                          app::visibleText(member.name)));
                continue;
            }
            for (const PolicyText &each : textsOf(member, Scalars::texts)) {
                statement.principals.push_back({{*type, each.text}, each.place});
                if (each.text.contains(u'*') && each.text.size() > 1 &&
                    m_policy.faults.size() < Policy::maxFaults)
                    m_policy.faults.push_back(
                        {u"A principal has no wildcards inside; name all of them, or use \"*\" with a condition on "
                         "aws:PrincipalArn."_s,
                         each.place});
            }
        }
    }

    static std::optional<PolicyPrincipal::Type> principalType(const QString &name) {
        using enum PolicyPrincipal::Type;
        if (name == u"AWS")
            return aws;
        if (name == u"Service")
            return service;
        if (name == u"Federated")
            return federated;
        if (name == u"CanonicalUser")
            return canonicalUser;
        return std::nullopt;
    }

    void readConditions(const JsonValue &element, Statement &statement) {
        if (!element.isObject())
            return fault(element, u"Condition is an object of operators."_s);
        QSet<QString> seen;
        for (const JsonValue &each : element.items) {
            const auto use = parseOperator(each.name);
            if (!use) {
                const QString near = nearestOperator(each.name);
                fault(each, u"%1 is no condition operator%2."_s.arg(
                                app::visibleText(each.name),
                                near.isEmpty() ? QString() : u"; did you mean %1?"_s.arg(near)));
                continue;
            }
            if (seen.contains(each.name))
                fault(each,
                      u"The operator %1 stands here a second time; AWS takes only one, with all its keys."_s
                          .arg(each.name));
            seen.insert(each.name);
            readKeys(each, *use, statement);
        }
    }

    void readKeys(const JsonValue &element, const OperatorUse &use, Statement &statement) {
        if (!element.isObject())
            return fault(element, u"A condition operator has an object of keys and values."_s);
        QSet<QString> seen;
        for (const JsonValue &each : element.items) {
            Condition condition{.use = use,
                                .operatorName = element.name,
                                .key = each.name,
                                .lookupKey = each.name.toLower(),
                                .place = placeOf(each),
                                .values = textsOf(each, Scalars::any)};
            if (seen.contains(condition.lookupKey))
                fault(each,
                      u"The key %1 stands under this operator a second time; give one key a list of values."_s
                          .arg(app::visibleText(each.name)));
            seen.insert(condition.lookupKey);
            statement.conditions.push_back(std::move(condition));
        }
    }

    formats::TextPlaces m_places;
    Policy m_policy;
};

} // namespace

QString placeText(TextPlace place) {
    return u"line %1, column %2"_s.arg(place.line).arg(place.column);
}

QString Statement::title() const {
    const QString name = u"statement %1"_s.arg(number);
    return sid.isEmpty() ? name : u"%1 (\"%2\")"_s.arg(name, app::visibleText(sid));
}

Policy parsePolicy(const QByteArray &json) {
    Policy policy;
    if (json.size() > maxPolicyBytes) {
        policy.faults.push_back({u"A policy has at most %1 bytes."_s.arg(maxPolicyBytes), {1, 1}});
        return policy;
    }
    const formats::JsonReading reading = formats::readJson(json);
    if (reading.fault) {
        policy.faults.push_back(
            {reading.fault->message, formats::TextPlaces(json).at(reading.fault->offset.value_or(0))});
        return policy;
    }
    return PolicyReader(json).read(reading.root);
}

app::Error malformedPolicy(const Policy &policy) {
    const PolicyFault &fault = policy.faults.front();
    return {u"malformed-policy"_s, u"%1: %2"_s.arg(placeText(fault.place), fault.message), {}, {}};
}

} // namespace nitroscope::kms
