// SPDX-License-Identifier: GPL-2.0-or-later
//
// How fast attestation documents are verified, against what OpenSSL's P-384 verifications alone allow: a
// document needs five of them (its own signature and those of four certificates). Both are measured in turns
// in this process, so that what else the machine does hits both.

#include "app/formats/attestation/input.hpp"
#include "app/formats/attestation/verify.hpp"
#include "tests/unit/attestation/document_maker.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <openssl/evp.h>
#include <QCryptographicHash>
#include <vector>

namespace {

using namespace nitroscope::formats::attestation;
using nitroscope::test::DocumentMaker;

constexpr int signaturesPerDocument = 5;

double secondsOf(auto &&work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// One signature with its key, verified again and again.
class RawVerification {
public:
    explicit RawVerification(EVP_PKEY *key) : m_key(key), m_context(EVP_PKEY_CTX_new(key, nullptr)) {
        size_t size = sizeof m_signature;
        EVP_PKEY_CTX *signer = EVP_PKEY_CTX_new(key, nullptr);
        m_isReady = EVP_PKEY_sign_init(signer) == 1 &&
                    EVP_PKEY_sign(signer, m_signature, &size, m_digest, sizeof m_digest) == 1 &&
                    EVP_PKEY_verify_init(m_context) == 1;
        m_size = size;
        EVP_PKEY_CTX_free(signer);
    }
    ~RawVerification() { EVP_PKEY_CTX_free(m_context); }
    RawVerification(const RawVerification &) = delete;
    RawVerification &operator=(const RawVerification &) = delete;

    bool run() {
        return m_isReady && EVP_PKEY_verify(m_context, m_signature, m_size, m_digest, sizeof m_digest) == 1;
    }

private:
    EVP_PKEY *m_key;
    EVP_PKEY_CTX *m_context;
    unsigned char m_digest[48] = {1, 2, 3};
    unsigned char m_signature[160] = {};
    size_t m_size = 0;
    bool m_isReady = false;
};

} // namespace

int main() {
    constexpr int rounds = 15, documentsPerRound = 40;
    const DocumentMaker maker;
    const QByteArray raw = maker.document();
    VerifyOptions options;
    options.roots = {
        {QStringLiteral("root"), QCryptographicHash::hash(maker.rootDer(), QCryptographicHash::Sha256), {}}};
    options.time = CheckTime::document;
    RawVerification reference(maker.leaf.key.get());
    bool isGood = true;
    std::vector<double> ratios, documentRates, rawRates;
    for (int round = 0; round < rounds; ++round) {
        const double rawSeconds = secondsOf([&] {
            for (int i = 0; i < documentsPerRound * signaturesPerDocument; ++i)
                isGood = reference.run() && isGood;
        });
        const double seconds = secondsOf([&] {
            for (int i = 0; i < documentsPerRound; ++i) {
                const auto input = readInput(raw);
                isGood = input && verify(decode(input->document), options).isValid() && isGood;
            }
        });
        ratios.push_back(rawSeconds / seconds);
        documentRates.push_back(documentsPerRound / seconds);
        rawRates.push_back(documentsPerRound * signaturesPerDocument / rawSeconds);
    }
    const auto median = [](std::vector<double> values) {
        std::ranges::sort(values);
        return values[values.size() / 2];
    };
    std::printf("P-384 verifications per second              %10.0f\n", median(rawRates));
    std::printf("attestation documents verified per second   %10.0f\n", median(documentRates));
    std::printf("of what five verifications each allow       %10.2f   (at least 0.80)\n", median(ratios));
    if (!isGood)
        std::puts("a verification failed: these figures mean nothing");
    return isGood && median(ratios) >= 0.8 ? 0 : 1;
}
