// SPDX-License-Identifier: GPL-2.0-or-later
//
// A module's life: creation, the way of a request through decoding, faults, rules and observation, and the
// platform's side of the PCR bank.
#include "nsm-device/core/module.hpp"

#include "nsm-device/cbor/cbor_string.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstring>

namespace nitroscope::nsm {

namespace {

// EC2 shows these as zero when an enclave runs in debug mode: the measurements of the image and of its
// signer.
constexpr bool isHiddenInDebugMode(unsigned index) {
    return index <= 2 || index == 8;
}

std::string textOr(const char *text, std::string fallback) {
    return text != nullptr && *text != '\0' ? std::string(text) : std::move(fallback);
}

// "major.minor.patch", three numbers of 16 bits and nothing else.
bool parseVersion(std::string_view text, Version &version) {
    const char *at = text.data();
    const char *end = at + text.size();
    for (std::size_t i = 0; i < version.size(); ++i) {
        if (i > 0 && (at == end || *at++ != '.'))
            return false;
        const auto [next, problem] = std::from_chars(at, end, version[i]);
        if (problem != std::errc())
            return false;
        at = next;
    }
    return at == end;
}

std::int32_t indexOf(const Request &request) {
    switch (request.kind) {
    case NSM_REQUEST_DESCRIBE_PCR:
    case NSM_REQUEST_EXTEND_PCR:
    case NSM_REQUEST_LOCK_PCR:
    case NSM_REQUEST_LOCK_PCRS:
        return request.index;
    default:
        return -1;
    }
}

constexpr NsmFieldSizes noFields{-1, -1, -1};

NsmFieldSizes fieldsOf(const Request &request) {
    const auto sizeOf = [](const std::optional<cbor::Bytes> &field) {
        return field ? static_cast<std::int32_t>(field->size()) : -1;
    };
    switch (request.kind) {
    case NSM_REQUEST_EXTEND_PCR:
        return {static_cast<std::int32_t>(request.data.size()), -1, -1};
    case NSM_REQUEST_ATTESTATION:
        return {sizeOf(request.userData), sizeOf(request.nonce), sizeOf(request.publicKey)};
    default:
        return noFields;
    }
}

PcrRange touchedPcrs(const Request &request) {
    const std::int32_t index = indexOf(request);
    if (index < 0 || (request.kind == NSM_REQUEST_LOCK_PCRS && index == 0))
        return {};
    return request.kind == NSM_REQUEST_LOCK_PCRS ? PcrRange{0, request.index - 1U}
                                                 : PcrRange{request.index, request.index};
}

} // namespace

std::string makeModuleId(std::string_view instanceId, std::int64_t startMs, std::uint16_t random) {
    const std::uint64_t number = static_cast<std::uint64_t>(startMs) << 16 | random;
    char hex[17];
    std::snprintf(hex, sizeof hex, "%016" PRIx64, number);
    return std::string(instanceId) + "-enc" + hex;
}

Module::Module(const NsmHost &host, const NsmOptions &options)
    : m_host(host), m_debugMode(options.debug_mode != 0) {
    if (options.module_id != nullptr && *options.module_id != '\0') {
        m_moduleId = options.module_id;
    } else if (m_host.random != nullptr) {
        // An instance id has 17 hexadecimal digits; the first is 0 on all recent instances.
        std::array<std::byte, 10> bytes{};
        random(bytes);
        std::uint64_t instance = 0;
        std::memcpy(&instance, bytes.data(), sizeof instance);
        std::uint16_t low = 0;
        std::memcpy(&low, bytes.data() + sizeof instance, sizeof low);
        char text[20];
        std::snprintf(text, sizeof text, "i-0%016" PRIx64, instance);
        m_moduleId = makeModuleId(text, nowMs(), low);
    }
    if (m_moduleId.size() >= NSM_MODULE_ID_MAX)
        m_moduleId.resize(NSM_MODULE_ID_MAX - 1);
    m_versionText = textOr(options.version, "1.0.0");
    if (options.definite_payload != 0)
        m_style = PayloadStyle::definiteMap;
    if (const NsmIdentity *identity = options.identity) {
        m_signs = true;
        m_region = textOr(identity->region, "us-east-1");
        m_source = {textOr(identity->pki_directory, RootStore::defaultDirectory()),
                    textOr(identity->ca_key_file, {}), textOr(identity->ca_chain_file, {})};
    }
    m_attester = makeAttester(m_moduleId);
}

std::unique_ptr<Attester> Module::makeAttester(const std::string &moduleId) const {
    return m_signs ? std::make_unique<Attester>(Subject{moduleId, m_region}, m_source, m_style) : nullptr;
}

bool Module::open(std::string &error) {
    if (m_host.random == nullptr)
        error = "the host offers no randomness";
    else if (!m_bank.ready())
        error = "OpenSSL offers no SHA-384: " + lastOpensslError();
    else if (!cbor::isUtf8(cbor::asBytes(m_moduleId)))
        error = "the module id is not UTF-8";
    else if (!parseVersion(m_versionText, m_version))
        error = "\"" + m_versionText + "\" is not a version of the form 1.0.0";
    else if (m_source.caKeyFile.empty() != m_source.caChainFile.empty())
        error = "an own CA needs both its key and its certificate chain";
    else
        return !m_source.ownCa() || m_attester->pki().open(nowMs() / 1000, error);
    return false;
}

NsmAnswer Module::handle(cbor::Bytes bytes, std::span<std::byte> response) {
    const auto start = std::chrono::steady_clock::now();
    Request request;
    NsmError error = NSM_INPUT_TOO_LARGE;
    if (bytes.size() <= NSM_REQUEST_MAX)
        error = decodeRequest(bytes, request);
    ++m_counters.requests[request.kind];
    // A request that could not be decoded has a kind at most.
    const bool decoded = error == NSM_SUCCESS;
    const Faults faults = m_faults.apply(request.kind, decoded ? touchedPcrs(request) : PcrRange());
    NsmAnswer answer = this->answer(request, error, faults, response);
    answer.index = decoded ? indexOf(request) : -1;
    observe(answer, decoded ? fieldsOf(request) : noFields, faults, start, bytes, response);
    return answer;
}

NsmQuestion Module::inspect(cbor::Bytes bytes) const {
    Request request;
    const bool decoded = bytes.size() <= NSM_REQUEST_MAX && decodeRequest(bytes, request) == NSM_SUCCESS;
    const PcrRange pcrs = decoded ? touchedPcrs(request) : PcrRange();
    return {request.kind,       decoded ? indexOf(request) : -1,       pcrs.first, pcrs.last,
            m_transactions + 1, decoded ? fieldsOf(request) : noFields};
}

NsmAnswer Module::refuse(NsmError error, std::span<std::byte> response) {
    const auto start = std::chrono::steady_clock::now();
    ++m_counters.requests[NSM_REQUEST_UNKNOWN];
    const NsmAnswer answer{writeRefusal(error, response), NSM_REQUEST_UNKNOWN, error, -1, 0, 0};
    observe(answer, noFields, {}, start, {}, response);
    return answer;
}

void Module::observe(const NsmAnswer &answer, const NsmFieldSizes &fields, const Faults &faults,
                     std::chrono::steady_clock::time_point start, cbor::Bytes request,
                     std::span<std::byte> response) {
    ++m_transactions;
    if (m_host.transaction == nullptr)
        return;
    NsmTransaction transaction{};
    transaction.id = m_transactions;
    transaction.kind = answer.kind;
    transaction.error = answer.error;
    transaction.index = answer.index;
    transaction.fields = fields;
    transaction.faults = faults.actions;
    transaction.rule = faults.rule;
    transaction.delay_ms = answer.delay_ms;
    transaction.dropped = answer.dropped;
    const auto spent = std::chrono::steady_clock::now() - start;
    transaction.duration_ns = static_cast<std::uint64_t>(std::chrono::nanoseconds(spent).count());
    transaction.request = reinterpret_cast<const std::uint8_t *>(request.data());
    transaction.request_size = request.size();
    transaction.response = reinterpret_cast<const std::uint8_t *>(response.data());
    transaction.response_size = answer.size;
    m_host.transaction(m_host.opaque, &transaction);
}

NsmAnswer Module::answer(const Request &request, NsmError error, const Faults &faults,
                         std::span<std::byte> response) {
    NsmAnswer answer{0, request.kind, error, -1, faults.delayMs, faults.has(NSM_FAULT_DROP)};
    if (answer.dropped)
        return answer;
    if (faults.error != NSM_SUCCESS)
        error = faults.error;
    cbor::Writer out(response);
    if (error == NSM_SUCCESS)
        error = perform(request, faults, out);
    if (error == NSM_SUCCESS && !out.ok())
        error = NSM_BUFFER_TOO_SMALL;
    answer.error = error;
    if (error == NSM_SUCCESS) {
        ++m_counters.errors[NSM_SUCCESS];
        answer.size = out.size();
    } else {
        answer.size = writeRefusal(error, response);
    }
    return answer;
}

std::size_t Module::writeRefusal(NsmError error, std::span<std::byte> response) {
    ++m_counters.errors[error];
    std::array<std::byte, 64> whole; // the longest is 24 bytes
    cbor::Writer out(whole);
    writeError(out, error);
    const std::size_t size = std::min(out.size(), response.size());
    std::copy_n(whole.begin(), size, response.begin());
    return size;
}

void Module::reset() {
    m_counters = {};
    for (unsigned i = 0; i < pcrCount; ++i) {
        const bool changed = m_bank.at(i).locked || m_bank.at(i).value != PcrValue{};
        m_bank.at(i) = {};
        if (changed)
            report(i, NSM_CAUSE_RESET);
    }
}

void Module::seed(unsigned index, const PcrValue &value) {
    if (index >= pcrCount)
        return;
    m_bank.at(index).value = value;
    report(index, NSM_CAUSE_SEED);
}

void Module::lockRange(unsigned count) {
    for (unsigned i = 0; i < std::min(count, pcrCount); ++i) {
        if (m_bank.at(i).locked)
            continue;
        m_bank.at(i).locked = true;
        report(i, NSM_CAUSE_LOCK);
    }
}

Pcr Module::visiblePcr(unsigned index) const {
    Pcr pcr = m_bank.at(index);
    if (m_debugMode && isHiddenInDebugMode(index))
        pcr.value = {};
    return pcr;
}

std::int64_t Module::nowMs() const {
    if (m_host.now_ms != nullptr)
        return m_host.now_ms(m_host.opaque);
    using namespace std::chrono;
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

bool Module::random(std::span<std::byte> out) {
    return m_host.random(m_host.opaque, reinterpret_cast<std::uint8_t *>(out.data()), out.size()) == 0;
}

void Module::report(unsigned index, NsmCause cause) {
    const Pcr pcr = visiblePcr(index);
    if (m_host.pcr_changed != nullptr)
        m_host.pcr_changed(m_host.opaque, index, reinterpret_cast<const std::uint8_t *>(pcr.value.data()),
                           pcr.locked, cause);
}

} // namespace nitroscope::nsm
