// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/enclave/init/mounts.hpp"

#include <cerrno>
#include <cstring>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

namespace nitroscope::demo {
namespace {

struct FileSystem {
    const char *type, *path;
    unsigned long flags;
    const char *options;
};

constexpr FileSystem deviceFiles{"devtmpfs", "/dev", MS_NOSUID | MS_NOEXEC, nullptr};
constexpr FileSystem processes{"proc", "/proc", MS_NOSUID | MS_NOEXEC | MS_NODEV, nullptr};
constexpr FileSystem system{"sysfs", "/sys", MS_NOSUID | MS_NOEXEC | MS_NODEV, nullptr};

constexpr FileSystem early[] = {deviceFiles, processes, system};
constexpr FileSystem late[] = {
    deviceFiles,
    processes,
    system,
    {"tmpfs", "/run", MS_NOSUID | MS_NODEV, "mode=0755"},
    {"tmpfs", "/tmp", MS_NOSUID | MS_NODEV, "mode=1777"},
    {"tmpfs", "/dev/shm", MS_NOSUID | MS_NODEV, "mode=1777"},
    {"devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC, "mode=0620,ptmxmode=0666"},
};

std::string failed(const std::string &what) {
    return "cannot " + what + ": " + std::strerror(errno);
}

template <size_t count>
void mountAll(const FileSystem (&fileSystems)[count], std::vector<std::string> &problems) {
    for (const auto &one : fileSystems) {
        mkdir(one.path, 0755); // it may be there already; mount() says what is wrong
        if (mount(one.type, one.path, one.type, one.flags, one.options) != 0)
            problems.push_back(failed(std::string("mount ") + one.path));
    }
}

} // namespace

std::vector<std::string> mountEarly() {
    std::vector<std::string> problems;
    mountAll(early, problems);
    return problems;
}

std::vector<std::string> enterRootfs() {
    struct stat status {};
    if (stat("/rootfs", &status) != 0)
        return {failed("find /rootfs (is there a second ramdisk?)")};
    // The initramfs cannot be unmounted or pivoted away from; its successor is moved on top of it.
    if (mount("/rootfs", "/rootfs", nullptr, MS_BIND, nullptr) != 0)
        return {failed("bind /rootfs")};
    if (chdir("/rootfs") != 0 || mount(".", "/", nullptr, MS_MOVE, nullptr) != 0)
        return {failed("move /rootfs to /")};
    if (chroot(".") != 0 || chdir("/") != 0)
        return {failed("change the root directory")};
    std::vector<std::string> problems;
    mountAll(late, problems);
    return problems;
}

} // namespace nitroscope::demo
