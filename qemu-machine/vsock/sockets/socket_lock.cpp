// SPDX-License-Identifier: GPL-2.0-or-later
#include "qemu-machine/vsock/sockets/socket_lock.hpp"

#include "qemu-machine/access/judge.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <sys/file.h>

namespace nitroscope::vsock {
namespace {

constexpr int maxTries = 200;
constexpr timespec pause{0, 2'000'000};

// The user's runtime folder; where there is none that is theirs alone, one in /tmp.
std::string ownFolder() {
    const char *runtime = std::getenv("XDG_RUNTIME_DIR");
    // Itself may be a link; what it leads to is judged.
    if (runtime != nullptr && *runtime == '/' &&
        access::judgePrivateFolder((std::string(runtime) + "/.").c_str()) == access::Finding::fine)
        return std::string(runtime) + "/nitroscope";
    return "/tmp/nitroscope-" + std::to_string(geteuid());
}

} // namespace

std::optional<SocketLock> SocketLock::take(std::string &problem) {
    const std::string folder = ownFolder();
    if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
        problem = "the folder " + folder + " cannot be created: " + std::strerror(errno);
        return std::nullopt;
    }
    if (const auto finding = access::judgePrivateFolder(folder.c_str()); finding != access::Finding::fine) {
        problem = "the folder " + folder + ' ' + access::words(finding) +
                  "; remove it or set XDG_RUNTIME_DIR to a folder of yours with mode 0700";
        return std::nullopt;
    }
    const int descriptor =
        ::open((folder + "/.sockets").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor < 0) {
        problem = "no lock can be created in " + folder + ": " + std::strerror(errno);
        return std::nullopt;
    }
    SocketLock lock(descriptor);
    for (int i = 0; flock(descriptor, LOCK_EX | LOCK_NB) != 0; ++i) {
        if (i == maxTries) {
            problem = "another machine of yours is creating sockets and does not get on; try again";
            return std::nullopt;
        }
        nanosleep(&pause, nullptr);
    }
    return lock;
}

SocketLock::~SocketLock() {
    if (m_descriptor >= 0)
        ::close(m_descriptor);
}

} // namespace nitroscope::vsock
