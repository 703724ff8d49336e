// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/kms/policy/request.hpp"

#include "app/kms/policy/actions.hpp"
#include "app/kms/policy/condition_keys.hpp"

#include <QDateTime>

namespace nitroscope::kms {

using namespace Qt::Literals::StringLiterals;

void RequestContext::set(QStringView key, const QString &value, const QString &origin) {
    m_values[key.toString().toLower()] = {{value}, false, origin};
}

void RequestContext::setList(QStringView key, const QStringList &values, const QString &origin) {
    m_values[key.toString().toLower()] = {values, true, origin};
}

const FoundValue *RequestContext::find(const QString &lookupKey) const {
    const auto found = m_values.find(lookupKey);
    return found == m_values.end() ? nullptr : &found->second;
}

namespace {

QString typeOf(Principal::Kind kind) {
    switch (kind) {
    case Principal::Kind::session:
        return u"AssumedRole"_s;
    case Principal::Kind::user:
        return u"User"_s;
    case Principal::Kind::federatedUser:
        return u"FederatedUser"_s;
    case Principal::Kind::root:
        return u"Account"_s;
    case Principal::Kind::service:
        break;
    }
    return u"Service"_s;
}

} // namespace

void setCallerKeys(Request &request, qint64 now) {
    RequestContext &context = request.context;
    const Principal &caller = request.caller;
    const QString identity = u"identity"_s, clock = u"clock"_s, call = u"request"_s;
    const bool isService = caller.kind == Principal::Kind::service;
    if (!isService) {
        context.set(u"aws:PrincipalArn", caller.principalArn(), identity);
        context.set(u"aws:PrincipalAccount", caller.account, identity);
        context.set(u"kms:CallerAccount", caller.account, identity);
    }
    if (caller.kind == Principal::Kind::user)
        context.set(u"aws:username", caller.name, identity);
    context.set(u"aws:PrincipalType", typeOf(caller.kind), identity);
    context.set(u"aws:PrincipalIsAWSService", isService ? u"true"_s : u"false"_s, identity);
    context.set(u"aws:ViaAWSService", u"false"_s, call);
    context.set(u"aws:SecureTransport", u"true"_s, call);
    context.set(u"aws:CurrentTime", QDateTime::fromSecsSinceEpoch(now, Qt::UTC).toString(Qt::ISODate), clock);
    context.set(u"aws:EpochTime", QString::number(now), clock);
    if (!request.account.isEmpty())
        context.set(u"aws:ResourceAccount", request.account, u"key"_s);
    if (const auto parts = request.resource.split(u':'); parts.size() > 4)
        context.set(u"aws:RequestedRegion", parts[3], call);
}

void setAttestationKeys(Request &request, const std::map<quint64, QByteArray> &pcrs, const QString &origin) {
    const KmsAction *action = kmsAction(request.action);
    if (!action || !action->takesDocument)
        return;
    for (const auto &[index, value] : pcrs) {
        const QString hex = QString::fromLatin1(value.toHex());
        const QString from = u"%1, PCR%2"_s.arg(origin).arg(index);
        const QString name = request.isNitroTpm ? u"NitroTPMPCR%1"_s.arg(index) : u"PCR%1"_s.arg(index);
        request.context.set(attestationName(name), hex, from);
        if (index == 0 && !request.isNitroTpm)
            request.context.set(attestationName(u"ImageSha384"_s), hex, from);
    }
}

void setEncryptionContext(Request &request, const std::map<QString, QString> &context) {
    const KmsAction *action = kmsAction(request.action);
    if (context.empty() || !action || !action->takesContext)
        return;
    QStringList names;
    for (const auto &[name, value] : context) {
        request.context.set(QString(u"kms:EncryptionContext:"_s + name), value, u"request"_s);
        names << name;
    }
    request.context.setList(u"kms:EncryptionContextKeys", names, u"request"_s);
}

} // namespace nitroscope::kms
