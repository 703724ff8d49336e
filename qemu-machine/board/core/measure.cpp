// SPDX-License-Identifier: GPL-2.0-or-later
//
// Measuring in passes; see measure.hpp. A pass is a list of pieces, read chunk by chunk into a buffer of its
// own and given to a consumer (a hash, for PCR 0 the CRC as well). Passes share nothing but the counters.

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

/// Who wants the bytes of a piece, in the pass that makes PCR 0 and the checksum together.
enum class For { pcr, checksum, both };

struct Piece {
    const ByteSource *source;
    uint64_t offset;
    uint64_t size;
    For use = For::pcr;
};
using Pieces = std::vector<Piece>;

struct Plan {
    bool hashes = false, checks = false; ///< What can be computed of this file.
    Pieces pcr1, pcr2;
    Pieces whole;             ///< PCR 0 and the checksum: every byte that counts, in file order.
    size_t pcr1Pieces = 0;    ///< PCR 1 is what PCR 0 has hashed after so many pieces of `whole`,
    bool pcr1IsPrefix = true; ///< unless something came in between.

    uint64_t totalBytes() const {
        uint64_t total = 0;
        for (const Pieces *pieces : {&whole, &pcr2, &pcr1})
            for (const Piece &piece : *pieces)
                total += piece.size;
        return total;
    }
};

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

    /// Feeds the pieces to `consume(span, use)`; false when the measurement has ended meanwhile.
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
                consume(std::span<const std::byte>(chunk), piece.use);
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
        if (feed(pieces, [&](std::span<const std::byte> chunk, For) { state.update(chunk); }))
            finish(state, result);
    }

    /// PCR 0 and the checksum in one pass, and PCR 1 on the way where that is possible.
    void hashAndCheck(const Plan &plan, Measurements &result) {
        Sha384 state;
        FastCrc32 crc;
        const auto consume = [&](std::span<const std::byte> chunk, For use) {
            if (use != For::checksum)
                state.update(chunk);
            if (use != For::pcr)
                crc.update(chunk);
        };
        const std::span<const Piece> pieces(plan.whole);
        const size_t first = plan.pcr1IsPrefix ? plan.pcr1Pieces : 0;
        if (!feed(pieces.first(first), consume))
            return;
        if (plan.hashes && plan.pcr1IsPrefix)
            finish(state, result.pcr1); // a copy, the state goes on
        if (!feed(pieces.subspan(first), consume))
            return;
        if (plan.hashes)
            finish(state, result.pcr0);
        if (plan.checks)
            result.crc = crc.value();
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

Plan makePlan(const ByteSource &source, const eif::Image &image, const ByteSource &append,
              const ByteSource *extraRamdisk) {
    Plan plan;
    size_t ramdisks = 0;
    bool pcr1Ended = false; // something of PCR 2 has been hashed into PCR 0
    plan.hashes = image.loadable();
    plan.checks = image.crcComputable();
    const auto addToPcr0 = [&](const Piece &piece, bool isForPcr1) {
        plan.whole.push_back(piece);
        if (isForPcr1) {
            plan.pcr1.push_back({piece.source, piece.offset, piece.size});
            plan.pcr1Pieces = plan.whole.size();
            plan.pcr1IsPrefix = plan.pcr1IsPrefix && !pcr1Ended;
        } else {
            plan.pcr2.push_back({piece.source, piece.offset, piece.size});
            pcr1Ended = true;
        }
    };
    if (plan.checks)
        plan.whole.push_back({&source, 0, eif::crcOffset, For::checksum});
    for (const eif::Section &section : image.used()) {
        const bool isRamdisk = section.type == eif::SectionType::ramdisk;
        const bool isCmdline = section.type == eif::SectionType::cmdline;
        const bool isMeasured = isRamdisk || isCmdline || section.type == eif::SectionType::kernel;
        if (plan.checks)
            plan.whole.push_back({&source, section.headerOffset, eif::sectionHeaderSize, For::checksum});
        const Piece data = {&source, section.dataOffset, section.dataSize,
                            plan.checks ? For::both : For::pcr};
        if (plan.hashes && isMeasured)
            addToPcr0(data, !isRamdisk || ramdisks++ == 0);
        else if (plan.checks)
            plan.whole.push_back({&source, section.dataOffset, section.dataSize, For::checksum});
        if (plan.hashes && isCmdline && append.size() > 0)
            addToPcr0({&append, 0, append.size()}, true);
    }
    if (plan.hashes && extraRamdisk)
        addToPcr0({extraRamdisk, 0, extraRamdisk->size()}, ramdisks == 0);
    if (plan.pcr1IsPrefix)
        plan.pcr1.clear();
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
        if (plan.hashes) {
            threads.emplace_back([&] { Pass(shared, {}).hash(plan.pcr2, result.pcr2); });
            if (!plan.pcr1IsPrefix)
                threads.emplace_back([&] { Pass(shared, {}).hash(plan.pcr1, result.pcr1); });
        }
        Pass pass(shared, [&] {
            if (progress)
                progress(shared.doneBytes, total);
        });
        pass.hashAndCheck(plan, result);
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
