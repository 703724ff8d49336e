// SPDX-License-Identifier: GPL-2.0-or-later
//
// Measuring in passes; see measure.hpp. A pass is a list of pieces, read chunk by chunk into a buffer of its
// own and given to a consumer (a hash or the CRC). Passes share nothing but the counters.

#include "qemu-machine/board/core/measure.hpp"

#include "qemu-machine/board/core/fast_crc.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace nitroscope::launch {

namespace {

constexpr size_t chunkBytes = 256 * 1024; // fits the second-level cache of every CPU of interest

struct Piece {
    const ByteSource *source;
    uint64_t offset;
    uint64_t size;
};
using Pieces = std::vector<Piece>;

bool operator==(const Piece &a, const Piece &b) {
    return a.source == b.source && a.offset == b.offset && a.size == b.size;
}

/// What all passes of one measurement share.
struct Shared {
    std::stop_token stop;
    std::atomic<uint64_t> doneBytes = 0;
    std::atomic<MeasureStatus> status = MeasureStatus::done;
    std::atomic<uint64_t> failedOffset = 0;

    /// The first failure counts, and makes the other passes stop.
    void fail(MeasureStatus why, uint64_t offset = 0) {
        MeasureStatus expected = MeasureStatus::done;
        if (status.compare_exchange_strong(expected, why))
            failedOffset = offset;
    }
    bool goesOn() {
        if (stop.stop_requested())
            fail(MeasureStatus::cancelled);
        return status == MeasureStatus::done;
    }
};

/// One worker's buffer and reporting.
class Pass {
public:
    Pass(Shared &shared, std::function<void()> report)
        : m_shared(shared), m_report(std::move(report)), m_buffer(std::make_unique<std::byte[]>(chunkBytes)) {
    }

    /// Feeds the pieces to `consume(span)`; false when the measurement has ended meanwhile.
    template <class Consume>
    bool feed(std::span<const Piece> pieces, Consume &&consume) {
        for (const Piece &piece : pieces) {
            for (uint64_t done = 0; done < piece.size;) {
                if (!m_shared.goesOn())
                    return false;
                const auto length = static_cast<size_t>(std::min<uint64_t>(chunkBytes, piece.size - done));
                const std::span chunk(m_buffer.get(), length);
                if (!piece.source->read(piece.offset + done, chunk)) {
                    m_shared.fail(MeasureStatus::readFailed, piece.offset + done);
                    return false;
                }
                consume(std::span<const std::byte>(chunk));
                done += length;
                m_shared.doneBytes += length;
                if (m_report)
                    m_report();
            }
        }
        return m_shared.goesOn();
    }

    /// Hashes the pieces into a register value. With `fork`, also the first `forkAfter` of them into *fork.
    void hash(const Pieces &pieces, std::optional<Digest> &result, size_t forkAfter = 0,
              std::optional<Digest> *fork = nullptr) {
        Sha384 state;
        const auto consume = [&](std::span<const std::byte> chunk) { state.update(chunk); };
        if (fork) {
            if (!feed(std::span(pieces).first(forkAfter), consume))
                return;
            finish(state, *fork); // a copy, the state goes on
        }
        if (feed(std::span(pieces).subspan(forkAfter), consume))
            finish(state, result);
    }

    void checksum(const Pieces &pieces, std::optional<uint32_t> &result) {
        FastCrc32 crc;
        if (feed(pieces, [&](std::span<const std::byte> chunk) { crc.update(chunk); }))
            result = crc.value();
    }

private:
    void finish(Sha384 state, std::optional<Digest> &result) {
        const Digest digest = state.finish();
        const Digest value = extendZero(std::as_bytes(std::span(digest)));
        if (!state.ok())
            return m_shared.fail(MeasureStatus::cryptoFailed);
        result = value;
    }

    Shared &m_shared;
    std::function<void()> m_report;
    std::unique_ptr<std::byte[]> m_buffer;
};

struct Plan {
    Pieces pcr0, pcr1, pcr2, crc;
    size_t forkAfter = 0;
    bool pcr1IsPrefix = false;

    uint64_t totalBytes() const {
        uint64_t total = 0;
        const auto add = [&](const Pieces &pieces) {
            for (const Piece &piece : pieces)
                total += piece.size;
        };
        add(pcr0);
        add(pcr2);
        add(crc);
        if (!pcr1IsPrefix)
            add(pcr1);
        return total;
    }
};

Plan makePlan(const ByteSource &source, const eif::Image &image, const ByteSource &append,
              const ByteSource *extraRamdisk) {
    Plan plan;
    size_t ramdisks = 0;
    const auto addRamdisk = [&](const Piece &piece) {
        plan.pcr0.push_back(piece);
        (ramdisks++ == 0 ? plan.pcr1 : plan.pcr2).push_back(piece);
    };
    for (const eif::Section &section : image.used()) {
        const Piece piece = {&source, section.dataOffset, section.dataSize};
        if (section.type == eif::SectionType::ramdisk) {
            addRamdisk(piece);
        } else if (section.type == eif::SectionType::kernel || section.type == eif::SectionType::cmdline) {
            plan.pcr0.push_back(piece);
            plan.pcr1.push_back(piece);
            if (section.type == eif::SectionType::cmdline && append.size() > 0) {
                plan.pcr0.push_back({&append, 0, append.size()});
                plan.pcr1.push_back({&append, 0, append.size()});
            }
        }
    }
    if (extraRamdisk)
        addRamdisk({extraRamdisk, 0, extraRamdisk->size()});

    plan.forkAfter = plan.pcr1.size();
    plan.pcr1IsPrefix = std::equal(plan.pcr1.begin(), plan.pcr1.end(), plan.pcr0.begin());
    if (image.crcComputable()) {
        plan.crc.push_back({&source, 0, eif::crcOffset});
        for (const eif::Section &section : image.used())
            plan.crc.push_back({&source, section.headerOffset, eif::sectionHeaderSize + section.dataSize});
    }
    return plan;
}

} // namespace

Measurements measure(const ByteSource &source, const eif::Image &image, const MeasureExtras &extras,
                     std::stop_token stop, const MeasureProgress &progress) {
    const std::string appended = extras.append.empty() ? std::string() : " " + extras.append;
    const MemorySource append(std::as_bytes(std::span(appended)));
    const Plan plan = makePlan(source, image, append, extras.ramdisk);
    const uint64_t total = plan.totalBytes();

    Shared shared;
    shared.stop = std::move(stop);
    Measurements result;
    {
        std::vector<std::jthread> threads; // joined at the end of this block
        threads.reserve(3);
        if (image.loadable()) {
            threads.emplace_back([&] { Pass(shared, {}).hash(plan.pcr2, result.pcr2); });
            if (!plan.pcr1IsPrefix)
                threads.emplace_back([&] { Pass(shared, {}).hash(plan.pcr1, result.pcr1); });
        }
        if (!plan.crc.empty())
            threads.emplace_back([&] { Pass(shared, {}).checksum(plan.crc, result.crc); });
        if (image.loadable()) {
            Pass pass(shared, [&] {
                if (progress)
                    progress(shared.doneBytes, total);
            });
            if (plan.pcr1IsPrefix)
                pass.hash(plan.pcr0, result.pcr0, plan.forkAfter, &result.pcr1);
            else
                pass.hash(plan.pcr0, result.pcr0);
        }
    }
    const bool isUnchanged = source.isUnchanged() && (!extras.ramdisk || extras.ramdisk->isUnchanged());
    if (shared.status == MeasureStatus::done && !isUnchanged)
        shared.fail(MeasureStatus::readFailed, 0);
    result.status = shared.status;
    result.failedOffset = shared.failedOffset;
    if (result.status != MeasureStatus::done)
        result = {.status = result.status,
                  .failedOffset = result.failedOffset,
                  .pcr0 = {},
                  .pcr1 = {},
                  .pcr2 = {},
                  .crc = {}};
    else if (progress)
        progress(total, total);
    return result;
}

} // namespace nitroscope::launch
