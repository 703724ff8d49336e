// SPDX-License-Identifier: GPL-2.0-or-later
//
// Attestation documents: their bytes, their content, and their verification by the openssl command line.
#include "document_parts.hpp"
#include "nsm_fixture.hpp"
#include "openssl_cli.hpp"
#include "tests/unit/support/samples.hpp"

#include <QTemporaryDir>
#include <QtTest>

using namespace nitroscope::test;

namespace {

const QByteArray attestNothing = QByteArray::fromHex("a16b4174746573746174696f6ea0");

// user_data, nonce and public_key as an array body; an absent one is null.
QByteArray attest(std::optional<QByteArray> userData, std::optional<QByteArray> nonce,
                  std::optional<QByteArray> publicKey) {
    QByteArray request = QByteArray::fromHex("a16b4174746573746174696f6e83");
    for (const auto &field : {userData, nonce, publicKey}) {
        if (!field) {
            request += '\xf6';
            continue;
        }
        request += '\x59';
        request += char(field->size() >> 8);
        request += char(field->size());
        request += *field;
    }
    return request;
}

// A folder of its own, so that nothing touches the user's root.
struct Identity {
    QTemporaryDir folder;
    QByteArray path = folder.path().toLocal8Bit() + "/pki";
    NsmIdentity identity{};
    NsmOptions options{};
    Identity() {
        identity.pki_directory = path.constData();
        options.identity = &identity;
    }
};

constexpr qint64 hourMs = 3600 * 1000;

} // namespace

class TestNsmDocuments : public QObject {
    Q_OBJECT

    // Fills PCR 0-4 and 8 and locks PCR 0-15, as the platform does.
    static void boot(NsmFixture &device) {
        for (unsigned index : {0u, 1u, 2u, 3u, 4u, 8u})
            device.seed(index, char(0x20 + index));
        nsm_lock_range(device.nsm, 16);
    }
    static DocumentParts parts(NsmFixture &device, const QByteArray &request = attestNothing) {
        return takeApart(documentOf(device.send(request)).value_or(QByteArray())).value_or(DocumentParts());
    }

private slots:
    void document_bytes_areThoseOfTheHardware_data() {
        QTest::addColumn<int>("definite");
        QTest::addColumn<char>("head");
        QTest::newRow("today") << 0 << '\xbf';
        QTest::newRow("before 2025") << 1 << '\xa9';
    }
    void document_bytes_areThoseOfTheHardware() {
        QFETCH(int, definite);
        QFETCH(char, head);
        Identity own;
        own.options.definite_payload = definite;
        NsmFixture device(own.options);
        boot(device);
        const QByteArray document = documentOf(device.send(attestNothing)).value_or(QByteArray());
        QVERIFY(document.startsWith(QByteArray::fromHex("8444a1013822a059")));
        QCOMPARE(document.mid(document.size() - 98, 2).toHex(), QByteArray("5860"));
        const auto read = takeApart(document);
        QVERIFY(read.has_value());
        QCOMPARE(read->payload[0], head);
        QCOMPARE(read->indefinite, definite == 0);
        QCOMPARE(read->payload.endsWith('\xff'), definite == 0);
        const QList<QByteArray> order{"module_id", "digest",     "timestamp", "pcrs", "certificate",
                                      "cabundle",  "public_key", "user_data", "nonce"};
        QCOMPARE(read->keys, order);
        QVERIFY(read->payload.contains(QByteArray("\x64pcrs\xb0")));
        QVERIFY2(document.size() > 4000 && document.size() < 5500, QByteArray::number(document.size()));
    }

    void document_content_isTheModules() {
        Identity own;
        NsmFixture device(own.options);
        boot(device);
        const DocumentParts read = parts(device, attest("user", std::nullopt, QByteArray()));
        QCOMPARE(read.moduleId, QByteArray(NsmFixture::moduleIdText));
        QCOMPARE(read.digest, QByteArray("SHA384"));
        QCOMPARE(read.timestamp, quint64(NsmFixture::startMs));
        QCOMPARE(read.pcrs.size(), 16);
        for (int index = 0; index < 16; ++index)
            QCOMPARE(read.pcrs[index], device.pcr(unsigned(index)));
        QCOMPARE(read.cabundle.size(), 4);
        QCOMPARE(read.userData, std::optional(QByteArray("user")));
        QCOMPARE(read.nonce, std::nullopt);
        QCOMPARE(read.publicKey, std::optional(QByteArray()));
    }

    void document_pcrs_areTheLockedOnes() {
        Identity own;
        NsmFixture device(own.options);
        boot(device);
        device.sendHex("a169457874656e64504352a265696e64657810646461746143010203");
        QVERIFY(!parts(device).pcrs.contains(16)); // extended, but not locked
        device.sendHex("a1674c6f636b504352a165696e64657810");
        const DocumentParts read = parts(device);
        QCOMPARE(read.pcrs.size(), 17);
        QCOMPARE(read.pcrs[16], device.pcr(16));
        device.sendHex("a1684c6f636b50435273a16572616e67651820");
        QVERIFY(parts(device).payload.contains(QByteArray("\x64pcrs\xb8\x20")));
    }

    void document_debugMode_zeroesTheImagesPcrs() {
        Identity own;
        own.options.debug_mode = 1;
        NsmFixture device(own.options);
        boot(device);
        const DocumentParts read = parts(device);
        const QByteArray zero(NSM_PCR_SIZE, '\0');
        for (int index : {0, 1, 2, 8})
            QCOMPARE(read.pcrs[index], zero);
        for (int index : {3, 4})
            QCOMPARE(read.pcrs[index], device.pcr(unsigned(index)));
    }

    void document_largestFields_fitTheDriversBuffer() {
        Identity own;
        NsmFixture device(own.options);
        nsm_lock_range(device.nsm, 32);
        const QByteArray field(NSM_FIELD_MAX, '\x80');
        const DocumentParts read = parts(device, attest(field, field, field));
        QCOMPARE(device.last.error, NSM_SUCCESS);
        QCOMPARE(read.userData, std::optional(field));
        QCOMPARE(read.nonce, std::optional(field));
        QCOMPARE(read.publicKey, std::optional(field));
        device.send(attest(field, field, field), 5000);
        QCOMPARE(device.last.error, NSM_BUFFER_TOO_SMALL);
    }

    void document_opensslCli_verifiesChainAndSignature_data() {
        QTest::addColumn<int>("definite");
        QTest::newRow("today") << 0;
        QTest::newRow("before 2025") << 1;
    }
    void document_opensslCli_verifiesChainAndSignature() {
        NITROSCOPE_REQUIRE_OPENSSL_CLI();
        QFETCH(int, definite);
        Identity own;
        own.options.definite_payload = definite;
        NsmFixture device(own.options);
        boot(device);
        const DocumentParts read = parts(device, attest("hello", "12345678", std::nullopt));
        const QDir folder(own.folder.path());
        QByteArray middle;
        for (const QByteArray &der : read.cabundle.mid(1))
            middle += toPem(der);
        const QString leaf = writeFile(folder.filePath("leaf.pem"), toPem(read.certificate));
        const QString root = writeFile(folder.filePath("root.pem"), toPem(read.cabundle.first()));
        const CliResult chain = openssl({"verify", "-CAfile", root, "-no-CApath", "-no-CAstore", "-untrusted",
                                         writeFile(folder.filePath("middle.pem"), middle), "-attime",
                                         QString::number(read.timestamp / 1000), leaf});
        QVERIFY2(chain.good, chain.output);

        const CliResult key = openssl({"x509", "-in", leaf, "-pubkey", "-noout"});
        QVERIFY(key.good);
        const QString message = writeFile(folder.filePath("message"), signedBytes(read));
        const QStringList verify{"dgst", "-sha384", "-verify",
                                 writeFile(folder.filePath("key.pem"), key.output), "-signature"};
        const CliResult good = openssl(
            verify + QStringList{writeFile(folder.filePath("sig"), derSignature(read.signature)), message});
        QVERIFY2(good.good, good.output);
        QByteArray damaged = read.signature;
        damaged[50] = char(damaged[50] ^ 1);
        QVERIFY(
            !openssl(verify + QStringList{writeFile(folder.filePath("bad"), derSignature(damaged)), message})
                 .good);
    }

    void document_everyByteFlipped_failsVerification() {
        Identity own;
        NsmFixture device(own.options);
        boot(device);
        const QByteArray document = documentOf(device.send(attest("u", "n", "k"))).value_or(QByteArray());
        const QByteArray root = takeApart(document).value_or(DocumentParts()).cabundle.value(0);
        QVERIFY(verifies(document, root));
        for (qsizetype at = 0; at < document.size(); ++at) {
            QByteArray damaged = document;
            damaged[at] = char(damaged[at] ^ (1 << (at % 8)));
            QVERIFY2(!verifies(damaged, root), QByteArray::number(at));
        }
        QVERIFY(!verifies(document + '\0', root));
        QVERIFY(!verifies(document.chopped(1), root));
    }

    // The judge judged: genuine documents of hardware pass it, others do not.
    void verifier_genuineDocuments_areJudgedRight() {
        NITROSCOPE_REQUIRE_SAMPLES(dir);
        const QDir folder(dir->filePath("attestation"));
        const auto read = [](const QString &path) {
            QFile file(path);
            return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
        };
        const QByteArray root = read(folder.filePath("roots/aws-root-g1.der"));
        int valid = 0;
        for (const QString &name : folder.entryList({"*.bin"}, QDir::Files)) {
            const bool expected = name.startsWith("valid");
            QVERIFY2(verifies(read(folder.filePath(name)), root) == expected, qPrintable(name));
            valid += expected;
        }
        QVERIFY(valid > 30);
    }

    void document_twoRequests_differAndBothVerify() {
        Identity own;
        NsmFixture device(own.options);
        const QByteArray first = documentOf(device.send(attestNothing)).value_or(QByteArray());
        const QByteArray second = documentOf(device.send(attestNothing)).value_or(QByteArray());
        QVERIFY(first != second); // ECDSA draws a number for each signature
        const QByteArray root = takeApart(first)->cabundle.first();
        QVERIFY(verifies(first, root) && verifies(second, root));
    }

    // A month of one document per hour: every one verifies at its time, and certificates change as seldom as
    // they do on hardware.
    void document_overAMonth_alwaysVerifies() {
        Identity own;
        NsmFixture device(own.options);
        QList<QSet<QByteArray>> seen(5);
        QByteArray root;
        for (int hour = 0; hour < 30 * 24; ++hour) {
            device.nowMs = NsmFixture::startMs + hour * hourMs;
            const QByteArray document = documentOf(device.send(attestNothing)).value_or(QByteArray());
            const auto read = takeApart(document);
            QVERIFY(read.has_value());
            if (root.isEmpty())
                root = read->cabundle.first();
            if (hour % 5 == 0) // verifying is the slow part
                QVERIFY2(verifies(document, root), QByteArray::number(hour));
            for (int level = 0; level < 4; ++level)
                seen[level] << read->cabundle[level];
            seen[4] << read->certificate;
        }
        QCOMPARE(seen[0].size(), 1);                                         // root: 30 years
        QVERIFY(seen[1].size() >= 2 && seen[1].size() <= 3);                 // regional: 20 days
        QVERIFY(seen[2].size() >= 5 && seen[2].size() <= 8);                 // zonal: 5 to 6 days
        QVERIFY(seen[3].size() >= 30 && seen[3].size() <= 45);               // instance: a day
        QVERIFY(seen[4].size() >= 30 * 24 / 3 && seen[4].size() <= 30 * 24); // leaf: 3 hours
    }
    void leaf_servesForTwoAndAHalfHours() {
        Identity own;
        NsmFixture device(own.options);
        const QByteArray first = parts(device).certificate;
        device.nowMs += 2 * hourMs;
        QCOMPARE(parts(device).certificate, first);
        device.nowMs += hourMs / 2 - 1000;
        QCOMPARE(parts(device).certificate, first);
        device.nowMs += 2000;
        const DocumentParts renewed = parts(device);
        QVERIFY(renewed.certificate != first);
        QCOMPARE(renewed.timestamp, quint64(device.nowMs));
    }
    void leaf_clockGoesBack_isIssuedAnew() {
        Identity own;
        NsmFixture device(own.options);
        const QByteArray first = parts(device).certificate;
        device.nowMs -= 10 * 1000;
        QVERIFY(parts(device).certificate != first);
    }

    void store_unusable_answersInternalErrorAndSaysWhyOnce() {
        Identity own;
        const QByteArray file = writeFile(own.folder.filePath("file"), "x").toLocal8Bit();
        const QByteArray impossible = file + "/pki";
        own.identity.pki_directory = impossible.constData();
        NsmFixture device(own.options);
        QVERIFY(device.nsm != nullptr);
        QCOMPARE(device.send(attestNothing), errorResponse(NSM_INTERNAL_ERROR));
        QCOMPARE(device.send(attestNothing), errorResponse(NSM_INTERNAL_ERROR));
        QCOMPARE(device.messages.size(), 1);
        QVERIFY2(device.messages[0].contains(impossible), device.messages[0]);
    }
    void store_isNotTouchedBeforeTheFirstDocument() {
        Identity own;
        NsmFixture device(own.options);
        device.send("\x69GetRandom");
        QVERIFY(!QFile::exists(own.path));
        device.send(attestNothing);
        QVERIFY(QFile::exists(own.path + "/root.pem"));
    }

    void state_roundTrip_keepsTheChain() {
        Identity own, other;
        NsmFixture device(own.options);
        boot(device);
        const DocumentParts before = parts(device);
        auto state = std::make_unique<NsmState>();
        nsm_save_state(device.nsm, state.get());
        QVERIFY(state->identity_size > 0);

        NsmFixture loaded(other.options); // another user's machine, with another root
        QCOMPARE(nsm_load_state(loaded.nsm, state.get()), 0);
        const QByteArray document = documentOf(loaded.send(attestNothing)).value_or(QByteArray());
        const auto after = takeApart(document);
        QVERIFY(after.has_value());
        QCOMPARE(after->certificate, before.certificate);
        QCOMPARE(after->cabundle, before.cabundle);
        QVERIFY(verifies(document, before.cabundle.first()));
        loaded.nowMs += 3 * hourMs; // a new leaf under the old instance certificate
        const QByteArray later = documentOf(loaded.send(attestNothing)).value_or(QByteArray());
        QVERIFY(verifies(later, before.cabundle.first()));
        loaded.nowMs += 30 * 24 * hourMs; // and at last everything under the root that is at hand
        QVERIFY(parts(loaded).cabundle.first() != before.cabundle.first());
    }
    void state_damagedIdentity_isRefused() {
        Identity own;
        NsmFixture device(own.options);
        device.send(attestNothing);
        auto state = std::make_unique<NsmState>();
        nsm_save_state(device.nsm, state.get());
        const uint32_t size = state->identity_size;
        for (uint32_t cut = 1; cut < size; cut += 37) {
            state->identity_size = cut;
            QCOMPARE(nsm_load_state(device.nsm, state.get()), -1);
        }
        state->identity_size = sizeof state->identity + 1;
        QCOMPARE(nsm_load_state(device.nsm, state.get()), -1);
        state->identity_size = size;
        for (uint32_t at = 0; at < size; at += 11) { // whatever it says, it does not crash
            state->identity[at] ^= 0x55;
            nsm_load_state(device.nsm, state.get());
            state->identity[at] ^= 0x55;
        }
        QCOMPARE(nsm_load_state(device.nsm, state.get()), 0);
    }
};

QTEST_GUILESS_MAIN(TestNsmDocuments)
#include "tst_nsm_documents.moc"
