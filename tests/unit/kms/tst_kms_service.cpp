// SPDX-License-Identifier: GPL-2.0-or-later
//
// KMS's operations: answers and errors with AWS's words, policies decided on real documents, envelopes that the enclave's key opens, and a store that
// keeps what it was given.
#include "app/kms/service/service.hpp"
#include "policy_maker.hpp"
#include "rsa_keys.hpp"
#include "tests/support/documents/document_maker.hpp"

#include <QCryptographicHash>
#include <QJsonArray>
#include <QJsonDocument>

using namespace nitroscope;
using namespace nitroscope::kms;
using namespace nitroscope::test;

namespace {

constexpr qint64 now = DocumentMaker::issuedAt;

QByteArray document(const QByteArray &publicKey, const DocumentMaker &maker) {
    DocumentMaker &changed = const_cast<DocumentMaker &>(maker);
    changed.field("public_key").cbor =
        publicKey.isEmpty() ? QByteArray("\xf6") : DocumentMaker::bytes(publicKey);
    return changed.document();
}

QString base64(const QByteArray &bytes) {
    return QString::fromLatin1(bytes.toBase64());
}

// A guarded key: the root administers and encrypts, the role decrypts in the image of the maker's documents (PCR0 is 48 times 'a').
QByteArray guarded() {
    const QByteArray pcr0 = QByteArray(48, 'a').toHex();
    return policyOf(
        "{'Effect':'Allow','Principal':{'AWS':'arn:aws:iam::111122223333:root'},'Action':['kms:Encrypt','kms:PutKeyPolicy','kms:GetKeyPolicy',"
        "'kms:DescribeKey','kms:DisableKey','kms:EnableKey','kms:ScheduleKeyDeletion','kms:CancelKeyDeletion','kms:CreateAlias','kms:DeleteAlias',"
        "'kms:GetPublicKey'],'Resource':'*'},"
        "{'Sid':'Enclave','Effect':'Allow','Principal':{'AWS':'arn:aws:iam::111122223333:role/enclave'},'Action':['kms:Decrypt','kms:GenerateDataKey*',"
        "'kms:DeriveSharedSecret'],'Resource':'*','Condition':{'StringEqualsIgnoreCase':{'kms:RecipientAttestation:ImageSha384':'" +
        pcr0 + "'}}}");
}

Caller callerOf(const char *arn) {
    Caller caller;
    caller.principal = parsePrincipal(QString::fromLatin1(arn)).value();
    caller.identityPolicies.push_back(
        named(policyOf("{'Effect':'Allow','Action':'*','Resource':'*'}"), u"identity"_s));
    return caller;
}

} // namespace

class TestKmsService : public QObject {
    Q_OBJECT
    DocumentMaker m_maker, m_stranger;
    std::unique_ptr<KmsService> m_service;
    QString m_key;

    ServiceSettings settings() const {
        const QByteArray der = m_maker.rootDer();
        return {{{u"test root"_s, QCryptographicHash::hash(der, QCryptographicHash::Sha256), der}},
                300,
                {},
                false};
    }

    CallAnswer call(const char *operation, const QJsonObject &members, const char *caller = roleArn,
                    qint64 at = now) {
        return m_service->call(QString::fromLatin1(operation), QJsonDocument(members).toJson(),
                               callerOf(caller), at);
    }
    static QJsonObject json(const CallAnswer &answer) {
        return QJsonDocument::fromJson(answer.body).object();
    }
    static QByteArray bytes(const CallAnswer &answer, const QString &name) {
        return QByteArray::fromBase64(json(answer).value(name).toString().toLatin1());
    }

    QJsonObject recipient(const QByteArray &publicKey = rsa2048().publicDer) const {
        return {{u"KeyEncryptionAlgorithm"_s, u"RSAES_OAEP_SHA_256"_s},
                {u"AttestationDocument"_s, base64(document(publicKey, m_maker))}};
    }

    QByteArray opened(const CallAnswer &answer) const {
        const auto reading = readEnvelope(bytes(answer, u"CiphertextForRecipient"_s));
        return reading.parts ? openEnvelope(*reading.parts, rsa2048().privateDer).value_or(QByteArray())
                             : QByteArray();
    }

    QString encrypted(const QByteArray &plaintext, const QJsonObject &context = {}) {
        return json(call("Encrypt", {{u"KeyId"_s, m_key},
                                     {u"Plaintext"_s, base64(plaintext)},
                                     {u"EncryptionContext"_s, context}}))
            .value(u"CiphertextBlob"_s)
            .toString();
    }

private slots:
    void init() {
        m_service = std::make_unique<KmsService>(KeyStore(u"us-east-1"_s, u"111122223333"_s), settings());
        const CallAnswer made =
            call("CreateKey", {{u"Policy"_s, QString::fromUtf8(guarded())}, {u"Description"_s, u"test"_s}});
        QCOMPARE(made.status, 200);
        m_key = json(made).value(u"KeyMetadata"_s).toObject().value(u"KeyId"_s).toString();
        QCOMPARE(m_key.size(), 36);
    }

    void decrypt_attested_isForTheEnclaveOnly() {
        const QString blob = encrypted("secret", {{u"a"_s, u"b"_s}});
        const CallAnswer answer = call("Decrypt", {{u"CiphertextBlob"_s, blob},
                                                   {u"EncryptionContext"_s, QJsonObject{{u"a"_s, u"b"_s}}},
                                                   {u"Recipient"_s, recipient()}});
        QVERIFY2(answer.status == 200, answer.body + answer.record.explanation.toUtf8());
        QCOMPARE(opened(answer), QByteArray("secret"));
        QVERIFY(!json(answer).contains(u"Plaintext"_s)); // its null would make kmstool fail
        QVERIFY(!json(answer).contains(u"KeyMaterialId"_s));
        QCOMPARE(json(answer).value(u"KeyId"_s).toString(), m_service->store().keyArn(m_key));
        QVERIFY(answer.record.explanation.contains(
            u"✓ StringEqualsIgnoreCase kms:RecipientAttestation:ImageSha384"_s));
        QVERIFY(answer.record.cloudTrail.contains(QByteArray(48, 'a').toHex()));
        QVERIFY(!answer.record.cloudTrail.contains("secret") &&
                !answer.record.explanation.contains(u"secret"_s));
    }

    void decrypt_unattested_isDeniedAndExplained() {
        const CallAnswer answer = call("Decrypt", {{u"CiphertextBlob"_s, encrypted("secret")}});
        QCOMPARE(answer.status, 400);
        QCOMPARE(json(answer).value(u"__type"_s).toString(), u"AccessDeniedException"_s);
        QVERIFY(
            json(answer)
                .value(u"Message"_s)
                .toString()
                .contains(
                    u"on the resource associated with this ciphertext because the resource does not exist in this Region"_s));
        QVERIFY(answer.record.explanation.contains(u"The call has no attestation document (Recipient)."_s));
        const CallAnswer withKey =
            call("Decrypt", {{u"CiphertextBlob"_s, encrypted("secret")}, {u"KeyId"_s, m_key}});
        QVERIFY(json(withKey)
                    .value(u"Message"_s)
                    .toString()
                    .endsWith(u"because no resource-based policy allows the kms:Decrypt action"_s));
    }

    void decrypt_documentsThatProveNothing_areRefused_data() {
        QTest::addColumn<int>("fault");
        QTest::addColumn<QString>("type");
        QTest::addColumn<QString>("explanation");
        QTest::newRow("stale") << 0 << u"AccessDeniedException"_s << u"A machine that was stopped"_s;
        QTest::newRow("another root") << 1 << u"AccessDeniedException"_s << u"not valid"_s;
        QTest::newRow("no public key") << 2 << u"ValidationException"_s << u"has no public key"_s;
        QTest::newRow("PEM key") << 3 << u"ValidationException"_s << u"PEM"_s;
        QTest::newRow("noise") << 4 << u"ValidationException"_s << u"COSE_Sign1"_s;
        QTest::newRow("base64 twice") << 5 << u"ValidationException"_s << u"encoded twice"_s;
        QTest::newRow("changed") << 6 << u"AccessDeniedException"_s << u"not valid"_s;
    }
    void decrypt_documentsThatProveNothing_areRefused() {
        QFETCH(int, fault);
        QFETCH(QString, type);
        QFETCH(QString, explanation);
        const QString blob = encrypted("secret");
        QByteArray bad = document(fault == 2   ? QByteArray()
                                  : fault == 3 ? QByteArray("-----BEGIN PUBLIC KEY-----")
                                               : rsa2048().publicDer,
                                  fault == 1 ? m_stranger : m_maker);
        if (fault == 4)
            bad = "noise";
        if (fault == 5)
            bad = bad.toBase64();
        if (fault == 6)
            bad[bad.size() - 1] = char(bad.back() ^ 1);
        const QJsonObject wrapped{{u"KeyEncryptionAlgorithm"_s, u"RSAES_OAEP_SHA_256"_s},
                                  {u"AttestationDocument"_s, base64(bad)}};
        const CallAnswer answer = call("Decrypt", {{u"CiphertextBlob"_s, blob}, {u"Recipient"_s, wrapped}},
                                       roleArn, fault == 0 ? now + 412 : now);
        QCOMPARE(json(answer).value(u"__type"_s).toString(), type);
        QVERIFY2(answer.record.explanation.contains(explanation), qPrintable(answer.record.explanation));
        QVERIFY(!answer.body.contains("CiphertextForRecipient"));
    }

    void operations_withRecipient_sealTheirSecret() {
        const QJsonObject key{
            {u"KeyId"_s, m_key}, {u"KeySpec"_s, u"AES_256"_s}, {u"Recipient"_s, recipient()}};
        const CallAnswer dataKey = call("GenerateDataKey", key);
        QVERIFY2(dataKey.status == 200, dataKey.body);
        QCOMPARE(opened(dataKey).size(), 32);
        QCOMPARE(bytes(dataKey, u"CiphertextBlob"_s).size(), 184); // as AWS's
        QVERIFY(json(dataKey).value(u"CiphertextBlob"_s).toString().startsWith(u"AQICAH"_s));
        const CallAnswer pair = call(
            "GenerateDataKeyPair",
            {{u"KeyId"_s, m_key}, {u"KeyPairSpec"_s, u"ECC_NIST_P256"_s}, {u"Recipient"_s, recipient()}});
        QVERIFY2(pair.status == 200, pair.body);
        QCOMPARE(publicKeyOf(opened(pair)), bytes(pair, u"PublicKey"_s));
        QVERIFY(!json(pair).contains(u"PrivateKeyPlaintext"_s));
        const CallAnswer random =
            call("GenerateRandom", {{u"NumberOfBytes"_s, 100}, {u"Recipient"_s, recipient()}});
        QCOMPARE(opened(random).size(), 100);
    }

    void dataKey_plaintextAndCiphertext_agree() {
        call(
            "PutKeyPolicy",
            {{u"KeyId"_s, m_key},
             {u"Policy"_s,
              QString::fromUtf8(policyOf(
                  "{'Effect':'Allow','Principal':{'AWS':'111122223333'},'Action':'kms:*','Resource':'*'}"))}});
        const CallAnswer made = call("GenerateDataKey", {{u"KeyId"_s, m_key}, {u"NumberOfBytes"_s, 24}});
        QVERIFY2(made.status == 200, made.body);
        QCOMPARE(bytes(made, u"Plaintext"_s).size(), 24);
        const CallAnswer again =
            call("Decrypt", {{u"CiphertextBlob"_s, json(made).value(u"CiphertextBlob"_s)}});
        QCOMPARE(bytes(again, u"Plaintext"_s), bytes(made, u"Plaintext"_s));
        QCOMPARE(json(again).value(u"KeyMaterialId"_s).toString().size(), 64);
        QVERIFY(!json(call("GenerateDataKeyWithoutPlaintext",
                           {{u"KeyId"_s, m_key}, {u"KeySpec"_s, u"AES_128"_s}}))
                     .contains(u"Plaintext"_s));
    }

    void agreement_bothSides_haveTheSameSecret() {
        const CallAnswer made =
            call("CreateKey", {{u"KeySpec"_s, u"ECC_NIST_P256"_s}, {u"KeyUsage"_s, u"KEY_AGREEMENT"_s}});
        QVERIFY2(made.status == 200, made.body);
        const QString id = json(made).value(u"KeyMetadata"_s).toObject().value(u"KeyId"_s).toString();
        const QByteArray own = makeMaterial(*keySpec(u"ECC_NIST_P256")).value();
        const CallAnswer derived = call("DeriveSharedSecret", {{u"KeyId"_s, id},
                                                               {u"KeyAgreementAlgorithm"_s, u"ECDH"_s},
                                                               {u"PublicKey"_s, base64(publicKeyOf(own))},
                                                               {u"Recipient"_s, recipient()}});
        QVERIFY2(derived.status == 200, derived.body);
        const QByteArray publicKey = bytes(call("GetPublicKey", {{u"KeyId"_s, id}}), u"PublicKey"_s);
        QCOMPARE(opened(derived), sharedSecret(own, publicKey).value());
        const CallAnswer wrong = call("DeriveSharedSecret", {{u"KeyId"_s, id},
                                                             {u"KeyAgreementAlgorithm"_s, u"ECDH"_s},
                                                             {u"PublicKey"_s, base64(rsa2048().publicDer)}});
        QCOMPARE(json(wrong).value(u"__type"_s).toString(), u"ValidationException"_s);
    }

    void rsaKey_encryptsAndDecrypts() {
        const CallAnswer made = call("CreateKey", {{u"KeySpec"_s, u"RSA_2048"_s}});
        const QString id = json(made).value(u"KeyMetadata"_s).toObject().value(u"KeyId"_s).toString();
        const CallAnswer blob = call("Encrypt", {{u"KeyId"_s, id},
                                                 {u"Plaintext"_s, base64("x")},
                                                 {u"EncryptionAlgorithm"_s, u"RSAES_OAEP_SHA_256"_s}});
        QCOMPARE(bytes(blob, u"CiphertextBlob"_s).size(), 256);
        const QJsonValue text = json(blob).value(u"CiphertextBlob"_s);
        const CallAnswer opened = call("Decrypt", {{u"KeyId"_s, id},
                                                   {u"CiphertextBlob"_s, text},
                                                   {u"EncryptionAlgorithm"_s, u"RSAES_OAEP_SHA_256"_s}});
        QCOMPARE(bytes(opened, u"Plaintext"_s), QByteArray("x"));
        const CallAnswer without = call("Decrypt", {{u"CiphertextBlob"_s, text}});
        QCOMPARE(without.body, QByteArray(R"({"__type":"InvalidCiphertextException"})"));
        QVERIFY(without.record.explanation.contains(u"pass KeyId and EncryptionAlgorithm"_s));
    }

    void errors_haveAwsTypesAndWords_data() {
        QTest::addColumn<QByteArray>("operation");
        QTest::addColumn<QByteArray>("members");
        QTest::addColumn<QString>("type");
        QTest::addColumn<QString>("message");
        const auto row = [](const char *name, const char *operation, const char *members, const QString &type,
                            const QString &message) {
            QTest::newRow(name) << QByteArray(operation) << quoted(members) << type << message;
        };
        const QString validation = u"ValidationException"_s, notFound = u"NotFoundException"_s;
        row("too many bytes", "GenerateRandom", "{'NumberOfBytes': 1025}", validation,
            u"1 validation error detected: Value '1025' at 'numberOfBytes' failed to satisfy constraint: Member must have value less than or equal to 1024"_s);
        row("no bytes", "GenerateRandom", "{}", validation, u"NumberOfBytes is required."_s);
        row("no key", "Encrypt", "{'Plaintext': 'eA=='}", validation,
            u"1 validation error detected: Value null at 'keyId' failed to satisfy constraint: Member must not be null"_s);
        row("nothing at all", "Encrypt", "{}", validation,
            u"2 validation errors detected: Value null at 'plaintext' failed to satisfy constraint: Member must not be null; Value null at 'keyId' failed to satisfy constraint: Member must not be null"_s);
        row("unknown key", "DescribeKey", "{'KeyId': '00000000-0000-0000-0000-000000000000'}", notFound,
            u"Key 'arn:aws:kms:us-east-1:111122223333:key/00000000-0000-0000-0000-000000000000' does not exist"_s);
        row("no key's name", "DescribeKey", "{'KeyId': 'x'}", notFound, u"Invalid keyId 'x'"_s);
        row("no key's arn", "DescribeKey", "{'KeyId': 'arn:aws:s3:::x'}", notFound,
            u"Invalid arn arn:aws:s3:::x"_s);
        row("unknown alias", "DescribeKey", "{'KeyId': 'alias/x'}", notFound,
            u"Alias arn:aws:kms:us-east-1:111122223333:alias/x is not found."_s);
        row("not JSON", "DescribeKey", "{'KeyId'", u"SerializationException"_s, QString());
        row("list", "DescribeKey", "[]", u"SerializationException"_s, QString());
        row("number for a text", "DescribeKey", "{'KeyId': 7}", u"SerializationException"_s, QString());
        row("no base64", "Decrypt", "{'CiphertextBlob': '?'}", u"SerializationException"_s, QString());
        row("long ciphertext", "Decrypt",
            QByteArray("{'CiphertextBlob': '" + QByteArray(6145, 'x').toBase64() + "'}").constData(),
            validation,
            u"1 validation error detected: Value 'java.nio.HeapByteBuffer[pos=0 lim=6145 cap=6145]' at 'ciphertextBlob' failed to satisfy constraint: Member must have length less than or equal to 6144"_s);
        row("both sizes", "GenerateDataKey", "{'KeyId': 'KEY', 'KeySpec': 'AES_256', 'NumberOfBytes': 1}",
            validation, u"Please specify either number of bytes or key spec, not both."_s);
        row("unknown algorithm", "Decrypt", "{'CiphertextBlob': 'eA==', 'EncryptionAlgorithm': 'ROT13'}",
            validation,
            u"1 validation error detected: Value 'ROT13' at 'encryptionAlgorithm' failed to satisfy constraint: Member must satisfy enum value set: [SYMMETRIC_DEFAULT, RSAES_OAEP_SHA_1, RSAES_OAEP_SHA_256]"_s);
        row("recipient without document", "Decrypt",
            "{'CiphertextBlob': 'eA==', 'Recipient': {'KeyEncryptionAlgorithm': 'RSAES_OAEP_SHA_256'}}",
            validation,
            u"1 validation error detected: Value null at 'recipient.attestationDocument' failed to satisfy constraint: Member must not be null"_s);
        row("recipient is a text", "Decrypt", "{'CiphertextBlob': 'eA==', 'Recipient': 'x'}",
            u"SerializationException"_s, QString());
        row("unknown operation", "Sign", "{}", u"UnknownOperationException"_s, QString());
        row("malformed policy", "PutKeyPolicy", "{'KeyId': 'KEY', 'Policy': 'x'}",
            u"MalformedPolicyDocumentException"_s, u"The new key policy is malformed."_s);
        row("lockout", "PutKeyPolicy", "{'KeyId': 'KEY', 'Policy': '{}'}",
            u"MalformedPolicyDocumentException"_s, u"The new key policy is malformed."_s);
        row("dry run", "Encrypt", "{'KeyId': 'KEY', 'Plaintext': 'eA==', 'DryRun': true}",
            u"DryRunOperationException"_s,
            u"The request would have succeeded, but the DryRun option is set."_s);
        row("alias of AWS", "CreateAlias", "{'AliasName': 'alias/aws/x', 'TargetKeyId': 'KEY'}",
            u"InvalidAliasNameException"_s,
            u"Invalid identifier: an alias is alias/NAME, and alias/aws/ is AWS's own."_s);
    }
    void errors_haveAwsTypesAndWords() {
        QFETCH(QByteArray, operation);
        QFETCH(QByteArray, members);
        QFETCH(QString, type);
        QFETCH(QString, message);
        const CallAnswer answer =
            m_service->call(QString::fromLatin1(operation),
                            QByteArray(members).replace("KEY", m_key.toLatin1()), callerOf(roleArn), now);
        QCOMPARE(answer.status, 400);
        QCOMPARE(json(answer).value(u"__type"_s).toString(), type);
        QCOMPARE(json(answer).value(u"message"_s).toString(), message);
    }

    void ciphertext_changedOrOfAnotherContext_isInvalid() {
        call(
            "PutKeyPolicy",
            {{u"KeyId"_s, m_key},
             {u"Policy"_s,
              QString::fromUtf8(policyOf(
                  "{'Effect':'Allow','Principal':{'AWS':'111122223333'},'Action':'kms:*','Resource':'*'}"))}});
        const QByteArray blob = QByteArray::fromBase64(encrypted("secret", {{u"a"_s, u"b"_s}}).toLatin1());
        const QJsonObject context{{u"a"_s, u"b"_s}};
        const auto decrypt = [&](const QByteArray &ciphertext, const QJsonObject &with) {
            return call("Decrypt", {{u"KeyId"_s, m_key},
                                    {u"CiphertextBlob"_s, base64(ciphertext)},
                                    {u"EncryptionContext"_s, with}});
        };
        QCOMPARE(decrypt(blob, context).status, 200);
        const CallAnswer other = decrypt(blob, {{u"a"_s, u"B"_s}});
        QCOMPARE(other.body, QByteArray(R"({"__type":"InvalidCiphertextException"})"));
        QVERIFY(other.record.explanation.contains(u"(a=B)"_s));
        for (qsizetype at = 0; at < blob.size(); ++at) {
            QByteArray changed = blob;
            changed[at] = char(changed[at] ^ 1);
            QCOMPARE(decrypt(changed, context).status, 400);
            if (at > 0)
                QCOMPARE(decrypt(blob.first(at), context).status, 400);
        }
    }

    void ciphertext_ofRealKms_isRecognised() {
        QByteArray blob = QByteArray::fromHex("0102030078") + QByteArray(32, 'k') + '\x01' +
                          QByteArray(16, 'n') + QByteArray(130, 'c');
        const CallAnswer answer = call("Decrypt", {{u"CiphertextBlob"_s, base64(blob)}});
        QCOMPARE(json(answer).value(u"__type"_s).toString(), u"AccessDeniedException"_s);
        QVERIFY(answer.record.explanation.contains(u"made by real AWS KMS"_s));
    }

    void states_areThoseOfAws() {
        QCOMPARE(call("DisableKey", {{u"KeyId"_s, m_key}}).status, 200);
        QCOMPARE(json(call("Encrypt", {{u"KeyId"_s, m_key}, {u"Plaintext"_s, base64("x")}}))
                     .value(u"message"_s)
                     .toString(),
                 m_service->store().keyArn(m_key) + u" is disabled."_s);
        call("EnableKey", {{u"KeyId"_s, m_key}});
        QVERIFY(!encrypted("x").isEmpty());
        const CallAnswer scheduled =
            call("ScheduleKeyDeletion", {{u"KeyId"_s, m_key}, {u"PendingWindowInDays"_s, 7}});
        QCOMPARE(json(scheduled).value(u"DeletionDate"_s).toInteger(), now + 7 * 86'400);
        QCOMPARE(json(call("Encrypt", {{u"KeyId"_s, m_key}, {u"Plaintext"_s, base64("x")}}))
                     .value(u"__type"_s)
                     .toString(),
                 u"KMSInvalidStateException"_s);
        call("CancelKeyDeletion", {{u"KeyId"_s, m_key}});
        QCOMPARE(json(call("DescribeKey", {{u"KeyId"_s, m_key}}))
                     .value(u"KeyMetadata"_s)
                     .toObject()
                     .value(u"KeyState"_s)
                     .toString(),
                 u"Disabled"_s);
    }

    void aliases_nameKeysUntilTheyAreDeleted() {
        QCOMPARE(call("CreateAlias", {{u"AliasName"_s, u"alias/app"_s}, {u"TargetKeyId"_s, m_key}}).status,
                 200);
        QCOMPARE(json(call("CreateAlias", {{u"AliasName"_s, u"alias/app"_s}, {u"TargetKeyId"_s, m_key}}))
                     .value(u"__type"_s)
                     .toString(),
                 u"AlreadyExistsException"_s);
        for (const QString &name : {u"alias/app"_s, u"arn:aws:kms:us-east-1:111122223333:alias/app"_s,
                                    m_service->store().keyArn(m_key)})
            QCOMPARE(call("DescribeKey", {{u"KeyId"_s, name}}).status, 200);
        QCOMPARE(json(call("ListAliases", {})).value(u"Aliases"_s).toArray().size(), 1);
        QCOMPARE(call("DeleteAlias", {{u"AliasName"_s, u"alias/app"_s}}).status, 200);
        QCOMPARE(call("DescribeKey", {{u"KeyId"_s, u"alias/app"_s}}).status, 400);
    }

    void lists_comeInPages() {
        call("CreateKey", {});
        call("CreateKey", {});
        const QJsonObject first = json(call("ListKeys", {{u"Limit"_s, 2}}));
        QCOMPARE(first.value(u"Keys"_s).toArray().size(), 2);
        QVERIFY(first.value(u"Truncated"_s).toBool());
        const QJsonObject rest =
            json(call("ListKeys", {{u"Limit"_s, 2}, {u"Marker"_s, first.value(u"NextMarker"_s)}}));
        QCOMPARE(rest.value(u"Keys"_s).toArray().size(), 1);
        QVERIFY(!rest.value(u"Truncated"_s).toBool());
        QCOMPARE(json(call("ListKeys", {{u"Marker"_s, u"x"_s}})).value(u"__type"_s).toString(),
                 u"InvalidMarkerException"_s);
    }

    void putPolicy_thatLocksOut_isRefusedUnlessBypassed() {
        const QString policy = QString::fromUtf8(
            policyOf("{'Effect':'Allow','Principal':'*','Action':'kms:Decrypt','Resource':'*'}"));
        const CallAnswer answer = call("PutKeyPolicy", {{u"KeyId"_s, m_key}, {u"Policy"_s, policy}});
        QCOMPARE(json(answer).value(u"message"_s).toString(),
                 u"The new key policy will not allow you to update the key policy in the future."_s);
        QCOMPARE(
            call("PutKeyPolicy",
                 {{u"KeyId"_s, m_key}, {u"Policy"_s, policy}, {u"BypassPolicyLockoutSafetyCheck"_s, true}})
                .body,
            QByteArray());
    }

    void faults_onRequest_areMade() {
        ServiceSettings faulty = settings();
        faulty.form.isDer = true;
        faulty.wrongRecipientKey = true;
        KmsService service(m_service->store(), faulty);
        const CallAnswer answer =
            service.call(u"Decrypt"_s,
                         QJsonDocument(QJsonObject{{u"CiphertextBlob"_s, encrypted("secret")},
                                                   {u"Recipient"_s, recipient()}})
                             .toJson(),
                         callerOf(roleArn), now);
        const auto reading = readEnvelope(bytes(answer, u"CiphertextForRecipient"_s));
        QVERIFY(reading.parts && !reading.surprises.isEmpty());
        QCOMPARE(openEnvelope(*reading.parts, rsa2048().privateDer).error().code, u"wrong-key"_s);
    }

    void store_keepsKeysForItsUserAlone() {
        QTemporaryDir folder;
        const QString file = folder.filePath(u"keys.json"_s);
        auto store = KeyStore::open(file, u"us-east-1"_s, u"111122223333"_s);
        QVERIFY2(store, qPrintable(store ? QString() : store.error().text()));
        KmsKey key;
        key.policy = guarded();
        key.created = now;
        const QString id = (*store->add(key))->id;
        store->setAlias(u"alias/a"_s, id);
        QVERIFY(store->save());
        QCOMPARE(QFileInfo(file).permissions() & QFile::Permissions(0x77), QFile::Permissions());
        auto again = KeyStore::open(file, u"us-east-1"_s, u"111122223333"_s);
        QVERIFY(again && again->key(id));
        QCOMPARE(again->key(id)->material, store->key(id)->material);
        QCOMPARE(again->aliasesOf(id), QStringList{u"alias/a"_s});
        QFile::setPermissions(file, QFile::ReadOwner | QFile::WriteOwner | QFile::ReadOther);
        QCOMPARE(KeyStore::open(file, u"us-east-1"_s, u"111122223333"_s).error().code, u"store-unusable"_s);
    }

    void store_cutAnywhere_isRefusedAndLeftAlone() {
        QTemporaryDir folder;
        const QString file = folder.filePath(u"keys.json"_s);
        auto store = KeyStore::open(file, u"r"_s, u"111122223333"_s);
        KmsKey key;
        key.policy = guarded();
        QVERIFY(store && store->add(key) && store->save());
        QFile whole(file);
        QVERIFY(whole.open(QIODevice::ReadOnly));
        const QByteArray content = whole.readAll();
        for (qsizetype size = 0; size < content.size() - 2; size += 37) {
            QFile cut(file);
            QVERIFY(cut.open(QIODevice::WriteOnly | QIODevice::Truncate) &&
                    cut.write(content.first(size)) == size);
            cut.close();
            const auto opened = KeyStore::open(file, u"r"_s, u"111122223333"_s);
            QVERIFY2(!opened && opened.error().code == u"store-malformed", qPrintable(QString::number(size)));
            QCOMPARE(QFileInfo(file).size(), size);
        }
    }
};

QTEST_GUILESS_MAIN(TestKmsService)
#include "tst_kms_service.moc"
