// SPDX-License-Identifier: GPL-2.0-or-later
//
// SHA-384 on OpenSSL's EVP interface; see digest.hpp.

#include "qemu-machine/launch/hash/digest.hpp"

#include <openssl/evp.h>

namespace nitroscope::launch {

Sha384::Sha384() : m_context(EVP_MD_CTX_new()) {
    m_ok = m_context && EVP_DigestInit_ex(m_context, EVP_sha384(), nullptr) == 1;
}

Sha384::Sha384(const Sha384 &other) : m_context(EVP_MD_CTX_new()) {
    m_ok = other.m_ok && m_context && EVP_MD_CTX_copy_ex(m_context, other.m_context) == 1;
}

Sha384 &Sha384::operator=(const Sha384 &other) {
    if (this != &other)
        m_ok = other.m_ok && m_context && EVP_MD_CTX_copy_ex(m_context, other.m_context) == 1;
    return *this;
}

Sha384::~Sha384() {
    EVP_MD_CTX_free(m_context);
}

void Sha384::update(std::span<const std::byte> bytes) {
    m_ok = m_ok && EVP_DigestUpdate(m_context, bytes.data(), bytes.size()) == 1;
}

Digest Sha384::finish() {
    Digest digest = {};
    m_ok = m_ok && EVP_DigestFinal_ex(m_context, digest.data(), nullptr) == 1;
    return digest;
}

Digest Sha384::of(std::span<const std::byte> bytes) {
    Sha384 hash;
    hash.update(bytes);
    return hash.finish();
}

Digest extendZero(std::span<const std::byte> data) {
    const Digest zero = {};
    Sha384 hash;
    hash.update(std::as_bytes(std::span(zero)));
    hash.update(data);
    return hash.finish();
}

Digest extendZeroWithText(std::string_view text) {
    return text.empty() ? Digest{} : extendZero(std::as_bytes(std::span(text)));
}

} // namespace nitroscope::launch
