// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/enclave/init/nsm_check.hpp"

#include "tests/enclave/init/text.hpp"

#include <algorithm>
#include <ctime>

namespace nitroscope::demo {
namespace {

constexpr uint16_t pcrCount = 32, platformPcrs = 16;
constexpr size_t fieldLimit = 1024; // of user_data, nonce and public_key

// What a check found wrong; empty when nothing.
using Complaint = std::string;

bool isZero(const PcrValue &value) {
    return std::all_of(value.begin(), value.end(), [](std::byte byte) { return byte == std::byte{0}; });
}

std::string name(uint16_t index) {
    return "PCR " + std::to_string(index);
}

template <class T>
Complaint wantSuccess(const NsmResult<T> &result, const std::string &what) {
    return result ? Complaint() : what + ": " + result.error();
}

template <class T>
Complaint wantError(const NsmResult<T> &result, const std::string &error, const std::string &what) {
    if (result)
        return what + " succeeds";
    return result.error() == error ? Complaint() : what + " gives " + result.error() + " and not " + error;
}

Complaint description(NsmClient &nsm) {
    const auto answer = nsm.describe();
    if (!answer)
        return answer.error();
    if (answer->maxPcrs != pcrCount || answer->digest != "SHA384" || answer->moduleId.empty())
        return "it is not the module expected";
    for (uint64_t index = 0; index < platformPcrs; ++index)
        if (std::count(answer->lockedPcrs.begin(), answer->lockedPcrs.end(), index) != 1)
            return name(static_cast<uint16_t>(index)) + " is not among the locked ones";
    return {};
}

// In production mode PCR 0, 1, 2 and 4 have values; 3 needs a role and 8 a signature; 16 has been extended
// at boot.
Complaint initialPcrs(NsmClient &nsm) {
    for (uint16_t index = 0; index < pcrCount; ++index) {
        const auto pcr = nsm.describePcr(index);
        if (!pcr)
            return name(index) + ": " + pcr.error();
        if (pcr->locked != (index < platformPcrs))
            return name(index) + (pcr->locked ? " is locked" : " is not locked");
        const bool valued = index <= 2 || index == 4 || index == platformPcrs;
        if (index != 3 && index != 8 && isZero(pcr->value) == valued)
            return name(index) + (valued ? " is zero" : " is not zero");
    }
    return {};
}

Complaint platformPcrsAreSealed(NsmClient &nsm) {
    for (uint16_t index = 0; index < platformPcrs; ++index) {
        if (auto complaint = wantError(nsm.lockPcr(index), "ReadOnlyIndex", "locking " + name(index));
            !complaint.empty())
            return complaint;
        if (auto complaint =
                wantError(nsm.extendPcr(index, "x"), "ReadOnlyIndex", "extending " + name(index));
            !complaint.empty())
            return complaint;
    }
    return {};
}

Complaint extending(NsmClient &nsm) {
    for (uint16_t index = platformPcrs + 1; index < pcrCount; ++index) {
        const auto first = nsm.extendPcr(index, "nsm-check");
        const auto second = nsm.extendPcr(index, "nsm-check");
        const auto now = nsm.describePcr(index);
        if (!first || !second || !now)
            return name(index) + " cannot be extended";
        if (*first == *second || now->value != *second)
            return name(index) + " has not the value that extending gave";
    }
    return {};
}

Complaint indexesBeyond(NsmClient &nsm) {
    for (const uint16_t index : {pcrCount, uint16_t{255}, uint16_t{256}, uint16_t{65535}})
        for (const auto &complaint :
             {wantError(nsm.describePcr(index), "InvalidIndex", "describing " + name(index)),
              wantError(nsm.extendPcr(index, "x"), "InvalidIndex", "extending " + name(index)),
              wantError(nsm.lockPcr(index), "InvalidIndex", "locking " + name(index))})
            if (!complaint.empty())
                return complaint;
    return wantError(nsm.lockPcrs(pcrCount + 1), "InvalidIndex", "locking 33 PCRs");
}

Complaint randomness(NsmClient &nsm) {
    const auto first = nsm.random(256), second = nsm.random(256);
    if (!first || !second)
        return "no random bytes";
    return *first == *second ? "the same bytes twice" : Complaint();
}

Complaint attestation(NsmClient &nsm) {
    const std::string full(fieldLimit, 'x'), beyond(fieldLimit + 1, 'x');
    for (const auto &complaint :
         {wantSuccess(nsm.attest({}, {}, {}), "without fields"),
          wantSuccess(nsm.attest(full, full, full), "with three fields of 1024 bytes"),
          wantError(nsm.attest(beyond, {}, {}), "InputTooLarge", "user_data of 1025 bytes"),
          wantError(nsm.attest({}, beyond, {}), "InputTooLarge", "a nonce of 1025 bytes"),
          wantError(nsm.attest({}, {}, beyond), "InputTooLarge", "a public key of 1025 bytes")})
        if (!complaint.empty())
            return complaint;
    return {};
}

Complaint lockingOne(NsmClient &nsm) {
    constexpr uint16_t index = 17;
    for (const auto &complaint : {wantSuccess(nsm.lockPcr(index), "locking " + name(index)),
                                  wantError(nsm.lockPcr(index), "ReadOnlyIndex", "locking it again"),
                                  wantError(nsm.extendPcr(index, "x"), "ReadOnlyIndex", "extending it")})
        if (!complaint.empty())
            return complaint;
    return {};
}

Complaint lockingAll(NsmClient &nsm) {
    if (auto complaint = wantSuccess(nsm.lockPcrs(pcrCount), "locking 32 PCRs"); !complaint.empty())
        return complaint;
    for (uint16_t index = 0; index < pcrCount; ++index)
        if (auto complaint =
                wantError(nsm.extendPcr(index, "x"), "ReadOnlyIndex", "extending " + name(index));
            !complaint.empty())
            return complaint;
    return wantSuccess(nsm.lockPcrs(pcrCount), "locking them again");
}

// The device's answers to bytes that are no request, and the driver's to too many of them.
Complaint nonsense(NsmClient &nsm) {
    const auto send = [&](std::string_view text) {
        const auto bytes = cbor::asBytes(text);
        return nsm.errorOf(NsmRequest(bytes.begin(), bytes.end()));
    };
    if (send("\x67GetTime") != "InvalidOperation")
        return "an unknown request gives " + send("\x67GetTime");
    if (send("\xa1\x6b"
             "DescribePCR\xa0") != "InvalidArgument")
        return "a request without its field does not give InvalidArgument";
    return send(std::string(0x1001, 'x')) == "ioctl on /dev/nsm: Message too long"
               ? Complaint()
               : "the driver takes more than 4096 bytes";
}

struct Check {
    const char *name;
    Complaint (*run)(NsmClient &);
};

// In this order: the last ones lock.
constexpr Check checks[] = {
    {"description", description},
    {"initial PCRs", initialPcrs},
    {"platform PCRs are sealed", platformPcrsAreSealed},
    {"extending", extending},
    {"indexes beyond", indexesBeyond},
    {"randomness", randomness},
    {"attestation", attestation},
    {"nonsense", nonsense},
    {"locking one", lockingOne},
    {"locking all", lockingAll},
};

} // namespace

void checkNsm(Enclave &enclave) {
    if (!enclave.nsm.available())
        return enclave.console.report("check unavailable: " + enclave.nsm.error());
    int failed = 0;
    for (const Check &check : checks) {
        const Complaint complaint = check.run(enclave.nsm);
        failed += complaint.empty() ? 0 : 1;
        enclave.console.report(std::string("check ") + check.name + ": " +
                               (complaint.empty() ? "ok" : "FAILED, " + complaint));
    }
    enclave.console.report("checked, " + std::to_string(failed) + " of " + std::to_string(std::size(checks)) +
                           " failed");
}

void reportDocument(Enclave &enclave, std::string_view userData, std::string_view nonce,
                    std::string_view publicKey) {
    const auto document = enclave.nsm.attest(userData, nonce, publicKey);
    enclave.console.report(document ? "document " + hex(*document) : "document failed: " + document.error());
}

void benchNsm(Enclave &enclave, uint32_t requests) {
    const auto now = [] {
        timespec time{};
        clock_gettime(CLOCK_MONOTONIC, &time);
        return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
    };
    const int64_t start = now();
    for (uint32_t i = 0; i < requests; ++i)
        if (const auto pcr = enclave.nsm.describePcr(0); !pcr)
            return enclave.console.report("bench failed: " + pcr.error());
    enclave.console.report("bench " + std::to_string(requests) + " requests " +
                           std::to_string((now() - start) / requests) + " ns each");
}

} // namespace nitroscope::demo
