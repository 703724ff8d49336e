// SPDX-License-Identifier: GPL-2.0-or-later
//
// Building and signing of attestation documents.
#include "nsm-device/core/document.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <openssl/ec.h>

namespace nitroscope::nsm {

namespace {

constexpr std::size_t scalarSize = 48; // of P-384; a signature is r ‖ s, both big-endian
using Signature = std::array<std::byte, 2 * scalarSize>;

// {1: -35}: algorithm ES384 (RFC 9053)
constexpr std::array<std::byte, 4> protectedHeader = {std::byte{0xa1}, std::byte{0x01}, std::byte{0x38},
                                                      std::byte{0x22}};

void writeOptional(cbor::Writer &out, std::string_view key, const std::optional<cbor::Bytes> &value) {
    out.text(key);
    value ? out.bytes(*value) : out.null();
}

void writePayload(cbor::Writer &out, const DocumentContent &content, const Chain &chain) {
    if (content.style == PayloadStyle::definiteMap)
        out.map(9);
    else
        out.indefiniteMap();
    out.text("module_id");
    out.text(content.moduleId);
    out.text("digest");
    out.text("SHA384");
    out.text("timestamp");
    out.unsignedInt(content.timestampMs);
    out.text("pcrs");
    out.map(static_cast<std::uint64_t>(
        std::count_if(content.pcrs.begin(), content.pcrs.end(), [](const Pcr &pcr) { return pcr.locked; })));
    for (std::size_t i = 0; i < content.pcrs.size(); ++i) {
        if (!content.pcrs[i].locked)
            continue;
        out.unsignedInt(i);
        out.bytes(content.pcrs[i].value);
    }
    out.text("certificate");
    out.bytes(chain.certificate);
    out.text("cabundle");
    out.array(chain.cabundle.size());
    for (const ByteVector &certificate : chain.cabundle)
        out.bytes(certificate);
    writeOptional(out, "public_key", content.publicKey);
    writeOptional(out, "user_data", content.userData);
    writeOptional(out, "nonce", content.nonce);
    if (content.style == PayloadStyle::indefiniteMap)
        out.endIndefinite();
}

// OpenSSL signs to DER; COSE wants the two numbers at fixed width.
bool toRaw(std::span<const unsigned char> der, Signature &signature) {
    const unsigned char *at = der.data();
    const std::unique_ptr<ECDSA_SIG, Release<ECDSA_SIG_free>> parsed(
        d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
    auto *out = reinterpret_cast<unsigned char *>(signature.data());
    return parsed && BN_bn2binpad(ECDSA_SIG_get0_r(parsed.get()), out, scalarSize) == int{scalarSize} &&
           BN_bn2binpad(ECDSA_SIG_get0_s(parsed.get()), out + scalarSize, scalarSize) == int{scalarSize};
}

// Signs Sig_structure = ["Signature1", protected, h'', payload] (RFC 9052 §4.4) without putting it together.
bool sign(EVP_PKEY *key, cbor::Bytes payload, Signature &signature) {
    std::array<std::byte, 32> buffer;
    cbor::Writer head(buffer);
    head.array(4);
    head.text("Signature1");
    head.bytes(protectedHeader);
    head.bytes({});
    head.bytesHead(payload.size());
    const cbor::Bytes start = head.written();
    std::array<unsigned char, 128> der;
    std::size_t size = der.size();
    const std::unique_ptr<EVP_MD_CTX, Release<EVP_MD_CTX_free>> context(EVP_MD_CTX_new());
    return context && EVP_DigestSignInit(context.get(), nullptr, EVP_sha384(), nullptr, key) == 1 &&
           EVP_DigestSignUpdate(context.get(), start.data(), start.size()) == 1 &&
           EVP_DigestSignUpdate(context.get(), payload.data(), payload.size()) == 1 &&
           EVP_DigestSignFinal(context.get(), der.data(), &size) == 1 &&
           toRaw(std::span(der).first(size), signature);
}

void flipBit(std::span<std::byte> bytes, std::uint64_t random) {
    bytes[static_cast<std::size_t>(random % bytes.size())] ^= std::byte{1} << (random >> 61);
}

} // namespace

bool writeDocument(cbor::Writer &out, const DocumentContent &content, const Chain &chain, Damage damage) {
    cbor::Writer measure;
    writePayload(measure, content, chain);
    ByteVector payload(measure.size());
    cbor::Writer payloadOut(payload);
    writePayload(payloadOut, content, chain);
    Signature signature{};
    if (!payloadOut.ok() || !sign(chain.key, payload, signature))
        return false;
    if (damage.payload)
        flipBit(payload, damage.random);
    if (damage.signature)
        flipBit(signature, damage.random);

    const auto writeCose = [&](cbor::Writer &to) {
        to.array(4);
        to.bytes(protectedHeader);
        to.map(0);
        to.bytes(payload);
        to.bytes(signature);
    };
    cbor::Writer size;
    writeCose(size);
    out.bytesHead(size.size());
    writeCose(out);
    return true;
}

} // namespace nitroscope::nsm
