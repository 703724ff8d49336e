// SPDX-License-Identifier: GPL-2.0-or-later
//
// Fuzz target: key policies, which are foreign JSON: parsed, linted, decided and told.
#include "app/kms/explain/report.hpp"
#include "app/kms/lint/policy_lint.hpp"

#include <cstdint>

using namespace nitroscope;
using namespace Qt::Literals::StringLiterals;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const QByteArray json(reinterpret_cast<const char *>(data), qsizetype(size));
    const kms::PolicySet policies{kms::NamedPolicy{u"key policy"_s, kms::parsePolicy(json)}, {}};
    (void)kms::lintPolicy(policies.keyPolicy->policy, json);
    kms::Request request;
    request.caller = kms::parsePrincipal(u"arn:aws:iam::111122223333:role/enclave"_s).value();
    request.action = u"kms:Decrypt"_s;
    request.resource = u"arn:aws:kms:us-east-1:111122223333:key/1"_s;
    request.account = u"111122223333"_s;
    kms::setCallerKeys(request, 1'800'000'000);
    kms::setAttestationKeys(request, {{0, QByteArray(48, '\1')}}, u"document"_s);
    kms::setEncryptionContext(request, {{u"a"_s, u"b"_s}});
    (void)kms::decisionText(kms::evaluate(policies, request), request);
    return 0;
}
