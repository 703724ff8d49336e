// SPDX-License-Identifier: GPL-2.0-or-later
//
// The metadata service as SDKs ask it, and credentials that the KMS takes until they end.
#include "app/kms/imds/imds.hpp"
#include "app/kms/server/identities.hpp"
#include "policy_maker.hpp"

#include <QDateTime>

#include <QJsonDocument>
#include <QJsonObject>

using namespace nitroscope::kms;
using namespace nitroscope::test;

namespace {

constexpr qint64 now = 1'800'000'000;

HttpRequest request(const QByteArray &method, const QByteArray &target,
                    std::vector<HttpHeader> headers = {}) {
    HttpRequest made;
    made.method = method;
    made.target = target;
    made.headers = std::move(headers);
    return made;
}

struct Bench {
    explicit Bench(bool takesVersion1 = false, qint64 lifetime = 3600)
        : identities(Identities::ofRole(parsePrincipal(QString::fromLatin1(roleArn)).value())),
          imds({QString::fromLatin1(roleArn), u"111122223333"_s, u"eu-west-1"_s, u"i-0123"_s, takesVersion1},
               [this, lifetime](qint64 time) { return identities.issue(lifetime, time); }) {}

    QByteArray token(qint64 at = now, const QByteArray &seconds = "60") {
        return imds
            .answer(request("PUT", "/latest/api/token", {{"X-aws-ec2-metadata-token-ttl-seconds", seconds}}),
                    at)
            .body;
    }
    HttpResponse get(const QByteArray &path, qint64 at = now) {
        return imds.answer(request("GET", path, {{"x-aws-ec2-metadata-token", token(at)}}), at);
    }
    QJsonObject credentials(qint64 at = now) {
        return QJsonDocument::fromJson(get("/latest/meta-data/iam/security-credentials/enclave", at).body)
            .object();
    }

    Identities identities;
    Imds imds;
};

} // namespace

class TestImds : public QObject {
    Q_OBJECT

private slots:
    void token_lifetime_isBounded_data() {
        QTest::addColumn<QByteArray>("seconds");
        QTest::addColumn<int>("status");
        QTest::newRow("least") << QByteArray("1") << 200;
        QTest::newRow("most") << QByteArray("21600") << 200;
        QTest::newRow("none") << QByteArray("0") << 400;
        QTest::newRow("too long") << QByteArray("21601") << 400;
        QTest::newRow("no number") << QByteArray("an hour") << 400;
        QTest::newRow("missing") << QByteArray() << 400;
    }
    void token_lifetime_isBounded() {
        QFETCH(QByteArray, seconds);
        QFETCH(int, status);
        Bench bench;
        std::vector<HttpHeader> headers;
        if (!seconds.isEmpty())
            headers.push_back({"X-aws-ec2-metadata-token-ttl-seconds", seconds});
        const HttpResponse response = bench.imds.answer(request("PUT", "/latest/api/token", headers), now);
        QCOMPARE(response.status, status);
        QCOMPARE(response.body.isEmpty(), status != 200);
        if (status == 200)
            QCOMPARE(response.headers.back().value, seconds);
    }

    void request_withoutAGoodToken_isUnauthorized() {
        Bench bench, old(true);
        const HttpRequest bare = request("GET", "/latest/meta-data/instance-id");
        QCOMPARE(bench.imds.answer(bare, now).status, 401);
        QCOMPARE(old.imds.answer(bare, now).body, QByteArray("i-0123"));
        const auto with = [](const QByteArray &token) {
            return request("GET", "/latest/meta-data/instance-id", {{"X-aws-ec2-metadata-token", token}});
        };
        QCOMPARE(old.imds.answer(with("made up"), now).status, 401); // said, and wrong
        const QByteArray token = bench.token(now, "60");
        QCOMPARE(bench.imds.answer(with(token), now + 59).status, 200);
        QCOMPARE(bench.imds.answer(with(token), now + 60).status, 401);
    }

    void request_throughAProxyOrOtherwise_isRefused() {
        Bench bench;
        QCOMPARE(bench.imds.answer(request("PUT", "/latest/api/token", {{"X-Forwarded-For", "1.2.3.4"}}), now)
                     .status,
                 403);
        QCOMPARE(bench.imds.answer(request("GET", "/latest/api/token"), now).status, 405);
        QCOMPARE(bench.imds.answer(request("POST", "/latest/meta-data/instance-id"), now).status, 405);
        QCOMPARE(bench.get("/latest/meta-data/iam/security-credentials/other").status, 404);
        QCOMPARE(bench.get("/nothing").status, 404);
    }

    void metadata_agreesWithRoleAndInstance() {
        Bench bench;
        QCOMPARE(bench.get("/latest/meta-data/iam/security-credentials/").body, QByteArray("enclave"));
        QCOMPARE(bench.get("/latest/meta-data/placement/region").body, QByteArray("eu-west-1"));
        const QJsonObject document =
            QJsonDocument::fromJson(bench.get("/latest/dynamic/instance-identity/document").body).object();
        QCOMPARE(document.value(u"instanceId"_s).toString(), u"i-0123"_s);
        QCOMPARE(document.value(u"accountId"_s).toString(), u"111122223333"_s);
        QVERIFY(bench.get("/latest/meta-data/iam/info").body.contains("instance-profile/enclave"));
    }

    void credentials_areTakenByTheKmsAndRenewedInTime() {
        Bench bench;
        const QJsonObject first = bench.credentials();
        QCOMPARE(first.value(u"Code"_s).toString(), u"Success"_s);
        QCOMPARE(first.value(u"Expiration"_s).toString(),
                 QDateTime::fromSecsSinceEpoch(now + 3600, Qt::UTC).toString(Qt::ISODate));
        const Identity *identity = bench.identities.find(first.value(u"AccessKeyId"_s).toString().toLatin1());
        QVERIFY(identity);
        QCOMPARE(identity->key.secret, first.value(u"SecretAccessKey"_s).toString().toLatin1());
        QCOMPARE(identity->key.sessionToken, first.value(u"Token"_s).toString().toLatin1());
        QCOMPARE(identity->key.expires, std::optional<qint64>(now + 3600));
        QCOMPARE(identity->caller.principal.principalArn(), QString::fromLatin1(roleArn));
        QCOMPARE(bench.credentials(now + 3299), first);
        QVERIFY(bench.credentials(now + 3300) != first); // five minutes before their end
    }

    void credentials_shortLived_areNotRenewedAtOnce() {
        Bench bench(false, 10);
        const QJsonObject first = bench.credentials();
        QCOMPARE(bench.credentials(now + 4), first);
        QVERIFY(bench.credentials(now + 5) != first);
    }

    void tokensAndCredentials_areBounded() {
        Bench bench;
        const QByteArray first = bench.token(now, "1");
        for (size_t i = 0; i < Imds::maxTokens; ++i)
            bench.token(now, "100");
        QCOMPARE(bench.imds
                     .answer(request("GET", "/latest/meta-data/instance-id",
                                     {{"X-aws-ec2-metadata-token", first}}),
                             now)
                     .status,
                 401);
        const QByteArray known = bench.identities.issue(1, now).accessKeyId;
        for (size_t i = 1; i < Identities::maxIssued; ++i)
            bench.identities.issue(1, now);
        QVERIFY(bench.identities.find(known));
        bench.identities.issue(1, now);
        QVERIFY(!bench.identities.find(known));
        QVERIFY(bench.identities.find("test"));
    }
};

QTEST_GUILESS_MAIN(TestImds)
#include "tst_imds.moc"
