// SPDX-License-Identifier: GPL-2.0-or-later
//
// The guest's serial console as a pair of named pipes, for QEMU's `-chardev pipe`.
//
// Pipes and not a Unix socket, because of how QEMU's serial port writes: one byte per system call. A socket
// keeps a whole buffer for each of these bytes and is full after about 280 of them. If we are late then, the
// guest's driver waits 10 ms, goes on, and bytes are lost. A pipe packs bytes: with maxPipe it takes a
// mebibyte before the guest notices a slow reader.
#pragma once

#include "app/core/result.hpp"

#include <memory>
#include <QByteArray>
#include <QObject>
#include <QSocketNotifier>

namespace nitroscope::app {

class ConsolePipe : public QObject {
    Q_OBJECT
public:
    explicit ConsolePipe(QObject *parent = nullptr);
    ~ConsolePipe() override;

    // Makes and opens `path`.in (to the guest) and `path`.out (from it), which must be in a private folder.
    // Error channel-failed.
    Result<void> open(const QString &path);

    // Queues bytes for the guest. False when too many are waiting already; none of them is taken then.
    bool write(const QByteArray &bytes);
    // Of what was queued, the bytes that the guest has not taken. taken() follows when there are none any more.
    qsizetype waiting() const { return m_unsent.size(); }

    // Everything that QEMU had written before it ended. Call when it is gone.
    void drain();

    static constexpr int maxPipe = 1024 * 1024;         // what Linux grants an ordinary user
    static constexpr qsizetype maxUnsent = 1024 * 1024; // a guest that does not read must not fill our memory

signals:
    void received(const QByteArray &bytes);
    void taken();

private:
    bool readSome();
    void writeSome();

    int m_fromGuest = -1;
    int m_toGuest = -1;
    std::unique_ptr<QSocketNotifier> m_readable;
    std::unique_ptr<QSocketNotifier> m_writable; // enabled while m_unsent is not empty
    QByteArray m_unsent;
};

} // namespace nitroscope::app
