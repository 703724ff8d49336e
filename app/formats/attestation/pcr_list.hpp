// SPDX-License-Identifier: GPL-2.0-or-later
//
// PCRs that somebody expects, as files hold them: what nitro-cli prints when it builds or describes an image or an enclave ("Measurements"), what
// `attest show --json` prints ("Pcrs"), or lines such as "PCR0: 3c…".

#pragma once

#include "app/core/result.hpp"

#include <map>
#include <QByteArray>

namespace nitroscope::formats::attestation {

using PcrValues = std::map<quint64, QByteArray>; // 48 bytes each

// At most maxPcrListBytes. Error "bad-pcr-list": nothing of it is a PCR, one has not 48 bytes, or one has two values.
app::Result<PcrValues> readPcrList(const QByteArray &text);
inline constexpr qsizetype maxPcrListBytes = 1024 * 1024;

} // namespace nitroscope::formats::attestation
