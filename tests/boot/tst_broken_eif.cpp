// SPDX-License-Identifier: GPL-2.0-or-later
//
// Broken EIFs, twice each: with preflight=off the firmware is the only judge and must stop at the right stage
// with the right sentence on the console and in ENCLAVE_BOOT_FAILED; with the machine's own checks on, QEMU
// must refuse with the E-code and the place, before the guest runs or at the latest before the kernel does.

#include "tests/boot/support/guest.hpp"
#include "tests/boot/support/raw_eif.hpp"

#include <functional>
#include <QJsonDocument>
#include <QRegularExpression>
#include <QtTest>

using namespace Qt::Literals::StringLiterals;

using nitroscope::test::Guest;
using nitroscope::test::RawEif;

using Break = std::function<void(RawEif &)>;
Q_DECLARE_METATYPE(Break)

namespace {

// Positions in nitro-cli's order: kernel, command line, metadata, ramdisk 0, ramdisk 1.
constexpr int kernel = 0, cmdline = 1, metadata = 2, ramdisk0 = 3;

void retype(RawEif &eif, int section, quint16 type) {
    eif.put16(static_cast<qsizetype>(eif.sectionOffset(section)), type);
}

} // namespace

class BrokenEif : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    QString written(const Break &damage) {
        RawEif eif = RawEif::read(Guest::demoEif());
        damage(eif);
        const QString path = m_folder.filePath(u"broken.eif"_s);
        return eif.write(path) ? path : QString();
    }

    static void rows() {
        QTest::addColumn<Break>("damage");
        QTest::addColumn<QString>("stage");
        QTest::addColumn<QString>("sentence"); // a word that must be in the firmware's message
        const auto row = [](const char *name, const char *stage, const char *sentence, Break damage) {
            QTest::newRow(name) << std::move(damage) << QString::fromUtf8(stage)
                                << QString::fromUtf8(sentence);
        };
        row("magic", "header", ".eif", [](RawEif &e) { e.bytes[0] = 'x'; });
        row("version 1", "header", "version", [](RawEif &e) {
            e.put16(4, 1);
            e.fixCrc();
        });
        row("version 5", "header", "version", [](RawEif &e) {
            e.put16(4, 5);
            e.fixCrc();
        });
        row("no sections", "header", "section", [](RawEif &e) {
            e.put16(0x1a, 0);
            e.fixCrc();
        });
        row("33 sections", "header", "section", [](RawEif &e) {
            e.put16(0x1a, 33);
            e.fixCrc();
        });
        row("checksum", "crc", "CRC", [](RawEif &e) { e.bytes[0x223] = char(e.bytes[0x223] ^ 1); });
        row("one byte of the last ramdisk", "crc", "CRC",
            [](RawEif &e) { e.bytes[e.bytes.size() - 1] = char(e.bytes[e.bytes.size() - 1] ^ 0x80); });
        row("no kernel", "header", "kernel", [](RawEif &e) {
            retype(e, kernel, 3);
            e.fixCrc();
        });
        row("two command lines", "header", "command line", [](RawEif &e) {
            retype(e, metadata, 2);
            e.fixCrc();
        });
        row("section of unknown type", "header", "type", [](RawEif &e) {
            retype(e, ramdisk0, 9);
            e.fixCrc();
        });
        row("size near 2^64", "header", "", [](RawEif &e) {
            e.setSectionSize(ramdisk0, ~0ull - 5);
            e.fixCrc();
        });
        row("offset near 2^64", "header", "", [](RawEif &e) {
            e.setSectionOffset(ramdisk0, ~0ull - 5);
            e.fixCrc();
        });
        row("overlapping sections", "header", "", [](RawEif &e) {
            e.setSectionOffset(ramdisk0, e.sectionOffset(cmdline));
            e.fixCrc();
        });
        row("table and section disagree on a size", "header", "size", [](RawEif &e) {
            e.setSectionSize(cmdline, 3);
            e.fixCrc();
        });
        row("truncated", "header", "", [](RawEif &e) { e.bytes.chop(4096); });
        row("header cut off", "header", "", [](RawEif &e) { e.bytes.truncate(300); });
        row("32 sections of zero bytes", "header", "", [](RawEif &e) {
            e.bytes.truncate(548);
            e.put16(0x1a, 32);
            for (int i = 0; i < 32; ++i) {
                e.setSectionOffset(i, quint64(548 + 12 * i));
                e.setSectionSize(i, 0);
                e.bytes += QByteArray("\0\3\0\0\0\0\0\0\0\0\0\0", 12);
            }
            e.fixCrc();
        });
        row("kernel without its magic", "kernel", "", [](RawEif &e) {
            const qsizetype magic = Guest::isArm64() ? 56 : 0x202;
            e.put32(static_cast<qsizetype>(e.sectionOffset(kernel)) + 12 + magic, 0);
            e.fixCrc();
        });
    }

private slots:
    void init() { NITROSCOPE_REQUIRE_GUEST(); }

    void firmware_stopsAtTheRightStage_data() { rows(); }
    void firmware_stopsAtTheRightStage() {
        QFETCH(Break, damage);
        QFETCH(QString, stage);
        QFETCH(QString, sentence);
        Guest guest;
        QVERIFY2(guest.start({u"-M"_s, u"nitro-enclave,preflight=off"_s, u"-kernel"_s, written(damage),
                              u"-action"_s, u"panic=pause"_s}),
                 guest.errorOutput());
        const QByteArray line = "nitroscope: boot failed at " + stage.toUtf8();
        QVERIFY2(guest.waitForConsole(line, 60), guest.console().right(1500));
        const QJsonObject event = guest.waitForEvent(u"ENCLAVE_BOOT_FAILED"_s, 60);
        QCOMPARE(event[u"stage"_s].toString(), stage);
        const QString message = event[u"message"_s].toString();
        QVERIFY2(message.contains(sentence, Qt::CaseInsensitive), qPrintable(message));
        // The machine stands still instead of spinning.
        QTRY_COMPARE_WITH_TIMEOUT(guest.command(u"query-status"_s).toObject()[u"status"_s].toString(),
                                  u"guest-panicked"_s, 60'000);
    }

    void machine_refusesWithECodeAndPlace_data() { rows(); }
    void machine_refusesWithECodeAndPlace() {
        QFETCH(Break, damage);
        Guest guest;
        const bool started = guest.start(
            {u"-M"_s, u"nitro-enclave"_s, u"-kernel"_s, written(damage), u"-action"_s, u"panic=pause"_s});
        QByteArray said;
        if (started) {
            const QJsonObject event = guest.waitForEvent(u"ENCLAVE_BOOT_FAILED"_s, 60);
            QVERIFY2(!event.isEmpty(), guest.console().right(1500));
            said = QJsonDocument(event).toJson() + guest.errorOutput();
        } else {
            QCOMPARE(guest.exitCode(), 1);
            said = guest.errorOutput();
        }
        QVERIFY2(QRegularExpression(u"\\bE[0-9]{2}\\b"_s).match(QString::fromUtf8(said)).hasMatch(), said);
        QVERIFY2(!guest.console().contains("Linux version"), "the kernel was entered");
    }

    // Without the machine's help, and on x86-64 without PCLMULQDQ as well: the firmware's own ways to the same verdict.
    void firmware_onItsOwn_findsOneWrongByte_data() {
        QTest::addColumn<QString>("processor");
        if (Guest::isArm64()) {
            QTest::newRow("CRC32 instructions") << u"neoverse-n1"_s;
            return;
        }
        QTest::newRow("PCLMULQDQ") << u"max"_s;
        QTest::newRow("no PCLMULQDQ") << u"max,pclmulqdq=off"_s;
    }
    void firmware_onItsOwn_findsOneWrongByte() {
        QFETCH(QString, processor);
        const QStringList machine{u"-M"_s,      u"nitro-enclave,preflight=off,checksum-port=off"_s,
                                  u"-cpu"_s,    processor,
                                  u"-action"_s, u"panic=pause"_s,
                                  u"-kernel"_s};
        const auto damage = [](RawEif &e) { e.bytes[e.bytes.size() - 1] = char(e.bytes.back() ^ 0x80); };
        Guest broken, whole;
        QVERIFY2(broken.start(machine + QStringList{written(damage)}), broken.errorOutput());
        QVERIFY2(broken.waitForConsole("boot failed at crc", 60), broken.console().right(1500));
        QVERIFY2(whole.start(machine + QStringList{Guest::demoEif()}), whole.errorOutput());
        QVERIFY2(whole.waitForConsole("Linux version", 60), whole.console().right(1500));
    }

    void tooLittleMemory_saysHowMuchIsNeeded() {
        Guest guest;
        const bool started =
            guest.start({u"-M"_s, u"nitro-enclave,preflight=off"_s, u"-kernel"_s, Guest::demoEif(), u"-m"_s,
                         u"20M"_s, u"-action"_s, u"panic=pause"_s});
        QVERIFY2(started, guest.errorOutput());
        const QJsonObject event = guest.waitForEvent(u"ENCLAVE_BOOT_FAILED"_s, 60);
        QVERIFY2(event[u"message"_s].toString().contains(u"MiB"_s), QJsonDocument(event).toJson());
    }

    void notAnEif_isRefusedInPlainWords_data() {
        QTest::addColumn<QString>("path");
        QTest::newRow("a directory") << u"/usr"_s;
        QTest::newRow("missing") << u"/nonexistent/file.eif"_s;
        QTest::newRow("empty") << u"/dev/null"_s;
    }
    void notAnEif_isRefusedInPlainWords() {
        QFETCH(QString, path);
        Guest guest;
        QVERIFY(!guest.start({u"-M"_s, u"nitro-enclave"_s, u"-kernel"_s, path}));
        QVERIFY2(guest.errorOutput().contains(path.toUtf8()), guest.errorOutput());
        QCOMPARE(guest.exitCode(), 1);
    }

    // As by a build in place: what the firmware reads then lies behind the end of the file.
    void file_cutBeforeTheGuestRuns_isABootThatFails() {
        const QString path = written([](RawEif &) {});
        Guest guest;
        const bool isStarted = guest.start(
            {u"-M"_s, u"nitro-enclave"_s, u"-kernel"_s, path, u"-action"_s, u"panic=pause"_s}, [&path] {
                constexpr qint64 rest = 5000; // within the kernel
                QVERIFY(QFile::resize(path, rest));
            });
        QVERIFY2(isStarted, guest.errorOutput());
        const QJsonObject event = guest.waitForEvent(u"ENCLAVE_BOOT_FAILED"_s, 60);
        QVERIFY2(!event.isEmpty(), guest.errorOutput() + guest.console().right(1500));
    }

    void strictOff_bootsInSpiteOfABadChecksum() {
        const QString path = written([](RawEif &e) { e.bytes[0x223] = char(e.bytes[0x223] ^ 1); });
        Guest guest;
        QVERIFY2(guest.start({u"-M"_s, u"nitro-enclave,strict=off"_s, u"-kernel"_s, path}),
                 guest.errorOutput());
        QVERIFY2(guest.waitForConsole("nitroscope-demo: ready", 120), guest.console().right(1500));
        QVERIFY(!guest.waitForEvent(u"ENCLAVE_BOOT_WARNING"_s, 60).isEmpty());
    }
};

QTEST_GUILESS_MAIN(BrokenEif)
#include "tst_broken_eif.moc"
