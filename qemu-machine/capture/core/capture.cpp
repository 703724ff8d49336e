// SPDX-License-Identifier: GPL-2.0-or-later
//
// See capture.hpp; the packet layout is described in docs/capture-format.md.
#include "qemu-machine/capture/core/capture.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>

namespace nitroscope::capture {

namespace {

std::string_view viewOf(const char *text) {
    return text ? std::string_view(text) : std::string_view();
}

std::size_t effectiveCapacity(const NitroCaptureOptions &options) {
    const std::size_t wanted = options.capacity ? options.capacity : NITRO_CAPTURE_DEFAULT_CAPACITY;
    return pcapng::padded(std::max<std::size_t>(wanted, NITRO_CAPTURE_MINIMUM_CAPACITY));
}

// What follows a packet's bytes: padding, options and the closing length. The comment comes last.
using PacketTail = BlockBuffer<104 + maximumText>;

void writeOptions(PacketTail &tail, const Packet &packet, std::int64_t virtualNs, std::int64_t icount) {
    std::array<std::byte, 4> flags;
    storeLittleEndian(flags.data(), static_cast<std::uint32_t>(packet.direction));
    tail.option(pcapng::option::packetFlags, flags);

    BlockBuffer<NITRO_CAPTURE_OPTION_BYTES_ICOUNT> own;
    own.u32(NITRO_CAPTURE_PEN);
    own.u32(NITRO_CAPTURE_OPTION_MAGIC);
    own.u8(NITRO_CAPTURE_VERSION);
    own.u8(static_cast<std::uint8_t>(packet.verdict));
    own.u16(0);
    own.u32(packet.rule);
    own.u64(packet.flow);
    own.u64(static_cast<std::uint64_t>(virtualNs));
    if (icount >= 0)
        own.u64(static_cast<std::uint64_t>(icount));
    tail.option(pcapng::option::customBytes, own.bytes());

    if (!packet.note.empty()) {
        std::array<char, maximumText> clean;
        const std::size_t size = cleanText(packet.note, clean);
        tail.textOption(pcapng::option::comment, {clean.data(), size});
    }
    tail.endOptions();
}

} // namespace

Capture::Capture(const NitroCaptureHost &host, const NitroCaptureOptions &options,
                 std::unique_ptr<std::byte[]> memory)
    : m_host(host), m_enabled(options.enabled ? options.enabled : NITRO_CAPTURE_ALL_INTERFACES),
      m_ring(std::move(memory), effectiveCapacity(options)), m_capacity(effectiveCapacity(options)),
      m_limit(options.limit) {
    std::ranges::copy(options.snap_length, m_snapLengths.begin());
    writeSection(m_header, viewOf(options.application), viewOf(options.hardware));
    m_bytes = m_header.size();
    updateAccepting();
}

template <class Change>
void Capture::locked(Change &&change) {
    bool wake = false;
    {
        const std::lock_guard guard(m_mutex);
        change();
        wake = m_consumerIdle && (m_ring.used() > 0 || m_finished || !m_isFullSaid);
        if (wake)
            m_consumerIdle = false;
    }
    if (wake && m_host.wake)
        m_host.wake(m_host.opaque);
}

Capture::Times Capture::now() const {
    Times times;
    using namespace std::chrono;
    times.host = m_host.host_ns ? m_host.host_ns(m_host.opaque)
                                : duration_cast<nanoseconds>(system_clock::now().time_since_epoch()).count();
    times.virtualClock = m_host.virtual_ns ? m_host.virtual_ns(m_host.opaque) : 0;
    times.icount = m_host.icount ? m_host.icount(m_host.opaque) : -1;
    return times;
}

void Capture::updateAccepting() {
    m_accepting = m_paused || m_finished ? 0 : m_enabled;
}

void Capture::setEnabled(std::uint32_t interfaces) {
    locked([&] {
        m_enabled = interfaces & NITRO_CAPTURE_ALL_INTERFACES;
        reportSettings();
    });
}

void Capture::setSnapLength(unsigned interface, std::uint32_t bytes) {
    if (interface >= NITRO_CAPTURE_INTERFACES)
        return;
    locked([&] { m_snapLengths[interface] = bytes; });
}

void Capture::setPaused(bool paused) {
    locked([&] {
        m_paused = paused;
        reportSettings();
    });
}

// A gap in the stream must be explained in the stream, also when the machine interface itself is off.
void Capture::reportSettings() {
    updateAccepting();
    if (m_finished)
        return;
    endConsoleBatch();
    std::array<char, 64> names{};
    std::size_t size = 0;
    for (unsigned i = 0; i < NITRO_CAPTURE_INTERFACES; ++i) {
        if ((m_enabled >> i & 1) == 0)
            continue;
        if (size > 0)
            names[size++] = ' ';
        size += interfaceNames[i].name.copy(names.data() + size, names.size() - size);
    }
    MachineRecord record(NITRO_CAPTURE_KIND_CONTROL);
    record.boolean("paused", m_paused).text("interfaces", std::string_view(names.data(), size));
    add({.interface = NITRO_CAPTURE_MACHINE, .note = {}, .pieces = {record.encoded()}}, now());
}

void Capture::record(const Packet &packet) {
    if (!wants(packet.interface))
        return;
    locked([&] {
        if (m_finished)
            return;
        endConsoleBatch();
        Times times = now();
        times.host -= static_cast<std::int64_t>(packet.age);
        add(packet, times);
    });
}

void Capture::record(MachineRecord &machineRecord) {
    record({.interface = NITRO_CAPTURE_MACHINE, .note = {}, .pieces = {machineRecord.encoded()}});
}

void Capture::console(int direction, Bytes bytes) {
    if (!wants(NITRO_CAPTURE_CONSOLE))
        return;
    locked([&] {
        if (m_finished)
            return;
        for (const std::byte byte : bytes) {
            if (m_console.size > 0 && m_console.direction != direction)
                endConsoleBatch();
            if (m_console.size == 0) {
                m_console.direction = direction;
                m_console.times = now();
            }
            m_console.bytes[m_console.size++] = byte;
            if (byte == std::byte{'\n'} || m_console.size == m_console.bytes.size())
                endConsoleBatch();
        }
    });
}

void Capture::flushConsole() {
    locked([&] { endConsoleBatch(); });
}

void Capture::endConsoleBatch() {
    if (m_console.size == 0)
        return;
    const Bytes bytes(m_console.bytes.data(), m_console.size);
    m_console.size = 0;
    add({.interface = NITRO_CAPTURE_CONSOLE, .direction = m_console.direction, .note = {}, .pieces = {bytes}},
        m_console.times);
}

void Capture::add(const Packet &packet, Times times) {
    if (!m_isFull && append(packet, times, 0))
        return;
    ++m_dropped[packet.interface];
    m_unreportedDrops = true;
}

// Puts one packet into the ring, and before it the report of earlier losses if there are any: both or
// neither. `reserve` bytes must stay free behind it.
bool Capture::append(const Packet &packet, Times times, std::size_t reserve) {
    std::size_t original = 0;
    for (const Bytes piece : packet.pieces)
        original += piece.size();
    const std::uint32_t snap = m_snapLengths[packet.interface];
    const std::size_t captured = snap ? std::min<std::size_t>(original, snap) : original;

    PacketTail tail;
    tail.zeros(pcapng::padded(captured) - captured);
    writeOptions(tail, packet, times.virtualClock, times.icount);
    const std::size_t total = pcapng::blockHeadBytes + pcapng::enhancedPacketBytes + captured + tail.size() +
                              pcapng::blockTrailerBytes;
    if (total > m_capacity || total + reserve > m_ring.free())
        return false;
    // The two records of a full stream are in the room that was kept for them.
    if (!m_isFull && !isAllowed(total + reserve)) {
        m_isFull = true;
        m_isFullSaid = false;
        return false;
    }
    if (m_unreportedDrops && !m_isFull && !reportDropped(times, total + reserve))
        return false;
    tail.u32(static_cast<std::uint32_t>(total));

    BlockBuffer<pcapng::blockHeadBytes + pcapng::enhancedPacketBytes> head;
    head.u32(pcapng::blockType::enhancedPacket);
    head.u32(static_cast<std::uint32_t>(total));
    head.u32(packet.interface);
    head.u32(static_cast<std::uint32_t>(static_cast<std::uint64_t>(times.host) >> 32));
    head.u32(static_cast<std::uint32_t>(times.host));
    head.u32(static_cast<std::uint32_t>(captured));
    // Wireshark hides the payload of a vsock packet that says it was cut; the virtio header has the true
    // length.
    head.u32(static_cast<std::uint32_t>(packet.interface == NITRO_CAPTURE_VSOCK ? captured : original));

    std::array<Bytes, 5> pieces{head.bytes()};
    std::size_t left = captured;
    for (std::size_t i = 0; i < packet.pieces.size(); ++i) {
        pieces[i + 1] = packet.pieces[i].first(std::min(left, packet.pieces[i].size()));
        left -= pieces[i + 1].size();
    }
    pieces[4] = tail.bytes();
    m_ring.append(pieces);
    m_bytes += total;
    ++m_records[packet.interface];
    return true;
}

bool Capture::reportDropped(Times times, std::size_t reserve) {
    MachineRecord record(NITRO_CAPTURE_KIND_DROPPED);
    for (unsigned i = 0; i < NITRO_CAPTURE_INTERFACES; ++i)
        record.id(interfaceNames[i].name, m_dropped[i] - m_droppedReported[i]);
    m_unreportedDrops = false;
    if (!append({.interface = NITRO_CAPTURE_MACHINE, .note = {}, .pieces = {record.encoded()}}, times,
                reserve)) {
        m_unreportedDrops = true;
        return false;
    }
    m_droppedReported = m_dropped;
    return true;
}

void Capture::sayFull() {
    MachineRecord record(NITRO_CAPTURE_KIND_CONTROL);
    record.boolean("paused", m_paused).number("limit", m_limit);
    m_isFullSaid =
        append({.interface = NITRO_CAPTURE_MACHINE, .note = {}, .pieces = {record.encoded()}}, now(), 0);
}

Bytes Capture::peek() {
    const std::lock_guard guard(m_mutex);
    if (m_headerSent < m_header.size())
        return m_header.bytes().subspan(m_headerSent);
    if (m_ring.used() == 0 && !m_isFullSaid)
        sayFull();
    if (m_ring.used() == 0 && m_unreportedDrops && (!m_isFull || m_finished))
        reportDropped(now(), 0);
    if (m_ring.used() > 0)
        return m_ring.readable();
    if (m_finished) {
        if (m_trailer.size() == 0)
            writeTrailer();
        if (m_trailerSent < m_trailer.size())
            return m_trailer.bytes().subspan(m_trailerSent);
    }
    m_consumerIdle = true;
    return {};
}

void Capture::consume(std::size_t bytes) {
    const std::lock_guard guard(m_mutex);
    if (m_headerSent < m_header.size())
        m_headerSent = std::min(m_headerSent + bytes, m_header.size());
    else if (m_ring.used() > 0)
        m_ring.consume(bytes);
    else
        m_trailerSent = std::min(m_trailerSent + bytes, m_trailer.size());
}

void Capture::rewind() {
    locked([&] {
        m_headerSent = 0;
        m_trailerSent = 0;
        m_ring.rewind();
    });
}

void Capture::finish() {
    locked([&] {
        endConsoleBatch();
        m_finished = true;
        updateAccepting();
    });
}

void Capture::writeTrailer() {
    const auto host = static_cast<std::uint64_t>(now().host);
    for (unsigned i = 0; i < NITRO_CAPTURE_INTERFACES; ++i)
        writeStatistics(m_trailer, i, host, {m_records[i] + m_dropped[i], m_dropped[i]});
}

NitroCaptureStats Capture::stats() const {
    const std::lock_guard guard(m_mutex);
    NitroCaptureStats stats{};
    std::ranges::copy(m_records, stats.records);
    std::ranges::copy(m_dropped, stats.dropped);
    stats.pending = m_ring.used();
    stats.high_water = m_ring.highWater();
    stats.capacity = m_capacity;
    stats.limit = m_limit;
    stats.bytes = m_bytes;
    stats.full = m_isFull;
    stats.enabled = m_enabled;
    std::ranges::copy(m_snapLengths, stats.snap_length);
    stats.paused = m_paused;
    return stats;
}

} // namespace nitroscope::capture
