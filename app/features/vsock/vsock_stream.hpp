// SPDX-License-Identifier: GPL-2.0-or-later
//
// What one flow carried, in the order of the capture: the payload of its packets, each piece with the packet
// that brought it. What a fault lost is not part of it, what a short capture has cut is counted.
#pragma once

#include "app/session/capture/capture_bytes.hpp"
#include "app/session/vsock/vsock_records.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace nitroscope::app {

struct StreamPiece {
    int packet = -1; // number in VsockAccount
    bool fromGuest = false;
    quint64 offset = 0; // of its first byte in its direction of the flow
    QByteArray bytes;
    quint32 missing = 0; // bytes that the packet had and the capture has not
};

class StreamReader {
public:
    // The pieces of `flow` (number in the account) from packet `from` on, at most `limit` bytes of payload.
    // `*next` becomes the packet to go on with: the account's end, or the first that did not fit.
    static std::vector<StreamPiece> read(const VsockAccount &account, const CaptureBytes &bytes, int flow,
                                         size_t from, quint64 limit, size_t *next);
    static QByteArray payload(const VsockPacket &packet, const CaptureBytes &bytes);
};

enum class StreamDirection { both, fromGuest, toGuest };

// Where in a capture the payload of a flow is. A copy of what the account says, so that a worker can read a
// long stream while the account grows.
class StreamSource {
public:
    StreamSource() = default;
    StreamSource(const VsockAccount &account, std::shared_ptr<const CaptureBytes> bytes, int flow,
                 StreamDirection direction);

    // Bytes that are in the capture.
    quint64 size() const { return m_size; }
    QByteArray read() const;
    // Replaces the file as a whole. Error stream-unwritable.
    Result<void> save(const QString &path) const;

private:
    std::shared_ptr<const CaptureBytes> m_bytes;
    std::vector<std::pair<quint64, quint32>> m_ranges; // offset, length
    quint64 m_size = 0;
};

} // namespace nitroscope::app
