// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/enclave/nsm/nsm_client.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace nitroscope::demo {
namespace {

// <linux/nsm.h> is younger than Debian 12's headers, so its one ioctl is described here.
struct NsmBuffer {
    uint64_t address, length;
};
struct NsmRaw {
    NsmBuffer request, response;
};
static_assert(sizeof(NsmRaw) == 32);
constexpr unsigned long nsmIoctlRaw = _IOWR(0x0A, 0x0, NsmRaw);
static_assert(nsmIoctlRaw == 0xC0200A00);

} // namespace

NsmClient::NsmClient() : m_device(open("/dev/nsm", O_RDWR | O_CLOEXEC)) {
    if (m_device < 0)
        m_error = std::string("/dev/nsm: ") + std::strerror(errno);
}

NsmClient::~NsmClient() {
    if (m_device >= 0)
        close(m_device);
}

NsmResult<cbor::Bytes> NsmClient::exchange(const NsmRequest &request) {
    if (!available())
        return tl::unexpected(m_error);
    NsmRaw raw{.request = {reinterpret_cast<uintptr_t>(request.data()), request.size()},
               .response = {reinterpret_cast<uintptr_t>(m_response.data()), m_response.size()}};
    if (ioctl(m_device, nsmIoctlRaw, &raw) != 0)
        return tl::unexpected(std::string("ioctl on /dev/nsm: ") + std::strerror(errno));
    return cbor::Bytes(m_response).first(std::min<uint64_t>(raw.response.length, m_response.size()));
}

NsmResult<NsmDescription> NsmClient::describe() {
    return exchange(encodeDescribe()).and_then(decodeDescribe);
}

NsmResult<PcrState> NsmClient::describePcr(uint16_t index) {
    return exchange(encodeDescribePcr(index)).and_then(decodeDescribePcr);
}

NsmResult<PcrValue> NsmClient::extendPcr(uint16_t index, std::string_view data) {
    return exchange(encodeExtendPcr(index, cbor::asBytes(data))).and_then(decodeExtendPcr);
}

NsmResult<void> NsmClient::lockPcr(uint16_t index) {
    return exchange(encodeLockPcr(index)).and_then([](cbor::Bytes response) {
        return decodeDone(response, "LockPCR");
    });
}

NsmResult<void> NsmClient::lockPcrs(uint16_t range) {
    return exchange(encodeLockPcrs(range)).and_then([](cbor::Bytes response) {
        return decodeDone(response, "LockPCRs");
    });
}

NsmResult<std::vector<std::byte>> NsmClient::attest(std::string_view userData, std::string_view nonce,
                                                    std::string_view publicKey) {
    return exchange(
               encodeAttestation(cbor::asBytes(userData), cbor::asBytes(nonce), cbor::asBytes(publicKey)))
        .and_then(decodeAttestation);
}

std::string NsmClient::errorOf(const NsmRequest &request) {
    const auto response = exchange(request);
    return response ? errorName(*response) : response.error();
}

NsmResult<std::vector<std::byte>> NsmClient::random(size_t count) {
    std::vector<std::byte> all;
    while (all.size() < count) {
        auto part = exchange(encodeGetRandom()).and_then(decodeGetRandom);
        if (!part)
            return part;
        if (part->empty())
            return tl::unexpected(std::string("the NSM answered without random bytes"));
        const size_t take = std::min(count - all.size(), part->size());
        all.insert(all.end(), part->begin(), part->begin() + static_cast<std::ptrdiff_t>(take));
    }
    return all;
}

} // namespace nitroscope::demo
