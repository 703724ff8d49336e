// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/core/output/stream_writer.hpp"

#include "app/core/output/file_writer.hpp"
#include "app/core/output/write_all.hpp"

#include <cerrno>
#include <fcntl.h>
#include <QFile>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

QString markCut(const QString &path) {
    const QByteArray name = QFile::encodeName(path);
    struct stat status {};
    if (lstat(name.constData(), &status) != 0 || !S_ISREG(status.st_mode))
        return {};
    const QString marked = path + u".cut"_s;
    return rename(name.constData(), QFile::encodeName(marked).constData()) == 0 ? marked : QString();
}

StreamWriter::~StreamWriter() {
    if (m_descriptor >= 0)
        ::close(m_descriptor);
}

Result<void> StreamWriter::open(const QString &path) {
    if (m_descriptor >= 0)
        ::close(std::exchange(m_descriptor, -1));
    m_path = path;
    if (auto checked = checkPlace(path); !checked)
        return checked;
    m_descriptor =
        openToWrite(QFile::encodeName(path).constData(), O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0600);
    if (m_descriptor < 0)
        return failure(u"output"_s, u"The file cannot be written: %1."_s.arg(systemText(errno)), path);
    return {};
}

Result<void> StreamWriter::write(QByteArrayView bytes) {
    if (const int error = m_descriptor < 0 ? EBADF : writeAll(m_descriptor, bytes))
        return cut(systemText(error));
    return {};
}

tl::unexpected<Error> StreamWriter::cut(const QString &why) {
    if (m_descriptor >= 0)
        ::close(std::exchange(m_descriptor, -1));
    const QString marked = m_whenCut == WhenCut::renamed ? markCut(m_path) : QString();
    return failure(u"output"_s,
                   u"The file is cut: %1."_s.arg(why) +
                       (marked.isEmpty() ? QString() : u" Its beginning is now in %1."_s.arg(marked)),
                   m_path);
}

Result<void> StreamWriter::close() {
    if (m_descriptor < 0)
        return {};
    if (const int error = syncFile(m_descriptor))
        return cut(systemText(error));
    if (::close(std::exchange(m_descriptor, -1)) != 0 && errno != EINTR)
        return cut(systemText(errno));
    return {};
}

} // namespace nitroscope::app
