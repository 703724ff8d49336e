// SPDX-License-Identifier: GPL-2.0-or-later
//
// The bytes of a capture stream, to be read again: panels keep small records with offsets, and what a user
// looks at is decoded from here. A saved capture is the file itself. A live one is kept in a spool: a file
// without a name, so that nobody else can open it and nothing stays behind, whatever happens to us.
//
// Reading is thread-safe, also while one thread appends.
#pragma once

#include "app/core/result.hpp"

#include <atomic>
#include <memory>
#include <QByteArray>
#include <QByteArrayView>

namespace nitroscope::app {

class CaptureBytes {
public:
    // What a spool takes before it stops growing; bytes.
    static constexpr quint64 maxSpool = quint64{4} << 30;

    // Errors: capture-unreadable, capture-not-a-file.
    static Result<std::shared_ptr<CaptureBytes>> openFile(const QString &path);
    // In the system's folder for temporary files. Error capture-unwritable.
    static Result<std::shared_ptr<CaptureBytes>> makeSpool(quint64 limit = maxSpool);

    CaptureBytes(const CaptureBytes &) = delete;
    CaptureBytes &operator=(const CaptureBytes &) = delete;
    ~CaptureBytes();

    quint64 size() const { return m_size.load(std::memory_order_acquire); }
    // Fewer bytes than asked where there are none.
    QByteArray read(quint64 offset, quint64 length) const;
    // False when the spool is full or the disk is; nothing is taken then, now or later.
    bool append(QByteArrayView bytes);
    bool isFull() const { return m_full.load(std::memory_order_relaxed); }

private:
    CaptureBytes(int descriptor, quint64 size, quint64 limit)
        : m_descriptor(descriptor), m_limit(limit), m_size(size) {}

    int m_descriptor;
    quint64 m_limit;
    std::atomic<quint64> m_size;
    std::atomic<bool> m_full = false;
};

} // namespace nitroscope::app
