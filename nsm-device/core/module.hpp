// SPDX-License-Identifier: GPL-2.0-or-later
//
// The Nitro Security Module itself: the PCR bank, the rules of each request, and the counters. nsm.h is its C
// face and describes the behaviour.
#pragma once

#include "nsm-device/core/attester.hpp"
#include "nsm-device/core/faults.hpp"
#include "nsm-device/core/pcr_bank.hpp"
#include "nsm-device/core/request.hpp"
#include "nsm-device/core/response.hpp"

#include <chrono>
#include <string>

namespace nitroscope::nsm {

// "<instance>-enc<16 hex>": start time in milliseconds in the upper 48 bits, `random` in the lower 16.
std::string makeModuleId(std::string_view instanceId, std::int64_t startMs, std::uint16_t random);

class Module {
public:
    Module(const NsmHost &host, const NsmOptions &options);

    // Whether the module can work at all; says why not.
    bool open(std::string &error);
    const std::string &moduleId() const { return m_moduleId; }

    NsmAnswer handle(cbor::Bytes request, std::span<std::byte> response);
    // What handle() would be about.
    NsmQuestion inspect(cbor::Bytes request) const;
    // For a request whose bytes nobody has read.
    NsmAnswer refuse(NsmError error, std::span<std::byte> response);

    void reset();
    void seed(unsigned index, const PcrValue &value);
    void lockRange(unsigned count);
    const Pcr &pcr(unsigned index) const { return m_bank.at(index); }
    // As the guest sees it: zero for PCR 0-2 and 8 in debug mode.
    Pcr visiblePcr(unsigned index) const;

    const NsmCounters &counters() const { return m_counters; }
    FaultTable &faults() { return m_faults; }
    const FaultTable &faults() const { return m_faults; }
    void save(NsmState &state) const;
    bool load(const NsmState &state);

private:
    // Encodes an error, cut at the response's size; how many bytes that took.
    std::size_t writeRefusal(NsmError error, std::span<std::byte> response);
    void observe(const NsmAnswer &answer, const NsmFieldSizes &fields, const Faults &faults,
                 std::chrono::steady_clock::time_point start, cbor::Bytes request,
                 std::span<std::byte> response);
    NsmAnswer answer(const Request &request, NsmError error, const Faults &faults,
                     std::span<std::byte> response);
    // Carries out a decoded request and writes its good response.
    NsmError perform(const Request &request, const Faults &faults, cbor::Writer &out);
    NsmError extend(const Request &request, cbor::Writer &out);
    NsmError lock(const Request &request, cbor::Writer &out);
    NsmError lockRangeForGuest(const Request &request, cbor::Writer &out);
    NsmError getRandom(cbor::Writer &out);
    NsmError attest(const Request &request, const Faults &faults, cbor::Writer &out);
    std::unique_ptr<Attester> makeAttester(const std::string &moduleId) const;
    void log(const std::string &message);

    std::int64_t nowMs() const;
    bool random(std::span<std::byte> out);
    void report(unsigned index, NsmCause cause);

    NsmHost m_host;
    PcrBank m_bank;
    NsmCounters m_counters{};
    std::string m_moduleId;
    std::string m_versionText;
    Version m_version{};
    bool m_debugMode = false;
    FaultTable m_faults;
    std::uint64_t m_transactions = 0;

    bool m_signs = false; // an identity was given
    std::string m_region;
    Pki::Source m_source;
    PayloadStyle m_style = PayloadStyle::indefiniteMap;
    std::unique_ptr<Attester> m_attester; // null when nothing is signed
    std::string m_lastMessage;
};

} // namespace nitroscope::nsm
