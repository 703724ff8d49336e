// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/capture/capture_bytes.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <QDir>
#include <QFile>
#include <sys/stat.h>
#include <unistd.h>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

QString systemError() {
    return QString::fromLocal8Bit(std::strerror(errno));
}

// A file that has no name from the start or, where the file system cannot do that, from the next moment on.
int openNameless() {
    const QByteArray folder = QFile::encodeName(QDir::tempPath());
    // writer-ok: a store of ours without a name, whose writes are checked in append()
    const int direct = ::open(folder.constData(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (direct >= 0)
        return direct;
    QByteArray pattern = folder + "/nitroscope-capture-XXXXXX";
    const int named = mkostemp(pattern.data(), O_CLOEXEC);
    if (named >= 0)
        unlink(pattern.constData());
    return named;
}

} // namespace

Result<std::shared_ptr<CaptureBytes>> CaptureBytes::openFile(const QString &path) {
    // Not blocking, because opening a pipe that nobody writes to would wait for ever.
    const int descriptor = ::open(QFile::encodeName(path).constData(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (descriptor < 0)
        return failure(u"capture-unreadable"_s, u"The file cannot be read: %1."_s.arg(systemError()), path);
    struct stat facts {};
    if (fstat(descriptor, &facts) != 0 || !S_ISREG(facts.st_mode)) {
        close(descriptor);
        return failure(u"capture-not-a-file"_s,
                       u"Only regular files can be opened, not folders, pipes or devices."_s, path);
    }
    return std::shared_ptr<CaptureBytes>(
        new CaptureBytes(descriptor, static_cast<quint64>(facts.st_size), 0));
}

Result<std::shared_ptr<CaptureBytes>> CaptureBytes::makeSpool(quint64 limit) {
    const int descriptor = openNameless();
    if (descriptor < 0)
        return failure(
            u"capture-unwritable"_s,
            u"A temporary file cannot be created in %1: %2. Set TMPDIR to a folder with enough room."_s.arg(
                QDir::tempPath(), systemError()));
    return std::shared_ptr<CaptureBytes>(new CaptureBytes(descriptor, 0, limit));
}

CaptureBytes::~CaptureBytes() {
    close(m_descriptor);
}

QByteArray CaptureBytes::read(quint64 offset, quint64 length) const {
    const quint64 available = size();
    if (offset >= available)
        return {};
    length = std::min(length, available - offset);
    QByteArray bytes(static_cast<qsizetype>(length), Qt::Uninitialized);
    qsizetype done = 0;
    while (done < bytes.size()) {
        const ssize_t count =
            pread(m_descriptor, bytes.data() + done, static_cast<size_t>(bytes.size() - done),
                  static_cast<off_t>(offset) + done);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            break; // the file has shrunk
        done += count;
    }
    bytes.truncate(done);
    return bytes;
}

bool CaptureBytes::append(QByteArrayView bytes) {
    const quint64 at = size();
    if (isFull() || at + static_cast<quint64>(bytes.size()) > m_limit) {
        m_full.store(true, std::memory_order_relaxed);
        return false;
    }
    qsizetype done = 0;
    while (done < bytes.size()) {
        const ssize_t count = pwrite(m_descriptor, bytes.data() + done,
                                     static_cast<size_t>(bytes.size() - done), static_cast<off_t>(at) + done);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0) {
            m_full.store(true, std::memory_order_relaxed);
            return false;
        }
        done += count;
    }
    m_size.store(at + static_cast<quint64>(bytes.size()), std::memory_order_release);
    return true;
}

} // namespace nitroscope::app
