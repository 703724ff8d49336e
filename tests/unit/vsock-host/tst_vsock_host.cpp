// SPDX-License-Identifier: GPL-2.0-or-later
//
// The host side with real programs at its sockets: both directions, each way of ending, hostile and slow
// peers, and that nothing is ready for ever without being waited for (which would be a spinning main loop).
#include "tests/unit/vsock-host/host_fixture.hpp"

#include <csignal>
#include <fcntl.h>
#include <netinet/in.h>
#include <QtTest>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace nitroscope::vsock;
using namespace nitroscope::vsock::test;
using namespace Qt::Literals::StringLiterals;

namespace {

constexpr std::int64_t second = 1'000'000'000;

// A listening TCP socket on loopback at a free port.
int listenTcp(quint16 &port) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    bind(fd, reinterpret_cast<sockaddr *>(&address), length);
    listen(fd, 8);
    getsockname(fd, reinterpret_cast<sockaddr *>(&address), &length);
    port = ntohs(address.sin_port);
    return fd;
}

} // namespace

class VsockHost : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<PollLoop> m_loop;
    std::unique_ptr<FakeGuest> m_guest;
    std::unique_ptr<SocketHost> m_host;
    std::vector<std::string> m_log;
    std::string m_path;

    bool start(HostOptions options = {}) {
        options.path = m_path;
        std::string problem;
        const bool fine = m_host->start(std::move(options), problem);
        if (!fine)
            qWarning("%s", problem.c_str());
        return fine;
    }
    // The guest dials this port.
    std::unique_ptr<FakeFlow> dial(std::uint32_t port, Kind kind = Kind::stream) {
        static std::uint64_t ids = 0;
        auto flow = std::make_unique<FakeFlow>();
        ConnectAnswer answer = m_host->connect({++ids, kind, {16, 1234}, {3, port}}, *flow);
        flow->end = std::move(answer.end);
        flow->refusal = answer.refusal;
        return flow;
    }
    // A program opens a flow and the guest has accepted it.
    FakeFlow *open(Program &program, std::string_view line = "CONNECT 5000\n") {
        const size_t before = m_guest->opened.size();
        if (!program.connectTo(m_path) || !program.send(line) ||
            !m_loop->until([&] { return m_guest->opened.size() > before; }))
            return nullptr;
        FakeFlow *flow = m_guest->opened.back().get();
        flow->end->accepted();
        return flow;
    }
    // Nothing is ready any more that anybody watches.
    bool isQuiet() {
        for (int turns = 0; turns < 50; ++turns)
            if (m_loop->turn(0) == 0)
                return true;
        return false;
    }

private slots:
    void initTestCase() { std::signal(SIGPIPE, SIG_IGN); }
    void init() {
        m_folder = std::make_unique<QTemporaryDir>();
        m_path = m_folder->filePath(u"run/vsock"_s).toStdString(); // the folder is made by the host
        m_loop = std::make_unique<PollLoop>();
        m_guest = std::make_unique<FakeGuest>();
        m_log.clear();
        m_host = std::make_unique<SocketHost>(*m_loop, *m_guest,
                                              [this](const std::string &line) { m_log.push_back(line); });
    }
    void cleanup() {
        m_guest->opened.clear();
        m_host.reset();
        m_guest.reset();
        m_loop.reset();
    }

    // ------------------------------------------------------------------------------------ programs dial

    void program_thatConnects_getsOkAndTheStream() {
        QVERIFY(start());
        Program program;
        FakeFlow *flow = open(program);
        QVERIFY(flow);
        QCOMPARE(flow->request.guestPort, 5000u);
        QCOMPARE(flow->request.sourceCid, std::uint64_t(3));
        QCOMPARE(flow->request.peer.pid, std::int64_t(getpid()));
        QCOMPARE(program.take(), std::string("OK 1073741825\n"));
        QCOMPARE(flow->readText(), std::string());
        QVERIFY(program.send("hello"));
        QVERIFY(m_loop->until([&] { return flow->readableCount == 1; }));
        QCOMPARE(flow->readText(), std::string("hello"));
        QCOMPARE(flow->writeText("answer").bytes, size_t(6));
        QCOMPARE(program.take(), std::string("answer"));
        QVERIFY(isQuiet());
    }

    void bytesSentAheadOfOk_belongToTheStream() {
        QVERIFY(start());
        Program program;
        FakeFlow *flow = open(program, "CONNECT 5000\nearly");
        QVERIFY(flow);
        QCOMPARE(flow->readText(), std::string("early"));
    }

    void heldBytes_areThrownAwayWhenTheGuestAccepts_withoutOk() {
        QVERIFY(start());
        Program program;
        FakeFlow *flow = open(program, "CONNECT 5000 77 +100000\n" + std::string(100000, 'x') + "stream");
        QVERIFY(flow);
        QCOMPARE(flow->request.sourcePort, 77u);
        QCOMPARE(program.take(), std::string());
        QCOMPARE(flow->readText(), std::string("stream"));
    }

    void heldBytes_ofARefusal_areAConnectionReset() {
        QVERIFY(start());
        Program program;
        QVERIFY(program.connectTo(m_path));
        QVERIFY(program.send("CONNECT 5000 77 +5\nxxxxx"));
        QVERIFY(m_loop->until([&] { return !m_guest->opened.empty(); }));
        m_guest->opened[0]->end->close(Close::abort, Reason::refusedByGuest);
        QCOMPARE(program.take(), "!" + std::to_string(ECONNRESET));
    }

    // The carrier may be gone by the time.
    void socketThatComesWithTheLine_takesThePlaceOfTheCarrier_data() {
        QTest::addColumn<int>("type");
        QTest::newRow("stream") << int(SOCK_STREAM);
        QTest::newRow("seqpacket") << int(SOCK_SEQPACKET);
    }
    void socketThatComesWithTheLine_takesThePlaceOfTheCarrier() {
        QFETCH(int, type);
        QVERIFY(start());
        int ends[2], other[2];
        QCOMPARE(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends), 0);
        QCOMPARE(pipe2(other, O_CLOEXEC), 0);
        const auto program = Program::adopt(ends[0]);
        {
            Program carrier(type);
            QVERIFY(carrier.connectTo(m_path + (type == SOCK_SEQPACKET ? "_seqpacket" : "")));
            QVERIFY(carrier.sendWith("CONNECT 5000 77 +3\n", {other[0], ends[1]}));
        }
        ::close(ends[1]);
        ::close(other[0]);
        QVERIFY(program->send("xxx"));
        QVERIFY(m_loop->until([&] { return !m_guest->opened.empty(); }));
        FakeFlow &flow = *m_guest->opened[0];
        flow.end->accepted();
        QVERIFY(program->send("hello"));
        QVERIFY(m_loop->until([&] { return flow.readText() == "hello"; }));
        QCOMPARE(flow.writeText("answer").bytes, size_t(6));
        QCOMPARE(program->take(), std::string("answer"));
        // What is no socket of this kind was closed.
        QCOMPARE(::write(other[1], "x", 1), ssize_t(-1));
        QCOMPARE(errno, EPIPE);
        ::close(other[1]);
    }

    void handshake_byteByByte_isCollected() {
        QVERIFY(start());
        Program program;
        QVERIFY(program.connectTo(m_path));
        for (const char byte : std::string_view("CONNECT 16:5000 77\n")) {
            QVERIFY(m_guest->opened.empty());
            QVERIFY(program.send({&byte, 1}));
            isQuiet();
        }
        QVERIFY(m_loop->until([&] { return !m_guest->opened.empty(); }));
        QCOMPARE(m_guest->opened[0]->request.sourcePort, 77u);
    }

    void handshake_thatIsWrong_isClosedAndTold_data() {
        QTest::addColumn<QByteArray>("line");
        QTest::newRow("http") << QByteArray("GET / HTTP/1.1\r\n\r\n");
        QTest::newRow("flood") << "CONNECT " + QByteArray(100000, ' ');
        QTest::newRow("other CID") << QByteArray("CONNECT 17:5000\n");
        QTest::newRow("console without debug mode") << QByteArray("CONNECT 0:10016\n");
        QTest::newRow("unknown port of CID 0") << QByteArray("CONNECT 0:1\n");
    }
    void handshake_thatIsWrong_isClosedAndTold() {
        QFETCH(QByteArray, line);
        QVERIFY(start());
        Program program;
        QVERIFY(program.connectTo(m_path));
        QVERIFY(program.send(line.toStdString()));
        QVERIFY(m_loop->until([&] { return !m_log.empty(); }));
        const std::string end = program.take();
        QVERIFY2(end == "$" || end == "!" + std::to_string(ECONNRESET), end.c_str());
        QVERIFY(m_guest->opened.empty());
    }

    void handshake_thatDoesNotCome_endsAtItsDeadline() {
        QVERIFY(start());
        Program program;
        QVERIFY(program.connectTo(m_path) && program.send("CONN"));
        isQuiet();
        m_guest->pass(4 * second);
        QCOMPARE(program.take(), std::string());
        m_guest->pass(2 * second);
        QVERIFY(program.take() != "");
        QCOMPARE(m_log.size(), size_t(1));
    }

    void silentPrograms_doNotKeepOthersOutForEver() {
        QVERIFY(start());
        std::vector<std::unique_ptr<Program>> silent;
        for (int i = 0; i < 64; ++i) {
            silent.push_back(std::make_unique<Program>());
            QVERIFY(silent.back()->connectTo(m_path));
        }
        isQuiet();
        Program program;
        QVERIFY(program.connectTo(m_path) && program.send("CONNECT 1\n"));
        QVERIFY(isQuiet()); // the 65th waits without waking anybody
        QVERIFY(m_guest->opened.empty());
        silent.pop_back();
        QVERIFY(m_loop->until([&] { return !m_guest->opened.empty(); }));
    }

    void program_thatLeavesBeforeTheGuestAnswers_cancels() {
        QVERIFY(start());
        Program program;
        QVERIFY(program.connectTo(m_path) && program.send("CONNECT 5000\n"));
        QVERIFY(m_loop->until([&] { return !m_guest->opened.empty(); }));
        program.close();
        QVERIFY(m_loop->until([&] { return m_guest->opened[0]->failure == Reason::cancelled; }));
    }

    void refusal_ofTheGuest_closesWithoutOk() {
        QVERIFY(start());
        Program program;
        QVERIFY(program.connectTo(m_path) && program.send("CONNECT 5000\n"));
        QVERIFY(m_loop->until([&] { return !m_guest->opened.empty(); }));
        m_guest->opened[0]->end->close(Close::abort, Reason::refusedByGuest);
        QCOMPARE(program.take(), std::string("$"));
    }

    void seqpacketProgram_keepsMessages() {
        QVERIFY(start());
        Program program(SOCK_SEQPACKET);
        QVERIFY(program.connectTo(m_path + "_seqpacket") && program.send("CONNECT 5000\n"));
        QVERIFY(m_loop->until([&] { return !m_guest->opened.empty(); }));
        FakeFlow &flow = *m_guest->opened[0];
        QCOMPARE(flow.request.kind, Kind::seqpacket);
        flow.end->accepted();
        QVERIFY(program.take().starts_with("OK "));
        QVERIFY(program.send("one") && program.send("") && program.send("second message"));
        QCOMPARE(flow.readText(), std::string("one"));
        QVERIFY(flow.last.endOfMessage);
        QCOMPARE(flow.readText(7), std::string("second "));
        QVERIFY(!flow.last.endOfMessage);
        QCOMPARE(flow.readText(), std::string("message"));
        QVERIFY(flow.last.endOfMessage);
        QCOMPARE(flow.writeText("reply").bytes, size_t(5));
        QCOMPARE(program.take(), std::string("reply"));
        program.close();
        QVERIFY(m_loop->until([&] {
            flow.readText();
            return flow.last.status == ReadStatus::closed;
        }));
    }

    // ------------------------------------------------------------------------------------ ends

    void halfClose_ofTheProgram_isNoClose() {
        QVERIFY(start());
        Program program;
        FakeFlow *flow = open(program);
        QVERIFY(program.send("last") && shutdown(program.fd(), SHUT_WR) == 0);
        QCOMPARE(flow->readText(), std::string("last"));
        QVERIFY(m_loop->until([&] { return flow->readableCount > 0; }));
        flow->readText();
        QCOMPARE(int(flow->last.status), int(ReadStatus::endOfData));
        QCOMPARE(flow->writeText("still").bytes, size_t(5));
        QVERIFY(isQuiet());
        program.take(); // OK and the rest
        flow->end->endOfGuestData();
        QCOMPARE(program.take(), std::string("$"));
    }

    void close_ofTheProgram_isClosedAfterItsBytes() {
        QVERIFY(start());
        Program program;
        FakeFlow *flow = open(program);
        program.take();
        QVERIFY(program.send("last"));
        program.close();
        QCOMPARE(flow->readText(), std::string("last"));
        QVERIFY(m_loop->until([&] { return flow->readableCount > 0; }));
        flow->readText();
        QCOMPARE(int(flow->last.status), int(ReadStatus::closed));
        QCOMPARE(int(flow->writeText("x").status), int(WriteStatus::reset));
        QVERIFY(isQuiet());
    }

    void close_withUnreadData_isAReset() {
        QVERIFY(start());
        Program program;
        FakeFlow *flow = open(program); // the OK stays unread
        flow->readText();
        program.close();
        QVERIFY(m_loop->until([&] { return flow->readableCount > 0; }));
        flow->readText();
        QCOMPARE(int(flow->last.status), int(ReadStatus::reset));
    }

    void program_thatStopsReading_isNotGone() {
        QVERIFY(start());
        Program program;
        FakeFlow *flow = open(program);
        QVERIFY(shutdown(program.fd(), SHUT_RD) == 0);
        QCOMPARE(int(flow->writeText("x").status), int(WriteStatus::receiveClosed));
        QVERIFY(program.send("more"));
        QCOMPARE(flow->readText(), std::string("more"));
    }

    void guest_thatStopsReading_letsTheWriterKnow() {
        QVERIFY(start());
        Program program;
        FakeFlow *flow = open(program);
        flow->end->guestStoppedReading();
        QVERIFY(!program.send("x"));
        QCOMPARE(errno, EPIPE);
        QVERIFY(isQuiet());
    }

    void fullSocket_takesAPartAndTellsWhenThereIsRoom() {
        QVERIFY(start());
        Program program;
        FakeFlow *flow = open(program);
        const std::string much(1 << 20, 'x');
        size_t sent = 0;
        for (size_t taken = 1; taken > 0; sent += taken)
            taken = flow->writeText(much).bytes;
        QCOMPARE(flow->writableCount, 0);
        QVERIFY(isQuiet());
        size_t received = 0;
        const size_t greeting = std::string("OK 1073741825\n").size();
        QVERIFY(m_loop->until([&] {
            const std::string got = program.take();
            received += got.size();
            return flow->writableCount == 1 && got.empty();
        }));
        QCOMPARE(received, sent + greeting);
        QVERIFY(isQuiet());
    }

    // ------------------------------------------------------------------------------------ the guest dials

    void guest_reachesTheSocketOfItsPort() {
        QVERIFY(start());
        Program server;
        QVERIFY(server.listenAt(m_path + "_8000"));
        auto flow = dial(8000);
        QVERIFY(flow->end);
        QCOMPARE(flow->connectedCount, 1);
        QCOMPARE(flow->peer.description, "unix:" + m_path + "_8000");
        QCOMPARE(flow->peer.pid, std::int64_t(getpid()));
        sockaddr_un caller{};
        socklen_t length = sizeof caller;
        const int fd = ::accept(server.fd(), reinterpret_cast<sockaddr *>(&caller), &length);
        auto connection = Program::adopt(fd);
        QVERIFY(std::string(caller.sun_path + 1).starts_with("nitroscope-vsock/16:1234/"));
        QCOMPARE(flow->writeText("request").bytes, size_t(7));
        QCOMPARE(connection->take(), std::string("request"));
        flow->end->close(Close::orderly, Reason::guestClosed);
        QCOMPARE(connection->take(), std::string("$"));
    }

    // Whoever is first at PATH_8000 in a folder like /tmp would get what the enclave says.
    void guest_atAnotherUsersSocket_isRefusedAndItIsSaidOnce() {
        if (geteuid() != 0)
            QSKIP("only root can give a socket to another user");
        QVERIFY(start());
        Program server;
        QVERIFY(server.listenAt(m_path + "_8000"));
        QCOMPARE(chown((m_path + "_8000").c_str(), 65534, 65534), 0);
        for (int i = 0; i < 2; ++i) {
            auto flow = dial(8000);
            QVERIFY(!flow->end);
            QCOMPARE(flow->refusal, Reason::hostError);
            QCOMPARE(flow->peer.description, "unix:" + m_path + "_8000, which belongs to another user");
        }
        QCOMPARE(m_log.size(), size_t(1));
        QVERIFY2(m_log[0].find("belongs to another user") != std::string::npos, m_log[0].c_str());
    }

    void guest_atALinkToASocket_isRefused() {
        QVERIFY(start());
        Program server;
        QVERIFY(server.listenAt(m_path + "_real"));
        QCOMPARE(symlink((m_path + "_real").c_str(), (m_path + "_8000").c_str()), 0);
        auto flow = dial(8000);
        QVERIFY(!flow->end);
        QCOMPARE(flow->refusal, Reason::hostError);
    }

    void guest_isRefusedWithTheReason_data() {
        QTest::addColumn<QString>("route");
        QTest::addColumn<int>("reason");
        QTest::newRow("no socket") << QString() << int(Reason::noRoute);
        QTest::newRow("refuse") << "refuse" << int(Reason::refusedByRoute);
        QTest::newRow("folder missing") << "/nonexistent/x" << int(Reason::noRoute);
    }
    void guest_isRefusedWithTheReason() {
        QFETCH(QString, route);
        QFETCH(int, reason);
        HostOptions options;
        std::string problem;
        if (!route.isEmpty())
            options.routes.outgoing[8000] = *Route::parse(route.toStdString(), problem);
        QVERIFY(start(options));
        const auto flow = dial(8000);
        QVERIFY(!flow->end);
        QCOMPARE(int(flow->refusal), reason);
    }

    void guest_atADeadOrOtherSocket_isRefused() {
        QVERIFY(start());
        {
            Program gone;
            QVERIFY(gone.listenAt(m_path + "_8000"));
        }
        QCOMPARE(int(dial(8000)->refusal), int(Reason::noListener));
        Program messages(SOCK_SEQPACKET);
        QVERIFY(messages.listenAt(m_path + "_8001"));
        QCOMPARE(int(dial(8001)->refusal), int(Reason::kindMismatch));
    }

    void fullBacklog_isTriedAgainByTimer() {
        QVERIFY(start());
        Program server;
        QVERIFY(server.listenAt(m_path + "_8000", 0));
        std::vector<std::unique_ptr<FakeFlow>> flows;
        do
            flows.push_back(dial(8000));
        while (flows.back()->connectedCount == 1 && flows.size() < 100);
        FakeFlow &waiting = *flows.back();
        QCOMPARE(waiting.connectedCount, 0);
        QVERIFY(waiting.end);
        QVERIFY(isQuiet());
        m_guest->pass(ConnectTimes::retry);
        QCOMPARE(waiting.connectedCount, 0);
        auto first = server.accept();
        m_guest->pass(ConnectTimes::retry);
        QCOMPARE(waiting.connectedCount, 1);
    }

    void tcpRoute_connectsByNumberAndByName_data() {
        QTest::addColumn<QString>("host");
        QTest::newRow("number") << "127.0.0.1";
        QTest::newRow("name") << "localhost";
    }
    void tcpRoute_connectsByNumberAndByName() {
        QFETCH(QString, host);
        quint16 port = 0;
        auto server = Program::adopt(listenTcp(port));
        HostOptions options;
        options.routes.outgoing[443] =
            Route{Route::Kind::connect, {HostAddress::Family::tcp, host.toStdString(), port}};
        QVERIFY(start(options));
        auto flow = dial(443);
        QVERIFY(flow->end);
        QVERIFY(m_loop->until([&] { return flow->connectedCount == 1; }));
        auto connection = server->accept();
        QVERIFY(connection->send("tcp"));
        flow->readText();
        QVERIFY(m_loop->until([&] { return flow->last.bytes == 3 || flow->readText() == "tcp"; }));
        flow->end->close(Close::abort, Reason::guestReset);
        QVERIFY(m_loop->until([&] { return connection->take() == "!" + std::to_string(ECONNRESET); }));
    }

    void tcpRoute_withoutListener_fails() {
        quint16 port = 0;
        ::close(listenTcp(port));
        HostOptions options;
        options.routes.outgoing[443] =
            Route{Route::Kind::connect, {HostAddress::Family::tcp, "127.0.0.1", port}};
        QVERIFY(start(options));
        auto flow = dial(443);
        QVERIFY(m_loop->until([&] { return flow->failure == Reason::noListener; }));
    }

    void publishedPort_opensWithoutHandshake() {
        HostOptions options;
        options.routes.published[5000] =
            Route{Route::Kind::listen, {HostAddress::Family::unixSocket, m_path + "-echo", 0}};
        QVERIFY(start(options));
        Program program;
        QVERIFY(program.connectTo(m_path + "-echo") && program.send("at once"));
        QVERIFY(m_loop->until([&] { return !m_guest->opened.empty(); }));
        FakeFlow &flow = *m_guest->opened[0];
        QCOMPARE(flow.request.guestPort, 5000u);
        flow.end->accepted();
        QCOMPARE(flow.readText(), std::string("at once"));
        QCOMPARE(program.take(), std::string());
    }

    void routes_changeAtRunTime() {
        QVERIFY(start());
        std::string problem;
        QCOMPARE(int(dial(7000)->refusal), int(Reason::noRoute));
        QVERIFY(m_host->addRoute(7000, *Route::parse("echo", problem), problem));
        QVERIFY(m_host->addRoute(7000, *Route::parse("listen:" + m_path + "-p", problem), problem));
        QCOMPARE(m_host->routes().outgoing.size() + m_host->routes().published.size(), size_t(2));
        auto flow = dial(7000);
        QVERIFY(flow->end);
        QCOMPARE(flow->writeText("back").bytes, size_t(4));
        QCOMPARE(flow->readText(), std::string("back"));
        flow->end->endOfGuestData();
        flow->readText();
        QCOMPARE(int(flow->last.status), int(ReadStatus::endOfData));
        QVERIFY(m_host->removeRoute(7000, Route::Kind::listen));
        QVERIFY(m_host->removeRoute(7000, Route::Kind::echo));
        QVERIFY(!m_host->removeRoute(7000, Route::Kind::echo));
        QVERIFY(!QFile::exists(QString::fromStdString(m_path + "-p")));
        QCOMPARE(int(dial(7000)->refusal), int(Reason::noRoute));
    }

    void echo_ofManyShortMessages_keepsTheirBounds() {
        QVERIFY(start());
        std::string problem;
        QVERIFY(m_host->addRoute(7000, *Route::parse("echo", problem), problem));
        auto flow = dial(7000, Kind::seqpacket);
        QVERIFY(flow->end);
        std::size_t held = 0;
        while (flow->writeText("x").bytes == 1)
            ++held;
        QCOMPARE(held, std::size_t(defaultBufferBytes)); // no more than the guest may have under way
        for (; held > 0; --held) {
            QCOMPARE(flow->readText(2), std::string("x"));
            QVERIFY(flow->last.endOfMessage);
        }
        QCOMPARE(flow->writableCount, 1);
        QCOMPARE(flow->writeText("of four parts").bytes, std::size_t(13));
        QCOMPARE(flow->readText(4), std::string("of f"));
        QVERIFY(!flow->last.endOfMessage);
        QCOMPARE(flow->readText(20), std::string("our parts"));
        QVERIFY(flow->last.endOfMessage);
    }

    void heartbeat_isAnsweredAsTold_data() {
        QTest::addColumn<int>("mode");
        QTest::addColumn<QByteArray>("atOnce");
        QTest::addColumn<QByteArray>("later");
        QTest::newRow("on") << int(HeartbeatMode::on) << QByteArray("\xb7") << QByteArray();
        QTest::newRow("delay") << int(HeartbeatMode::delay) << QByteArray() << QByteArray("\xb7");
        QTest::newRow("wrong") << int(HeartbeatMode::wrong) << QByteArray("\x48") << QByteArray();
    }
    void heartbeat_isAnsweredAsTold() {
        QFETCH(int, mode);
        QFETCH(QByteArray, atOnce);
        QFETCH(QByteArray, later);
        HostOptions options;
        options.heartbeat = HeartbeatMode(mode);
        options.heartbeatDelayNs = 3 * second;
        QVERIFY(start(options));
        auto flow = dial(9000);
        QVERIFY(flow->end);
        QCOMPARE(flow->writeText("\xb7").bytes, size_t(1));
        QCOMPARE(QByteArray::fromStdString(flow->readText()), atOnce);
        m_guest->pass(4 * second);
        QCOMPARE(QByteArray::fromStdString(flow->readText()), later);
    }

    void heartbeat_off_isAPortLikeAnyOther() {
        HostOptions options;
        options.heartbeat = HeartbeatMode::off;
        QVERIFY(start(options));
        QCOMPARE(int(dial(9000)->refusal), int(Reason::noRoute));
        Program parent;
        QVERIFY(parent.listenAt(m_path + "_9000"));
        QVERIFY(dial(9000)->end);
    }

    void console_inDebugMode_givesTheBacklogAndWhatFollows() {
        HostOptions options;
        options.console = true;
        QVERIFY(start(options));
        m_host->consoleOutput(std::string(70000, 'o'));
        m_host->consoleOutput("boot\n");
        Program program;
        QVERIFY(program.connectTo(m_path) && program.send("CONNECT 0:10016\n"));
        std::string all;
        QVERIFY(m_loop->until([&] { return (all += program.take()).ends_with("boot\n"); }));
        QVERIFY(all.starts_with("OK 10016\noooo"));
        QCOMPARE(all.size(), consoleBacklog + 9);
        QVERIFY(isQuiet());
        m_host->consoleOutput("more");
        QVERIFY(m_loop->until([&] { return program.take() == "more"; }));
        program.close();
        m_host->consoleOutput("nobody");
        QVERIFY(isQuiet());
    }

    // ------------------------------------------------------------------------------------ names

    void sockets_arePrivate() {
        QVERIFY(start());
        struct stat status {};
        QVERIFY(stat(m_path.substr(0, m_path.rfind('/')).c_str(), &status) == 0);
        QCOMPARE(int(status.st_mode & 0777), 0700);
        QVERIFY(stat(m_path.c_str(), &status) == 0);
        QCOMPARE(int(status.st_mode & 0777), 0600);
    }

    // Everybody may lock a folder that they can look into.
    void folder_lockedBySomebodyElse_isUsedAllTheSame() {
        const int folder =
            ::open(m_folder->path().toLocal8Bit().constData(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        QCOMPARE(flock(folder, LOCK_EX), 0);
        m_path = m_folder->filePath(u"vsock"_s).toStdString();
        QVERIFY(start());
        ::close(folder);
    }

    void folder_ofAnotherUser_isRefused() {
        if (geteuid() != 0)
            QSKIP("only root can give a folder to another user");
        const std::string folder = m_folder->filePath(u"run"_s).toStdString();
        QCOMPARE(mkdir(folder.c_str(), 0755), 0);
        QCOMPARE(chown(folder.c_str(), 65534, 65534), 0);
        HostOptions options;
        options.path = m_path;
        std::string problem;
        QVERIFY(!m_host->start(options, problem));
        QVERIFY2(problem.find("belongs to another user") != std::string::npos, problem.c_str());
    }

    void livingSocket_isNotStolen_deadOneIsReplaced() {
        QVERIFY(start());
        SocketHost second(*m_loop, *m_guest, [](const std::string &) {});
        HostOptions options;
        options.path = m_path;
        std::string problem;
        QVERIFY(!second.start(options, problem));
        QVERIFY2(problem.find("in use by process " + std::to_string(getpid())) != problem.npos,
                 problem.c_str());
        Program program;
        QVERIFY(open(program)); // the first one still serves
        m_guest->opened.clear();
        m_host.reset();
        QVERIFY(!QFile::exists(QString::fromStdString(m_path)));
        QVERIFY(QDir().mkpath(m_folder->filePath(u"run"_s)));
        {
            Program crashed;
            QVERIFY(crashed.listenAt(m_path));
        }
        QVERIFY2(second.start(options, problem), problem.c_str());
    }

    void names_atTheEnd_areTakenAwayWithTheirFolder() {
        QVERIFY(start());
        const QString folder = m_folder->filePath(u"run"_s);
        QCOMPARE(QDir(folder).entryList(QDir::System).size(), 2);
        m_host->removePaths();
        QVERIFY(!QFile::exists(folder));
        m_host.reset(); // has nothing to do any more
    }

    void names_thatOthersHaveTaken_stay() {
        QVERIFY(start());
        QVERIFY(QFile::remove(QString::fromStdString(m_path)));
        Program other;
        QVERIFY(other.listenAt(m_path));
        m_host->removePaths();
        QCOMPARE(QDir(m_folder->filePath(u"run"_s)).entryList(QDir::System),
                 QStringList{QFileInfo(QString::fromStdString(m_path)).fileName()});
    }

    void abandonedSocket_onlyTheOneThatWasMeant_isRemoved() {
        Program living, dead, later;
        const std::string path = m_folder->filePath(u"a"_s).toStdString();
        QVERIFY(living.listenAt(path));
        const auto file = SocketFile::at(path);
        QVERIFY(file && file->isStillThere());
        removeAbandoned(*file);
        QVERIFY(file->isStillThere()); // somebody listens
        SocketFile another = *file;
        ++another.inode;
        living.close();
        removeAbandoned(another);
        QVERIFY(file->isStillThere());
        removeAbandoned(*file);
        QVERIFY(!file->isStillThere());
        QVERIFY(!SocketFile::at(m_folder->path().toStdString()));
    }

    void pathOfAnotherKind_isLeftAlone() {
        QVERIFY(QDir().mkpath(m_folder->filePath(u"run"_s)));
        QFile file(QString::fromStdString(m_path));
        QVERIFY(file.open(QIODevice::WriteOnly));
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"is not a socket"_s));
        QVERIFY(!start());
        QVERIFY(file.exists());
    }
};

QTEST_GUILESS_MAIN(VsockHost)
#include "tst_vsock_host.moc"
