// SPDX-License-Identifier: GPL-2.0-or-later
//
// The host side's C ABI when memory runs out: each allocation of a life with programs, the console and routes fails in
// turn. No exception may come through; what was under way may be lost, and the next program is served as ever.
#include "qemu-machine/vsock/host/host.h"
#include "tests/unit/support/failing_memory.hpp"
#include "tests/unit/vsock-host/host_fixture.hpp"

#include <array>
#include <QtTest>

using namespace nitroscope::vsock;
using namespace nitroscope::vsock::test;
using namespace Qt::Literals::StringLiterals;
using nitroscope::test::allocationHasFailed;
using nitroscope::test::failAllocationAfter;
using nitroscope::test::OwnMemory;

namespace {

// QEMU's main loop, which needs no memory.
class MainLoop {
public:
    VsockLoop callbacks() {
        return {this,
                [](void *opaque, int fd, unsigned events) {
                    static_cast<MainLoop *>(opaque)->m_wanted.at(static_cast<size_t>(fd)) = events;
                },
                [](void *, const char *) {}};
    }
    // Until nothing is ready any more, or what is ready for ever has been so often enough.
    void run(VsockHost *host) {
        for (bool isReady = true, *more = &isReady; std::exchange(*more, false) && m_turns < 100000;)
            for (size_t fd = 0; fd < m_wanted.size(); ++fd) {
                pollfd one{int(fd),
                           short((m_wanted[fd] & VSOCK_FD_READ ? POLLIN : 0) |
                                 (m_wanted[fd] & VSOCK_FD_WRITE ? POLLOUT : 0)),
                           0};
                if (one.events == 0 || poll(&one, 1, 0) <= 0)
                    continue;
                vsock_host_fd_ready(host, int(fd), m_wanted[fd]);
                isReady = true;
                ++m_turns;
            }
    }

private:
    std::array<unsigned, 1024> m_wanted{};
    int m_turns = 0;
};

// The host with a guest that accepts everything.
class Life {
public:
    explicit Life(const QByteArray &path) {
        const VsockLoop callbacks = loop.callbacks();
        const VsockHostOptions options{path.constData(), "8000=refuse;8001=echo", VSOCK_HEARTBEAT_ON, 0, 1,
                                       nullptr};
        host =
            vsock_host_new(&callbacks, reinterpret_cast<VsockGuestSide *>(static_cast<GuestSide *>(&guest)),
                           &options, error.data(), error.size());
    }
    ~Life() {
        const OwnMemory own;
        guest.opened.clear();
        vsock_host_free(host);
    }
    Life(const Life &) = delete;
    Life &operator=(const Life &) = delete;

    // What a program gets that dials; "$" when it is turned away.
    std::string dial(const std::string &path, std::string_view line) {
        Program program;
        const bool isSent = program.connectTo(path) && program.send(line);
        const size_t before = guest.opened.size();
        runLoop();
        for (size_t at = before; at < guest.opened.size(); ++at)
            if (guest.opened[at]->end)
                guest.opened[at]->end->accepted();
        runLoop();
        return isSent ? program.take() : "$";
    }
    void use() {
        const uint8_t text[] = "console";
        vsock_host_console(host, text, sizeof text - 1);
        vsock_host_route_add(host, 8002, "echo", error.data(), error.size());
        vsock_host_route_list(
            host, [](void *, uint32_t, const char *) {}, nullptr);
        vsock_host_route_remove(host, 8002, 0);
    }

    MainLoop loop;
    FakeGuest guest;
    VsockHost *host = nullptr;
    std::array<char, 256> error{};

    int failing = -1; // how many allocations of the library come before the one that fails, while it runs

private:
    void runLoop() {
        failAllocationAfter(failing);
        loop.run(host);
        failing = allocationHasFailed() ? -1 : failing;
        failAllocationAfter(-1);
    }
};

} // namespace

class VsockHostMemory : public QObject {
    Q_OBJECT

private slots:
    void opening_anyAllocationFails_isSaidAndLeavesNothing() {
        const QTemporaryDir folder;
        const QByteArray path = folder.filePath(u"run/vsock"_s).toLocal8Bit();
        int count = 0;
        for (bool hasFailed = true; hasFailed && count < 10000; ++count) {
            failAllocationAfter(count);
            const Life life(path);
            hasFailed = allocationHasFailed();
            failAllocationAfter(-1);
            if (hasFailed && life.host == nullptr)
                QCOMPARE(QByteArray(life.error.data()), QByteArray("out of memory"));
            else
                QVERIFY(life.host != nullptr);
        }
        QVERIFY(count > 10);
        QVERIFY(!QFile::exists(QString::fromLocal8Bit(path)));
    }

    void programs_anyAllocationFails_theNextIsServed_data() {
        QTest::addColumn<QByteArray>("line");
        QTest::addColumn<QByteArray>("answer");
        QTest::newRow("stream") << QByteArray("CONNECT 5000\n") << QByteArray("OK ");
        QTest::newRow("console") << QByteArray("CONNECT 0:10016\n") << QByteArray("OK 10016\n");
    }
    void programs_anyAllocationFails_theNextIsServed() {
        QFETCH(QByteArray, line);
        QFETCH(QByteArray, answer);
        const QTemporaryDir folder;
        const QByteArray path = folder.filePath(u"vsock"_s).toLocal8Bit();
        int lost = 0;
        for (int count = 0; count < 60; ++count) {
            Life life(path);
            QVERIFY(life.host != nullptr);
            life.failing = count;
            const std::string first = life.dial(path.toStdString(), line.toStdString());
            life.failing = -1;
            lost += !QByteArray::fromStdString(first).startsWith(answer);
            const std::string second = life.dial(path.toStdString(), line.toStdString());
            QVERIFY2(QByteArray::fromStdString(second).startsWith(answer), second.c_str());
        }
        QVERIFY(lost > 0);
    }

    void routesAndConsole_anyAllocationFails_goOnAfterwards() {
        const QTemporaryDir folder;
        const QByteArray path = folder.filePath(u"vsock"_s).toLocal8Bit();
        Life life(path);
        QVERIFY(life.host != nullptr);
        for (int count = 0; count < 60; ++count) {
            failAllocationAfter(count);
            life.use();
            failAllocationAfter(-1);
            QCOMPARE(vsock_host_route_add(life.host, 8003, "echo", life.error.data(), life.error.size()), 0);
            QCOMPARE(vsock_host_route_remove(life.host, 8003, 0), 0);
        }
    }
};

QTEST_GUILESS_MAIN(VsockHostMemory)
#include "tst_vsock_host_memory.moc"
