// SPDX-License-Identifier: GPL-2.0-or-later
//
// Bounded reads in the byte order of a pcapng section. A read beyond the end yields zero and is the caller's
// mistake to avoid: every use stands behind a size check that can produce a diagnostic.
#pragma once

#include <QByteArrayView>
#include <QtEndian>

namespace nitroscope::pcapng {

enum class ByteOrder { little, big };

template <class T>
T load(QByteArrayView bytes, std::size_t at, ByteOrder order = ByteOrder::little) {
    if (at > static_cast<std::size_t>(bytes.size()) ||
        sizeof(T) > static_cast<std::size_t>(bytes.size()) - at)
        return 0;
    return order == ByteOrder::little ? qFromLittleEndian<T>(bytes.data() + at)
                                      : qFromBigEndian<T>(bytes.data() + at);
}

} // namespace nitroscope::pcapng
