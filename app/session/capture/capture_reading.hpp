// SPDX-License-Identifier: GPL-2.0-or-later
//
// What LiveCapture and SavedCapture have in common: an intake on a thread, and the account of what came from
// it. One stream after the other; whatever an older stream still had under way is dropped.
#pragma once

#include "app/session/capture/capture_intake.hpp"

#include <QThread>

namespace nitroscope::app {

class CaptureReading : public CaptureSource {
    Q_OBJECT
public:
    explicit CaptureReading(QObject *parent = nullptr);
    ~CaptureReading() override;

    State state() const override { return m_state; }
    const CaptureTotals &totals() const override { return m_totals; }
    std::shared_ptr<const CaptureBytes> bytes() const override { return m_bytes; }
    void cancel() override;

protected:
    // Emits restarted(); the intake does nothing yet.
    CaptureIntake *beginStream(std::shared_ptr<CaptureBytes> bytes, State state, quint64 totalBytes);
    void fail(const Error &error);
    CaptureIntake *intake() const { return m_intake; }

private:
    void dropIntake();
    void takeBatch(const CaptureBatchPointer &batch);
    void takeEnd(const CaptureEnd &end);
    void setState(State state);

    QThread m_thread;
    QPointer<CaptureIntake> m_intake;
    quint64 m_stream = 0; // counts the streams that are over
    std::shared_ptr<CaptureBytes> m_bytes;
    CaptureTotals m_totals;
    State m_state = State::idle;
};

} // namespace nitroscope::app
