// SPDX-License-Identifier: GPL-2.0-or-later
//
// Fuzz target: vsock-proxy's allow-list, which is foreign YAML.
#include "app/session/proxy/proxy_allow_list.hpp"

#include <cstdint>

using namespace nitroscope::app;
using namespace Qt::Literals::StringLiterals;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const auto list =
        ProxyAllowList::parse(QByteArray(reinterpret_cast<const char *>(data), qsizetype(size)));
    if (list)
        (void)list->permits(u"kms.us-east-1.amazonaws.com"_s, 443);
    return 0;
}
