// SPDX-License-Identifier: GPL-2.0-or-later
//
// How fast attestation documents are verified, against what OpenSSL's P-384 verifications alone allow: a
// document needs five of them (its own signature and those of four certificates). The documents are those of
// many instances of one zone: they share root, regional and zonal certificate and nothing else, and what has
// been proven of these three need not be proven again. Both are measured in turns.

#include "app/formats/attestation/verify.hpp"
#include "app/formats/document_forms/input.hpp"
#include "tests/support/documents/document_maker.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <openssl/evp.h>
#include <QCryptographicHash>
#include <vector>

namespace {

using namespace nitroscope::formats::attestation;
using namespace Qt::Literals::StringLiterals;
using nitroscope::test::DocumentMaker;

constexpr int signaturesPerDocument = 5;

// Of this thread's processor time: both sides only compute, and other programs must not count.
double secondsOf(auto &&work) {
    const auto now = [] {
        timespec time{};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
    };
    const double start = now();
    work();
    return now() - start;
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

// Each from another instance.
std::vector<QByteArray> documentsOfOneZone(DocumentMaker &maker, int count) {
    using namespace nitroscope::nsm;
    std::vector<QByteArray> documents;
    const Subject subject{"i-06fb0bf4e70d5129f-enc" +
                          QByteArray::number(quint64(DocumentMaker::timestampMs - 60'000) << 16 | 0x41b1, 16)
                              .rightJustified(16, '0')
                              .toStdString()};
    for (int i = 0; i < count; ++i) {
        const auto issueFor = [&](Level level, const Issued &issuer) {
            return issue(level, subject, usualValidity(level, DocumentMaker::issuedAt), &issuer);
        };
        maker.instance = issueFor(Level::instance, maker.zonal);
        maker.leaf = issueFor(Level::leaf, maker.instance);
        maker.setChain({DocumentMaker::derOf(maker.root), DocumentMaker::derOf(maker.regional),
                        DocumentMaker::derOf(maker.zonal), DocumentMaker::derOf(maker.instance)},
                       DocumentMaker::derOf(maker.leaf));
        documents.push_back(maker.document());
    }
    return documents;
}

} // namespace

int main() {
    constexpr int rounds = 15, documentsPerRound = 40, different = 120;
    DocumentMaker maker;
    const std::vector<QByteArray> documents = documentsOfOneZone(maker, different);
    size_t next = 0;
    VerifyOptions options;
    options.roots = {{u"root"_s, QCryptographicHash::hash(maker.rootDer(), QCryptographicHash::Sha256), {}}};
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
                const auto input = readInput(documents[next++ % documents.size()]);
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
