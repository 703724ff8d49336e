// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is read out of a decision's text is what the decision was.
#include "app/kms/explain/report.hpp"
#include "app/session/kms/kms_decision.hpp"
#include "policy_maker.hpp"

using namespace nitroscope::app;
using namespace nitroscope::kms;
using namespace nitroscope::test;

namespace {

// Line 3 allows by PCR 3 and 0, line 8 denies without an attestation.
const QByteArray policy = quoted(R"({
  'Version': '2012-10-17', 'Statement': [
  {'Sid': 'Guarded', 'Effect': 'Allow', 'Principal': '*', 'Action': 'kms:Decrypt', 'Resource': '*',
   'Condition': {'StringEqualsIgnoreCase': {
     'kms:RecipientAttestation:PCR3': 'aa',
     'kms:RecipientAttestation:ImageSha384': 'bb'
   }}},
  {'Effect': 'Deny', 'Principal': '*', 'Action': 'kms:Decrypt', 'Resource': '*',
   'Condition': {'Null': {'kms:RecipientAttestation:PCR0': 'true'}}}
]})");

QString explanationFor(const char *pcr0) {
    Request request;
    request.caller = parsePrincipal(QString::fromLatin1(roleArn)).value();
    request.action = u"kms:Decrypt"_s;
    request.resource = QString::fromLatin1(keyArn);
    request.account = u"111122223333"_s;
    request.attestation = Attestation::verified;
    request.context.set(u"kms:RecipientAttestation:PCR3", u"aa"_s, u"document, PCR3"_s);
    request.context.set(u"kms:RecipientAttestation:PCR0", QString::fromLatin1(pcr0), u"document, PCR0"_s);
    request.context.set(u"kms:RecipientAttestation:ImageSha384", QString::fromLatin1(pcr0),
                        u"document, PCR0"_s);
    PolicySet policies;
    policies.keyPolicy = NamedPolicy{u"key policy"_s, parsePolicy(policy)};
    policies.identityPolicies.push_back(
        {u"identity policy 1"_s,
         parsePolicy(policyOf(allowIf("{'StringEquals': {'kms:RecipientAttestation:PCR8': 'cc'}}")))});
    return decisionText(evaluate(policies, request), request);
}

using Kind = PolicyMark::Kind;

} // namespace

class TestKmsDecision : public QObject {
    Q_OBJECT

private slots:
    void marks_ofADenial_areTheConditionsOfTheKeysPolicy() {
        const QString text = explanationFor("00");
        QCOMPARE(policyMarks(text),
                 (std::vector<PolicyMark>{{5, Kind::holds}, {6, Kind::fails}, {9, Kind::fails}}));
        QCOMPARE(differingPcr(text), std::optional(0));
    }

    void marks_ofAnAllowance_haveItsStatement() {
        QCOMPARE(policyMarks(explanationFor("bb")),
                 (std::vector<PolicyMark>{
                     {3, Kind::allows}, {5, Kind::holds}, {6, Kind::holds}, {9, Kind::fails}}));
    }

    void marks_ofOtherTexts_areNone() {
        for (const QString &text : {u""_s, u"  key policy\n"_s, u"      ✗ x (line 9)"_s,
                                    u"  key policy\n      ✗ a b (line 99999999999999999999)"_s}) {
            for (const PolicyMark &mark : policyMarks(text))
                QCOMPARE(mark.line, 0);
            QVERIFY(!differingPcr(text));
        }
    }

    void findings_areLinesAndTheWorstComesFirst() {
        QVERIFY(policyFindings({}).isEmpty());
        const QStringList lines =
            policyFindings(policyOf(allowIf("{'StringEquals': {'kms:RecipientAttestation:PCR_0': 'aa'}}")));
        QVERIFY(!lines.isEmpty());
        QVERIFY2(lines.first().startsWith(u"Error, line 1"_s), qPrintable(lines.first()));
    }
};

QTEST_GUILESS_MAIN(TestKmsDecision)
#include "tst_kms_decision.moc"
