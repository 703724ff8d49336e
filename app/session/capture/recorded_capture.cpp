// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/capture/recorded_capture.hpp"

#include "app/core/output/stream_writer.hpp"

#include <array>
#include <fcntl.h>
#include <QFile>
#include <QtEndian>
#include <sys/stat.h>
#include <unistd.h>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr qint64 minBlockBytes = 12; // type, length, length

bool endsWithABlock(int file, qint64 size) {
    const auto lengthAt = [file](qint64 offset) -> quint32 {
        std::array<uchar, 4> bytes{};
        return pread(file, bytes.data(), bytes.size(), offset) == ssize_t(bytes.size())
                   ? qFromLittleEndian<quint32>(bytes.data())
                   : 0;
    };
    if (size < minBlockBytes)
        return false;
    const qint64 length = lengthAt(size - 4);
    return length >= minBlockBytes && length <= size && lengthAt(size - length + 4) == quint32(length);
}

} // namespace

Result<void> checkRecordedCapture(const QString &path) {
    // Not waiting for the writer of a pipe.
    const int file =
        ::open(QFile::encodeName(path).constData(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct stat status {};
    const bool isWhole = file < 0 || fstat(file, &status) != 0 || !S_ISREG(status.st_mode) ||
                         endsWithABlock(file, status.st_size);
    if (file >= 0)
        ::close(file);
    if (isWhole)
        return {};
    const QString marked = markCut(path);
    return failure(u"output"_s,
                   u"The capture was not written to its end; the disk may be full."_s +
                       (marked.isEmpty() ? QString() : u" Its beginning is now in %1."_s.arg(marked)),
                   path);
}

} // namespace nitroscope::app
