// SPDX-License-Identifier: GPL-2.0-or-later
//
// Signature Version 4: AWS's published vectors, and what is answered to each way in which a signature is wrong.
#include "app/kms/http/http_reader.hpp"
#include "app/kms/sigv4/verify_signature.hpp"

#include <QDateTime>
#include <QtTest>

using namespace nitroscope::kms;
using namespace Qt::Literals::StringLiterals;

namespace {

// The suite's own key.
constexpr auto suiteSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

struct Vector {
    const char *name;
    const char *request; // without Host and X-Amz-Date
    const char *signedHeaders;
    const char *signature;
};

// Facts of AWS's "aws-sig-v4-test-suite".
const Vector vectors[] = {
    {"get-vanilla", "GET / HTTP/1.1\r\n", "host;x-amz-date",
     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
    {"post-vanilla", "POST / HTTP/1.1\r\n", "host;x-amz-date",
     "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
    {"get-header-key-duplicate",
     "GET / HTTP/1.1\r\nMy-Header1:value2\r\nMy-Header1:value2\r\nMy-Header1:value1\r\n",
     "host;my-header1;x-amz-date", "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
    {"get-header-value-trim", "GET / HTTP/1.1\r\nMy-Header1: value1\r\nMy-Header2: \"a   b   c\"\r\n",
     "host;my-header1;my-header2;x-amz-date",
     "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
    {"get-vanilla-query-order-key-case", "GET /?Param2=value2&Param1=value1 HTTP/1.1\r\n", "host;x-amz-date",
     "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
    {"get-vanilla-empty-query-key", "GET /?Param1=value1 HTTP/1.1\r\n", "host;x-amz-date",
     "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"},
    {"get-vanilla-query-unreserved",
     "GET /?-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz=-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz HTTP/1.1\r\n",
     "host;x-amz-date", "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"},
    {"get-unreserved", "GET /-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz HTTP/1.1\r\n",
     "host;x-amz-date", "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"},
    {"get-utf8", "GET /\xe1\x88\xb4 HTTP/1.1\r\n", "host;x-amz-date",
     "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"},
    {"post-header-key-sort", "POST / HTTP/1.1\r\nMy-Header1:value1\r\n", "host;my-header1;x-amz-date",
     "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"},
    {"post-header-value-case", "POST / HTTP/1.1\r\nMy-Header1:VALUE1\r\n", "host;my-header1;x-amz-date",
     "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d"},
};

HttpRequest read(const QByteArray &bytes) {
    HttpReader reader;
    reader.feed(bytes);
    return reader.next().value_or(HttpRequest());
}

constexpr qint64 now = 1'800'000'000; // 2027-01-15 08:00:00 UTC
const SigningKey key{"AKIDTEST", "secret", {}, {}};
const SigningKey temporary{"ASIATEST", "secret", "token", now + 60};

QByteArray timeText(qint64 seconds) {
    return QDateTime::fromSecsSinceEpoch(seconds, Qt::UTC).toString(u"yyyyMMdd'T'HHmmss'Z'"_s).toLatin1();
}

// A call as a client signs it.
HttpRequest signedCall(const SigningKey &by, qint64 at = now, const QByteArray &service = "kms") {
    HttpRequest request;
    request.method = "POST";
    request.target = "/";
    request.body = "{\"KeyId\": \"x\"}";
    request.headers = {
        {"Host", "localhost:4566"}, {"X-Amz-Date", timeText(at)}, {"X-Amz-Target", "TrentService.Decrypt"}};
    QList<QByteArray> names{"host", "x-amz-date", "x-amz-target"};
    if (!by.sessionToken.isEmpty()) {
        request.headers.push_back({"X-Amz-Security-Token", by.sessionToken});
        names.insert(2, "x-amz-security-token");
    }
    const CredentialScope scope{timeText(at).first(8), "us-east-1", service};
    const QByteArray toSign = stringToSign(canonicalRequest(request, names), timeText(at), scope);
    request.headers.push_back({"Authorization", "AWS4-HMAC-SHA256 Credential=" + by.accessKeyId + "/" +
                                                    scope.text() + ", SignedHeaders=" + names.join(';') +
                                                    ", Signature=" + signature(by.secret, scope, toSign)});
    return request;
}

SignatureCheck check(const HttpRequest &request, qint64 at = now) {
    return verifySignature(
        request,
        [](const QByteArray &id) {
            return id == key.accessKeyId ? &key : id == temporary.accessKeyId ? &temporary : nullptr;
        },
        at);
}

void setHeader(HttpRequest &request, const char *name, const QByteArray &value) {
    for (HttpHeader &header : request.headers)
        if (header.name == name)
            header.value = value;
}

} // namespace

class TestSigv4 : public QObject {
    Q_OBJECT

private slots:
    void canonical_awsVectors_haveAwsSignatures_data() {
        QTest::addColumn<int>("index");
        for (size_t i = 0; i < std::size(vectors); ++i)
            QTest::newRow(vectors[i].name) << int(i);
    }
    void canonical_awsVectors_haveAwsSignatures() {
        QFETCH(int, index);
        const Vector &vector = vectors[index];
        const HttpRequest request = read(QByteArray(vector.request) +
                                         "Host:example.amazonaws.com\r\nX-Amz-Date:20150830T123600Z\r\n\r\n");
        QVERIFY(!request.method.isEmpty());
        const CredentialScope scope{"20150830", "us-east-1", "service"};
        const QByteArray canonical = canonicalRequest(request, QByteArray(vector.signedHeaders).split(';'));
        QCOMPARE(signature(suiteSecret, scope, stringToSign(canonical, "20150830T123600Z", scope)),
                 QByteArray(vector.signature));
    }

    void verify_goodSignature_saysWhose() {
        const SignatureCheck result = check(signedCall(key));
        QVERIFY2(result.isGood(), qPrintable(result.message + result.explanation));
        QCOMPARE(result.accessKeyId, QByteArray("AKIDTEST"));
        QCOMPARE(result.region, QByteArray("us-east-1"));
        QVERIFY(check(signedCall(temporary)).isGood());
    }

    void verify_anythingChanged_doesNotMatch() {
        const auto mismatch = [](HttpRequest request) {
            const SignatureCheck result = check(request);
            return result.errorType == u"InvalidSignatureException" &&
                   result.message.contains(u"does not match"_s) &&
                   result.explanation.contains(u"The canonical request is\nPOST\n/\n"_s);
        };
        HttpRequest request = signedCall(key);
        request.body += ' ';
        QVERIFY(mismatch(request));
        request = signedCall(key);
        setHeader(request, "X-Amz-Target", "TrentService.Encrypt");
        QVERIFY(mismatch(request));
        request = signedCall(key);
        setHeader(request, "Host", "localhost");
        QVERIFY(mismatch(request));
        SigningKey other = key;
        other.secret = "wrong";
        QVERIFY(mismatch(signedCall(other)));
    }

    void verify_clockThatStood_isExplained() {
        const SignatureCheck late = check(signedCall(key, now - 412));
        QCOMPARE(late.errorType, u"InvalidSignatureException"_s);
        QCOMPARE(
            late.message,
            u"Signature expired: 20270115T075308Z is now earlier than 20270115T075500Z (20270115T080000Z - 5 min.)"_s);
        QVERIFY(late.explanation.contains(u"412 s behind"_s));
        QCOMPARE(late.skewSeconds, std::optional<qint64>(412));
        const SignatureCheck early = check(signedCall(key, now + 301));
        QVERIFY(early.message.startsWith(u"Signature not yet current: "_s));
        QVERIFY(check(signedCall(key, now - 300)).isGood());
        QVERIFY(check(signedCall(key, now + 300)).isGood());
    }

    void verify_credentials_haveAwsErrors() {
        SigningKey stranger = key;
        stranger.accessKeyId = "AKIDNOBODY";
        QCOMPARE(check(signedCall(stranger)).errorType, u"UnrecognizedClientException"_s);
        SigningKey wrongToken = temporary;
        wrongToken.sessionToken = "other";
        QCOMPARE(check(signedCall(wrongToken)).message,
                 u"The security token included in the request is invalid."_s);
        SigningKey noToken = temporary;
        noToken.sessionToken.clear();
        QVERIFY(check(signedCall(noToken)).explanation.contains(u"session token is missing"_s));
        QCOMPARE(check(signedCall(temporary, now + 60), now + 60).errorType, u"ExpiredTokenException"_s);
    }

    void verify_malformedAuthorization_hasAwsErrors_data() {
        QTest::addColumn<QByteArray>("authorization");
        QTest::addColumn<QString>("type");
        const QString incomplete = u"IncompleteSignatureException"_s;
        QTest::newRow("other algorithm") << QByteArray("Basic abc") << incomplete;
        QTest::newRow("nothing") << QByteArray("AWS4-HMAC-SHA256") << incomplete;
        QTest::newRow("no equals sign") << QByteArray("AWS4-HMAC-SHA256 Credential") << incomplete;
        QTest::newRow("no signature")
            << QByteArray(
                   "AWS4-HMAC-SHA256 Credential=AKIDTEST/20270115/r/kms/aws4_request, SignedHeaders=host")
            << incomplete;
        QTest::newRow("short scope")
            << QByteArray("AWS4-HMAC-SHA256 Credential=AKIDTEST/20270115, SignedHeaders=host, Signature=0")
            << incomplete;
        QTest::newRow("host not signed")
            << QByteArray(
                   "AWS4-HMAC-SHA256 Credential=AKIDTEST/20270115/r/kms/aws4_request, SignedHeaders=x-amz-date;x-amz-target, Signature=0")
            << u"InvalidSignatureException"_s;
        QTest::newRow("target not signed")
            << QByteArray(
                   "AWS4-HMAC-SHA256 Credential=AKIDTEST/20270115/r/kms/aws4_request, SignedHeaders=host;x-amz-date, Signature=0")
            << u"InvalidSignatureException"_s;
        QTest::newRow("other day")
            << QByteArray(
                   "AWS4-HMAC-SHA256 Credential=AKIDTEST/20270114/r/kms/aws4_request, SignedHeaders=host;x-amz-date;x-amz-target, Signature=0")
            << u"InvalidSignatureException"_s;
    }
    void verify_malformedAuthorization_hasAwsErrors() {
        QFETCH(QByteArray, authorization);
        QFETCH(QString, type);
        HttpRequest request = signedCall(key);
        setHeader(request, "Authorization", authorization);
        QCOMPARE(check(request).errorType, type);
    }

    void verify_unsigned_isMissing() {
        HttpRequest request = signedCall(key);
        request.headers.pop_back();
        QCOMPARE(check(request).errorType, u"MissingAuthenticationTokenException"_s);
        request.target = "/?X-Amz-Signature=0";
        QVERIFY(check(request).explanation.contains(u"in the URL"_s));
    }

    void verify_otherService_isRefused() {
        const SignatureCheck result = check(signedCall(key, now, "s3"));
        QCOMPARE(result.message, u"Credential should be scoped to correct service: 'kms'. "_s);
        HttpRequest request = signedCall(key);
        setHeader(request, "X-Amz-Date", "yesterday");
        QCOMPARE(check(request).errorType, u"IncompleteSignatureException"_s);
    }
};

QTEST_GUILESS_MAIN(TestSigv4)
#include "tst_sigv4.moc"
