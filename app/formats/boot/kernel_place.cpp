// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/formats/boot/kernel_place.hpp"

#include <QtEndian>

namespace nitroscope::formats {
namespace {

// Places outside of the file (.bss, per-CPU data) that are passed over; with more it is no kernel.
constexpr int maxStrays = 64 * 1024;

} // namespace

QVector<RelocatedField> relocatedFields(const symbols::ElfImage &payload, int most) {
    QVector<RelocatedField> fields;
    const QByteArrayView bytes = payload.bytes();
    int strays = 0;
    // From the end backwards, until the zero that ends the 32-bit places.
    for (qsizetype at = bytes.size() - 4; at >= 0 && fields.size() < most; at -= 4) {
        const auto place = qFromLittleEndian<qint32>(bytes.data() + at);
        if (place >= 0) // the kernel is in the last 2 GiB: anything else is no relocation
            break;
        const auto address = quint64(qint64(place));
        if (const symbols::ElfSegment *segment = payload.segmentOf(address, 4))
            fields.append({segment->physical + (address - segment->address),
                           qFromLittleEndian<quint32>(payload.bytesAt(address, 4).data())});
        else if (++strays > maxStrays)
            break;
    }
    return fields;
}

} // namespace nitroscope::formats
