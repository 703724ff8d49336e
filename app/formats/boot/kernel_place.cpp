// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/formats/boot/kernel_place.hpp"

#include <QtEndian>

namespace nitroscope::formats {

QVector<RelocatedField> relocatedFields(const symbols::ElfImage &payload, int most) {
    QVector<RelocatedField> fields;
    const QByteArrayView bytes = payload.bytes();
    // From the end backwards, until the zero that ends the 32-bit places.
    for (qsizetype at = bytes.size() - 4; at >= 0 && fields.size() < most; at -= 4) {
        const auto place = qFromLittleEndian<qint32>(bytes.data() + at);
        if (place >= 0) // the kernel is in the last 2 GiB: anything else is no relocation
            break;
        const auto address = quint64(qint64(place));
        for (const symbols::ElfSegment &segment : payload.segments()) {
            if (address < segment.address || segment.fileSize < 4 ||
                address - segment.address > segment.fileSize - 4)
                continue;
            const quint64 offset = segment.offset + (address - segment.address);
            if (offset + 4 <= quint64(bytes.size()))
                fields.append({segment.physical + (address - segment.address),
                               qFromLittleEndian<quint32>(bytes.data() + offset)});
            break;
        }
    }
    return fields;
}

} // namespace nitroscope::formats
