// SPDX-License-Identifier: GPL-2.0-or-later
//
// CiphertextForRecipient: AWS's own envelopes read and written again byte for byte, ours opened by OpenSSL's CMS, and any bytes at all.
#include "app/kms/envelope/envelope.hpp"
#include "rsa_keys.hpp"
#include "tests/unit/support/samples.hpp"

#include <openssl/cms.h>
#include <openssl/err.h>
#include <QFile>
#include <QtTest>

using namespace nitroscope;
using namespace nitroscope::kms;
using namespace nitroscope::test;
using namespace Qt::Literals::StringLiterals;

namespace {

QByteArray contentOf(const QString &path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

// What `openssl cms -decrypt -inform DER -inkey KEY` gives.
std::optional<QByteArray> openedByOpenssl(const QByteArray &envelope, const QByteArray &privateDer) {
    const auto *at = reinterpret_cast<const unsigned char *>(privateDer.constData());
    const nsm::KeyPtr key(d2i_AutoPrivateKey(nullptr, &at, long(privateDer.size())));
    const nsm::BioPtr input(BIO_new_mem_buf(envelope.constData(), int(envelope.size()))),
        output(BIO_new(BIO_s_mem()));
    const std::unique_ptr<CMS_ContentInfo, nsm::Release<CMS_ContentInfo_free>> cms(
        d2i_CMS_bio(input.get(), nullptr));
    const bool isOpen =
        cms && CMS_decrypt(cms.get(), key.get(), nullptr, nullptr, output.get(), CMS_BINARY) == 1;
    ERR_clear_error();
    if (!isOpen)
        return std::nullopt;
    char *data = nullptr;
    const long size = BIO_get_mem_data(output.get(), &data);
    return QByteArray(data, size);
}

const EnvelopeForm forms[] = {
    {},
    {.content = EnvelopeForm::Content::primitive},
    {.content = EnvelopeForm::Content::chunks, .chunkBytes = 16},
    {.content = EnvelopeForm::Content::primitive, .chunkBytes = 1000, .isDer = true},
};

} // namespace

class TestEnvelope : public QObject {
    Q_OBJECT

private slots:
    void genuine_envelopes_areWrittenAgainByteForByte_data() {
        QTest::addColumn<QString>("name");
        QTest::addColumn<bool>("isPrimitive");
        QTest::newRow("edgebit") << u"genuine-edgebit.ber"_s << false;
        QTest::newRow("1") << u"genuine-rustcrypto-1.ber"_s << false;
        QTest::newRow("2") << u"genuine-rustcrypto-2.ber"_s << false;
        QTest::newRow("3") << u"genuine-rustcrypto-3.ber"_s << true;
        QTest::newRow("4") << u"genuine-rustcrypto-4.ber"_s << false;
    }
    void genuine_envelopes_areWrittenAgainByteForByte() {
        NITROSCOPE_REQUIRE_SAMPLES(samples);
        QFETCH(QString, name);
        QFETCH(bool, isPrimitive);
        const QByteArray genuine = contentOf(samples->filePath(u"kms/"_s + name));
        QVERIFY(!genuine.isEmpty());
        const EnvelopeReading reading = readEnvelope(genuine);
        QVERIFY2(reading.parts, qPrintable(reading.fault.value_or(app::Error()).text()));
        QCOMPARE(reading.surprises, QStringList());
        QCOMPARE(reading.form.content == EnvelopeForm::Content::primitive, isPrimitive);
        const EnvelopeForm form{.content = reading.form.content}; // chunks as AWS cuts them
        QCOMPARE(writeEnvelope(*reading.parts, form).toHex(), genuine.toHex());
    }

    void genuine_envelope_opensWithItsKey() {
        NITROSCOPE_REQUIRE_SAMPLES(samples);
        const EnvelopeReading reading =
            readEnvelope(contentOf(samples->filePath(u"kms/genuine-edgebit.ber"_s)));
        QVERIFY(reading.parts);
        const auto opened =
            openEnvelope(*reading.parts, contentOf(samples->filePath(u"kms/genuine-edgebit.key.der"_s)));
        QVERIFY2(opened, qPrintable(opened ? QString() : opened.error().text()));
        QCOMPARE(*opened, contentOf(samples->filePath(u"kms/genuine-edgebit.plain.bin"_s)));
    }

    void seal_everySizeAndForm_isOpenedByOpensslAndByUs_data() {
        QTest::addColumn<int>("size");
        QTest::addColumn<int>("form");
        for (const int size : {0, 1, 15, 16, 32, 999, 1000, 2400, 4096})
            for (int form = 0; form < int(std::size(forms)); ++form)
                QTest::addRow("%d bytes, form %d", size, form) << size << form;
    }
    void seal_everySizeAndForm_isOpenedByOpensslAndByUs() {
        QFETCH(int, size);
        QFETCH(int, form);
        const QByteArray plaintext(size, 'p');
        const auto envelope = sealEnvelope(plaintext, rsa2048().publicDer, forms[form]);
        QVERIFY2(envelope, qPrintable(envelope ? QString() : envelope.error().text()));
        QCOMPARE(openedByOpenssl(*envelope, rsa2048().privateDer), std::optional(plaintext));
        const EnvelopeReading reading = readEnvelope(*envelope);
        QVERIFY(reading.parts);
        QCOMPARE(openEnvelope(*reading.parts, rsa2048().privateDer).value(), plaintext);
        QCOMPARE(reading.surprises.isEmpty(), !forms[form].isDer);
        QCOMPARE(writeEnvelope(*reading.parts, reading.form), *envelope);
    }

    void seal_asAwsDoes_hasAwsSizes() {
        const auto sizeOf = [](int bytes) {
            return sealEnvelope(QByteArray(bytes, 'p'), rsa2048().publicDer)->size();
        };
        QCOMPARE(sizeOf(1), 461);
        QCOMPARE(sizeOf(32), 493);
        QCOMPARE(sizeOf(2400), 2871);
        QCOMPARE(sizeOf(4096), 4573);
    }

    void seal_largerKeys_areOpenedByOpenssl() {
        const RsaKey key = makeRsaKey(3072);
        const auto envelope = sealEnvelope("secret", key.publicDer);
        QVERIFY(envelope);
        QCOMPARE(openedByOpenssl(*envelope, key.privateDer), std::optional(QByteArray("secret")));
    }

    void seal_whatIsNoRsaKeyInDer_saysWhatItIs_data() {
        QTest::addColumn<QByteArray>("key");
        QTest::addColumn<QString>("expected");
        const nsm::KeyPtr ec = nsm::makeKey();
        const nsm::KeyPtr rsa(EVP_RSA_gen(2048));
        unsigned char *der = nullptr;
        const int size = i2d_PublicKey(rsa.get(), &der);
        const QByteArray bare(reinterpret_cast<const char *>(der), size);
        OPENSSL_free(der);
        QTest::newRow("none") << QByteArray() << u"has no public key"_s;
        QTest::newRow("PEM") << QByteArray("-----BEGIN PUBLIC KEY-----\nx") << u"PEM"_s;
        QTest::newRow("PKCS #1") << bare << u"PKCS #1"_s;
        QTest::newRow("EC") << spkiOf(ec.get()) << u"no RSA key"_s;
        QTest::newRow("short") << makeRsaKey(1024).publicDer << u"1024 bits"_s;
        QTest::newRow("noise") << QByteArray(100, '\x30') << u"no SubjectPublicKeyInfo"_s;
        QTest::newRow("cut") << rsa2048().publicDer.chopped(1) << u"no SubjectPublicKeyInfo"_s;
        QTest::newRow("longer") << rsa2048().publicDer + '\0' << u"no SubjectPublicKeyInfo"_s;
    }
    void seal_whatIsNoRsaKeyInDer_saysWhatItIs() {
        QFETCH(QByteArray, key);
        QFETCH(QString, expected);
        const auto sealed = sealEnvelope("secret", key);
        QVERIFY(!sealed);
        QCOMPARE(sealed.error().code, u"bad-recipient-key"_s);
        QVERIFY2(sealed.error().message.contains(expected), qPrintable(sealed.error().message));
    }

    void open_withAnotherKey_saysForWhichItIs() {
        const auto parts = readEnvelope(*sealEnvelope("secret", rsa2048().publicDer)).parts.value();
        const auto opened = openEnvelope(parts, makeRsaKey(2048).privateDer);
        QVERIFY(!opened);
        QCOMPARE(opened.error().code, u"wrong-key"_s);
        QVERIFY(opened.error().message.contains(QString::fromLatin1(parts.keyIdentifier.toHex())));
        QCOMPARE(openEnvelope(parts, "no key").error().code, u"bad-key"_s);
    }

    void read_everyPrefix_hasAFaultWithItsPlace() {
        for (const EnvelopeForm &form : forms) {
            const QByteArray envelope = *sealEnvelope(QByteArray(1200, 'p'), rsa2048().publicDer, form);
            for (qsizetype size = 0; size < envelope.size(); ++size) {
                const EnvelopeReading reading = readEnvelope(envelope.first(size));
                QVERIFY2(!reading.parts && reading.fault && reading.fault->offset,
                         qPrintable(QString::number(size)));
            }
        }
    }

    void read_everyByteChanged_neverFailsOtherwise() {
        const QByteArray envelope = *sealEnvelope(QByteArray(40, 'p'), rsa2048().publicDer);
        for (qsizetype at = 0; at < envelope.size(); ++at)
            for (const char change : {'\x01', '\x80', '\xff'}) {
                QByteArray changed = envelope;
                changed[at] = char(changed[at] ^ change);
                const EnvelopeReading reading = readEnvelope(changed);
                QVERIFY(reading.parts || reading.fault);
            }
    }

    void read_deepNesting_isRefused() {
        const EnvelopeReading reading =
            readEnvelope(QByteArray(2000, '\x30').replace("\x30\x30", "\x30\x80"));
        QVERIFY(reading.fault);
        QVERIFY(reading.fault->message.contains(u"more elements"_s));
    }

    void read_tree_tiesNamesToBytes() {
        const EnvelopeReading reading = readEnvelope(*sealEnvelope("secret", rsa2048().publicDer));
        const formats::Node *content = reading.tree.child(u"content");
        QVERIFY(content);
        const formats::Node *data = content->child(u"EnvelopedData");
        QVERIFY(data && data->child(u"recipientInfos"));
        const formats::Node &recipient = data->child(u"recipientInfos")->children.front();
        QCOMPARE(recipient.child(u"subjectKeyIdentifier")->range, (formats::ByteRange{31, 34}));
        QCOMPARE(recipient.child(u"encryptedKey")->range, (formats::ByteRange{127, 260}));
        QCOMPARE(recipient.child(u"keyEncryptionAlgorithm")->children.front().value, u"id-RSAES-OAEP"_s);
    }

    void bytes_ofEachForm_areTheEnvelope() {
        const QByteArray envelope = *sealEnvelope("secret", rsa2048().publicDer);
        QCOMPARE(envelopeBytes(envelope).value(), envelope);
        QCOMPARE(envelopeBytes(envelope.toBase64() + "\n").value(), envelope);
        QCOMPARE(
            envelopeBytes(" {\"KeyId\": \"x\", \"CiphertextForRecipient\": \"" + envelope.toBase64() + "\"}")
                .value(),
            envelope);
        for (const QByteArray &other :
             {QByteArray(), QByteArray("{}"), QByteArray("?"), QByteArray(maxEnvelopeBytes + 1, 'A')})
            QVERIFY(!envelopeBytes(other));
    }
};

QTEST_GUILESS_MAIN(TestEnvelope)
#include "tst_envelope.moc"
