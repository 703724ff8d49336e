// SPDX-License-Identifier: GPL-2.0-or-later
//
// Measuring in passes; see measure.hpp. A pass is a list of pieces, read chunk by chunk into a buffer of its
// own and given to a consumer (a hash, for PCR 0 the CRC as well). Passes share nothing but the counters.
// Where PCR 0 and PCR 2 share a thread, another one reads and checks ahead of it, as that thread is what the
// guest waits for in the end.

#include "qemu-machine/launch/measure.hpp"

#include "qemu-machine/launch/chunk_ring.hpp"
#include "qemu-machine/launch/hash/fast_crc.hpp"
#include "qemu-machine/launch/hash/sha384_pair.hpp"
#include "qemu-machine/launch/measure_plan.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <memory>
#include <thread>
#include <vector>

namespace nitroscope::launch {

namespace {

constexpr size_t chunkBytes = 256 * 1024; // fits the second-level cache of every CPU of interest

// PCR 0 alone, by OpenSSL.
class OneHash {
public:
    static constexpr bool isForPcr2 = false;

    void update(std::span<const std::byte> chunk, const Piece &) { m_state.update(chunk); }
    // Of what came so far; nothing when OpenSSL failed.
    std::optional<Digest> first() const {
        Sha384 end(m_state);
        const Digest digest = end.finish();
        return end.ok() ? std::optional(digest) : std::nullopt;
    }

private:
    Sha384 m_state;
};

// PCR 0 and PCR 2 in step.
class TwoHashes {
public:
    static constexpr bool isForPcr2 = true;

    void update(std::span<const std::byte> chunk, const Piece &piece) {
        m_state.update(chunk, piece.isForPcr2 ? Sha384Pair::For::both : Sha384Pair::For::first);
    }
    std::optional<Digest> first() const { return m_state.first(); }
    std::optional<Digest> second() const { return m_state.second(); }

private:
    Sha384Pair m_state;
};

// What all passes of one measurement share.
struct Shared {
    std::stop_token stop;
    std::atomic<uint64_t> doneBytes = 0;
    std::atomic<MeasureStatus> status = MeasureStatus::done;
    std::atomic<uint64_t> failedOffset = 0;
    std::atomic<const ByteSource *> failedSource = nullptr;

    // The first failure counts, and makes the other passes stop.
    void fail(MeasureStatus why, const ByteSource *source = nullptr, uint64_t offset = 0) {
        MeasureStatus expected = MeasureStatus::done;
        if (status.compare_exchange_strong(expected, why)) {
            failedSource = source;
            failedOffset = offset;
        }
    }
    bool goesOn() {
        if (stop.stop_requested())
            fail(MeasureStatus::cancelled);
        return status == MeasureStatus::done;
    }
};

// One worker's way through its pieces.
class Pass {
public:
    Pass(Shared &shared, std::function<void()> report) : m_shared(shared), m_report(std::move(report)) {}

    // Feeds the pieces to `consume(span, piece)`; false when the measurement has ended meanwhile.
    template <class Consume>
    bool feed(std::span<const Piece> pieces, Consume &&consume) {
        const auto buffer = std::make_unique<std::byte[]>(chunkBytes);
        const auto chunk = [&] { return std::span(buffer.get(), chunkBytes); };
        return read(pieces, chunk, [&](std::span<const std::byte> bytes, const Piece &piece) {
            consume(bytes, piece);
            report();
        });
    }

    // The same with a thread beside this one that reads and calls `check` before this one calls `consume`.
    template <class Check, class Consume>
    bool feedAhead(std::span<const Piece> pieces, Check &&check, Consume &&consume) {
        ChunkRing<Piece> ring(chunkBytes);
        const std::jthread reader([&] {
            const auto chunk = [&] { return ring.beginWrite(); };
            read(pieces, chunk, [&](std::span<const std::byte> bytes, const Piece &piece) {
                check(bytes, piece);
                ring.endWrite(bytes, &piece);
            });
            ring.beginWrite();
            ring.endWrite({}, nullptr);
        });
        for (auto chunk = ring.take(); chunk.tag; ring.release(), chunk = ring.take()) {
            if (!m_shared.goesOn())
                continue; // so will the reader see
            consume(chunk.bytes, *chunk.tag);
            report();
        }
        return m_shared.goesOn();
    }

    // Hashes the pieces into a register value.
    void hash(const Pieces &pieces, std::optional<Digest> &result) {
        OneHash hash;
        if (feed(pieces,
                 [&](std::span<const std::byte> chunk, const Piece &piece) { hash.update(chunk, piece); }))
            result = registerValue(hash.first());
    }

    // PCR 0 and the checksum in one pass, PCR 1 on the way where that is possible, and with TwoHashes PCR 2.
    template <class Hash>
    void hashAndCheck(const Plan &plan, Measurements &result) {
        Hash hash;
        FastCrc32 crc;
        const auto check = [&](std::span<const std::byte> chunk, const Piece &piece) {
            if (piece.isForChecksum)
                crc.update(chunk);
        };
        const auto add = [&](std::span<const std::byte> chunk, const Piece &piece) {
            if (piece.isForPcr0)
                hash.update(chunk, piece);
        };
        const auto feedBoth = [&](std::span<const Piece> pieces) {
            if (plan.pairs)
                return feedAhead(pieces, check, add);
            return feed(pieces, [&](std::span<const std::byte> chunk, const Piece &piece) {
                check(chunk, piece);
                add(chunk, piece);
            });
        };
        const std::span<const Piece> pieces(plan.whole);
        const size_t first = plan.pcr1IsPrefix ? plan.pcr1Pieces : 0;
        if (!feedBoth(pieces.first(first)))
            return;
        if (plan.hashes && plan.pcr1IsPrefix)
            result.pcr1 = registerValue(hash.first()); // the state goes on
        if (!feedBoth(pieces.subspan(first)))
            return;
        if (plan.hashes) {
            result.pcr0 = registerValue(hash.first());
            if constexpr (Hash::isForPcr2)
                result.pcr2 = registerValue(hash.second());
        }
        if (plan.checks)
            result.crc = crc.value();
    }

private:
    // Reads the pieces into the chunks that `nextChunk` gives, for `done(span, piece)`; ends early when the
    // measurement does.
    template <class NextChunk, class Done>
    bool read(std::span<const Piece> pieces, NextChunk &&nextChunk, Done &&done) {
        for (const Piece &piece : pieces) {
            for (uint64_t at = 0; at < piece.size;) {
                if (!m_shared.goesOn())
                    return false;
                const auto length = static_cast<size_t>(std::min<uint64_t>(chunkBytes, piece.size - at));
                const std::span<std::byte> chunk = nextChunk().first(length);
                if (!piece.source->read(piece.offset + at, chunk)) {
                    m_shared.fail(MeasureStatus::readFailed, piece.source, piece.offset + at);
                    return false;
                }
                at += length;
                m_shared.doneBytes += length;
                done(chunk, piece);
            }
        }
        return m_shared.goesOn();
    }

    void report() {
        if (m_report)
            m_report();
    }

    std::optional<Digest> registerValue(const std::optional<Digest> &digest) {
        if (digest)
            return extendZero(std::as_bytes(std::span(*digest)));
        m_shared.fail(MeasureStatus::cryptoFailed);
        return std::nullopt;
    }

    Shared &m_shared;
    std::function<void()> m_report;
};

} // namespace

Measurements measure(const ByteSource &source, const eif::Image &image, const MeasureExtras &extras,
                     std::stop_token stop, const MeasureProgress &progress) {
    const std::string appended = extras.append.empty() ? std::string() : " " + extras.append;
    const MemorySource append(std::as_bytes(std::span(appended)));
    const Plan plan = makePlan(source, image, append, extras.ramdisk, extras.processors);
    const uint64_t total = plan.totalBytes();

    Shared shared;
    shared.stop = std::move(stop);
    Measurements result;
    {
        std::vector<std::jthread> threads; // joined at the end of this block
        threads.reserve(2);
        const auto hashBeside = [&](const Pieces &pieces, std::optional<Digest> &digest) {
            threads.emplace_back([&shared, &pieces, &digest] {
                try {
                    Pass(shared, {}).hash(pieces, digest);
                } catch (const std::exception
                             &) { // no memory for the buffer; out of a thread it would end the process
                    shared.fail(MeasureStatus::cryptoFailed);
                }
            });
        };
        if (plan.hashes && !plan.pairs)
            hashBeside(plan.pcr2, result.pcr2);
        if (plan.hashes && !plan.pcr1IsPrefix)
            hashBeside(plan.pcr1, result.pcr1);
        Pass pass(shared, [&] {
            if (progress)
                progress(shared.doneBytes, total);
        });
        if (plan.pairs)
            pass.hashAndCheck<TwoHashes>(plan, result);
        else
            pass.hashAndCheck<OneHash>(plan, result);
    }
    for (const ByteSource *each : {&source, extras.ramdisk})
        if (each && !each->isUnchanged())
            shared.fail(MeasureStatus::readFailed, each);
    if (shared.status != MeasureStatus::done) {
        result = {};
        result.status = shared.status;
        result.failedOffset = shared.failedOffset;
        if (extras.ramdisk && shared.failedSource == extras.ramdisk)
            result.failedFile = MeasuredFile::extraRamdisk;
        return result;
    }
    if (progress)
        progress(total, total);
    return result;
}

} // namespace nitroscope::launch
