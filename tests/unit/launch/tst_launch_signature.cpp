// SPDX-License-Identifier: GPL-2.0-or-later
//
// The signature section, from whole signed EIFs down to hostile CBOR.

#include "qemu-machine/launch/signature_check.hpp"
#include "tests/unit/launch/eif_maker.hpp"
#include "tests/unit/launch/launch_guard.hpp"
#include "tests/unit/support/samples.hpp"

#include <QFile>
#include <QTest>

using namespace nitroscope;
using namespace nitroscope::test;
using namespace Qt::Literals::StringLiterals;

namespace {

struct SignedEif {
    QByteArray bytes;
    QByteArray pem;
};

SignedEif makeSignedEif(SignatureRecipe recipe = {}) {
    TestSections sections = usualSections();
    if (recipe.pcr0.isEmpty())
        recipe.pcr0 = expectedPcr(0, sections);
    const MadeSignature signature = makeSignature(recipe);
    sections.push_back({signatureKind, signature.section});
    return {makeEif(sections), signature.pem};
}

std::span<const std::byte> view(const QByteArray &bytes) {
    return std::as_bytes(std::span(bytes.constData(), static_cast<size_t>(bytes.size())));
}

} // namespace

class LaunchSignatureTest : public QObject {
    Q_OBJECT

private slots:
    void open_goodSignature_isAccepted_data() {
        QTest::addColumn<SignatureRecipe>("recipe");
        QTest::newRow("ES256") << SignatureRecipe{.keyKind = KeyKind::p256, .algorithm = -7};
        QTest::newRow("ES384") << SignatureRecipe{};
        QTest::newRow("ES512") << SignatureRecipe{.keyKind = KeyKind::p521, .algorithm = -36};
        QTest::newRow("tag 18") << SignatureRecipe{.isTagged = true};
    }

    void open_goodSignature_isAccepted() {
        QFETCH(SignatureRecipe, recipe);
        const SignedEif eif = makeSignedEif(recipe);
        Launch launch(Launch::options(writeFile(m_folder, "good.eif", eif.bytes)));
        QVERIFY2(launch.isOpen(), launch.problem.message);
        QCOMPARE(nitro_launch_wait(launch.get()), int(NITRO_MEASURE_READY));
        QCOMPARE(nitro_launch_is_signed(launch.get()), 1);
        QCOMPARE(launch.pcr(8), expectedPcr(certificateDer(eif.pem)).toHex());
    }

    void open_badSignature_isRefusedWithE59_data() {
        QTest::addColumn<SignatureRecipe>("recipe");
        QTest::addColumn<uint>("reason");
        QTest::newRow("another key") << SignatureRecipe{.usesAnotherKey = true}
                                     << uint(NITRO_LAUNCH_REASON_SIGNATURE_WRONG);
        QTest::newRow("expired") << SignatureRecipe{.notAfter = Launch::usualNow - 1}
                                 << uint(NITRO_LAUNCH_REASON_CERTIFICATE_DATES);
        QTest::newRow("not yet valid") << SignatureRecipe{.notBefore = Launch::usualNow + 1}
                                       << uint(NITRO_LAUNCH_REASON_CERTIFICATE_DATES);
        QTest::newRow("PCR 1") << SignatureRecipe{.registerIndex = 1} << uint(NITRO_LAUNCH_REASON_SIGNED_PCR);
        QTest::newRow("RSA") << SignatureRecipe{.keyKind = KeyKind::rsa}
                             << uint(NITRO_LAUNCH_REASON_CERTIFICATE);
        QTest::newRow("unknown algorithm")
            << SignatureRecipe{.algorithm = -8} << uint(NITRO_LAUNCH_REASON_SIGNATURE_FORMAT);
        QTest::newRow("not PEM") << SignatureRecipe{.pem = "hello"} << uint(NITRO_LAUNCH_REASON_CERTIFICATE);
        QTest::newRow("broken DER")
            << SignatureRecipe{.pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"}
            << uint(NITRO_LAUNCH_REASON_CERTIFICATE);
    }

    void open_badSignature_isRefusedWithE59() {
        QFETCH(SignatureRecipe, recipe);
        QFETCH(uint, reason);
        const QByteArray path = writeFile(m_folder, "bad.eif", makeSignedEif(recipe).bytes);
        NitroLaunchOptions options = Launch::options(path);
        Launch launch(options);
        QVERIFY(!launch.isOpen());
        QCOMPARE(launch.problem.reason, reason);
        QCOMPARE(QByteArray(launch.problem.ecode), QByteArray("E59"));
        QCOMPARE(launch.problem.section, 5);
        options.strict = 0;
        Launch lax(options);
        QVERIFY(lax.isOpen());
        QVERIFY(lax.warning(reason));
        QCOMPARE(nitro_launch_wait(lax.get()), int(NITRO_MEASURE_READY));
    }

    void wait_signedOtherPcr0_isRefused() {
        const SignedEif eif = makeSignedEif({.pcr0 = QByteArray(48, 'x')});
        Launch launch(Launch::options(writeFile(m_folder, "other.eif", eif.bytes)));
        QVERIFY2(launch.isOpen(), launch.problem.message);
        QCOMPARE(nitro_launch_wait(launch.get()), int(NITRO_MEASURE_REFUSED));
        QCOMPARE(nitro_launch_verdict(launch.get())->reason, uint32_t(NITRO_LAUNCH_REASON_SIGNED_PCR));
        QCOMPARE(QByteArray(nitro_launch_verdict(launch.get())->ecode), QByteArray("E59"));
    }

    void decode_hostileCbor_givesFaultWithOffset_data() {
        QTest::addColumn<QByteArray>("cbor");
        QTest::addColumn<quint64>("offset");
        const QByteArray key = cborHead(3, 19) + "signing_certificate";
        QTest::newRow("empty") << QByteArray() << quint64{0};
        QTest::newRow("a map") << cborHead(5, 0) << quint64{0};
        QTest::newRow("no entry") << cborHead(4, 0) << quint64{0};
        QTest::newRow("10,000 arrays deep") << QByteArray(10'000, '\x81') << quint64{1};
        QTest::newRow("10,000 deep in an unknown key")
            << cborHead(4, 1) + cborHead(5, 1) + cborHead(3, 1) + 'x' + QByteArray(10'000, '\x81')
            << quint64{34};
        QTest::newRow("2^64-1 entries") << cborHead(4, ~quint64{0}) << quint64{9};
        QTest::newRow("2^64-1 keys") << cborHead(4, 1) + cborHead(5, ~quint64{0}) << quint64{1};
        QTest::newRow("2^64-1 elements")
            << cborHead(4, 1) + cborHead(5, 2) + key + cborHead(4, ~quint64{0}) << quint64{31};
        QTest::newRow("byte string instead of integers")
            << cborHead(4, 1) + cborHead(5, 2) + key + cborHead(2, 3) + "abc" << quint64{22};
        QTest::newRow("element 256") << cborHead(4, 1) + cborHead(5, 2) + key + cborHead(4, 1) +
                                            cborHead(0, 256)
                                     << quint64{23};
        QTest::newRow("only a certificate")
            << cborHead(4, 1) + cborHead(5, 1) + key + integerArray("a") << quint64{1};
        const QByteArray good = makeSignature({.pcr0 = QByteArray(48, '\0')}).section;
        QTest::newRow("bytes behind") << good + '\0' << quint64(good.size());
    }

    void decode_hostileCbor_givesFaultWithOffset() {
        QFETCH(QByteArray, cbor);
        QFETCH(quint64, offset);
        constexpr quint64 base = 1000;
        const launch::SignatureSection section = launch::decodeSignatureSection(view(cbor), base);
        QVERIFY(section.fault);
        QCOMPARE(section.fault->offset, base + offset);
        QVERIFY(section.fault->sentence.ends_with('.'));
    }

    void decode_twoSignatures_keepsBoth() {
        const QByteArray one = makeSignature({.pcr0 = QByteArray(48, '\1')}).section.mid(1);
        const auto section = launch::decodeSignatureSection(view(cborHead(4, 2) + one + one), 0);
        QVERIFY(!section.fault);
        QCOMPARE(section.entries.size(), size_t{2});
        QCOMPARE(section.entries[1].range.offset, uint64_t(1 + one.size()));
    }

    void decode_awsVector_isUnderstood() {
        NITROSCOPE_REQUIRE_SAMPLES(samples);
        QFile file(samples->filePath(u"eif/aws-cbor-vectors.txt"_s));
        QVERIFY(file.open(QIODevice::ReadOnly));
        QByteArray payload, section;
        while (!file.atEnd()) {
            const QByteArray line = file.readLine().trimmed();
            if (line.startsWith("PCR_INFO="))
                payload = QByteArray::fromHex(line.mid(9));
            if (line.startsWith("SIGNATURE="))
                section = QByteArray::fromHex(line.mid(10));
        }
        const auto decoded = launch::decodeSignatureSection(view(section), 0);
        QCOMPARE(decoded.entries.size(), size_t{1});
        const auto &pem = decoded.entries[0].certificate.bytes;
        QVERIFY(QByteArray(reinterpret_cast<const char *>(pem.data()), qsizetype(pem.size()))
                    .startsWith("-----BEGIN"));
        QVERIFY(decoded.entries[0].sign1);
        QVERIFY(decoded.entries[0].sign1->isTagged);

        launch::CoseSign1 sign1;
        sign1.payload.assign(view(payload).begin(), view(payload).end());
        launch::SignedRegister signedRegister;
        QVERIFY(!launch::decodeSignedRegister(sign1, signedRegister));
        QCOMPARE(*signedRegister.index, uint64_t{0});
        QCOMPARE(signedRegister.value.size(), size_t{48});
        QCOMPARE(signedRegister.value[47], std::byte{47});
    }

    // Every shorter file is refused at once, without a crash and without a long wait.
    void open_truncatedAtEveryByte_isRefused() {
        const QByteArray whole = makeSignedEif().bytes;
        QFile file(m_folder.filePath(u"cut.eif"_s));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(whole);
        file.flush();
        const QByteArray path = QFile::encodeName(file.fileName());
        for (qint64 size = whole.size() - 1; size > 0; --size) {
            QVERIFY(file.resize(size));
            Launch launch(Launch::options(path));
            QVERIFY2(!launch.isOpen(), qPrintable(QString::number(size)));
        }
    }

    // The section alone, cut anywhere, is a fault and never a reading beyond its end (ASan).
    void decode_truncatedAtEveryByte_isFault() {
        const QByteArray whole = makeSignature({.pcr0 = QByteArray(48, '\7')}).section;
        QVERIFY(!launch::decodeSignatureSection(view(whole), 0).fault);
        for (qsizetype size = 0; size < whole.size(); ++size) {
            const QByteArray cut(whole.constData(), size);
            QVERIFY(launch::decodeSignatureSection(view(cut), 0).fault);
        }
    }

private:
    QTemporaryDir m_folder;
};

QTEST_GUILESS_MAIN(LaunchSignatureTest)
#include "tst_launch_signature.moc"
