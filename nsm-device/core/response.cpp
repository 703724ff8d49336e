// SPDX-License-Identifier: GPL-2.0-or-later
//
// Response encoding; see response.hpp.
#include "nsm-device/core/response.hpp"

namespace nitroscope::nsm {

namespace {

constexpr std::string_view digestName = "SHA384";

void beginVariant(cbor::Writer &out, NsmRequestKind kind, std::uint64_t fields) {
    out.map(1);
    out.text(nsm_request_name(kind));
    out.map(fields);
}

} // namespace

void writeError(cbor::Writer &out, NsmError error) {
    out.map(1);
    out.text("Error");
    out.text(nsm_error_name(error));
}

void writeDescribePcr(cbor::Writer &out, const Pcr &pcr) {
    beginVariant(out, NSM_REQUEST_DESCRIBE_PCR, 2);
    out.text("lock");
    out.boolean(pcr.locked);
    out.text("data");
    out.bytes(pcr.value);
}

void writeExtendPcr(cbor::Writer &out, const PcrValue &value) {
    beginVariant(out, NSM_REQUEST_EXTEND_PCR, 1);
    out.text("data");
    out.bytes(value);
}

void writeDone(cbor::Writer &out, NsmRequestKind kind) {
    out.text(nsm_request_name(kind));
}

void writeDescribeNsm(cbor::Writer &out, std::string_view moduleId, const Version &version,
                      const PcrBank &bank) {
    beginVariant(out, NSM_REQUEST_DESCRIBE_NSM, 7);
    out.text("version_major");
    out.unsignedInt(version[0]);
    out.text("version_minor");
    out.unsignedInt(version[1]);
    out.text("version_patch");
    out.unsignedInt(version[2]);
    out.text("module_id");
    out.text(moduleId);
    out.text("max_pcrs");
    out.unsignedInt(pcrCount);
    out.text("locked_pcrs");
    unsigned locked = 0;
    for (unsigned i = 0; i < pcrCount; ++i)
        locked += bank.at(i).locked;
    out.array(locked);
    for (unsigned i = 0; i < pcrCount; ++i)
        if (bank.at(i).locked)
            out.unsignedInt(i);
    out.text("digest");
    out.text(digestName);
}

void writeGetRandomHead(cbor::Writer &out) {
    beginVariant(out, NSM_REQUEST_GET_RANDOM, 1);
    out.text("random");
}

void writeAttestationHead(cbor::Writer &out) {
    beginVariant(out, NSM_REQUEST_ATTESTATION, 1);
    out.text("document");
}

} // namespace nitroscope::nsm
