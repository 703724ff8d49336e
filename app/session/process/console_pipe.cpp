// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/process/console_pipe.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <QFile>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

int makePipe(const QString &path, int flags) {
    const QByteArray name = QFile::encodeName(path);
    if (mkfifo(name.constData(), 0600) != 0)
        return -1;
    return ::open(name.constData(), flags | O_NONBLOCK | O_CLOEXEC);
}

} // namespace

ConsolePipe::ConsolePipe(QObject *parent) : QObject(parent) {}

ConsolePipe::~ConsolePipe() {
    m_readable.reset();
    m_writable.reset();
    if (m_fromGuest >= 0)
        close(m_fromGuest);
    if (m_toGuest >= 0)
        close(m_toGuest);
}

Result<void> ConsolePipe::open(const QString &path) {
    m_fromGuest = makePipe(path + u".out"_s, O_RDONLY);
    // For both directions, because opening only to write fails as long as nobody reads.
    // writer-ok: a pipe, which takes what it has room for
    m_toGuest = m_fromGuest < 0 ? -1 : makePipe(path + u".in"_s, O_RDWR);
    if (m_toGuest < 0) {
        const QString why = QString::fromLocal8Bit(std::strerror(errno));
        if (m_fromGuest >= 0)
            close(std::exchange(m_fromGuest, -1)); // half a console is none
        return failure(u"channel-failed"_s, u"The console's pipe cannot be created: %1."_s.arg(why), path);
    }
    fcntl(m_fromGuest, F_SETPIPE_SZ, maxPipe); // smaller also works, only less patiently

    m_readable = std::make_unique<QSocketNotifier>(m_fromGuest, QSocketNotifier::Read);
    connect(m_readable.get(), &QSocketNotifier::activated, this, &ConsolePipe::readSome);
    m_writable = std::make_unique<QSocketNotifier>(m_toGuest, QSocketNotifier::Write);
    m_writable->setEnabled(false);
    connect(m_writable.get(), &QSocketNotifier::activated, this, &ConsolePipe::writeSome);
    return {};
}

bool ConsolePipe::write(const QByteArray &bytes) {
    if (m_toGuest < 0 || m_unsent.size() + bytes.size() > maxUnsent)
        return false;
    m_unsent += bytes;
    writeSome();
    return true;
}

void ConsolePipe::drain() {
    while (m_fromGuest >= 0 && readSome()) {
    }
}

// True when there may be more.
bool ConsolePipe::readSome() {
    QByteArray bytes(64 * 1024, Qt::Uninitialized);
    const ssize_t count = read(m_fromGuest, bytes.data(), static_cast<size_t>(bytes.size()));
    if (count <= 0) {
        // QEMU has closed its end: what is there has been read, and the pipe would stay readable for ever.
        if (count == 0)
            m_readable->setEnabled(false);
        return count < 0 && errno == EINTR;
    }
    bytes.truncate(count);
    emit received(bytes);
    return true;
}

void ConsolePipe::writeSome() {
    const bool wasWaiting = m_writable->isEnabled();
    while (!m_unsent.isEmpty()) {
        // writer-ok: the rest waits for room
        const ssize_t count = ::write(m_toGuest, m_unsent.constData(), static_cast<size_t>(m_unsent.size()));
        if (count > 0)
            m_unsent.remove(0, count);
        else if (errno != EINTR)
            break;
    }
    m_writable->setEnabled(!m_unsent.isEmpty());
    if (wasWaiting && m_unsent.isEmpty())
        emit taken();
}

} // namespace nitroscope::app
