// SPDX-License-Identifier: GPL-2.0-or-later
//
// The demo enclave on the real machine: what the guest reads through /dev/nsm, what QMP reports and what an
// independent reader of the file computes must agree, for every way of starting it.

#include "tests/boot/support/guest.hpp"
#include "tests/boot/support/raw_eif.hpp"

#include <QCryptographicHash>
#include <QFile>
#include <QJsonArray>
#include <QRegularExpression>
#include <QtTest>

using namespace Qt::Literals::StringLiterals;

using nitroscope::test::Guest;
using nitroscope::test::RawEif;

namespace {

constexpr int bootSeconds = 120;
const QByteArray readyLine = "nitroscope-demo: ready";
const QByteArray zeroPcr = QByteArray(48, '\0').toHex();

QByteArray sha384(const QByteArray &bytes) {
    return QCryptographicHash::hash(bytes, QCryptographicHash::Sha384);
}

// What the guest printed for a PCR, in hex.
QByteArray printedPcr(const QByteArray &console, int index) {
    const QRegularExpression line(u"nitroscope-demo: pcr %1 ([0-9a-f]{96})"_s.arg(index));
    return line.match(QString::fromUtf8(console)).captured(1).toUtf8();
}

QJsonArray liveRegisters(Guest &guest) {
    return guest.command(u"query-nsm"_s).toObject()[u"pcrs"_s].toArray();
}

quint64 availableMemoryMiB() {
    QFile file(u"/proc/meminfo"_s);
    if (!file.open(QIODevice::ReadOnly))
        return 0;
    const QRegularExpression line(u"MemAvailable: *(\\d+) kB"_s);
    return line.match(QString::fromUtf8(file.readAll())).captured(1).toULongLong() / 1024;
}

} // namespace

class DemoBoot : public QObject {
    Q_OBJECT

private:
    // Starts the demo (or another EIF) and waits for its ready line.
    void boot(Guest &guest, const QStringList &arguments = {}, const QString &eif = Guest::demoEif()) {
        QVERIFY2(guest.start(QStringList{u"-M"_s, u"nitro-enclave"_s, u"-kernel"_s, eif} + arguments),
                 guest.errorOutput());
        QVERIFY2(guest.waitForConsole(readyLine, bootSeconds),
                 guest.console().right(2000) + guest.errorOutput());
    }

private slots:
    void init() { NITROSCOPE_REQUIRE_GUEST(); }

    void pcrs_readByTheGuest_equalAnIndependentMeasurement() {
        const RawEif eif = RawEif::read(Guest::demoEif());
        QVERIFY(eif.sections().size() >= 5);
        Guest guest;
        boot(guest);
        for (int index : {0, 1, 2})
            QCOMPARE(printedPcr(guest.console(), index), eif.pcr(index).toHex());
        QCOMPARE(printedPcr(guest.console(), 3), zeroPcr);
        const QJsonArray live = liveRegisters(guest);
        QCOMPARE(live.size(), 32);
        for (int index : {0, 1, 2})
            QCOMPARE(live[index].toObject()[u"value"_s].toString().toUtf8(), eif.pcr(index).toHex());
        for (int index = 0; index < 32; ++index)
            QCOMPARE(live[index].toObject()[u"locked"_s].toBool(), index < 16);
    }

    void bootStages_areReportedInOrderWithRisingTimes() {
        Guest guest;
        boot(guest);
        QStringList stages;
        qint64 last = -1;
        for (const QJsonObject &event : guest.events()) {
            if (event[u"event"_s].toString() != u"ENCLAVE_BOOT_STAGE"_s)
                continue;
            const QJsonObject data = event[u"data"_s].toObject();
            stages += data[u"stage"_s].toString();
            const qint64 now = data[u"virtual-time-ns"_s].toInteger();
            QVERIFY(now >= last);
            last = now;
        }
        const QStringList expected{u"reset"_s,   u"header"_s,  u"crc"_s,    u"kernel"_s,
                                   u"ramdisk"_s, u"ramdisk"_s, u"handoff"_s};
        QCOMPARE(stages, expected);
        const QJsonObject state = guest.command(u"query-enclave"_s).toObject();
        QCOMPARE(state[u"stages"_s].toArray().size(), expected.size());
    }

    void extendedPcr16_isTheHashOfOldValueAndData() {
        Guest guest;
        boot(guest);
        const QString text = QString::fromUtf8(guest.console());
        const auto extended =
            QRegularExpression(u"nitroscope-demo: extend 16 \"([^\"]*)\" ([0-9a-f]{96})"_s).match(text);
        QVERIFY2(extended.hasMatch(), guest.console().right(2000));
        QCOMPARE(extended.captured(2).toUtf8(),
                 sha384(QByteArray(48, '\0') + extended.captured(1).toUtf8()).toHex());
        QCOMPARE(liveRegisters(guest)[16].toObject()[u"value"_s].toString(), extended.captured(2));
    }

    void severalCpus_allComeUp_data() {
        QTest::addColumn<QString>("smp");
        QTest::addColumn<int>("cpus");
        QTest::newRow("2") << u"2"_s << 2;
        QTest::newRow("3") << u"3"_s << 3;
        QTest::newRow("2 sockets of 3 cores, APIC ids with a gap") << u"6,sockets=2,cores=3"_s << 6;
    }
    void severalCpus_allComeUp() {
        QFETCH(QString, smp);
        QFETCH(int, cpus);
        Guest guest;
        boot(guest, {u"-smp"_s, smp});
        QVERIFY2(guest.console().contains("Brought up 1 node, " + QByteArray::number(cpus) + " CPUs"),
                 guest.console());
    }

    void debugMode_zeroesTheImagePcrsOnly() {
        Guest guest;
        boot(guest, {u"-M"_s, u"debug-mode=on,parent-id=i-0123456789abcdef0,"
                              "parent-role=arn:aws:iam::123456789012:role/demo"_s});
        for (int index : {0, 1, 2})
            QCOMPARE(printedPcr(guest.console(), index), zeroPcr);
        QCOMPARE(printedPcr(guest.console(), 3),
                 sha384(QByteArray(48, '\0') + "arn:aws:iam::123456789012:role/demo").toHex());
        QCOMPARE(printedPcr(guest.console(), 4),
                 sha384(QByteArray(48, '\0') + "i-0123456789abcdef0").toHex());
    }

    void olderVersions_boot_data() {
        QTest::addColumn<quint16>("version");
        QTest::newRow("2, without signatures") << quint16(2);
        QTest::newRow("3, without metadata's duty") << quint16(3);
    }

    void olderVersions_boot() {
        QFETCH(quint16, version);
        const QTemporaryDir folder;
        const QString path = folder.filePath(u"older.eif"_s);
        RawEif eif = RawEif::read(Guest::demoEif());
        constexpr qsizetype versionAt = 4; // u16, big-endian
        eif.put16(versionAt, version);
        eif.fixCrc();
        QVERIFY(eif.write(path));
        Guest guest;
        boot(guest, {}, path);
        QVERIFY2(guest.console().contains("pcr 0 " + eif.pcr(0).toHex()), guest.console());
    }

    void append_isMeasuredAndSeenByTheKernel() {
        RawEif eif = RawEif::read(Guest::demoEif());
        Guest guest;
        boot(guest, {u"-append"_s, u"nitroscope.test=1"_s});
        // On x86-64 the two transports are appended as in the log of a real enclave: base, stride, interrupts, order.
        // aarch64 has a device tree for that.
        QVERIFY(guest.console().contains(
            Guest::isArm64()
                ? "nitroscope.test=1\r\n"
                : "nitroscope.test=1 virtio_mmio.device=4K@0xd0000000:5 virtio_mmio.device=4K@0xd0001000:6\r\n"));
        QByteArray contents;
        for (const auto &section : eif.sections())
            if (section.type == 1 || section.type == 2 || section.type == 3)
                contents += section.type == 2 ? section.data + " nitroscope.test=1" : section.data;
        QCOMPARE(printedPcr(guest.console(), 0), sha384(QByteArray(48, '\0') + sha384(contents)).toHex());
        QVERIFY(guest.errorOutput().contains("PCR"));
    }

    void guestReboot_endsTheEnclave() {
        Guest guest;
        boot(guest);
        guest.type("reboot\n");
        QVERIFY2(guest.waitForExit(60), guest.console().right(500));
        QCOMPARE(guest.exitCode(), 0);
    }

    void enclaveReset_bootsAgainWithTheSamePcrs() {
        Guest guest;
        boot(guest);
        const QByteArray first = printedPcr(guest.console(), 0);
        const qsizetype before = guest.console().size();
        QVERIFY(!guest.command(u"enclave-reset"_s).toObject().contains(u"error"_s));
        QTRY_VERIFY_WITH_TIMEOUT(
            (guest.command(u"query-status"_s), guest.console().indexOf(readyLine, before) > 0),
            bootSeconds * 1000);
        QCOMPARE(printedPcr(guest.console().mid(before), 0), first);
    }

    void fileOffsetsBeyond4GiB_boot() {
        // A sparse metadata section pushes the ramdisks beyond 4 GiB: no fw_cfg item and no 32-bit field may
        // cut it off. The file is right in every respect, so the machine is as strict as ever.
        RawEif eif = RawEif::read(Guest::demoEif());
        const auto sections = eif.sections();
        constexpr quint64 padding = 0x1'0800'0000;
        int metadata = -1;
        for (int i = 0; i < sections.size(); ++i)
            if (sections[i].type == 5)
                metadata = i;
        QVERIFY(metadata >= 0 && metadata + 1 < sections.size());
        const quint64 tail = eif.sectionOffset(metadata + 1);
        const auto dataSize = static_cast<quint64>(sections[metadata].data.size());
        RawEif big = eif;
        big.setSectionSize(metadata, dataSize + padding);
        big.put64(static_cast<qsizetype>(eif.sectionOffset(metadata)) + 4, dataSize + padding);
        for (int i = metadata + 1; i < sections.size(); ++i)
            big.setSectionOffset(i, eif.sectionOffset(i) + padding);
        big.put32(0x220, big.crc(tail, padding));
        QTemporaryDir folder;
        const QString path = folder.filePath(u"big.eif"_s);
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadWrite));
        QVERIFY(file.write(big.bytes.left(static_cast<qsizetype>(tail))) > 0);
        QVERIFY(file.seek(static_cast<qint64>(tail + padding)));
        QVERIFY(file.write(big.bytes.mid(static_cast<qsizetype>(tail))) > 0);
        file.close();
        Guest guest;
        boot(guest, {}, path);
        QCOMPARE(printedPcr(guest.console(), 0), eif.pcr(0).toHex());
        QVERIFY2(!guest.errorOutput().contains("CRC"), guest.errorOutput());
    }

    void ramdiskBeyond4GiB_bootsWhereMemoryAllows() {
        if (Guest::isArm64())
            QSKIP("aarch64 has no border at 4 GiB, and does not print where its ramdisk is");
        constexpr quint64 neededMiB = 13 * 1024;
        if (availableMemoryMiB() < neededMiB)
            QSKIP("needs 13 GiB of available memory");
        // One more ramdisk, of zeros: Linux skips them. The file is sparse.
        constexpr quint64 zeros = 0x1'0800'0000;
        RawEif eif = RawEif::read(Guest::demoEif());
        const int added = eif.sectionCount();
        const quint64 header = quint64(eif.bytes.size());
        eif.bytes += QByteArray("\0\3\0\0", 4) + QByteArray(8, '\0'); // type 3, no flags, size
        eif.put64(static_cast<qsizetype>(header) + 4, zeros);
        eif.put16(0x1a, static_cast<quint16>(added + 1));
        eif.setSectionOffset(added, header);
        eif.setSectionSize(added, zeros);
        eif.put32(0x220, eif.crc(header + 12, zeros));
        QTemporaryDir folder;
        const QString path = folder.filePath(u"large.eif"_s);
        QVERIFY(eif.write(path));
        QVERIFY(QFile::resize(path, static_cast<qint64>(header + 12 + zeros)));
        Guest guest;
        QVERIFY2(guest.start({u"-M"_s, u"nitro-enclave"_s, u"-kernel"_s, path, u"-m"_s, u"8G"_s}),
                 guest.errorOutput());
        constexpr int minutes = 60;
        QVERIFY2(guest.waitForConsole("RAMDISK: [mem 0x", 10 * minutes), guest.console());
        QVERIFY2(guest.waitForConsole(readyLine, 60 * minutes), guest.console().right(2000));
        const auto place = QRegularExpression(u"RAMDISK: \\[mem 0x([0-9a-f]+)-0x([0-9a-f]+)\\]"_s)
                               .match(QString::fromUtf8(guest.console()));
        QVERIFY2(place.hasMatch(), guest.console());
        QVERIFY(place.captured(2).toULongLong(nullptr, 16) - place.captured(1).toULongLong(nullptr, 16) >
                zeros);
    }
};

QTEST_GUILESS_MAIN(DemoBoot)
#include "tst_demo_boot.moc"
