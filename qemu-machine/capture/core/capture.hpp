// SPDX-License-Identifier: GPL-2.0-or-later
//
// The capture core: turns what devices report into pcapng blocks in a bounded ring, and hands the bytes to
// one consumer.
//
// One short lock covers everything. Under it a record costs two clock reads and a copy of its bytes; nothing
// is allocated after construction and nobody waits. When a block does not fit, it is the one that is lost
// (what led to the overflow is worth more than what followed), its interface's counter goes up, and the next
// block that fits is preceded by a "dropped" machine record. capture.h is the same thing for C.
//
// A stream with a limit is full when a block would lead beyond it: a "capture" record says so, nothing more is
// taken, and when the stream is finished a last "dropped" record says how much that was. There is always room
// for these.
#pragma once

#include "qemu-machine/capture/core/block_ring.hpp"
#include "qemu-machine/capture/core/capture.h"
#include "qemu-machine/capture/core/machine_record.hpp"
#include "qemu-machine/capture/core/section.hpp"

#include <atomic>
#include <mutex>

namespace nitroscope::capture {

struct Packet {
    std::uint32_t interface = 0; // NitroCaptureInterface
    int direction = NITRO_CAPTURE_NO_DIRECTION;
    int verdict = NITRO_CAPTURE_PASSED;
    std::uint32_t rule = 0;
    std::uint64_t flow = 0;
    std::uint64_t age = 0;       // host nanoseconds between the event and this report of it
    std::string_view note;       // becomes the packet's comment
    std::array<Bytes, 3> pieces; // headers and payload, one after the other
};

class Capture {
public:
    Capture(const NitroCaptureHost &host, const NitroCaptureOptions &options,
            std::unique_ptr<std::byte[]> memory);

    // Bytes kept of each packet, our headers included; 0 = all.
    std::uint32_t snapLength(unsigned interface) const {
        const std::lock_guard guard(m_mutex);
        return m_snapLengths[interface];
    }
    bool wants(unsigned interface) const {
        return (m_accepting.load(std::memory_order_relaxed) >> interface & 1) != 0;
    }
    void setEnabled(std::uint32_t interfaces);
    void setSnapLength(unsigned interface, std::uint32_t bytes);
    void setPaused(bool paused);

    void record(const Packet &packet);
    void record(MachineRecord &record);
    void console(int direction, Bytes bytes);
    void flushConsole();

    Bytes peek();
    void consume(std::size_t bytes);
    void rewind();
    void finish();
    NitroCaptureStats stats() const;

private:
    static constexpr std::size_t endBytes = 2048; // for what is said of a full stream, and the statistics

    struct Times {
        std::int64_t host = 0, virtualClock = 0; // nanoseconds
        std::int64_t icount = -1;                // instructions; negative: they are not counted
    };
    struct ConsoleBatch {
        std::array<std::byte, 1024> bytes;
        std::size_t size = 0;
        int direction = NITRO_CAPTURE_NO_DIRECTION;
        Times times; // of its first byte
    };

    // All of these expect the lock to be held.
    Times now() const;
    void add(const Packet &packet, Times times);
    bool append(const Packet &packet, Times times, std::size_t reserve);
    // Whether the limit leaves room for so many more bytes.
    bool isAllowed(std::size_t bytes) const { return m_limit == 0 || m_bytes + bytes + endBytes <= m_limit; }
    void sayFull();
    bool reportDropped(Times times, std::size_t reserve);
    void reportSettings();
    void endConsoleBatch();
    void writeTrailer();
    void updateAccepting();

    // Runs `change` under the lock, then wakes the consumer if that gave it something to do.
    template <class Change>
    void locked(Change &&change);

    const NitroCaptureHost m_host;
    mutable std::mutex m_mutex;
    std::atomic<std::uint32_t> m_accepting = 0; // bit per interface; 0 while paused and when finished
    std::uint32_t m_enabled;
    bool m_paused = false;
    bool m_finished = false;
    bool m_consumerIdle = true;
    bool m_unreportedDrops = false;
    bool m_isFull = false;
    bool m_isFullSaid = true;
    std::array<std::uint32_t, NITRO_CAPTURE_INTERFACES> m_snapLengths{};
    std::array<std::uint64_t, NITRO_CAPTURE_INTERFACES> m_records{}, m_dropped{}, m_droppedReported{};
    ConsoleBatch m_console;
    BlockRing m_ring;
    const std::size_t m_capacity;
    const std::uint64_t m_limit;
    std::uint64_t m_bytes = 0; // of the stream so far, its headers included
    SectionBuffer m_header, m_trailer;
    std::size_t m_headerSent = 0, m_trailerSent = 0;
};

} // namespace nitroscope::capture

// The C interface's name for it.
struct NitroCapture : nitroscope::capture::Capture {
    using Capture::Capture;
};
