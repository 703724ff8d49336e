// SPDX-License-Identifier: GPL-2.0-or-later
//
// /dev/vsock, which is only there for its ioctl. Without the kernel's module the file does not even exist, so the calls
// that open it or look for it find another device.
#include "qemu-machine/vsock/preload/calls/exported.hpp"
#include "qemu-machine/vsock/preload/table.hpp"

#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace nitroscope::preload;

namespace {

constexpr char standIn[] = "/dev/null";

bool isVsockDevice(const char *path) {
    return path != nullptr && std::strcmp(path, "/dev/vsock") == 0 && settings().count > 0;
}

int openDevice(int flags) {
    const int fd = NITROSCOPE_REAL(open)(standIn, O_RDONLY | (flags & O_CLOEXEC));
    if (fd >= 0)
        enter(fd, State::device, 0);
    return fd;
}

FILE *openStream(const char *mode) {
    const int fd = openDevice(std::strchr(mode, 'e') != nullptr ? O_CLOEXEC : 0);
    return fd >= 0 ? fdopen(fd, "r") : nullptr;
}

const char *visible(const char *path) {
    return isVsockDevice(path) ? standIn : path;
}

} // namespace

// Each has one optional argument, the mode of a file that is made.
#define NITROSCOPE_OPEN_MODE(flags)                                                                          \
    mode_t mode = 0;                                                                                         \
    if (((flags)&O_CREAT) != 0 || ((flags)&O_TMPFILE) == O_TMPFILE) {                                        \
        va_list list;                                                                                        \
        va_start(list, flags);                                                                               \
        mode = va_arg(list, mode_t);                                                                         \
        va_end(list);                                                                                        \
    }

NITROSCOPE_CALL int open(const char *path, int flags, ...) {
    NITROSCOPE_OPEN_MODE(flags)
    return isVsockDevice(path) ? openDevice(flags) : NITROSCOPE_REAL(open)(path, flags, mode);
}

NITROSCOPE_CALL int open64(const char *path, int flags, ...) {
    NITROSCOPE_OPEN_MODE(flags)
    return isVsockDevice(path) ? openDevice(flags) : NITROSCOPE_REAL(open64)(path, flags, mode);
}

NITROSCOPE_CALL int openat(int folder, const char *path, int flags, ...) {
    NITROSCOPE_OPEN_MODE(flags)
    return isVsockDevice(path) ? openDevice(flags) : NITROSCOPE_REAL(openat)(folder, path, flags, mode);
}

NITROSCOPE_CALL int openat64(int folder, const char *path, int flags, ...) {
    NITROSCOPE_OPEN_MODE(flags)
    return isVsockDevice(path) ? openDevice(flags) : NITROSCOPE_REAL(openat64)(folder, path, flags, mode);
}

NITROSCOPE_CALL FILE *fopen(const char *path, const char *mode) {
    return isVsockDevice(path) ? openStream(mode) : NITROSCOPE_REAL(fopen)(path, mode);
}

NITROSCOPE_CALL FILE *fopen64(const char *path, const char *mode) {
    return isVsockDevice(path) ? openStream(mode) : NITROSCOPE_REAL(fopen64)(path, mode);
}

// What the first four become in programs that are compiled with _FORTIFY_SOURCE.
// NOLINTBEGIN(bugprone-reserved-identifier): the names are the C library's
extern "C" int __open_2(const char *path, int flags);
extern "C" int __open64_2(const char *path, int flags);
extern "C" int __openat_2(int folder, const char *path, int flags);
extern "C" int __openat64_2(int folder, const char *path, int flags);

NITROSCOPE_CALL int __open_2(const char *path, int flags) {
    return isVsockDevice(path) ? openDevice(flags) : NITROSCOPE_REAL(__open_2)(path, flags);
}

NITROSCOPE_CALL int __open64_2(const char *path, int flags) {
    return isVsockDevice(path) ? openDevice(flags) : NITROSCOPE_REAL(__open64_2)(path, flags);
}

NITROSCOPE_CALL int __openat_2(int folder, const char *path, int flags) {
    return isVsockDevice(path) ? openDevice(flags) : NITROSCOPE_REAL(__openat_2)(folder, path, flags);
}

NITROSCOPE_CALL int __openat64_2(int folder, const char *path, int flags) {
    return isVsockDevice(path) ? openDevice(flags) : NITROSCOPE_REAL(__openat64_2)(folder, path, flags);
}
// NOLINTEND(bugprone-reserved-identifier)

// ------------------------------------------------------------------------------------------------ is it there?

NITROSCOPE_CALL int access(const char *path, int mode) noexcept {
    return NITROSCOPE_REAL(access)(visible(path), mode);
}

NITROSCOPE_CALL int faccessat(int folder, const char *path, int mode, int flags) noexcept {
    return NITROSCOPE_REAL(faccessat)(folder, visible(path), mode, flags);
}

NITROSCOPE_CALL int stat(const char *path, struct stat *status) noexcept {
    return NITROSCOPE_REAL(stat)(visible(path), status);
}

NITROSCOPE_CALL int stat64(const char *path, struct stat64 *status) noexcept {
    return NITROSCOPE_REAL(stat64)(visible(path), status);
}

NITROSCOPE_CALL int lstat(const char *path, struct stat *status) noexcept {
    return NITROSCOPE_REAL(lstat)(visible(path), status);
}

NITROSCOPE_CALL int lstat64(const char *path, struct stat64 *status) noexcept {
    return NITROSCOPE_REAL(lstat64)(visible(path), status);
}

NITROSCOPE_CALL int fstatat(int folder, const char *path, struct stat *status, int flags) noexcept {
    return NITROSCOPE_REAL(fstatat)(folder, visible(path), status, flags);
}

NITROSCOPE_CALL int fstatat64(int folder, const char *path, struct stat64 *status, int flags) noexcept {
    return NITROSCOPE_REAL(fstatat64)(folder, visible(path), status, flags);
}

NITROSCOPE_CALL int statx(int folder, const char *path, int flags, unsigned mask,
                          struct statx *status) noexcept {
    return NITROSCOPE_REAL(statx)(folder, visible(path), flags, mask, status);
}
