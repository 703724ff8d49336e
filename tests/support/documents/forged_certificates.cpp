// SPDX-License-Identifier: GPL-2.0-or-later
//
// Forged fields of certificates: version to key, the signature, and DER that is not the only form (RFC 5280 §4.1, X.690 §10, §11).
#include "nsm-device/pki/openssl_ptr.hpp"
#include "tests/support/documents/forgery.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <QDateTime>

namespace nitroscope::test {

using namespace Qt::Literals::StringLiterals;
using formats::attestation::Verdict;

namespace {

constexpr quint8 utcTime = 0x17, generalizedTime = 0x18, sequence = 0x30, set = 0x31, bits = 0x03;

using Fault = ChangeAtPlace;

// The certificate signed again and nothing else.
void nothing(ForgedDocument &document, int place) {
    document.at(place);
}

Fault setVersion(const char *number) {
    return [number](ForgedDocument &document, int place) {
        document.at(place).version =
            number ? der(0xa0, derInteger(QByteArray::fromHex(number))) : QByteArray();
    };
}

Fault setSerial(const QByteArray &hex) {
    return [hex](ForgedDocument &document, int place) {
        document.at(place).serial = derInteger(QByteArray::fromHex(hex));
    };
}

// `seconds` after the document was made.
QByteArray utc(qint64 seconds) {
    return der(utcTime, QDateTime::fromSecsSinceEpoch(DocumentMaker::issuedAt + seconds, Qt::UTC)
                            .toString(u"yyMMddHHmmss'Z'"_s)
                            .toLatin1());
}

Fault setNotBefore(const QByteArray &element) {
    return [element](ForgedDocument &document, int place) { document.at(place).notBefore = element; };
}

Fault setNotAfter(const QByteArray &element) {
    return [element](ForgedDocument &document, int place) { document.at(place).notAfter = element; };
}

void addVersionsAndSerials(Forgeries &list) {
    addAtEachPlace(list, "version 1", Verdict::invalid, setVersion(nullptr), setVersion("02"));
    addAtEachPlace(list, "version 2", Verdict::invalid, setVersion("01"), setVersion("02"));
    addAtEachPlace(list, "version 4", Verdict::invalid, setVersion("03"), setVersion("02"));
    addAtEachPlace(list, "serial number 0", Verdict::surprising, setSerial("00"), setSerial("01"));
    addAtEachPlace(list, "serial number -1", Verdict::surprising, setSerial("ff"), setSerial("00ff"));
    addAtEachPlace(list, "serial number of 21 bytes", Verdict::surprising, setSerial(QByteArray(42, '1')),
                   setSerial(QByteArray(40, '1')));
    addAtEachPlace(list, "serial number with a zero too many", Verdict::invalid, setSerial("0001"),
                   setSerial("0080"));
    const Fault uniqueId = [](ForgedDocument &document, int place) {
        document.at(place).uniqueIds = der(0x81, QByteArray("\0x", 2));
    };
    addAtEachPlace(list, "unique identifier", Verdict::surprising, uniqueId, nothing);
}

void addValidities(Forgeries &list) {
    addAtEachPlace(list, "expired by a second", Verdict::invalid, setNotAfter(utc(-1)), setNotAfter(utc(0)));
    addAtEachPlace(list, "valid a second later", Verdict::invalid, setNotBefore(utc(1)),
                   setNotBefore(utc(0)));
    addAtEachPlace(
        list, "end before the beginning", Verdict::invalid,
        [](ForgedDocument &document, int place) {
            document.at(place).notBefore = utc(10);
            document.at(place).notAfter = utc(-10);
        },
        [](ForgedDocument &document, int place) {
            document.at(place).notBefore = utc(-10);
            document.at(place).notAfter = utc(10);
        });
    const auto broken = [&list](const char *name, quint8 tag, const char *text) {
        addAtEachPlace(list, name, Verdict::invalid, setNotBefore(der(tag, text)), setNotBefore(utc(-100)));
    };
    broken("beginning without seconds", utcTime, "2601010000Z");
    broken("beginning with an offset", utcTime, "260101000000+0000");
    broken("beginning in no zone", utcTime, "260101000000");
    broken("beginning with a fraction", generalizedTime, "20260101000000.5Z");
    broken("beginning on a day that is none", utcTime, "260132000000Z");
    broken("beginning without a digit", utcTime, "xxxxxxxxxxxxZ");
    addAtEachPlace(list, "end that is empty", Verdict::invalid, setNotAfter(der(utcTime, {})),
                   setNotAfter(utc(100)));
    addAtEachPlace(list, "end as an integer", Verdict::invalid, setNotAfter(derInteger("\x7f")),
                   setNotAfter(utc(100)));
    addAtEachPlace(list, "end as GeneralizedTime in 2049", Verdict::surprising,
                   setNotAfter(der(generalizedTime, "20491231235959Z")),
                   setNotAfter(der(generalizedTime, "20500101000000Z")));
}

QByteArray commonName(const QByteArray &text) {
    return der(sequence, der(set, der(sequence, derOid("2.5.4.3") + der(0x0c, text))));
}

void addNames(Forgeries &list) {
    addAtEachPlace(
        list, "CA without a name", Verdict::invalid,
        [](ForgedDocument &document, int place) { document.rename(place, der(sequence, {})); },
        [](ForgedDocument &document, int place) { document.rename(place, commonName("x")); }, root, instance);
    const auto changeIssuer = [](auto change) {
        return [change](ForgedDocument &document, int place) {
            QByteArray &issuer = document.at(place).issuer;
            issuer = change(issuer);
        };
    };
    const auto replaced = [](const char *before, const char *after) {
        return [before, after](QByteArray name) { return name.replace(before, after); };
    };
    addAtEachPlace(list, "issuer with another letter", Verdict::invalid,
                   changeIssuer(replaced("nitro", "nitrx")), changeIssuer(replaced("nitro", "NITRO")),
                   regional);
    addAtEachPlace(list, "issuer without its first part", Verdict::invalid,
                   changeIssuer([](const QByteArray &name) {
                       return der(sequence, derParts(derContent(name)).mid(1).join());
                   }),
                   nothing, regional);
    addAtEachPlace(list, "issuer in another order", Verdict::invalid,
                   changeIssuer([](const QByteArray &name) {
                       QList<QByteArray> parts = derParts(derContent(name));
                       parts.move(0, 1);
                       return der(sequence, parts.join());
                   }),
                   nothing, regional);
    addAtEachPlace(
        list, "issuer is the subject", Verdict::invalid,
        [](ForgedDocument &document, int place) { document.at(place).issuer = document.at(place).subject; },
        nothing, regional);
}

void addSignatures(Forgeries &list) {
    const auto algorithm = [](const char *inner, const char *outer, const EVP_MD *digest) {
        return [=](ForgedDocument &document, int place) {
            document.at(place).algorithm = derAlgorithm(inner);
            document.at(place).outerAlgorithm = derAlgorithm(outer);
            document.signWith(place, nullptr, digest);
        };
    };
    using namespace oid;
    addAtEachPlace(list, "signed with SHA-1", Verdict::invalid, algorithm(ecdsaSha1, ecdsaSha1, EVP_sha1()),
                   nothing);
    addAtEachPlace(list, "signed with SHA-256", Verdict::surprising,
                   algorithm(ecdsaSha256, ecdsaSha256, EVP_sha256()), nothing);
    addAtEachPlace(list, "two algorithms", Verdict::invalid,
                   algorithm(ecdsaSha256, ecdsaSha384, EVP_sha384()),
                   algorithm(ecdsaSha384, ecdsaSha384, EVP_sha384()), regional);
    addAtEachPlace(
        list, "signed by its own key", Verdict::invalid,
        [](ForgedDocument &document, int place) { document.signWith(place, document.key(place)); },
        [](ForgedDocument &document, int place) { document.signWith(place, document.key(place - 1)); },
        regional);
    addAtEachPlace(
        list, "signed by the root", Verdict::invalid,
        [](ForgedDocument &document, int place) { document.signWith(place, document.key(root)); }, nothing,
        zonal);
    const auto disguised = [](QByteArray (*change)(const QByteArray &)) {
        return
            [change](ForgedDocument &document, int place) { document.at(place).disguiseSignature = change; };
    };
    addAtEachPlace(list, "a bit of its signature", Verdict::invalid,
                   disguised([](const QByteArray &signature) {
                       QByteArray changed = signature;
                       changed.back() = char(changed.back() ^ 1);
                       return changed;
                   }),
                   nothing, regional);
    addAtEachPlace(list, "signature of no bytes", Verdict::invalid,
                   disguised([](const QByteArray &) { return der(bits, QByteArray(1, '\0')); }), nothing,
                   regional);
    addAtEachPlace(list, "signature of r = s = 0", Verdict::invalid, disguised([](const QByteArray &) {
                       const QByteArray zero = derInteger(QByteArray(1, '\0'));
                       return der(bits, '\0' + der(sequence, zero + zero));
                   }),
                   nothing, regional);
    addAtEachPlace(list, "signature of r = s = 1", Verdict::invalid, disguised([](const QByteArray &) {
                       return der(bits, '\0' + der(sequence, derInteger("\1") + derInteger("\1")));
                   }),
                   nothing, regional);
    addAtEachPlace(list, "signature with a byte behind it", Verdict::invalid,
                   disguised([](const QByteArray &whole) { return der(bits, derContent(whole) + '\0'); }),
                   nothing, regional);
    addAtEachPlace(
        list, "signature with an unused bit", Verdict::invalid,
        disguised([](const QByteArray &whole) { return der(bits, '\1' + derContent(whole).mid(1)); }),
        nothing, regional);
}

void addEncodings(Forgeries &list) {
    const auto whole = [](QByteArray (*change)(const QByteArray &)) {
        return [change](ForgedDocument &document, int place) { document.at(place).disguise = change; };
    };
    addAtEachPlace(list, "a length in a byte too many", Verdict::invalid,
                   whole([](const QByteArray &certificate) {
                       return certificate.left(1) + "\x83" + QByteArray(1, '\0') + certificate.mid(2);
                   }),
                   nothing);
    addAtEachPlace(list, "no definite length", Verdict::invalid, whole([](const QByteArray &certificate) {
                       return QByteArray("\x30\x80") + derContent(certificate) + QByteArray(2, '\0');
                   }),
                   nothing);
    addAtEachPlace(list, "a byte behind it", Verdict::invalid,
                   whole([](const QByteArray &certificate) { return certificate + '\0'; }), nothing);
    addAtEachPlace(list, "a byte too few", Verdict::invalid,
                   whole([](const QByteArray &certificate) { return certificate.chopped(1); }), nothing);
    addAtEachPlace(list, "a fourth element", Verdict::invalid, whole([](const QByteArray &certificate) {
                       return der(sequence, derContent(certificate) + der(0x05, {}));
                   }),
                   nothing);
    addAtEachPlace(
        list, "inner length in a byte too many", Verdict::invalid,
        [](ForgedDocument &document, int place) {
            document.at(place).disguiseTbs = [](const QByteArray &tbs) {
                return tbs.left(1) + "\x83" + QByteArray(1, '\0') + tbs.mid(2);
            };
        },
        nothing);
}

// ---- keys ----

EVP_PKEY *keyOf(const char *curve) {
    static std::map<QByteArray, nsm::KeyPtr> keys; // made once
    nsm::KeyPtr &key = keys[curve];
    if (!key)
        key.reset(QByteArray(curve) == "RSA"       ? EVP_RSA_gen(1024)
                  : QByteArray(curve) == "RSA2048" ? EVP_RSA_gen(2048)
                                                   : EVP_EC_gen(curve));
    return key.get();
}

// The same key with all of its curve's numbers in place of its name.
QByteArray explicitCurve(const QByteArray &info, EVP_PKEY *key) {
    EVP_PKEY *copy = EVP_PKEY_dup(key);
    EVP_PKEY_set_utf8_string_param(copy, OSSL_PKEY_PARAM_EC_ENCODING, OSSL_PKEY_EC_ENCODING_EXPLICIT);
    unsigned char *out = nullptr;
    const int size = i2d_PUBKEY(copy, &out);
    const QByteArray made = size > 0 ? QByteArray(reinterpret_cast<const char *>(out), size) : info;
    OPENSSL_free(out);
    EVP_PKEY_free(copy);
    return made;
}

void addKeys(Forgeries &list) {
    const auto ofCurve = [](const char *curve) {
        return [curve](ForgedDocument &document, int place) { document.setKey(place, keyOf(curve)); };
    };
    for (const char *curve : {"P-256", "P-521", "secp256k1", "brainpoolP384r1"})
        addAtEachPlace(list, curve, Verdict::surprising, ofCurve(curve), ofCurve("P-384"), root, instance);
    for (const char *curve : {"P-192", "secp160r1"})
        addAtEachPlace(list, curve, Verdict::invalid, ofCurve(curve), ofCurve("P-384"), root, instance);
    addAtEachPlace(list, "brainpoolP384r1", Verdict::surprising, ofCurve("brainpoolP384r1"), ofCurve("P-384"),
                   leaf);
    for (const char *curve : {"P-256", "P-521", "secp256k1"})
        addAtEachPlace(list, curve, Verdict::invalid, ofCurve(curve), ofCurve("P-384"), leaf);
    const auto changed = [](auto change) {
        return [change](ForgedDocument &document, int place) {
            QByteArray &info = document.at(place).key;
            const QList<QByteArray> parts = derParts(derContent(info));
            info = change(document, place, parts[0], derContent(parts[1]).mid(1));
        };
    };
    using Document = ForgedDocument;
    addAtEachPlace(list, "a curve of its own", Verdict::invalid,
                   changed([](Document &document, int place, const QByteArray &, const QByteArray &) {
                       return explicitCurve(document.at(place).key, document.key(place));
                   }),
                   nothing);
    addAtEachPlace(list, "a point that is not on the curve", Verdict::invalid,
                   changed([](Document &, int, const QByteArray &algorithm, QByteArray point) {
                       point.back() = char(point.back() ^ 1);
                       return der(sequence, algorithm + der(bits, '\0' + point));
                   }),
                   nothing);
    addAtEachPlace(list, "the point at infinity", Verdict::invalid,
                   changed([](Document &, int, const QByteArray &algorithm, const QByteArray &) {
                       return der(sequence, algorithm + der(bits, QByteArray(2, '\0')));
                   }),
                   nothing);
    addAtEachPlace(list, "a point cut short", Verdict::invalid,
                   changed([](Document &, int, const QByteArray &algorithm, const QByteArray &point) {
                       return der(sequence, algorithm + der(bits, '\0' + point.chopped(1)));
                   }),
                   nothing);
    addAtEachPlace(list, "a key without its curve", Verdict::invalid,
                   changed([](Document &, int, const QByteArray &, const QByteArray &point) {
                       return der(sequence, derAlgorithm(oid::ecPublicKey) + der(bits, '\0' + point));
                   }),
                   nothing);
    addAtEachPlace(list, "a key of an unknown kind", Verdict::invalid,
                   changed([](Document &, int, const QByteArray &, const QByteArray &point) {
                       return der(sequence, derAlgorithm("1.2.3.4") + der(bits, '\0' + point));
                   }),
                   nothing);
}

} // namespace

Forgeries forgedCertificates() {
    return forgeriesOf(
        {addVersionsAndSerials, addValidities, addNames, addSignatures, addEncodings, addKeys});
}

} // namespace nitroscope::test
