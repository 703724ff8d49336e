// SPDX-License-Identifier: GPL-2.0-or-later
//
// Forged COSE_Sign1 structures (RFC 9052 §3, §4.2, §4.4): headers, tags, what was signed, and how the signature is written.
#include "tests/support/documents/forgery.hpp"

#include <algorithm>

namespace nitroscope::test {

using namespace Qt::Literals::StringLiterals;
using formats::attestation::Verdict;

namespace {

void addHeaders(Forgeries &list) {
    const auto header = [&list](const char *name, Verdict verdict, const char *digits) {
        list.append({u"protected header: %1"_s.arg(QLatin1String(name)), verdict,
                     [bytes = hex(digits)](ForgedDocument &document) { document.protectedHeader = bytes; },
                     good});
    };
    for (const auto &[name, digits] : {std::pair("ES256", "a10126"),
                                       std::pair("ES512", "a1013823"),
                                       std::pair("PS256", "a1013824"),
                                       std::pair("EdDSA", "a10127"),
                                       std::pair("RS1", "a10139fffe"),
                                       std::pair("HMAC 256", "a10105"),
                                       std::pair("ES256K", "a101382e"),
                                       std::pair("algorithm -1", "a10120"),
                                       std::pair("algorithm 0", "a10100"),
                                       std::pair("algorithm 35", "a1011823"),
                                       std::pair("ES384 as a text", "a1016545533338 34"),
                                       std::pair("algorithm as bytes", "a1014122"),
                                       std::pair("algorithm as a float", "a101f9d060"),
                                       std::pair("algorithm null", "a101f6"),
                                       std::pair("algorithm in an array", "a101813822"),
                                       std::pair("algorithm as a tagged number", "a101c24122"),
                                       std::pair("no algorithm", "a0"),
                                       std::pair("nothing", ""),
                                       std::pair("label as a text", "a161313822"),
                                       std::pair("label \"alg\"", "a163616c673822"),
                                       std::pair("label of two bytes", "a141013822"),
                                       std::pair("algorithm twice", "a2013822013822"),
                                       std::pair("two algorithms", "a2013822 0126"),
                                       std::pair("algorithm twice, once in two bytes", "a20138221801 26"),
                                       std::pair("critical algorithm", "a2013822028101"),
                                       std::pair("nothing critical", "a20138220280"),
                                       std::pair("critical, unknown", "a20138220281181e"),
                                       std::pair("critical, no array", "a20138220201"),
                                       std::pair("a label of bytes", "a2013822 4100 01"),
                                       std::pair("a label null", "a2013822f601"),
                                       std::pair("a label true", "a2013822f501"),
                                       std::pair("a label in an array", "a2013822810101"),
                                       std::pair("an array", "82013822"),
                                       std::pair("a number", "01"),
                                       std::pair("cut off", "a101"),
                                       std::pair("a byte behind it", "a101382200"),
                                       std::pair("a map in bytes", "44a1013822")})
        header(name, Verdict::invalid, digits);
    for (const auto &[name, digits] :
         {std::pair("key id", "a201382204417 8"), std::pair("content type", "a2013822031818"),
          std::pair("a label of nobody's", "a2013822617801"), std::pair("no definite length", "bf013822ff"),
          std::pair("algorithm in three bytes", "a101390022"), std::pair("label in two bytes", "a118013822"),
          std::pair("count in two bytes", "b801013822")})
        header(name, Verdict::surprising, digits);
    const auto unsignedHeader = [&list](const char *name, Verdict verdict, const char *digits) {
        list.append({u"unprotected header: %1"_s.arg(QLatin1String(name)), verdict,
                     [bytes = hex(digits)](ForgedDocument &document) { document.unprotectedHeader = bytes; },
                     good});
    };
    for (const auto &[name, digits] :
         {std::pair("the same algorithm", "a1013822"), std::pair("another algorithm", "a10126"),
          std::pair("critical parameters", "a1028104"), std::pair("key id twice", "a204417804 4179"),
          std::pair("a label of bytes", "a1410001"), std::pair("a label null", "a1f601"),
          std::pair("a label in an array", "a1810101"), std::pair("an array", "80"), std::pair("null", "f6"),
          std::pair("bytes", "40"), std::pair("a number", "00"), std::pair("a text", "60")})
        unsignedHeader(name, Verdict::invalid, digits);
    for (const auto &[name, digits] :
         {std::pair("key id", "a1044178"), std::pair("x5chain", "a118214178"),
          std::pair("a label of nobody's", "a1617801"), std::pair("no definite length", "bfff"),
          std::pair("count in two bytes", "b800")})
        unsignedHeader(name, Verdict::surprising, digits);
    list.append({u"algorithm unprotected only"_s, Verdict::invalid,
                 [](ForgedDocument &document) {
                     document.protectedHeader = {};
                     document.unprotectedHeader = hex("a1013822");
                 },
                 good});
}

void addSigned(Forgeries &list) {
    const auto message = [&list](const char *name, auto build) {
        list.append({u"signed %1"_s.arg(QLatin1String(name)), Verdict::invalid,
                     [build](ForgedDocument &document) { document.toBeSigned = build; },
                     [](ForgedDocument &document) {
                         document.toBeSigned = [](const QByteArray &header, const QByteArray &payload) {
                             return "\x84" + cborText("Signature1") + DocumentMaker::bytes(header) + "\x40" +
                                    DocumentMaker::bytes(payload);
                         };
                     }});
    };
    using Bytes = const QByteArray &;
    const auto structure = [](const char *context, const QByteArray &external) {
        return [=](Bytes header, Bytes payload) {
            return "\x84" + cborText(context) + DocumentMaker::bytes(header) +
                   DocumentMaker::bytes(external) + DocumentMaker::bytes(payload);
        };
    };
    for (const char *context : {"Signature", "Signature0", "signature1", "CounterSignature", "MAC0", ""})
        message(qPrintable(u"as \"%1\""_s.arg(QLatin1String(context))), structure(context, {}));
    message("with external data", structure("Signature1", "x"));
    message("the payload alone", [](Bytes, Bytes payload) { return payload; });
    message("without the header", [](Bytes, Bytes payload) {
        return "\x84" + cborText("Signature1") + "\x40\x40" + DocumentMaker::bytes(payload);
    });
    message("another header", [](Bytes, Bytes payload) {
        return "\x84" + cborText("Signature1") + DocumentMaker::bytes(hex("a10126")) + "\x40" +
               DocumentMaker::bytes(payload);
    });
    message("without external data", [](Bytes header, Bytes payload) {
        return "\x83" + cborText("Signature1") + DocumentMaker::bytes(header) + DocumentMaker::bytes(payload);
    });
    message("with a signer's header", [](Bytes header, Bytes payload) {
        return "\x85" + cborText("Signature") + DocumentMaker::bytes(header) + "\x40\x40" +
               DocumentMaker::bytes(payload);
    });
    message("another payload", [](Bytes header, Bytes payload) {
        return "\x84" + cborText("Signature1") + DocumentMaker::bytes(header) + "\x40" +
               DocumentMaker::bytes(payload + '\0');
    });
    for (const auto &[name, digest] : {std::pair("SHA-256", EVP_sha256()), std::pair("SHA-512", EVP_sha512()),
                                       std::pair("SHA3-384", EVP_sha3_384()), std::pair("SHA-1", EVP_sha1())})
        list.append({u"signed with %1"_s.arg(QLatin1String(name)), Verdict::invalid,
                     [digest = digest](ForgedDocument &document) { document.digest = digest; },
                     [](ForgedDocument &document) { document.digest = EVP_sha384(); }});
    for (int place = root; place < leaf; ++place)
        list.append({u"signed by %1"_s.arg(QLatin1String(placeNames[place])), Verdict::invalid,
                     [place](ForgedDocument &document) { document.signer = document.key(place); },
                     [](ForgedDocument &document) { document.signer = document.key(leaf); }});
}

// Of the curve P-384.
const char order[] =
    "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973";

void addSignatures(Forgeries &list) {
    const auto signature = [&list](const char *name, Verdict verdict, auto change) {
        list.append({u"signature: %1"_s.arg(QLatin1String(name)), verdict,
                     [change](ForgedDocument &document) {
                         document.elements = [change](QList<QByteArray> &parts) {
                             parts[3] = change(parts[3].mid(2)); // its head has two bytes
                         };
                     },
                     good});
    };
    const auto bytes = &DocumentMaker::bytes;
    const auto half = [](const QByteArray &value, int which) { return value.mid(48 * which, 48); };
    const QByteArray zero(48, '\0'), n = hex(order);
    signature("no bytes", Verdict::invalid, [=](const QByteArray &) { return bytes({}); });
    signature("a byte too few", Verdict::invalid,
              [=](const QByteArray &value) { return bytes(value.chopped(1)); });
    signature("a byte too many", Verdict::invalid,
              [=](const QByteArray &value) { return bytes(value + '\0'); });
    signature("r = 0", Verdict::invalid,
              [=](const QByteArray &value) { return bytes(zero + half(value, 1)); });
    signature("s = 0", Verdict::invalid,
              [=](const QByteArray &value) { return bytes(half(value, 0) + zero); });
    signature("both 0", Verdict::invalid, [=](const QByteArray &) { return bytes(zero + zero); });
    signature("r = n", Verdict::invalid, [=](const QByteArray &value) { return bytes(n + half(value, 1)); });
    signature("s = n", Verdict::invalid, [=](const QByteArray &value) { return bytes(half(value, 0) + n); });
    signature("all bits", Verdict::invalid,
              [=](const QByteArray &) { return bytes(QByteArray(96, '\xff')); });
    signature("s before r", Verdict::invalid,
              [=](const QByteArray &value) { return bytes(half(value, 1) + half(value, 0)); });
    signature("r alone", Verdict::invalid, [=](const QByteArray &value) { return bytes(half(value, 0)); });
    signature("little-endian", Verdict::invalid, [=](const QByteArray &value) {
        QByteArray r = half(value, 0), s = half(value, 1);
        std::ranges::reverse(r);
        std::ranges::reverse(s);
        return bytes(r + s);
    });
    signature("as DER", Verdict::invalid, [=](const QByteArray &value) {
        return bytes(der(0x30, derInteger('\0' + half(value, 0)) + derInteger('\0' + half(value, 1))));
    });
    signature("as wide as P-521's", Verdict::invalid, [=](const QByteArray &value) {
        return bytes(QByteArray(18, '\0') + half(value, 0) + QByteArray(18, '\0') + half(value, 1));
    });
    signature("as a text", Verdict::invalid,
              [=](const QByteArray &value) { return cborText(value.toHex()); });
    signature("null", Verdict::invalid, [=](const QByteArray &) { return QByteArray("\xf6"); });
    signature("in an array", Verdict::invalid,
              [=](const QByteArray &value) { return "\x81" + bytes(value); });
    signature("tagged", Verdict::invalid, [=](const QByteArray &value) { return "\xd8\x18" + bytes(value); });
    for (int bit : {0, 383, 384, 767})
        signature(qPrintable(u"bit %1"_s.arg(bit)), Verdict::invalid, [=](QByteArray value) {
            value[bit / 8] = char(value[bit / 8] ^ (0x80 >> bit % 8));
            return bytes(value);
        });
    signature("in chunks", Verdict::surprising, [=](const QByteArray &value) {
        return "\x5f" + bytes(half(value, 0)) + bytes(half(value, 1)) + "\xff";
    });
    signature("its length in three bytes", Verdict::surprising,
              [=](const QByteArray &value) { return hex("590060") + value; });
}

void addEnvelopes(Forgeries &list) {
    const auto envelope = [&list](const char *name, Verdict verdict, auto change, auto twin) {
        list.append({u"envelope: %1"_s.arg(QLatin1String(name)), verdict,
                     [change](ForgedDocument &document) { document.envelope = change; },
                     [twin](ForgedDocument &document) { document.envelope = twin; }});
    };
    const auto under = [](const char *tag) {
        return [tag = hex(tag)](const QByteArray &document) { return tag + document; };
    };
    const auto plain = under(""), tagged = under("d2");
    for (const auto &[name, tag] :
         {std::pair("tag 16", "d0"), std::pair("tag 17", "d1"), std::pair("tag 97", "d861"),
          std::pair("tag 98", "d862"), std::pair("tag 24", "d818"), std::pair("tag 61", "d83d"),
          std::pair("tag 18 twice", "d2d2"), std::pair("tag 18 within 61 within 18", "d2d83dd2")})
        envelope(name, Verdict::unreadable, under(tag), tagged);
    envelope("tag 18 in two bytes", Verdict::surprising, under("d812"), tagged);
    envelope(
        "a byte behind it", Verdict::invalid, [](const QByteArray &document) { return document + '\0'; },
        plain);
    envelope(
        "itself behind it", Verdict::invalid, [](const QByteArray &document) { return document + document; },
        plain);
    envelope(
        "a byte too few", Verdict::unreadable, [](const QByteArray &document) { return document.chopped(1); },
        plain);
    envelope(
        "no definite length", Verdict::surprising,
        [](const QByteArray &document) { return "\x9f" + document.mid(1) + "\xff"; }, plain);
    envelope(
        "count in two bytes", Verdict::surprising,
        [](const QByteArray &document) { return "\x98\x04" + document.mid(1); }, plain);
    const auto elements = [&list](const char *name, Verdict verdict, auto change) {
        list.append({u"elements: %1"_s.arg(QLatin1String(name)), verdict,
                     [change](ForgedDocument &document) {
                         document.elements = [change](QList<QByteArray> &parts) { change(parts); };
                     },
                     good});
    };
    using Parts = QList<QByteArray>;
    const auto payloadOf = [](const Parts &parts) { return parts[2].mid(3); }; // a head of three bytes
    elements("three", Verdict::unreadable, [](Parts &parts) { parts.removeLast(); });
    elements("five", Verdict::unreadable, [](Parts &parts) { parts.append("\xf6"); });
    elements("none", Verdict::unreadable, [](Parts &parts) { parts.clear(); });
    elements("header as a map", Verdict::invalid, [](Parts &parts) { parts[0] = hex("a1013822"); });
    elements("header as a text", Verdict::invalid, [](Parts &parts) { parts[0] = hex("6161"); });
    elements("header null", Verdict::invalid, [](Parts &parts) { parts[0] = hex("f6"); });
    elements("header tagged", Verdict::invalid, [](Parts &parts) { parts[0].prepend("\xd8\x18"); });
    elements("headers exchanged", Verdict::invalid, [](Parts &parts) { parts.move(0, 1); });
    elements("payload null", Verdict::unreadable, [](Parts &parts) { parts[2] = "\xf6"; });
    elements("payload empty", Verdict::unreadable, [](Parts &parts) { parts[2] = "\x40"; });
    elements("payload tagged", Verdict::unreadable, [](Parts &parts) { parts[2].prepend("\xd8\x18"); });
    elements("payload as a map", Verdict::unreadable, [=](Parts &parts) { parts[2] = payloadOf(parts); });
    elements("payload in bytes twice", Verdict::unreadable,
             [](Parts &parts) { parts[2] = DocumentMaker::bytes(parts[2]); });
    elements("payload and signature exchanged", Verdict::unreadable, [](Parts &parts) { parts.move(2, 3); });
    elements("payload cut off", Verdict::unreadable,
             [=](Parts &parts) { parts[2] = DocumentMaker::bytes(payloadOf(parts).chopped(1)); });
    elements("payload with a byte behind it", Verdict::invalid,
             [=](Parts &parts) { parts[2] = DocumentMaker::bytes(payloadOf(parts) + '\0'); });
    elements("payload in chunks", Verdict::surprising, [=](Parts &parts) {
        const QByteArray payload = payloadOf(parts);
        parts[2] =
            "\x5f" + DocumentMaker::bytes(payload.left(99)) + DocumentMaker::bytes(payload.mid(99)) + "\xff";
    });
    elements("payload's length in five bytes", Verdict::surprising,
             [](Parts &parts) { parts[2] = hex("5a0000") + parts[2].mid(1); });
    elements("header's length in two bytes", Verdict::surprising,
             [](Parts &parts) { parts[0] = hex("5804") + parts[0].mid(1); });
}

} // namespace

Forgeries forgedHeaders() {
    return forgeriesOf({addHeaders, addSigned, addSignatures, addEnvelopes});
}

} // namespace nitroscope::test
