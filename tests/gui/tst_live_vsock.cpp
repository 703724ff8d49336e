// SPDX-License-Identifier: GPL-2.0-or-later
//
// The vsock panel around the real demo enclave: traffic through its echo service, a published port, a fault
// that acts and a break that stops. Leaves pictures in build/screenshots for people to look at.
#include "app/features/vsock/vsock_panel.hpp"
#include "app/session/run/live_session.hpp"
#include "app/ui/panel/panel_dock.hpp"
#include "app/ui/theme/theme.hpp"
#include "tests/gui/support/live_machine.hpp"
#include "tests/gui/support/test_window.hpp"

#include <QSignalSpy>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QtNetwork/QTcpServer>
#include <QtNetwork/QTcpSocket>

using namespace nitroscope::app;
using namespace Qt::Literals::StringLiterals;
namespace qmp = nitroscope::qmp;

namespace {

constexpr int patience = 180'000; // milliseconds, for a machine that has much else to do

quint16 freePort() {
    QTcpServer server;
    server.listen(QHostAddress::LocalHost);
    return server.serverPort();
}

} // namespace

class LiveVsock : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

private slots:
    void initTestCase() { NITROSCOPE_NEEDS_DEMO_MACHINE(m_folder); }

    void demo_trafficFaultAndBreak() {
        theme::apply(*qApp, Appearance::light);
        Preferences preferences(m_folder.path());
        LiveSession session;
        TestWindow window(session, preferences);
        window.show();
        VsockPanel &panel = window.vsockPanel();
        const auto trigger = [&window](const char *id) {
            window.actions().find(QLatin1String(id))->trigger();
        };
        const auto waitFor = [](const std::function<bool()> &condition) {
            return QTest::qWaitFor(condition, patience);
        };
        window.openEif(demoEif, MainWindow::AfterOpening::run);
        const auto flowTo = [&panel](quint32 port) {
            const auto &flows = panel.account().flows();
            for (size_t i = flows.size(); i-- > 0;)
                if (flows[i].servicePort() == port)
                    return static_cast<int>(i);
            return -1;
        };
        QVERIFY(waitFor([&] { return flowTo(8000) >= 0; })); // the demo's client has dialed
        QVERIFY(flowTo(9000) >= 0);
        QCOMPARE(panel.account().flows()[size_t(flowTo(8000))].state, VsockFlow::State::refused);

        // Published on TCP while it runs, as the dialog does it.
        const quint16 port = freePort();
        session.vsock().addRoute({5000, u"listen:tcp:127.0.0.1:%1"_s.arg(port)});
        QVERIFY(waitFor([&] { return session.vsock().routes().size() == 1; }));
        QTcpSocket socket;
        socket.connectToHost(u"127.0.0.1"_s, port);
        QVERIFY(waitFor([&] { return socket.state() == QAbstractSocket::ConnectedState; }));
        QByteArray back;
        connect(&socket, &QTcpSocket::readyRead, this, [&] { back += socket.readAll(); });
        const QByteArray first = "GET /status HTTP/1.1\r\nHost: enclave\r\n\r\n";
        socket.write(first);
        QVERIFY(waitFor([&] { return back == first; }));
        back.clear();
        const QByteArray block = QByteArray("a line of traffic, over and over\n").repeated(4000);
        socket.write(block);
        QVERIFY(waitFor([&] { return back == block; }));
        QVERIFY(waitFor([&] {
            return flowTo(5000) >= 0 && panel.account().flows()[size_t(flowTo(5000))].bytesFromGuest ==
                                            quint64(first.size() + block.size());
        }));
        const quint64 id = panel.account().flows()[size_t(flowTo(5000))].id;
        QVERIFY(panel.showFlow(id));
        trigger("vsock.packets");
        savePicture(window, u"vsock-packets"_s);
        trigger("vsock.follow");
        savePicture(window, u"vsock-stream"_s);
        QCOMPARE(panel.streamBytes(StreamDirection::fromGuest), first + block);
        trigger("vsock.throughput");
        savePicture(window, u"vsock-throughput"_s);

        // A fault that flips one bit, once.
        qmp::VsockFaultRule fault;
        fault.action = u"corrupt"_s;
        fault.packet.port = 5000;
        fault.packet.operation = u"rw"_s;
        fault.count = 1;
        emit panel.faultWanted(fault);
        QVERIFY(waitFor([&] { return session.vsock().rules().size() == 1; }));
        back.clear();
        const QByteArray fragile(64, 'f');
        socket.write(fragile);
        QVERIFY(waitFor([&] { return back.size() == fragile.size(); }));
        QVERIFY(back != fragile);
        QVERIFY(waitFor(
            [&] { return !session.vsock().rules().isEmpty() && session.vsock().rules().first().hits == 1; }));

        // A break on the next data: the machine stops, and goes on.
        qmp::VsockBreakRule stop;
        stop.packet.port = 5000;
        stop.packet.operation = u"rw"_s;
        stop.count = 1;
        emit panel.breakWanted(stop);
        QVERIFY(waitFor([&] { return session.vsock().rules().size() == 2; }));
        back.clear();
        socket.write("stop here");
        QVERIFY(waitFor([&] { return session.state() == EnclaveSession::State::paused; }));
        theme::apply(*qApp, Appearance::dark);
        trigger("vsock.follow");
        QVERIFY(waitFor([&] { return panel.currentFlow() == flowTo(5000); }));
        savePicture(window, u"vsock-break-dark"_s);
        theme::apply(*qApp, Appearance::light);
        trigger("enclave.resume");
        QVERIFY(waitFor([&] { return back == "stop here"; }));

        QSignalSpy ended(&session, &EnclaveSession::ended);
        trigger("enclave.stop");
        QVERIFY(waitFor([&] { return ended.count() == 1; }));
        QVERIFY(session.vsock().rules().isEmpty());
    }
};

QTEST_MAIN(LiveVsock)
#include "tst_live_vsock.moc"
