// SPDX-License-Identifier: GPL-2.0-or-later
//
// The forms in which people have attestation documents: each is recognised, no beginning of one is taken for it, and what is none is named. Lists
// of PCRs beside them.
#include "app/formats/attestation/document.hpp"
#include "app/formats/attestation/pcr_list.hpp"
#include "app/formats/attestation/verify.hpp"
#include "app/formats/document_forms/input.hpp"
#include "tests/support/documents/document_maker.hpp"

#include <QElapsedTimer>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QStringEncoder>
#include <QTest>

using namespace nitroscope::formats::attestation;
using namespace Qt::Literals::StringLiterals;
using nitroscope::test::cborHead;
using nitroscope::test::DocumentMaker;

namespace {

const QByteArray &raw() {
    static const QByteArray bytes = DocumentMaker().document();
    return bytes;
}

template <class Write>
QByteArray each(const char *between, Write &&write) {
    QByteArray text;
    for (qsizetype i = 0; i < raw().size(); ++i)
        text += (i ? between : "") + write(quint8(raw()[i]), char(raw()[i]));
    return text;
}

QByteArray decimals(const char *between, const char *suffix = "") {
    return each(between, [suffix](quint8 byte, char) { return QByteArray::number(byte) + suffix; });
}

QByteArray prefixed(const char *between) {
    return each(between,
                [](quint8 byte, char) { return "0x" + QByteArray::number(byte, 16).rightJustified(2, '0'); });
}

// As repr() of Python, {:?} of Rust's byte strings and %q of Go have it.
QByteArray escaped() {
    return each("", [](quint8 byte, char c) {
        const bool isPlain = c >= ' ' && c <= '~' && c != '\\' && c != '\'' && c != '"';
        return isPlain     ? QByteArray(1, c)
               : c == '\n' ? QByteArray("\\n")
                           : "\\x" + QByteArray::number(byte, 16).rightJustified(2, '0');
    });
}

// Lines with an offset, `perLine` bytes in groups, and the characters when `before` says what stands before them.
QByteArray dump(qsizetype perLine, qsizetype group, const char *behindOffset, const char *before) {
    QByteArray text;
    for (qsizetype at = 0; at < raw().size(); at += perLine) {
        const QByteArray bytes = raw().mid(at, perLine);
        text += QByteArray::number(at, 16).rightJustified(8, '0') + behindOffset;
        for (qsizetype i = 0; i < bytes.size(); i += group)
            text += (i == 0 ? "" : i == 8 && group == 1 && before ? "  " : " ") + bytes.mid(i, group).toHex();
        if (before)
            text += before;
        for (const char c : bytes)
            text += before ? QByteArray(1, c > ' ' && c <= '~' ? c : '.') : QByteArray();
        text += '\n';
    }
    return text + QByteArray::number(raw().size(), 16).rightJustified(8, '0') + '\n';
}

QByteArray wrapped(const QByteArray &text, qsizetype width, const char *end) {
    QByteArray lines;
    for (qsizetype at = 0; at < text.size(); at += width)
        lines += text.mid(at, width) + end;
    return lines;
}

QByteArray json(const QJsonObject &object) {
    return QJsonDocument(object).toJson();
}

QByteArray utf16(const QByteArray &text, QStringConverter::Encoding encoding, QStringConverter::Flags flags) {
    return QStringEncoder(encoding, flags).encode(QString::fromLatin1(text));
}

QJsonArray numbers(bool isSigned) {
    QJsonArray array;
    for (const char byte : raw())
        array.append(isSigned ? int(static_cast<signed char>(byte)) : int(quint8(byte)));
    return array;
}

} // namespace

class TestDocumentForms : public QObject {
    Q_OBJECT

private slots:
    void form_ofADocument_isRecognised_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<int>("encoding");
        QTest::addColumn<QString>("wrapping");
        const auto row = [](const char *name, const QByteArray &text, Encoding encoding,
                            const char *wrapping = "") {
            QTest::newRow(name) << text << int(encoding) << QString::fromLatin1(wrapping);
        };
        const auto url = QByteArray::Base64UrlEncoding, bare = QByteArray::OmitTrailingEquals;
        const QByteArray base64 = raw().toBase64(), hex = raw().toHex();
        const QString text = QString::fromLatin1(base64);
        row("raw under tag 18", "\xd2" + raw(), Encoding::raw);
        row("base64 without padding", raw().toBase64(bare), Encoding::base64);
        row("base64url with padding", raw().toBase64(url), Encoding::base64url);
        row("base64url in lines", wrapped(raw().toBase64(url | bare), 64, "\n"), Encoding::base64url);
        row("hex with colons", raw().toHex(':'), Encoding::hex);
        row("hex with spaces in lines", wrapped(raw().toHex(' '), 48, "\r\n"), Encoding::hex);
        row("hex with 0x each", prefixed(", "), Encoding::hex);
        row("hex in brackets", "[" + raw().toHex(' ') + "]", Encoding::hex);
        row("hex of CBOR's notation", "h'" + hex + "'", Encoding::hex);
        row("bytea", "\\x" + hex, Encoding::hex);
        row("JSON array", "[" + decimals(",") + "]", Encoding::numbers, "JSON");
        row("Java's bytes", QJsonDocument(numbers(true)).toJson(QJsonDocument::Compact), Encoding::numbers,
            "JSON");
        row("Rust's debug form", "Ok([" + decimals(", ") + "])", Encoding::numbers);
        row("Rust's vector", "let document = vec![" + decimals(", ") + "];", Encoding::numbers);
        row("Rust's vector with types", "vec![" + decimals(", ", "u8") + "]", Encoding::numbers);
        row("Rust's pretty debug form", "[\n    " + decimals(",\n    ") + ",\n]\n", Encoding::numbers);
        row("Go's slice", "[" + decimals(" ") + "]", Encoding::numbers);
        row("Go's syntax", "[]byte{" + prefixed(", ") + "}", Encoding::numbers);
        row("C's array", "static const uint8_t document[] = {\n" + prefixed(",\n") + "\n};\n",
            Encoding::numbers);
        row("numbers alone", decimals(", "), Encoding::numbers);
        row("Python's bytes", "b'" + escaped() + "'\n", Encoding::escapes);
        row("Python's bytearray", "bytearray(b'" + escaped() + "')", Encoding::escapes);
        row("Rust's and C's string", "\"" + escaped() + "\"", Encoding::escapes);
        row("escapes alone", each("", [](quint8 byte, char) { return "\\x" + QByteArray::number(byte, 16); }),
            Encoding::escapes);
        row("PEM",
            "-----BEGIN ATTESTATION DOCUMENT-----\n" + wrapped(base64, 64, "\n") +
                "-----END ATTESTATION DOCUMENT-----\n",
            Encoding::base64, "PEM");
        row("PEM with headers",
            "-----BEGIN COSE-----\nVersion: 1\n\n" + wrapped(base64, 64, "\r\n") + "-----END COSE-----",
            Encoding::base64, "PEM");
        row("data URL", "data:application/cbor;base64," + base64, Encoding::base64, "data URL");
        row("JSON field", json({{u"attestation"_s, text}}), Encoding::base64, "JSON, field attestation");
        row("KMS request",
            json({{u"CiphertextBlob"_s, QString(300, u'A')},
                  {u"Recipient"_s,
                   QJsonObject{{u"AttestationDocument"_s, text}, {u"KeyEncryptionAlgorithm"_s, u"x"_s}}}}),
            Encoding::base64, "JSON, field Recipient.AttestationDocument");
        row("JSON field in a list", json({{u"items"_s, QJsonArray{1, QJsonObject{{u"doc"_s, text}}}}}),
            Encoding::base64, "JSON, field items[1].doc");
        row("JSON field in hex", json({{u"quote"_s, QString::fromLatin1(hex)}}), Encoding::hex,
            "JSON, field quote");
        row("node's buffer", json({{u"type"_s, u"Buffer"_s}, {u"data"_s, numbers(false)}}), Encoding::numbers,
            "JSON, field data");
        QJsonObject numbered;
        for (qsizetype i = 0; i < raw().size(); ++i)
            numbered.insert(QString::number(i), int(quint8(raw()[i])));
        row("a Uint8Array", json(numbered), Encoding::numbers, "JSON");
        row("base64 of JSON", json({{u"attestation"_s, text}}).toBase64(), Encoding::base64,
            "JSON, field attestation");
        row("base64 of hex", hex.toBase64(), Encoding::hex);
        row("HTTP response of JSON",
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + json({{u"attestation"_s, text}}),
            Encoding::base64, "HTTP response");
        row("HTTP response of the bytes", "HTTP/2 200\r\nContent-Length: 5\r\n\r\n" + raw(), Encoding::raw,
            "HTTP response");
        row("xxd", dump(16, 2, ": ", "  "), Encoding::hex, "dump");
        row("hexdump -C", dump(16, 1, "  ", "  |"), Encoding::hex, "dump");
        row("od -A x -t x1", dump(16, 1, " ", nullptr), Encoding::hex, "dump");
        const char *around = "text around it";
        row("a log line", "2026-01-01T00:00:00Z INFO document: " + base64 + " (sent)\n", Encoding::base64,
            around);
        row("name=value", "DOCUMENT=" + base64 + "\nOTHER=1\n", Encoding::base64, around);
        row("YAML", "time: 1\nattestation: " + base64 + "\n", Encoding::base64, around);
        row("YAML in lines", "attestation: |\n  " + wrapped(base64, 76, "\n  ") + "\nnext: 1\n",
            Encoding::base64, around);
        row("a piece of JSON", "  \"attestation_doc\": \"" + base64 + "\",\n", Encoding::base64, around);
        row("JSON in lines", "{\"level\":\"info\"}\n{\"attestation\":\"" + base64 + "\"}\n", Encoding::base64,
            around);
        row("a query", "attestation=" + base64.toPercentEncoding() + "&x=1", Encoding::base64, around);
        row("percent-encoded base64", base64.toPercentEncoding(), Encoding::base64, around);
        row("JSON in a JSON text", json({{u"body"_s, QString::fromUtf8(json({{u"attestation"_s, text}}))}}),
            Encoding::base64, "JSON, field body");
        row("UTF-8 with its mark", "\xef\xbb\xbf" + base64, Encoding::base64);
        const auto mark = QStringConverter::Flag::WriteBom, none = QStringConverter::Flag::Default;
        row("UTF-16", utf16(base64, QStringConverter::Utf16LE, mark), Encoding::base64);
        row("UTF-16, big-endian", utf16(base64, QStringConverter::Utf16BE, mark), Encoding::base64);
        row("UTF-16 without mark", utf16(hex, QStringConverter::Utf16LE, none), Encoding::hex);
        row("JSON in UTF-16", utf16(json({{u"document"_s, text}}), QStringConverter::Utf16LE, mark),
            Encoding::base64, "JSON, field document");
    }

    void form_ofADocument_isRecognised() {
        QFETCH(QByteArray, text);
        QFETCH(int, encoding);
        QFETCH(QString, wrapping);
        const auto input = readInput(text);
        QVERIFY2(input, input ? "" : qPrintable(input.error().message));
        QCOMPARE(int(input->encoding), encoding);
        QCOMPARE(input->wrapping, wrapping);
        QCOMPARE(input->document.right(raw().size()), raw());
        QVERIFY(decode(input->document).isReadable());
    }

    void form_cutAnywhere_isNoWholeDocument_data() { form_ofADocument_isRecognised_data(); }

    void form_cutAnywhere_isNoWholeDocument() {
        QFETCH(QByteArray, text);
        // Without its last tenth: what stands around a document may be missing, and no byte of it.
        for (qsizetype size = 0; size < text.size() * 9 / 10; size += 1 + text.size() / 40) {
            const auto input = readInput(text.left(size));
            QVERIFY2(!input || !decode(input->document).isReadable(), qPrintable(QString::number(size)));
        }
    }

    void form_ofSomethingElse_isNamed_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("words");
        const auto row = [](const char *words, const QByteArray &bytes) {
            QTest::newRow(words) << bytes << QString::fromLatin1(words);
        };
        row("an EIF", ".eif" + QByteArray(100, '\0'));
        row("an ELF file", "\x7f"
                           "ELF" +
                               QByteArray(100, '\0'));
        row("compressed with gzip", "\x1f\x8b\x08" + QByteArray(100, 'x'));
        row("a ZIP archive", "PK\x03\x04 x");
        row("a certificate (PEM)", "-----BEGIN CERTIFICATE-----\n" + DocumentMaker().rootDer().toBase64() +
                                       "\n-----END CERTIFICATE-----\n");
        row("DER, such as a certificate", DocumentMaker().rootDer());
        row("DER, such as a certificate or a key", DocumentMaker().rootDer().toBase64());
        row("a JWT", "eyJhbGciOiJub25lIn0.e30.");
        row("HTML or XML", "<!DOCTYPE html>");
        row("JSON without a document in it (its fields: CiphertextForRecipient, KeyId)",
            json({{u"CiphertextForRecipient"_s, QString(300, u'A')}, {u"KeyId"_s, u"x"_s}}));
        row("JSON that is broken", "{\"attestation\": \"hEQ");
        row("COSE_Sign (tag 98)", "\xd8\x62" + raw());
        row("COSE_Mac0 (tag 17)", "\xd1" + raw());
        row("the payload of an attestation document without its signature", DocumentMaker().payload());
        row("an NSM response with the error InvalidArgument", "\xa1\x65"
                                                              "Error"
                                                              "\x6f"
                                                              "InvalidArgument");
        row("an NSM response to DescribePCR", "\xa1\x6b"
                                              "DescribePCR"
                                              "\xa0");
        row("a CMS envelope", QByteArray::fromHex("308006092a864886f70d010703a080"));
    }

    void form_ofSomethingElse_isNamed() {
        QFETCH(QByteArray, bytes);
        QFETCH(QString, words);
        const auto input = readInput(bytes);
        const QString told =
            input ? verify(decode(input->document)).checks.at(0).text : input.error().message;
        QVERIFY2(told.contains(words), qPrintable(told));
    }

    void form_hostile_isBounded_data() {
        QTest::addColumn<QByteArray>("bytes");
        const qsizetype size = maxInputBytes;
        const auto filled = [size](const QByteArray &piece) { return piece.repeated(size / piece.size()); };
        QTest::newRow("brackets") << filled("[");
        QTest::newRow("lists of one number") << filled("[1");
        QTest::newRow("objects") << filled("{\"a\":");
        QTest::newRow("quotes") << filled("'");
        QTest::newRow("backslashes") << filled("\\");
        QTest::newRow("armour's beginnings") << filled("-----BEGIN ");
        QTest::newRow("armour without lines") << filled("-----BEGIN X-----");
        QTest::newRow("numbers") << filled("1,");
        QTest::newRow("zeros in UTF-16") << filled(QByteArray("0\0", 2));
        QTest::newRow("many short strings") << "[" + QByteArray("\"a\",").repeated(500'000) + "1]";
        QTest::newRow("many long strings")
            << "[" + ("\"" + QByteArray(100, 'A') + "\",").repeated(30'000) + "1]";
        QByteArray nested = raw();
        for (int i = 0; i < 10; ++i)
            nested = nested.toBase64();
        QTest::newRow("base64 ten times") << nested;
    }

    void form_hostile_isBounded() {
        QFETCH(QByteArray, bytes);
        QElapsedTimer clock;
        clock.start();
        const auto input = readInput(bytes);
        QVERIFY(!input || !decode(input->document).isReadable());
        QVERIFY2(clock.elapsed() < 30'000,
                 qPrintable(QString::number(
                     clock.elapsed()))); // some ten milliseconds, with a loaded machine's room
    }

    void document_ofANitroTpm_isNamed() {
        DocumentMaker maker;
        maker.field("pcrs").name = "nitrotpm_pcrs";
        const Document document = decode(maker.document());
        QVERIFY(document.isNitroTpm && document.isReadable());
        const Verification verification = verify(document);
        QCOMPARE(verification.verdict, Verdict::invalid);
        QVERIFY(verification.checks.at(0).text.contains(u"NitroTPM"_s));
        for (const Check &check : verification.checks)
            QVERIFY2(!check.text.contains(u"pcrs is missing"_s) && !check.text.contains(u"is unknown"_s),
                     qPrintable(check.text));
    }

    // ---- lists of PCRs ----

    void pcrList_anyForm_isRead_data() {
        QTest::addColumn<QByteArray>("text");
        const QByteArray a(96, 'a'), b(96, 'b');
        const QByteArray measurements =
            "{\"HashAlgorithm\": \"Sha384 { ... }\", \"PCR0\": \"" + a + "\", \"PCR8\": \"" + b + "\"}";
        QTest::newRow("nitro-cli build-enclave") << "{\"Measurements\": " + measurements + "}";
        QTest::newRow("with the words before it")
            << "Start building the Enclave Image...\nEnclave Image successfully created.\n{\n  \"Measurements\": {\n    \"PCR0\": \"" +
                   a + "\",\n    \"PCR8\": \"" + b + "\"\n  }\n}\n";
        QTest::newRow("nitro-cli describe-eif")
            << "{\"EifVersion\": 4, \"Measurements\": " + measurements + ", \"IsSigned\": true}";
        QTest::newRow("nitro-cli describe-enclaves")
            << "[{\"EnclaveName\": \"x\", \"Measurements\": " + measurements + "}]";
        QTest::newRow("measurements alone") << measurements;
        QTest::newRow("attest show") << "{\"Pcrs\": {\"0\": \"" + a + "\", \"8\": \"" + b + "\"}}";
        QTest::newRow("lines") << "PCR0: " + a + "\nPCR8: " + b + "\n";
        QTest::newRow("lines of another kind") << "# of the image\npcr0=0x" + a.toUpper() + "\r\n8 " + b;
        QTest::newRow("a decoded document")
            << "{\"module_id\": \"x\", \"pcrs\": {\"0\": \"0x" + a + "\", \"8\": \"" + b + "\"}}";
        QTest::newRow("without PCR1") << "{\"PCR0\": \"" + a + "\", \"PCR1\": null, \"PCR8\": \"" + b + "\"}";
        QTest::newRow("Markdown list") << "- **PCR0**: `" + a + "`\n- PCR8: `" + b + "`\n";
        QTest::newRow("Markdown table")
            << "| PCR | value |\n|---|---|\n| PCR0 | `" + a + "` |\n| PCR8 | " + b + " |\n";
        QTest::newRow("CSV") << "name,value\nPCR0," + a + "\nPCR8," + b + "\n";
        QTest::newRow("shell") << "export PCR0=" + a + "\nPCR8='" + b + "'\n";
    }

    void pcrList_anyForm_isRead() {
        QFETCH(QByteArray, text);
        const auto pcrs = readPcrList(text);
        QVERIFY2(pcrs, pcrs ? "" : qPrintable(pcrs.error().message));
        QCOMPARE(*pcrs, (PcrValues{{0, QByteArray(48, '\xaa')}, {8, QByteArray(48, '\xbb')}}));
    }

    void pcrList_wrong_isRefused() {
        const QByteArray a(96, 'a'), b(96, 'b');
        for (const QByteArray &text :
             {QByteArray(), QByteArray("words"), QByteArray("{}"), "PCR0: " + a.left(94),
              "PCR0: " + a + "\nPCR0: " + b, "PCR32: " + a, "PCR0: " + a + "\nPCR1 is " + b,
              "{\"PCR0\": \"" + a + "\", \"PCR0\": \"" + b + "\"}", "{\"PCR0\": \"" + a.left(95) + "x\"}",
              QByteArray("[{}, {}]"), QByteArray(maxPcrListBytes + 1, ' ')})
            QVERIFY2(!readPcrList(text), text.left(100));
    }
};

QTEST_GUILESS_MAIN(TestDocumentForms)
#include "tst_document_forms.moc"
