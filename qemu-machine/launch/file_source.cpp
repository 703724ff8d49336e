// SPDX-License-Identifier: GPL-2.0-or-later
//
// Opening, reading and mapping of files for the launch library; see file_source.hpp.

#include "qemu-machine/launch/file_source.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace nitroscope::launch {

bool MemorySource::read(uint64_t offset, std::span<std::byte> out) const {
    if (offset > m_bytes.size() || out.size() > m_bytes.size() - offset)
        return false;
    if (!out.empty())
        std::memcpy(out.data(), m_bytes.data() + offset, out.size());
    return true;
}

namespace {

std::string systemText(int error) {
    // strerror() shares a buffer between threads; this overload set covers the GNU and the POSIX signature.
    struct Picker {
        static const char *pick(int, const char *buffer) { return buffer; }
        static const char *pick(const char *text, const char *) { return text; }
    };
    char buffer[128] = "unknown error";
    return Picker::pick(strerror_r(error, buffer, sizeof buffer), buffer);
}

std::string openAdvice(int error) {
    switch (error) {
    case ENOENT:
    case ENOTDIR:
        return "does not exist. Check the path.";
    case EACCES:
    case EPERM:
        return "may not be read by this user. Change its permissions or copy it to a folder of yours.";
    default:
        return "cannot be opened: " + systemText(error) + ".";
    }
}

} // namespace

FileSource::FileSource(int descriptor, const struct stat &status)
    : m_descriptor(descriptor), m_size(static_cast<uint64_t>(status.st_size)),
      m_modifiedSeconds(status.st_mtim.tv_sec), m_modifiedNanoseconds(status.st_mtim.tv_nsec) {}

FileSource::FileSource(FileSource &&other) noexcept
    : m_descriptor(std::exchange(other.m_descriptor, -1)), m_size(other.m_size),
      m_modifiedSeconds(other.m_modifiedSeconds), m_modifiedNanoseconds(other.m_modifiedNanoseconds) {}

FileSource &FileSource::operator=(FileSource &&other) noexcept {
    std::swap(m_descriptor, other.m_descriptor);
    m_size = other.m_size;
    m_modifiedSeconds = other.m_modifiedSeconds;
    m_modifiedNanoseconds = other.m_modifiedNanoseconds;
    return *this;
}

FileSource::~FileSource() {
    if (m_descriptor >= 0)
        ::close(m_descriptor);
}

tl::expected<FileSource, std::string> FileSource::open(const char *path, std::string_view role) {
    const std::string subject = "The " + std::string(role) + " file '" + (path ? path : "") + "' ";
    if (!path || !*path)
        return tl::unexpected("No " + std::string(role) + " file was named.");
    // O_NONBLOCK: opening a FIFO that nobody writes to must not hang; regular files ignore it.
    const int descriptor = ::open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0)
        return tl::unexpected(subject + openAdvice(errno));
    struct stat status = {};
    const int failure = ::fstat(descriptor, &status) == 0 ? 0 : errno;
    FileSource file(descriptor, status);
    if (failure != 0)
        return tl::unexpected(subject + "cannot be examined: " + systemText(failure) + ".");
    if (S_ISDIR(status.st_mode))
        return tl::unexpected(subject + "is a directory. Name a file inside it.");
    if (!S_ISREG(status.st_mode))
        return tl::unexpected(subject + "is not a regular file. Copy its content into one first.");
    if (status.st_size == 0)
        return tl::unexpected(subject + "is empty. Was its build or its download interrupted?");
    ::posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL);
    return file;
}

bool FileSource::read(uint64_t offset, std::span<std::byte> out) const {
    if (offset > m_size || out.size() > m_size - offset)
        return false;
    while (!out.empty()) {
        const ssize_t count = ::pread(m_descriptor, out.data(), out.size(), static_cast<off_t>(offset));
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0) // an error, or the file is shorter than it was
            return false;
        offset += static_cast<uint64_t>(count);
        out = out.subspan(static_cast<size_t>(count));
    }
    return true;
}

bool FileSource::isUnchanged() const {
    struct stat status = {};
    return ::fstat(m_descriptor, &status) == 0 && static_cast<uint64_t>(status.st_size) == m_size &&
           status.st_mtim.tv_sec == m_modifiedSeconds && status.st_mtim.tv_nsec == m_modifiedNanoseconds;
}

Mapping::Mapping(const FileSource &file) {
    if (file.size() > SIZE_MAX)
        return;
    void *address = ::mmap(nullptr, static_cast<size_t>(file.size()), PROT_READ, MAP_PRIVATE | MAP_NORESERVE,
                           file.descriptor(), 0);
    if (address == MAP_FAILED)
        return;
    m_data = static_cast<std::byte *>(address);
    m_size = file.size();
}

Mapping::Mapping(Mapping &&other) noexcept
    : m_data(std::exchange(other.m_data, nullptr)), m_size(std::exchange(other.m_size, 0)) {}

Mapping &Mapping::operator=(Mapping &&other) noexcept {
    std::swap(m_data, other.m_data);
    std::swap(m_size, other.m_size);
    return *this;
}

Mapping::~Mapping() {
    if (m_data)
        ::munmap(m_data, static_cast<size_t>(m_size));
}

void Mapping::releasePages() {
    if (m_data)
        ::madvise(m_data, static_cast<size_t>(m_size), MADV_DONTNEED);
}

} // namespace nitroscope::launch
