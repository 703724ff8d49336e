// SPDX-License-Identifier: GPL-2.0-or-later
//
// From the bytes of a capture stream to records, incrementally: the live stream of a running enclave and a
// saved file go through the same code. Also reads files that other programs have rewritten or merged: both
// byte orders, several sections, any time resolution, interfaces that are not ours.
#pragma once

#include "app/core/result.hpp"
#include "app/proto/pcapng/block_reader.hpp"
#include "app/proto/pcapng/record.hpp"

#include <functional>
#include <QIODevice>

namespace nitroscope::pcapng {

// One interface of the current section.
struct Interface {
    quint16 linkType = 0;
    QString name;
    Source source = Source::foreign;
    quint8 resolution = 6; // if_tsresol; microseconds unless the file says otherwise
    qint64 offsetSeconds = 0;
    // From its Interface Statistics Block, when there was one.
    std::optional<quint64> received, dropped;
};

class CaptureReader {
public:
    static constexpr std::size_t maxInterfaces = 1024;
    using Sink = std::function<void(const Record &)>;

    explicit CaptureReader(Sink sink);
    CaptureReader(const CaptureReader &) = delete;
    CaptureReader &operator=(const CaptureReader &) = delete;

    // Calls the sink for every record that `bytes` completes, in the order of the stream.
    void feed(QByteArrayView bytes) { m_blocks.feed(bytes); }
    // The stream is over.
    void finish() { m_blocks.finish(); }

    // Nothing more can be read: the stream is broken or was never pcapng. The last diagnostic says why.
    bool failed() const { return m_blocks.failed(); }
    // A block of somebody else's could be put in here.
    bool isBetweenBlocks() const { return m_blocks.isBetweenBlocks(); }
    const Diagnostics &diagnostics() const { return m_diagnostics; }
    const std::vector<Interface> &interfaces() const { return m_interfaces; } // of the latest section
    quint64 sections() const { return m_sections; }
    quint64 skippedBlocks() const { return m_skippedBlocks; } // of types that carry nothing for us

private:
    void takeBlock(const Block &block);
    void takeSection(const Block &block);
    void takeInterface(const Block &block);
    void takePacket(const Block &block);
    void takeStatistics(const Block &block);
    void readPacketOptions(const Block &block, std::size_t at, Record &record);

    Sink m_sink;
    Diagnostics m_diagnostics;
    std::vector<Interface> m_interfaces;
    quint64 m_sections = 0;
    quint64 m_skippedBlocks = 0;
    BlockReader m_blocks;
};

// Nanoseconds since 1970 from a timestamp in the units of `interface`; saturates.
qint64 toNanoseconds(quint64 ticks, const Interface &interface);

// Reads a device that has an end (a file, a pipe that will be closed) to that end; what a pipe brings, as soon as it is
// there. An error when it could not be read or is no pcapng at all; faults further on are in the reader's diagnostics.
// `goesOn` is asked between portions.
app::Result<void> readAll(QIODevice &device, CaptureReader &reader, const std::function<bool()> &goesOn = {});

} // namespace nitroscope::pcapng
