// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/core/arch/x86/decompressor.hpp"

#include <QtEndian>

namespace nitroscope::arch::x86 {
namespace {

constexpr qsizetype leaBytes = 7, jumpBytes = 2, callBytes = 5;
constexpr std::uint64_t maxTailLength = 512; // from .Lrelocated to the last jump
constexpr qsizetype maxBetween = 16;         // from the call to the jump

// Offset of the `jmp *%rax` that follows the last call within `tail`.
std::optional<qsizetype> jumpAfterCall(QByteArrayView tail) {
    for (qsizetype call = 0; call + callBytes + jumpBytes <= tail.size(); ++call) {
        if (std::uint8_t(tail[call]) != 0xe8)
            continue;
        const QByteArrayView rest = tail.sliced(call + callBytes);
        const qsizetype at = rest.first(qMin(rest.size(), maxBetween)).indexOf(QByteArrayView("\xff\xe0", 2));
        if (at >= 0)
            return call + callBytes + at;
    }
    return std::nullopt;
}

} // namespace

std::optional<UnpackingJumps> findDecompressorJumps(QByteArrayView code, std::uint64_t payloadOffset,
                                                    std::uint64_t payloadBytes) {
    std::optional<UnpackingJumps> found;
    const QByteArrayView lea("\x48\x8d\x83", 3);
    for (qsizetype at = code.indexOf(lea); at >= 0; at = code.indexOf(lea, at + 1)) {
        if (std::uint64_t(at) >= payloadOffset && std::uint64_t(at) - payloadOffset < payloadBytes) {
            const std::uint64_t behind =
                std::uint64_t(code.size()) - payloadOffset; // the sum could wrap around
            at = qsizetype(payloadOffset + qMin(payloadBytes, behind)) - 1;
            continue;
        }
        if (code.size() - at < leaBytes + jumpBytes ||
            code.sliced(at + leaBytes, jumpBytes) != QByteArrayView("\xff\xe0", 2))
            continue;
        const std::uint64_t relocated = qFromLittleEndian<std::uint32_t>(code.data() + at + 3);
        if (relocated >= std::uint64_t(code.size()))
            continue;
        const QByteArrayView tail = code.sliced(
            qsizetype(relocated), qsizetype(qMin(maxTailLength, std::uint64_t(code.size()) - relocated)));
        const auto out = jumpAfterCall(tail);
        if (!out)
            continue;
        if (found)
            return std::nullopt;
        found = UnpackingJumps{std::uint64_t(at + leaBytes), relocated, relocated + std::uint64_t(*out)};
    }
    return found;
}

} // namespace nitroscope::arch::x86
