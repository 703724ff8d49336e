// SPDX-License-Identifier: GPL-2.0-or-later
//
// A capture source for tests: plays bytes or records at once, without a thread.
#pragma once

#include "app/proto/pcapng/capture_reader.hpp"
#include "app/session/capture/capture_source.hpp"

namespace nitroscope::app {

class FakeCapture : public CaptureSource {
    Q_OBJECT
public:
    using CaptureSource::CaptureSource;

    State state() const override { return m_state; }
    const CaptureTotals &totals() const override { return m_totals; }
    std::shared_ptr<const CaptureBytes> bytes() const override { return m_bytes; }
    void cancel() override { playState(State::cancelled); }

    // A new stream with these bytes, which must be whole blocks.
    void play(const QByteArray &stream);
    // More of the same stream.
    void playMore(const QByteArray &stream);
    void playState(State state);

private:
    std::shared_ptr<CaptureBytes> m_bytes;
    std::unique_ptr<pcapng::CaptureReader> m_reader;
    std::vector<pcapng::Record> m_records;
    CaptureTotals m_totals;
    State m_state = State::idle;
};

} // namespace nitroscope::app
