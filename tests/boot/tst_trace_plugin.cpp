// SPDX-License-Identifier: GPL-2.0-or-later
//
// The trace plugin on a real boot: system calls with paths and results, first calls in the order of the boot,
// and what it refuses.
#include "app/proto/pcapng/capture_reader.hpp"
#include "app/proto/pcapng/guest_text.hpp"
#include "tests/boot/support/guest.hpp"

#include <QtTest>

using nitroscope::test::Guest;
using namespace nitroscope::pcapng;

namespace {

constexpr int bootSeconds = 240;
const QString plugin = QStringLiteral(NITROSCOPE_BINARY_DIR "/share/nitroscope/nitroscope-trace.so");
const QString symbolMap = QStringLiteral(NITROSCOPE_BINARY_DIR "/demo/System.map");

QVector<GuestRecord> guestRecords(const QString &path) {
    QVector<GuestRecord> found;
    CaptureReader reader([&](const Record &record) {
        if (const auto *guest = std::get_if<GuestRecord>(&record.content))
            found.append(*guest);
    });
    QFile file(path);
    if (file.open(QIODevice::ReadOnly))
        reader.feed(file.readAll());
    reader.finish();
    return found;
}

} // namespace

class TracePlugin : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() {
        NITROSCOPE_REQUIRE_GUEST();
        if (!QFile::exists(plugin))
            QSKIP("build/share/nitroscope/nitroscope-trace.so has not been built (./workbench build)");
    }

    void boot_traced_hasSystemCallsAndFirstCalls() {
        QTemporaryDir folder;
        const QString capture = folder.filePath(QStringLiteral("run.pcapng"));
        Guest guest;
        QVERIFY2(guest.start({"-m", "512M", "-chardev", "file,id=cap,path=" + capture, "-M",
                              "nitro-enclave,capture=cap", "-kernel", Guest::demoEif(), "-append", "nokaslr",
                              "-plugin", plugin + ",syscalls=on,first-calls=" + symbolMap}),
                 guest.errorOutput());
        QVERIFY2(guest.waitForConsole("nitroscope-demo: ready", bootSeconds), guest.console());
        guest.command(QStringLiteral("quit"));
        QVERIFY(guest.waitForExit(60));

        const QVector<GuestRecord> records = guestRecords(capture);
        QStringList texts, firstCalls;
        QSet<quint64> addresses;
        QHash<QString, int> calls, results;
        for (const GuestRecord &record : records) {
            texts << guestText(record).value_or(QString());
            const QString name = record.fields.value(QStringLiteral("name")).toString();
            if (record.kind == QLatin1String("first-call")) {
                firstCalls << name;
                addresses.insert(record.fields.value(QStringLiteral("address")).toULongLong());
            } else
                (record.kind == QLatin1String("system-call") ? calls : results)[name]++;
        }
        // Each function once, in the order in which every kernel boots.
        QCOMPARE(firstCalls.size(), addresses.size()); // names may repeat: the kernel has static functions
        QVERIFY(firstCalls.indexOf(QStringLiteral("start_kernel")) >= 0);
        QVERIFY(firstCalls.indexOf(QStringLiteral("start_kernel")) <
                firstCalls.indexOf(QStringLiteral("rest_init")));
        QVERIFY(firstCalls.indexOf(QStringLiteral("rest_init")) <
                firstCalls.indexOf(QStringLiteral("kernel_init")));
        // What the demo's init is known to do.
        QVERIFY2(
            !texts.filter(QRegularExpression(QStringLiteral("^open(at)?\\(.*path \"/dev/nsm\"$"))).isEmpty(),
            qPrintable(texts.filter(QStringLiteral("open")).join(u'\n')));
        QVERIFY(calls.value(QStringLiteral("ioctl")) > 0);
        QVERIFY(results.value(QStringLiteral("ioctl")) > 0);
        QVERIFY(results.value(QStringLiteral("ioctl")) <= calls.value(QStringLiteral("ioctl")));
        QVERIFY(!texts.contains(QString())); // every record reads well
    }

    void option_wrong_isRefused_data() {
        QTest::addColumn<QString>("options");
        QTest::addColumn<QByteArray>("message");
        QTest::newRow("name") << "colour=blue" << QByteArray("there is no option 'colour'");
        QTest::newRow("switch") << "syscalls=maybe" << QByteArray("takes on or off");
        QTest::newRow("missing file")
            << "first-calls=/nonexistent/System.map" << QByteArray("cannot be read");
        QTest::newRow("not a symbol list") << "first-calls=/dev/null" << QByteArray("has no line like");
    }

    void option_wrong_isRefused() {
        QFETCH(QString, options);
        QFETCH(QByteArray, message);
        Guest guest;
        QVERIFY(!guest.start(
            {"-M", "nitro-enclave", "-kernel", Guest::demoEif(), "-plugin", plugin + u',' + options}));
        QVERIFY2(guest.errorOutput().contains(message), guest.errorOutput());
    }
};

QTEST_GUILESS_MAIN(TracePlugin)
#include "tst_trace_plugin.moc"
