// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QString>

namespace nitroscope::formats {

// What the platform measures into PCR `index` (0 to 31), in a few words (AWS Nitro Enclaves user guide,
// "Cryptographic attestation").
QString pcrMeaning(int index);

} // namespace nitroscope::formats
