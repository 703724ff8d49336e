// SPDX-License-Identifier: GPL-2.0-or-later
//
// vsock flows as TCP connections: judged by Wireshark's command-line program, which follows and decodes them,
// and by our own reader.
#include "app/proto/pcapng/capture_reader.hpp"
#include "app/proto/pcapng/tcp_view.hpp"
#include "tests/unit/capture/vsock_stream.hpp"

#include <QProcess>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QtTest>

using namespace nitroscope::test;
namespace pcapng = nitroscope::pcapng;

namespace {

QByteArray tcpOf(const QByteArray &stream, quint64 *connections = nullptr) {
    QByteArray out;
    pcapng::TcpView view([&out](QByteArrayView bytes) { out.append(bytes); });
    pcapng::CaptureReader reader([&view](const pcapng::Record &record) { view.add(record); });
    reader.feed(stream);
    reader.finish();
    if (connections)
        *connections = view.connections();
    return out;
}

} // namespace

class TcpViewTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    QString m_tshark = QStandardPaths::findExecutable("tshark");

    // Also checks that nothing was complained about.
    QString tshark(const QByteArray &stream, const QStringList &arguments) {
        const QString path = m_folder.filePath("tcp.pcapng");
        QFile file(path);
        if (!file.open(QIODevice::WriteOnly) || file.write(stream) != stream.size())
            qFatal("cannot write %s", qPrintable(path));
        file.close();
        QProcess process;
        process.start(m_tshark, QStringList{"-n", "-r", path} + arguments);
        process.waitForFinished(60000);
        for (const QString &line :
             QString::fromUtf8(process.readAllStandardError()).split('\n', Qt::SkipEmptyParts))
            if (!line.startsWith("Running as user"))
                return "complaint: " + line;
        return QString::fromUtf8(process.readAllStandardOutput());
    }

private slots:
    void wireshark_followsTheStream() {
        if (m_tshark.isEmpty())
            QSKIP("tshark is not installed");
        quint64 connections = 0;
        const QByteArray tcp = tcpOf(trafficStream(), &connections);
        QCOMPARE(connections, quint64(3));
        const QString text = tshark(tcp, {"-q", "-z", "follow,tcp,ascii,2"});
        QVERIFY2(text.contains("GET /hello HTTP/1.1"), qPrintable(text));
        QVERIFY2(text.contains("hello"), qPrintable(text));
        QVERIFY(text.contains(" world!"));
        QVERIFY(!text.contains("lost on its way"));
    }

    void wireshark_decodesHttp() {
        if (m_tshark.isEmpty())
            QSKIP("tshark is not installed");
        const QString http =
            tshark(tcpOf(trafficStream()), {"-Y", "http", "-T", "fields", "-e", "http.request.uri", "-e",
                                            "http.response.code", "-e", "http.file_data"});
        QCOMPARE(http.split('\n', Qt::SkipEmptyParts), (QStringList{"/hello\t\t", "\t200\thello world!"}));
    }

    void wireshark_seesSoundTcp() {
        if (m_tshark.isEmpty())
            QSKIP("tshark is not installed");
        const QByteArray tcp = tcpOf(trafficStream());
        const QStringList strict{"-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE"};
        QCOMPARE(
            tshark(tcp, strict + QStringList{"-Y", "ip.checksum.status == 0 || tcp.checksum.status == 0"}),
            QString());
        QCOMPARE(tshark(tcp, {"-Y", "tcp.analysis.lost_segment || tcp.analysis.retransmission || "
                                    "tcp.analysis.out_of_order || tcp.analysis.ack_lost_segment"}),
                 QString());
        // The one that was refused, and only that one, is reset.
        QCOMPARE(tshark(tcp, {"-Y", "tcp.flags.reset == 1", "-T", "fields", "-e", "tcp.srcport"}),
                 QString("8000\n"));
        const QString opened = tshark(tcp, {"-Y", "tcp.flags.syn == 1 && tcp.flags.ack == 0", "-T", "fields",
                                            "-e", "ip.src", "-e", "tcp.dstport", "-e", "frame.comment"});
        QCOMPARE(opened.split('\n').first(), QString("10.0.0.16\t9000\tvsock 16:908712282 to 3:9000"));
    }

    void payload_cutByTheCapture_keepsItsPlaceInTheStream() {
        if (m_tshark.isEmpty())
            QSKIP("tshark is not installed");
        VsockStream stream;
        const VsockStream::Flow flow{1, 5000, 2000, false};
        stream.open(flow);
        stream.packet(flow, false, VsockStream::data, QByteArray(64 * 1024, 'x'));
        stream.packet(flow, false, VsockStream::data, "end");
        const QString lengths = tshark(
            tcpOf(stream.take()), {"-Y", "tcp.len > 0", "-T", "fields", "-e", "tcp.seq", "-e", "tcp.len"});
        QCOMPARE(lengths, QString("1\t60000\n60001\t5536\n65537\t3\n"));
    }

    void flow_thatBeganBefore_getsAHandshake() {
        VsockStream stream;
        stream.packet({9, 5000, 70000, false}, false, VsockStream::data, "middle");
        quint64 connections = 0;
        const QByteArray tcp = tcpOf(stream.take(), &connections);
        QCOMPARE(connections, quint64(1));
        quint64 packets = 0;
        pcapng::CaptureReader reader([&packets](const pcapng::Record &) { ++packets; });
        reader.feed(tcp);
        reader.finish();
        QCOMPARE(packets, quint64(4)); // three of the handshake
        QVERIFY(reader.diagnostics().list().empty());
    }

    void endsUsedAgain_areConnectionsOfTheirOwn() {
        VsockStream stream;
        const VsockStream::Flow flow{0, 1024, 8000, true};
        for (int i = 0; i < 3; ++i)
            stream.refuse(flow);
        quint64 connections = 0;
        tcpOf(stream.take(), &connections);
        QCOMPARE(connections, quint64(3));
    }

    void truncatedAnywhere_exportsWhatIsThere() {
        const QByteArray whole = trafficStream();
        for (qsizetype size = 0; size < whole.size(); ++size) {
            const QByteArray tcp = tcpOf(whole.first(size));
            QVERIFY(tcp.size() >= 100 && tcp.size() % 4 == 0);
        }
    }
};

QTEST_GUILESS_MAIN(TcpViewTest)
#include "tst_tcp_view.moc"
