// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/capture/capture_reading.hpp"

#include <numeric>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

quint64 CaptureTotals::lostInAll() const {
    return std::accumulate(lost.begin(), lost.end(), quint64{0});
}

CaptureReading::CaptureReading(QObject *parent) : CaptureSource(parent) {
    qRegisterMetaType<CaptureBatchPointer>();
    qRegisterMetaType<CaptureEnd>();
    m_thread.setObjectName(u"capture"_s);
}

CaptureReading::~CaptureReading() {
    dropIntake();
    m_thread.quit();
    m_thread.wait(); // for one portion at most
}

void CaptureReading::dropIntake() {
    if (!m_intake)
        return;
    ++m_stream;
    m_intake->disconnect(this);
    m_intake->cancel();
    m_intake->deleteLater();
    m_intake = nullptr;
}

CaptureIntake *CaptureReading::beginStream(std::shared_ptr<CaptureBytes> bytes, State state,
                                           quint64 totalBytes) {
    dropIntake();
    if (!m_thread.isRunning())
        m_thread.start(QThread::LowPriority);
    m_bytes = std::move(bytes);
    m_totals = {};
    m_totals.ofBytes = totalBytes;
    m_intake = new CaptureIntake(m_bytes);
    m_intake->moveToThread(&m_thread);
    // A signal that was queued before the disconnection still arrives: only what belongs to this stream
    // counts.
    connect(m_intake, &CaptureIntake::batchReady, this, [this, stream = m_stream](const auto &batch) {
        if (stream == m_stream)
            takeBatch(batch);
    });
    connect(m_intake, &CaptureIntake::ended, this, [this, stream = m_stream](const CaptureEnd &end) {
        if (stream == m_stream)
            takeEnd(end);
    });
    connect(m_intake, &CaptureIntake::recording, this, &CaptureReading::recordingChanged);
    m_state = state;
    emit restarted();
    emit stateChanged(state);
    return m_intake;
}

void CaptureReading::cancel() {
    if (m_intake)
        m_intake->cancel();
}

void CaptureReading::takeBatch(const CaptureBatchPointer &batch) {
    m_totals.bytes = batch->bytesRead;
    m_totals.records += batch->records.size();
    m_totals.isSpoolFull = m_bytes->isFull();
    for (const pcapng::Record &record : batch->records)
        if (const auto *dropped = std::get_if<pcapng::DroppedRecord>(&record.content))
            for (size_t i = 0; i < dropped->counts.size(); ++i)
                m_totals.lost[i] += dropped->counts[i];
    const QPointer<CaptureIntake> from = m_intake;
    emit recordsArrived(batch);
    emit progressed();
    if (from)
        QMetaObject::invokeMethod(from, &CaptureIntake::acknowledge, Qt::QueuedConnection);
}

void CaptureReading::takeEnd(const CaptureEnd &end) {
    m_totals.findings = end.findings;
    // The statistics count everything, the records only what was lost in front of something that was not.
    for (size_t i = 0; i < end.lost.size(); ++i)
        m_totals.lost[i] = std::max(m_totals.lost[i], end.lost[i]);
    dropIntake();
    emit progressed();
    switch (end.kind) {
    case CaptureEnd::Kind::complete:
        return setState(State::complete);
    case CaptureEnd::Kind::cancelled:
        return setState(State::cancelled);
    case CaptureEnd::Kind::failed:
        return fail(end.error);
    }
}

// Also when the next stream cannot even begin: of the one before, nothing more is delivered.
void CaptureReading::fail(const Error &error) {
    dropIntake();
    emit failed(error);
    setState(State::failed);
}

void CaptureReading::setState(State state) {
    if (m_state == state)
        return;
    m_state = state;
    emit stateChanged(state);
}

} // namespace nitroscope::app
