// SPDX-License-Identifier: GPL-2.0-or-later
//
// The half of a capture source that lives on its own thread: takes bytes from a file or a socket, keeps them
// in the spool, decodes them, and hands the records over in batches. It never runs more than `maxAhead`
// batches ahead of whoever takes them; a socket then stays unread, QEMU drops and says so in the stream.
#pragma once

#include "app/core/output/stream_writer.hpp"
#include "app/proto/pcapng/capture_reader.hpp"
#include "app/session/capture/capture_source.hpp"

#include <QLocalSocket>
#include <QPointer>
#include <QTimer>

namespace nitroscope::app {

class CaptureIntake : public QObject {
    Q_OBJECT
public:
    static constexpr qsizetype portion = 512 * 1024; // bytes decoded at once
    static constexpr int maxAhead = 4;
    static constexpr int flushMs = 33; // a live stream is looked at so often
    // What QEMU saw before an added record is usually here by then; afterwards the record no longer waits for it.
    static constexpr int orderMs = 200;
    static constexpr std::size_t maxAdded = 1000; // that wait for their place; more are lost

    explicit CaptureIntake(std::shared_ptr<CaptureBytes> bytes);

    // From any thread.
    void cancel() { m_cancelled.store(true); }

    // The following run on the intake's thread: call them through the event loop.
    void readFile();
    void readSocket(qintptr descriptor);
    void endSocket(); // the other side is gone, or never came
    void acknowledge();
    // Puts a record of the machine interface, a CBOR map, into a live stream, by its time: nanoseconds since 1970-01-01 UTC.
    void add(qint64 hostNs, const QByteArray &cbor);
    // Copies what there is so far to a new file and goes on with what comes. Empty path: stop.
    void record(const QString &path);

signals:
    void batchReady(const nitroscope::app::CaptureBatchPointer &batch);
    void recording(bool on, const QString &problem);
    void ended(const nitroscope::app::CaptureEnd &end); // last of all

private:
    void fileStep();
    void socketStep();
    void take(QByteArrayView bytes);
    void absorb(QByteArrayView bytes);
    void placeAdded(bool isLast);
    void placeLate();
    void handOver();
    void finish(CaptureEnd::Kind kind);
    void catchUp();
    void recordFurther(QByteArrayView bytes);
    void stopRecording();
    void cutRecording(const QString &why);

    std::shared_ptr<CaptureBytes> m_bytes;
    std::vector<pcapng::Record> m_records;
    pcapng::CaptureReader m_reader;
    quint64 m_position = 0;
    int m_ahead = 0;
    bool m_waiting = false; // for an acknowledgement
    bool m_done = false;
    std::atomic<bool> m_cancelled = false;

    QPointer<QLocalSocket> m_socket;
    bool m_socketGone = false;
    QTimer *m_flush; // a child, so that it moves to the thread with us
    struct Added {
        qint64 hostNs;
        QByteArray cbor;
    };
    std::vector<Added> m_added; // not yet in the stream
    QTimer *m_order;            // likewise
    qint64 m_lastHostNs = 0;    // of the latest record of QEMU's
    std::optional<qint64> m_lastVirtualNs;
    StreamWriter m_record;
    quint64 m_recorded = 0; // bytes of the stream in the recording
};

} // namespace nitroscope::app
