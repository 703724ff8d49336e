// SPDX-License-Identifier: GPL-2.0-or-later
//
// A capture stream as the rest of the app sees it: records in batches, how far it is, what was lost, and the
// bytes to look at again. LiveCapture reads what a running enclave's QEMU sends, SavedCapture a file,
// FakeCapture plays what a test says; every panel works with all three.
//
// Order for every stream: restarted(), then batches and progressed(), then one stateChanged() to complete,
// cancelled or failed. The pointers of bytes() change with restarted() only. All of it on the thread of the
// object; reading and decoding happen on a thread of their own, at most four batches ahead of the watchers.
#pragma once

#include "app/proto/pcapng/record.hpp"
#include "app/session/capture/capture_bytes.hpp"

#include <array>
#include <memory>
#include <QObject>
#include <QStringList>
#include <vector>

namespace nitroscope::app {

struct CaptureBatch {
    std::vector<pcapng::Record> records;
    quint64 bytesRead = 0; // of the stream, up to the end of this batch
};
using CaptureBatchPointer = std::shared_ptr<const CaptureBatch>;

// How a stream came to its end.
struct CaptureEnd {
    enum class Kind { complete, cancelled, failed } kind = Kind::complete;
    Error error;          // when failed
    QStringList findings; // what was wrong with the stream, with byte offsets; at most 65 lines
    // Per interface, from the statistics at the end; 0 when there were none.
    std::array<quint64, NITRO_CAPTURE_INTERFACES> lost{};
};

struct CaptureTotals {
    quint64 bytes = 0;
    quint64 ofBytes = 0; // size of a file; 0 for a live stream
    quint64 records = 0;
    std::array<quint64, NITRO_CAPTURE_INTERFACES> lost{};
    bool isSpoolFull = false; // later bytes cannot be looked at again or saved
    QStringList findings;

    quint64 lostInAll() const;
};

class CaptureSource : public QObject {
    Q_OBJECT
public:
    enum class State { idle, reading, live, complete, cancelled, failed };
    Q_ENUM(State)
    using QObject::QObject;

    virtual State state() const = 0;
    virtual const CaptureTotals &totals() const = 0;
    // nullptr before the first stream.
    virtual std::shared_ptr<const CaptureBytes> bytes() const = 0;
    virtual QString path() const { return {}; } // of a saved capture

public slots:
    // Stops reading; what has been read stays.
    virtual void cancel() = 0;

signals:
    void restarted();
    void recordsArrived(const nitroscope::app::CaptureBatchPointer &batch);
    void progressed();
    void stateChanged(nitroscope::app::CaptureSource::State state);
    // Why the stream could not be read, once, before stateChanged(failed).
    void failed(const nitroscope::app::Error &error);
    // Recording to a file: began, ended, or could not go on.
    void recordingChanged(bool on, const QString &problem);
};

} // namespace nitroscope::app

Q_DECLARE_METATYPE(nitroscope::app::CaptureBatchPointer)
Q_DECLARE_METATYPE(nitroscope::app::CaptureEnd)
