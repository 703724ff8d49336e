// SPDX-License-Identifier: GPL-2.0-or-later
//
// Opening an EIF through the C interface: files that are none, structures that are broken, memory that is too
// small, the modes strict and preflight, and the experiments -append and -initrd.

#include "firmware/eif/problem.hpp"
#include "tests/unit/launch/eif_maker.hpp"
#include "tests/unit/launch/launch_guard.hpp"

#include <QCryptographicHash>
#include <QFile>
#include <QTest>
#include <sys/stat.h>
#include <unistd.h>

using namespace nitroscope;
using namespace nitroscope::test;
using namespace Qt::Literals::StringLiterals;

namespace {

void putBig64(QByteArray &bytes, qsizetype at, quint64 value) {
    for (int i = 0; i < 8; ++i)
        bytes[at + i] = static_cast<char>(value >> (56 - 8 * i));
}

} // namespace

class LaunchOpenTest : public QObject {
    Q_OBJECT

private slots:
    void open_notAnImage_saysWhatAndWhatToDo_data() {
        QTest::addColumn<QByteArray>("path");
        QTest::addColumn<QByteArray>("words");
        QTest::newRow("no name") << QByteArray() << QByteArray("No EIF file was named");
        QTest::newRow("missing") << QByteArray("/nonexistent/x.eif") << QByteArray("does not exist");
        QTest::newRow("directory") << QFile::encodeName(m_folder.path()) << QByteArray("is a directory");
        QTest::newRow("empty") << writeFile(m_folder, "empty", {}) << QByteArray("is empty");
        QTest::newRow("device") << QByteArray("/dev/zero") << QByteArray("not a regular file");
        QTest::newRow("text") << writeFile(m_folder, "text", "hello, world")
                              << QByteArray("not an enclave image");
        QTest::newRow("short") << writeFile(m_folder, "short", ".eif")
                               << QByteArray("shorter than an EIF header");
    }

    void open_notAnImage_saysWhatAndWhatToDo() {
        QFETCH(QByteArray, path);
        QFETCH(QByteArray, words);
        Launch launch(Launch::options(path));
        QVERIFY(!launch.isOpen());
        QVERIFY2(QByteArray(launch.problem.message).contains(words), launch.problem.message);
        QCOMPARE(launch.problem.fatal, 1);
    }

    void open_fifo_doesNotHang() {
        const QByteArray path = QFile::encodeName(m_folder.filePath(u"fifo"_s));
        QCOMPARE(mkfifo(path.constData(), 0600), 0);
        Launch launch(Launch::options(path));
        QVERIFY(!launch.isOpen());
        QVERIFY(QByteArray(launch.problem.message).contains("not a regular file"));
    }

    void open_unreadable_saysSo() {
        const QByteArray path = writeFile(m_folder, "secret.eif", makeEif(usualSections()));
        QCOMPARE(chmod(path.constData(), 0), 0);
        const bool isRoot = geteuid() == 0; // may read everything: be somebody else for a moment
        constexpr uid_t nobody = 65534;
        if (isRoot)
            QCOMPARE(seteuid(nobody), 0);
        Launch launch(Launch::options(path));
        if (isRoot)
            QCOMPARE(seteuid(0), 0);
        QVERIFY(!launch.isOpen());
        QVERIFY(QByteArray(launch.problem.message).contains("may not be read"));
    }

    void open_structureBroken_refusesWithPlace_data() {
        QTest::addColumn<QByteArray>("eif");
        QTest::addColumn<uint>("reason");
        QTest::addColumn<int>("section");
        const auto row = [](const char *name, const QByteArray &eif, eif::Problem problem, int section) {
            QTest::newRow(name) << eif << uint(problem) << section;
        };
        row("32 sections of zero bytes", makeEif(TestSections(32, {0, {}})), eif::Problem::sectionTypeInvalid,
            0);
        const QByteArray good = makeEif(usualSections());
        QByteArray eif = good;
        putBig64(eif, 0x1c + 8 * 4, ~quint64{0} - 4);
        row("offset near 2^64", eif, eif::Problem::sectionOutsideFile, 4);
        eif = good;
        putBig64(eif, 0x11c + 8 * 4, ~quint64{0});
        row("size in the table near 2^64", eif, eif::Problem::sectionSizeMismatch, 4);
        eif = good;
        putBig64(eif, 0x11c + 8 * 4, ~quint64{0});
        putBig64(eif, eif.size() - 3006 - 8, ~quint64{0});
        row("both sizes near 2^64", eif, eif::Problem::sectionDataCut, 4);
        eif = good;
        eif[0x1b] = 33;
        row("33 sections", eif, eif::Problem::tooManySections, -1);
    }

    void open_structureBroken_refusesWithPlace() {
        QFETCH(QByteArray, eif);
        QFETCH(uint, reason);
        QFETCH(int, section);
        Launch launch(Launch::options(writeFile(m_folder, "broken.eif", eif)));
        QVERIFY(!launch.isOpen());
        QCOMPARE(launch.problem.reason, reason);
        QCOMPARE(launch.problem.section, section);
        if (section >= 0)
            QVERIFY(QByteArray(launch.problem.message).contains("section " + QByteArray::number(section)));
    }

    void open_brokenButNotStrict_warnsAndGoesOn() {
        QByteArray eif = makeEif(usualSections());
        eif[0x225] = 7; // type of section 0
        const QByteArray path = writeFile(m_folder, "lax.eif", eif);
        NitroLaunchOptions options = Launch::options(path);
        options.strict = 0;
        Launch launch(options);
        QVERIFY(launch.isOpen());
        const NitroLaunchProblem *warning = launch.warning(uint32_t(eif::Problem::sectionTypeUnknown));
        QVERIFY(warning);
        QCOMPARE(warning->fatal, 0);
        QCOMPARE(nitro_launch_wait(launch.get()), int(NITRO_MEASURE_READY));
        QVERIFY(launch.pcr(0).isEmpty()); // no kernel, nothing to measure
        QVERIFY(!launch.warning(uint32_t(eif::Problem::kernelMissing))->fatal);
    }

    void open_withoutPreflight_judgesNothing() {
        QByteArray eif = makeEif(usualSections());
        eif[3] = 'F';
        eif[0x223] = static_cast<char>(eif[0x223] ^ 1);
        const QByteArray path = writeFile(m_folder, "unjudged.eif", eif);
        NitroLaunchOptions options = Launch::options(path);
        options.preflight = 0;
        options.ram_size = 1 << 20;
        Launch launch(options);
        QVERIFY2(launch.isOpen(), launch.problem.message);
        QCOMPARE(nitro_launch_problem_count(launch.get()), size_t{0});
        QCOMPARE(nitro_launch_wait(launch.get()), int(NITRO_MEASURE_READY));
        QCOMPARE(nitro_launch_problem_count(launch.get()), size_t{0});
        QCOMPARE(launch.pcr(0), expectedPcr(0, usualSections()).toHex());
    }

    void wait_wrongCrc_refusesOrWarns() {
        QByteArray eif = makeEif(usualSections());
        eif[eif.size() - 1] = 'c';
        const QByteArray path = writeFile(m_folder, "crc.eif", eif);
        NitroLaunchOptions options = Launch::options(path);
        Launch strict(options);
        QCOMPARE(nitro_launch_verdict(strict.get()), nullptr);
        QCOMPARE(nitro_launch_wait(strict.get()), int(NITRO_MEASURE_REFUSED));
        QCOMPARE(nitro_launch_verdict(strict.get())->reason, uint32_t(eif::Problem::crcMismatch));
        QCOMPARE(nitro_launch_verdict(strict.get())->offset, uint64_t{0x220});
        options.strict = 0;
        Launch lax(options);
        QCOMPARE(nitro_launch_wait(lax.get()), int(NITRO_MEASURE_READY));
        QVERIFY(lax.warning(uint32_t(eif::Problem::crcMismatch)));
    }

    void open_memoryTooSmall_saysHowMuch() {
        const QByteArray path = writeFile(m_folder, "memory.eif", makeEif(usualSections()));
        NitroLaunchOptions options = Launch::options(path);
        Launch unlimited(options);
        // Kernel at 16 MiB with 16 MiB of its own, and two small ramdisks.
        const uint64_t needed = nitro_launch_facts(unlimited.get())->memory_needed;
        QCOMPARE(needed, uint64_t{33} << 20);
        options.ram_size = needed - (1 << 20);
        Launch tooSmall(options);
        QVERIFY(!tooSmall.isOpen());
        QCOMPARE(tooSmall.problem.reason, uint32_t(NITRO_LAUNCH_REASON_MEMORY));
        QCOMPARE(QByteArray(tooSmall.problem.ecode), QByteArray("E26"));
        QVERIFY2(QByteArray(tooSmall.problem.message).contains("at least 33 MiB"), tooSmall.problem.message);
        options.ram_size = needed;
        Launch enough(options);
        QVERIFY(enough.isOpen());
    }

    void measurement_beforeEnd_isRefused() {
        const QByteArray path = writeFile(m_folder, "busy.eif", makeEif(usualSections()));
        Launch launch(Launch::options(path));
        uint8_t value[48];
        QCOMPARE(nitro_launch_measurement(launch.get(), 0, value), -1); // nobody has polled yet
        QCOMPARE(nitro_launch_wait(launch.get()), int(NITRO_MEASURE_READY));
        QCOMPARE(nitro_launch_measurement(launch.get(), 0, value), 0);
        QCOMPARE(nitro_launch_measurement(launch.get(), 3, value), -1);
        QCOMPARE(launch.pcr(8), QByteArray(96, '0'));
        QCOMPARE(nitro_launch_is_signed(launch.get()), 0);
    }

    void close_whileMeasuring_returns() {
        TestSections sections = usualSections();
        sections.push_back({ramdiskKind, QByteArray(64 << 20, 'z')});
        const QByteArray path = writeFile(m_folder, "large.eif", makeEif(sections));
        for (int i = 0; i < 3; ++i)
            Launch launch(Launch::options(path)); // closes at once
    }

    void append_andInitrd_areMeasured_data() {
        QTest::addColumn<QByteArray>("append");
        QTest::addColumn<QByteArray>("ramdisk");
        QTest::newRow("append") << QByteArray("debug loglevel=7") << QByteArray();
        QTest::newRow("initrd") << QByteArray() << QByteArray("070701extra");
        QTest::newRow("both") << QByteArray("debug") << QByteArray(5000, 'q');
    }

    void append_andInitrd_areMeasured() {
        QFETCH(QByteArray, append);
        QFETCH(QByteArray, ramdisk);
        TestSections measured = usualSections();
        if (!append.isEmpty())
            measured[1].data += ' ' + append;
        if (!ramdisk.isEmpty())
            measured.push_back({ramdiskKind, ramdisk});
        const QByteArray path = writeFile(m_folder, "extra.eif", makeEif(usualSections()));
        const QByteArray initrd = ramdisk.isEmpty() ? QByteArray() : writeFile(m_folder, "initrd", ramdisk);
        NitroLaunchOptions options = Launch::options(path);
        options.append = append.constData();
        options.initrd_path = initrd.constData();
        Launch launch(options);
        QVERIFY2(launch.isOpen(), launch.problem.message);
        QVERIFY(launch.warning(NITRO_LAUNCH_REASON_EXPERIMENT));
        QCOMPARE(nitro_launch_wait(launch.get()), int(NITRO_MEASURE_READY));
        for (const int pcr : {0, 1, 2})
            QCOMPARE(launch.pcr(unsigned(pcr)), expectedPcr(pcr, measured).toHex());
        uint64_t size = 1;
        const uint8_t *mapped = nitro_launch_extra_ramdisk(launch.get(), &size);
        QCOMPARE(QByteArray(reinterpret_cast<const char *>(mapped), qsizetype(size)), ramdisk);
    }

    void append_tooLong_isRefused() {
        const QByteArray path = writeFile(m_folder, "long.eif", makeEif(usualSections()));
        const QByteArray append(2040, 'a');
        NitroLaunchOptions options = Launch::options(path);
        options.append = append.constData();
        Launch launch(options);
        QVERIFY(!launch.isOpen());
        QCOMPARE(launch.problem.reason, uint32_t(NITRO_LAUNCH_REASON_COMMAND_LINE));
    }

    void initrd_missing_isRefused() {
        const QByteArray path = writeFile(m_folder, "noinitrd.eif", makeEif(usualSections()));
        NitroLaunchOptions options = Launch::options(path);
        options.initrd_path = "/nonexistent/initrd";
        Launch launch(options);
        QVERIFY(!launch.isOpen());
        QCOMPARE(launch.problem.reason, uint32_t(NITRO_LAUNCH_REASON_EXTRA_RAMDISK));
    }

    void initrd_shrunkWhileMeasured_isNamedAndNotTheImage() {
        const QByteArray path = writeFile(m_folder, "shrinks.eif", makeEif(usualSections()));
        const QByteArray ramdisk = writeFile(m_folder, "shrinks.cpio", "x");
        constexpr off_t longToHash = off_t{2} << 30; // without taking room on the disk
        QCOMPARE(::truncate(ramdisk.constData(), longToHash), 0);
        NitroLaunchOptions options = Launch::options(path);
        options.initrd_path = ramdisk.constData();
        options.ram_size = 0;
        Launch launch(options);
        QVERIFY2(launch.isOpen(), launch.problem.message);
        QCOMPARE(::truncate(ramdisk.constData(), 1), 0);
        QCOMPARE(nitro_launch_wait(launch.get()), int(NITRO_MEASURE_REFUSED));
        const NitroLaunchProblem *verdict = nitro_launch_verdict(launch.get());
        QCOMPARE(verdict->reason, uint32_t(NITRO_LAUNCH_REASON_EXTRA_RAMDISK));
        QVERIFY2(QByteArray(verdict->message).contains("-initrd"), verdict->message);
        QCOMPARE(verdict->section, -1);
        QCOMPARE(verdict->offset, uint64_t{0});
    }

    void facts_andMapping_showTheFile() {
        const QByteArray eif = makeEif(usualSections());
        Launch launch(Launch::options(writeFile(m_folder, "facts.eif", eif)));
        uint64_t size = 0;
        const uint8_t *mapped = nitro_launch_eif(launch.get(), &size);
        QCOMPARE(QByteArray(reinterpret_cast<const char *>(mapped), qsizetype(size)), eif);
        const NitroLaunchFacts *facts = nitro_launch_facts(launch.get());
        QCOMPARE(facts->section_count, 5u);
        QCOMPARE(facts->sections[0].type, uint16_t(kernelKind));
        QCOMPARE(facts->sections[0].offset, uint64_t{548 + 12});
        QCOMPARE(facts->sections[4].size, uint64_t{3006});
        QCOMPARE(nitro_launch_wait(launch.get()), int(NITRO_MEASURE_READY));
        QCOMPARE(facts->computed_crc, facts->stored_crc);
        nitro_launch_release_pages(launch.get());
        QCOMPARE(QByteArray(reinterpret_cast<const char *>(mapped), 4), QByteArray(".eif"));
    }

    void rolePcr_andInstancePcr_hashText() {
        uint8_t value[48];
        nitro_launch_instance_pcr("i-0123456789abcdef0", value);
        const QByteArray content = QByteArray(48, '\0') + "i-0123456789abcdef0";
        QCOMPARE(QByteArray(reinterpret_cast<const char *>(value), 48),
                 QCryptographicHash::hash(content, QCryptographicHash::Sha384));
        nitro_launch_role_pcr(nullptr, value);
        QCOMPARE(QByteArray(reinterpret_cast<const char *>(value), 48), QByteArray(48, '\0'));
    }

private:
    QTemporaryDir m_folder;
};

QTEST_GUILESS_MAIN(LaunchOpenTest)
#include "tst_launch_open.moc"
