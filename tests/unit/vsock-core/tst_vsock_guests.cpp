// SPDX-License-Identifier: GPL-2.0-or-later
//
// Random traffic between models of Linux guests and a host that takes and gives in random portions: nothing
// may be lost, changed, reordered or reset, whatever the guest charges for a packet, also while the byte
// counters wrap.
#include "tests/unit/vsock-core/model_guest.hpp"
#include "tests/unit/vsock-core/suites.hpp"

#include <QTest>

#include <random>

using namespace nitroscope::vsock;
using namespace nitroscope::vsock::test;

namespace {

// Position-dependent bytes, so that any loss or exchange shows.
char byteAt(std::uint64_t flow, std::uint64_t position) {
    return static_cast<char>((position * 167 + (position >> 8) * 13 + flow * 71) & 0xff);
}

struct Traffic {
    Traffic(Books books, std::uint32_t bufAlloc, std::uint32_t port) : socket(books, bufAlloc, port) {}

    ModelSocket socket;
    std::shared_ptr<Control> end;
    std::uint64_t sentByGuest = 0, readByHost = 0, sentByHost = 0, readByGuest = 0;
};

class Simulation {
public:
    Simulation(Books books, int flows, std::uint32_t bufAlloc, unsigned seed) : m_random(seed) {
        for (int i = 0; i < flows; ++i) {
            m_traffic.push_back(
                std::make_unique<Traffic>(books, bufAlloc, 2000u + static_cast<std::uint32_t>(i)));
            m_bench.send(m_traffic.back()->socket.header(Op::request));
            m_traffic.back()->end = m_bench.host.ends.back();
            m_traffic.back()->end->room = 0;
        }
    }

    bool step() {
        const std::size_t which = below(m_traffic.size());
        Traffic &traffic = *m_traffic[which];
        switch (below(6)) {
        case 0:
            return guestSends(which, traffic) && deliver(below(20));
        case 1:
            return guestReads(which, traffic, 1 + below(below(2) == 0 ? 300 : 100'000)) && deliver(below(4));
        case 2:
            hostSends(which, traffic, 1 + below(below(2) == 0 ? 600 : 80'000));
            return deliver(below(40));
        case 3:
            traffic.end->room += below(below(2) == 0 ? 100 : 200'000);
            traffic.end->events->writable();
            return deliver(below(3));
        case 4:
            return hostReads(which, traffic);
        default:
            m_bench.pass(static_cast<std::int64_t>(below(3)));
            return deliver(below(60));
        }
    }

    // Everybody reads all there is.
    bool settle() {
        for (int round = 0; round < 200; ++round)
            for (std::size_t i = 0; i < m_traffic.size(); ++i) {
                Traffic &traffic = *m_traffic[i];
                traffic.end->room = 1u << 30;
                traffic.end->events->writable();
                if (!deliver(200) || !guestReads(i, traffic, SIZE_MAX) || !hostReads(i, traffic))
                    return false;
            }
        for (const auto &traffic : m_traffic)
            if (traffic->readByGuest != traffic->sentByHost || traffic->readByHost != traffic->sentByGuest) {
                error = "bytes are stuck: " + std::to_string(traffic->readByGuest) + " of " +
                        std::to_string(traffic->sentByHost) + " to the guest, " +
                        std::to_string(traffic->readByHost) + " of " + std::to_string(traffic->sentByGuest) +
                        " to the host";
                return false;
            }
        return true;
    }
    std::uint64_t bytes() const {
        std::uint64_t total = 0;
        for (const auto &traffic : m_traffic)
            total += traffic->readByGuest + traffic->readByHost;
        return total;
    }

    std::string error;

private:
    std::size_t below(std::size_t limit) { return limit == 0 ? 0 : m_random() % limit; }

    bool guestSends(std::size_t which, Traffic &traffic) {
        const std::size_t size = std::min<std::size_t>(
            {1 + below(below(2) == 0 ? 200 : 65536), traffic.socket.sendRoom(), maxPayload});
        if (size == 0)
            return true;
        std::string data(size, 0);
        for (char &byte : data)
            byte = byteAt(which, traffic.sentByGuest++);
        m_bench.send(traffic.socket.dataHeader(size), data);
        return true;
    }
    bool guestReads(std::size_t which, Traffic &traffic, std::size_t limit) {
        for (const char byte : traffic.socket.read(limit))
            if (byte != byteAt(which + 100, traffic.readByGuest++)) {
                error = "wrong byte at the guest, flow " + std::to_string(which);
                return false;
            }
        if (traffic.socket.owesUpdate())
            m_bench.send(traffic.socket.header(Op::creditUpdate));
        return true;
    }
    void hostSends(std::size_t which, Traffic &traffic, std::size_t size) {
        if (traffic.end->readable.size() > 300'000)
            return;
        for (std::size_t i = 0; i < size; ++i)
            traffic.end->readable += byteAt(which + 100, traffic.sentByHost++);
        traffic.end->events->readable();
    }
    bool hostReads(std::size_t which, Traffic &traffic) {
        for (const char byte : std::exchange(traffic.end->written, {}))
            if (byte != byteAt(which, traffic.readByHost++)) {
                error = "wrong byte at the host, flow " + std::to_string(which);
                return false;
            }
        return true;
    }
    // The device gets so many receive buffers.
    bool deliver(std::size_t buffers) {
        static constexpr std::array<std::size_t, 4> sizes{44 + 4096, 4096, 3776, 1000};
        for (const Packet &packet : m_bench.take(buffers, sizes[below(sizes.size())])) {
            Traffic &traffic = *m_traffic[packet.header.destination.port - 2000];
            if (!traffic.socket.receive(packet)) {
                error = std::string("the guest lost or refused ") + opName(packet.header.op) + " of " +
                        std::to_string(packet.payload.size()) + " bytes";
                return false;
            }
            if (packet.header.op == Op::creditRequest)
                m_bench.send(traffic.socket.header(Op::creditUpdate));
        }
        return true;
    }

    std::mt19937 m_random;
    Bench m_bench;
    std::vector<std::unique_ptr<Traffic>> m_traffic;
};

} // namespace

class VsockGuests : public QObject {
    Q_OBJECT

private slots:
    void traffic_random_losesAndReordersNothing_data() {
        QTest::addColumn<int>("books");
        QTest::addColumn<int>("flows");
        QTest::addColumn<uint>("bufAlloc");
        const struct {
            Books books;
            const char *name;
        } variants[] = {{Books::bytesOnly, "bytes only"},
                        {Books::taxedTogether, "packets and bytes together"},
                        {Books::taxedApart, "packets and bytes apart"}};
        for (const auto &variant : variants)
            for (const int flows : {1, 7})
                for (const uint bufAlloc : {262'144u, 16'384u, 2'000'000u})
                    QTest::addRow("%s, %d flows, buffer %u", variant.name, flows, bufAlloc)
                        << static_cast<int>(variant.books) << flows << bufAlloc;
    }
    void traffic_random_losesAndReordersNothing() {
        QFETCH(int, books);
        QFETCH(int, flows);
        QFETCH(uint, bufAlloc);
        Simulation simulation(static_cast<Books>(books), flows, bufAlloc, 1);
        for (int i = 0; i < 1'000; ++i)
            QVERIFY2(simulation.step(), qPrintable(QString::fromStdString(simulation.error)));
        QVERIFY2(simulation.settle(), qPrintable(QString::fromStdString(simulation.error)));
        QVERIFY(simulation.bytes() > 500'000);
    }
};

int runGuests(int argc, char **argv) {
    VsockGuests suite;
    return QTest::qExec(&suite, argc, argv);
}

#include "tst_vsock_guests.moc"
