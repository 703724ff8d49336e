// SPDX-License-Identifier: GPL-2.0-or-later
//
// pcapng framing: bytes that arrive in any pieces, cut into blocks (pcapng §3.1).
//
// A section header sets the byte order of what follows. Memory is bounded by `maxBlockLength`: a longer block
// is passed over without being stored. A length that cannot be true ends the reading, because nothing after
// it can be trusted.
#pragma once

#include "app/proto/pcapng/byte_view.hpp"
#include "app/proto/pcapng/diagnostics.hpp"

#include <functional>
#include <QByteArray>

namespace nitroscope::pcapng {

struct Block {
    quint64 offset = 0; // of its first byte in the stream
    quint32 type = 0;
    quint32 length = 0;  // with head and trailer
    QByteArrayView body; // between head and trailer; valid during the callback only
    ByteOrder order = ByteOrder::little;
};

class BlockReader {
public:
    static constexpr quint32 maxBlockLength = 16 * 1024 * 1024; // bytes
    using Sink = std::function<void(const Block &)>;

    BlockReader(Sink sink, Diagnostics &diagnostics) : m_sink(std::move(sink)), m_diagnostics(diagnostics) {}

    // Calls the sink for every block that `bytes` completes. Does nothing after a failure.
    void feed(QByteArrayView bytes);
    // The stream is over: says so when it ends inside a block.
    void finish();

    bool failed() const { return m_failed; }
    quint64 position() const { return m_position; } // bytes of complete blocks so far
    // All bytes so far are whole blocks of a section: another block may follow.
    bool isBetweenBlocks() const { return m_inSection && !m_failed && m_partial.isEmpty() && m_skip == 0; }

private:
    // Length of the block at the start of `bytes`; 0 when more bytes are needed, or after failing.
    quint32 blockLength(QByteArrayView bytes);
    void takeBlock(QByteArrayView block);
    void fail(quint64 offset, const QString &message);
    QByteArrayView fillPartial(QByteArrayView bytes);

    Sink m_sink;
    Diagnostics &m_diagnostics;
    QByteArray m_partial;        // start of a block whose end has not come yet
    quint32 m_partialLength = 0; // its length once known
    quint64 m_skip = 0;          // bytes of an oversized block still to pass over
    quint64 m_position = 0;
    ByteOrder m_order = ByteOrder::little;
    bool m_inSection = false;
    bool m_failed = false;
};

} // namespace nitroscope::pcapng
