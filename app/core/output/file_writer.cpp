// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/core/output/file_writer.hpp"

#include "app/core/output/write_all.hpp"
#include "qemu-machine/access/judge.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <QFile>
#include <QFileInfo>
#include <QRandomGenerator>
#include <sys/stat.h>
#include <unistd.h>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr qsizetype bufferBytes = 256 * 1024;
constexpr qsizetype maxNameInTemporary = 200; // of 255 bytes that a name may have
constexpr int maxTries = 100;

// /dev/stdout and its like are names of descriptors: replacing what they lead to would not reach them.
bool isDescriptorName(const QString &path) {
    return path.startsWith("/dev/"_L1) || path.startsWith("/proc/"_L1);
}

QByteArray folderOf(const QByteArray &path) {
    const qsizetype slash = path.lastIndexOf('/');
    return slash < 0 ? QByteArray(".") : path.left(std::max<qsizetype>(slash, 1));
}

bool isPlanted(const QByteArray &path) {
    return access::isPlanted(folderOf(path).constData(), path.constData());
}

tl::unexpected<Error> planted(const QByteArray &path) {
    return failure(
        u"output"_s,
        u"The file cannot be written: another user has made what is there, in a folder that is open to "
        "all. Choose another name, or a folder of your own."_s,
        QFile::decodeName(path));
}

// What the links lead to, also when it does not exist yet; the path itself when they lead nowhere. A file that
// another user has made is only replaced, a link would choose what is, and a FIFO would be told all of it.
Result<QByteArray> targetOf(const QString &path) {
    QString target = path;
    for (int i = 0; i < 40; ++i) {
        const QByteArray name = QFile::encodeName(target);
        struct stat status {};
        const bool exists = lstat(name.constData(), &status) == 0;
        if (exists && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode) && isPlanted(name))
            return planted(name);
        if (!exists || !S_ISLNK(status.st_mode))
            break;
        target = QFileInfo(target).symLinkTarget();
    }
    return QFile::encodeName(target);
}

} // namespace

Result<void> checkPlace(const QString &path) {
    if (const QByteArray name = QFile::encodeName(path); isPlanted(name))
        return planted(name);
    return {};
}

FileWriter::FileWriter(QString path, FileRole role) : m_path(std::move(path)), m_role(role) {}

FileWriter::~FileWriter() {
    discard();
}

Result<void> FileWriter::start() {
    struct stat status {};
    const bool exists = stat(QFile::encodeName(m_path).constData(), &status) == 0;
    const auto target = targetOf(m_path);
    if (!target) {
        (void)note(EACCES); // for commit()
        return tl::unexpected(target.error());
    }
    int error = 0;
    if (exists && S_ISDIR(status.st_mode)) {
        error = EISDIR;
    } else if (exists && (!S_ISREG(status.st_mode) || isDescriptorName(m_path))) {
        error = openTarget();
    } else {
        m_target = *target;
        if (exists && ::access(m_target.constData(), W_OK) != 0)
            error = errno;
        // Another user's would let its owner decide who may change ours.
        if (exists && m_role == FileRole::result && status.st_uid == geteuid())
            m_mode = status.st_mode & 07777;
        if (error == 0)
            error = openTemporary();
    }
    if (!note(error))
        return problem();
    QIODevice::open(QIODevice::WriteOnly | QIODevice::Unbuffered); // the buffer is ours
    return {};
}

int FileWriter::openTarget() {
    m_descriptor = openToWrite(QFile::encodeName(m_path).constData(), O_CLOEXEC | O_NOCTTY);
    return m_descriptor < 0 ? errno : 0;
}

int FileWriter::openTemporary() {
    const QByteArray folder = folderOf(m_target);
    const QByteArray name = m_target.mid(m_target.lastIndexOf('/') + 1).left(maxNameInTemporary);
    const mode_t mode = m_role == FileRole::result ? 0666 : 0600;
    for (int i = 0; i < maxTries; ++i) {
        m_temporary =
            folder + "/." + name + '.' + QByteArray::number(QRandomGenerator::system()->generate(), 16);
        m_descriptor =
            ::open(m_temporary.constData(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
        if (m_descriptor >= 0)
            return 0;
        if (errno != EEXIST)
            break;
    }
    m_temporary.clear();
    return errno;
}

bool FileWriter::seek(qint64 position) {
    if (!note(writeBuffer()) || !QIODevice::seek(position))
        return false;
    return note(lseek(m_descriptor, position, SEEK_SET) < 0 ? errno : 0);
}

qint64 FileWriter::writeData(const char *data, qint64 size) {
    if (m_error != 0)
        return -1;
    m_buffer.append(data, size);
    m_size = std::max(m_size, pos() + size);
    return m_buffer.size() < bufferBytes || note(writeBuffer()) ? size : -1;
}

int FileWriter::writeBuffer() {
    const int error = writeAll(m_descriptor, m_buffer);
    m_buffer.clear();
    return error;
}

int FileWriter::finish() {
    if (const int error = writeBuffer())
        return error;
    if (m_mode != 0 && !m_temporary.isEmpty() && fchmod(m_descriptor, m_mode) != 0)
        return errno;
    if (const int error = m_role == FileRole::scratch ? 0 : syncFile(m_descriptor))
        return error;
    if (::close(std::exchange(m_descriptor, -1)) != 0 && errno != EINTR)
        return errno; // where the room was only promised (NFS, quotas) this is where it is refused
    if (m_temporary.isEmpty())
        return 0;
    if (rename(m_temporary.constData(), m_target.constData()) != 0)
        return errno;
    m_temporary.clear();
    if (m_role == FileRole::scratch)
        return 0;
    // The name, too. Not every file system can do it for folders, and the file is good either way.
    const int folder = ::open(folderOf(m_target).constData(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0) {
        (void)syncFile(folder);
        ::close(folder);
    }
    return 0;
}

Result<void> FileWriter::commit() {
    const bool isGood = m_error == 0 && note(m_descriptor < 0 ? EBADF : finish());
    discard();
    QIODevice::close();
    if (!isGood)
        return problem();
    return {};
}

bool FileWriter::note(int error) {
    if (m_error != 0 || error == 0)
        return m_error == 0;
    m_error = error;
    setErrorString(systemText(error));
    discard();
    return false;
}

tl::unexpected<Error> FileWriter::problem() const {
    return failure(u"output"_s, u"The file cannot be written: %1."_s.arg(systemText(m_error)), m_path);
}

void FileWriter::discard() {
    if (m_descriptor >= 0)
        ::close(std::exchange(m_descriptor, -1));
    if (!m_temporary.isEmpty())
        unlink(m_temporary.constData());
    m_temporary.clear();
    m_buffer.clear();
}

Result<void> writeFile(const QString &path, QByteArrayView content, FileRole role) {
    FileWriter file(path, role);
    if (auto started = file.start(); !started)
        return started;
    file.write(content.data(), content.size());
    return file.commit();
}

} // namespace nitroscope::app
