// SPDX-License-Identifier: GPL-2.0-or-later
//
// Policies and calls for tests, in few words.
#pragma once

#include "app/kms/policy/evaluate.hpp"

#include <QtTest>

namespace nitroscope::test {

using namespace Qt::Literals::StringLiterals;

inline constexpr auto keyArn = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
inline constexpr auto roleArn = "arn:aws:iam::111122223333:role/enclave";

// JSON with readable quotes.
inline QByteArray quoted(const QByteArray &text) {
    return QByteArray(text).replace('\'', '"');
}

inline QByteArray policyOf(const QByteArray &statements, const char *version = "2012-10-17") {
    return quoted("{'Version': '" + QByteArray(version) + "', 'Statement': [" + statements + "]}");
}

// Allow for everybody and everything under a condition.
inline QByteArray allowIf(const QByteArray &condition) {
    return "{'Effect': 'Allow', 'Principal': '*', 'Action': 'kms:*', 'Resource': '*', 'Condition': " +
           condition + "}";
}

inline kms::NamedPolicy named(const QByteArray &json, const QString &name = u"key policy"_s) {
    return {name, kms::parsePolicy(json)};
}

inline kms::Request requestOf(const QString &action = u"kms:Decrypt"_s, const char *caller = roleArn) {
    kms::Request request;
    request.caller = kms::parsePrincipal(QString::fromLatin1(caller)).value();
    request.action = action;
    request.resource = QString::fromLatin1(keyArn);
    request.account = u"111122223333"_s;
    return request;
}

} // namespace nitroscope::test
