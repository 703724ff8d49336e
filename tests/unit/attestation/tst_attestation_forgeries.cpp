// SPDX-License-Identifier: GPL-2.0-or-later
//
// Chains that hold cryptographically and must be refused all the same: certificates re-issued with one thing changed (RFC 5280 §4.2, §6.1). Each
// forgery has a twin that differs from it in that thing alone and passes.
#include "app/formats/attestation/verify.hpp"
#include "tests/support/documents/forgery.hpp"

#include <array>
#include <functional>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <QCryptographicHash>
#include <QSet>
#include <QTest>

Q_DECLARE_METATYPE(nitroscope::test::Forgery)

using namespace nitroscope::formats::attestation;
using namespace Qt::Literals::StringLiterals;
using namespace nitroscope::test;
namespace nsm = nitroscope::nsm;

namespace {

using Change = std::function<void(X509 *)>;

std::array<nsm::Issued *, 5> chainOf(DocumentMaker &maker) {
    return {&maker.root, &maker.regional, &maker.zonal, &maker.instance, &maker.leaf};
}

void removeExtension(X509 *certificate, int nid) {
    for (int at; (at = X509_get_ext_by_NID(certificate, nid, -1)) >= 0;)
        X509_EXTENSION_free(X509_delete_ext(certificate, at));
}

// In place of one of the same kind, in OpenSSL's words: "critical,CA:TRUE".
void setExtension(X509 *certificate, int nid, const char *value) {
    removeExtension(certificate, nid);
    X509V3_CTX context{};
    X509V3_set_ctx(&context, nullptr, certificate, nullptr, nullptr, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
    QVERIFY2(extension, value);
    QCOMPARE(X509_add_ext(certificate, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

void signedAgain(DocumentMaker &maker, size_t place, const Change &change) {
    const auto chain = chainOf(maker);
    nsm::CertPtr copy(X509_dup(chain[place]->certificate.get()));
    change(copy.get());
    QVERIFY(X509_sign(copy.get(), chain[place ? place - 1 : 0]->key.get(), EVP_sha384()) > 0);
    chain[place]->certificate = std::move(copy);
}

// The document with the whole chain as it is now; `first`: where the cabundle begins.
QByteArray documentOf(DocumentMaker &maker, size_t first = root) {
    QList<QByteArray> bundle;
    const auto chain = chainOf(maker);
    for (size_t i = first; i < leaf; ++i)
        bundle.append(DocumentMaker::derOf(*chain[i]));
    maker.setChain(bundle, DocumentMaker::derOf(maker.leaf));
    return maker.document();
}

// Another key at a place; the certificate below no longer names the old one.
void giveKey(DocumentMaker &maker, size_t place, nsm::KeyPtr key) {
    QVERIFY(key);
    signedAgain(maker, place, [&](X509 *certificate) {
        QCOMPARE(X509_set_pubkey(certificate, key.get()), 1);
        removeExtension(certificate, NID_subject_key_identifier);
    });
    chainOf(maker)[place]->key = std::move(key);
    if (place < leaf)
        signedAgain(maker, place + 1,
                    [](X509 *certificate) { removeExtension(certificate, NID_authority_key_identifier); });
}

Verification verified(DocumentMaker &maker, const QByteArray &document) {
    VerifyOptions options;
    options.roots = {{u"test root"_s, QCryptographicHash::hash(maker.rootDer(), QCryptographicHash::Sha256),
                      maker.rootDer()}};
    options.time = CheckTime::document;
    options.nowSeconds = DocumentMaker::issuedAt + 100;
    return verify(decode(document), options);
}

QString told(const Verification &verification, Outcome outcome) {
    QStringList list;
    for (const Check &check : verification.checks)
        if (check.outcome == outcome)
            list << check.subject + u": "_s + check.text;
    return list.join(u'\n');
}

// All that is not plainly good, which a twin has less of.
QSet<QString> complaints(const Verification &verification) {
    QSet<QString> list;
    for (const Check &check : verification.checks)
        if (check.outcome != Outcome::passed)
            list.insert(check.subject + u": "_s + check.text);
    return list;
}

void addRows(const Forgeries &forgeries) {
    QTest::addColumn<Forgery>("forgery");
    for (const Forgery &forgery : forgeries)
        QTest::newRow(qPrintable(forgery.name)) << forgery;
}

// A forgery gets its verdict, and what its twin lacks is the reason.
void checkForgery() {
    QFETCH(Forgery, forgery);
    ForgedDocument forged, twin;
    forgery.fault(forged);
    forgery.twin(twin);
    const Verification refused = verify(decode(forged.document()), forged.options());
    const Verification passed = verify(decode(twin.document()), twin.options());
    const QSet<QString> reasons = complaints(refused) - complaints(passed);
    QVERIFY2(refused.verdict == forgery.verdict,
             qPrintable(verdictWord(refused.verdict) + u'\n' + complaints(refused).values().join(u'\n')));
    QVERIFY2(passed.isValid(), qPrintable(told(passed, Outcome::failed)));
    QVERIFY2(!reasons.isEmpty(), qPrintable(complaints(refused).values().join(u'\n')));
}

} // namespace

class TestAttestationForgeries : public QObject {
    Q_OBJECT

private slots:
    void certificate_forgedField_isRefused_data() { addRows(forgedCertificates()); }
    void certificate_forgedField_isRefused() { checkForgery(); }
    void certificate_forgedExtension_isRefused_data() { addRows(forgedExtensions()); }
    void certificate_forgedExtension_isRefused() { checkForgery(); }
    void chain_forged_isRefused_data() { addRows(forgedChains()); }
    void chain_forged_isRefused() { checkForgery(); }
    void cose_forged_isRefused_data() { addRows(forgedHeaders()); }
    void cose_forged_isRefused() { checkForgery(); }
    void payload_forged_isRefused_data() { addRows(forgedPayloads()); }
    void payload_forged_isRefused() { checkForgery(); }

    void critical_extensionThatIsNotProcessed_isInvalid_data() {
        QTest::addColumn<int>("place");
        QTest::addColumn<int>("nid");
        QTest::addColumn<QByteArray>("value");
        const std::pair<int, const char *> extensions[] = {
            {NID_name_constraints, "permitted;DNS:example.org"},
            {NID_policy_constraints, "requireExplicitPolicy:0"},
            {NID_inhibit_any_policy, "0"},
            {NID_certificate_policies, "DER:30:07:30:05:06:03:2a:03:04"},
            {NID_proxyCertInfo, "DER:30:0c:30:0a:06:08:2b:06:01:05:05:07:15:00"},
            {NID_subject_alt_name, "DNS:example.org"},
            {NID_crl_distribution_points, "URI:http://example.org/crl"},
            {NID_info_access, "OCSP;URI:http://example.org"}};
        const char *const names[] = {"root", "regional", "zonal", "instance", "leaf"};
        for (int place = root; place <= leaf; ++place)
            for (const auto &[nid, value] : extensions)
                if (nid != NID_proxyCertInfo || place == leaf) // OpenSSL calls a CA with it broken
                    QTest::addRow("%s in %s", OBJ_nid2sn(nid), names[place])
                        << place << nid << QByteArray(value);
    }

    void critical_extensionThatIsNotProcessed_isInvalid() {
        QFETCH(int, place);
        QFETCH(int, nid);
        QFETCH(QByteArray, value);
        DocumentMaker forged, twin;
        signedAgain(forged, size_t(place), [&](X509 *certificate) {
            setExtension(certificate, nid, ("critical," + value).constData());
        });
        const Verification refused = verified(forged, documentOf(forged));
        QCOMPARE(refused.verdict, Verdict::invalid);
        QVERIFY2(told(refused, Outcome::failed).contains(u"critical extension"_s),
                 qPrintable(told(refused, Outcome::failed)));
        signedAgain(twin, size_t(place),
                    [&](X509 *certificate) { setExtension(certificate, nid, value.constData()); });
        const Verification passed = verified(twin, documentOf(twin));
        QVERIFY2(passed.isValid(), qPrintable(told(passed, Outcome::failed)));
    }

    void extendedKeyUsage_ofTheLeaf_isSurprising() {
        DocumentMaker maker;
        signedAgain(maker, leaf, [](X509 *certificate) {
            setExtension(certificate, NID_ext_key_usage, "critical,serverAuth");
        });
        const Verification verification = verified(maker, documentOf(maker));
        QCOMPARE(verification.verdict, Verdict::surprising);
        QVERIFY(told(verification, Outcome::surprising).contains(u"extended key usage"_s));
    }

    void rootLeftOut_itsOwnFaults_areInvalid_data() {
        QTest::addColumn<int>("fault");
        QTest::addColumn<QString>("words");
        QTest::newRow("no CA") << 0 << "not a CA";
        QTest::newRow("path length 0") << 1 << "path length";
        QTest::newRow("may not sign certificates") << 2 << "key usage";
        QTest::newRow("expired") << 3 << "Expired";
        QTest::newRow("not yet valid") << 4 << "Not yet valid";
        QTest::newRow("name constraints") << 5 << "critical extension";
    }

    void rootLeftOut_itsOwnFaults_areInvalid() {
        QFETCH(int, fault);
        QFETCH(QString, words);
        DocumentMaker maker;
        signedAgain(maker, root, [&](X509 *certificate) {
            switch (fault) {
            case 0:
                return setExtension(certificate, NID_basic_constraints, "critical,CA:FALSE");
            case 1:
                return setExtension(certificate, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
            case 2:
                return setExtension(certificate, NID_key_usage, "critical,cRLSign");
            case 3:
                ASN1_TIME_set(X509_getm_notAfter(certificate), DocumentMaker::issuedAt - 1);
                return;
            case 4:
                ASN1_TIME_set(X509_getm_notBefore(certificate), DocumentMaker::issuedAt + 86400);
                return;
            default:
                return setExtension(certificate, NID_name_constraints, "critical,permitted;DNS:example.org");
            }
        });
        const Verification verification = verified(maker, documentOf(maker, regional));
        QCOMPARE(verification.verdict, Verdict::invalid);
        const QString text = told(verification, Outcome::failed);
        QVERIFY2(text.contains(u"the pinned root: "_s) && text.contains(words), qPrintable(text));
        DocumentMaker twin;
        QCOMPARE(verified(twin, documentOf(twin, regional)).verdict, Verdict::surprising);
    }

    void key_ofAnotherCurve_isSurprising_data() {
        QTest::addColumn<int>("place");
        QTest::addColumn<QByteArray>("curve");
        for (const char *curve : {"brainpoolP384r1", "P-521", "P-256"})
            for (const Place place : {root, zonal, leaf})
                if (place != leaf ||
                    QByteArray(curve) == "brainpoolP384r1") // the others do not go with ES384 at all
                    QTest::addRow("%s at %d", curve, place) << int(place) << QByteArray(curve);
    }

    void key_ofAnotherCurve_isSurprising() {
        QFETCH(int, place);
        QFETCH(QByteArray, curve);
        DocumentMaker maker;
        giveKey(maker, size_t(place), nsm::KeyPtr(EVP_EC_gen(curve.constData())));
        const Verification verification = verified(maker, documentOf(maker));
        QVERIFY2(verification.verdict == Verdict::surprising,
                 qPrintable(told(verification, Outcome::failed)));
        QVERIFY(told(verification, Outcome::surprising).contains(u"Nitro certificates have EC P-384"_s));
    }

    void key_below112Bits_isInvalid_data() {
        QTest::addColumn<int>("bits");
        QTest::addColumn<bool>("isEnough");
        QTest::newRow("RSA 1024") << 1024 << false;
        QTest::newRow("RSA 2048") << 2048 << true;
    }

    void key_below112Bits_isInvalid() {
        QFETCH(int, bits);
        QFETCH(bool, isEnough);
        DocumentMaker maker;
        giveKey(maker, zonal, nsm::KeyPtr(EVP_RSA_gen(unsigned(bits))));
        const Verification verification = verified(maker, documentOf(maker));
        QCOMPARE(verification.isValid(), isEnough);
        QCOMPARE(told(verification, Outcome::failed).contains(u"too weak"_s), !isEnough);
    }
};

QTEST_GUILESS_MAIN(TestAttestationForgeries)
#include "tst_attestation_forgeries.moc"
