// SPDX-License-Identifier: GPL-2.0-or-later
//
// The init that build-enclave puts into an image's first ramdisk when none is given. What runs under it must run
// on EC2, so for everything that a program or a script can see it does as AWS's init: the same steps in the same
// order, the same mounts, the same words, the same exit statuses. docs/enclave-init.md has all of them in a
// table, and tests/boot/tst_enclave_init holds both programs to it. The text is our own.

#include "tests/enclave/image-init/failure.hpp"
#include "tests/enclave/image-init/mounts.hpp"
#include "tests/enclave/image-init/program.hpp"

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <fcntl.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

// Needs <sys/socket.h>, and does not include it in the headers of Linux 6.1 that cross compilers bring.
#include <linux/vm_sockets.h>

namespace {

using nitroscope::image::giveUp;
using nitroscope::image::warn;

void openConsole() {
    constexpr auto console = "/dev/console";
    if (!std::freopen(console, "r", stdin))
        giveUp("freopen failed for stdin");
    if (!std::freopen(console, "w", stdout))
        giveUp("freopen failed for stdout");
    if (!std::freopen(console, "w", stderr))
        giveUp("freopen failed for stderr");
}

// Kernels that have the driver built in come without the module.
void loadNsmDriver() {
    constexpr auto module = "nsm.ko";
    const int file = open(module, O_RDONLY | O_CLOEXEC);
    if (file < 0 && errno == ENOENT)
        return;
    if (file < 0)
        giveUp("failed to open nsm fd");
    if (syscall(SYS_finit_module, file, "", 0) < 0)
        giveUp("failed to insert nsm driver");
    if (close(file) != 0)
        giveUp("close nsm fd");
    if (unlink(module) != 0)
        warn("Could not unlink nsm.ko");
}

// Tells the parent that the enclave runs. It has all the time it wants for the answer.
void sendHeartbeat() {
    constexpr uint8_t heartbeat = 0xb7;
    sockaddr_vm parent{};
    parent.svm_family = AF_VSOCK;
    parent.svm_cid = 3;
    parent.svm_port = 9000;
    // What a missing or a wrong answer, which set no errno, end with.
    errno = -EINVAL;
    const int fd = socket(AF_VSOCK, SOCK_STREAM, 0);
    if (fd < 0)
        giveUp("socket");
    if (connect(fd, reinterpret_cast<sockaddr *>(&parent), sizeof parent) != 0)
        giveUp("connect");
    uint8_t byte = heartbeat;
    if (write(fd, &byte, 1) != 1)
        giveUp("write heartbeat");
    if (read(fd, &byte, 1) != 1)
        giveUp("read heartbeat");
    if (byte != heartbeat)
        giveUp("received wrong heartbeat");
    if (close(fd) != 0)
        giveUp("close");
}

} // namespace

int main() {
    using namespace nitroscope::image;
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, nullptr); // children that end still wake wait()
    mountDevices();
    openConsole();
    loadNsmDriver();
    sendHeartbeat();
    const Settings settings = takeSettings();
    enterRootfs();
    mountDevices();
    mountFileSystems();
    reapUntil(startProgram(settings));
    reboot(RB_AUTOBOOT);
}
