// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any bytes as a list of PCRs and as an attestation document in any of its forms: recognised, decoded, shown and verified. Ranges
// that are reported must lie inside of the document, because a hex view follows them.

#include "app/formats/attestation/pcr_list.hpp"
#include "app/formats/attestation/report.hpp"
#include "app/formats/attestation/verify.hpp"
#include "app/formats/document_forms/input.hpp"

#include <cstdint>
#include <cstdlib>

using namespace nitroscope::formats;
using namespace nitroscope::formats::attestation;

namespace {

void checkRanges(const Node &node, quint64 size) {
    if (!node.range.isEmpty() && node.range.end() > size + 1)
        std::abort();
    for (const Node &child : node.children)
        checkRanges(child, size);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const QByteArray bytes(reinterpret_cast<const char *>(data), static_cast<qsizetype>(size));
    (void)readPcrList(bytes);
    const auto input = readInput(bytes);
    if (!input)
        return 0;
    const Document document = decode(input->document);
    checkRanges(documentTree(document), static_cast<quint64>(document.bytes.size()));
    VerifyOptions options;
    options.time = CheckTime::document;
    options.nowSeconds = 1'800'000'000;
    // Nobody signs what a fuzzer makes up under AWS's root.
    const Verification verification = verify(document, options);
    for (const Check &check : verification.checks)
        if (check.range.end() > static_cast<quint64>(document.bytes.size()) + 1)
            std::abort();
    documentJson(document, *input);
    verificationText(document, verification);
    return 0;
}
