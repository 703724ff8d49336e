// SPDX-License-Identifier: GPL-2.0-or-later
//
// Decisions as the IAM user guide ("Policy evaluation logic", "Policy elements") and the KMS developer guide ("Key policies", "Default key
// policy") document them, and what is said of them.
#include "app/kms/explain/advice.hpp"
#include "app/kms/explain/report.hpp"
#include "policy_maker.hpp"

#include <QElapsedTimer>

using namespace nitroscope;
using namespace nitroscope::kms;
using namespace nitroscope::test;

namespace {

struct Row {
    const char *name;
    const char *keyStatements;
    const char *identityStatements; // nullptr: the caller has no identity policy
    const char *caller;
    const char *action;
    const char *verdict;
};

constexpr auto session = "arn:aws:sts::111122223333:assumed-role/enclave/i-1";
constexpr auto user = "arn:aws:iam::111122223333:user/ann";
constexpr auto root = "arn:aws:iam::111122223333:root";
constexpr auto foreigner = "arn:aws:iam::444455556666:role/enclave";

constexpr auto toRole =
    "{'Effect':'Allow','Principal':{'AWS':'arn:aws:iam::111122223333:role/enclave'},'Action':'kms:Decrypt','Resource':'*'}";
constexpr auto toRoot =
    "{'Effect':'Allow','Principal':{'AWS':'arn:aws:iam::111122223333:root'},'Action':'kms:*','Resource':'*'}";
constexpr auto toAccount =
    "{'Effect':'Allow','Principal':{'AWS':'111122223333'},'Action':'kms:*','Resource':'*'}";
constexpr auto toEverybody = "{'Effect':'Allow','Principal':'*','Action':'kms:*','Resource':'*'}";
constexpr auto toAwsStar = "{'Effect':'Allow','Principal':{'AWS':'*'},'Action':'kms:*','Resource':'*'}";
constexpr auto toSession =
    "{'Effect':'Allow','Principal':{'AWS':'arn:aws:sts::111122223333:assumed-role/enclave/i-1'},'Action':'kms:*','Resource':'*'}";
constexpr auto toForeignRole =
    "{'Effect':'Allow','Principal':{'AWS':'arn:aws:iam::444455556666:role/enclave'},'Action':'kms:*','Resource':'*'}";
constexpr auto toForeignRoot =
    "{'Effect':'Allow','Principal':{'AWS':'arn:aws:iam::444455556666:root'},'Action':'kms:*','Resource':'*'}";
constexpr auto identityAll = "{'Effect':'Allow','Action':'kms:*','Resource':'*'}";
constexpr auto identityDecrypt = "{'Effect':'Allow','Action':'kms:Decrypt','Resource':'*'}";
constexpr auto identityDeny = "{'Effect':'Deny','Action':'kms:Decrypt','Resource':'*'}";
constexpr auto decrypt = "kms:Decrypt", encrypt = "kms:Encrypt", random = "kms:GenerateRandom";
constexpr auto yes = "allowed", no = "implicit-deny", never = "explicit-deny";

const Row rows[] = {
    // principals
    {"role, by its name", toRole, nullptr, roleArn, decrypt, yes},
    {"role, by a session", toRole, nullptr, session, decrypt, yes},
    {"role, by a user", toRole, nullptr, user, decrypt, no},
    {"role, same name in another account", toRole, identityAll, foreigner, decrypt, no},
    {"role with a path, session has none",
     "{'Effect':'Allow','Principal':{'AWS':'arn:aws:iam::111122223333:role/team/enclave'},'Action':'*','Resource':'*'}",
     nullptr, session, decrypt, yes},
    {"role with another path",
     "{'Effect':'Allow','Principal':{'AWS':'arn:aws:iam::111122223333:role/team/enclave'},'Action':'*','Resource':'*'}",
     nullptr, roleArn, decrypt, no},
    {"role of another name",
     "{'Effect':'Allow','Principal':{'AWS':'arn:aws:iam::111122223333:role/other'},'Action':'*','Resource':'*'}",
     nullptr, session, decrypt, no},
    {"session, itself", toSession, nullptr, session, decrypt, yes},
    {"session, another of the role", toSession, nullptr, "arn:aws:sts::111122223333:assumed-role/enclave/i-2",
     decrypt, no},
    {"user",
     "{'Effect':'Allow','Principal':{'AWS':['arn:aws:iam::1:user/x','arn:aws:iam::111122223333:user/ann']},'Action':'*','Resource':'*'}",
     nullptr, user, decrypt, yes},
    {"everybody", toEverybody, nullptr, roleArn, decrypt, yes},
    {"everybody, as AWS", toAwsStar, nullptr, user, decrypt, yes},
    {"everybody, from another account", toEverybody, nullptr, foreigner, decrypt, no},
    {"everybody, from another account that allows", toEverybody, identityAll, foreigner, decrypt, yes},
    {"a service is nobody else",
     "{'Effect':'Allow','Principal':{'Service':'s3.amazonaws.com'},'Action':'*','Resource':'*'}", identityAll,
     roleArn, decrypt, no},
    {"a service", "{'Effect':'Allow','Principal':{'Service':'s3.amazonaws.com'},'Action':'*','Resource':'*'}",
     nullptr, "s3.amazonaws.com", decrypt, yes},
    {"another service",
     "{'Effect':'Allow','Principal':{'Service':'s3.amazonaws.com'},'Action':'*','Resource':'*'}", nullptr,
     "ec2.amazonaws.com", decrypt, no},
    {"federated",
     "{'Effect':'Allow','Principal':{'Federated':'cognito-identity.amazonaws.com'},'Action':'*','Resource':'*'}",
     identityAll, roleArn, decrypt, no},
    {"no principal", "{'Effect':'Allow','Action':'*','Resource':'*'}", nullptr, roleArn, decrypt, no},
    {"id of a deleted role",
     "{'Effect':'Allow','Principal':{'AWS':'AROAEXAMPLE'},'Action':'*','Resource':'*'}", nullptr, roleArn,
     decrypt, no},
    // the account's root leaves it to IAM
    {"root, no identity policy", toRoot, nullptr, roleArn, decrypt, no},
    {"root, identity policy allows", toRoot, identityDecrypt, roleArn, decrypt, yes},
    {"root, identity policy allows something else", toRoot, identityDecrypt, roleArn, encrypt, no},
    {"root, by the root itself", toRoot, nullptr, root, decrypt, yes},
    {"account id, identity policy allows", toAccount, identityDecrypt, roleArn, decrypt, yes},
    {"account id, no identity policy", toAccount, nullptr, roleArn, decrypt, no},
    {"no root, identity policy alone",
     "{'Effect':'Allow','Principal':{'AWS':'arn:aws:iam::111122223333:user/ann'},'Action':'*','Resource':'*'}",
     identityAll, roleArn, decrypt, no},
    {"root and role", "TOROOT,TOROLE", nullptr, roleArn, decrypt, yes},
    {"role, identity policy denies", toRole, identityDeny, roleArn, decrypt, never},
    {"other account's root, identity policy allows", toForeignRoot, identityAll, foreigner, decrypt, yes},
    {"other account's root, no identity policy", toForeignRoot, nullptr, foreigner, decrypt, no},
    {"other account's role, identity policy allows", toForeignRole, identityAll, foreigner, decrypt, yes},
    {"other account's role, no identity policy", toForeignRole, nullptr, foreigner, decrypt, no},
    {"other account, key says nothing", toRoot, identityAll, foreigner, decrypt, no},
    // Deny
    {"deny beside allow", "TOROLE,{'Effect':'Deny','Principal':'*','Action':'kms:Decrypt','Resource':'*'}",
     nullptr, roleArn, decrypt, never},
    {"deny before allow", "{'Effect':'Deny','Principal':'*','Action':'kms:*','Resource':'*'},TOROLE", nullptr,
     roleArn, decrypt, never},
    {"deny of another action",
     "TOROLE,{'Effect':'Deny','Principal':'*','Action':'kms:Encrypt','Resource':'*'}", nullptr, roleArn,
     decrypt, yes},
    {"deny of another principal",
     "TOROLE,{'Effect':'Deny','Principal':{'AWS':'arn:aws:iam::111122223333:user/ann'},'Action':'kms:*','Resource':'*'}",
     nullptr, roleArn, decrypt, yes},
    {"deny of the whole account",
     "TOROLE,{'Effect':'Deny','Principal':{'AWS':'111122223333'},'Action':'kms:*','Resource':'*'}", nullptr,
     roleArn, decrypt, never},
    {"deny of all but one",
     "TOEVERYBODY,{'Effect':'Deny','NotPrincipal':{'AWS':['arn:aws:iam::111122223333:role/enclave','111122223333']},'Action':'kms:*','Resource':'*'}",
     nullptr, roleArn, decrypt, yes},
    {"deny of all but another",
     "TOEVERYBODY,{'Effect':'Deny','NotPrincipal':{'AWS':'arn:aws:iam::111122223333:user/ann'},'Action':'kms:*','Resource':'*'}",
     nullptr, roleArn, decrypt, never},
    {"deny alone", "{'Effect':'Deny','Principal':'*','Action':'kms:*','Resource':'*'}", nullptr, roleArn,
     decrypt, never},
    {"deny without document",
     "TOROLE,{'Effect':'Deny','Principal':'*','Action':'kms:Decrypt','Resource':'*','Condition':{'Null':{'kms:RecipientAttestation:ImageSha384':'true'}}}",
     nullptr, roleArn, decrypt, never},
    {"deny on a key that does not exist",
     "TOROLE,{'Effect':'Deny','Principal':'*','Action':'kms:Decrypt','Resource':'*','Condition':{'Null':{'kms:RecipientAttestation':'true'}}}",
     nullptr, roleArn, decrypt, never},
    {"deny that nobody can meet",
     "TOROLE,{'Effect':'Deny','Principal':'*','Action':'kms:Decrypt','Resource':'*','Condition':{'StringEquals':{'kms:ViaService':'x'}}}",
     nullptr, roleArn, decrypt, yes},
    // actions
    {"action in another case", "{'Effect':'Allow','Principal':'*','Action':'KMS:dEcRyPt','Resource':'*'}",
     nullptr, roleArn, decrypt, yes},
    {"action with a star", "{'Effect':'Allow','Principal':'*','Action':'kms:De*','Resource':'*'}", nullptr,
     roleArn, decrypt, yes},
    {"action with a question mark",
     "{'Effect':'Allow','Principal':'*','Action':'kms:Decryp?','Resource':'*'}", nullptr, roleArn, decrypt,
     yes},
    {"action in a list",
     "{'Effect':'Allow','Principal':'*','Action':['kms:Sign','kms:Decrypt'],'Resource':'*'}", nullptr,
     roleArn, decrypt, yes},
    {"another action", "{'Effect':'Allow','Principal':'*','Action':'kms:Encrypt','Resource':'*'}", nullptr,
     roleArn, decrypt, no},
    {"action without service", "{'Effect':'Allow','Principal':'*','Action':'Decrypt','Resource':'*'}",
     nullptr, roleArn, decrypt, no},
    {"all but another action", "{'Effect':'Allow','Principal':'*','NotAction':'kms:Encrypt','Resource':'*'}",
     nullptr, roleArn, decrypt, yes},
    {"all but this action", "{'Effect':'Allow','Principal':'*','NotAction':['kms:D*'],'Resource':'*'}",
     nullptr, roleArn, decrypt, no},
    {"no action", "{'Effect':'Allow','Principal':'*','Resource':'*'}", nullptr, roleArn, decrypt, no},
    // resources
    {"resource is this key",
     "{'Effect':'Allow','Principal':'*','Action':'*','Resource':'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'}",
     nullptr, roleArn, decrypt, yes},
    {"resource is another key",
     "{'Effect':'Allow','Principal':'*','Action':'*','Resource':'arn:aws:kms:us-east-1:111122223333:key/0'}",
     nullptr, roleArn, decrypt, no},
    {"resource with wildcards",
     "{'Effect':'Allow','Principal':'*','Action':'*','Resource':'arn:aws:kms:*:111122223333:key/*'}", nullptr,
     roleArn, decrypt, yes},
    {"resource is an alias",
     "{'Effect':'Allow','Principal':'*','Action':'*','Resource':'arn:aws:kms:us-east-1:111122223333:alias/a'}",
     nullptr, roleArn, decrypt, no},
    {"all but another resource",
     "{'Effect':'Allow','Principal':'*','Action':'*','NotResource':'arn:aws:kms:us-east-1:111122223333:key/0'}",
     nullptr, roleArn, decrypt, yes},
    {"all but this resource", "{'Effect':'Allow','Principal':'*','Action':'*','NotResource':'*'}", nullptr,
     roleArn, decrypt, no},
    {"no resource", "{'Effect':'Allow','Principal':'*','Action':'*'}", nullptr, roleArn, decrypt, no},
    {"resource with a variable",
     "{'Effect':'Allow','Principal':'*','Action':'*','Resource':'arn:aws:kms:us-east-1:${aws:PrincipalAccount}:key/*'}",
     nullptr, roleArn, decrypt, yes},
    // calls that are about no key
    {"random, key policy is not asked", toEverybody, nullptr, roleArn, random, no},
    {"random, identity policy allows", "", identityAll, roleArn, random, yes},
    {"random, denied by the key's policy only",
     "{'Effect':'Deny','Principal':'*','Action':'*','Resource':'*'}", identityAll, roleArn, random, yes},
    {"random, identity policy denies", "",
     "{'Effect':'Allow','Action':'*','Resource':'*'},{'Effect':'Deny','Action':'kms:Gen*','Resource':'*'}",
     roleArn, random, never},
};

} // namespace

class TestPolicyDecisions : public QObject {
    Q_OBJECT

    static QByteArray filled(QByteArray text) {
        return text.replace("TOROLE", toRole).replace("TOROOT", toRoot).replace("TOEVERYBODY", toEverybody);
    }

    static PolicySet guardedBy(const QByteArray &condition) {
        return {
            named(policyOf("{'Sid':'Enclave','Effect':'Allow','Principal':{'AWS':'" + QByteArray(roleArn) +
                           "'},'Action':'kms:Decrypt','Resource':'*','Condition':" + condition + "}")),
            {}};
    }

    static Request attested(const QByteArray &pcr0Hex) {
        Request request = requestOf();
        request.attestation = Attestation::verified;
        setAttestationKeys(request, {{0, QByteArray::fromHex(pcr0Hex)}}, u"document"_s);
        return request;
    }

private slots:
    void decision_asDocumented_isTheVerdict_data() {
        QTest::addColumn<int>("row");
        for (size_t i = 0; i < std::size(rows); ++i)
            QTest::newRow(rows[i].name) << int(i);
    }
    void decision_asDocumented_isTheVerdict() {
        QFETCH(int, row);
        const Row &each = rows[row];
        PolicySet policies{named(policyOf(filled(each.keyStatements))), {}};
        QCOMPARE(policies.keyPolicy->policy.faults.size(), size_t(0));
        if (each.identityStatements)
            policies.identityPolicies.push_back(named(policyOf(each.identityStatements), u"identity.json"_s));
        Request request = requestOf(QString::fromLatin1(each.action), each.caller);
        setCallerKeys(request, 1'800'000'000);
        QCOMPARE(verdictWord(evaluate(policies, request).verdict), QString::fromLatin1(each.verdict));
    }

    void message_ofDenials_isAwsOwn() {
        const QString start =
            u"User: arn:aws:sts::111122223333:assumed-role/enclave/nitroscope is not authorized to perform: "
            "kms:Decrypt on resource: %1 "_s.arg(QString::fromLatin1(keyArn));
        const Request request = requestOf();
        const auto message = [&](const char *statements) {
            const PolicySet policies{named(policyOf(filled(statements))), {}};
            return accessDeniedMessage(evaluate(policies, request), request);
        };
        QCOMPARE(message(""), start + u"because no resource-based policy allows the kms:Decrypt action"_s);
        QCOMPARE(message("TOROOT"),
                 start + u"because no identity-based policy allows the kms:Decrypt action"_s);
        QCOMPARE(message("{'Effect':'Deny','Principal':'*','Action':'*','Resource':'*'}"),
                 start + u"with an explicit deny in a resource-based policy"_s);
    }

    void report_ofAFailedCondition_namesPlaceValuesAndOrigin() {
        const QByteArray wanted = QByteArray(95, 'a') + 'b', found = QByteArray(96, 'a');
        const PolicySet policies = guardedBy(
            "\n{'StringEqualsIgnoreCase': {'kms:RecipientAttestation:ImageSha384': '" + wanted + "'}}");
        const Request request = attested(found);
        const QString text = decisionText(evaluate(policies, request), request);
        for (const QString &part :
             {u"✗ StringEqualsIgnoreCase kms:RecipientAttestation:ImageSha384 (line 2)"_s,
              u"wanted  "_s + QString::fromLatin1(wanted), u"found   "_s + QString::fromLatin1(found),
              u"(document, PCR0)"_s, u"differ from digit 96 on"_s, u"statement 1 (\"Enclave\")"_s,
              u"AWS would say: User: "_s, u"Not looked at: "_s})
            QVERIFY2(text.contains(part), qPrintable(part + u" is not in\n"_s + text));
    }

    void advice_knowsTheUsualCauses_data() {
        QTest::addColumn<QByteArray>("condition");
        QTest::addColumn<QByteArray>("pcr0");
        QTest::addColumn<QString>("expected");
        const QByteArray a(96, 'a'), zero(96, '0');
        const auto image = [](const QByteArray &op, const QByteArray &value) {
            return "{'" + op + "': {'kms:RecipientAttestation:ImageSha384': '" + value + "'}}";
        };
        QTest::newRow("debug mode") << image("StringEquals", a) << zero << u"debug mode"_s;
        QTest::newRow("zeros wanted")
            << image("StringEquals", zero) << a << u"only an enclave in debug mode"_s;
        QTest::newRow("case") << image("StringEquals", a.toUpper()) << a << u"differ in case only"_s;
        QTest::newRow("wildcard") << image("StringEquals", "aa*") << a << u"StringLike takes them"_s;
        QTest::newRow("space") << image("StringEquals", a + " ") << a << u"white space"_s;
        QTest::newRow("length") << image("StringEquals", "ab") << a << u"96 hexadecimal digits"_s;
        QTest::newRow("no document") << image("StringEquals", a) << QByteArray()
                                     << u"no attestation document (Recipient)"_s;
        QTest::newRow("unlocked") << QByteArray("{'StringEquals': {'kms:RecipientAttestation:PCR16': '") + a +
                                         "'}}"
                                  << a << u"LockPCR"_s;
        QTest::newRow("mistyped") << QByteArray("{'StringEquals': {'kms:RecipientAttestation:PCR_0': '") + a +
                                         "'}}"
                                  << a << u"did you mean kms:RecipientAttestation:PCR0?"_s;
    }
    void advice_knowsTheUsualCauses() {
        QFETCH(QByteArray, condition);
        QFETCH(QByteArray, pcr0);
        QFETCH(QString, expected);
        const PolicySet policies = guardedBy(condition);
        const Request request = pcr0.isEmpty() ? requestOf() : attested(pcr0);
        const Decision decision = evaluate(policies, request);
        QVERIFY(!decision.isAllowed());
        const QString text = decisionText(decision, request);
        QVERIFY2(text.contains(expected), qPrintable(text));
    }

    void advice_ofAnActionWithoutDocument_saysSo() {
        const PolicySet policies{
            named(policyOf(allowIf("{'StringEquals': {'kms:RecipientAttestation:PCR0': 'x'}}"))), {}};
        const Request request = requestOf(u"kms:Sign"_s);
        QVERIFY(decisionText(evaluate(policies, request), request)
                    .contains(u"Calls of kms:Sign never have it."_s));
    }

    void advice_ofAnUnguardedAllow_saysRegardlessOfAttestation() {
        const PolicySet policies{named(policyOf(toRole)), {}};
        const Request request = attested(QByteArray(96, 'a'));
        const QStringList advice = adviceFor(evaluate(policies, request), request);
        QCOMPARE(advice.size(), 1);
        QVERIFY(advice.first().contains(u"statement 1 regardless of attestation"_s));
    }

    void evaluate_twentyStatements_isQuick() {
        QByteArray statements;
        for (int i = 0; i < 20; ++i)
            statements +=
                (i ? "," : "") +
                QByteArray(
                    "{'Effect':'Allow','Principal':{'AWS':'arn:aws:iam::111122223333:role/enclave'},'Action':'kms:Decrypt',"
                    "'Resource':'*','Condition':{'StringEqualsIgnoreCase':{'kms:RecipientAttestation:PCR0':'") +
                QByteArray(96, char('1' + i % 9)) + "'}}}";
        const PolicySet policies{named(policyOf(statements)), {}};
        const Request request = attested(QByteArray(96, 'a'));
        QElapsedTimer timer;
        timer.start();
        constexpr int rounds = 200;
        int allowed = 0;
        for (int i = 0; i < rounds; ++i)
            allowed += evaluate(policies, request).isAllowed();
        QCOMPARE(allowed, 0);
        const double microseconds = double(timer.nsecsElapsed()) / 1000.0 / rounds;
        qInfo("%.1f µs for 20 statements", microseconds);
        QVERIFY(microseconds < 5000); // 100 times what the bench asks for: only what is quadratic fails here
    }
};

QTEST_GUILESS_MAIN(TestPolicyDecisions)
#include "tst_policy_decisions.moc"
