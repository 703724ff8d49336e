// SPDX-License-Identifier: GPL-2.0-or-later
//
// Makes EIFs for tests, on purpose with nothing of the code under test: Qt's byte order and SHA-384, zlib's
// CRC, CBOR by hand and OpenSSL's signing side. What library and maker both get wrong in the same way would
// have to be wrong in the format description, too.

#pragma once

#include "tests/support/kernels/bzimage_maker.hpp"

#include <cstdint>
#include <memory>
#include <openssl/evp.h>
#include <QByteArray>
#include <QTemporaryDir>
#include <QVector>

namespace nitroscope::test {

enum SectionKind : quint16 {
    kernelKind = 1,
    cmdlineKind = 2,
    ramdiskKind = 3,
    signatureKind = 4,
    metadataKind = 5
};

struct TestSection {
    quint16 kind;
    QByteArray data;
};
using TestSections = QVector<TestSection>;

struct TestHeader {
    quint16 version = 4;
    quint16 flags = 0;
};

// A whole EIF with a right CRC.
QByteArray makeEif(const TestSections &sections, TestHeader header = {});
// Corrects the CRC of an EIF whose sections follow each other without gaps.
void fixCrc(QByteArray &eif);
// Kernel, command line, metadata, two ramdisks.
TestSections usualSections();

// SHA384(48 zero bytes || SHA384(content)).
QByteArray expectedPcr(const QByteArray &content);
// PCR 0, 1 or 2 of sections, by the rules of the format description.
QByteArray expectedPcr(int pcr, const TestSections &sections);

enum class KeyKind { p256, p384, p521, rsa };

struct KeyFree {
    void operator()(EVP_PKEY *key) const { EVP_PKEY_free(key); }
};
using Key = std::unique_ptr<EVP_PKEY, KeyFree>;

Key makeKey(KeyKind kind);
// Self-signed; dates are Unix seconds.
QByteArray makeCertificatePem(EVP_PKEY *key, qint64 notBefore, qint64 notAfter);
QByteArray certificateDer(const QByteArray &pem);

// What to put into a signature section, and what to do wrong in it.
struct SignatureRecipe {
    KeyKind keyKind = KeyKind::p384;
    int algorithm = -35;
    QByteArray pcr0 = {};
    quint64 registerIndex = 0;
    qint64 notBefore = 1'700'000'000;
    qint64 notAfter = 2'000'000'000;
    bool isTagged = false;
    bool usesAnotherKey = false; // Sign with a key that is not the certificate's.
    QByteArray pem = {};         // Instead of a certificate made here.
};

struct MadeSignature {
    QByteArray section;
    QByteArray pem;
};

MadeSignature makeSignature(const SignatureRecipe &recipe);

// r ‖ s by an EC key over the message, each as long as the key's field; of another key its signature as it is.
QByteArray rawSignature(EVP_PKEY *key, const EVP_MD *digest, const QByteArray &message);

// CBOR: array of small integers, as serde writes a byte vector.
QByteArray integerArray(const QByteArray &bytes);
QByteArray cborHead(int major, quint64 value);
QByteArray cborText(const QByteArray &text);
QByteArray cborBytes(const QByteArray &bytes);

// Writes the bytes into the folder and gives the path.
QByteArray writeFile(const QTemporaryDir &folder, const char *name, const QByteArray &bytes);

} // namespace nitroscope::test
