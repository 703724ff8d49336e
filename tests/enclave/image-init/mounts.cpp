// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/enclave/image-init/mounts.hpp"

#include "tests/enclave/image-init/failure.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

namespace nitroscope::image {
namespace {

constexpr unsigned long withoutPrograms = MS_NODEV | MS_NOSUID | MS_NOEXEC;
constexpr mode_t folderMode = 0755;

struct FileSystem {
    const char *source, *path, *type;
    unsigned long flags = withoutPrograms;
    const char *options = nullptr;
};

void attach(const FileSystem &one) {
    if (mount(one.source, one.path, one.type, one.flags, one.options) != 0)
        giveUp(std::string("mount: ") + one.path);
}

// The devices' file system is one for all of its mounts, so what is made there may be there already.
void tolerateExisting(const char *what, const char *path) {
    warn(std::string(what) + ": " + path);
    if (errno != EEXIST)
        giveUp();
}

void makeFolder(const char *path) {
    if (mkdir(path, folderMode) != 0)
        tolerateExisting("mkdir", path);
}

void makeLink(const char *path, const char *target) {
    if (symlink(target, path) != 0)
        tolerateExisting("symlink", path);
}

// One hierarchy of version 1 for each controller that the kernel has.
void mountControllers() {
    constexpr auto list = "/proc/cgroups";
    FILE *file = std::fopen(list, "re");
    if (!file)
        giveUp(std::string("fopen: ") + list);
    int skipped = 0;
    while ((skipped = std::fgetc(file)) != EOF && skipped != '\n') {
    }
    std::array<char, 65> name{};
    int hierarchy = 0, groups = 0, isEnabled = 0;
    int fields = 0;
    while ((fields = std::fscanf(file, "%64s %d %d %d", name.data(), &hierarchy, &groups, &isEnabled)) == 4) {
        if (!isEnabled)
            continue;
        const std::string path = std::string("/sys/fs/cgroup/") + name.data();
        if (mkdir(path.c_str(), folderMode) != 0)
            giveUp("mkdir: " + path);
        attach({name.data(), path.c_str(), "cgroup", withoutPrograms, name.data()});
    }
    if (fields != EOF) {
        errno = EINVAL;
        giveUp(std::string("fscanf: ") + list);
    }
    std::fclose(file);
}

} // namespace

void mountDevices() {
    if (mount("dev", "/dev", "devtmpfs", MS_NOSUID | MS_NOEXEC, nullptr) == 0)
        return;
    warn("mount: /dev");
    // A kernel with devtmpfs.mount=1 has done it.
    if (errno != EBUSY)
        giveUp();
}

void enterRootfs() {
    // The initramfs can be neither unmounted nor pivoted away from; its successor is moved on top of it.
    if (mount("/rootfs", "/rootfs", nullptr, MS_BIND, nullptr) != 0)
        giveUp("mount --bind /rootfs /rootfs");
    if (chdir("/rootfs") != 0)
        giveUp("chdir /rootfs");
    if (mount(".", "/", nullptr, MS_MOVE, nullptr) != 0)
        giveUp("mount --move . /");
    if (chroot(".") != 0)
        giveUp("chroot .");
    if (chdir("/") != 0)
        giveUp("chdir /");
}

void mountFileSystems() {
    attach({"proc", "/proc", "proc"});
    makeLink("/dev/fd", "/proc/self/fd");
    makeLink("/dev/stdin", "/proc/self/fd/0");
    makeLink("/dev/stdout", "/proc/self/fd/1");
    makeLink("/dev/stderr", "/proc/self/fd/2");
    attach({"tmpfs", "/run", "tmpfs", withoutPrograms, "mode=0755"});
    attach({"tmpfs", "/tmp", "tmpfs"});
    makeFolder("/dev/shm");
    attach({"shm", "/dev/shm", "tmpfs"});
    makeFolder("/dev/pts");
    attach({"devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC});
    attach({"sysfs", "/sys", "sysfs"});
    attach({"cgroup_root", "/sys/fs/cgroup", "tmpfs", withoutPrograms, "mode=0755"});
    mountControllers();
}

} // namespace nitroscope::image
