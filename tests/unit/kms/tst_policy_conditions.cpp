// SPDX-License-Identifier: GPL-2.0-or-later
//
// Conditions as the IAM user guide documents them: "Condition operators", "Conditions with multiple context keys or values",
// "Set operators for multivalued context keys", "Policy elements: Variables and tags".
#include "policy_maker.hpp"

using namespace nitroscope;
using namespace nitroscope::kms;
using namespace nitroscope::test;

namespace {

struct Row {
    const char *name;
    const char *condition;
    const char *context; // key=value lines divided by ';'; a list is [a|b]
    bool holds;
};

constexpr auto pcrA =
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

const Row rows[] = {
    // StringEquals and its kin
    {"equal", "{'StringEquals': {'kms:ViaService': 'a'}}", "kms:ViaService=a", true},
    {"equal, other value", "{'StringEquals': {'kms:ViaService': 'a'}}", "kms:ViaService=b", false},
    {"equal, case differs", "{'StringEquals': {'kms:ViaService': 'a'}}", "kms:ViaService=A", false},
    {"equal, star is literal", "{'StringEquals': {'kms:ViaService': '*'}}", "kms:ViaService=a", false},
    {"equal, question mark is literal", "{'StringEquals': {'kms:ViaService': '?'}}", "kms:ViaService=a",
     false},
    {"equal, literal star", "{'StringEquals': {'kms:ViaService': '*'}}", "kms:ViaService=*", true},
    {"equal, key in other case", "{'StringEquals': {'KMS:viaSERVICE': 'a'}}", "kms:ViaService=a", true},
    {"equal, second value", "{'StringEquals': {'kms:ViaService': ['x', 'a']}}", "kms:ViaService=a", true},
    {"equal, none of values", "{'StringEquals': {'kms:ViaService': ['x', 'y']}}", "kms:ViaService=a", false},
    {"equal, no values", "{'StringEquals': {'kms:ViaService': []}}", "kms:ViaService=a", false},
    {"equal, empty value", "{'StringEquals': {'kms:ViaService': ''}}", "kms:ViaService=", true},
    {"equal, absent", "{'StringEquals': {'kms:ViaService': 'a'}}", "", false},
    {"equal, number as value", "{'StringEquals': {'kms:ViaService': 12}}", "kms:ViaService=12", true},
    {"not equal", "{'StringNotEquals': {'kms:ViaService': 'a'}}", "kms:ViaService=b", true},
    {"not equal, equal", "{'StringNotEquals': {'kms:ViaService': 'a'}}", "kms:ViaService=a", false},
    {"not equal, one of values equal", "{'StringNotEquals': {'kms:ViaService': ['a', 'b']}}",
     "kms:ViaService=b", false},
    {"not equal, none of values equal", "{'StringNotEquals': {'kms:ViaService': ['a', 'b']}}",
     "kms:ViaService=c", true},
    {"not equal, absent", "{'StringNotEquals': {'kms:ViaService': 'a'}}", "", true},
    {"not equal, case differs", "{'StringNotEquals': {'kms:ViaService': 'a'}}", "kms:ViaService=A", true},
    {"ignore case", "{'StringEqualsIgnoreCase': {'kms:ViaService': 'aB'}}", "kms:ViaService=Ab", true},
    {"ignore case, other value", "{'StringEqualsIgnoreCase': {'kms:ViaService': 'ab'}}", "kms:ViaService=ac",
     false},
    {"ignore case, absent", "{'StringEqualsIgnoreCase': {'kms:ViaService': 'ab'}}", "", false},
    {"not, ignore case", "{'StringNotEqualsIgnoreCase': {'kms:ViaService': 'AB'}}", "kms:ViaService=ab",
     false},
    {"not, ignore case, other", "{'StringNotEqualsIgnoreCase': {'kms:ViaService': 'AB'}}",
     "kms:ViaService=cd", true},
    {"not, ignore case, absent", "{'StringNotEqualsIgnoreCase': {'kms:ViaService': 'AB'}}", "", true},
    // StringLike
    {"like, star", "{'StringLike': {'kms:ViaService': 'ec2.*.com'}}", "kms:ViaService=ec2.us-east-1.com",
     true},
    {"like, star takes nothing", "{'StringLike': {'kms:ViaService': 'a*b'}}", "kms:ViaService=ab", true},
    {"like, stars that go back", "{'StringLike': {'kms:ViaService': '*ab*abc'}}", "kms:ViaService=xababababc",
     true},
    {"like, star alone", "{'StringLike': {'kms:ViaService': '*'}}", "kms:ViaService=", true},
    {"like, star alone, absent", "{'StringLike': {'kms:ViaService': '*'}}", "", false},
    {"like, question mark", "{'StringLike': {'kms:ViaService': 'a?c'}}", "kms:ViaService=abc", true},
    {"like, question mark takes one", "{'StringLike': {'kms:ViaService': 'a?c'}}", "kms:ViaService=ac",
     false},
    {"like, case differs", "{'StringLike': {'kms:ViaService': 'A*'}}", "kms:ViaService=ab", false},
    {"like, no wildcard", "{'StringLike': {'kms:ViaService': 'ab'}}", "kms:ViaService=ab", true},
    {"like, prefix is not enough", "{'StringLike': {'kms:ViaService': 'a'}}", "kms:ViaService=ab", false},
    {"not like", "{'StringNotLike': {'kms:ViaService': 'a*'}}", "kms:ViaService=ba", true},
    {"not like, like", "{'StringNotLike': {'kms:ViaService': 'a*'}}", "kms:ViaService=ab", false},
    {"not like, absent", "{'StringNotLike': {'kms:ViaService': 'a*'}}", "", true},
    // numbers
    {"number equal", "{'NumericEquals': {'kms:RotationPeriodInDays': '10'}}", "kms:RotationPeriodInDays=10",
     true},
    {"number equal, other spelling", "{'NumericEquals': {'kms:RotationPeriodInDays': '10.0'}}",
     "kms:RotationPeriodInDays=10", true},
    {"number not equal", "{'NumericNotEquals': {'kms:RotationPeriodInDays': 10}}",
     "kms:RotationPeriodInDays=11", true},
    {"number not equal, absent", "{'NumericNotEquals': {'kms:RotationPeriodInDays': 10}}", "", true},
    {"number less", "{'NumericLessThan': {'kms:RotationPeriodInDays': '10'}}", "kms:RotationPeriodInDays=9",
     true},
    {"number less, equal", "{'NumericLessThan': {'kms:RotationPeriodInDays': '10'}}",
     "kms:RotationPeriodInDays=10", false},
    {"number less, not as text", "{'NumericLessThan': {'kms:RotationPeriodInDays': '10'}}",
     "kms:RotationPeriodInDays=9.5", true},
    {"number less or equal", "{'NumericLessThanEquals': {'kms:RotationPeriodInDays': '10'}}",
     "kms:RotationPeriodInDays=10", true},
    {"number greater", "{'NumericGreaterThan': {'kms:RotationPeriodInDays': '10'}}",
     "kms:RotationPeriodInDays=11", true},
    {"number greater, equal", "{'NumericGreaterThan': {'kms:RotationPeriodInDays': '10'}}",
     "kms:RotationPeriodInDays=10", false},
    {"number greater or equal", "{'NumericGreaterThanEquals': {'kms:RotationPeriodInDays': '10'}}",
     "kms:RotationPeriodInDays=10", true},
    {"number, no number found", "{'NumericEquals': {'kms:RotationPeriodInDays': '10'}}",
     "kms:RotationPeriodInDays=ten", false},
    {"number, absent", "{'NumericLessThan': {'kms:RotationPeriodInDays': '10'}}", "", false},
    // times
    {"date greater", "{'DateGreaterThan': {'aws:CurrentTime': '2026-01-01T00:00:00Z'}}",
     "aws:CurrentTime=2026-06-01T00:00:00Z", true},
    {"date greater, earlier", "{'DateGreaterThan': {'aws:CurrentTime': '2026-01-01T00:00:00Z'}}",
     "aws:CurrentTime=2025-06-01T00:00:00Z", false},
    {"date less", "{'DateLessThan': {'aws:CurrentTime': '2026-01-01T00:00:00Z'}}",
     "aws:CurrentTime=2025-12-31T23:59:59Z", true},
    {"date less or equal", "{'DateLessThanEquals': {'aws:CurrentTime': '2026-01-01T00:00:00Z'}}",
     "aws:CurrentTime=2026-01-01T00:00:00Z", true},
    {"date equal, other zone", "{'DateEquals': {'aws:CurrentTime': '2026-01-01T02:00:00+02:00'}}",
     "aws:CurrentTime=2026-01-01T00:00:00Z", true},
    {"date equal, epoch", "{'DateEquals': {'aws:CurrentTime': '1767225600'}}",
     "aws:CurrentTime=2026-01-01T00:00:00Z", true},
    {"date not equal", "{'DateNotEquals': {'aws:CurrentTime': '2026-01-01T00:00:00Z'}}",
     "aws:CurrentTime=2026-01-02T00:00:00Z", true},
    {"date, day alone", "{'DateGreaterThanEquals': {'aws:CurrentTime': '2026-01-01'}}",
     "aws:CurrentTime=2026-01-01T00:00:00Z", true},
    {"date, no date wanted", "{'DateLessThan': {'aws:CurrentTime': 'tomorrow'}}",
     "aws:CurrentTime=2026-01-01T00:00:00Z", false},
    {"epoch time as date", "{'DateGreaterThan': {'aws:EpochTime': '2026-01-01T00:00:00Z'}}",
     "aws:EpochTime=1767225601", true},
    {"epoch time as number", "{'NumericGreaterThan': {'aws:EpochTime': '1767225600'}}",
     "aws:EpochTime=1767225601", true},
    // truth
    {"bool", "{'Bool': {'aws:SecureTransport': 'true'}}", "aws:SecureTransport=true", true},
    {"bool, other case", "{'Bool': {'aws:SecureTransport': 'TRUE'}}", "aws:SecureTransport=true", true},
    {"bool, JSON's own", "{'Bool': {'aws:SecureTransport': true}}", "aws:SecureTransport=true", true},
    {"bool, false", "{'Bool': {'aws:SecureTransport': 'false'}}", "aws:SecureTransport=true", false},
    {"bool, absent", "{'Bool': {'aws:MultiFactorAuthPresent': 'false'}}", "", false},
    {"bool if exists, absent", "{'BoolIfExists': {'aws:MultiFactorAuthPresent': 'true'}}", "", true},
    {"bool if exists, false", "{'BoolIfExists': {'aws:MultiFactorAuthPresent': 'true'}}",
     "aws:MultiFactorAuthPresent=false", false},
    // bytes
    {"bytes", "{'BinaryEquals': {'kms:ViaService': 'QmluYXJ5'}}", "kms:ViaService=QmluYXJ5", true},
    {"bytes, others", "{'BinaryEquals': {'kms:ViaService': 'QmluYXJ5'}}", "kms:ViaService=QmluYXJZ", false},
    {"bytes, no base64 wanted", "{'BinaryEquals': {'kms:ViaService': '!'}}", "kms:ViaService=", false},
    // addresses
    {"address in network", "{'IpAddress': {'aws:SourceIp': '203.0.113.0/24'}}", "aws:SourceIp=203.0.113.5",
     true},
    {"address outside", "{'IpAddress': {'aws:SourceIp': '203.0.113.0/24'}}", "aws:SourceIp=203.0.114.5",
     false},
    {"address without mask", "{'IpAddress': {'aws:SourceIp': '203.0.113.5'}}", "aws:SourceIp=203.0.113.5",
     true},
    {"address, second network", "{'IpAddress': {'aws:SourceIp': ['10.0.0.0/8', '2001:db8::/32']}}",
     "aws:SourceIp=2001:db8::7", true},
    {"address of other family", "{'IpAddress': {'aws:SourceIp': '10.0.0.0/8'}}", "aws:SourceIp=2001:db8::7",
     false},
    {"not address", "{'NotIpAddress': {'aws:SourceIp': '203.0.113.0/24'}}", "aws:SourceIp=198.51.100.1",
     true},
    {"not address, in network", "{'NotIpAddress': {'aws:SourceIp': '203.0.113.0/24'}}",
     "aws:SourceIp=203.0.113.1", false},
    {"not address, absent", "{'NotIpAddress': {'aws:SourceIp': '203.0.113.0/24'}}", "", true},
    {"address, absent", "{'IpAddress': {'aws:SourceIp': '0.0.0.0/0'}}", "", false},
    // ARNs
    {"arn equal", "{'ArnEquals': {'aws:PrincipalArn': 'arn:aws:iam::1:role/a'}}",
     "aws:PrincipalArn=arn:aws:iam::1:role/a", true},
    {"arn equal takes wildcards", "{'ArnEquals': {'aws:PrincipalArn': 'arn:aws:iam::1:role/*'}}",
     "aws:PrincipalArn=arn:aws:iam::1:role/a/b", true},
    {"arn like", "{'ArnLike': {'aws:PrincipalArn': 'arn:aws:iam::*:role/a'}}",
     "aws:PrincipalArn=arn:aws:iam::1:role/a", true},
    {"arn like, wildcard stays in its part", "{'ArnLike': {'aws:PrincipalArn': 'arn:aws:*:role/a'}}",
     "aws:PrincipalArn=arn:aws:iam::1:role/a", false},
    {"arn like, colon in the last part", "{'ArnLike': {'aws:SourceArn': 'arn:aws:logs:r:1:log-group:*'}}",
     "aws:SourceArn=arn:aws:logs:r:1:log-group:a:b", true},
    {"arn not like", "{'ArnNotLike': {'aws:PrincipalArn': 'arn:aws:iam::2:*'}}",
     "aws:PrincipalArn=arn:aws:iam::1:role/a", true},
    {"arn not equals, equal", "{'ArnNotEquals': {'aws:PrincipalArn': 'arn:aws:iam::1:role/a'}}",
     "aws:PrincipalArn=arn:aws:iam::1:role/a", false},
    {"arn not like, absent", "{'ArnNotLike': {'aws:PrincipalArn': 'arn:aws:iam::2:*'}}", "", true},
    {"arn like, absent", "{'ArnLike': {'aws:PrincipalArn': 'arn:aws:iam::2:*'}}", "", false},
    // Null
    {"null, absent", "{'Null': {'aws:TokenIssueTime': 'true'}}", "", true},
    {"null, there", "{'Null': {'aws:TokenIssueTime': 'true'}}", "aws:TokenIssueTime=x", false},
    {"not null, there", "{'Null': {'aws:TokenIssueTime': 'false'}}", "aws:TokenIssueTime=x", true},
    {"not null, absent", "{'Null': {'aws:TokenIssueTime': false}}", "", false},
    {"null, key that does not exist", "{'Null': {'kms:RecipientAttestation': 'true'}}",
     "kms:RecipientAttestation:PCR0=00", true},
    // IfExists
    {"if exists, absent", "{'StringEqualsIfExists': {'kms:ViaService': 'a'}}", "", true},
    {"if exists, equal", "{'StringEqualsIfExists': {'kms:ViaService': 'a'}}", "kms:ViaService=a", true},
    {"if exists, other", "{'StringEqualsIfExists': {'kms:ViaService': 'a'}}", "kms:ViaService=b", false},
    {"like if exists", "{'StringLikeIfExists': {'kms:ViaService': 'a*'}}", "kms:ViaService=ab", true},
    {"number if exists, absent", "{'NumericLessThanIfExists': {'kms:RotationPeriodInDays': 1}}", "", true},
    {"date if exists, absent", "{'DateLessThanIfExists': {'aws:TokenIssueTime': '2020-01-01T00:00:00Z'}}", "",
     true},
    {"arn if exists, absent", "{'ArnLikeIfExists': {'aws:SourceArn': 'arn:aws:s3:::a'}}", "", true},
    {"address if exists, absent", "{'IpAddressIfExists': {'aws:VpcSourceIp': '10.0.0.0/8'}}", "", true},
    // several values
    {"all values", "{'ForAllValues:StringEquals': {'kms:EncryptionContextKeys': ['a', 'b', 'c']}}",
     "kms:EncryptionContextKeys=[a|b]", true},
    {"all values, one too many", "{'ForAllValues:StringEquals': {'kms:EncryptionContextKeys': ['a', 'b']}}",
     "kms:EncryptionContextKeys=[a|c]", false},
    {"all values, absent", "{'ForAllValues:StringEquals': {'kms:EncryptionContextKeys': 'a'}}", "", true},
    {"all values, empty list", "{'ForAllValues:StringEquals': {'kms:EncryptionContextKeys': 'a'}}",
     "kms:EncryptionContextKeys=[]", true},
    {"all values not", "{'ForAllValues:StringNotEquals': {'kms:EncryptionContextKeys': 'x'}}",
     "kms:EncryptionContextKeys=[a|b]", true},
    {"all values not, one equal", "{'ForAllValues:StringNotEquals': {'kms:EncryptionContextKeys': 'b'}}",
     "kms:EncryptionContextKeys=[a|b]", false},
    {"all values like", "{'ForAllValues:StringLike': {'kms:EncryptionContextKeys': 'App*'}}",
     "kms:EncryptionContextKeys=[AppName|AppId]", true},
    {"any value", "{'ForAnyValue:StringEquals': {'kms:EncryptionContextKeys': ['b', 'x']}}",
     "kms:EncryptionContextKeys=[a|b]", true},
    {"any value, none", "{'ForAnyValue:StringEquals': {'kms:EncryptionContextKeys': ['x', 'y']}}",
     "kms:EncryptionContextKeys=[a|b]", false},
    {"any value, absent", "{'ForAnyValue:StringEquals': {'kms:EncryptionContextKeys': 'a'}}", "", false},
    {"any value, empty list", "{'ForAnyValue:StringEquals': {'kms:EncryptionContextKeys': 'a'}}",
     "kms:EncryptionContextKeys=[]", false},
    {"any value not", "{'ForAnyValue:StringNotEquals': {'kms:EncryptionContextKeys': 'a'}}",
     "kms:EncryptionContextKeys=[a|b]", true},
    {"any value not, absent", "{'ForAnyValue:StringNotEquals': {'kms:EncryptionContextKeys': 'a'}}", "",
     false},
    {"any value if exists, absent",
     "{'ForAnyValue:StringEqualsIfExists': {'kms:EncryptionContextKeys': 'a'}}", "", true},
    {"any value like", "{'ForAnyValue:StringLike': {'kms:ResourceAliases': 'alias/pay*'}}",
     "kms:ResourceAliases=[alias/x|alias/payments]", true},
    {"all values, single-valued key", "{'ForAllValues:StringEquals': {'kms:ViaService': 'a'}}",
     "kms:ViaService=a", true},
    // several keys and operators
    {"two keys, both", "{'StringEquals': {'kms:ViaService': 'a', 'kms:CallerAccount': '1'}}",
     "kms:ViaService=a;kms:CallerAccount=1", true},
    {"two keys, one", "{'StringEquals': {'kms:ViaService': 'a', 'kms:CallerAccount': '1'}}",
     "kms:ViaService=a;kms:CallerAccount=2", false},
    {"two operators, both",
     "{'StringEquals': {'kms:ViaService': 'a'}, 'Bool': {'aws:SecureTransport': 'true'}}",
     "kms:ViaService=a;aws:SecureTransport=true", true},
    {"two operators, one",
     "{'StringEquals': {'kms:ViaService': 'a'}, 'Bool': {'aws:SecureTransport': 'true'}}",
     "kms:ViaService=a;aws:SecureTransport=false", false},
    {"no conditions", "{}", "", true},
    // encryption context
    {"context", "{'StringEquals': {'kms:EncryptionContext:AppName': 'Pay'}}",
     "kms:EncryptionContext:AppName=Pay", true},
    {"context, name in other case", "{'StringEquals': {'kms:EncryptionContext:appname': 'Pay'}}",
     "kms:EncryptionContext:AppName=Pay", true},
    {"context, value in other case", "{'StringEquals': {'kms:EncryptionContext:AppName': 'pay'}}",
     "kms:EncryptionContext:AppName=Pay", false},
    // variables
    {"variable", "{'StringEquals': {'kms:EncryptionContext:user': '${aws:username}'}}",
     "kms:EncryptionContext:user=ann;aws:username=ann", true},
    {"variable, other value", "{'StringEquals': {'kms:EncryptionContext:user': '${aws:username}'}}",
     "kms:EncryptionContext:user=bob;aws:username=ann", false},
    {"variable, absent", "{'StringEquals': {'kms:EncryptionContext:user': '${aws:username}'}}",
     "kms:EncryptionContext:user=bob", false},
    {"variable in the middle", "{'StringLike': {'kms:ViaService': 'a-${aws:username}-*'}}",
     "kms:ViaService=a-ann-1;aws:username=ann", true},
    {"variable is no wildcard", "{'StringLike': {'kms:ViaService': '${aws:username}'}}",
     "kms:ViaService=abc;aws:username=*", false},
    {"variable, literal star", "{'StringLike': {'kms:ViaService': 'a${*}'}}", "kms:ViaService=a*", true},
    {"variable, literal star takes no run", "{'StringLike': {'kms:ViaService': 'a${*}'}}",
     "kms:ViaService=abc", false},
    {"variable, literal dollar", "{'StringEquals': {'kms:ViaService': '${$}{x}'}}", "kms:ViaService=${x}",
     true},
    {"variable, other case of its key", "{'StringEquals': {'kms:ViaService': '${AWS:UserName}'}}",
     "kms:ViaService=ann;aws:username=ann", true},
    {"variable in an ARN", "{'ArnLike': {'aws:PrincipalArn': 'arn:aws:iam::${aws:PrincipalAccount}:role/*'}}",
     "aws:PrincipalArn=arn:aws:iam::1:role/a;aws:PrincipalAccount=1", true},
    {"variable that does not end", "{'StringEquals': {'kms:ViaService': '${a'}}", "kms:ViaService=${a", true},
};

} // namespace

class TestPolicyConditions : public QObject {
    Q_OBJECT

    static void fill(RequestContext &context, const QString &text) {
        for (const QString &entry : text.split(u';', Qt::SkipEmptyParts)) {
            const qsizetype equals = entry.indexOf(u'=');
            const QString key = entry.first(equals), value = entry.sliced(equals + 1);
            if (value.startsWith(u'['))
                context.setList(key, value.sliced(1).chopped(1).split(u'|', Qt::SkipEmptyParts),
                                u"request"_s);
            else
                context.set(key, value, u"request"_s);
        }
    }

    static bool holds(const QByteArray &condition, const QString &context,
                      const char *version = "2012-10-17") {
        const PolicySet policies{named(policyOf(allowIf(condition), version)), {}};
        Request request = requestOf();
        fill(request.context, context);
        return evaluate(policies, request).isAllowed();
    }

private slots:
    void condition_asDocumented_holds_data() {
        QTest::addColumn<QByteArray>("condition");
        QTest::addColumn<QString>("context");
        QTest::addColumn<bool>("expected");
        for (const Row &row : rows)
            QTest::newRow(row.name) << QByteArray(row.condition) << QString::fromUtf8(row.context)
                                    << row.holds;
    }
    void condition_asDocumented_holds() {
        QFETCH(QByteArray, condition);
        QFETCH(QString, context);
        QFETCH(bool, expected);
        const Policy policy = parsePolicy(policyOf(allowIf(condition)));
        QVERIFY2(!policy.isMalformed(),
                 qPrintable(policy.isMalformed() ? malformedPolicy(policy).text() : QString()));
        QCOMPARE(holds(condition, context), expected);
    }

    void variable_withDefault_isTheDefaultOnlyWhenAbsent() {
        const QByteArray condition =
            "{\"StringEquals\": {\"kms:EncryptionContext:user\": \"${aws:username, 'nobody'}\"}}";
        const QByteArray policy = policyOf(allowIf("CONDITION")).replace("CONDITION", condition);
        const PolicySet policies{named(policy), {}};
        Request request = requestOf();
        request.context.set(u"kms:EncryptionContext:user", u"nobody"_s, u"request"_s);
        QVERIFY(evaluate(policies, request).isAllowed());
        request.context.set(u"aws:username", u"ann"_s, u"identity"_s);
        QVERIFY(!evaluate(policies, request).isAllowed());
    }

    void variable_inOldVersion_isText() {
        const char *condition = "{'StringEquals': {'kms:ViaService': '${aws:username}'}}";
        QVERIFY(!holds(condition, u"kms:ViaService=ann;aws:username=ann"_s, "2008-10-17"));
        QVERIFY(holds(condition, u"kms:ViaService=${aws:username}"_s, "2008-10-17"));
    }

    void attestation_keysOfADocument_areLowerCaseHex() {
        Request request = requestOf();
        request.attestation = Attestation::verified;
        setAttestationKeys(request, {{0, QByteArray::fromHex(pcrA)}, {3, QByteArray(48, '\1')}},
                           u"document"_s);
        const QByteArray wanted = QByteArray(pcrA).toUpper();
        const auto decide = [&](const QByteArray &op) {
            const PolicySet policies{
                named(policyOf(
                    allowIf("{'" + op + "': {'kms:RecipientAttestation:ImageSha384': '" + wanted + "'}}"))),
                {}};
            return evaluate(policies, request).isAllowed();
        };
        QVERIFY(decide("StringEqualsIgnoreCase"));
        QVERIFY(!decide("StringEquals"));
        QCOMPARE(request.context.find(u"kms:recipientattestation:pcr0"_s)->values,
                 QStringList(QString::fromLatin1(pcrA)));
        QCOMPARE(request.context.find(u"kms:recipientattestation:pcr3"_s)->origin, u"document, PCR3"_s);
    }

    void attestation_ofNitroTpm_setsItsOwnKeysOnly() {
        Request request = requestOf();
        request.isNitroTpm = true;
        setAttestationKeys(request, {{4, QByteArray(48, '\4')}}, u"document"_s);
        QVERIFY(request.context.find(u"kms:recipientattestation:nitrotpmpcr4"_s));
        QVERIFY(!request.context.find(u"kms:recipientattestation:pcr4"_s));
    }

    void attestation_ofActionsWithoutDocument_hasNoKeys_data() {
        QTest::addColumn<bool>("carries");
        for (const char *name :
             {"Decrypt", "DeriveSharedSecret", "GenerateDataKey", "GenerateDataKeyPair", "GenerateRandom"})
            QTest::newRow(name) << true;
        for (const char *name :
             {"Encrypt", "ReEncryptFrom", "Sign", "PutKeyPolicy", "GenerateDataKeyWithoutPlaintext"})
            QTest::newRow(name) << false;
    }
    void attestation_ofActionsWithoutDocument_hasNoKeys() {
        QFETCH(bool, carries);
        Request request = requestOf(u"kms:"_s + QString::fromLatin1(QTest::currentDataTag()));
        setAttestationKeys(request, {{0, QByteArray(48, '\1')}}, u"document"_s);
        QCOMPARE(request.context.find(u"kms:recipientattestation:imagesha384"_s) != nullptr, carries);
    }

    void pattern_ofManyStars_isFast() {
        QString hostile, text(4000, u'a');
        for (int i = 0; i < 2000; ++i)
            hostile += u"*a"_s;
        hostile += u"b"_s;
        QVERIFY(!matchesWildcards(hostile, text, Qt::CaseSensitive));
    }
};

QTEST_GUILESS_MAIN(TestPolicyConditions)
#include "tst_policy_conditions.moc"
