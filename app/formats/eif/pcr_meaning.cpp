// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/formats/eif/pcr_meaning.hpp"

namespace nitroscope::formats {

using namespace Qt::Literals::StringLiterals;

QString pcrMeaning(int index) {
    switch (index) {
    case 0:
        return u"Enclave image"_s;
    case 1:
        return u"Kernel and boot ramdisk"_s;
    case 2:
        return u"Application"_s;
    case 3:
        return u"Parent's IAM role"_s;
    case 4:
        return u"Parent's instance ID"_s;
    case 8:
        return u"Signing certificate"_s;
    default:
        return index < 16 ? u"Reserved"_s : u"Enclave's own use"_s;
    }
}

} // namespace nitroscope::formats
