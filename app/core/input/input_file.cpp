// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/core/input/input_file.hpp"

#include "app/core/output/write_all.hpp"
#include "qemu-machine/access/judge.hpp"

#include <algorithm>
#include <poll.h>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

class Descriptor {
public:
    explicit Descriptor(int number) : m_number(number) {}
    ~Descriptor() {
        if (m_number >= 0)
            ::close(m_number);
    }
    Descriptor(const Descriptor &) = delete;
    Descriptor &operator=(const Descriptor &) = delete;
    int get() const { return m_number; }
    int release() { return std::exchange(m_number, -1); }

private:
    int m_number;
};

// One that the shell has opened for us. Its writer was there before us, and is perhaps gone already.
bool isHandedOver(const QString &path) {
    return path == "/dev/stdin"_L1 || path.startsWith("/dev/fd/"_L1) || path.startsWith("/proc/self/fd/"_L1);
}

enum class Writer { none, quiet, wrote };

// tee(2) looks without taking anything: nothing to see from a pipe that has no writer, "try again" from one that has.
Writer lookForWriter(int pipe) {
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        return Writer::quiet; // then reading will tell
    const Descriptor out(ends[0]), in(ends[1]);
    const ssize_t seen = ::tee(pipe, in.get(), 1, SPLICE_F_NONBLOCK);
    return seen > 0 ? Writer::wrote : seen == 0 ? Writer::none : Writer::quiet;
}

// An empty string when there is one.
QString waitForWriter(int pipe, std::chrono::milliseconds patience) {
    constexpr std::chrono::milliseconds step{20};
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (lookForWriter(pipe) == Writer::none) {
        if (std::chrono::steady_clock::now() >= deadline)
            return u"This is a pipe, and nobody has written to it within %1 seconds. Start what writes to it first, or "
                   "give a file."_s.arg(double(patience.count()) / 1000);
        pollfd wanted{pipe, POLLIN, 0};
        if (::poll(&wanted, 1, static_cast<int>(step.count())) < 0)
            return systemText(errno) + u'.'; // a signal
        if (wanted.revents == POLLHUP)       // it came and went without a word
            return {};
    }
    return {};
}

} // namespace

Result<void> openInput(QFile &file, const QString &path, std::chrono::milliseconds patience) {
    const auto fail = [&path](const QString &why) { return failure(u"input"_s, why, path); };
    Descriptor descriptor(access::openForReading(QFile::encodeName(path).constData()));
    struct stat status {};
    if (descriptor.get() < 0 || ::fstat(descriptor.get(), &status) != 0)
        return fail(systemText(errno));
    if (S_ISDIR(status.st_mode))
        return fail(systemText(EISDIR));
    if (S_ISFIFO(status.st_mode) && !isHandedOver(path))
        if (const QString problem = waitForWriter(descriptor.get(), patience); !problem.isEmpty())
            return fail(problem);
    const int flags = ::fcntl(descriptor.get(), F_GETFL);
    ::fcntl(descriptor.get(), F_SETFL, flags & ~O_NONBLOCK);
    if (!file.open(descriptor.get(), QIODevice::ReadOnly | QIODevice::Unbuffered,
                   QFileDevice::AutoCloseHandle))
        return fail(file.errorString());
    descriptor.release();
    return {};
}

Result<QByteArray> readInput(QFile &file, const QString &path, qsizetype maxBytes) {
    QByteArray content;
    // Pipes give what they have: read until the end or one byte too many.
    while (content.size() <= maxBytes) {
        constexpr qsizetype pieceBytes = 1 << 20;
        const QByteArray piece = file.read(std::min(maxBytes + 1 - content.size(), pieceBytes));
        if (piece.isEmpty())
            break;
        content += piece;
    }
    if (file.error() != QFileDevice::NoError)
        return failure(u"input"_s, file.errorString(), path);
    return content;
}

Result<QByteArray> readInput(const QString &path, qsizetype maxBytes) {
    QFile file;
    if (auto opened = openInput(file, path); !opened)
        return tl::unexpected(opened.error());
    return readInput(file, path, maxBytes);
}

} // namespace nitroscope::app
