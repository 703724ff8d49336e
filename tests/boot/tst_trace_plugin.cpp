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
using namespace Qt::Literals::StringLiterals;

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
        const QString capture = folder.filePath(u"run.pcapng"_s);
        Guest guest;
        QVERIFY2(guest.start({"-m", "512M", "-chardev", "file,id=cap,path=" + capture, "-M",
                              "nitro-enclave,capture=cap", "-kernel", Guest::demoEif(), "-append", "nokaslr",
                              "-plugin", plugin + ",syscalls=on,first-calls=" + symbolMap}),
                 guest.errorOutput());
        QVERIFY2(guest.waitForConsole("nitroscope-demo: ready", bootSeconds), guest.console());
        guest.command(u"quit"_s);
        QVERIFY(guest.waitForExit(60));

        const QVector<GuestRecord> records = guestRecords(capture);
        QStringList texts, firstCalls;
        QSet<quint64> addresses;
        QHash<QString, int> calls, results;
        for (const GuestRecord &record : records) {
            texts << guestText(record).value_or(QString());
            const QString name = record.fields.value(u"name"_s).toString();
            if (record.kind == "first-call"_L1) {
                firstCalls << name;
                addresses.insert(record.fields.value(u"address"_s).toULongLong());
            } else
                (record.kind == "system-call"_L1 ? calls : results)[name]++;
        }
        // Each function once, in the order in which every kernel boots.
        QCOMPARE(firstCalls.size(), addresses.size()); // names may repeat: the kernel has static functions
        QVERIFY(firstCalls.indexOf(u"start_kernel"_s) >= 0);
        QVERIFY(firstCalls.indexOf(u"start_kernel"_s) < firstCalls.indexOf(u"rest_init"_s));
        QVERIFY(firstCalls.indexOf(u"rest_init"_s) < firstCalls.indexOf(u"kernel_init"_s));
        // What the demo's init is known to do.
        QVERIFY2(!texts.filter(QRegularExpression(u"^open(at)?\\(.*path \"/dev/nsm\"$"_s)).isEmpty(),
                 qPrintable(texts.filter(u"open"_s).join(u'\n')));
        QVERIFY(calls.value(u"ioctl"_s) > 0);
        QVERIFY(results.value(u"ioctl"_s) > 0);
        QVERIFY(results.value(u"ioctl"_s) <= calls.value(u"ioctl"_s));
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
        // The same for programs, as of all that the machine refuses.
        int refusals = 0;
        for (const QByteArray &line : guest.errorOutput().split('\n')) {
            const QJsonObject refusal = QJsonDocument::fromJson(line).object()["nitro-refusal"].toObject();
            refusals += refusal["message"].toString().toUtf8().contains(message) &&
                        !refusal["option"].toString().isEmpty();
        }
        QCOMPARE(refusals, 1);
    }
};

QTEST_GUILESS_MAIN(TracePlugin)
#include "tst_trace_plugin.moc"
