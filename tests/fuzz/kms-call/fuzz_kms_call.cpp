// SPDX-License-Identifier: GPL-2.0-or-later
//
// Fuzz target: calls of KMS, as OPERATION, a line break and the body, against a store with one key; and ciphertexts, policies and documents
// inside of them.
#include "app/kms/service/service.hpp"

#include <cstdint>

using namespace nitroscope;
using namespace Qt::Literals::StringLiterals;

namespace {

kms::KeyStore storeWithKey() {
    kms::KeyStore store(u"us-east-1"_s, u"111122223333"_s);
    kms::KmsKey key;
    key.id = u"00000000-0000-0000-0000-000000000000"_s;
    key.material = QByteArray(32, 'k');
    key.policy =
        R"({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}})";
    (void)store.add(key);
    store.setAlias(u"alias/a"_s, key.id);
    return store;
}

kms::Caller caller() {
    kms::Caller caller;
    caller.principal = kms::parsePrincipal(u"arn:aws:iam::111122223333:role/enclave"_s).value();
    caller.identityPolicies.push_back(
        {u"identity"_s,
         kms::parsePolicy(R"({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})")});
    return caller;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const kms::KeyStore store = storeWithKey();
    static const kms::Caller who = caller();
    const QByteArray input(reinterpret_cast<const char *>(data), qsizetype(size));
    const qsizetype line = input.indexOf('\n');
    kms::KmsService service(store, kms::ServiceSettings{});
    (void)service.call(QString::fromLatin1(input.left(line < 0 ? 0 : line)), input.mid(line + 1), who,
                       1'800'000'000);
    return 0;
}
