// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/core/output/file_copy.hpp"

#include "app/core/output/write_all.hpp"

#include <cerrno>
#include <fcntl.h>
#include <linux/fs.h>
#include <QFile>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr std::size_t portion = 4 * 1024 * 1024;

class Descriptor {
public:
    explicit Descriptor(int descriptor) : m_descriptor(descriptor) {}
    Descriptor(const Descriptor &) = delete;
    Descriptor &operator=(const Descriptor &) = delete;
    ~Descriptor() { (void)close(); }
    int get() const { return m_descriptor; }
    // 0 or errno: some file systems refuse only here.
    int close() {
        const int descriptor = std::exchange(m_descriptor, -1);
        return descriptor >= 0 && ::close(descriptor) != 0 ? errno : 0;
    }

private:
    int m_descriptor;
};

tl::unexpected<Error> unreadable(const QString &source, int error) {
    return failure(u"input"_s, u"The file cannot be read: %1."_s.arg(systemText(error)), source);
}

tl::unexpected<Error> unwritable(const QString &target, int error) {
    return failure(u"output"_s, u"The file cannot be written: %1."_s.arg(systemText(error)), target);
}

Result<void> copyBytes(int from, int to, const QString &source, const QString &target,
                       const std::stop_token &stop) {
    std::vector<char> bytes(portion);
    for (;;) {
        if (stop.stop_requested())
            return failure(u"cancelled"_s, u"The copy was cancelled."_s, target);
        const ssize_t count = read(from, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return unreadable(source, errno);
        if (count == 0)
            return {};
        if (const int error = writeAll(to, QByteArrayView(bytes.data(), count)))
            return unwritable(target, error);
    }
}

Result<void> copyInto(int to, const QString &source, const QString &target, const std::stop_token &stop) {
    // Not waiting for the writer of a pipe.
    const Descriptor from(
        open(QFile::encodeName(source).constData(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    struct stat status {};
    if (from.get() < 0 || fstat(from.get(), &status) != 0)
        return unreadable(source, errno);
    if (!S_ISREG(status.st_mode))
        return failure(u"input"_s, u"This is not a regular file."_s, source);
    if (ioctl(to, FICLONE, from.get()) == 0)
        return {};
    return copyBytes(from.get(), to, source, target, stop);
}

} // namespace

Result<void> copyFile(const QString &source, const QString &target, const std::stop_token &stop) {
    const QByteArray name = QFile::encodeName(target);
    Descriptor to(open(name.constData(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (to.get() < 0)
        return unwritable(target, errno);
    Result<void> copied = copyInto(to.get(), source, target, stop);
    if (copied)
        if (int error = syncFile(to.get()); error || (error = to.close()))
            copied = unwritable(target, error);
    if (!copied)
        unlink(name.constData());
    return copied;
}

} // namespace nitroscope::app
