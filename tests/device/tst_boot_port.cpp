// SPDX-License-Identifier: GPL-2.0-or-later
//
// The boot port, driven as firmware would and as a hostile guest might (firmware/boot/handover.h), and what
// follows from it: events, the history in query-enclave, and the PCRs.
#include "firmware/boot/handover.h"
#include "tests/device/support/qtest_machine.hpp"
#include "tests/device/support/small_eif.hpp"
#include "tests/device/support/snapshot_disk.hpp"

#include <QDeadlineTimer>
#include <QElapsedTimer>
#include <QFile>
#include <QJsonArray>
#include <QtEndian>
#include <QTest>

#include <cstring>

using namespace Qt::Literals::StringLiterals;

using nitroscope::test::QtestMachine;
using nitroscope::test::SmallEif;

namespace {

constexpr quint32 reportAddress = 0x10000;

nitro_boot_report report(quint8 kind, quint8 stage) {
    nitro_boot_report result{};
    result.magic = NITRO_BOOT_REPORT_MAGIC;
    result.version = NITRO_BOOT_REPORT_VERSION;
    result.kind = kind;
    result.stage = stage;
    result.index = NITRO_BOOT_NO_INDEX;
    result.offset = ~quint64(0);
    return result;
}

void setText(nitro_boot_report &target, const char *text) {
    qstrncpy(target.text, text, sizeof target.text);
}

void send(QtestMachine &machine, const nitro_boot_report &what) {
    machine.writeMemory(reportAddress, QByteArray(reinterpret_cast<const char *>(&what), sizeof what));
    machine.out32(NITRO_BOOT_PORT, reportAddress);
}

constexpr quint32 jobAddress = 0x11000, dataAddress = 0x200000;

nitro_checksum_job checksumOf(QtestMachine &machine, quint64 address, quint32 size, quint32 state = ~0u) {
    const nitro_checksum_job job{.address = address, .size = size, .state = state, .done = 0, .reserved = 0};
    machine.writeMemory(jobAddress, QByteArray(reinterpret_cast<const char *>(&job), sizeof job));
    machine.out32(NITRO_CHECKSUM_PORT, jobAddress);
    nitro_checksum_job result{};
    const QByteArray bytes = machine.readMemory(jobAddress, sizeof result);
    if (bytes.size() == sizeof result)
        std::memcpy(&result, bytes.constData(), sizeof result);
    return result;
}

// QEMU's docs/specs/fw_cfg.rst: all fields big-endian, the port takes the address in two halves.
constexpr quint32 fwcfgAccessAddress = 0x12000, fwcfgError = 1;
constexpr quint16 fwcfgDmaPort = 0x514;

// Reads the signature (item 0) to an address; returns the control field afterwards.
quint32 fwcfgRead(QtestMachine &machine, quint64 address, quint32 length) {
    constexpr quint32 read = 2, select = 8;
    QByteArray access(16, '\0');
    qToBigEndian(read | select, access.data());
    qToBigEndian(length, access.data() + 4);
    qToBigEndian(address, access.data() + 8);
    machine.writeMemory(fwcfgAccessAddress, access);
    machine.out32(fwcfgDmaPort, 0);
    machine.out32(fwcfgDmaPort + 4, qToBigEndian(fwcfgAccessAddress));
    return qFromBigEndian<quint32>(machine.readMemory(fwcfgAccessAddress, 4).constData());
}

QJsonObject enclave(QtestMachine &machine) {
    return machine.command(u"query-enclave"_s).toObject();
}

QJsonArray stages(QtestMachine &machine) {
    return enclave(machine)[u"stages"_s].toArray();
}

QJsonObject pcr(QtestMachine &machine, int index) {
    return machine.command(u"query-nsm"_s).toObject()[u"pcrs"_s].toArray()[index].toObject();
}

const QString zeroPcr(96, QLatin1Char('0'));

} // namespace

class BootPort : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    SmallEif m_eif;

    QString written(const QByteArray &bytes) {
        const QString path = m_folder.filePath(u"test.eif"_s);
        QFile file(path);
        if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size())
            qFatal("cannot write %s", qPrintable(path));
        return path;
    }
    // Reads the port until measuring has ended, as the firmware does.
    static quint32 settled(QtestMachine &machine) {
        quint32 state = NITRO_MEASURE_BUSY;
        for (int i = 0; i < 100000 && state == NITRO_MEASURE_BUSY; ++i)
            state = machine.in32(NITRO_BOOT_PORT);
        return state;
    }

private slots:
    void init() {
        if (QtestMachine::qemu().isEmpty())
            QSKIP("build/bin/qemu-system-x86_64 has not been built (./workbench build)");
    }

    void stages_becomeEventsAndHistory() {
        QtestMachine machine;
        QVERIFY2(machine.start(), machine.errorOutput());
        nitro_boot_report second = report(NITRO_BOOT_REPORT_STAGE, NITRO_BOOT_STAGE_RAMDISK);
        second.index = 3;
        setText(second, "a remark");
        send(machine, report(NITRO_BOOT_REPORT_STAGE, NITRO_BOOT_STAGE_RESET));
        send(machine, second);
        const QJsonObject reset = machine.takeEvent(u"ENCLAVE_BOOT_STAGE"_s);
        QCOMPARE(reset[u"stage"_s].toString(), u"reset"_s);
        QVERIFY(!reset.contains(u"index"_s));
        const QJsonObject ramdisk = machine.takeEvent(u"ENCLAVE_BOOT_STAGE"_s);
        QCOMPARE(ramdisk[u"index"_s].toInt(), 3);
        QCOMPARE(ramdisk[u"text"_s].toString(), u"a remark"_s);
        const QJsonArray history = stages(machine);
        QCOMPARE(history.size(), 2);
        QCOMPARE(history[1].toObject(), ramdisk);
    }

    void break_onAStage_stopsTheMachineThere() {
        QtestMachine machine;
        QVERIFY2(machine.start(), machine.errorOutput());
        const QJsonObject added =
            machine
                .command(u"enclave-break-add"_s,
                         {{u"source"_s, u"boot-stage"_s}, {u"stage"_s, u"kernel"_s}, {u"count"_s, 1}})
                .toObject();
        send(machine, report(NITRO_BOOT_REPORT_STAGE, NITRO_BOOT_STAGE_HEADER));
        QCOMPARE(machine.command(u"query-status"_s).toObject()[u"status"_s], u"running"_s);
        send(machine, report(NITRO_BOOT_REPORT_STAGE, NITRO_BOOT_STAGE_KERNEL));
        const QJsonObject hit = machine.takeEvent(u"ENCLAVE_BREAK"_s);
        QCOMPARE(hit[u"id"_s], added[u"id"_s]);
        QCOMPARE(hit[u"stage"_s].toString(), u"kernel"_s);
        QCOMPARE(hit[u"detail"_s].toString(), u"boot stage kernel"_s);
        machine.takeEvent(u"STOP"_s);
        QCOMPARE(machine.command(u"query-status"_s).toObject()[u"status"_s], u"paused"_s);
        QCOMPARE(machine.command(u"enclave-break-list"_s).toArray().size(), 0);
    }

    void warning_becomesAnEvent() {
        QtestMachine machine;
        QVERIFY2(machine.start(), machine.errorOutput());
        nitro_boot_report warning = report(NITRO_BOOT_REPORT_WARNING, NITRO_BOOT_STAGE_CRC);
        warning.index = 2;
        warning.reason = 7;
        warning.offset = 544;
        setText(warning, "wrong, but go on");
        send(machine, warning);
        const QJsonObject event = machine.takeEvent(u"ENCLAVE_BOOT_WARNING"_s);
        QCOMPARE(event[u"stage"_s].toString(), u"crc"_s);
        QCOMPARE(event[u"section"_s].toInt(), 2);
        QCOMPARE(event[u"offset"_s].toInt(), 544);
        QCOMPARE(event[u"reason"_s].toInt(), 7);
    }

    void failure_stopsTheMachineAndStays() {
        QtestMachine machine;
        QVERIFY2(machine.start({u"-action"_s, u"panic=pause"_s}), machine.errorOutput());
        nitro_boot_report failure = report(NITRO_BOOT_REPORT_FAILURE, NITRO_BOOT_STAGE_HEADER);
        failure.reason = 3;
        failure.offset = 4;
        failure.found = 1;
        failure.expected = 2;
        setText(failure, "the version is wrong");
        send(machine, failure);
        const QJsonObject event = machine.takeEvent(u"ENCLAVE_BOOT_FAILED"_s);
        QCOMPARE(event[u"stage"_s].toString(), u"header"_s);
        QCOMPARE(event[u"message"_s].toString(), u"the version is wrong"_s);
        QCOMPARE(event[u"expected"_s].toInt(), 2);
        QVERIFY(!machine.takeEvent(u"GUEST_PANICKED"_s).isEmpty());
        QCOMPARE(enclave(machine)[u"failure"_s].toObject(), event);
        send(machine, report(NITRO_BOOT_REPORT_STAGE, NITRO_BOOT_STAGE_CRC));
        QCOMPARE(stages(machine).size(), 0); // nothing is believed after a failure
    }

    void failure_endsQemuByDefault() {
        QtestMachine machine;
        QVERIFY2(machine.start(), machine.errorOutput());
        nitro_boot_report failure = report(NITRO_BOOT_REPORT_FAILURE, NITRO_BOOT_STAGE_HEADER);
        setText(failure, "no EIF");
        send(machine, failure);
        QVERIFY(machine.waitForExit());
        QCOMPARE(machine.exitCode(), 1);
        QVERIFY2(machine.errorOutput().contains("no EIF"), machine.errorOutput());
    }

    void hostileText_isCutToPrintableAscii() {
        QtestMachine machine;
        QVERIFY2(machine.start(), machine.errorOutput());
        nitro_boot_report stage = report(NITRO_BOOT_REPORT_STAGE, NITRO_BOOT_STAGE_CRC);
        std::memset(stage.text, 'x', sizeof stage.text); // no terminating zero
        std::memcpy(stage.text, "\x1b[31m\xff\n\"", 8);
        send(machine, stage);
        const QString text = machine.takeEvent(u"ENCLAVE_BOOT_STAGE"_s)[u"text"_s].toString();
        QCOMPARE(text.size(), qsizetype(NITRO_BOOT_REPORT_TEXT_SIZE - 1));
        QCOMPARE(text.left(8), u"?[31m??\""_s);
    }

    void garbage_isIgnored_data() {
        QTest::addColumn<quint32>("address");
        QTest::newRow("zeros in RAM") << 0x20000u;
        QTest::newRow("a device") << 0xd0001000u;
        QTest::newRow("nothing at all") << 0xc8000000u;
        QTest::newRow("across the end of RAM") << 0x1ffffff0u;
        QTest::newRow("the last bytes of the address space") << 0xfffffffcu;
    }
    void garbage_isIgnored() {
        QFETCH(quint32, address);
        QtestMachine machine;
        QVERIFY2(machine.start(), machine.errorOutput());
        machine.out32(NITRO_BOOT_PORT, address);
        QCOMPARE(stages(machine).size(), 0);
        for (const QJsonObject &event : machine.events())
            QVERIFY(!event[u"event"_s].toString().startsWith(u"ENCLAVE_"_s));
    }

    void badFields_areIgnored_data() {
        QTest::addColumn<int>("field");
        QTest::newRow("magic") << 0;
        QTest::newRow("version") << 1;
        QTest::newRow("kind") << 2;
        QTest::newRow("stage") << 3;
    }
    void badFields_areIgnored() {
        QFETCH(int, field);
        QtestMachine machine;
        QVERIFY2(machine.start(), machine.errorOutput());
        nitro_boot_report bad = report(NITRO_BOOT_REPORT_STAGE, NITRO_BOOT_STAGE_RESET);
        if (field == 0)
            ++bad.magic;
        else if (field == 1)
            ++bad.version;
        else if (field == 2)
            bad.kind = 77;
        else
            bad.stage = NITRO_BOOT_STAGE_HANDOFF + 1;
        send(machine, bad);
        QCOMPARE(stages(machine).size(), 0);
    }

    void manyReports_areBounded() {
        QtestMachine machine;
        QVERIFY2(machine.start(), machine.errorOutput());
        send(machine, report(NITRO_BOOT_REPORT_STAGE, NITRO_BOOT_STAGE_RESET));
        for (int i = 0; i < 2000; ++i)
            machine.out32(NITRO_BOOT_PORT, reportAddress);
        QVERIFY(stages(machine).size() <= 64);
        QVERIFY(machine.events().size() <= 300);
    }

    void pcrs_areSeededWhenTheKernelMayBeEntered() {
        QtestMachine machine;
        QVERIFY2(machine.start({u"-kernel"_s, written(m_eif.bytes())}), machine.errorOutput());
        QCOMPARE(pcr(machine, 0)[u"value"_s].toString(), zeroPcr);
        QCOMPARE(settled(machine), quint32(NITRO_MEASURE_READY));
        for (int index : {0, 1, 2}) {
            QCOMPARE(pcr(machine, index)[u"value"_s].toString(),
                     QString::fromLatin1(m_eif.pcr(index).toHex()));
        }
        for (int index = 0; index < 32; ++index)
            QCOMPARE(pcr(machine, index)[u"locked"_s].toBool(), index < 16);
        const QJsonArray expected = enclave(machine)[u"expected-pcrs"_s].toArray();
        QCOMPARE(expected[0].toObject()[u"value"_s].toString(), QString::fromLatin1(m_eif.pcr(0).toHex()));
    }

    void debugMode_showsTheGuestZeros() {
        QtestMachine machine;
        QVERIFY2(
            machine.start({u"-M"_s, u"nitro-enclave,debug-mode=on"_s, u"-kernel"_s, written(m_eif.bytes())}),
            machine.errorOutput());
        QCOMPARE(settled(machine), quint32(NITRO_MEASURE_READY));
        for (int index : {0, 1, 2, 8})
            QCOMPARE(pcr(machine, index)[u"value"_s].toString(), zeroPcr);
        QVERIFY(pcr(machine, 4)[u"value"_s].toString() != zeroPcr);
    }

    void checksumPort_sumsGuestMemory() {
        QtestMachine machine;
        QVERIFY2(machine.start(), machine.errorOutput());
        machine.writeMemory(dataAddress, "123456789");
        const nitro_checksum_job whole = checksumOf(machine, dataAddress, 9);
        QCOMPARE(whole.done, 1u);
        QCOMPARE(~whole.state, 0xcbf43926u); // the check value of CRC-32/ISO-HDLC
        const nitro_checksum_job first = checksumOf(machine, dataAddress, 4);
        QCOMPARE(~checksumOf(machine, dataAddress + 4, 5, first.state).state, 0xcbf43926u);
        QCOMPARE(checksumOf(machine, dataAddress, NITRO_CHECKSUM_MAX_SIZE).done, 1u);
    }

    void checksumPort_otherThanRam_isLeftAlone_data() {
        QTest::addColumn<quint64>("address");
        QTest::addColumn<quint32>("size");
        const quint64 end = quint64(512) << 20; // of RAM
        QTest::newRow("nothing") << quint64(dataAddress) << 0u;
        QTest::newRow("more than a MiB") << quint64(dataAddress) << NITRO_CHECKSUM_MAX_SIZE + 1;
        QTest::newRow("4 GiB - 1") << quint64(dataAddress) << ~0u;
        QTest::newRow("beyond RAM") << end << 16u;
        QTest::newRow("across the end of RAM") << end - 8 << 16u;
        QTest::newRow("a device") << quint64(0xd0000000) << 16u;
        QTest::newRow("near 2^64") << ~quint64(7) << 16u;
    }
    void checksumPort_otherThanRam_isLeftAlone() {
        QFETCH(quint64, address);
        QFETCH(quint32, size);
        QtestMachine machine;
        QVERIFY2(machine.start(), machine.errorOutput());
        const nitro_checksum_job job = checksumOf(machine, address, size);
        QCOMPARE(job.done, 0u);
        QCOMPARE(job.state, ~0u);
        machine.out32(NITRO_CHECKSUM_PORT, 0xd0000000); // a job in a device
        machine.out32(NITRO_CHECKSUM_PORT, 0xfffffff0);
        QCOMPARE(checksumOf(machine, dataAddress, 16).done, 1u); // nothing was harmed
    }

    void checksumPort_offOrAfterTheHandoff_isDeaf() {
        QtestMachine without;
        QVERIFY2(without.start({u"-M"_s, u"nitro-enclave,checksum-port=off"_s}), without.errorOutput());
        QCOMPARE(checksumOf(without, dataAddress, 16).done, 0u);
        QtestMachine machine;
        QVERIFY2(machine.start({u"-kernel"_s, written(m_eif.bytes())}), machine.errorOutput());
        QCOMPARE(settled(machine), quint32(NITRO_MEASURE_READY));
        send(machine, report(NITRO_BOOT_REPORT_STAGE, NITRO_BOOT_STAGE_HANDOFF));
        QCOMPARE(checksumOf(machine, dataAddress, 16).done, 0u);
    }

    // One transfer of 4 GiB over a device's registers took QEMU's main loop for a minute.
    void fwcfgDma_tooLargeOrNotToRam_isRefusedAtOnce_data() {
        QTest::addColumn<quint64>("address");
        QTest::addColumn<quint32>("length");
        QTest::newRow("4 GiB of RAM and what follows it") << quint64(0x200000) << 0xffffffffu;
        QTest::newRow("a device's registers") << quint64(0xfec00000) << 0x1000u;
        QTest::newRow("nothing at all") << quint64(0x7fff00000000) << 0x10000000u;
        QTest::newRow("from RAM over its end") << quint64(0x1000) << quint32(NITRO_BOOT_SLICE_SIZE);
        QTest::newRow("around the end of all addresses") << ~quint64(0) << 0x1000u;
    }

    void fwcfgDma_tooLargeOrNotToRam_isRefusedAtOnce() {
        QFETCH(quint64, address);
        QFETCH(quint32, length);
        QtestMachine machine;
        QVERIFY2(machine.start(), machine.errorOutput());
        QElapsedTimer clock;
        clock.start();
        QCOMPARE(fwcfgRead(machine, address, length), fwcfgError);
        QVERIFY2(clock.elapsed() < 2000, "the machine was held");
    }

    void fwcfgDma_intoRam_worksUntilTheHandoff() {
        QtestMachine machine;
        QVERIFY2(machine.start({u"-kernel"_s, written(m_eif.bytes())}), machine.errorOutput());
        QCOMPARE(fwcfgRead(machine, dataAddress, 4), 0u);
        QCOMPARE(machine.readMemory(dataAddress, 4), QByteArray("QEMU"));
        QCOMPARE(settled(machine), quint32(NITRO_MEASURE_READY));
        send(machine, report(NITRO_BOOT_REPORT_STAGE, NITRO_BOOT_STAGE_HANDOFF));
        machine.writeMemory(dataAddress, QByteArray(4, '-'));
        QCOMPARE(fwcfgRead(machine, dataAddress, 4), fwcfgError);
        QCOMPARE(machine.readMemory(dataAddress, 4), QByteArray(4, '-'));
    }

    void handoff_makesThePortDeaf() {
        QtestMachine machine;
        QVERIFY2(machine.start({u"-kernel"_s, written(m_eif.bytes())}), machine.errorOutput());
        QCOMPARE(settled(machine), quint32(NITRO_MEASURE_READY));
        send(machine, report(NITRO_BOOT_REPORT_STAGE, NITRO_BOOT_STAGE_HANDOFF));
        send(machine, report(NITRO_BOOT_REPORT_FAILURE, NITRO_BOOT_STAGE_HANDOFF));
        send(machine, report(NITRO_BOOT_REPORT_STAGE, NITRO_BOOT_STAGE_RESET));
        QCOMPARE(stages(machine).size(), 1);
        QVERIFY(!enclave(machine).contains(u"failure"_s));
    }

    void reset_startsOver() {
        QtestMachine machine;
        QVERIFY2(machine.start({u"-kernel"_s, written(m_eif.bytes())}), machine.errorOutput());
        QCOMPARE(settled(machine), quint32(NITRO_MEASURE_READY));
        send(machine, report(NITRO_BOOT_REPORT_STAGE, NITRO_BOOT_STAGE_HANDOFF));
        machine.command(u"enclave-reset"_s);
        QVERIFY(!machine.takeEvent(u"RESET"_s).isEmpty());
        QCOMPARE(stages(machine).size(), 0);
        QCOMPARE(pcr(machine, 0)[u"value"_s].toString(), zeroPcr);
        QCOMPARE(settled(machine), quint32(NITRO_MEASURE_READY));
        QCOMPARE(pcr(machine, 0)[u"value"_s].toString(), QString::fromLatin1(m_eif.pcr(0).toHex()));
    }

    void migration_keepsHistoryAndPcrs() {
        const QString eif = written(m_eif.bytes());
        const QString state = u"file:"_s + m_folder.filePath(u"state"_s);
        QtestMachine from;
        QVERIFY2(from.start({u"-kernel"_s, eif}), from.errorOutput());
        QCOMPARE(settled(from), quint32(NITRO_MEASURE_READY));
        nitro_boot_report handoff = report(NITRO_BOOT_REPORT_STAGE, NITRO_BOOT_STAGE_HANDOFF);
        setText(handoff, "gone");
        send(from, handoff);
        from.command(u"migrate"_s, {{u"uri"_s, state}});
        QString status;
        QDeadlineTimer deadline(60000);
        while (status != u"completed"_s && status != u"failed"_s && !deadline.hasExpired())
            status = from.command(u"query-migrate"_s).toObject()[u"status"_s].toString();
        QCOMPARE(status, u"completed"_s);

        QtestMachine to;
        QVERIFY2(to.start({u"-kernel"_s, eif, u"-incoming"_s, u"defer"_s}), to.errorOutput());
        const QJsonValue reply = to.command(u"migrate-incoming"_s, {{u"uri"_s, state}});
        QVERIFY(!reply.toObject().contains(u"error"_s));
        QVERIFY2(!to.takeEvent(u"RESUME"_s).contains(u"never"_s), to.errorOutput());
        QCOMPARE(stages(to), stages(from));
        for (int index = 0; index < 32; ++index)
            QCOMPARE(pcr(to, index), pcr(from, index));
        send(to, report(NITRO_BOOT_REPORT_STAGE, NITRO_BOOT_STAGE_RESET));
        QCOMPARE(stages(to).size(), 1); // still deaf
    }

    void snapshot_ofSeededPcrs_isNotSeededAgain() {
        const QString disk = m_folder.filePath(u"disk"_s);
        QVERIFY(nitroscope::test::writeSnapshotDisk(disk));
        QtestMachine machine;
        QVERIFY2(machine.start({u"-kernel"_s, written(m_eif.bytes()), u"-drive"_s,
                                u"if=none,id=snapshots,format=qcow2,file="_s + disk}),
                 machine.errorOutput());
        QCOMPARE(settled(machine), quint32(NITRO_MEASURE_READY));
        for (const char *line : {"savevm one", "loadvm one"})
            QCOMPARE(machine.command(u"human-monitor-command"_s, {{u"command-line"_s, QLatin1String(line)}})
                         .toString(),
                     QString());
        const qsizetype before = machine.events().size();
        QCOMPARE(settled(machine), quint32(NITRO_MEASURE_READY));
        QCOMPARE(pcr(machine, 0)[u"value"_s].toString(), QString::fromLatin1(m_eif.pcr(0).toHex()));
        for (const QJsonObject &event : machine.events().mid(before))
            QVERIFY(event[u"event"_s] != u"NSM_PCR_CHANGED"_s);
    }

    void wrongChecksum_isRefusedWithThePlatformsWords() {
        QByteArray bytes = m_eif.bytes();
        bytes[0x223] = static_cast<char>(bytes[0x223] ^ 1); // last byte of the stored CRC
        QtestMachine machine;
        QVERIFY2(machine.start({u"-kernel"_s, written(bytes), u"-action"_s, u"panic=pause"_s}),
                 machine.errorOutput());
        QCOMPARE(settled(machine), quint32(NITRO_MEASURE_REFUSED));
        QCOMPARE(pcr(machine, 0)[u"value"_s].toString(), zeroPcr);
        nitro_boot_report failure = report(NITRO_BOOT_REPORT_FAILURE, NITRO_BOOT_STAGE_HANDOFF);
        failure.reason = NITRO_BOOT_REASON_REFUSED;
        setText(failure, "refused");
        send(machine, failure);
        const QJsonObject event = machine.takeEvent(u"ENCLAVE_BOOT_FAILED"_s);
        QVERIFY2(event[u"message"_s].toString().contains(u"CRC"_s, Qt::CaseInsensitive),
                 qPrintable(event[u"message"_s].toString()));
        QVERIFY(event.contains(u"e-code"_s));
        QCOMPARE(event[u"offset"_s].toInt(), 544);
        QCOMPARE(enclave(machine)[u"measurement"_s].toString(), u"refused"_s);
    }

    void handoffWithoutPermission_isAFailure() {
        QByteArray bytes = m_eif.bytes();
        bytes[0x223] = static_cast<char>(bytes[0x223] ^ 1);
        QtestMachine machine;
        QVERIFY2(machine.start({u"-kernel"_s, written(bytes), u"-action"_s, u"panic=pause"_s}),
                 machine.errorOutput());
        QCOMPARE(settled(machine), quint32(NITRO_MEASURE_REFUSED));
        send(machine, report(NITRO_BOOT_REPORT_STAGE, NITRO_BOOT_STAGE_HANDOFF));
        QVERIFY(!machine.takeEvent(u"ENCLAVE_BOOT_FAILED"_s).isEmpty());
        QCOMPARE(stages(machine).size(), 0);
    }
};

QTEST_GUILESS_MAIN(BootPort)
#include "tst_boot_port.moc"
