// SPDX-License-Identifier: GPL-2.0-or-later
//
// The QEMU command line: every field of a LaunchSpec in its place, and names that would break it.
#include "app/session/launch/launch_arguments.hpp"

#include <QDir>
#include <QtTest>

using namespace nitroscope::app;

namespace {

constexpr quint64 mebibyte = 1024 * 1024;

const LaunchChannels channels{"/run/a/qmp", "/run/a/console", {}};

LaunchSpec spec(const std::function<void(LaunchSpec &)> &change = {}) {
    LaunchSpec result;
    result.eifPath = "/e.eif";
    if (change)
        change(result);
    return result;
}

// The word after the option; empty when the option is not there.
QString valueOf(const QStringList &arguments, const QString &option) {
    const auto at = arguments.indexOf(option);
    return at < 0 ? QString() : arguments.value(at + 1);
}

} // namespace

Q_DECLARE_METATYPE(std::function<void(LaunchSpec &)>)

class TestLaunchArguments : public QObject {
    Q_OBJECT
private slots:
    void arguments_forSpec_haveValue_data() {
        using Change = std::function<void(LaunchSpec &)>;
        QTest::addColumn<Change>("change");
        QTest::addColumn<QString>("option");
        QTest::addColumn<QString>("value");
        const auto row = [](const char *name, const char *option, const char *value, const Change &change) {
            QTest::newRow(name) << change << QString(option) << QString(value);
        };
        row("least", "-machine", "nitro-enclave,memory-backend=ram", [](LaunchSpec &) {});
        row("debug", "-machine", "nitro-enclave,debug-mode=on,memory-backend=ram",
            [](LaunchSpec &s) { s.debugMode = true; });
        row("not strict", "-machine", "nitro-enclave,strict=off,memory-backend=ram",
            [](LaunchSpec &s) { s.strict = false; });
        row("identity", "-machine",
            "nitro-enclave,module-id=m,parent-role=arn:aws:iam::1:role/r,parent-id=i-1,memory-backend=ram",
            [](LaunchSpec &s) {
                s.moduleId = "m";
                s.parentRole = "arn:aws:iam::1:role/r";
                s.parentId = "i-1";
            });
        row("EIF as it is", "-kernel", "/a,b,,c=d e.eif",
            [](LaunchSpec &s) { s.eifPath = "/a,b,,c=d e.eif"; });
        row("option hidden in a value", "-machine",
            "nitro-enclave,parent-id=x,,strict=off,memory-backend=ram",
            [](LaunchSpec &s) { s.parentId = "x,strict=off"; });
        row("memory", "-m", "1234M", [](LaunchSpec &s) { s.memoryMiB = 1234; });
        row("default memory", "-m", "512M", [](LaunchSpec &) {});
        row("memory is shared", "-object", "memory-backend-memfd,id=ram,share=on,size=96M",
            [](LaunchSpec &s) { s.memoryMiB = 96; });
        row("processors", "-smp", "4", [](LaunchSpec &s) { s.cpuCount = 4; });
        row("default accelerator", "-accel", "tcg", [](LaunchSpec &) {});
        row("kvm", "-accel", "kvm", [](LaunchSpec &s) { s.accelerator = Accelerator::kvm; });
        row("append as it is", "-append", "a,b 'c' \"d\"", [](LaunchSpec &s) { s.append = "a,b 'c' \"d\""; });
        row("no append", "-append", "", [](LaunchSpec &) {});
        row("initrd as it is", "-initrd", "/x,y", [](LaunchSpec &s) { s.initrdPath = "/x,y"; });
        row("no display", "-display", "none", [](LaunchSpec &) {});
        row("ends can be inspected", "-action", "panic=pause,shutdown=pause", [](LaunchSpec &) {});
        row("capture", "-machine", "nitro-enclave,capture=capture,memory-backend=ram",
            [](LaunchSpec &s) { s.capturePath = "/tmp/a,b.pcapng"; });
        row("capture's limit", "-machine",
            "nitro-enclave,capture-limit=64,capture=capture,memory-backend=ram", [](LaunchSpec &s) {
                s.capturePath = "/tmp/a.pcapng";
                s.captureLimitMiB = 64;
            });
        row("vsock", "-machine",
            "nitro-enclave,enclave-cid=20,vsock-routes=8000=tcp:127.0.0.1:80;5000=refuse,heartbeat=delay,memory-backend=ram",
            [](LaunchSpec &s) {
                s.vsock.cid = 20;
                s.vsock.routes = QStringList{"8000=tcp:127.0.0.1:80", "5000=refuse"};
                s.vsock.heartbeat = "delay";
            });
        row("route with a comma", "-machine", "nitro-enclave,vsock-routes=1=unix:/a,,b,memory-backend=ram",
            [](LaunchSpec &s) { s.vsock.routes = QStringList{"1=unix:/a,b"}; });
        row("heartbeat delay", "-global", "virtio-vsock-device.heartbeat-delay=250",
            [](LaunchSpec &s) { s.vsock.heartbeatDelay = 250; });
        row("no seqpacket", "-global", "virtio-vsock-device.seqpacket=off",
            [](LaunchSpec &s) { s.vsock.seqpacket = false; });
        row("CID 2", "-global", "virtio-vsock-device.refuse-cid2=on",
            [](LaunchSpec &s) { s.vsock.refuseCid2 = true; });
        row("no device properties", "-global", "", [](LaunchSpec &) {});
        row("serial", "-serial", "chardev:console", [](LaunchSpec &) {});
    }

    void arguments_forSpec_haveValue() {
        using Change = std::function<void(LaunchSpec &)>;
        QFETCH(Change, change);
        QFETCH(QString, option);
        QFETCH(QString, value);
        QCOMPARE(valueOf(launchArguments(spec(change), 0, channels), option), value);
    }

    void arguments_channels_haveCommasDoubled() {
        const auto arguments = launchArguments(spec(), 0, {"/r,1/qmp", "/r,1/console", {}});
        QVERIFY(arguments.contains("socket,id=qmp,path=/r,,1/qmp,server=off"));
        QVERIFY(arguments.contains("pipe,id=console,path=/r,,1/console"));
        QVERIFY(arguments.contains("-S"));
    }

    void arguments_vsockSocket_isTheChannels() {
        LaunchChannels withVsock = channels;
        withVsock.vsock = "/r,1/vsock";
        const auto arguments = launchArguments(spec(), 0, withVsock);
        QCOMPARE(valueOf(arguments, "-machine"),
                 QString("nitro-enclave,vsock-path=/r,,1/vsock,memory-backend=ram"));
    }

    void arguments_relativePaths_becomeAbsolute() {
        const auto arguments = launchArguments(spec([](LaunchSpec &s) { s.eifPath = "x.eif"; }), 0, channels);
        QCOMPARE(valueOf(arguments, "-kernel"), QDir::currentPath() + "/x.eif");
    }

    void defaultMemory_followsTheRuleOfEc2_data() {
        QTest::addColumn<quint64>("eifBytes");
        QTest::addColumn<quint64>("memoryMiB");
        QTest::newRow("none") << quint64(0) << quint64(512);
        QTest::newRow("128 MiB") << 128 * mebibyte << quint64(512);
        QTest::newRow("a byte more") << 128 * mebibyte + 1 << quint64(516);
        QTest::newRow("5 GiB") << 5120 * mebibyte << quint64(20480);
        QTest::newRow("absurd") << ~quint64(0) << 4 * ((~quint64(0) / mebibyte) + 1);
    }

    void defaultMemory_followsTheRuleOfEc2() {
        QFETCH(quint64, eifBytes);
        QFETCH(quint64, memoryMiB);
        QCOMPARE(defaultMemoryMiB(eifBytes), memoryMiB);
    }

    void shellCommand_quotesWhatNeedsIt() {
        QCOMPARE(shellCommand("/bin/q", {"-m", "1M", "a b", "it's", ""}),
                 QString("/bin/q -m 1M 'a b' 'it'\\''s' ''"));
    }
};

QTEST_GUILESS_MAIN(TestLaunchArguments)
#include "tst_launch_arguments.moc"
