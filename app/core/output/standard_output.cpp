// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/core/output/standard_output.hpp"

#include "app/core/output/write_all.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr int askEveryMs = 200;
int outputError = 0; // the first one

Written verdict() {
    if (outputError == 0)
        return Written::all;
    return outputError == EPIPE ? Written::readerGone : Written::failed;
}

} // namespace

void guardStandardDescriptors() {
    for (int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        if (fcntl(descriptor, F_GETFD) < 0 && errno == EBADF)
            // The lowest free number is this one. The wrong way round: its use fails as before.
            (void)::open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

Written writeOutput(QByteArrayView bytes, const std::function<bool()> &giveUp) {
    while (!bytes.isEmpty() && outputError == 0) {
        pollfd out{STDOUT_FILENO, POLLOUT, 0};
        if (poll(&out, 1, askEveryMs) <= 0) {
            if (giveUp && giveUp())
                return Written::givenUp;
            continue;
        }
        // A pipe that polls as writable takes PIPE_BUF bytes without blocking.
        const auto piece = std::min<qsizetype>(bytes.size(), PIPE_BUF);
        const ssize_t count = ::write(STDOUT_FILENO, bytes.data(), static_cast<size_t>(piece));
        if (count > 0)
            bytes = bytes.sliced(count);
        else if (count == 0)
            outputError = EIO;
        else if (errno != EINTR && errno != EAGAIN)
            outputError = errno;
        else if (giveUp && giveUp())
            return Written::givenUp;
    }
    return verdict();
}

Written closeOutput() {
    // Every close hands over what the file system still holds, also that of a copy.
    const int copy = dup(STDOUT_FILENO);
    if (copy >= 0 && ::close(copy) != 0 && errno != EINTR && outputError == 0)
        outputError = errno;
    return verdict();
}

QString outputProblem() {
    return u"Standard output cannot be written: %1."_s.arg(systemText(outputError));
}

void writeError(QByteArrayView bytes) {
    (void)writeAll(STDERR_FILENO, bytes);
}

} // namespace nitroscope::app
