// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/capture/live_capture.hpp"

#include <QLocalServer>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

// Hands the bare descriptor on: the socket object must be born on the intake's thread.
class LiveCapture::Server : public QLocalServer {
public:
    std::function<void(qintptr)> take;

protected:
    void incomingConnection(quintptr descriptor) override {
        take(static_cast<qintptr>(descriptor));
        close(); // one QEMU, one connection; also removes the socket's file
    }
};

LiveCapture::LiveCapture(QObject *parent) : CaptureReading(parent) {
    connect(this, &CaptureSource::recordingChanged, this, [this](bool on) { m_isRecording = on; });
}

LiveCapture::~LiveCapture() = default;

Result<void> LiveCapture::listen(const QString &path) {
    auto spool = CaptureBytes::makeSpool();
    if (!spool)
        return tl::unexpected(spool.error());
    m_server = std::make_unique<Server>();
    if (!m_server->listen(path))
        return failure(u"channel-failed"_s, u"A socket cannot be created: %1."_s.arg(m_server->errorString()),
                       path);
    CaptureIntake *reader = beginStream(std::move(*spool), State::live, 0);
    m_server->take = [reader = QPointer(reader)](qintptr descriptor) {
        if (reader)
            QMetaObject::invokeMethod(
                reader, [reader, descriptor] { reader->readSocket(descriptor); }, Qt::QueuedConnection);
    };
    return {};
}

void LiveCapture::close() {
    if (!m_server || !m_server->isListening())
        return; // connected: the socket tells when it is over
    m_server->close();
    if (intake())
        QMetaObject::invokeMethod(intake(), &CaptureIntake::endSocket, Qt::QueuedConnection);
}

void LiveCapture::record(const QString &path) {
    if (CaptureIntake *reader = intake())
        QMetaObject::invokeMethod(
            reader, [reader, path] { reader->record(path); }, Qt::QueuedConnection);
    else
        emit recordingChanged(false, path.isEmpty() ? QString() : u"no enclave is running"_s);
}

void LiveCapture::add(qint64 hostNs, const QByteArray &cbor) {
    if (CaptureIntake *reader = intake())
        QMetaObject::invokeMethod(
            reader, [reader, hostNs, cbor] { reader->add(hostNs, cbor); }, Qt::QueuedConnection);
}

} // namespace nitroscope::app
