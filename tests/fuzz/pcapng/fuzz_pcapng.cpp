// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any bytes as a capture stream: read whole and in pieces, which must agree, with every content also turned
// into text.
#include "app/proto/pcapng/capture_reader.hpp"
#include "app/proto/pcapng/cbor_variant.hpp"

#include <cstdlib>

using namespace nitroscope::pcapng;

namespace {

quint64 digest(QByteArrayView bytes, qsizetype step) {
    quint64 sum = 0;
    CaptureReader reader([&](const Record &record) {
        sum = sum * 31 + record.offset + static_cast<quint64>(record.hostNs) + record.content.index();
        if (const auto *nsm = std::get_if<NsmRecord>(&record.content))
            sum += static_cast<quint64>(cborText(nsm->cbor, 300).size());
    });
    for (qsizetype at = 0; at < bytes.size(); at += step)
        reader.feed(bytes.sliced(at, std::min(step, bytes.size() - at)));
    reader.finish();
    return sum * 31 + reader.diagnostics().list().size() + reader.diagnostics().more();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const QByteArrayView bytes(reinterpret_cast<const char *>(data), static_cast<qsizetype>(size));
    const quint64 whole = digest(bytes, std::max<qsizetype>(bytes.size(), 1));
    if (digest(bytes, 1) != whole || digest(bytes, 13) != whole)
        std::abort();
    return 0;
}
