// SPDX-License-Identifier: GPL-2.0-or-later
//
// Keys of enclaves for tests.
#pragma once

#include "nsm-device/pki/openssl_ptr.hpp"

#include <openssl/rsa.h>
#include <QByteArray>

namespace nitroscope::test {

struct RsaKey {
    QByteArray privateDer, publicDer; // traditional, SubjectPublicKeyInfo
};

inline QByteArray spkiOf(EVP_PKEY *key) {
    unsigned char *der = nullptr;
    const int size = i2d_PUBKEY(key, &der);
    const QByteArray spki(reinterpret_cast<const char *>(der), size);
    OPENSSL_free(der);
    return spki;
}

inline RsaKey makeRsaKey(unsigned bits) {
    const nsm::KeyPtr key(EVP_RSA_gen(bits));
    const nsm::ByteVector der = nsm::toDer(key.get());
    return {QByteArray(reinterpret_cast<const char *>(der.data()), qsizetype(der.size())), spkiOf(key.get())};
}

// One for all tests of a program; making one takes a moment.
inline const RsaKey &rsa2048() {
    static const RsaKey key = makeRsaKey(2048);
    return key;
}

} // namespace nitroscope::test
