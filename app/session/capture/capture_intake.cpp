// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/capture/capture_intake.hpp"

#include "app/proto/pcapng/write/packet_block.hpp"

#include <algorithm>
#include <limits>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

CaptureIntake::CaptureIntake(std::shared_ptr<CaptureBytes> bytes)
    : m_bytes(std::move(bytes)), m_reader([this](const pcapng::Record &record) {
          m_records.push_back(record);
          m_lastHostNs = std::max(m_lastHostNs, record.hostNs);
          if (record.virtualNs)
              m_lastVirtualNs = record.virtualNs;
      }),
      m_flush(new QTimer(this)), m_order(new QTimer(this)) {
    m_flush->setSingleShot(true);
    m_flush->setInterval(flushMs);
    connect(m_flush, &QTimer::timeout, this, &CaptureIntake::socketStep);
    m_order->setSingleShot(true);
    m_order->setInterval(orderMs);
    connect(m_order, &QTimer::timeout, this, &CaptureIntake::placeLate);
}

void CaptureIntake::acknowledge() {
    --m_ahead;
    if (!std::exchange(m_waiting, false) || m_done)
        return;
    if (m_socket || m_socketGone)
        socketStep();
    else
        fileStep();
}

void CaptureIntake::readFile() {
    fileStep();
}

void CaptureIntake::fileStep() {
    if (m_done)
        return;
    if (m_cancelled)
        return finish(CaptureEnd::Kind::cancelled);
    if (m_ahead >= maxAhead) {
        m_waiting = true;
        return;
    }
    const QByteArray bytes = m_bytes->read(m_position, portion);
    if (bytes.isEmpty())
        return finish(CaptureEnd::Kind::complete);
    take(bytes);
    if (m_reader.failed())
        return finish(CaptureEnd::Kind::complete);
    QMetaObject::invokeMethod(this, &CaptureIntake::fileStep, Qt::QueuedConnection);
}

void CaptureIntake::readSocket(qintptr descriptor) {
    m_socket = new QLocalSocket(this);
    m_socket->setReadBufferSize(2 * portion);
    connect(m_socket, &QLocalSocket::readyRead, this, [this] {
        if (!m_flush->isActive() && !m_waiting)
            m_flush->start();
    });
    connect(m_socket, &QLocalSocket::disconnected, this, &CaptureIntake::endSocket);
    if (!m_socket->setSocketDescriptor(descriptor))
        endSocket();
}

void CaptureIntake::endSocket() {
    m_socketGone = true;
    if (!m_waiting)
        socketStep();
}

// Reads all there is, a portion at a time, then rests until the next tick.
void CaptureIntake::socketStep() {
    if (m_done)
        return;
    if (m_cancelled)
        return finish(CaptureEnd::Kind::cancelled);
    if (m_ahead >= maxAhead) {
        m_waiting = true;
        return;
    }
    QByteArray bytes(portion, Qt::Uninitialized);
    const qint64 count = m_socket ? m_socket->read(bytes.data(), bytes.size()) : 0;
    if (count > 0) {
        take(QByteArrayView(bytes).first(count));
        if (count == portion || m_socketGone)
            QMetaObject::invokeMethod(this, &CaptureIntake::socketStep, Qt::QueuedConnection);
        return;
    }
    if (m_socketGone)
        finish(CaptureEnd::Kind::complete);
}

void CaptureIntake::take(QByteArrayView bytes) {
    absorb(bytes);
    placeAdded(false);
    handOver();
}

void CaptureIntake::absorb(QByteArrayView bytes) {
    const bool isLive = m_socket != nullptr;
    if (isLive) {
        m_bytes->append(bytes);
        if (m_record.isOpen() && m_recorded == m_position)
            recordFurther(bytes);
    }
    m_position += static_cast<quint64>(bytes.size());
    m_reader.feed(bytes);
}

void CaptureIntake::handOver() {
    auto batch = std::make_shared<CaptureBatch>();
    batch->records = std::move(m_records);
    batch->bytesRead = m_position;
    m_records.clear();
    ++m_ahead;
    emit batchReady(batch);
}

void CaptureIntake::add(qint64 hostNs, const QByteArray &cbor) {
    if (m_done || m_added.size() >= maxAdded)
        return;
    m_added.push_back({hostNs, cbor});
    if (!m_order->isActive())
        m_order->start();
}

// Where a block ends, after all records that are older: the call behind the packets that carried it.
void CaptureIntake::placeAdded(bool isLast) {
    const auto &interfaces = m_reader.interfaces();
    const auto machine = std::find_if(interfaces.begin(), interfaces.end(), [](const auto &interface) {
        return interface.source == pcapng::Source::machine;
    });
    if (m_added.empty() || machine == interfaces.end() || !m_reader.isBetweenBlocks())
        return;
    const auto number = static_cast<quint32>(machine - interfaces.begin());
    const qint64 until = isLast ? std::numeric_limits<qint64>::max() : m_lastHostNs;
    auto next = m_added.begin();
    for (; next != m_added.end() && next->hostNs <= until; ++next)
        absorb(pcapng::packetBlock(number, next->hostNs, m_lastVirtualNs, next->cbor));
    m_added.erase(m_added.begin(), next);
}

void CaptureIntake::placeLate() {
    if (m_done || m_added.empty())
        return;
    if (m_ahead < maxAhead)
        placeAdded(true);
    if (!m_records.empty())
        handOver();
    if (!m_added.empty())
        m_order->start();
}

void CaptureIntake::finish(CaptureEnd::Kind kind) {
    if (kind == CaptureEnd::Kind::complete)
        placeAdded(true);
    if (!m_records.empty())
        handOver();
    m_done = true;
    m_reader.finish();
    stopRecording();
    CaptureEnd end;
    end.kind = kind;
    for (const pcapng::Diagnostic &finding : m_reader.diagnostics().list())
        end.findings << u"Byte %1: %2."_s.arg(finding.offset).arg(finding.message);
    if (const quint64 more = m_reader.diagnostics().more(); more > 0)
        end.findings << u"… and %1 more."_s.arg(more);
    // Without a single section header it is something else than a capture. A live stream may stay empty.
    if (m_reader.sections() == 0 && kind == CaptureEnd::Kind::complete && !m_socketGone) {
        const auto &faults = m_reader.diagnostics().list();
        end.kind = CaptureEnd::Kind::failed;
        end.error.code = u"capture-not-pcapng"_s;
        end.error.message = faults.empty() ? u"The file is empty."_s
                                           : u"This is not a pcapng file: %1."_s.arg(faults.back().message);
        if (!faults.empty())
            end.error.offset = faults.back().offset;
    }
    for (const pcapng::Interface &interface : m_reader.interfaces())
        if (interface.source != pcapng::Source::foreign)
            end.lost[static_cast<size_t>(interface.source)] += interface.dropped.value_or(0);
    emit ended(end);
}

void CaptureIntake::record(const QString &path) {
    stopRecording();
    if (path.isEmpty())
        return;
    if (auto opened = m_record.open(path); !opened) {
        emit recording(false, opened.error().text());
        return;
    }
    m_recorded = 0;
    emit recording(true, {});
    catchUp();
}

void CaptureIntake::recordFurther(QByteArrayView bytes) {
    m_recorded += static_cast<quint64>(bytes.size());
    if (auto written = m_record.write(bytes); !written)
        emit recording(false, written.error().text());
}

// What was there before the recording began, a portion per turn of the event loop.
void CaptureIntake::catchUp() {
    if (!m_record.isOpen() || m_recorded == m_position)
        return;
    const QByteArray bytes = m_bytes->read(m_recorded, std::min<quint64>(portion, m_position - m_recorded));
    if (bytes.isEmpty())
        return cutRecording(u"the beginning of the stream is no longer kept"_s);
    recordFurther(bytes);
    QMetaObject::invokeMethod(this, &CaptureIntake::catchUp, Qt::QueuedConnection);
}

void CaptureIntake::cutRecording(const QString &why) {
    emit recording(false, m_record.cut(why).value().text());
}

void CaptureIntake::stopRecording() {
    // At the end of a stream that is still being caught up with: nothing more comes in between.
    while (m_record.isOpen() && m_recorded < m_position) {
        const QByteArray bytes =
            m_bytes->read(m_recorded, std::min<quint64>(portion, m_position - m_recorded));
        if (bytes.isEmpty())
            return cutRecording(u"it lacks %1 bytes at the end"_s.arg(m_position - m_recorded));
        recordFurther(bytes);
    }
    if (!m_record.isOpen())
        return;
    const auto closed = m_record.close();
    emit recording(false, closed ? QString() : closed.error().text());
}

} // namespace nitroscope::app
