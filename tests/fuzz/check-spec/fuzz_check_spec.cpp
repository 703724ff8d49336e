// SPDX-License-Identifier: GPL-2.0-or-later
//
// Fuzz target: what a check expects, TOML; and a console that is held against it.
#include "app/session/check/expectations.hpp"

#include <cstdint>

using namespace nitroscope::app;
using namespace Qt::Literals::StringLiterals;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const QByteArray text(reinterpret_cast<const char *>(data), qsizetype(size));
    const auto spec = readCheckSpec(text, u"fuzz.toml"_s);
    if (!spec)
        return 0;
    Expectations expectations(*spec);
    expectations.takeConsole(text);
    expectations.end(0, {});
    return 0;
}
