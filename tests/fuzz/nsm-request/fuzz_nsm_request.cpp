// SPDX-License-Identifier: GPL-2.0-or-later
//
// A hostile guest: several requests in a row to one module, whose state carries over. An input is a row of
// {u16 length, u16 response capacity, request bytes}, little-endian; the last request takes what is left.
// Beyond memory errors it checks that a locked PCR stays as it is, that every complete answer is one CBOR
// item, and that looking at a request says what handling it will say.
#include "nsm-device/cbor/cbor.hpp"
#include "nsm-device/core/nsm.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

namespace {

struct Destroy {
    void operator()(Nsm *nsm) const { nsm_destroy(nsm); }
};

Nsm *makeModule() {
    NsmHost host{};
    host.random = [](void *, uint8_t *out, size_t size) {
        std::memset(out, 0x5a, size);
        return 0;
    };
    host.now_ms = [](void *) -> int64_t { return 1767323045678; };
    NsmOptions options{};
    options.module_id = "i-0123456789abcdef0-enc0123456789abcdef";
    return nsm_create(&host, &options, nullptr, 0);
}

bool isOneItem(const std::vector<uint8_t> &bytes, size_t size) {
    nitroscope::cbor::Reader reader({reinterpret_cast<const std::byte *>(bytes.data()), size});
    nitroscope::cbor::Item item;
    return reader.next(item) && reader.skip(item) && reader.atEnd();
}

void check(bool good) {
    if (!good)
        std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const std::unique_ptr<Nsm, Destroy> nsm(makeModule());
    nsm_reset(nsm.get());
    nsm_lock_range(nsm.get(), 4);
    auto before = std::make_unique<NsmState>();
    auto after = std::make_unique<NsmState>();
    while (size >= 4) {
        const size_t length = std::min<size_t>(data[0] | data[1] << 8, size - 4);
        const size_t capacity = std::min<size_t>(data[2] | data[3] << 8, 2 * NSM_RESPONSE_MAX);
        // Copies of exactly the right size, so that the sanitizer sees any access beyond them.
        const std::vector<uint8_t> request(data + 4, data + 4 + length);
        std::vector<uint8_t> response(capacity);
        nsm_save_state(nsm.get(), before.get());
        const NsmQuestion question = nsm_inspect(nsm.get(), request.data(), length);
        const NsmAnswer answer = nsm_handle(nsm.get(), request.data(), length, response.data(), capacity);
        nsm_save_state(nsm.get(), after.get());

        check(answer.size <= capacity && answer.kind < NSM_REQUEST_KINDS && answer.error < NSM_ERRORS);
        check(question.kind == answer.kind && question.index == answer.index);
        check(capacity < 64 || isOneItem(response, answer.size));
        for (unsigned i = 0; i < NSM_PCR_COUNT; ++i)
            if (before->locked[i])
                check(after->locked[i] && std::memcmp(before->values + i * NSM_PCR_SIZE,
                                                      after->values + i * NSM_PCR_SIZE, NSM_PCR_SIZE) == 0);
        data += 4 + length;
        size -= 4 + length;
    }
    return 0;
}
