// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/programs/user_image.hpp"

#include <algorithm>
#include <elf.h>

namespace nitroscope::app {
namespace {

constexpr quint64 pageBytes = 4096, maxPages = 16384; // 64 MiB of code in one file

std::optional<UserImage> imageAt(quint64 header, quint64 pc, const QByteArray &page) {
    const auto elf = symbols::ElfImage::open(page);
    if (!elf)
        return std::nullopt;
    const auto &segments = elf->segments();
    const auto first = std::find_if(segments.cbegin(), segments.cend(),
                                    [](const auto &segment) { return segment.offset == 0; });
    if (first == segments.cend())
        return std::nullopt;
    const UserImage image{header - first->address, elf->buildId()};
    return elf->has(pc - image.bias) ? std::optional(image) : std::nullopt;
}

} // namespace

std::optional<UserImage> findUserImage(quint64 pc, const ReadGuest &read) {
    quint64 page = pc & ~(pageBytes - 1);
    for (quint64 i = 0; i < maxPages && page != 0; ++i, page -= pageBytes)
        if (read(page, SELFMAG) == QByteArray(ELFMAG, SELFMAG))
            if (const auto image = imageAt(page, pc, read(page, pageBytes)))
                return image;
    return std::nullopt;
}

CodeMatch matchCode(const arch::Architecture &architecture, const LoadedProgram &loaded, quint64 pc,
                    const ReadGuest &read) {
    const std::string_view breakpoint = architecture.instructions.breakpoint;
    const quint64 page = pc & ~(pageBytes - 1), linked = pc - loaded.bias;
    const symbols::ElfImage &elf = loaded.program->elf();
    const symbols::ElfSegment *segment = elf.segmentOf(linked, 1);
    if (!segment)
        return CodeMatch::other;
    // From the segment's start, or its page's, to the page's or the segment's end.
    const quint64 from = std::max(page - loaded.bias, segment->address);
    const quint64 to = std::min(page - loaded.bias + pageBytes, segment->address + segment->fileSize);
    const QByteArrayView wanted = elf.bytesAt(from, to - from);
    if (wanted.isEmpty() || from > linked || to <= linked)
        return CodeMatch::other;
    const QByteArray there = read(from + loaded.bias, to - from);
    if (there.isEmpty())
        return CodeMatch::notInMemory;
    if (there == wanted)
        return CodeMatch::same;
    if (there.size() != wanted.size())
        return CodeMatch::other;
    // Breakpoints stand where instructions begin, which are aligned to their own size when they all have one.
    const std::string_view now(there.constData(), size_t(there.size()));
    bool isSame = true;
    for (size_t at = 0; isSame && at < now.size(); ++at)
        isSame = now[at] == wanted[qsizetype(at)] ||
                 now.substr(at - at % breakpoint.size()).starts_with(breakpoint);
    return isSame ? CodeMatch::same : CodeMatch::other;
}

} // namespace nitroscope::app
