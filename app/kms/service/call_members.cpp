// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/kms/service/call_members.hpp"

#include <cmath>
#include <QJsonDocument>

namespace nitroscope::kms {

using namespace Qt::Literals::StringLiterals;

namespace {

constexpr qsizetype maxContextPairs = 1000;

// As AWS's sentences name members: the first letter small.
QString inSentence(const QString &name) {
    return name.isEmpty() ? name : name.first(1).toLower() + name.sliced(1);
}

} // namespace

CallMembers CallMembers::read(const QByteArray &body) {
    CallMembers members;
    QJsonParseError problem;
    const QJsonDocument document = QJsonDocument::fromJson(body, &problem);
    if (problem.error != QJsonParseError::NoError)
        members.m_unreadable =
            u"The body is no JSON: %1 (at byte %2)."_s.arg(problem.errorString()).arg(problem.offset);
    else if (!document.isObject())
        members.m_unreadable = u"The body is no JSON object."_s;
    members.m_object = document.object();
    return members;
}

void CallMembers::violate(const QString &value, const QString &name, const QString &constraint) {
    m_violations << u"Value %1 at '%2' failed to satisfy constraint: Member must %3"_s.arg(
        value, m_prefix + inSentence(name), constraint);
}

void CallMembers::misread(const QString &name, const QString &expected) {
    if (m_unreadable.isEmpty())
        m_unreadable = u"%1 is not %2."_s.arg(m_prefix + name, expected);
}

std::optional<QString> CallMembers::text(const QString &name, Need need, qsizetype maxLength) {
    if (!has(name)) {
        if (need == Need::required)
            violate(u"null"_s, name, u"not be null"_s);
        return std::nullopt;
    }
    const QJsonValue value = m_object.value(name);
    if (!value.isString()) {
        misread(name, u"a text"_s);
        return std::nullopt;
    }
    const QString text = value.toString();
    constexpr qsizetype maxQuoted = 100;
    if (text.isEmpty() || text.size() > maxLength)
        violate(u"'%1'"_s.arg(text.left(maxQuoted)), name,
                text.isEmpty() ? u"have length greater than or equal to 1"_s
                               : u"have length less than or equal to %1"_s.arg(maxLength));
    return text;
}

std::optional<QString> CallMembers::word(const QString &name, Need need, const QStringList &allowed) {
    const auto value = text(name, need);
    if (value && !value->isEmpty() && !allowed.contains(*value))
        violate(u"'%1'"_s.arg(value->left(100)), name,
                u"satisfy enum value set: [%1]"_s.arg(allowed.join(u", "_s)));
    return value;
}

std::optional<QByteArray> CallMembers::blob(const QString &name, Need need, qsizetype maxBytes) {
    if (!has(name)) {
        if (need == Need::required)
            violate(u"null"_s, name, u"not be null"_s);
        return std::nullopt;
    }
    const QJsonValue value = m_object.value(name);
    const auto decoded = QByteArray::fromBase64Encoding(
        value.toString().toLatin1(), QByteArray::Base64Encoding | QByteArray::AbortOnBase64DecodingErrors);
    if (!value.isString() || !decoded) {
        misread(name, u"base64"_s);
        return std::nullopt;
    }
    const QByteArray bytes = *decoded;
    if (bytes.isEmpty() || bytes.size() > maxBytes)
        violate(u"'java.nio.HeapByteBuffer[pos=0 lim=%1 cap=%1]'"_s.arg(bytes.size()), name,
                bytes.isEmpty() ? u"have length greater than or equal to 1"_s
                                : u"have length less than or equal to %1"_s.arg(maxBytes));
    return bytes;
}

std::optional<int> CallMembers::number(const QString &name, Need need, int min, int max) {
    if (!has(name)) {
        if (need == Need::required)
            violate(u"null"_s, name, u"not be null"_s);
        return std::nullopt;
    }
    const double value = m_object.value(name).toDouble(std::nan(""));
    if (std::isnan(value) || value != std::floor(value) || std::abs(value) > 1e9) {
        misread(name, u"a whole number"_s);
        return std::nullopt;
    }
    const int number = int(value);
    if (number < min || number > max)
        violate(u"'%1'"_s.arg(number), name,
                number < min ? u"have value greater than or equal to %1"_s.arg(min)
                             : u"have value less than or equal to %1"_s.arg(max));
    return number;
}

bool CallMembers::flag(const QString &name) {
    if (has(name) && !m_object.value(name).isBool())
        misread(name, u"true or false"_s);
    return m_object.value(name).toBool();
}

EncryptionContext CallMembers::context(const QString &name) {
    EncryptionContext context;
    if (!has(name))
        return context;
    const QJsonObject object = m_object.value(name).toObject();
    if (!m_object.value(name).isObject() || object.size() > maxContextPairs)
        misread(name, u"an object of texts"_s);
    for (auto pair = object.begin(); pair != object.end(); ++pair) {
        if (!pair.value().isString())
            misread(name, u"an object of texts"_s);
        context[pair.key()] = pair.value().toString();
    }
    return context;
}

std::optional<CallMembers> CallMembers::object(const QString &name) {
    if (!has(name))
        return std::nullopt;
    if (!m_object.value(name).isObject()) {
        misread(name, u"an object"_s);
        return std::nullopt;
    }
    CallMembers inner;
    inner.m_object = m_object.value(name).toObject();
    inner.m_prefix = inSentence(name) + u'.';
    return inner;
}

void CallMembers::adopt(const CallMembers &inner) {
    m_violations += inner.m_violations;
    if (m_unreadable.isEmpty())
        m_unreadable = inner.m_unreadable;
}

std::optional<CallError> CallMembers::error() const {
    if (!m_unreadable.isEmpty())
        return CallError{u"SerializationException"_s, {}, m_unreadable};
    if (m_violations.isEmpty())
        return std::nullopt;
    return CallError{u"ValidationException"_s,
                     u"%1 validation error%2 detected: %3"_s.arg(m_violations.size())
                         .arg(m_violations.size() == 1 ? QString() : u"s"_s, m_violations.join(u"; "_s)),
                     {}};
}

} // namespace nitroscope::kms
