// SPDX-License-Identifier: GPL-2.0-or-later
//
// A client's examination of the NSM, request by request: what AWS's nsm-check (aws-nitro-enclaves-nsm-api)
// asserts, and what a guest can see beyond it. One line per check on the console, "check NAME: ok" or "check
// NAME: FAILED, why", and a last one with the sum. It locks all PCRs, so it can be passed once per start of
// the enclave.
#pragma once

#include "tests/enclave/init/enclave.hpp"

namespace nitroscope::demo {

void checkNsm(Enclave &enclave);

// "document <hexadecimal>": an attestation document with these fields.
void reportDocument(Enclave &enclave, std::string_view userData, std::string_view nonce,
                    std::string_view publicKey);

// "bench <n> requests <ns> ns each": DescribePCR again and again, by the guest's clock.
void benchNsm(Enclave &enclave, uint32_t requests);

} // namespace nitroscope::demo
