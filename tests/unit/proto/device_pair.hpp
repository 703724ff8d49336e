// SPDX-License-Identifier: GPL-2.0-or-later
//
// A pipe with two ends in memory: what a test writes to one end can be read from the other. Delivery goes
// through the event loop, as with a socket; nothing else does.
#pragma once

#include <QIODevice>

namespace nitroscope::tests {

class PairEnd : public QIODevice {
    Q_OBJECT
public:
    PairEnd() { open(QIODevice::ReadWrite | QIODevice::Unbuffered); }

    void connectTo(PairEnd &other) { m_other = &other; }
    bool isSequential() const override { return true; }
    qint64 bytesAvailable() const override { return m_incoming.size() + QIODevice::bytesAvailable(); }

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
    QByteArray m_incoming;
    PairEnd *m_other = nullptr;
};

} // namespace nitroscope::tests
