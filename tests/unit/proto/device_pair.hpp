// SPDX-License-Identifier: GPL-2.0-or-later
//
// A pipe with two ends in memory: what a test writes to one end can be read from the other. Delivery goes
// through the event loop, as with a socket; nothing else does.
#pragma once

#include <QIODevice>
#include <utility>

namespace nitroscope::tests {

class PairEnd : public QIODevice {
    Q_OBJECT
public:
    PairEnd() { open(QIODevice::ReadWrite | QIODevice::Unbuffered); }

    void connectTo(PairEnd &other) { m_other = &other; }
    bool isSequential() const override { return true; }
    qint64 bytesAvailable() const override { return m_incoming.size() + QIODevice::bytesAvailable(); }
    qint64 bytesToWrite() const override { return m_unsent.size(); }

    bool stalls = false; // the other side does not read: what is written waits here until goOn()
    void goOn() {
        stalls = false;
        const QByteArray bytes = std::exchange(m_unsent, {});
        writeData(bytes.constData(), bytes.size());
        emit bytesWritten(bytes.size());
    }

    // The other side hangs up: what was written can still be read.
    void hangUp() {
        QMetaObject::invokeMethod(
            m_other, [other = m_other] { emit other->readChannelFinished(); }, Qt::QueuedConnection);
    }

protected:
    qint64 readData(char *data, qint64 maxSize) override {
        const qint64 count = qMin<qint64>(maxSize, m_incoming.size());
        std::copy_n(m_incoming.constData(), count, data);
        m_incoming.remove(0, count);
        return count;
    }

    qint64 writeData(const char *data, qint64 size) override {
        if (stalls) {
            m_unsent.append(data, size);
            return size;
        }
        QMetaObject::invokeMethod(
            m_other,
            [other = m_other, bytes = QByteArray(data, size)] {
                other->m_incoming += bytes;
                emit other->readyRead();
            },
            Qt::QueuedConnection);
        return size;
    }

private:
    QByteArray m_incoming, m_unsent;
    PairEnd *m_other = nullptr;
};

} // namespace nitroscope::tests
