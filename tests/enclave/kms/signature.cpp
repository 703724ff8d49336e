// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/enclave/kms/signature.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace nitroscope::demo {
namespace {

const unsigned char *raw(std::string_view bytes) {
    return reinterpret_cast<const unsigned char *>(bytes.data());
}

std::string hex(std::string_view bytes) {
    constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (const char byte : bytes) {
        text += digits[static_cast<unsigned char>(byte) >> 4];
        text += digits[static_cast<unsigned char>(byte) & 15];
    }
    return text;
}

std::string sha256(std::string_view bytes) {
    std::string digest(32, '\0');
    EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char *>(digest.data()), nullptr,
               EVP_sha256(), nullptr);
    return digest;
}

std::string hmac(std::string_view key, std::string_view bytes) {
    std::string code(32, '\0');
    unsigned size = 0;
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), raw(bytes), bytes.size(),
         reinterpret_cast<unsigned char *>(code.data()), &size);
    return code;
}

} // namespace

std::string authorization(const Credentials &credentials, std::string_view region,
                          const SignedHeaders &headers, std::string_view body) {
    std::string lines, names, time;
    for (const auto &[name, value] : headers) {
        lines += name + ':' + value + '\n';
        names += (names.empty() ? "" : ";") + name;
        if (name == "x-amz-date")
            time = value;
    }
    const std::string date = time.substr(0, 8);
    const std::string request = "POST\n/\n\n" + lines + '\n' + names + '\n' + hex(sha256(body));
    const std::string scope = date + '/' + std::string(region) + "/kms/aws4_request";
    const std::string text = "AWS4-HMAC-SHA256\n" + time + '\n' + scope + '\n' + hex(sha256(request));
    std::string key = hmac("AWS4" + credentials.secret, date);
    for (const std::string_view part : {region, std::string_view("kms"), std::string_view("aws4_request")})
        key = hmac(key, part);
    return "AWS4-HMAC-SHA256 Credential=" + credentials.accessKeyId + '/' + scope +
           ", SignedHeaders=" + names + ", Signature=" + hex(hmac(key, text));
}

std::string base64(std::string_view bytes) {
    std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0'); // and the zero that OpenSSL writes
    const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char *>(text.data()), raw(bytes),
                                     static_cast<int>(bytes.size()));
    text.resize(static_cast<size_t>(size));
    return text;
}

std::string fromBase64(std::string_view text) {
    std::string bytes(text.size() / 4 * 3 + 3, '\0');
    const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char *>(bytes.data()), raw(text),
                                     static_cast<int>(text.size()));
    if (size < 0)
        return {};
    const size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    bytes.resize(static_cast<size_t>(size) - padding);
    return bytes;
}

} // namespace nitroscope::demo
