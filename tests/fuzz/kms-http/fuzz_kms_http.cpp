// SPDX-License-Identifier: GPL-2.0-or-later
//
// Fuzz target: requests of HTTP/1.1, what is signed of them, and what the metadata service makes of them. However the bytes are cut, the
// same requests come out.
#include "app/kms/http/http_reader.hpp"
#include "app/kms/imds/imds.hpp"
#include "app/kms/sigv4/verify_signature.hpp"

#include <cstdint>
#include <cstdlib>

using namespace nitroscope::kms;

namespace {

size_t judge(HttpReader &reader) {
    static const SigningKey key{"AKIDTEST", "secret", {}, {}};
    size_t count = 0;
    while (const auto request = reader.next()) {
        ++count;
        (void)verifySignature(
            *request, [](const QByteArray &) { return &key; }, 1'800'000'000);
        (void)canonicalRequest(*request, {"host", "x-amz-date"});
        Imds metadata(
            {u"arn:aws:iam::111122223333:role/enclave"_s, u"111122223333"_s, u"eu-west-1"_s, u"i-0"_s, true},
            [](qint64 now) {
                return RoleCredentials{"ASIA", "secret", "token", now, now + 60};
            });
        (void)metadata.answer(*request, 1'800'000'000);
    }
    return count;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const QByteArrayView bytes(reinterpret_cast<const char *>(data), qsizetype(size));
    HttpReader whole, cut;
    whole.feed(bytes);
    const size_t count = judge(whole);
    const qsizetype middle = bytes.size() / 2;
    cut.feed(bytes.first(middle));
    size_t countOfCut = judge(cut);
    cut.feed(bytes.sliced(middle));
    countOfCut += judge(cut);
    if (count != countOfCut || whole.refusal().has_value() != cut.refusal().has_value())
        abort(); // cutting made a difference
    return 0;
}
