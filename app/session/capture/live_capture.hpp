// SPDX-License-Identifier: GPL-2.0-or-later
//
// The capture stream of a running enclave as a source: listens on a socket in the run's private folder, to
// which QEMU's chardev connects, and keeps what comes in a spool, so that it can be looked at again and saved
// after the enclave has ended.
#pragma once

#include "app/session/capture/capture_reading.hpp"

#include <memory>

namespace nitroscope::app {

class LiveCapture : public CaptureReading {
    Q_OBJECT
public:
    explicit LiveCapture(QObject *parent = nullptr);
    ~LiveCapture() override;

    // A new stream begins. `path` must be in a private folder. Errors: channel-failed, capture-unwritable.
    Result<void> listen(const QString &path);
    // QEMU is gone: a stream that never began ends now, one that did ends by itself.
    void close();

    // Writes the stream from its beginning to `path` while it goes on; an empty path stops. The answer is
    // recordingChanged().
    void record(const QString &path);
    // Puts a record of ours among those of QEMU, by its time (CaptureIntake::add); one that comes when the stream is over is lost.
    void add(qint64 hostNs, const QByteArray &cbor);
    bool isRecording() const { return m_isRecording; }

private:
    class Server;
    std::unique_ptr<Server> m_server;
    bool m_isRecording = false;
};

} // namespace nitroscope::app
