// SPDX-License-Identifier: GPL-2.0-or-later
//
// Measuring in passes; see measure.hpp. A pass is a list of pieces, taken chunk by chunk from where they lie
// in memory, or through a buffer of the pass, and given to a consumer. The CRC rides with PCR 0: nearly the
// same bytes in the same order, still in the cache, at a twentieth of the hash's cost. Passes share nothing
// but the counters.

#include "qemu-machine/board/core/measure.hpp"

#include "qemu-machine/board/core/fast_crc.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace nitroscope::launch {

namespace {

constexpr size_t chunkBytes = 256 * 1024; // fits the second-level cache of every CPU of interest

struct Piece {
    const ByteSource *source;
    uint64_t offset;
    uint64_t size;
    bool isHashed = true;  ///< Counts for PCR 0.
    bool isSummed = false; ///< Counts for the CRC.
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
    Pass(Shared &shared, std::function<void()> report) : m_shared(shared), m_report(std::move(report)) {}

    /// Feeds the pieces to `consume(piece, span)`; false when the measurement has ended meanwhile.
    template <class Consume>
    bool feed(std::span<const Piece> pieces, Consume &&consume) {
        for (const Piece &piece : pieces) {
            for (uint64_t done = 0; done < piece.size;) {
                if (!m_shared.goesOn())
                    return false;
                const auto length = static_cast<size_t>(std::min<uint64_t>(chunkBytes, piece.size - done));
                const auto chunk = take(*piece.source, piece.offset + done, length);
                if (chunk.empty()) {
                    m_shared.fail(MeasureStatus::readFailed, piece.offset + done);
                    return false;
                }
                consume(piece, chunk);
                done += length;
                m_shared.doneBytes += length;
                if (m_report)
                    m_report();
            }
        }
        return m_shared.goesOn();
    }

    /// Hashes the pieces into a register value.
    void hash(const Pieces &pieces, std::optional<Digest> &result) {
        Sha384 state;
        if (feed(pieces, [&](const Piece &, std::span<const std::byte> chunk) { state.update(chunk); }))
            finish(state, result);
    }

    /// PCR 0 and the CRC, and PCR 1 where the first `forkAfter` pieces have its content.
    void whole(const Pieces &pieces, std::optional<size_t> forkAfter, Measurements &result, bool wantsHash,
               bool wantsCrc) {
        Sha384 state;
        FastCrc32 crc;
        const auto consume = [&](const Piece &piece, std::span<const std::byte> chunk) {
            if (piece.isSummed)
                crc.update(chunk);
            if (piece.isHashed)
                state.update(chunk);
        };
        if (forkAfter) {
            if (!feed(std::span(pieces).first(*forkAfter), consume))
                return;
            finish(state, result.pcr1); // a copy, the state goes on
        }
        if (!feed(std::span(pieces).subspan(forkAfter.value_or(0)), consume))
            return;
        if (wantsHash)
            finish(state, result.pcr0);
        if (wantsCrc)
            result.crc = crc.value();
    }

private:
    /// The bytes where they lie, or read; empty when they cannot be had.
    std::span<const std::byte> take(const ByteSource &source, uint64_t offset, size_t length) {
        if (const auto view = source.view(offset, length); !view.empty())
            return view;
        if (!m_buffer)
            m_buffer = std::make_unique<std::byte[]>(chunkBytes);
        const std::span chunk(m_buffer.get(), length);
        return source.read(offset, chunk) ? std::span<const std::byte>(chunk) : std::span<const std::byte>();
    }

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
    Pieces whole;                    ///< What PCR 0 or the CRC or both are made of, in file order.
    Pieces pcr1, pcr2;               ///< pcr1 only when it is not the beginning of PCR 0's content.
    std::optional<size_t> forkAfter; ///< Pieces of `whole` that have PCR 1's content.

    uint64_t totalBytes() const {
        uint64_t total = 0;
        for (const Pieces *pieces : {&whole, &pcr1, &pcr2})
            for (const Piece &piece : *pieces)
                total += piece.size;
        return total;
    }
};

Plan makePlan(const ByteSource &source, const eif::Image &image, const ByteSource &append,
              const ByteSource *extraRamdisk) {
    Plan plan;
    Pieces pcr0;
    const bool isHashed = image.loadable(), isSummed = image.crcComputable();
    size_t ramdisks = 0;
    const auto add = [&](const Piece &piece) {
        if (piece.size > 0 && ((isHashed && piece.isHashed) || (isSummed && piece.isSummed)))
            plan.whole.push_back({piece.source, piece.offset, piece.size, isHashed && piece.isHashed,
                                  isSummed && piece.isSummed});
    };
    // PCR 1 is forked off behind the last piece that it has.
    const auto addMeasured = [&](const Piece &piece, Pieces *also) {
        add(piece);
        pcr0.push_back(piece);
        if (also)
            also->push_back(piece);
        if (also == &plan.pcr1)
            plan.forkAfter = plan.whole.size();
    };
    const auto addRamdisk = [&](const Piece &piece) {
        addMeasured(piece, ramdisks++ == 0 ? &plan.pcr1 : &plan.pcr2);
    };
    add({&source, 0, eif::crcOffset, false, true});
    for (const eif::Section &section : image.used()) {
        add({&source, section.headerOffset, eif::sectionHeaderSize, false, true});
        const Piece piece = {&source, section.dataOffset, section.dataSize, true, true};
        if (section.type == eif::SectionType::ramdisk) {
            addRamdisk(piece);
        } else if (section.type == eif::SectionType::kernel || section.type == eif::SectionType::cmdline) {
            addMeasured(piece, &plan.pcr1);
            if (section.type == eif::SectionType::cmdline && append.size() > 0)
                addMeasured({&append, 0, append.size()}, &plan.pcr1);
        } else {
            add({&source, section.dataOffset, section.dataSize, false, true});
        }
    }
    if (extraRamdisk)
        addRamdisk({extraRamdisk, 0, extraRamdisk->size()});

    if (!isHashed) {
        plan.pcr1.clear();
        plan.pcr2.clear();
        plan.forkAfter = {};
    } else if (std::equal(plan.pcr1.begin(), plan.pcr1.end(), pcr0.begin())) {
        plan.pcr1.clear();
    } else {
        plan.forkAfter = {};
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
        threads.reserve(2);
        if (image.loadable()) {
            threads.emplace_back([&] { Pass(shared, {}).hash(plan.pcr2, result.pcr2); });
            if (!plan.forkAfter)
                threads.emplace_back([&] { Pass(shared, {}).hash(plan.pcr1, result.pcr1); });
        }
        Pass pass(shared, [&] {
            if (progress)
                progress(shared.doneBytes, total);
        });
        pass.whole(plan.whole, plan.forkAfter, result, image.loadable(), image.crcComputable());
    }
    const bool isUnchanged = source.isUnchanged() && (!extras.ramdisk || extras.ramdisk->isUnchanged());
    if (shared.status == MeasureStatus::done && !isUnchanged)
        shared.fail(MeasureStatus::readFailed, source.firstLostByte());
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
