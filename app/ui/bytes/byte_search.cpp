// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/ui/bytes/byte_search.hpp"

#include "app/core/worker.hpp"

#include <algorithm>

namespace nitroscope::app {
namespace {

constexpr quint64 blockBytes = 1 << 20;

// Looks for a match that begins in [begin, end). Blocks overlap by needle size - 1, so no match is cut.
std::optional<quint64> findIn(const ByteSource &source, const QByteArray &needle, quint64 begin, quint64 end,
                              SearchDirection direction, const std::atomic<bool> &cancelled) {
    const auto overlap = static_cast<quint64>(needle.size() - 1);
    QByteArray block;
    while (begin < end && !cancelled) {
        const quint64 length = std::min(blockBytes, end - begin);
        const quint64 start = direction == SearchDirection::forward ? begin : end - length;
        block.resize(static_cast<qsizetype>(length + overlap));
        const qsizetype got = source.read(start, {block.data(), static_cast<size_t>(block.size())});
        block.truncate(std::max<qsizetype>(0, got));
        const qsizetype at =
            direction == SearchDirection::forward ? block.indexOf(needle) : block.lastIndexOf(needle);
        if (at >= 0)
            return start + static_cast<quint64>(at);
        if (direction == SearchDirection::forward)
            begin += length;
        else
            end -= length;
    }
    return std::nullopt;
}

} // namespace

std::optional<ByteMatch> findBytes(const ByteSource &source, const QByteArray &needle, quint64 from,
                                   SearchDirection direction, const std::atomic<bool> &cancelled) {
    const quint64 size = source.size();
    if (needle.isEmpty() || static_cast<quint64>(needle.size()) > size)
        return std::nullopt;
    const quint64 candidates = size - static_cast<quint64>(needle.size()) + 1;
    from = std::min(from, candidates);
    const bool forward = direction == SearchDirection::forward;
    if (auto at =
            findIn(source, needle, forward ? from : 0, forward ? candidates : from, direction, cancelled))
        return ByteMatch{*at, false};
    if (auto at =
            findIn(source, needle, forward ? 0 : from, forward ? from : candidates, direction, cancelled))
        return ByteMatch{*at, true};
    return std::nullopt;
}

ByteSearch::~ByteSearch() {
    cancel();
}

void ByteSearch::cancel() {
    if (m_cancelled)
        *m_cancelled = true;
    m_cancelled.reset();
}

void ByteSearch::start(std::shared_ptr<const ByteSource> source, const QByteArray &needle, quint64 from,
                       SearchDirection direction) {
    cancel();
    auto cancelled = std::make_shared<std::atomic<bool>>(false);
    m_cancelled = cancelled;
    const auto length = static_cast<quint64>(needle.size());
    runInWorker(
        this,
        [source, needle, from, direction, cancelled] {
            return source ? findBytes(*source, needle, from, direction, *cancelled) : std::nullopt;
        },
        [this, cancelled, length](std::optional<ByteMatch> match) {
            if (*cancelled)
                return;
            if (match)
                emit found(match->offset, length, match->wrapped);
            else
                emit notFound();
        });
}

} // namespace nitroscope::app
