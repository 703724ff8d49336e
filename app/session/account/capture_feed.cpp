// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/account/capture_feed.hpp"

#include <QDateTime>

namespace nitroscope::app {

using State = CaptureSource::State;

void CaptureFeed::add(CaptureSource &source) {
    connect(&source, &CaptureSource::restarted, this, [this, &source] { follow(source); });
    connect(&source, &CaptureSource::recordsArrived, this, [this, &source](const CaptureBatchPointer &batch) {
        if (&source == m_source)
            m_account.take(batch->records);
    });
    connect(&source, &CaptureSource::stateChanged, this, [this, &source](State state) {
        if (&source == m_source && state != State::reading && state != State::live)
            m_account.end();
    });
}

void CaptureFeed::follow(CaptureSource &source) {
    const bool isAwaited = &source == m_awaited;
    const qint64 startNs = isAwaited ? m_startNs : 0;
    if (isAwaited)
        m_awaited = nullptr;
    if (&source != m_source)
        giveUp();
    m_source = &source;
    m_account.begin(source.bytes(), startNs);
}

// A live stream goes on: it may be recorded.
void CaptureFeed::giveUp() {
    if (m_source && m_source->state() == State::reading)
        m_source->cancel();
    m_source = nullptr;
}

void CaptureFeed::beginRun(CaptureSource *live) {
    giveUp();
    m_awaited = live;
    m_startNs = QDateTime::currentMSecsSinceEpoch() * 1'000'000;
    m_account.begin(nullptr);
}

} // namespace nitroscope::app
