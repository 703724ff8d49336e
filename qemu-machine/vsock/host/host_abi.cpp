// SPDX-License-Identifier: GPL-2.0-or-later
//
// The C ABI of host.h on top of SocketHost.
#include "qemu-machine/vsock/host/host.h"

#include "qemu-machine/abi/guard.hpp"
#include "qemu-machine/vsock/host/recorded_host.hpp"
#include "qemu-machine/vsock/host/socket_host.hpp"

#include <cstdio>
#include <memory>
#include <unordered_map>

namespace {

using namespace nitroscope::vsock;
using nitroscope::guarded;

// QEMU's main loop: it knows descriptors only, what is to be called is kept here. A call that is running
// keeps its function alive, because it may forget its own descriptor.
class CLoop : public FdLoop {
public:
    explicit CLoop(const VsockLoop &loop) : m_loop(loop) {}

    void watch(int fd, std::function<void(Readiness)> ready) override {
        m_watches[fd] = {std::make_shared<std::function<void(Readiness)>>(std::move(ready)), {}};
    }

    void setInterest(int fd, Readiness interest) override {
        const auto found = m_watches.find(fd);
        if (found == m_watches.end() || found->second.interest == interest)
            return;
        found->second.interest = interest;
        m_loop.watch(m_loop.opaque, fd,
                     unsigned{interest.read} * VSOCK_FD_READ | unsigned{interest.write} * VSOCK_FD_WRITE);
    }

    void forget(int fd) override {
        setInterest(fd, {});
        m_watches.erase(fd);
    }

    void ready(int fd, unsigned events) {
        const auto found = m_watches.find(fd);
        if (found == m_watches.end())
            return;
        const Readiness interest = found->second.interest;
        const Readiness now{(events & VSOCK_FD_READ) != 0 && interest.read,
                            (events & VSOCK_FD_WRITE) != 0 && interest.write};
        const auto call = found->second.ready;
        if (now.read || now.write)
            (*call)(now);
    }

    void log(const char *sentence) const {
        if (m_loop.log != nullptr)
            m_loop.log(m_loop.opaque, sentence);
    }

private:
    struct Watch {
        std::shared_ptr<std::function<void(Readiness)>> ready;
        Readiness interest;
    };
    VsockLoop m_loop;
    std::unordered_map<int, Watch> m_watches;
};

// The host's own time, while it is recorded.
class LogClock : public Clock {
public:
    explicit LogClock(const VsockHostLog &log) : m_log(log) {}
    std::int64_t now() const override { return m_log.now(m_log.opaque); }
    void setAlarm(std::int64_t when) override { m_log.set_alarm(m_log.opaque, when); }
    void clearAlarm() override { m_log.set_alarm(m_log.opaque, -1); }

private:
    const VsockHostLog m_log;
};

struct Recording {
    Recording(const VsockHostLog &log, GuestSide &guest)
        : clock(log), timers(clock), host(guest, timers, [log](Bytes event) {
              if (log.write != nullptr)
                  log.write(log.opaque, reinterpret_cast<const std::uint8_t *>(event.data()), event.size());
          }) {}
    LogClock clock;
    Timers timers;
    RecordedHost host;
};

void put(const char *sentence, char *error, size_t size) {
    if (error != nullptr && size > 0)
        std::snprintf(error, size, "%s", sentence);
}

constexpr char noMemory[] = "out of memory";

HeartbeatMode modeOf(VsockHeartbeat mode) {
    switch (mode) {
    case VSOCK_HEARTBEAT_OFF:
        return HeartbeatMode::off;
    case VSOCK_HEARTBEAT_DELAY:
        return HeartbeatMode::delay;
    case VSOCK_HEARTBEAT_WRONG:
        return HeartbeatMode::wrong;
    default:
        return HeartbeatMode::on;
    }
}

} // namespace

struct VsockHost {
    VsockHost(const VsockLoop &callbacks, GuestSide &guest, const VsockHostLog *log)
        : loop(callbacks), recording(log != nullptr ? std::make_unique<Recording>(*log, guest) : nullptr),
          host(loop, recording ? recording->host : guest,
               [this](const std::string &sentence) { loop.log(sentence.c_str()); }) {
        if (recording && log->write != nullptr)
            recording->host.setHost(&host);
    }
    ~VsockHost() {
        if (recording)
            recording->host.setHost(nullptr);
    }

    void settle() {
        if (recording)
            recording->host.settle();
    }

    // Memory ran out: what a descriptor or the console had is lost, and a descriptor that is ready still comes
    // again.
    void dropped() noexcept {
        if (m_dropped++ == 0)
            loop.log("memory ran out: host connections or console output were dropped");
    }

    CLoop loop;
    const std::unique_ptr<Recording> recording;
    SocketHost host;

private:
    std::uint64_t m_dropped = 0;
};

VsockHost *vsock_host_new(const VsockLoop *loop, VsockGuestSide *guest, const VsockHostOptions *options,
                          char *error, size_t error_size) {
    const auto create = [&]() -> VsockHost * {
        std::string problem;
        HostOptions settings;
        const bool replay = options->log != nullptr && options->log->write == nullptr;
        settings.path = options->path != nullptr && !replay ? options->path : "";
        auto routes = parseRoutes(options->routes != nullptr && !replay ? options->routes : "", problem);
        if (!routes) {
            put(problem.c_str(), error, error_size);
            return nullptr;
        }
        settings.routes = std::move(*routes);
        settings.heartbeat = modeOf(options->heartbeat);
        if (options->heartbeat_delay_ms != 0)
            settings.heartbeatDelayNs = options->heartbeat_delay_ms * nanosecondsPerMillisecond;
        settings.console = options->console != 0;
        auto host = std::make_unique<VsockHost>(*loop, *reinterpret_cast<GuestSide *>(guest), options->log);
        if (!host->host.start(std::move(settings), problem)) {
            put(problem.c_str(), error, error_size);
            return nullptr;
        }
        return host.release();
    };
    return guarded(create, [&]() -> VsockHost * {
        put(noMemory, error, error_size);
        return nullptr;
    });
}

VsockHostSide *vsock_host_side(VsockHost *host) {
    HostSide *side = &host->host;
    if (host->recording)
        side = &host->recording->host;
    return reinterpret_cast<VsockHostSide *>(side);
}

void vsock_host_free(VsockHost *host) {
    delete host;
}

void vsock_host_remove_paths(VsockHost *host) {
    guarded([host] { host->host.removePaths(); }, [] {});
}

void vsock_host_fd_ready(VsockHost *host, int fd, unsigned events) {
    guarded(
        [&] {
            host->loop.ready(fd, events);
            host->settle();
        },
        [host] { host->dropped(); });
}

void vsock_host_take(VsockHost *host, const uint8_t *event, size_t size) {
    if (host->recording)
        guarded(
            [&] {
                host->recording->host.take({reinterpret_cast<const std::byte *>(event), size});
            },
            [host] { host->dropped(); });
}

void vsock_host_run_timers(VsockHost *host) {
    if (host->recording)
        guarded(
            [host] {
                host->recording->timers.run();
                host->settle();
            },
            [host] { host->dropped(); });
}

void vsock_host_console(VsockHost *host, const uint8_t *bytes, size_t size) {
    guarded(
        [&] {
            host->host.consoleOutput({reinterpret_cast<const char *>(bytes), size});
        },
        [host] { host->dropped(); });
}

int vsock_host_route_add(VsockHost *host, uint32_t port, const char *route, char *error, size_t error_size) {
    return guarded(
        [&] {
            std::string problem;
            const auto parsed = Route::parse(route, problem);
            if (parsed && host->host.addRoute(port, *parsed, problem))
                return 0;
            put(problem.c_str(), error, error_size);
            return -1;
        },
        [&] {
            put(noMemory, error, error_size);
            return -1;
        });
}

int vsock_host_route_remove(VsockHost *host, uint32_t port, int published) {
    const Route::Kind kind = published != 0 ? Route::Kind::listen : Route::Kind::connect;
    return guarded([&] { return host->host.removeRoute(port, kind) ? 0 : -1; }, [] { return -1; });
}

void vsock_host_route_list(const VsockHost *host,
                           void (*each)(void *opaque, uint32_t port, const char *route), void *opaque) {
    const RouteTable &routes = host->host.routes();
    for (const auto *table : {&routes.outgoing, &routes.published})
        for (const auto &[port, route] : *table)
            guarded([&, port = port, &listed = route] { each(opaque, port, listed.text().c_str()); }, [] {});
}
