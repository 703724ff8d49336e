// SPDX-License-Identifier: GPL-2.0-or-later
//
// The rules of the seven requests (NSM API).
#include "nsm-device/core/module.hpp"

namespace nitroscope::nsm {

NsmError Module::perform(const Request &request, const Faults &faults, cbor::Writer &out) {
    switch (request.kind) {
    case NSM_REQUEST_DESCRIBE_PCR:
        if (request.index >= pcrCount)
            return NSM_INVALID_INDEX;
        writeDescribePcr(out, visiblePcr(request.index));
        return NSM_SUCCESS;
    case NSM_REQUEST_EXTEND_PCR:
        return extend(request, out);
    case NSM_REQUEST_LOCK_PCR:
        return lock(request, out);
    case NSM_REQUEST_LOCK_PCRS:
        return lockRangeForGuest(request, out);
    case NSM_REQUEST_DESCRIBE_NSM:
        writeDescribeNsm(out, m_moduleId, m_version, m_bank);
        return NSM_SUCCESS;
    case NSM_REQUEST_ATTESTATION:
        return attest(request, faults, out);
    case NSM_REQUEST_GET_RANDOM:
        return getRandom(out);
    default:
        return NSM_INVALID_OPERATION;
    }
}

NsmError Module::extend(const Request &request, cbor::Writer &out) {
    if (request.index >= pcrCount)
        return NSM_INVALID_INDEX;
    if (m_bank.at(request.index).locked)
        return NSM_READ_ONLY_INDEX;
    if (!m_bank.extend(request.index, request.data))
        return NSM_INTERNAL_ERROR;
    report(request.index, NSM_CAUSE_EXTEND);
    writeExtendPcr(out, visiblePcr(request.index).value);
    return NSM_SUCCESS;
}

NsmError Module::lock(const Request &request, cbor::Writer &out) {
    if (request.index >= pcrCount)
        return NSM_INVALID_INDEX;
    Pcr &pcr = m_bank.at(request.index);
    if (pcr.locked)
        return NSM_READ_ONLY_INDEX;
    pcr.locked = true;
    report(request.index, NSM_CAUSE_LOCK);
    writeDone(out, request.kind);
    return NSM_SUCCESS;
}

// Registers that are locked already are no error here, unlike for LockPCR.
NsmError Module::lockRangeForGuest(const Request &request, cbor::Writer &out) {
    if (request.index > pcrCount)
        return NSM_INVALID_INDEX;
    lockRange(request.index);
    writeDone(out, request.kind);
    return NSM_SUCCESS;
}

NsmError Module::getRandom(cbor::Writer &out) {
    std::array<std::byte, NSM_RANDOM_SIZE> bytes;
    if (!random(bytes))
        return NSM_INTERNAL_ERROR;
    writeGetRandomHead(out);
    out.bytes(bytes);
    return NSM_SUCCESS;
}

NsmError Module::attest(const Request &request, const Faults &faults, cbor::Writer &out) {
    for (const auto &field : {request.userData, request.nonce, request.publicKey})
        if (field && field->size() > NSM_FIELD_MAX)
            return NSM_INPUT_TOO_LARGE;
    if (!m_attester)
        return NSM_INTERNAL_ERROR; // no signing key: rather no document than one that nobody signed
    std::array<Pcr, pcrCount> pcrs;
    for (unsigned i = 0; i < pcrCount; ++i)
        pcrs[i] = visiblePcr(i);
    DocumentContent content;
    content.moduleId = m_moduleId;
    content.timestampMs = static_cast<std::uint64_t>(nowMs());
    content.pcrs = pcrs;
    content.publicKey = request.publicKey;
    content.userData = request.userData;
    content.nonce = request.nonce;
    writeAttestationHead(out);
    std::string error;
    if (m_attester->write(out, content, faults, error)) {
        m_lastMessage.clear();
        return NSM_SUCCESS;
    }
    log("no attestation document: " + error);
    return NSM_INTERNAL_ERROR;
}

// The guest may ask again and again; say a thing once.
void Module::log(const std::string &message) {
    if (m_host.log != nullptr && message != m_lastMessage)
        m_host.log(m_host.opaque, message.c_str());
    m_lastMessage = message;
}

} // namespace nitroscope::nsm
