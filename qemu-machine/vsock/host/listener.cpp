// SPDX-License-Identifier: GPL-2.0-or-later
#include "qemu-machine/vsock/host/listener.hpp"

#include "qemu-machine/access/judge.hpp"
#include "qemu-machine/vsock/sockets/resolver.hpp"
#include "qemu-machine/vsock/sockets/socket_lock.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <unistd.h>

namespace nitroscope::vsock {
namespace {

constexpr int backlog = 128;
// After accept() failed for lack of descriptors; the waiting connection would wake the loop again at once.
constexpr std::int64_t pauseNs = 100 * nanosecondsPerMillisecond;

std::string because(const std::string &what) {
    return what + ": " + std::strerror(errno);
}

// Makes the folder if need be, and judges it.
bool prepareFolder(const std::string &folder, bool &isMade, std::string &problem) {
    isMade = mkdir(folder.c_str(), 0700) == 0;
    if (!isMade && errno != EEXIST) {
        problem = because("the folder " + folder + " cannot be made");
        return false;
    }
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const access::Finding finding =
        descriptor < 0 ? access::Finding::absent : access::judgeSocketFolder(descriptor);
    if (finding == access::Finding::absent)
        problem = because("the folder " + folder + " cannot be opened");
    else if (finding == access::Finding::open)
        problem =
            "the folder " + folder +
            " can be written to by others, who could take the sockets' place; use a folder with mode 0700";
    else if (finding != access::Finding::fine)
        problem = "the folder " + folder + ' ' + access::words(finding) +
                  ", who could take the sockets' place; use a folder of your own";
    if (descriptor >= 0)
        ::close(descriptor);
    return finding == access::Finding::fine;
}

// Makes the name free, if nobody lives there.
bool freeName(const std::string &path, std::string &problem) {
    struct stat status {};
    if (lstat(path.c_str(), &status) != 0) {
        if (errno == ENOENT)
            return true;
        problem = because(path + " cannot be examined");
        return false;
    }
    if (!S_ISSOCK(status.st_mode)) {
        problem = path + " exists and is not a socket; remove it or choose another path";
        return false;
    }
    std::int64_t owner = -1;
    const bool isStale = isAbandonedSocket(path, owner);
    if (!isStale) {
        problem = path + " is in use" + (owner > 0 ? " by process " + std::to_string(owner) : "") +
                  "; end that program or choose another path";
        return false;
    }
    if (unlink(path.c_str()) != 0) {
        problem = because(path + " was left by a program that has ended, and cannot be removed");
        return false;
    }
    return true;
}

} // namespace

bool Listener::bindUnix(const std::string &path, Kind kind, std::string &problem) {
    bool isMade = false;
    const bool isGood = prepareFolder(folderOf(path), isMade, problem);
    if (isMade)
        m_madeFolder = folderOf(path);
    const std::optional<SocketLock> lock = isGood ? SocketLock::take(problem) : std::nullopt;
    if (!lock || !freeName(path, problem))
        return false;
    m_fd = WatchedFd(m_loop, makeUnixSocket(kind));
    const UnixName name = UnixName::path(path);
    // The file gets the mode that the socket has when it is bound.
    if (!m_fd || fchmod(m_fd.get(), 0600) != 0 || bind(m_fd.get(), name.get(), name.length) != 0 ||
        listen(m_fd.get(), backlog) != 0) {
        problem = because(path + " cannot be made");
        return false;
    }
    m_file = SocketFile::at(path);
    return true;
}

bool Listener::bindTcp(const HostAddress &address, std::string &problem) {
    const auto targets =
        resolveNumeric(address.name == "localhost" ? "127.0.0.1" : address.name, address.port);
    if (targets.empty()) {
        problem = address.text() + " is not a numeric address, which listening needs";
        return false;
    }
    const SocketAddress &target = targets.front();
    m_fd = WatchedFd(m_loop, socket(target.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const int on = 1;
    // Only over what a connection that is gone has left, never over a living listener.
    if (m_fd)
        setsockopt(m_fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (!m_fd || bind(m_fd.get(), target.get(), target.length) != 0 || listen(m_fd.get(), backlog) != 0) {
        problem = because("cannot listen at " + address.text());
        return false;
    }
    return true;
}

std::unique_ptr<Listener> Listener::open(FdLoop &loop, Timers &timers, const HostAddress &address, Kind kind,
                                         Accepted accepted, std::string &problem) {
    std::unique_ptr<Listener> listener(new Listener(loop, timers, std::move(accepted)));
    const bool bound = address.family == HostAddress::Family::tcp
                           ? listener->bindTcp(address, problem)
                           : listener->bindUnix(address.name, kind, problem);
    if (!bound)
        return nullptr;
    listener->begin();
    return listener;
}

Listener::~Listener() {
    m_timers.cancel(m_pause);
    removePath();
}

void Listener::removePath() {
    if (m_file && m_file->isStillThere())
        unlink(m_file->path.c_str());
    if (!m_madeFolder.empty())
        rmdir(m_madeFolder.c_str()); // fails when others have put something into it
    m_file.reset();
    m_madeFolder.clear();
}

void Listener::begin() {
    m_fd.watch([this](Readiness) { acceptOne(); });
    m_fd.setInterest({true, false});
}

void Listener::setAccepting(bool on) {
    m_on = on;
    m_fd.setInterest({m_on && m_pause == 0, false});
}

// One per call: the loop comes again, and `m_accepted` may have ended us.
void Listener::acceptOne() {
    const int fd = accept4(m_fd.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        const auto accepted = m_accepted; // survives the listener
        return accepted(WatchedFd(m_loop, fd));
    }
    if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM)
        return; // the caller has gone again
    m_pause = m_timers.start(pauseNs, [this] {
        m_pause = 0;
        setAccepting(m_on);
    });
    m_fd.setInterest({});
}

} // namespace nitroscope::vsock
