// SPDX-License-Identifier: GPL-2.0-or-later
//
// Policies as text: where things are in them, what AWS would refuse, what lint says, and any bytes at all.
#include "app/kms/lint/policy_lint.hpp"
#include "app/kms/policy/guarded_policy.hpp"
#include "policy_maker.hpp"

#include <QCryptographicHash>

using namespace nitroscope;
using namespace nitroscope::kms;
using namespace nitroscope::test;

namespace {

constexpr auto goodStatement =
    "{'Sid':'S','Effect':'Allow','Principal':{'AWS':['arn:aws:iam::111122223333:role/enclave']},'Action':['kms:Decrypt'],"
    "'Resource':'*','Condition':{'StringEquals':{'kms:RecipientAttestation:ImageSha384':"
    "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'}}}";
constexpr auto adminStatement =
    "{'Effect':'Allow','Principal':{'AWS':'arn:aws:iam::111122223333:root'},'Action':'kms:PutKeyPolicy','Resource':'*'}";

QByteArray statementWith(const QByteArray &change) {
    return "{'Effect':'Allow','Principal':{'AWS':'arn:aws:iam::111122223333:role/enclave'},'Action':'kms:Decrypt','Resource':'*'" +
           change + "}";
}

QByteArray conditioned(const QByteArray &condition) {
    return statementWith(",'Condition':" + condition);
}

QStringList rulesOf(const QByteArray &json) {
    QStringList rules;
    for (const formats::LintFinding &finding : lintPolicy(parsePolicy(json), json).listed)
        rules << finding.rule;
    return rules;
}

} // namespace

class TestPolicyText : public QObject {
    Q_OBJECT

private slots:
    void parse_places_countLinesAndCharacters() {
        const QByteArray json = quoted(
            "{'Version': '2012-10-17',\n 'Statement': [\n  {'Sid': 'ä', 'Effect': 'Allow', 'Principal': '*',\n"
            "   'Action': ['kms:Decrypt', 'kms:Sign'], 'Resource': '*',\n"
            "   'Condition': {'StringLike': {'kms:ViaService': ['x']}}}]}");
        const Policy policy = parsePolicy(json);
        QVERIFY(!policy.isMalformed());
        const Statement &statement = policy.statements.at(0);
        QCOMPARE(statement.place, (TextPlace{3, 3}));
        QCOMPARE(statement.actions.at(1).place, (TextPlace{4, 30}));
        QCOMPARE(statement.conditions.at(0).place, (TextPlace{5, 33}));
        QCOMPARE(statement.conditions.at(0).values.at(0).place, (TextPlace{5, 52}));
        QCOMPARE(statement.principals.at(0).place, (TextPlace{3, 35}));
    }

    void parse_whatAwsRefuses_isAFaultWithItsPlace_data() {
        QTest::addColumn<QByteArray>("json");
        QTest::addColumn<QString>("expected");
        const auto row = [](const char *name, const QByteArray &json, const QString &expected) {
            QTest::newRow(name) << quoted(json) << expected;
        };
        row("empty", "", u"not JSON"_s);
        row("no object", "[]", u"JSON object"_s);
        row("no statement", "{'Version':'2012-10-17'}", u"needs a Statement"_s);
        row("other version", "{'Version':'2012-10-18','Statement':[]}", u"2012-10-17"_s);
        row("version is a number", "{'Version':1,'Statement':[]}", u"Version is a text"_s);
        row("unknown element", policyOf("{'Effect':'Allow','Principals':'*'}"),
            u"Principals is no element"_s);
        row("element twice", policyOf("{'Effect':'Allow','Effect':'Deny'}"), u"second time"_s);
        row("no effect", policyOf("{'Principal':'*'}"), u"needs an Effect"_s);
        row("effect in lower case", policyOf("{'Effect':'allow'}"), u"needs an Effect"_s);
        row("statement is a text", policyOf("'x'"), u"statement is a JSON object"_s);
        row("action is a number", policyOf("{'Effect':'Allow','Action':7}"), u"text is expected"_s);
        row("principal is a text", policyOf("{'Effect':'Allow','Principal':'me'}"), u"A principal is"_s);
        row("principal of no kind", policyOf("{'Effect':'Allow','Principal':{'Aws':'*'}}"),
            u"Aws is no kind"_s);
        row("principal with a wildcard",
            policyOf("{'Effect':'Allow','Principal':{'AWS':'arn:aws:iam::1:role/*'}}"), u"no wildcards"_s);
        row("not principal that allows", policyOf("{'Effect':'Allow','NotPrincipal':'*'}"),
            u"with Deny only"_s);
        row("action and not action", policyOf("{'Effect':'Allow','Action':'*','NotAction':'*'}"),
            u"not both"_s);
        row("operator", policyOf(conditioned("{'StringEqual':{'a':'b'}}")), u"did you mean StringEquals?"_s);
        row("operator twice", policyOf(conditioned("{'Bool':{},'Bool':{}}")), u"second time"_s);
        row("key twice", policyOf(conditioned("{'Bool':{'a':'true','A':'true'}}")), u"second time"_s);
        row("null with IfExists", policyOf(conditioned("{'NullIfExists':{'a':'true'}}")),
            u"no condition operator"_s);
        row("condition is a list", policyOf(conditioned("[]")), u"object of operators"_s);
        row("value is an object", policyOf(conditioned("{'Bool':{'a':{}}}")), u"text is expected"_s);
        row("deep", QByteArray(5000, '['), u"nested deeper"_s);
    }
    void parse_whatAwsRefuses_isAFaultWithItsPlace() {
        QFETCH(QByteArray, json);
        QFETCH(QString, expected);
        const Policy policy = parsePolicy(json);
        QVERIFY(policy.isMalformed());
        const QString text = malformedPolicy(policy).text();
        QVERIFY2(text.contains(expected) && text.startsWith(u"line "_s), qPrintable(text));
        QVERIFY(!lintPolicy(policy, json).listed.empty());
    }

    void parse_anyPrefixOfAPolicy_isMalformed() {
        const QByteArray json = policyOf(goodStatement);
        QVERIFY(!parsePolicy(json).isMalformed());
        for (qsizetype size = 0; size < json.size(); ++size)
            QVERIFY2(parsePolicy(json.first(size)).isMalformed(), qPrintable(QString::number(size)));
    }

    void parse_ofTooMuch_isRefusedAtOnce() {
        QVERIFY(parsePolicy(QByteArray(1024 * 1024, ' ')).isMalformed());
        QByteArray many;
        for (int i = 0; i < 9000; ++i)
            many += "{},";
        QVERIFY(parsePolicy(policyOf(many + "{}")).faults.size() <= Policy::maxFaults);
    }

    void lint_eachRule_isFound_data() {
        QTest::addColumn<QByteArray>("json");
        QTest::addColumn<QString>("rule");
        QTest::addColumn<bool>("isExpected");
        const QByteArray a(96, 'a'), admin = QByteArray(",") + adminStatement;
        const auto row = [&](const char *rule, const QByteArray &statements, bool isExpected = true) {
            QTest::addRow("%s%s %s", isExpected ? "" : "not ", rule, statements.left(60).constData())
                << policyOf(statements) << QString::fromLatin1(rule) << isExpected;
        };
        const auto image = [](const QByteArray &op, const QByteArray &value,
                              const QByteArray &key = "ImageSha384") {
            return conditioned("{'" + op + "':{'kms:RecipientAttestation:" + key + "':'" + value + "'}}");
        };
        row("unknown-condition-key", conditioned("{'Null':{'kms:RecipientAttestation':'true'}}"));
        row("unknown-condition-key", image("StringEquals", a, "PCR32"));
        row("unknown-condition-key", image("StringEquals", a, "PCR31"), false);
        row("unknown-condition-key", conditioned("{'StringEquals':{'kms:EncryptionContext:x':'1'}}"), false);
        row("key-not-carried-by-action", image("StringEquals", a).replace("kms:Decrypt", "kms:Encrypt"));
        row("key-not-carried-by-action", image("StringEquals", a).replace("kms:Decrypt", "kms:*"));
        row("key-not-carried-by-action", image("StringEquals", a), false);
        row("deny-of-calls-without-key", conditioned("{'Null':{'kms:RecipientAttestation:PCR0':'true'}}")
                                             .replace("Allow", "Deny")
                                             .replace("kms:Decrypt", "kms:*"));
        row("deny-of-calls-without-key",
            conditioned("{'Null':{'kms:RecipientAttestation:PCR0':'true'}}").replace("Allow", "Deny"), false);
        row("value-not-96-hex", image("StringEquals", "abc"));
        row("value-not-96-hex", image("StringLike", "abc*"), false);
        row("upper-case-with-StringEquals", image("StringEquals", a.toUpper()));
        row("upper-case-with-StringEquals", image("StringEqualsIgnoreCase", a.toUpper()), false);
        row("wildcard-with-StringEquals", image("StringEquals", "*"));
        row("wildcard-with-StringEquals", conditioned("{'StringEquals':{'kms:ViaService':'ec2.*'}}"));
        row("any-value", image("StringLike", "*"));
        row("white-space", image("StringEquals", a + " "));
        row("zero-pcr", image("StringEquals", QByteArray(96, '0')));
        row("zero-pcr", image("StringEquals", a), false);
        row("empty-pcr2",
            image(
                "StringEquals",
                "21b9efbc184807662e966d34f390821309eeac6802309798826296bf3e8bec7c10edb30948c90ba67310f7b964fc500a",
                "PCR2"));
        row("pcr-must-be-locked", image("StringEquals", a, "PCR16"));
        row("pcr-of-signed-images", image("StringEquals", a, "PCR8"));
        row("pcr-unused", image("StringEquals", a, "PCR5"));
        row("pcr3-of-another-role", image("StringEquals", a, "PCR3"));
        const auto pcr3 = [](const QByteArray &text) {
            return QCryptographicHash::hash(QByteArray(48, '\0') + text, QCryptographicHash::Sha384).toHex();
        };
        row("pcr3-of-another-role", image("StringEquals", pcr3(roleArn), "PCR3"), false);
        row("pcr3-with-line-break", image("StringEquals", pcr3(QByteArray(roleArn) + "\n"), "PCR3"));
        row("allows-without-attestation", image("StringNotEquals", a));
        row("allows-without-attestation", image("StringEqualsIfExists", a));
        row("allows-without-attestation", image("ForAllValues:StringEquals", a));
        row("allows-without-attestation", image("StringEquals", a), false);
        row("unguarded-allow", QByteArray(goodStatement) + "," + statementWith(""));
        row("unguarded-allow",
            QByteArray(goodStatement) +
                ",{'Effect':'Allow','Principal':{'AWS':'111122223333'},'Action':'kms:*','Resource':'*'}");
        row("unguarded-allow",
            QByteArray(goodStatement) + "," + statementWith("").replace("Decrypt", "Encrypt"), false);
        row("way-around",
            QByteArray(goodStatement) + "," + statementWith("").replace("kms:Decrypt", "kms:ReEncrypt*"));
        row("way-around",
            QByteArray(goodStatement) + "," + statementWith("").replace("kms:Decrypt", "kms:CreateGrant"));
        row("policy-can-be-changed", QByteArray(goodStatement) + admin);
        row("ciphertext-not-pinned", goodStatement);
        row("lockout", goodStatement);
        row("lockout", QByteArray(goodStatement) + admin, false);
        row("session-as-principal", statementWith("").replace("iam::111122223333:role/enclave",
                                                              "sts::111122223333:assumed-role/enclave/i-1"));
        row("deleted-principal",
            statementWith("").replace("arn:aws:iam::111122223333:role/enclave", "AROAEXAMPLEID"));
        row("principal-unknown", statementWith("").replace(":role/enclave", ":group/enclave"));
        row("principal-missing", "{'Effect':'Allow','Action':'kms:*','Resource':'*'}");
        row("not-principal",
            "{'Effect':'Deny','NotPrincipal':{'AWS':'111122223333'},'Action':'kms:*','Resource':'*'}");
        row("element-missing", "{'Effect':'Allow','Principal':'*','Action':'kms:*'}");
        row("unknown-action", statementWith("").replace("kms:Decrypt", "kms:Decript"));
        row("unknown-action", statementWith("").replace("kms:Decrypt", "kms:ReEncrypt"));
        row("action-without-key", statementWith("").replace("kms:Decrypt", "kms:GenerateRandom"));
        row("duplicate-sid", QByteArray(goodStatement) + "," + goodStatement);
        row("set-operator-missing", conditioned("{'StringEquals':{'kms:EncryptionContextKeys':'a'}}"));
        row("set-operator-missing",
            conditioned("{'ForAnyValue:StringEquals':{'kms:EncryptionContextKeys':'a'}}"), false);
        row("set-operator-on-single-value",
            conditioned("{'ForAllValues:StringEquals':{'kms:ViaService':'a'}}"));
        row("operator-of-another-type", conditioned("{'NumericEquals':{'kms:ViaService':'1'}}"));
        row("value-of-another-type", conditioned("{'Bool':{'aws:SecureTransport':'yes'}}"));
        row("value-of-another-type", conditioned("{'IpAddress':{'aws:SourceIp':'here'}}"));
        row("value-of-another-type", conditioned("{'DateLessThan':{'aws:CurrentTime':'now'}}"));
        row("no-values", conditioned("{'StringEquals':{'kms:ViaService':[]}}"));
    }
    void lint_eachRule_isFound() {
        QFETCH(QByteArray, json);
        QFETCH(QString, rule);
        QFETCH(bool, isExpected);
        const QStringList rules = rulesOf(json);
        QVERIFY2(rules.contains(rule) == isExpected, qPrintable(rules.join(u' ')));
    }

    void lint_variables_needTheNewVersion() {
        const QByteArray statement = conditioned("{'StringEquals':{'kms:ViaService':'${aws:username}'}}");
        QVERIFY(rulesOf(policyOf(statement, "2008-10-17")).contains(u"variables-without-version"_s));
        QVERIFY(!rulesOf(policyOf(statement)).contains(u"variables-without-version"_s));
    }

    void lint_findings_haveTheirPlace() {
        const QByteArray json = policyOf("\n" + conditioned("{'Null':{'kms:Oops':'true'}}"));
        const auto findings = lintPolicy(parsePolicy(json), json).listed;
        QVERIFY(findings.front().where.startsWith(u"line 2, column "_s));
        QVERIFY(findings.front().where.endsWith(u": statement 1"_s));
    }

    void guardedPolicy_letsTheEnclaveInAndNobodyElse() {
        const QByteArray pcr0(48, '\7');
        const QByteArray json = guardedPolicy({u"aws"_s,
                                               u"111122223333"_s,
                                               QString::fromLatin1(roleArn),
                                               {{0, pcr0}, {8, QByteArray(48, '\1')}}});
        const Policy policy = parsePolicy(json);
        QVERIFY(!policy.isMalformed());
        for (const formats::LintFinding &finding : lintPolicy(policy, json).listed)
            QVERIFY2(finding.severity == formats::Severity::note, qPrintable(finding.rule));
        const PolicySet policies{NamedPolicy{u"key policy"_s, policy}, {}};
        Request request = requestOf();
        QVERIFY(!evaluate(policies, request).isAllowed());
        setAttestationKeys(request, {{0, pcr0}, {8, QByteArray(48, '\2')}}, u"document"_s);
        QVERIFY(!evaluate(policies, request).isAllowed());
        setAttestationKeys(request, {{0, pcr0}, {8, QByteArray(48, '\1')}}, u"document"_s);
        QVERIFY(evaluate(policies, request).isAllowed());
        request.caller = parsePrincipal(u"arn:aws:iam::111122223333:role/other"_s).value();
        QVERIFY(!evaluate(policies, request).isAllowed());
    }
};

QTEST_GUILESS_MAIN(TestPolicyText)
#include "tst_policy_text.moc"
