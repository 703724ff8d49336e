// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/formats/eif/pcr_meaning.hpp"

namespace nitroscope::formats {

QString pcrMeaning(int index) {
    switch (index) {
    case 0:
        return QStringLiteral("Enclave image");
    case 1:
        return QStringLiteral("Kernel and boot ramdisk");
    case 2:
        return QStringLiteral("Application");
    case 3:
        return QStringLiteral("Parent's IAM role");
    case 4:
        return QStringLiteral("Parent's instance ID");
    case 8:
        return QStringLiteral("Signing certificate");
    default:
        return index < 16 ? QStringLiteral("Reserved") : QStringLiteral("Enclave's own use");
    }
}

} // namespace nitroscope::formats
