// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/kms/service/call.hpp"

#include "app/formats/document_forms/input.hpp"
#include "app/kms/explain/report.hpp"
#include "app/kms/policy/actions.hpp"
#include "app/kms/recipient/recipient.hpp"

#include <QRegularExpression>

namespace nitroscope::kms {

using namespace Qt::Literals::StringLiterals;
using Need = CallMembers::Need;
namespace attestation = formats::attestation;

Call::Call(KeyStore &theStore, const ServiceSettings &theSettings, const Caller &theCaller,
           QString theOperation, const QByteArray &body, qint64 time)
    : members(CallMembers::read(body)), store(theStore), settings(theSettings), caller(theCaller),
      operation(std::move(theOperation)), now(time) {}

void Call::readRecipient() {
    constexpr qsizetype maxDocumentBytes = 262'144;
    auto recipient = members.object(u"Recipient"_s);
    if (!recipient)
        return;
    recipient->word(u"KeyEncryptionAlgorithm"_s, Need::required, {u"RSAES_OAEP_SHA_256"_s});
    m_recipient = recipient->blob(u"AttestationDocument"_s, Need::required, maxDocumentBytes);
    members.adopt(*recipient);
}

CallResult<KmsKey *> Call::keyNamed(const QString &name) {
    const auto notFound = [](const QString &message) { return callError(u"NotFoundException"_s, message); };
    QString id = name;
    if (name.startsWith(u"arn:"_s)) {
        const auto parts = name.split(u':');
        if (parts.size() != 6 || parts[2] != u"kms")
            return notFound(u"Invalid arn %1"_s.arg(name));
        if (parts[3] != store.region() || parts[4] != store.account())
            return callError(u"NotFoundException"_s, u"Invalid arn %1"_s.arg(parts[3]),
                             u"The keys here are of the region %1 and the account %2."_s.arg(
                                 store.region(), store.account()));
        id = parts[5].startsWith(u"key/"_s) ? parts[5].sliced(4) : parts[5];
    }
    if (id.startsWith(u"alias/"_s)) {
        const auto alias = store.aliases().find(id);
        if (alias == store.aliases().end())
            return notFound(u"Alias %1 is not found."_s.arg(store.aliasArn(id)));
        requestAlias = id;
        id = alias->second;
    }
    KmsKey *key = store.key(id);
    static const QRegularExpression shape(u"^(mrk-[0-9a-f]{32}|[0-9a-f-]{36})$"_s);
    if (!key)
        return shape.match(id).hasMatch() ? notFound(u"Key '%1' does not exist"_s.arg(store.keyArn(id)))
                                          : notFound(u"Invalid keyId '%1'"_s.arg(id));
    keyArn = store.keyArn(key->id);
    return key;
}

CallResult<void> Call::requireUsable(const KmsKey &key) const {
    const QString arn = store.keyArn(key.id);
    if (key.state == KeyState::disabled)
        return callError(u"DisabledException"_s, u"%1 is disabled."_s.arg(arn));
    if (key.state == KeyState::pendingDeletion)
        return callError(u"KMSInvalidStateException"_s, u"%1 is pending deletion."_s.arg(arn));
    return {};
}

CallResult<void> Call::requireUsage(const KmsKey &key, const QString &usage) const {
    if (key.usage == usage)
        return {};
    return callError(u"InvalidKeyUsageException"_s, u"%1 key usage is %2 which is not valid for %3."_s.arg(
                                                        store.keyArn(key.id), key.usage, operation));
}

// AWS does not say which error it answers for documents; ValidationException for what is none, and a denial for one that proves nothing, are
// what others report.
CallResult<void> Call::judgeRecipient(Request &request) {
    if (!m_recipient)
        return {};
    const auto input = attestation::readInput(*m_recipient);
    m_document = attestation::decode(*m_recipient);
    if (!m_document->isReadable())
        return callError(
            u"ValidationException"_s, u"Attestation document is not valid"_s,
            input && input->encoding != attestation::Encoding::raw
                ? u"The document is encoded twice: inside of the JSON's base64 there is text. Pass its bytes."_s
                : u"The member AttestationDocument holds no COSE_Sign1 of the NSM."_s);
    attestation::VerifyOptions options;
    options.roots = settings.roots;
    options.nowSeconds = now;
    if (settings.maxDocumentAge > 0)
        options.maxAgeSeconds = settings.maxDocumentAge;
    setDocument(request, *m_document, options);
    if (request.attestation == Attestation::invalid) {
        explain(u"The attestation document is not valid. %1"_s.arg(request.attestationProblem));
        if (m_document->timestampMs)
            if (const qint64 age = now - qint64(*m_document->timestampMs / 1000);
                settings.maxDocumentAge > 0 && age > settings.maxDocumentAge)
                explain(
                    u"It is %1 s old. A machine that was stopped has a clock that stood for as long, and makes documents of that time."_s
                        .arg(age));
        return callError(u"AccessDeniedException"_s, accessDeniedMessage({}, request), {});
    }
    const QByteArray key = m_document->publicKey ? m_document->publicKey->bytes : QByteArray();
    if (const auto problem = recipientKeyProblem(key))
        return callError(u"ValidationException"_s, u"Attestation document public key is not valid"_s,
                         *problem);
    return {};
}

CallResult<void> Call::authorize(const KmsKey *key) {
    if (const auto error = members.error())
        return tl::unexpected(*error);
    Request request;
    request.caller = caller.principal;
    request.action = u"kms:"_s + operation;
    request.resource = key ? store.keyArn(key->id) : u"*"_s;
    request.account = store.account();
    setCallerKeys(request, now);
    setEncryptionContext(request, context);
    request.context.set(u"aws:RequestedRegion", store.region(), u"request"_s);
    if (!caller.sourceIp.isEmpty())
        request.context.set(u"aws:SourceIp", caller.sourceIp, u"request"_s);
    if (!caller.userAgent.isEmpty())
        request.context.set(u"aws:UserAgent", caller.userAgent, u"request"_s);
    if (!requestAlias.isEmpty())
        request.context.set(u"kms:RequestAlias", requestAlias, u"request"_s);
    for (const auto &[name, value] : m_values)
        request.context.set(name, value, u"request"_s);
    PolicySet policies;
    policies.identityPolicies = caller.identityPolicies;
    if (key) {
        request.context.set(u"kms:KeySpec", key->spec, u"key"_s);
        request.context.set(u"kms:KeyUsage", key->usage, u"key"_s);
        request.context.set(u"kms:KeyOrigin", u"AWS_KMS"_s, u"key"_s);
        if (const QStringList aliases = store.aliasesOf(key->id); !aliases.isEmpty())
            request.context.setList(u"kms:ResourceAliases", aliases, u"key"_s);
        m_policy = key->policy;
        policies.keyPolicy = NamedPolicy{u"key policy"_s, parsePolicy(m_policy)};
    }
    if (const auto judged = judgeRecipient(request); !judged)
        return judged;
    const Decision decision = evaluate(policies, request);
    explain(decisionText(decision, request).trimmed());
    if (!decision.isAllowed()) {
        QString message = accessDeniedMessage(decision, request);
        if (isKeyImplied && decision.verdict == Decision::Verdict::implicitDeny)
            message =
                u"User: %1 is not authorized to perform: %2 on the resource associated with this ciphertext because the resource does not "
                "exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access"_s
                    .arg(request.caller.arn, request.action);
        return callError(u"AccessDeniedException"_s, message);
    }
    if (members.flag(u"DryRun"_s))
        return callError(u"DryRunOperationException"_s,
                         u"The request would have succeeded, but the DryRun option is set."_s);
    return {};
}

CallResult<void> Call::addSecret(QJsonObject &answer, const QString &name, const QByteArray &secret) const {
    if (!m_recipient) {
        answer.insert(name, QString::fromLatin1(secret.toBase64()));
        return {};
    }
    QByteArray recipientKey = m_document->publicKey->bytes;
    if (settings.wrongRecipientKey) {
        const auto other = makeMaterial(*keySpec(u"RSA_2048"));
        if (other)
            recipientKey = publicKeyOf(*other);
    }
    const auto envelope = sealEnvelope(secret, recipientKey, settings.form);
    if (!envelope)
        return callError(u"ValidationException"_s, u"Attestation document public key is not valid"_s,
                         envelope.error().message);
    answer.insert(u"CiphertextForRecipient"_s, QString::fromLatin1(envelope->toBase64()));
    return {};
}

QJsonObject Call::recipientForTrail() const {
    if (!m_document)
        return {};
    QJsonObject recipient;
    const auto add = [&](const QString &name, quint64 index) {
        if (const attestation::DocumentPcr *pcr = m_document->pcr(index))
            recipient.insert(name, QString::fromLatin1(pcr->value.bytes.toHex()));
    };
    if (m_document->isNitroTpm) {
        for (const quint64 index : {4, 7, 8, 9, 16, 23})
            add(u"attestationDocumentNitroTPMPCR%1"_s.arg(index), index);
        return recipient;
    }
    recipient.insert(u"attestationDocumentModuleId"_s, m_document->moduleId.value_or(QString()));
    add(u"attestationDocumentEnclaveImageDigest"_s, 0);
    for (const quint64 index : {1, 2, 3, 4, 8})
        add(u"attestationDocumentEnclavePCR%1"_s.arg(index), index);
    return recipient;
}

CallResult<void> saved(Call &call) {
    if (const auto written = call.store.save(); !written)
        return callError(u"KMSInternalException"_s,
                         u"The key store cannot be written: %1"_s.arg(written.error().text()));
    return {};
}

} // namespace nitroscope::kms
