// SPDX-License-Identifier: GPL-2.0-or-later
//
// ./workbench bench nsm: three ratios, each against a reference of the same run, taken in turns so that a
// slow moment of the host hits both sides.
//
// - documents: attestation documents that the core signs per second, against OpenSSL's bare P-384 signatures
//   of as many bytes.
// - DescribePCR: the core's time for one.
// - round trip: DescribePCR from a program in the guest through /dev/nsm and back, capture stream on against
//   off. Below it the processor time that all of QEMU took for one, which is not judged: it has the writing,
//   too, for which the guest does not wait.
//
//   bench_nsm ROUNDS     (the guest is build/demo/demo.eif)

#include "nsm-device/core/nsm.h"
#include "tests/boot/support/guest.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fcntl.h>
#include <memory>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <QCoreApplication>
#include <QElapsedTimer>
#include <QTemporaryDir>
#include <unistd.h>
#include <vector>

using namespace Qt::Literals::StringLiterals;

namespace {

using nitroscope::test::Guest;
using Clock = std::chrono::steady_clock;

// What HACKING promises.
constexpr double documentsLimit = 0.8, describeLimitNs = 5000, captureLimit = 1.1;

constexpr int documentsPerRound = 200, describesPerRound = 20000, requestsPerRound = 10000;
constexpr int bootSeconds = 180, benchSeconds = 120;

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values.empty() ? 0 : values[values.size() / 2];
}

// Seconds that `count` calls take.
template <class Work>
double timed(int count, Work &&work) {
    const auto start = Clock::now();
    for (int i = 0; i < count; ++i)
        work();
    return std::chrono::duration<double>(Clock::now() - start).count();
}

struct Module {
    explicit Module(const QByteArray &pkiDirectory) {
        NsmHost host{};
        host.random = [](void *, uint8_t *out, size_t size) { return getentropy(out, size); };
        NsmIdentity identity{};
        identity.pki_directory = pkiDirectory.constData();
        NsmOptions options{};
        options.identity = &identity;
        char error[256] = "";
        nsm.reset(nsm_create(&host, &options, error, sizeof error));
        if (!nsm)
            std::fprintf(stderr, "no module: %s\n", error);
        nsm_lock_range(nsm.get(), 16);
    }
    // The response's size; 0 when it is an error.
    size_t ask(const QByteArray &request) {
        const NsmAnswer answer = nsm_handle(nsm.get(), reinterpret_cast<const uint8_t *>(request.constData()),
                                            static_cast<size_t>(request.size()), response, sizeof response);
        return answer.error == NSM_SUCCESS ? answer.size : 0;
    }
    std::unique_ptr<Nsm, void (*)(Nsm *)> nsm{nullptr, nsm_destroy};
    uint8_t response[NSM_RESPONSE_MAX];
};

// Whether the promise is kept.
bool print(const char *what, double ours, double reference, const char *unit, double value, bool kept,
           const char *promise) {
    std::printf("%-12s %11.1f %11.1f %-6s %7.2f   (%s: %s)\n", what, ours, reference, unit, value, promise,
                kept ? "kept" : "MISSED");
    return kept;
}

bool benchCore(int rounds) {
    const QTemporaryDir folder;
    Module module(folder.path().toUtf8());
    const QByteArray attestation = QByteArray::fromHex("a16b") + "Attestation" + '\xa0';
    const QByteArray describePcr =
        QByteArray::fromHex("a16b") + "DescribePCR" + QByteArray::fromHex("a165") + "index" + '\x10';
    const size_t size = module.nsm ? module.ask(attestation) : 0; // makes the chain, too
    if (size == 0 || module.ask(describePcr) == 0) {
        std::fprintf(stderr, "the core does not answer\n");
        return false;
    }
    const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY *)> key(EVP_EC_gen("P-384"), EVP_PKEY_free);
    const std::vector<unsigned char> message(size);
    const auto sign = [&] {
        unsigned char signature[256];
        size_t length = sizeof signature;
        EVP_MD_CTX *context = EVP_MD_CTX_new();
        EVP_DigestSignInit(context, nullptr, EVP_sha384(), nullptr, key.get());
        EVP_DigestSign(context, signature, &length, message.data(), message.size());
        EVP_MD_CTX_free(context);
    };
    std::vector<double> documents, signatures, describes;
    for (int round = 0; round < rounds; ++round) {
        documents.push_back(documentsPerRound / timed(documentsPerRound, [&] { module.ask(attestation); }));
        signatures.push_back(documentsPerRound / timed(documentsPerRound, sign));
        describes.push_back(timed(describesPerRound, [&] { module.ask(describePcr); }) * 1e9 /
                            describesPerRound);
    }
    const double ratio = median(documents) / median(signatures);
    const bool kept = print("documents", median(documents), median(signatures), "per s", ratio,
                            ratio >= documentsLimit, "at least 0.8");
    return print("DescribePCR", median(describes), describeLimitNs, "ns", median(describes) / describeLimitNs,
                 median(describes) < describeLimitNs, "under 5 us") &&
           kept;
}

// What a round of requests took; both 0 when the guest did not finish.
struct Round {
    double wallNs = 0;      // per request, from typing the command to reading its result on the host
    double processorNs = 0; // per request, of the whole QEMU: other programs' load does not count
};

double processorNs(const Guest &guest) {
    clockid_t clock = 0;
    timespec time{};
    if (clock_getcpuclockid(static_cast<pid_t>(guest.processId()), &clock) == 0)
        clock_gettime(clock, &time);
    return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

Round guestRound(Guest &guest) {
    static int number = 0; // makes each round's result line different from all others
    const QByteArray count = QByteArray::number(requestsPerRound + ++number % 100);
    const qsizetype before = guest.console().count("bench " + count + " requests ");
    const double processor = processorNs(guest);
    const auto start = Clock::now();
    guest.type("bench " + count + '\n');
    if (before > 0 || !guest.waitForConsole("bench " + count + " requests ", benchSeconds))
        return {};
    const double wall = std::chrono::duration<double>(Clock::now() - start).count();
    return {wall * 1e9 / count.toInt(), (processorNs(guest) - processor) / count.toInt()};
}

bool benchGuest(int rounds) {
    if (Guest::qemu().isEmpty() || Guest::demoEif().isEmpty()) {
        std::fprintf(stderr, "QEMU or the demo enclave has not been built (./workbench build)\n");
        return false;
    }
    const QTemporaryDir folder;
    const QStringList machine{u"-M"_s, u"nitro-enclave"_s, u"-kernel"_s, Guest::demoEif()};
    const QStringList capture{u"-M"_s, u"capture=cap"_s, u"-chardev"_s,
                              u"file,id=cap,path="_s + folder.filePath(u"bench.pcapng"_s)};
    Guest guest;
    if (!guest.start(machine + capture) || !guest.waitForConsole("nitroscope-demo: ready", bootSeconds)) {
        std::fprintf(stderr, "the demo enclave does not boot: %s\n", guest.errorOutput().constData());
        return false;
    }
    // One guest for both sides: two differ more in what their kernels made of a busy host's clocks.
    // Wall clock: the best round of each side, which other programs disturbed least. Processor time: medians.
    double bestOff = 1e18, bestOn = 1e18;
    std::vector<double> workOff, workOn;
    for (int round = 0; round <= 2 * rounds; ++round)
        for (const bool on : {round % 2 == 0, round % 2 != 0}) {
            guest.command(u"capture-control"_s, {{u"paused"_s, !on}});
            const Round took = guestRound(guest);
            if (took.wallNs == 0) {
                std::fprintf(stderr, "the guest did not finish its requests\n");
                return false;
            }
            if (round == 0)
                continue; // warms up translated code
            double &best = on ? bestOn : bestOff;
            best = std::min(best, took.wallNs);
            (on ? workOn : workOff).push_back(took.processorNs);
        }
    const double ratio = bestOn / bestOff, work = median(workOn) / median(workOff);
    const bool kept =
        print("round trip", bestOn / 1000, bestOff / 1000, "us", ratio, ratio <= captureLimit, "at most 1.1");
    std::printf("%-12s %11.1f %11.1f %-6s %7.2f\n", "  processor", median(workOn) / 1000,
                median(workOff) / 1000, "us", work);
    return kept;
}

} // namespace

int main(int argc, char **argv) {
    const QCoreApplication application(argc, argv);
    const int rounds = std::max(1, argc > 1 ? std::atoi(argv[1]) : 9);
    std::printf("%-12s %11s %11s %-6s %7s\n", "median", "ours", "reference", "", "ratio");
    const bool core = benchCore(rounds);
    return benchGuest(rounds) && core ? 0 : 1;
}
