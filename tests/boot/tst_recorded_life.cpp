// SPDX-License-Identifier: GPL-2.0-or-later
//
// Recordings that the machine keeps itself: an enclave with the NSM, vsock in both directions, pasted input and faults set while
// it runs is recorded once. Its replay needs none of the programs it talked to, writes the same capture byte for byte, goes
// to any instruction, and is there what the forward replay was; a log that ends anywhere is replayed up to there.
//
// NITROSCOPE_RECORDING_SEEKS and NITROSCOPE_RECORDING_REPLAYS make long campaigns of it.
#include "tests/boot/support/guest.hpp"
#include "tests/boot/support/host_server.hpp"

#include <csignal>
#include <QCryptographicHash>
#include <QJsonArray>
#include <QRandomGenerator>
#include <QtTest>
#include <sys/socket.h>
#include <unistd.h>

using namespace nitroscope::test;
using namespace Qt::StringLiterals;

namespace {

constexpr int bootSeconds = 300, seekSeconds = 120;
constexpr quint32 echoPort = 5000, agentPort = 6000;
constexpr qint64 ramBytes = 256 << 20;

int fromEnvironment(const char *name, int usual) {
    bool isNumber = false;
    const int number = qEnvironmentVariableIntValue(name, &isNumber);
    return isNumber ? number : usual;
}

QByteArray contentOf(const QString &path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

} // namespace

class RecordedLife : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    QString m_recording = m_folder.filePath(u"life.nitrorec"_s);
    QString m_path = m_folder.filePath(u"vsock"_s);
    QByteArray m_console;

    QStringList arguments(const QString &mode, const QString &recording, const QString &capture) const {
        QStringList all{u"-M"_s,
                        u"nitro-enclave,recording=%1,vsock-path=%2"_s.arg(recording, m_path) +
                            (capture.isEmpty() ? QString() : u",capture=cap"_s),
                        u"-kernel"_s,
                        Guest::demoEif(),
                        u"-m"_s,
                        QString::number(ramBytes >> 20),
                        u"-icount"_s,
                        u"shift=auto,rr=%1,rrfile=%2/events.log"_s.arg(mode, recording)};
        if (!capture.isEmpty())
            all << u"-chardev"_s << u"file,id=cap,path="_s + capture;
        return all;
    }
    QStringList replay(const QString &recording) const { return arguments(u"replay"_s, recording, {}); }

    // A copy of the recording whose log has only so many bytes.
    QString cutAt(qint64 bytes) const {
        const QString copy = m_folder.filePath(u"cut-%1"_s.arg(bytes));
        QDir().mkpath(copy + u"/snapshots"_s);
        for (const QString &folder : {QString(), u"/snapshots"_s})
            for (const QFileInfo &file : QDir(m_recording + folder).entryInfoList(QDir::Files))
                if (file.fileName() != "capture.pcapng"_L1)
                    QFile::copy(file.filePath(), copy + folder + u'/' + file.fileName());
        QFile::resize(copy + u"/events.log"_s, bytes);
        return copy;
    }

    static quint64 end(Guest &guest) {
        return quint64(guest.command(u"query-recording"_s)[u"end"_s].toInteger());
    }

    // Registers and memory where the machine stands; it has to stand.
    QByteArray state(Guest &guest) const {
        const QString memory = m_folder.filePath(u"memory"_s);
        guest.command(u"pmemsave"_s, {{u"val"_s, 0}, {u"size"_s, ramBytes}, {u"filename"_s, memory}});
        const QString registers =
            guest.command(u"human-monitor-command"_s, {{u"command-line"_s, u"info registers"_s}}).toString();
        QFile file(memory);
        QCryptographicHash hash(QCryptographicHash::Sha256);
        if (!file.open(QIODevice::ReadOnly) || !hash.addData(&file))
            return "no memory";
        return registers.toUtf8() + hash.result().toHex();
    }

    // The state at an instruction, or why not.
    QByteArray seek(Guest &guest, quint64 icount) const {
        const qsizetype before = guest.events().size();
        const QJsonValue answer = guest.command(u"recording-seek"_s, {{u"icount"_s, qint64(icount)}});
        if (answer.toObject().contains(u"error"_s))
            return QJsonDocument(answer.toObject()).toJson();
        QDeadlineTimer deadline(seekSeconds * 1000);
        while (!deadline.hasExpired()) {
            for (qsizetype i = before; i < guest.events().size(); ++i) {
                const QJsonObject event = guest.events()[i];
                if (event[u"event"_s] == "RECORDING_REACHED"_L1 &&
                    quint64(event[u"data"_s][u"icount"_s].toInteger()) == icount)
                    return state(guest);
                if (event[u"event"_s] == "RECORDING_DIVERGED"_L1)
                    return QJsonDocument(event).toJson();
            }
            guest.command(u"query-status"_s);
        }
        return "not reached: " + guest.errorOutput();
    }

private slots:
    void initTestCase() {
        NITROSCOPE_REQUIRE_GUEST();
        qputenv("XDG_DATA_HOME", m_folder.path().toUtf8());
        QVERIFY(QDir().mkpath(m_recording));

        Guest guest;
        QVERIFY2(guest.start(arguments(u"record"_s, m_recording, m_recording + u"/capture.pcapng"_s)),
                 guest.errorOutput());
        QVERIFY2(guest.waitForConsole("nitroscope-demo: ready", bootSeconds) &&
                     guest.waitForConsole("vsock services are up", bootSeconds),
                 guest.console().right(1000) + guest.errorOutput());
        {
            const HostServer server(m_path + u"_8001"_s, SOCK_STREAM, HostServer::echo);
            const int agent = connectToEnclave(m_path, agentPort);
            QVERIFY(agent >= 0);
            QVERIFY(sendAllTo(agent, "many 8001 20\n"));
            QCOMPARE(receiveLine(agent), QByteArray("ok 20"));
            close(agent);
        }
        const int echo = connectToEnclave(m_path, echoPort);
        QVERIFY(echo >= 0);
        QByteArray bytes(300'000, '\0');
        for (qsizetype i = 0; i < bytes.size(); ++i)
            bytes[i] = char(QRandomGenerator::global()->generate());
        std::thread sender([echo, &bytes] {
            sendAllTo(echo, bytes);
            shutdown(echo, SHUT_WR);
        });
        const QByteArray back = receiveFrom(echo);
        sender.join();
        close(echo);
        QVERIFY(back == bytes);

        // All at once, more than the serial line has room for.
        guest.type("random 32\nattest the-data\nextend 17 pasted-in-one-piece\n");
        QVERIFY2(guest.waitForConsole("extend 17 \"pasted-in-one-piece\" ", 120),
                 guest.console().right(1000));
        const QJsonValue fault = guest.command(
            u"nsm-fault-add"_s,
            {{u"action"_s, u"error"_s}, {u"request"_s, u"GetRandom"_s}, {u"error"_s, u"InternalError"_s}});
        QCOMPARE(fault[u"id"_s].toInt(), 1);
        guest.type("random 8\n");
        QVERIFY2(guest.waitForConsole("InternalError", 120), guest.console().right(1000));
        const QJsonValue info = guest.command(u"query-recording"_s);
        QCOMPARE(info[u"mode"_s].toString(), u"record"_s);
        QVERIFY(!info[u"snapshots"_s].toArray().isEmpty());
        guest.type("reboot\n");
        QVERIFY(guest.waitForExit(bootSeconds));
        m_console = guest.console();
    }

    void replayed_withoutItsHost_isTheSameLife() {
        for (int i = 0; i < fromEnvironment("NITROSCOPE_RECORDING_REPLAYS", 1); ++i) {
            const QString capture = m_folder.filePath(u"replay.pcapng"_s);
            {
                Guest guest;
                QVERIFY2(guest.start(arguments(u"replay"_s, m_recording, capture)), guest.errorOutput());
                const QJsonObject ended = guest.waitForEvent(u"RECORDING_ENDED"_s, bootSeconds);
                QVERIFY2(!ended.isEmpty(), guest.console().right(500) + guest.errorOutput());
                const QJsonValue info = guest.command(u"query-recording"_s);
                QCOMPARE(info[u"mode"_s].toString(), u"replay"_s);
                QCOMPARE(info[u"end"_s].toInteger(), ended[u"icount"_s].toInteger());
                QCOMPARE(info[u"cut"_s].toBool(true), false);
                QVERIFY2(!info.toObject().contains(u"divergence"_s), guest.errorOutput());
                guest.command(u"quit"_s);
                QVERIFY(guest.waitForExit(60));
                QCOMPARE(guest.console(), m_console);
            }
            QVERIFY(contentOf(capture) == contentOf(m_recording + u"/capture.pcapng"_s));
        }
    }

    void sought_forwardAndBackward_isTheSamePlace() {
        if (fromEnvironment("NITROSCOPE_RECORDING_SEEKS", 0) == 0)
            QSKIP("seeks across idle time take long: NITROSCOPE_RECORDING_SEEKS=N makes N of them");
        Guest guest;
        QVERIFY2(guest.start(replay(m_recording)), guest.errorOutput());
        const quint64 last = end(guest);
        QList<quint64> places{1, last / 2};
        QRandomGenerator random(20'26);
        for (int i = 0; i < fromEnvironment("NITROSCOPE_RECORDING_SEEKS", 0); ++i)
            places += random.generate64() % (last / 2);
        std::sort(places.begin(), places.end());
        QMap<quint64, QByteArray> forward;
        for (const quint64 place : std::as_const(places)) {
            forward[place] = seek(guest, place);
            QVERIFY2(forward[place].contains("CPU#0"), forward[place]);
        }
        std::shuffle(places.begin(), places.end(), random);
        for (const quint64 place : std::as_const(places))
            QVERIFY2(seek(guest, place) == forward[place], qPrintable(u"instruction %1"_s.arg(place)));
        QVERIFY(seek(guest, last + 1).contains("the recording ends at instruction"));
        const QJsonValue typed = guest.command(u"nsm-fault-seed"_s, {{u"seed"_s, 1}});
        QVERIFY(typed[u"error"_s][u"desc"_s].toString().contains(u"replay"_s));
    }

    void log_cutAnywhere_isReplayedUpToThere() {
        const qint64 size = QFileInfo(m_recording + u"/events.log"_s).size();
        for (const qint64 bytes : {size / 16, size / 4 + 1}) {
            Guest guest;
            QVERIFY2(guest.start(replay(cutAt(bytes))), guest.errorOutput());
            const QJsonObject ended = guest.waitForEvent(u"RECORDING_ENDED"_s, bootSeconds);
            QVERIFY2(!ended.isEmpty(), guest.errorOutput());
            const QJsonValue info = guest.command(u"query-recording"_s);
            QCOMPARE(info[u"cut"_s].toBool(), true);
            QCOMPARE(info[u"end"_s].toInteger(), ended[u"icount"_s].toInteger());
            QVERIFY(m_console.startsWith(guest.console()));
        }
    }

    // Only the header was written.
    void log_withoutEvents_isRefused() {
        Guest guest;
        QVERIFY(!guest.start(replay(cutAt(12))));
        QVERIFY2(guest.errorOutput().contains("error reading the replay data"), guest.errorOutput());
    }

    void killed_whileItRuns_opens() {
        const QString recording = m_folder.filePath(u"killed"_s);
        QVERIFY(QDir().mkpath(recording));
        QByteArray console;
        {
            Guest guest;
            QVERIFY2(guest.start(arguments(u"record"_s, recording, {})), guest.errorOutput());
            QVERIFY2(guest.waitForConsole("Linux version", bootSeconds), guest.errorOutput());
            ::kill(pid_t(guest.processId()), SIGKILL);
            QVERIFY(guest.waitForExit(60));
            console = guest.console();
        }
        Guest guest;
        QVERIFY2(guest.start(replay(recording)), guest.errorOutput());
        QVERIFY2(!guest.waitForEvent(u"RECORDING_ENDED"_s, bootSeconds).isEmpty(), guest.errorOutput());
        QVERIFY(console.startsWith(guest.console()));
    }

    void otherBuild_isRefusedInWords() {
        const QString copy = cutAt(QFileInfo(m_recording + u"/events.log"_s).size());
        QFile log(copy + u"/events.log"_s);
        QVERIFY(log.open(QIODevice::ReadWrite) && log.seek(4) && log.write("another!") == 8);
        log.close();
        Guest guest;
        QVERIFY(!guest.start(replay(copy)));
        const QByteArray said = guest.errorOutput();
        QVERIFY2(said.contains("was recorded by another build"), said);
        QVERIFY2(said.contains("\"option\": \"recording\""), said);
    }

    void notALog_isRefusedInWords() {
        const QString copy = cutAt(5);
        Guest guest;
        QVERIFY(!guest.start(replay(copy)));
        QVERIFY2(guest.errorOutput().contains("cannot be replayed"), guest.errorOutput());
    }

    void damagedMemory_isFoundAndNamed() {
        if (fromEnvironment("NITROSCOPE_RECORDING_SEEKS", 0) == 0)
            QSKIP(
                "the machine may end before anybody hears of the damage: NITROSCOPE_RECORDING_SEEKS=N tries it");
        // A page of the first snapshot is something else: what is loaded from it never happened.
        const QString copy = cutAt(QFileInfo(m_recording + u"/events.log"_s).size());
        QFile digests(copy + u"/digests"_s);
        QVERIFY(digests.open(QIODevice::ReadOnly));
        QByteArray text = digests.readAll();
        digests.close();
        const qsizetype at = text.indexOf("\"memory\": \"") + 11;
        QVERIFY(at > 11);
        text[at] = text[at] == '0' ? '1' : '0';
        QVERIFY(digests.open(QIODevice::WriteOnly | QIODevice::Truncate) &&
                digests.write(text) == text.size());
        digests.close();
        Guest guest;
        (void)guest.start(
            replay(copy)); // it may be found before the machine is told to go on, which then is refused
        const QJsonObject diverged = guest.waitForEvent(u"RECORDING_DIVERGED"_s, bootSeconds);
        QVERIFY2(!diverged.isEmpty(), guest.errorOutput());
        QCOMPARE(diverged[u"what"_s].toString(), u"the digest of the memory"_s);
        QVERIFY(guest.command(u"query-recording"_s).toObject().contains(u"divergence"_s));
    }
};

QTEST_GUILESS_MAIN(RecordedLife)
#include "tst_recorded_life.moc"
