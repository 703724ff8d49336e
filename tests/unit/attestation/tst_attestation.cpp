// SPDX-License-Identifier: GPL-2.0-or-later
//
// Attestation documents of our own making, right and wrong in one respect at a time, and hostile bytes.
#include "app/formats/attestation/report.hpp"
#include "app/formats/attestation/verify.hpp"
#include "app/formats/certificates/certificate.hpp"
#include "app/formats/certificates/der.hpp"
#include "app/formats/document_forms/input.hpp"
#include "tests/support/documents/document_maker.hpp"

#include <QCryptographicHash>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QTest>

using namespace nitroscope::formats;
using namespace nitroscope::formats::attestation;
using nitroscope::test::cborHead;
using nitroscope::test::DocumentMaker;
namespace nsm = nitroscope::nsm;

namespace {

VerifyOptions optionsFor(const DocumentMaker &maker) {
    VerifyOptions options;
    options.roots = {
        {"test root", QCryptographicHash::hash(maker.rootDer(), QCryptographicHash::Sha256), {}}};
    options.time = CheckTime::document;
    options.nowSeconds = DocumentMaker::issuedAt + 100;
    return options;
}

// "id subject: text" of everything that is not as it should be.
QStringList complaints(const Verification &verification, Outcome outcome) {
    QStringList list;
    for (const Check &check : verification.checks)
        if (check.outcome == outcome)
            list << check.id + ' ' + check.subject + ": " + check.text;
    return list;
}

void expectRanges(const Node &node, quint64 size) {
    QVERIFY2(node.range.end() <= size, qPrintable(node.name));
    for (const Node &child : node.children)
        expectRanges(child, size);
}

} // namespace

class TestAttestation : public QObject {
    Q_OBJECT

private slots:
    void verify_goodDocument_isValid() {
        for (const bool isIndefinite : {true, false}) {
            DocumentMaker maker;
            maker.isIndefinite = isIndefinite;
            const Document document = decode(maker.document());
            QCOMPARE(document.isPayloadIndefinite, isIndefinite);
            const Verification result = verify(document, optionsFor(maker));
            QVERIFY2(result.verdict == Verdict::valid, qPrintable(verificationText(document, result)));
            QCOMPARE(result.rootName, QString("test root"));
            QCOMPARE(result.checkedAtSeconds, DocumentMaker::issuedAt);
        }
    }

    void parse_certificateWithBytesBehindIt_saysSo() {
        const QByteArray good = DocumentMaker::derOf(DocumentMaker().leaf);
        const auto certificate = Certificate::parse(good + "xy");
        QVERIFY(!certificate);
        QCOMPARE(certificate.error().message,
                 QString("The certificate's DER is broken (bytes after its end)."));
        QCOMPARE(certificate.error().offset, std::optional<quint64>(good.size()));
    }

    void verify_again_forgetsNothingThatMatters() {
        // What was proven of a chain is remembered; a chain that differs in one bit is another chain.
        DocumentMaker maker;
        for (int i = 0; i < 3; ++i)
            QVERIFY(verify(decode(maker.document()), optionsFor(maker)).isValid());
        QByteArray zonal = DocumentMaker::derOf(maker.zonal);
        zonal[zonal.size() - 1] = static_cast<char>(zonal[zonal.size() - 1] ^ 1); // in its signature
        maker.setChain({DocumentMaker::derOf(maker.root), DocumentMaker::derOf(maker.regional), zonal,
                        DocumentMaker::derOf(maker.instance)},
                       DocumentMaker::derOf(maker.leaf));
        for (int i = 0; i < 2; ++i)
            QVERIFY(!verify(decode(maker.document()), optionsFor(maker)).isValid());
    }

    void decode_everyItem_hasItsBytes() {
        DocumentMaker maker;
        const QByteArray bytes = maker.document();
        const Document document = decode(bytes);
        const auto cut = [&](ByteRange range) {
            return bytes.mid(qsizetype(range.offset), qsizetype(range.length));
        };
        QCOMPARE(cut(document.userData->content), QByteArray("hello"));
        QCOMPARE(cut(document.certificate->content), DocumentMaker::derOf(maker.leaf));
        QCOMPARE(cut(document.pcrs[1].value.content), QByteArray(48, 'b'));
        QCOMPARE(cut(document.payload->content), maker.payload());
        QCOMPARE(cut(document.timestampRange), cborHead(0, DocumentMaker::timestampMs));
        const Node tree = documentTree(document);
        expectRanges(tree, quint64(bytes.size()));
        QCOMPARE(nodeAt(tree, document.nonce->content.offset)->name, QString("as text"));
        const Node *certificate = tree.child(u"payload")->child(u"certificate");
        QVERIFY(certificate->child(u"not before")->range.length == 15);
        QVERIFY(cut(certificate->child(u"subject")->range).contains("i-06fb0bf4e70d5129f-enc"));
    }

    void verify_taggedAndChunked_isValid() {
        DocumentMaker maker;
        // The payload as an indefinite string of two chunks under tag 18: unusual, and legal.
        const QByteArray plain = maker.document(), payload = maker.payload(),
                         whole = DocumentMaker::bytes(payload);
        const qsizetype at = plain.indexOf(whole);
        const QByteArray chunked =
            "\xd2" + plain.left(at) + "\x5f" + DocumentMaker::bytes(payload.left(100)) +
            DocumentMaker::bytes(payload.mid(100)) + "\xff" + plain.mid(at + whole.size());
        const Document document = decode(chunked);
        QVERIFY(document.isTagged);
        const Verification result = verify(document, optionsFor(maker));
        QVERIFY2(result.isValid(), qPrintable(verificationText(document, result)));
        expectRanges(documentTree(document), quint64(chunked.size()));
    }

    void verify_byteFlipped_fails() {
        DocumentMaker maker;
        // A chain of one keeps the number of verifications down.
        const nsm::Subject subject{"x"};
        maker.leaf = nsm::issue(nsm::Level::leaf, subject,
                                nsm::usualValidity(nsm::Level::leaf, DocumentMaker::issuedAt), &maker.root);
        maker.setChain({maker.rootDer()}, DocumentMaker::derOf(maker.leaf));
        const QByteArray good = maker.document();
        const VerifyOptions options = optionsFor(maker);
        QVERIFY(verify(decode(good), options).isValid());
        for (qsizetype i = 0; i < good.size(); ++i) {
            QByteArray bad = good;
            bad[i] = char(bad[i] ^ (1 << (i % 8)));
            QVERIFY2(!verify(decode(bad), options).isValid(), qPrintable(QString::number(i)));
        }
    }

    void decode_truncatedAnywhere_isUnreadableWithOffset() {
        const QByteArray good = DocumentMaker().document();
        for (qsizetype size = 0; size < good.size(); ++size) {
            const Document document = decode(good.left(size));
            QVERIFY2(!document.isReadable(), qPrintable(QString::number(size)));
            QVERIFY(document.faults.back().range.offset <= quint64(size));
            expectRanges(documentTree(document), quint64(size) + 1);
        }
    }

    void verify_wrongField_isToldAndInvalid_data() {
        QTest::addColumn<QByteArray>("field");
        QTest::addColumn<QByteArray>("cbor"); // empty: the field is left out
        QTest::addColumn<QString>("words");
        const auto row = [](const char *name, const char *field, const QByteArray &cbor, const char *words) {
            QTest::newRow(name) << QByteArray(field) << cbor << QString(words);
        };
        for (const char *field : {"module_id", "digest", "timestamp", "pcrs", "certificate", "cabundle"}) {
            row(qPrintable(QString("no %1").arg(field)), field, {}, "is missing");
            row(qPrintable(QString("%1 null").arg(field)), field, "\xf6", "but null");
        }
        const QByteArray pcr = DocumentMaker::bytes(QByteArray(48, 'x'));
        row("module_id empty", "module_id", "\x60", "module_id is empty");
        row("digest SHA256", "digest", "\x66SHA256", "it must be \"SHA384\"");
        row("timestamp 0", "timestamp", cborHead(0, 0), "timestamp is 0");
        row("timestamp negative", "timestamp", "\x20", "not an unsigned integer");
        row("timestamp huge", "timestamp", cborHead(0, UINT64_MAX), "time is unknown");
        row("pcrs empty", "pcrs", "\xa0", "1 to 32 are possible");
        row("pcr 32", "pcrs", "\xa1\x18\x20" + pcr, "not a PCR");
        row("pcr named", "pcrs", "\xa1\x61\x61" + pcr, "not a PCR");
        row("pcr twice", "pcrs", QByteArray("\xa2\x01") + pcr + "\x01" + pcr, "appears twice");
        row("pcr too short", "pcrs", QByteArray("\xa1\x01\x42xx"), "has 2 bytes");
        row("certificate empty", "certificate", "\x40", "is empty");
        row("certificate no DER", "certificate", "\x43xyz", "DER is broken");
        row("cabundle empty", "cabundle", "\x80", "cabundle is empty");
        row("cabundle of text", "cabundle", "\x81\x61x", "not a byte string");
        row("user_data text", "user_data", "\x61x", "neither a byte string nor null");
        row("nonce number", "nonce", "\x01", "neither a byte string nor null");
    }

    void verify_wrongField_isToldAndInvalid() {
        QFETCH(QByteArray, field);
        QFETCH(QByteArray, cbor);
        QFETCH(QString, words);
        DocumentMaker maker;
        if (cbor.isEmpty())
            maker.remove(field);
        else
            maker.field(field).cbor = cbor;
        const Verification result = verify(decode(maker.document()), optionsFor(maker));
        QVERIFY(result.verdict == Verdict::invalid);
        const QString told =
            (complaints(result, Outcome::failed) + complaints(result, Outcome::skipped)).join('\n');
        QVERIFY2(told.contains(words), qPrintable(told));
    }

    void verify_oddButLegal_isSurprising_data() {
        QTest::addColumn<QByteArray>("field");
        QTest::addColumn<QByteArray>("cbor");
        QTest::addColumn<QString>("words");
        QTest::newRow("long user_data")
            << QByteArray("user_data") << DocumentMaker::bytes(QByteArray(1024, 'u')) << "1024 bytes";
        QTest::newRow("long nonce") << QByteArray("nonce") << DocumentMaker::bytes(QByteArray(513, 'u'))
                                    << "513 bytes";
        QTest::newRow("empty key") << QByteArray("public_key") << QByteArray("\x40") << "0 bytes";
        QTest::newRow("module id") << QByteArray("module_id") << QByteArray("\x65other")
                                   << "does not have EC2's form";
        QTest::newRow("unknown field") << QByteArray("more") << QByteArray("\x01") << "is unknown";
    }

    void verify_oddButLegal_isSurprising() {
        QFETCH(QByteArray, field);
        QFETCH(QByteArray, cbor);
        QFETCH(QString, words);
        DocumentMaker maker;
        maker.remove(field);
        maker.fields.append({field, cbor});
        const Verification result = verify(decode(maker.document()), optionsFor(maker));
        const QString told = complaints(result, Outcome::surprising).join('\n');
        QVERIFY2(result.verdict == Verdict::surprising,
                 qPrintable(complaints(result, Outcome::failed).join('\n')));
        QVERIFY2(told.contains(words), qPrintable(told));
    }

    void verify_duplicateKey_isInvalid() {
        DocumentMaker maker;
        maker.fields.append(maker.fields[7]);
        QVERIFY(complaints(verify(decode(maker.document()), optionsFor(maker)), Outcome::failed)
                    .join("")
                    .contains("appears twice"));
    }

    void verify_wrongHeader_isInvalid_data() {
        QTest::addColumn<QByteArray>("header");
        QTest::addColumn<QString>("words");
        QTest::newRow("none") << QByteArray::fromHex("a10120") << "algorithm -1";
        QTest::newRow("EdDSA") << QByteArray::fromHex("a10127") << "algorithm -8";
        QTest::newRow("ES256 with P-384") << QByteArray::fromHex("a10126") << "does not fit ES256";
        QTest::newRow("empty") << QByteArray() << "names no algorithm";
        QTest::newRow("no map") << QByteArray::fromHex("01") << "not a map";
        QTest::newRow("twice") << QByteArray::fromHex("a2013822013822") << "appears twice";
        QTest::newRow("critical") << QByteArray::fromHex("a20138220281181e") << "critical parameters";
        QTest::newRow("broken") << QByteArray::fromHex("a101") << "Broken CBOR";
    }

    void verify_wrongHeader_isInvalid() {
        QFETCH(QByteArray, header);
        QFETCH(QString, words);
        DocumentMaker maker;
        maker.protectedHeader = header;
        const Verification result = verify(decode(maker.document()), optionsFor(maker));
        QVERIFY(result.verdict == Verdict::invalid);
        const QString told = complaints(result, Outcome::failed).join('\n');
        QVERIFY2(told.contains(words), qPrintable(told));
    }

    void verify_wrongChain_isInvalid_data() {
        QTest::addColumn<int>("kind");
        QTest::addColumn<QString>("words");
        int kind = 0;
        for (const char *words :
             {"reverse order", "the certificate before it", "is not the one that is pinned", "not a CA",
              "but 3 CA certificates follow it", "The leaf is a CA", "DER is broken",
              "was not made with the key"})
            QTest::newRow(words) << kind++ << QString(words);
    }

    void verify_wrongChain_isInvalid() {
        QFETCH(int, kind);
        QFETCH(QString, words);
        DocumentMaker maker;
        const VerifyOptions options = optionsFor(maker);
        const auto der = [](const nsm::Issued &issued) { return DocumentMaker::derOf(issued); };
        QList<QByteArray> bundle{der(maker.root), der(maker.regional), der(maker.zonal), der(maker.instance)};
        QByteArray leaf = der(maker.leaf);
        switch (kind) {
        case 0:
            std::ranges::reverse(bundle);
            break;
        case 1:
            bundle.removeAt(2);
            break;
        case 2: // a chain that is good in itself, under somebody else's root
            maker = DocumentMaker();
            bundle = {der(maker.root), der(maker.regional), der(maker.zonal), der(maker.instance)};
            leaf = der(maker.leaf);
            break;
        case 3: // a leaf that has issued a certificate
            bundle.append(leaf);
            break;
        case 4:
            bundle.insert(3, der(maker.zonal));
            bundle.insert(3, der(maker.zonal));
            break;
        case 5:
            maker.leaf = {nsm::CertPtr(X509_dup(maker.instance.certificate.get())),
                          std::move(maker.instance.key)};
            leaf = bundle.takeLast();
            break;
        case 6:
            bundle[1].chop(1);
            break;
        default: { // the regional of another root of the same name
            const DocumentMaker other;
            bundle[1] = der(other.regional);
        }
        }
        maker.setChain(bundle, leaf);
        const Verification result = verify(decode(maker.document()), options);
        QVERIFY(result.verdict == Verdict::invalid);
        const QString told = complaints(result, Outcome::failed).join('\n');
        QVERIFY2(told.contains(words), qPrintable(told));
    }

    void verify_rootOutsideOfTheBundle_isSurprising() {
        DocumentMaker maker;
        const auto der = [](const nsm::Issued &issued) { return DocumentMaker::derOf(issued); };
        maker.setChain({der(maker.regional), der(maker.zonal), der(maker.instance)}, der(maker.leaf));
        VerifyOptions options = optionsFor(maker);
        QVERIFY(!verify(decode(maker.document()), options).isValid()); // only its fingerprint is known
        options.roots[0].der = maker.rootDer();
        QVERIFY(verify(decode(maker.document()), options).verdict == Verdict::surprising);
    }

    void verify_time_decidesValidity_data() {
        QTest::addColumn<qint64>("offset"); // from the leaf's end
        QTest::addColumn<bool>("isValid");
        QTest::newRow("last second") << qint64(0) << true;
        QTest::newRow("one later") << qint64(1) << false;
        QTest::newRow("first second") << qint64(-3 * 3600 - 3) << true;
        QTest::newRow("one earlier") << qint64(-3 * 3600 - 4) << false;
    }

    void verify_time_decidesValidity() {
        QFETCH(qint64, offset);
        QFETCH(bool, isValid);
        const DocumentMaker maker;
        const auto leaf = Certificate::parse(DocumentMaker::derOf(maker.leaf));
        QVERIFY(leaf);
        VerifyOptions options = optionsFor(maker);
        options.time = CheckTime::at;
        options.atSeconds = leaf->notAfter() + offset;
        QCOMPARE(verify(decode(maker.document()), options).isValid(), isValid);
    }

    void verify_expectations_areChecked() {
        const DocumentMaker maker;
        const Document document = decode(maker.document());
        const VerifyOptions plain = optionsFor(maker);
        const auto isValid = [&](auto &&change) {
            VerifyOptions options = plain;
            change(options);
            return verify(document, options).isValid();
        };
        QVERIFY(isValid([](auto &o) { o.pcrs[0] = QByteArray(48, 'a'); }));
        QVERIFY(!isValid([](auto &o) { o.pcrs[0] = QByteArray(48, 'b'); }));
        QVERIFY(!isValid([](auto &o) { o.pcrs[16] = QByteArray(48, '\0'); }));
        QVERIFY(isValid([](auto &o) { o.nonce = "once"; }));
        QVERIFY(!isValid([](auto &o) { o.nonce = "twice"; }));
        QVERIFY(!isValid([](auto &o) { o.nonce = QByteArray(); }));
        QVERIFY(isValid([](auto &o) { o.userData = "hello"; }));
        QVERIFY(!isValid([](auto &o) { o.userData = "hell"; }));
        QVERIFY(isValid([](auto &o) { o.maxAgeSeconds = 100; }));
        QVERIFY(!isValid([](auto &o) { o.maxAgeSeconds = 98; }));
        QVERIFY(!isValid([](auto &o) { o.maxAgeSeconds = 5, o.nowSeconds = DocumentMaker::issuedAt - 100; }));
    }

    // 99.322 seconds are more than 99: what is said must not read "99 seconds old; 99 are allowed".
    void verify_ageOfAFraction_isRoundedUp() {
        const DocumentMaker maker;
        VerifyOptions options = optionsFor(maker);
        options.maxAgeSeconds = 99;
        const Verification result = verify(decode(maker.document()), options);
        QVERIFY(!result.isValid());
        QVERIFY(
            complaints(result, Outcome::failed).join('\n').contains("is 100 seconds old; 99 are allowed"));
    }

    void decode_hostile_isRefusedWithOffset_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<quint64>("offset");
        QTest::newRow("empty") << QByteArray() << quint64(0);
        QTest::newRow("10,000 arrays") << QByteArray(10'000, '\x81') << quint64(32);
        QTest::newRow("10,000 tags") << QByteArray(10'000, '\xd2') << quint64(65);
        QTest::newRow("10,000 maps in the payload")
            << "\x84\x40\xa0" + DocumentMaker::bytes(QByteArray(10'000, '\xbf')) + "\x40" << quint64(6 + 32);
        QTest::newRow("huge string") << QByteArray::fromHex("845bfffffffffffffff0") << quint64(1);
        QTest::newRow("huge array") << QByteArray::fromHex("9bffffffffffffffff") << quint64(9);
        QTest::newRow("huge map") << QByteArray::fromHex("bbffffffffffffffff") << quint64(0);
        QTest::newRow("many items") << "\x84\x40\xa0" +
                                           DocumentMaker::bytes("\x9f" + QByteArray(30'000, '\0') + "\xff") +
                                           "\x40"
                                    << quint64(6 + 20'000);
        QTest::newRow("reserved") << QByteArray::fromHex("841c") << quint64(1);
        QTest::newRow("not UTF-8") << "\x84\x40\xa0" + DocumentMaker::bytes(QByteArray::fromHex("a161ff00")) +
                                          "\x40"
                                   << quint64(5);
        QTest::newRow("another array") << QByteArray::fromHex("8340a040") << quint64(0);
        QTest::newRow("payload null") << QByteArray::fromHex("8440a0f640") << quint64(3);
    }

    void decode_hostile_isRefusedWithOffset() {
        QFETCH(QByteArray, bytes);
        QFETCH(quint64, offset);
        const Document document = decode(bytes);
        QVERIFY(!document.isReadable());
        QCOMPARE(document.faults.back().range.offset, offset);
        QVERIFY(verify(document).verdict == Verdict::unreadable);
        documentTree(document);
    }

    void der_broken_givesItsOffset() {
        const QByteArray der = DocumentMaker().rootDer();
        const auto bytes = [](const QByteArray &array) {
            return std::as_bytes(std::span(array.constData(), size_t(array.size())));
        };
        QVERIFY(!derFault(bytes(der)));
        QCOMPARE(derFault(bytes(der + "x")), std::optional<quint64>(quint64(der.size())));
        QCOMPARE(derFault(bytes(der.left(der.size() - 1))), std::optional<quint64>(0));
        QByteArray inner = der;
        inner[5] = '\x7f'; // the length of tbsCertificate
        QVERIFY(derFault(bytes(inner)).has_value());
        for (qsizetype i = 0; i < der.size(); ++i) {
            QByteArray bad = der;
            bad[i] = char(bad[i] ^ 0xff);
            derFault(bytes(bad));
            certificateNode("x", bad, {0, quint64(bad.size())});
        }
    }

    void input_form_isRecognised_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<int>("encoding");
        const QByteArray raw = DocumentMaker().document();
        const auto url = QByteArray::Base64UrlEncoding | QByteArray::OmitTrailingEquals;
        const auto row = [](const char *name, const QByteArray &text, Encoding encoding) {
            QTest::newRow(name) << text << int(encoding);
        };
        row("raw", raw, Encoding::raw);
        row("hex", raw.toHex(), Encoding::hex);
        row("upper hex with prefix", "0x" + raw.toHex().toUpper() + "\n", Encoding::hex);
        row("base64", raw.toBase64(), Encoding::base64);
        row("base64 quoted", " \"" + raw.toBase64() + "\",\r\n", Encoding::base64);
        QByteArray lines;
        for (qsizetype at = 0; at < raw.toBase64().size(); at += 76)
            lines += raw.toBase64().mid(at, 76) + "\r\n";
        row("base64 in lines", lines, Encoding::base64);
        row("base64url", raw.toBase64(url), Encoding::base64url);
    }

    void input_form_isRecognised() {
        QFETCH(QByteArray, text);
        QFETCH(int, encoding);
        const auto input = readInput(text);
        QVERIFY(input);
        QCOMPARE(int(input->encoding), encoding);
        QVERIFY(decode(input->document).isReadable());
    }

    void input_nsmResponse_isUnwrapped() {
        const QByteArray raw = DocumentMaker().document();
        const auto input = readInput("\xa1\x6b"
                                     "Attestation\xa1\x68"
                                     "document" +
                                     DocumentMaker::bytes(raw));
        QVERIFY(input && input->wasNsmResponse);
        QCOMPARE(input->document, raw);
    }

    void input_useless_isRefused() {
        QCOMPARE(readInput({}).error().code, QString("empty"));
        QCOMPARE(readInput(" \n").error().code, QString("empty"));
        const auto text = readInput("hello, world");
        QCOMPARE(text.error().code, QString("not-a-document"));
        QCOMPARE(text.error().offset, std::optional<quint64>(5));
        for (const char *words : {"certainly no document", "==", "00"}) // good base64 or hex, of what?
            QCOMPARE(readInput(words).error().code, QString("not-a-document"));
        QCOMPARE(readInput(QByteArray(maxInputBytes + 1, 'A')).error().code, QString("too-large"));
        QVERIFY(!decode(readInput("hEShATgioF")->document).isReadable()); // good base64 of too little
    }

    void roots_ofFiles_areRead() {
        QVERIFY(!trustedRoots("/no/such/file"));
        QVERIFY(!trustedRoots("/dev/null"));
        QVERIFY(!trustedRoots("/dev/zero"));
        QCOMPARE(trustedRoots("aws")->at(0).sha256.size(), 32);
        QVERIFY(trustedRoots("aws-gov")->at(0).sha256 != awsRoot().sha256);
    }

    // Not some of them: who wrote the file believes that all count.
    void roots_oneOfThemDamaged_areRefusedWithItsPlace() {
        QTemporaryDir folder;
        const DocumentMaker maker;
        const auto pem = [](const QByteArray &der) {
            QByteArray text = "-----BEGIN CERTIFICATE-----\n";
            constexpr qsizetype lineLength = 64;
            const QByteArray packed = der.toBase64();
            for (qsizetype at = 0; at < packed.size(); at += lineLength)
                text += packed.mid(at, lineLength) + '\n';
            return text + "-----END CERTIFICATE-----\n";
        };
        const QByteArray good = pem(maker.rootDer()), words = "some words\r\n";
        const auto read = [&](const QByteArray &text) {
            QFile file(folder.filePath("roots.pem"));
            if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size())
                qFatal("no file");
            file.close();
            return trustedRoots(file.fileName());
        };
        QCOMPARE(read(words + good + words + good)->size(), size_t{2});
        QCOMPARE(read("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n" + good)->size(),
                 size_t{1});
        for (const QByteArray &bad :
             {pem("no certificate"), QByteArray(good).replace(200, 4, "????"), good.left(good.size() / 2),
              QByteArray("-----BEGIN CERTIFICATE-----\n")}) {
            const auto roots = read(good + words + bad);
            QVERIFY(!roots);
            QCOMPARE(roots.error().offset, std::optional<quint64>(good.size() + words.size()));
            QVERIFY(!read(bad + good));
        }
    }

    void json_isJson() {
        const DocumentMaker maker;
        const auto input = readInput(maker.document());
        const Document document = decode(input->document);
        const auto shown = QJsonDocument::fromJson(documentJson(document, *input)).object();
        QCOMPARE(shown["Pcrs"].toObject().size(), 16);
        QCOMPARE(shown["Timestamp"].toInteger(), DocumentMaker::timestampMs);
        const auto verdict =
            QJsonDocument::fromJson(verificationJson(document, verify(document, optionsFor(maker)))).object();
        QCOMPARE(verdict["Verdict"].toString(), QString("valid"));
    }
};

QTEST_GUILESS_MAIN(TestAttestation)
#include "tst_attestation.moc"
