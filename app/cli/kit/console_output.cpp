// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/cli/kit/console_output.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <poll.h>
#include <unistd.h>

namespace nitroscope::cli {

using namespace Qt::Literals::StringLiterals;

Written writeOutput(const QByteArray &bytes, const std::function<bool()> &giveUp) {
    constexpr int askEveryMs = 200;
    qsizetype done = 0;
    while (done < bytes.size()) {
        pollfd out{STDOUT_FILENO, POLLOUT, 0};
        const int ready = poll(&out, 1, askEveryMs);
        if (ready <= 0) {
            if (giveUp && giveUp())
                return Written::givenUp;
            continue;
        }
        // A pipe that polls as writable takes PIPE_BUF bytes without blocking.
        const auto piece = std::min<qsizetype>(bytes.size() - done, PIPE_BUF);
        const ssize_t count = write(STDOUT_FILENO, bytes.constData() + done, static_cast<size_t>(piece));
        if (count >= 0)
            done += count;
        else if (errno != EINTR && errno != EAGAIN)
            return Written::readerGone;
        else if (giveUp && giveUp())
            return Written::givenUp;
    }
    return Written::all;
}

void say(const QString &text) {
    sayPlain(u"nitroscope-cli: "_s + text);
}

void sayPlain(const QString &text) {
    const QByteArray line = text.toLocal8Bit() + '\n';
    std::fwrite(line.constData(), 1, static_cast<size_t>(line.size()), stderr);
    std::fflush(stderr);
}

} // namespace nitroscope::cli
