// SPDX-License-Identifier: GPL-2.0-or-later
//
// See cose.hpp. OpenSSL's error queue is cleared after each failure, because the queue belongs to the thread and
// QEMU's own TLS code would find our errors in it.

#include "qemu-machine/launch/cose.hpp"

#include "nsm-device/cbor/cbor.hpp"
#include "nsm-device/pki/openssl_ptr.hpp"

#include <algorithm>
#include <cstring>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>

namespace nitroscope::launch {

namespace {

constexpr CoseAlgorithm algorithms[] = {{-7, "ES256", "prime256v1", 32, EVP_sha256},
                                        {coseEs384, "ES384", "secp384r1", 48, EVP_sha384},
                                        {-36, "ES512", "secp521r1", 66, EVP_sha512}};

using DigestContext = std::unique_ptr<EVP_MD_CTX, nsm::Release<EVP_MD_CTX_free>>;
using EcdsaSignature = std::unique_ptr<ECDSA_SIG, nsm::Release<ECDSA_SIG_free>>;

const unsigned char *characters(std::span<const std::byte> bytes) {
    return reinterpret_cast<const unsigned char *>(bytes.data());
}

// Sig_structure of RFC 9052 §4.4: ["Signature1", protected, external data (empty), payload].
std::vector<std::byte> sigStructure(std::span<const std::byte> protectedHeader,
                                    std::span<const std::byte> payload) {
    std::vector<std::byte> bytes(protectedHeader.size() + payload.size() + 64);
    cbor::Writer writer(bytes);
    writer.array(4);
    writer.text("Signature1");
    writer.bytes(protectedHeader);
    writer.bytes({});
    writer.bytes(payload);
    bytes.resize(writer.ok() ? writer.size() : 0);
    return bytes;
}

// r ‖ s to the DER form that OpenSSL verifies; empty on failure.
std::vector<unsigned char> derSignature(std::span<const std::byte> raw) {
    const int half = static_cast<int>(raw.size() / 2);
    const EcdsaSignature signature(ECDSA_SIG_new());
    BIGNUM *r = BN_bin2bn(characters(raw), half, nullptr);
    BIGNUM *s = BN_bin2bn(characters(raw) + half, half, nullptr);
    if (!signature || !r || !s || ECDSA_SIG_set0(signature.get(), r, s) != 1) {
        BN_free(r);
        BN_free(s);
        return {};
    }
    std::vector<unsigned char> der(static_cast<size_t>(std::max(0, i2d_ECDSA_SIG(signature.get(), nullptr))));
    unsigned char *end = der.data();
    if (!der.empty())
        i2d_ECDSA_SIG(signature.get(), &end);
    return der;
}

// Empty on failure.
std::vector<unsigned char> signToDer(EVP_PKEY *key, const CoseAlgorithm &algorithm,
                                     std::span<const std::byte> message) {
    const DigestContext context(EVP_MD_CTX_new());
    size_t length = 0;
    if (!context || EVP_DigestSignInit(context.get(), nullptr, algorithm.digest(), nullptr, key) != 1 ||
        EVP_DigestSign(context.get(), nullptr, &length, characters(message), message.size()) != 1)
        return {};
    std::vector<unsigned char> der(length);
    if (EVP_DigestSign(context.get(), der.data(), &length, characters(message), message.size()) != 1)
        return {};
    der.resize(length);
    return der;
}

// DER to r ‖ s; empty on failure.
std::vector<std::byte> rawSignature(const std::vector<unsigned char> &der, int fieldBytes) {
    const unsigned char *at = der.data();
    const EcdsaSignature signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
    std::vector<std::byte> raw(2 * static_cast<size_t>(fieldBytes));
    auto *scalars = reinterpret_cast<unsigned char *>(raw.data());
    if (!signature || BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), scalars, fieldBytes) != fieldBytes ||
        BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), scalars + fieldBytes, fieldBytes) != fieldBytes)
        return {};
    return raw;
}

} // namespace

const CoseAlgorithm *coseAlgorithm(std::optional<int64_t> number) {
    const auto found = std::ranges::find_if(
        algorithms, [&](const CoseAlgorithm &algorithm) { return number == algorithm.number; });
    return found == std::end(algorithms) ? nullptr : found;
}

const CoseAlgorithm *coseAlgorithmFor(const EVP_PKEY *key) {
    char group[64] = "";
    if (EVP_PKEY_get_base_id(key) != EVP_PKEY_EC ||
        EVP_PKEY_get_group_name(key, group, sizeof group, nullptr) != 1) {
        ERR_clear_error();
        return nullptr;
    }
    const auto found = std::ranges::find_if(
        algorithms, [&](const CoseAlgorithm &algorithm) { return std::strcmp(algorithm.curve, group) == 0; });
    return found == std::end(algorithms) ? nullptr : found;
}

std::string coseAlgorithmText(std::optional<int64_t> number) {
    if (!number)
        return "none";
    const CoseAlgorithm *known = coseAlgorithm(number);
    return known ? known->name : "algorithm " + std::to_string(*number);
}

CoseVerdict verifyCose(EVP_PKEY *key, std::optional<int64_t> algorithm,
                       std::span<const std::byte> protectedHeader, std::span<const std::byte> payload,
                       std::span<const std::byte> signature) {
    const CoseAlgorithm *found = coseAlgorithm(algorithm);
    if (!found)
        return CoseVerdict::unknownAlgorithm;
    if (!key || EVP_PKEY_get_base_id(key) != EVP_PKEY_EC) {
        ERR_clear_error();
        return CoseVerdict::keyDoesNotFit;
    }
    const size_t fieldBytes = (static_cast<size_t>(EVP_PKEY_get_bits(key)) + 7) / 8;
    if (signature.size() != 2 * fieldBytes)
        return CoseVerdict::badLength;

    const std::vector<unsigned char> der = derSignature(signature);
    const std::vector<std::byte> message = sigStructure(protectedHeader, payload);
    const DigestContext context(EVP_MD_CTX_new());
    const bool isGood =
        context && !der.empty() && !message.empty() &&
        EVP_DigestVerifyInit(context.get(), nullptr, found->digest(), nullptr, key) == 1 &&
        EVP_DigestVerify(context.get(), der.data(), der.size(), characters(message), message.size()) == 1;
    ERR_clear_error();
    return isGood ? CoseVerdict::good : CoseVerdict::wrong;
}

std::vector<std::byte> signCose(EVP_PKEY *key, std::span<const std::byte> protectedHeader,
                                std::span<const std::byte> payload) {
    const CoseAlgorithm *algorithm = coseAlgorithmFor(key);
    const std::vector<std::byte> message = sigStructure(protectedHeader, payload);
    if (!algorithm || message.empty())
        return {};
    std::vector<std::byte> raw = rawSignature(signToDer(key, *algorithm, message), algorithm->fieldBytes);
    ERR_clear_error();
    return raw;
}

} // namespace nitroscope::launch
