// SPDX-License-Identifier: GPL-2.0-or-later
//
// A client of /dev/nsm as the Linux driver offers it (drivers/misc/nsm.c, <linux/nsm.h>): one ioctl takes the
// request's and the response's address and length, blocks until the device has answered, and sets the
// response's length. Errors come back in words, because the demo enclave only prints them.
#pragma once

#include "tests/enclave/nsm/nsm_messages.hpp"

namespace nitroscope::demo {

class NsmClient {
public:
    // Opens /dev/nsm; error() says why that failed.
    NsmClient();
    ~NsmClient();
    NsmClient(const NsmClient &) = delete;
    NsmClient &operator=(const NsmClient &) = delete;

    bool available() const { return m_device >= 0; }
    const std::string &error() const { return m_error; }

    NsmResult<NsmDescription> describe();
    NsmResult<PcrState> describePcr(uint16_t index);
    // The register's new value: SHA-384(old value, data).
    NsmResult<PcrValue> extendPcr(uint16_t index, std::string_view data);
    NsmResult<void> lockPcr(uint16_t index);
    // Locks PCR 0 to `range` - 1.
    NsmResult<void> lockPcrs(uint16_t range);
    // The attestation document; empty fields are left out.
    NsmResult<std::vector<std::byte>> attest(std::string_view userData, std::string_view nonce,
                                             std::string_view publicKey);
    // Sends any bytes; the error's name, empty when there is none.
    std::string errorOf(const NsmRequest &request);
    // As many bytes as wanted, over as many requests as that needs.
    NsmResult<std::vector<std::byte>> random(size_t count);

private:
    NsmResult<cbor::Bytes> exchange(const NsmRequest &request);

    int m_device = -1;
    std::string m_error;
    std::array<std::byte, 0x3000> m_response; // the size the driver and the device agree on
};

} // namespace nitroscope::demo
