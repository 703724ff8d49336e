// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/kms/service/service.hpp"

#include "app/kms/service/call.hpp"

#include <QDateTime>
#include <QJsonArray>
#include <QJsonDocument>
#include <QUuid>

namespace nitroscope::kms {

using namespace Qt::Literals::StringLiterals;

namespace {

struct NamedOperation {
    const char *name;
    Operation operation;
};

constexpr NamedOperation named[] = {
    {"CancelKeyDeletion", operations::cancelKeyDeletion},
    {"CreateAlias", operations::createAlias},
    {"CreateKey", operations::createKey},
    {"Decrypt", operations::decrypt},
    {"DeleteAlias", operations::deleteAlias},
    {"DeriveSharedSecret", operations::deriveSharedSecret},
    {"DescribeKey", operations::describeKey},
    {"DisableKey", operations::disableKey},
    {"EnableKey", operations::enableKey},
    {"Encrypt", operations::encrypt},
    {"GenerateDataKey", operations::generateDataKey},
    {"GenerateDataKeyPair", operations::generateDataKeyPair},
    {"GenerateDataKeyWithoutPlaintext", operations::generateDataKeyWithoutPlaintext},
    {"GenerateRandom", operations::generateRandom},
    {"GetKeyPolicy", operations::getKeyPolicy},
    {"GetPublicKey", operations::getPublicKey},
    {"ListAliases", operations::listAliases},
    {"ListKeys", operations::listKeys},
    {"PutKeyPolicy", operations::putKeyPolicy},
    {"ScheduleKeyDeletion", operations::scheduleKeyDeletion},
};

// A denial spells its member with a capital letter; some errors have none.
QByteArray errorBody(const CallError &error) {
    QJsonObject body{{u"__type"_s, error.type}};
    if (!error.message.isEmpty())
        body.insert(error.type == u"AccessDeniedException" ? u"Message"_s : u"message"_s, error.message);
    return QJsonDocument(body).toJson(QJsonDocument::Compact);
}

CallAnswer failedAnswer(const CallError &error, CallRecord record) {
    record.errorType = error.type;
    record.message = error.message;
    if (!error.explanation.isEmpty())
        record.explanation += (record.explanation.isEmpty() ? u""_s : u"\n"_s) + error.explanation;
    return {error.type == u"KMSInternalException" ? 500 : 400, errorBody(error), std::move(record)};
}

CallRecord newRecord(const QString &operation, const QString &principal, qint64 now) {
    CallRecord record;
    record.id = QUuid::createUuid().toString(QUuid::WithoutBraces);
    record.operation = operation;
    record.principal = principal;
    record.time = now;
    return record;
}

// The members of CloudTrail's event that detectors look at; request members that are secrets are never in it.
QByteArray trailOf(const Call &call, const CallRecord &record) {
    QJsonObject event{
        {u"eventVersion"_s, u"1.11"_s},
        {u"eventSource"_s, u"kms.amazonaws.com"_s},
        {u"eventName"_s, record.operation},
        {u"eventTime"_s, QDateTime::fromSecsSinceEpoch(record.time, Qt::UTC).toString(Qt::ISODate)},
        {u"awsRegion"_s, call.store.region()},
        {u"requestID"_s, record.id},
        {u"sourceIPAddress"_s, call.caller.sourceIp},
        {u"userAgent"_s, call.caller.userAgent},
        {u"userIdentity"_s,
         QJsonObject{{u"arn"_s, record.principal}, {u"accountId"_s, call.caller.principal.account}}},
        {u"responseElements"_s, QJsonValue()}};
    QJsonObject parameters;
    if (!call.keyArn.isEmpty()) {
        parameters.insert(u"keyId"_s, call.keyArn);
        event.insert(u"resources"_s, QJsonArray{QJsonObject{{u"ARN"_s, call.keyArn},
                                                            {u"accountId"_s, call.store.account()},
                                                            {u"type"_s, u"AWS::KMS::Key"_s}}});
    }
    if (!call.context.empty()) {
        QJsonObject context;
        for (const auto &[name, value] : call.context)
            context.insert(name, value);
        parameters.insert(u"encryptionContext"_s, context);
    }
    event.insert(u"requestParameters"_s, parameters);
    if (!record.isGood()) {
        event.insert(u"errorCode"_s, record.errorType);
        event.insert(u"errorMessage"_s, record.message);
    }
    if (const QJsonObject recipient = call.recipientForTrail(); !recipient.isEmpty())
        event.insert(u"additionalEventData"_s, QJsonObject{{u"recipient"_s, recipient}});
    return QJsonDocument(event).toJson(QJsonDocument::Compact);
}

} // namespace

Operation operationNamed(QStringView name) {
    for (const NamedOperation &each : named)
        if (name == QLatin1StringView(each.name))
            return each.operation;
    return nullptr;
}

KmsService::KmsService(KeyStore store, ServiceSettings settings)
    : m_store(std::move(store)), m_settings(std::move(settings)) {}

CallAnswer KmsService::call(const QString &operation, const QByteArray &body, const Caller &caller,
                            qint64 now) {
    CallRecord record = newRecord(operation, caller.principal.arn, now);
    const Operation run = operationNamed(operation);
    if (!run)
        return failedAnswer({u"UnknownOperationException"_s,
                             {},
                             u"This KMS does not have the operation %1."_s.arg(operation)},
                            std::move(record));
    Call call(m_store, m_settings, caller, operation, body, now);
    const CallResult<QJsonObject> result = run(call);
    record.keyArn = call.keyArn;
    record.explanation = call.explanation();
    record.policy = call.decidedPolicy();
    record.document = call.document();
    CallAnswer answer;
    if (result)
        answer = {200,
                  result->isEmpty() ? QByteArray() : QJsonDocument(*result).toJson(QJsonDocument::Compact),
                  std::move(record)};
    else
        answer = failedAnswer(result.error(), std::move(record));
    answer.record.cloudTrail = trailOf(call, answer.record);
    return answer;
}

CallAnswer KmsService::refuse(const QString &operation, const CallError &error, const QString &principal,
                              qint64 now) const {
    return failedAnswer(error, newRecord(operation, principal, now));
}

} // namespace nitroscope::kms
