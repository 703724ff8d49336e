// SPDX-License-Identifier: GPL-2.0-or-later
//
// ./workbench bench vsock: throughput between an enclave and the host, and the time of a small round trip,
// against a virtio-serial port on a Unix socket in the same QEMU and the same guest. The demo's agent is at
// the guest's end of both (tests/enclave/app/agent.hpp), reading and writing 4 or 64 KiB at a time, with 1 or
// 8 flows; a port can only have one. Runs of the two alternate, so that a slow moment of the host hits both.
// Where a guest's buffers lie decides how often they drive each other out of the emulated TLB, by up to half
// of the throughput, so several guests are started. What capture costs is measured in one more, in turns
// without it, with packets cut after their headers and with whole packets.
//
//   bench_vsock ROUNDS GUESTS     (the guest is build/demo/demo.eif)

#include "qemu-machine/capture/core/format.h"
#include "tests/boot/support/guest.hpp"
#include "tests/boot/support/host_server.hpp"

#include <algorithm>
#include <chrono>
#include <compare>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <functional>
#include <map>
#include <memory>
#include <QCoreApplication>
#include <QJsonArray>
#include <QTemporaryDir>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

using namespace nitroscope::test;
using namespace Qt::StringLiterals;
using Clock = std::chrono::steady_clock;

// What HACKING promises: vsock to virtio-serial, and capture on to off.
constexpr double throughputLimit = 2.0, roundTripLimit = 1.0, headersLimit = 1.10, fullLimit = 1.25;

constexpr qint64 bytesPerRun = 64 << 20, serialBytesPerRun = 32 << 20;
constexpr int pings = 1000, bootSeconds = 180;
// 0: bytes are neither made nor checked, since that would be what is measured. tst_vsock_bulk checks them.
constexpr quint64 seed = 0;

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values.empty() ? 0 : values[values.size() / 2];
}

// A guest with both devices.
struct Machine {
    QTemporaryDir folder;
    QString path = folder.filePath(u"vsock"_s);
    Guest guest;
    int serial = -1;

    bool start(const QStringList &more) {
        const QString port = folder.filePath(u"serial"_s);
        QStringList arguments{u"-M"_s,       u"nitro-enclave,extra-transport=on,vsock-path="_s + path,
                              u"-kernel"_s,  Guest::demoEif(),
                              u"-chardev"_s, u"socket,id=port,server=on,wait=off,path="_s + port,
                              u"-device"_s,  u"virtio-serial-device"_s,
                              u"-device"_s,  u"virtserialport,chardev=port"_s};
        if (!guest.start(arguments + more) || !guest.waitForConsole("vsock services are up", bootSeconds)) {
            std::fprintf(stderr, "the demo enclave does not boot: %s\n", guest.errorOutput().constData());
            return false;
        }
        serial = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strcpy(address.sun_path, port.toLocal8Bit().constData());
        return connect(serial, reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0;
    }
    ~Machine() { close(serial); }
};

// One transfer over a connection to the agent; false when it ended before.
bool transfer(int agent, bool toGuest, qint64 bytes, qsizetype chunk) {
    QByteArray part(chunk, '\0');
    const QByteArray words = ' ' + QByteArray::number(bytes) + ' ' + QByteArray::number(seed) + ' ' +
                             QByteArray::number(chunk) + '\n';
    if (!sendAllTo(agent, (toGuest ? "take" : "give") + words))
        return false;
    for (qint64 done = 0; done < bytes;) {
        if (toGuest) {
            if (!sendAllTo(agent, part))
                return false;
            done += chunk;
            continue;
        }
        const ssize_t got =
            read(agent, part.data(), static_cast<size_t>(std::min<qint64>(chunk, bytes - done)));
        if (got <= 0)
            return false;
        done += got;
    }
    return !toGuest || receiveLine(agent) == "ok " + QByteArray::number(bytes);
}

// MiB per second; 0 when something went wrong.
double throughput(const Machine &machine, bool toGuest, qsizetype chunk, int flows) {
    std::vector<int> agents;
    for (int i = 0; i < flows; ++i)
        agents.push_back(connectToEnclave(machine.path, 6000));
    std::vector<std::thread> threads;
    std::vector<char> good(agents.size(), 0);
    const auto start = Clock::now();
    for (size_t i = 0; i < agents.size(); ++i)
        threads.emplace_back([&, i] { good[i] = transfer(agents[i], toGuest, bytesPerRun / flows, chunk); });
    for (std::thread &thread : threads)
        thread.join();
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    for (const int agent : agents)
        close(agent);
    const bool all = std::all_of(good.begin(), good.end(), [](char one) { return one != 0; });
    return all ? double(bytesPerRun) / (1 << 20) / seconds : 0;
}

double serialThroughput(const Machine &machine, bool toGuest, qsizetype chunk) {
    const auto start = Clock::now();
    const bool good = transfer(machine.serial, toGuest, serialBytesPerRun, chunk);
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    return good ? double(serialBytesPerRun) / (1 << 20) / seconds : 0;
}

// Microseconds from one byte sent to the byte that comes back.
double roundTrip(int fd) {
    if (!sendAllTo(fd, "ping " + QByteArray::number(pings) + '\n'))
        return 0;
    const auto start = Clock::now();
    for (int i = 0; i < pings; ++i)
        if (!sendAllTo(fd, "x") || receiveFrom(fd, 1).isEmpty())
            return 0;
    return std::chrono::duration<double, std::micro>(Clock::now() - start).count() / pings;
}

struct Row {
    std::vector<double> ours, reference;
};

bool g_good = true;

void print(const char *what, const Row &row, const char *unit, double limit, bool atLeast) {
    const double ours = median(row.ours), reference = median(row.reference);
    const double ratio = reference > 0 ? ours / reference : 0;
    const bool promised = limit > 0;
    const bool kept = ours > 0 && reference > 0 && (!promised || (atLeast ? ratio >= limit : ratio <= limit));
    std::printf("%-34s %9.1f %9.1f %-5s %7.2f", what, ours, reference, unit, ratio);
    if (promised)
        std::printf("   (at %s %.2f: %s)", atLeast ? "least" : "most", limit, kept ? "kept" : "MISSED");
    std::printf("\n");
    g_good = g_good && kept;
}

// What all guests said, by the line that it is printed in.
struct Results {
    struct Throughput {
        bool toGuest;
        qsizetype chunk;
        int flows;
        auto operator<=>(const Throughput &) const = default;
    };
    std::map<Throughput, Row> throughputs;
    Row roundTrip;
};

void measureThroughput(const Machine &machine, int rounds, Results &results) {
    for (const bool toGuest : {false, true})
        for (const qsizetype chunk : {4096, 65536})
            for (int round = 0; round <= rounds; ++round) {
                const double reference = serialThroughput(machine, toGuest, chunk);
                for (const int flows : {1, 8}) {
                    const double ours = throughput(machine, toGuest, chunk, flows);
                    if (round == 0)
                        continue; // warms up translated code
                    Row &row = results.throughputs[{toGuest, chunk, flows}];
                    row.ours.push_back(ours);
                    row.reference.push_back(reference);
                }
            }
}

void measureRoundTrip(const Machine &machine, int rounds, Results &results) {
    const int agent = connectToEnclave(machine.path, 6000);
    for (int round = 0; round <= rounds; ++round) {
        const double reference = roundTrip(machine.serial), ours = roundTrip(agent);
        if (round == 0)
            continue;
        results.roundTrip.reference.push_back(reference);
        results.roundTrip.ours.push_back(ours);
    }
    close(agent);
}

void print(const Results &results) {
    for (const auto &[what, row] : results.throughputs) {
        const QByteArray name = QByteArray(what.toGuest ? "host to guest" : "guest to host") + ", " +
                                QByteArray::number(what.chunk / 1024) + " KiB, " +
                                QByteArray::number(what.flows) + (what.flows == 1 ? " flow" : " flows");
        print(name.constData(), row, "MiB/s", what.chunk == 65536 ? throughputLimit : 0, true);
    }
    print("round trip of one byte", results.roundTrip, "us", roundTripLimit, false);
}

enum class Capture { off, headers, everything };

void setCapture(Machine &machine, Capture capture) {
    constexpr int headerBytes = NITRO_CAPTURE_VSOCK_HEADER_BYTES + NITRO_CAPTURE_VIRTIO_VSOCK_BYTES;
    const QJsonObject length{{u"interface"_s, u"vsock"_s},
                             {u"bytes"_s, capture == Capture::headers ? headerBytes : 0}};
    machine.guest.command(u"capture-control"_s,
                          {{u"paused"_s, capture == Capture::off}, {u"snap-lengths"_s, QJsonArray{length}}});
}

// Time, not throughput: the more the worse.
void benchCapture(Machine &machine, int rounds) {
    for (const bool toGuest : {false, true}) {
        Row cut, whole;
        for (int round = 0; round <= rounds; ++round) {
            const auto microsecondsPerMiB = [&](Capture capture) {
                setCapture(machine, capture);
                const double rate = throughput(machine, toGuest, 65536, 1);
                return rate > 0 ? 1e6 / rate : 0;
            };
            const double reference = microsecondsPerMiB(Capture::off);
            const double withHeaders = microsecondsPerMiB(Capture::headers);
            const double withAll = microsecondsPerMiB(Capture::everything);
            if (round == 0 || reference == 0 || withHeaders == 0 || withAll == 0) {
                g_good = g_good && round == 0;
                continue;
            }
            cut.reference.push_back(reference);
            whole.reference.push_back(reference);
            cut.ours.push_back(withHeaders);
            whole.ours.push_back(withAll);
        }
        const QByteArray direction = toGuest ? "host to guest" : "guest to host";
        print(("capture of headers, " + direction).constData(), cut, "us", headersLimit, false);
        print(("capture of everything, " + direction).constData(), whole, "us", fullLimit, false);
    }
}

} // namespace

int main(int argc, char **argv) {
    const QCoreApplication application(argc, argv);
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    const int rounds = std::max(1, argc > 1 ? std::atoi(argv[1]) : 3);
    const int guests = std::max(1, argc > 2 ? std::atoi(argv[2]) : 5);
    if (Guest::qemu().isEmpty() || Guest::demoEif().isEmpty()) {
        std::fprintf(stderr, "QEMU or the demo enclave has not been built (./workbench build)\n");
        return 1;
    }
    std::printf("%-34s %9s %9s %-5s %7s\n", "median", "ours", "reference", "", "ratio");
    Results results;
    for (int guest = 0; guest < guests; ++guest) {
        Machine machine;
        if (!machine.start({}))
            return 1;
        measureThroughput(machine, rounds, results);
        measureRoundTrip(machine, rounds, results);
    }
    print(results);

    Machine machine;
    if (!machine.start({u"-M"_s, u"capture=cap"_s, u"-chardev"_s, u"file,id=cap,path=/dev/null"_s}))
        return 1;
    benchCapture(machine, rounds);
    return g_good ? 0 : 1;
}
