// SPDX-License-Identifier: GPL-2.0-or-later
//
// The Linux kernel's own vsock_test (tools/testing/vsock, unchanged) between an enclave, which has the real
// driver, and the host, where the preload library stands in for AF_VSOCK. Once with the suite's client in the
// enclave, once with its server there; each of its cases is a row here. A case that cannot pass is skipped by
// the suite's own option and says why: all of these are limits of the Unix socket at the host's end, none is
// the device's. docs/vsock-test.md lists them.
#include "tests/boot/support/guest.hpp"

#include <QFileInfo>
#include <QMap>
#include <QProcessEnvironment>
#include <QRegularExpression>
#include <QTcpServer>
#include <QtTest>

using nitroscope::test::Guest;
using namespace Qt::StringLiterals;

namespace {

constexpr int bootSeconds = 180, suiteSeconds = 240, cases = 26;

struct Skip {
    int number;
    const char *why;
};

constexpr const char *noEor = "a Unix socket loses MSG_EOR, so the host's end can neither send nor see it; "
                              "message bounds themselves are covered by tst_vsock_guest (messages_…)";

constexpr const char *noZeroCopy =
    "a Unix socket has no SO_ZEROCOPY; the enclave's own zero copy is covered the other way round";

// The suite's client is in the enclave, its server on the host.
constexpr Skip skippedWithClientHere[] = {
    {6, noEor},
    {17,
     "shutdown(SHUT_RD) of a Unix socket cannot be seen at its other end before something is sent to it, so "
     "the enclave's first send() still succeeds"},
};

// The suite's server is in the enclave, its client on the host.
constexpr Skip skippedWithServerHere[] = {
    {6, noEor},
    {18, noZeroCopy},
    {19, noZeroCopy},
    {20, noZeroCopy},
};

quint16 freeTcpPort() {
    QTcpServer server;
    server.listen(QHostAddress::LocalHost);
    return server.serverPort();
}

} // namespace

class VsockKernelSuite : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    QString m_suite; // folder of build-vsock-test
    QMap<int, QByteArray> m_clientHere, m_serverHere, m_names;
    QByteArray m_clientLog, m_serverLog;

    static QString reason(const Skip *first, const Skip *last, int number) {
        for (; first != last; ++first)
            if (first->number == number)
                return QString::fromUtf8(first->why);
        return {};
    }

    // Runs all cases in one boot. `log` gets what both ends have printed.
    QMap<int, QByteArray> run(bool clientHere, const QStringList &machine, const QStringList &skips,
                              QByteArray &log) {
        const quint16 port = freeTcpPort();
        const QString name = m_folder.filePath(clientHere ? u"client"_s : u"server"_s);
        const QString route =
            (clientHere ? u"1235=tcp:127.0.0.1:%1"_s : u"1236=listen:tcp:127.0.0.1:%1"_s).arg(port);
        Guest guest;
        if (!guest.start(QStringList{u"-M"_s,
                                     u"nitro-enclave,vsock-path=%1,vsock-routes=%2"_s.arg(name, route),
                                     u"-kernel"_s, m_suite + u"/vsock-test.eif"_s} +
                         machine) ||
            !guest.waitForConsole("vsock-test: ready", bootSeconds)) {
            log = guest.console() + guest.errorOutput();
            return {};
        }
        QProcess host;
        host.setProcessChannelMode(QProcess::MergedChannels);
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert(u"LD_PRELOAD"_s,
                           QStringLiteral(NITROSCOPE_BINARY_DIR "/lib/libnitroscope-vsock.so"));
        environment.insert(u"NITROSCOPE_VSOCK"_s, name);
        host.setProcessEnvironment(environment);
        const QString program = m_suite + u"/vsock_test_host"_s;
        const QString portText = QString::number(port);
        if (clientHere) {
            host.start(program,
                       QStringList{u"--mode=server"_s, u"--peer-cid=16"_s, u"--control-port="_s + portText} +
                           skips);
            QByteArray seen;
            while (!seen.contains("listening on") && host.waitForReadyRead(bootSeconds * 1000))
                seen += host.readAll();
            log += seen;
            guest.type(
                "/vsock_test --mode=client --peer-cid=3 --control-host=127.0.0.1 --control-port=1235 " +
                skips.join(u' ').toLatin1() + '\n');
        } else {
            guest.type("/vsock_test --mode=server --peer-cid=3 --control-port=1234 " +
                       skips.join(u' ').toLatin1() + '\n');
            guest.waitForConsole("listening on", bootSeconds);
            host.start(program, QStringList{u"--mode=client"_s, u"--peer-cid=16"_s,
                                            u"--control-host=127.0.0.1"_s, u"--control-port="_s + portText} +
                                    skips);
        }
        guest.waitForConsole("vsock-test: exit ", suiteSeconds);
        host.waitForFinished(30000);
        host.kill();
        host.waitForFinished(5000);
        const QByteArray console = guest.console().mid(guest.console().indexOf("vsock-test: ready"));
        log += "host:\n" + host.readAll() + "enclave:\n" + console + guest.errorOutput();

        QMap<int, QByteArray> results;
        static const QRegularExpression line(u"(\\d+) - ([^\\r\\n]+?)\\.\\.\\.([^\\r\\n]*)"_s);
        // The kernel's own lines come between a case's name and its result.
        static const QRegularExpression kernelLine(u"\\[ *\\d+\\.\\d{6}\\] [^\\r\\n]*\\r?\\n"_s);
        const QString report = QString::fromUtf8(console).remove(kernelLine);
        for (auto match = line.globalMatch(report); match.hasNext();) {
            const auto one = match.next();
            m_names[one.captured(1).toInt()] = one.captured(2).toUtf8();
            results[one.captured(1).toInt()] = one.captured(3).trimmed().toUtf8();
        }
        return results;
    }

    static QStringList options(const Skip *first, const Skip *last) {
        QStringList all;
        for (; first != last; ++first)
            all << u"--skip"_s << QString::number(first->number);
        return all;
    }

private slots:
    void initTestCase() {
        if (Guest::qemu().isEmpty())
            QSKIP("build/bin/qemu-system-x86_64 has not been built (./workbench build)");
        if (!QFileInfo::exists(QStringLiteral(NITROSCOPE_BINARY_DIR "/demo/guest/vsock_test_init")))
            QSKIP("build/demo/guest/vsock_test_init has not been built (./workbench build)");
        QProcess build;
        build.start(QStringLiteral(NITROSCOPE_SOURCE_DIR "/tests/enclave/build-vsock-test"),
                    {u"--build"_s, QStringLiteral(NITROSCOPE_BINARY_DIR)});
        QVERIFY(build.waitForFinished(600000));
        if (build.exitCode() != 0)
            QSKIP("vsock_test could not be built: " + build.readAllStandardError() +
                  build.readAllStandardOutput());
        m_suite = QString::fromUtf8(build.readAllStandardOutput().trimmed().split('\n').last());
        qputenv("XDG_DATA_HOME", m_folder.path().toUtf8());
        m_clientHere =
            run(true, {}, options(std::begin(skippedWithClientHere), std::end(skippedWithClientHere)),
                m_clientLog);
        // Two cases want the enclave's buffer filled to the last byte. The device leaves a seventh of it free
        // for kernels that charge packets for more than their bytes (CONFORMANCE.md), unless told not to.
        m_serverHere =
            run(false, {u"-global"_s, u"virtio-vsock-device.packet-tax=0"_s},
                options(std::begin(skippedWithServerHere), std::end(skippedWithServerHere)), m_serverLog);
    }

    void suite_everyCase_isThere() {
        QVERIFY2(m_clientHere.size() == cases, m_clientLog);
        QVERIFY2(m_serverHere.size() == cases, m_serverLog);
        QVERIFY2(m_clientLog.contains("vsock-test: exit 0"), m_clientLog);
        QVERIFY2(m_serverLog.contains("vsock-test: exit 0"), m_serverLog);
    }

    void suite_case_data() {
        QTest::addColumn<bool>("clientHere");
        QTest::addColumn<int>("number");
        for (const bool clientHere : {true, false})
            for (int number = 0; number < cases; ++number)
                QTest::newRow(((clientHere ? "client in the enclave, " : "server in the enclave, ") +
                               QByteArray::number(number) + " " + m_names.value(number))
                                  .constData())
                    << clientHere << number;
    }
    void suite_case() {
        QFETCH(bool, clientHere);
        QFETCH(int, number);
        const QString why =
            clientHere ? reason(std::begin(skippedWithClientHere), std::end(skippedWithClientHere), number)
                       : reason(std::begin(skippedWithServerHere), std::end(skippedWithServerHere), number);
        const QByteArray result = (clientHere ? m_clientHere : m_serverHere).value(number);
        if (!why.isEmpty()) {
            QCOMPARE(result, QByteArray("skipped"));
            QSKIP(why.toUtf8().constData());
        }
        QVERIFY2(result == "ok", result + "\n" + (clientHere ? m_clientLog : m_serverLog));
    }
};

QTEST_GUILESS_MAIN(VsockKernelSuite)
#include "tst_vsock_kernel_suite.moc"
