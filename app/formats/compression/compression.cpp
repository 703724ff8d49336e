// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/formats/compression/compression.hpp"

#include <cstring>

namespace nitroscope::formats {

using namespace Qt::Literals::StringLiterals;

Compression detectCompression(std::span<const std::byte> head) {
    for (const CompressionKind &kind : compressionKinds)
        if (head.size() >= kind.magic.size() &&
            std::memcmp(head.data(), kind.magic.data(), kind.magic.size()) == 0)
            return kind.compression;
    return Compression::none;
}

QString compressionName(Compression compression) {
    for (const CompressionKind &kind : compressionKinds)
        if (kind.compression == compression)
            return QString::fromLatin1(kind.name);
    return u"none"_s;
}

} // namespace nitroscope::formats
