// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/formats/boot/decompressor.hpp"

#include <QtEndian>

namespace nitroscope::formats {
namespace {

constexpr qsizetype leaBytes = 7, jumpBytes = 2, callBytes = 5;
constexpr quint64 longestTail = 512;     // from .Lrelocated to the last jump
constexpr qsizetype longestBetween = 16; // from the call to the jump

// Offset of the `jmp *%rax` that follows the last call within `tail`.
std::optional<qsizetype> jumpAfterCall(QByteArrayView tail) {
    for (qsizetype call = 0; call + callBytes + jumpBytes <= tail.size(); ++call) {
        if (quint8(tail[call]) != 0xe8)
            continue;
        const QByteArrayView rest = tail.sliced(call + callBytes);
        const qsizetype at =
            rest.first(qMin(rest.size(), longestBetween)).indexOf(QByteArrayView("\xff\xe0", 2));
        if (at >= 0)
            return call + callBytes + at;
    }
    return std::nullopt;
}

} // namespace

std::optional<DecompressorJumps> findDecompressorJumps(QByteArrayView code, quint64 payloadOffset,
                                                       quint64 payloadBytes) {
    std::optional<DecompressorJumps> found;
    const QByteArrayView lea("\x48\x8d\x83", 3);
    for (qsizetype at = code.indexOf(lea); at >= 0; at = code.indexOf(lea, at + 1)) {
        if (quint64(at) >= payloadOffset && quint64(at) - payloadOffset < payloadBytes) {
            const quint64 behind = quint64(code.size()) - payloadOffset; // the sum could wrap around
            at = qsizetype(payloadOffset + qMin(payloadBytes, behind)) - 1;
            continue;
        }
        if (code.size() - at < leaBytes + jumpBytes ||
            code.sliced(at + leaBytes, jumpBytes) != QByteArrayView("\xff\xe0", 2))
            continue;
        const quint64 relocated = qFromLittleEndian<quint32>(code.data() + at + 3);
        if (relocated >= quint64(code.size()))
            continue;
        const QByteArrayView tail =
            code.sliced(qsizetype(relocated), qsizetype(qMin(longestTail, quint64(code.size()) - relocated)));
        const auto out = jumpAfterCall(tail);
        if (!out)
            continue;
        if (found)
            return std::nullopt;
        found = DecompressorJumps{quint64(at + leaBytes), relocated, relocated + quint64(*out)};
    }
    return found;
}

} // namespace nitroscope::formats
