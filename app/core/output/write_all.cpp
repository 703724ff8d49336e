// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/core/output/write_all.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

int openToWrite(const char *name, int flags, unsigned mode) {
    constexpr int lookEveryMs = 20, maxReaderPatienceMs = 3'000;
    for (int waited = 0;; waited += lookEveryMs) {
        const int descriptor = ::open(name, flags | O_WRONLY | O_NONBLOCK, mode);
        if (descriptor >= 0) {
            fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK);
            return descriptor;
        }
        if (errno != ENXIO || waited >= maxReaderPatienceMs)
            return -1;
        (void)poll(nullptr, 0, lookEveryMs);
        errno = ENXIO;
    }
}

int writeAll(int descriptor, QByteArrayView bytes) {
    while (!bytes.isEmpty()) {
        const ssize_t count = ::write(descriptor, bytes.data(), static_cast<size_t>(bytes.size()));
        if (count > 0) {
            bytes = bytes.sliced(count);
        } else if (count == 0) {
            return EIO; // nothing taken and no reason: it would go on like this for ever
        } else if (errno == EAGAIN) {
            pollfd out{descriptor, POLLOUT, 0};
            (void)poll(&out, 1, -1);
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

int syncFile(int descriptor) {
    while (fsync(descriptor) != 0) {
        if (errno == EINVAL || errno == EROFS || errno == ENOSYS)
            return 0; // nothing there that could be synchronised
        if (errno != EINTR)
            return errno;
    }
    return 0;
}

QString systemText(int error) {
    if (error == ENXIO)
        return u"nobody reads from this pipe"_s;
    return QString::fromLocal8Bit(std::strerror(error));
}

void takeWriteErrorsAsErrors() {
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
}

} // namespace nitroscope::app
