// SPDX-License-Identifier: GPL-2.0-or-later
//
// The responses, encoded as serde writes the API's enum Response: fields in declaration order, definite
// containers, shortest integers. The Linux driver compares the head of GetRandom byte for byte.
#pragma once

#include "nsm-device/cbor/cbor_writer.hpp"
#include "nsm-device/core/pcr_bank.hpp"

#include <string_view>

namespace nitroscope::nsm {

// Of the NSM's interface: major, minor, patch.
using Version = std::array<std::uint16_t, 3>;

void writeError(cbor::Writer &out, NsmError error);
void writeDescribePcr(cbor::Writer &out, const Pcr &pcr);
void writeExtendPcr(cbor::Writer &out, const PcrValue &value);
// LockPCR and LockPCRs answer with their bare name.
void writeDone(cbor::Writer &out, NsmRequestKind kind);
void writeDescribeNsm(cbor::Writer &out, std::string_view moduleId, const Version &version,
                      const PcrBank &bank);
// Heads only: the caller writes a byte string next.
void writeGetRandomHead(cbor::Writer &out);
void writeAttestationHead(cbor::Writer &out);

} // namespace nitroscope::nsm
