// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/session/fake_capture.hpp"

namespace nitroscope::app {

void FakeCapture::play(const QByteArray &stream) {
    auto spool = CaptureBytes::makeSpool();
    if (!spool)
        qFatal("%s", qPrintable(spool.error().text()));
    m_bytes = *spool;
    m_totals = {};
    m_reader = std::make_unique<pcapng::CaptureReader>(
        [this](const pcapng::Record &record) { m_records.push_back(record); });
    m_state = State::live;
    emit restarted();
    emit stateChanged(m_state);
    playMore(stream);
}

void FakeCapture::playMore(const QByteArray &stream) {
    m_bytes->append(stream);
    m_reader->feed(stream);
    auto batch = std::make_shared<CaptureBatch>();
    batch->records = std::move(m_records);
    m_records.clear();
    m_totals.bytes += static_cast<quint64>(stream.size());
    m_totals.records += batch->records.size();
    batch->bytesRead = m_totals.bytes;
    for (const pcapng::Record &record : batch->records)
        if (const auto *dropped = std::get_if<pcapng::DroppedRecord>(&record.content))
            for (size_t i = 0; i < dropped->counts.size(); ++i)
                m_totals.lost[i] += dropped->counts[i];
    emit recordsArrived(batch);
    emit progressed();
}

void FakeCapture::playState(State state) {
    m_state = state;
    emit stateChanged(state);
}

} // namespace nitroscope::app
