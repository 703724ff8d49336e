// SPDX-License-Identifier: GPL-2.0-or-later
//
// An image's program that tries what a kernel with AWS's configuration offers to programs, for
// tests/boot/tst_image_kernel: for each thing a line "kernel: NAME yes", or with the error instead of "yes".

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <linux/aio_abi.h>
#include <linux/bpf.h>
#include <linux/if_alg.h>
#include <linux/if_ether.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <linux/vm_sockets.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <sched.h>
#include <string>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

void tell(const char *name, bool isThere) {
    std::printf("kernel: %s %s\n", name, isThere ? "yes" : std::strerror(errno));
}

bool canOpen(const char *path) {
    const int file = open(path, O_RDWR | O_CLOEXEC);
    return file >= 0 && close(file) == 0;
}

bool hasSocket(int family, int type, int protocol) {
    const int fd = socket(family, type, protocol);
    return fd >= 0 && close(fd) == 0;
}

bool hasHash() {
    sockaddr_alg address{};
    address.salg_family = AF_ALG;
    std::strcpy(reinterpret_cast<char *>(address.salg_type), "hash");
    std::strcpy(reinterpret_cast<char *>(address.salg_name), "sha256");
    const int fd = socket(AF_ALG, SOCK_SEQPACKET, 0);
    return fd >= 0 && bind(fd, reinterpret_cast<sockaddr *>(&address), sizeof address) == 0;
}

bool hasLoopback() {
    sockaddr_vm address{};
    address.svm_family = AF_VSOCK;
    address.svm_cid = VMADDR_CID_LOCAL;
    address.svm_port = 7777;
    const int listener = socket(AF_VSOCK, SOCK_STREAM, 0), client = socket(AF_VSOCK, SOCK_STREAM, 0);
    return listener >= 0 && client >= 0 &&
           bind(listener, reinterpret_cast<sockaddr *>(&address), sizeof address) == 0 &&
           listen(listener, 1) == 0 &&
           connect(client, reinterpret_cast<sockaddr *>(&address), sizeof address) == 0;
}

// As nginx does it: [::]:80.
bool listensOnIpv6() {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(80);
    const int fd = socket(AF_INET6, SOCK_STREAM, 0);
    return fd >= 0 && bind(fd, reinterpret_cast<sockaddr *>(&address), sizeof address) == 0 &&
           listen(fd, 1) == 0;
}

bool hasBpf() {
    bpf_attr attributes{};
    attributes.map_type = BPF_MAP_TYPE_ARRAY;
    attributes.key_size = attributes.value_size = 4;
    attributes.max_entries = 1;
    return syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof attributes) >= 0;
}

// In a child: the namespace is not left again.
bool canUnshare(int flag) {
    const pid_t child = fork();
    if (child == 0)
        _exit(unshare(flag) == 0 ? 0 : errno);
    int status = 0;
    waitpid(child, &status, 0);
    errno = WEXITSTATUS(status);
    return WIFEXITED(status) && errno == 0;
}

bool dumpsCore() {
    std::ofstream("/proc/sys/kernel/core_pattern") << "/dev/shm/core";
    const pid_t child = fork();
    if (child == 0) {
        const rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
        setrlimit(RLIMIT_CORE, &unlimited);
        std::abort();
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WCOREDUMP(status);
}

std::string firstLine(const char *path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line;
}

} // namespace

int main() {
    std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
    tell("inotify", inotify_init1(IN_CLOEXEC) >= 0);
    tell("fanotify", fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC, O_RDONLY) >= 0);
    aio_context_t context = 0;
    tell("aio", syscall(SYS_io_setup, 1, &context) == 0);
    io_uring_params parameters{};
    tell("io_uring", syscall(SYS_io_uring_setup, 4, &parameters) >= 0);
    tell("shared memory of System V", shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600) >= 0);
    tell("semaphores of System V", semget(IPC_PRIVATE, 1, IPC_CREAT | 0600) >= 0);
    tell("messages of System V", msgget(IPC_PRIVATE, IPC_CREAT | 0600) >= 0);
    tell("messages of POSIX", mq_open("/probe", O_RDWR | O_CREAT, 0600, nullptr) >= 0);
    unsigned action = SECCOMP_RET_KILL_PROCESS;
    tell("seccomp", syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0);
    tell("bpf", hasBpf());
    tell("keys", syscall(SYS_add_key, "user", "probe", "x", 1, KEY_SPEC_PROCESS_KEYRING) >= 0);
    tell("userfaultfd", syscall(SYS_userfaultfd, O_CLOEXEC) >= 0);
    tell("mount namespace", canUnshare(CLONE_NEWNS));
    tell("uts namespace", canUnshare(CLONE_NEWUTS));
    tell("ipc namespace", canUnshare(CLONE_NEWIPC));
    tell("user namespace", canUnshare(CLONE_NEWUSER));
    tell("pid namespace", canUnshare(CLONE_NEWPID));
    tell("net namespace", canUnshare(CLONE_NEWNET));
    tell("IPv6", listensOnIpv6());
    tell("AF_PACKET", hasSocket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)));
    tell("AF_ALG", hasHash());
    tell("vsock loopback", hasLoopback());
    tell("tun", canOpen("/dev/net/tun"));
    tell("loop", canOpen("/dev/loop-control"));
    tell("core dumps", dumpsCore());
    for (const char *controller : {"cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "pids",
                                   "blkio", "hugetlb", "perf_event", "net_cls", "net_prio"}) {
        const std::string tasks = std::string("/sys/fs/cgroup/") + controller + "/tasks";
        tell((std::string("cgroup ") + controller).c_str(), access(tasks.c_str(), W_OK) == 0);
    }
    std::printf("kernel: highest cpu %s\n", firstLine("/sys/devices/system/cpu/kernel_max").c_str());
    std::printf("kernel: done\n");
    return 0;
}
