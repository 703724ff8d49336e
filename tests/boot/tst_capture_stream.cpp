// SPDX-License-Identifier: GPL-2.0-or-later
//
// The capture stream of a real run: complete, in agreement with what QMP and the console say, and never in
// the guest's way, whatever its reader does.
#include "app/proto/pcapng/capture_reader.hpp"
#include "app/proto/pcapng/record_text.hpp"
#include "nsm-device/core/nsm.h"
#include "tests/boot/support/guest.hpp"

#include <fcntl.h>
#include <QFile>
#include <QJsonArray>
#include <QtTest>
#include <sys/stat.h>
#include <unistd.h>

using nitroscope::test::Guest;
using namespace nitroscope::pcapng;
using namespace Qt::Literals::StringLiterals;

namespace {

// For a machine that has much else to do.
constexpr int bootSeconds = 120, endSeconds = 60;
const QByteArray readyLine = "nitroscope-demo: ready";

struct Stream {
    QVector<Record> records;
    std::vector<Diagnostic> diagnostics;
    std::vector<Interface> interfaces;
    quint64 sections = 0;
};

Stream parse(const QByteArray &bytes) {
    Stream stream;
    CaptureReader reader([&](const Record &record) { stream.records.append(record); });
    reader.feed(bytes);
    reader.finish();
    stream.diagnostics = reader.diagnostics().list();
    stream.interfaces = reader.interfaces();
    stream.sections = reader.sections();
    return stream;
}

QByteArray consoleOf(const Stream &stream) {
    QByteArray text;
    for (const Record &record : stream.records)
        if (const auto *console = std::get_if<ConsoleRecord>(&record.content))
            text += console->bytes;
    return text;
}

QVector<MachineRecord> machineRecords(const Stream &stream, const QString &kind) {
    QVector<MachineRecord> found;
    for (const Record &record : stream.records)
        if (const auto *machine = std::get_if<MachineRecord>(&record.content);
            machine && machine->kind == kind)
            found.append(*machine);
    return found;
}

// Reads a descriptor that does not block until the stream has this on the console and ends with a whole
// block.
Stream drainUntil(int fd, const QByteArray &console) {
    QByteArray bytes;
    Stream stream;
    char part[65536];
    QDeadlineTimer deadline(bootSeconds * 1000);
    while (!deadline.hasExpired()) {
        if (const auto size = ::read(fd, part, sizeof part); size > 0) {
            bytes.append(part, size);
            continue;
        }
        stream = parse(bytes);
        if (consoleOf(stream).contains(console) && stream.diagnostics.empty())
            break;
        QTest::qWait(5);
    }
    return stream;
}

} // namespace

class CaptureStream : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_folder;

    void boot(Guest &guest, const QString &chardev) {
        QVERIFY2(guest.start({u"-chardev"_s, chardev, u"-M"_s, u"nitro-enclave,capture=cap"_s, u"-kernel"_s,
                              Guest::demoEif()}),
                 guest.errorOutput());
        QVERIFY2(guest.waitForConsole(readyLine, bootSeconds),
                 guest.console().right(2000) + guest.errorOutput());
    }
    QByteArray contents(const QString &path) {
        QFile file(path);
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }

private slots:
    void init() { NITROSCOPE_REQUIRE_GUEST(); }

    void file_tellsTheWholeRun() {
        const QString path = m_folder.filePath(u"run.pcapng"_s);
        Guest guest;
        boot(guest, u"file,id=cap,path="_s + path);
        const QJsonArray live = guest.command(u"query-nsm"_s).toObject()[u"pcrs"_s].toArray();
        guest.command(u"quit"_s);
        QVERIFY(guest.waitForExit(endSeconds));
        const Stream stream = parse(contents(path));
        QCOMPARE(stream.diagnostics.size(), std::size_t{0});

        // Machine
        QCOMPARE(machineRecords(stream, u"reset"_s).size(), 1);
        QStringList stages;
        for (const MachineRecord &record : machineRecords(stream, u"boot-stage"_s))
            stages << record.fields.value(u"stage"_s).toString();
        stages.removeDuplicates();
        QCOMPARE(stages.join(u' '), u"reset header crc kernel ramdisk handoff"_s);
        QVERIFY(machineRecords(stream, u"run-state"_s).size() >= 1);

        // Console
        QVERIFY(guest.console().contains(readyLine));
        QCOMPARE(consoleOf(stream).left(guest.console().size()), guest.console());

        // PCRs: the last change of each is its value now.
        QMap<int, QByteArray> last;
        for (const MachineRecord &record : machineRecords(stream, u"pcr-change"_s))
            last[record.fields.value(u"index"_s).toInt()] =
                record.fields.value(u"value"_s).toByteArray().toHex();
        for (auto it = last.begin(); it != last.end(); ++it)
            QCOMPARE(QString::fromLatin1(it.value()), live[it.key()].toObject()[u"value"_s].toString());
        QVERIFY(last.contains(0));
        QVERIFY(last.contains(16));

        // Statistics agree with what is there.
        quint64 counted[NITRO_CAPTURE_INTERFACES] = {};
        for (const Record &record : stream.records)
            ++counted[int(record.source)];
        for (std::size_t i = 0; i < NITRO_CAPTURE_INTERFACES; ++i) {
            QCOMPARE(stream.interfaces[i].received, std::optional(counted[i]));
            QCOMPARE(stream.interfaces[i].dropped, std::optional<quint64>(0));
        }
    }

    void nsm_everyRequestHasItsResponse() {
        const QString path = m_folder.filePath(u"nsm.pcapng"_s);
        Guest guest;
        boot(guest, u"file,id=cap,path="_s + path);
        guest.command(u"quit"_s);
        QVERIFY(guest.waitForExit(endSeconds));
        QMap<quint64, int> open; // transaction -> kind
        quint64 extendedBy = 0;
        qint64 clock = 0;
        const Stream stream = parse(contents(path));
        for (const Record &record : stream.records) {
            if (const auto *machine = std::get_if<MachineRecord>(&record.content);
                machine && machine->fields.value(u"cause"_s).toString() == u"extend") {
                extendedBy = machine->fields.value(u"transaction"_s).toULongLong();
                QVERIFY(open.contains(extendedBy)); // between its request and its response
            }
            const auto *nsm = std::get_if<NsmRecord>(&record.content);
            if (!nsm)
                continue;
            QVERIFY(record.virtualNs && *record.virtualNs >= clock);
            clock = *record.virtualNs;
            QCOMPARE(record.flow, nsm->transaction);
            if (!nsm->isResponse) {
                QCOMPARE(record.direction, Direction::outbound);
                open[nsm->transaction] = nsm->kind;
                continue;
            }
            QCOMPARE(record.direction, Direction::inbound);
            QCOMPARE(open.take(nsm->transaction), int(nsm->kind));
            QCOMPARE(nsm->resultName(), u"Success"_s);
            QVERIFY(nsm->durationNs > 0);
        }
        QVERIFY(open.isEmpty());
        QVERIFY(extendedBy > 0);
    }

    void readerThatDoesNotRead_delaysNobody() {
        const QByteArray path = m_folder.filePath(u"pipe"_s).toLocal8Bit();
        QCOMPARE(::mkfifo((path + ".in").constData(), 0600), 0);
        QCOMPARE(::mkfifo((path + ".out").constData(), 0600), 0);
        const int fd = ::open((path + ".out").constData(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        QVERIFY(fd >= 0);
        QCOMPARE(::fcntl(fd, F_SETPIPE_SZ, 4096), 4096); // full before the first line of Linux
        Guest guest;
        boot(guest, u"pipe,id=cap,path="_s + QString::fromLocal8Bit(path));
        // Nothing is lost either: it waited in QEMU.
        const Stream stream = drainUntil(fd, readyLine);
        ::close(fd);
        QCOMPARE(stream.diagnostics.size(), std::size_t{0});
        QVERIFY(consoleOf(stream).contains(readyLine));
    }

    void readerThatDoesNotRead_losesTheNewestAndSaysHowMany() {
        const QByteArray path = m_folder.filePath(u"full"_s).toLocal8Bit();
        QCOMPARE(::mkfifo((path + ".in").constData(), 0600), 0);
        QCOMPARE(::mkfifo((path + ".out").constData(), 0600), 0);
        const int fd = ::open((path + ".out").constData(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        QVERIFY(fd >= 0);
        Guest guest;
        boot(guest, u"pipe,id=cap,path="_s + QString::fromLocal8Bit(path));
        guest.type("bench 70000\n"); // more than the 16 MiB that wait in QEMU
        QVERIFY2(guest.waitForConsole("bench 70000 requests", 3 * bootSeconds), guest.console().right(500));
        QByteArray bytes;
        const auto drain = [&] {
            QByteArray part(1 << 20, '\0');
            for (QDeadlineTimer deadline(bootSeconds * 1000); !deadline.hasExpired();) {
                if (const auto size = ::read(fd, part.data(), static_cast<size_t>(part.size())); size > 0)
                    bytes.append(part.constData(), size);
                else if (guest.command(u"query-capture"_s).toObject()[u"pending"_s].toInteger() == 0)
                    break;
            }
        };
        drain();
        guest.type("uptime\n"); // the report stands in front of what comes next
        QVERIFY(guest.waitForConsole("since the kernel started", bootSeconds));
        guest.command(u"stop"_s); // Linux asks for random bytes now and then
        drain();
        ::close(fd);
        const Stream stream = parse(bytes);
        quint64 lost = 0, kept = 0, last = 0;
        for (const Record &record : stream.records) {
            if (const auto *dropped = std::get_if<DroppedRecord>(&record.content))
                lost += dropped->counts[NITRO_CAPTURE_NSM];
            if (const auto *nsm = std::get_if<NsmRecord>(&record.content)) {
                ++kept;
                last = std::max(last, nsm->transaction);
            }
        }
        QVERIFY2(lost > 0, qPrintable(u"%1 records, up to %2"_s.arg(kept).arg(last)));
        quint64 answered = 0;
        const QJsonArray requests = guest.command(u"query-nsm"_s).toObject()[u"requests"_s].toArray();
        for (const QJsonValue each : requests)
            answered += static_cast<quint64>(each.toObject()[u"count"_s].toInteger());
        QVERIFY(answered > 70000);
        QCOMPARE(kept + lost, 2 * answered);
    }

    void newReader_getsHeadersAndGoesOn() {
        const QString path = m_folder.filePath(u"socket"_s);
        Guest guest;
        boot(guest, u"socket,id=cap,server=on,wait=off,path="_s + path);
        QByteArray first;
        {
            QLocalSocket socket;
            socket.connectToServer(path);
            QVERIFY(socket.waitForConnected(endSeconds * 1000));
            while (first.size() < 3000 && socket.waitForReadyRead(endSeconds * 1000))
                first += socket.read(1000);
            socket.abort(); // with the rest unread: that is lost, and only that
        }
        QVERIFY(parse(first).records.size() > 5);
        QLocalSocket socket;
        socket.connectToServer(path);
        QVERIFY(socket.waitForConnected(endSeconds * 1000));
        guest.type("help\r");
        QByteArray second;
        while (!consoleOf(parse(second)).contains("help") && socket.waitForReadyRead(endSeconds * 1000))
            second += socket.readAll();
        const Stream stream = parse(second);
        QCOMPARE(stream.sections, 1u);
        QCOMPARE(stream.interfaces.size(), std::size_t{NITRO_CAPTURE_INTERFACES});
        QVERIFY(consoleOf(stream).contains("help"));
    }

    void control_choosesInterfacesAndLengths() {
        const QString path = m_folder.filePath(u"control.pcapng"_s);
        Guest guest;
        boot(guest, u"file,id=cap,path="_s + path);
        const QJsonObject cut{{u"interface"_s, u"console"_s}, {u"bytes"_s, 2}};
        const QJsonObject wanted{{u"interfaces"_s, QJsonArray{u"console"_s}},
                                 {u"snap-lengths"_s, QJsonArray{cut}}};
        QVERIFY(!guest.command(u"capture-control"_s, wanted).toObject().contains(u"error"_s));
        // "help" alone is in the demo's greeting too, which may still be on its way.
        guest.type("uptime\r");
        QVERIFY(guest.waitForConsole("since the kernel started", endSeconds));
        const QJsonObject info = guest.command(u"query-capture"_s).toObject();
        QCOMPARE(info[u"chardev"_s].toString(), u"cap"_s);
        QCOMPARE(info[u"paused"_s].toBool(), false);
        const QJsonArray interfaces = info[u"interfaces"_s].toArray();
        QCOMPARE(interfaces.size(), NITRO_CAPTURE_INTERFACES);
        for (const QJsonValue value : interfaces) {
            const QJsonObject counters = value.toObject();
            const bool console = counters[u"interface"_s].toString() == u"console";
            QCOMPARE(counters[u"enabled"_s].toBool(), console);
            QCOMPARE(counters[u"snap-length"_s].toInt(), console ? 2 : 0);
        }
        guest.command(u"quit"_s);
        QVERIFY(guest.waitForExit(endSeconds));
        const Stream stream = parse(contents(path));
        QVERIFY(machineRecords(stream, u"capture"_s).size() == 1);
        QCOMPARE(stream.records.last().source, Source::console); // and not "run-state", which is off
        QVERIFY(stream.records.last().captured <= 2);
    }

    void withoutStream_commandsSaySo() {
        Guest guest;
        QList<QJsonObject> replies;
        // Asked before it runs: a machine without an image ends at once.
        (void)guest.start({u"-M"_s, u"nitro-enclave"_s}, [&] {
            for (const char *command : {"query-capture", "capture-control"})
                replies << guest.command(QLatin1String(command)).toObject()[u"error"_s].toObject();
        });
        QCOMPARE(replies.size(), 2);
        for (const QJsonObject &error : replies)
            QVERIFY(!error[u"desc"_s].toString().isEmpty());
    }

    void unknownChardev_isSaid() {
        Guest guest;
        QVERIFY(!guest.start({u"-M"_s, u"nitro-enclave,capture=nowhere"_s}));
        QVERIFY2(guest.errorOutput().contains("there is no chardev 'nowhere'"), guest.errorOutput());
    }
};

QTEST_GUILESS_MAIN(CaptureStream)
#include "tst_capture_stream.moc"
