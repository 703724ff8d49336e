// SPDX-License-Identifier: GPL-2.0-or-later
//
// What an EIF tells about its boot before it boots: good files give the facts, damaged and hostile ones
// nothing or less, and nothing ever reads beyond them.
#include "app/core/arch/x86/decompressor.hpp"
#include "app/formats/boot/boot_programs.hpp"
#include "app/formats/boot/initcalls.hpp"
#include "app/formats/boot/kernel_place.hpp"
#include "tests/unit/boot/made_up_vmlinux.hpp"
#include "tests/unit/formats/cpio_maker.hpp"

#include <QTest>

using namespace nitroscope;
using namespace nitroscope::formats;
using namespace nitroscope::test;
using namespace Qt::Literals::StringLiterals;
using Vmlinux = MadeUpVmlinux;

namespace {

const QVector<int> usual{3, 5, 0, 2, 9, 1, 12, 4};

// Bytes at the end of a heap block of their own, so that a sanitizer sees what reads beyond.
struct Exact {
    explicit Exact(QByteArrayView bytes) : size(bytes.size()), copy(new char[size_t(bytes.size())]) {
        std::copy(bytes.begin(), bytes.end(), copy.get());
    }
    QByteArrayView view() const { return {copy.get(), size}; }
    qsizetype size;
    std::unique_ptr<char[]> copy;
};

QVector<InitcallLevel> levelsOf(const QByteArray &file) {
    const Exact exact(file);
    const auto image = symbols::ElfImage::open(exact.view());
    return image ? findInitcallLevels(*image, Vmlinux::symbols()) : QVector<InitcallLevel>();
}

QVector<RelocatedField> fieldsOf(const QByteArray &file, int most = 8) {
    const Exact exact(file);
    const auto image = symbols::ElfImage::open(exact.view());
    return image ? relocatedFields(*image, most) : QVector<RelocatedField>();
}

// A program's front: enough of an ELF file to know where it begins.
QByteArray program(quint64 entry, bool isMovable = true, const QByteArray &loader = {}, int bits = 64) {
    QByteArray elf("\x7f"
                   "ELF");
    elf += bits == 64 ? '\2' : '\1';
    elf += '\1';
    elf.append(10, '\0');
    const auto put = [&](quint64 value, int width) { Vmlinux::put(elf, value, width); };
    put(isMovable ? 3 : 2, 2);
    put(62, 2);
    put(1, 4);
    put(entry, 8);
    put(64, 8);
    put(0, 12);
    put(64, 2);
    put(56, 2);
    put(loader.isEmpty() ? 0 : 1, 2);
    put(0, 6);
    if (!loader.isEmpty()) {
        put(3, 4); // PT_INTERP
        put(4, 4);
        put(120, 8);
        put(0, 16);
        put(quint64(loader.size()) + 1, 8);
        put(0, 16);
        elf += loader + '\0';
    }
    return elf;
}

// Keeps what the ramdisks refer to.
struct Image {
    explicit Image(const QList<QByteArray> &archives) : bytes(archives) {
        for (const QByteArray &each : bytes)
            sources.push_back(std::make_unique<launch::MemorySource>(
                std::as_bytes(std::span(each.constData(), size_t(each.size())))));
        for (const auto &source : sources)
            ramdisks.push_back(*readRamdisk({source.get(), 0, source->size()}));
    }
    BootPrograms programs(const QString &commandLine = {}) const {
        return findBootPrograms(BootFiles(ramdisks), commandLine.toUtf8());
    }
    QList<QByteArray> bytes;
    std::vector<std::unique_ptr<launch::MemorySource>> sources;
    std::vector<Ramdisk> ramdisks;
};

BootPrograms programsOf(const QList<CpioFile> &files, const QString &commandLine = {}) {
    return Image({cpioArchive(withFolders(files))}).programs(commandLine);
}

} // namespace

class TestBootFacts : public QObject {
    Q_OBJECT

private slots:
    // Initcall levels.
    void initcalls_bothForms_haveFirstFunctionAndNumber_data() {
        QTest::addColumn<int>("width");
        QTest::newRow("offsets, since 4.19") << 4;
        QTest::newRow("pointers") << 8;
    }
    void initcalls_bothForms_haveFirstFunctionAndNumber() {
        QFETCH(int, width);
        const auto found = levelsOf(Vmlinux(usual, width).file());
        QCOMPARE(found.size(), 7); // level 2 is empty
        int next = 0;
        for (const InitcallLevel &level : found) {
            QCOMPARE(level.calls, usual[level.level]);
            QCOMPARE(level.first, Vmlinux::functionAt(next));
            next += level.calls;
        }
    }
    void initcalls_names_areLinuxs() {
        QCOMPARE(initcallLevelName(0), "pure");
        QCOMPARE(initcallLevelName(7), "late");
        QCOMPARE(initcallLevelName(8), "unknown");
        QCOMPARE(initcallLevelName(-1), "unknown");
    }
    void initcalls_oneEntryIsNoFunction_areNone() {
        Vmlinux kernel(usual);
        kernel.segment[Vmlinux::entriesAt] = char(kernel.segment[Vmlinux::entriesAt] + 1);
        QVERIFY(levelsOf(kernel.file()).isEmpty());
    }
    void initcalls_levelsDescend_areNone() {
        Vmlinux kernel(usual);
        for (int i = 0; i < 8; ++i)
            std::swap(kernel.segment[kernel.arrayAt + 8 + i], kernel.segment[kernel.arrayAt + 32 + i]);
        QVERIFY(levelsOf(kernel.file()).isEmpty());
    }
    void initcalls_tooFew_areNone() { QVERIFY(levelsOf(Vmlinux({1, 1, 0, 0, 0, 0, 0, 0}).file()).isEmpty()); }
    void initcalls_truncatedAtEveryByte_areRightOrNone() {
        const Vmlinux kernel(usual);
        const QByteArray file = kernel.file();
        const int needed = Vmlinux::offset + kernel.arrayAt + 9 * 8;
        for (qsizetype size = 0; size <= file.size(); ++size)
            QCOMPARE(levelsOf(file.first(size)).size(), size >= needed ? 7 : 0);
    }
    void initcalls_everyByteCorrupted_areFunctionsOrNone() {
        const QByteArray file = Vmlinux(usual).file();
        for (qsizetype at = 0; at < file.size(); ++at)
            for (const char change : {'\xff', '\x80', '\x01'}) {
                QByteArray damaged = file;
                damaged[at] = char(damaged[at] ^ change);
                for (const InitcallLevel &level : levelsOf(damaged)) {
                    QVERIFY(level.level >= 0 && level.level < 8 && level.calls > 0);
                    QVERIFY(level.first >= Vmlinux::functionAt(0) &&
                            level.first <= Vmlinux::functionAt(Vmlinux::functions - 1));
                    QCOMPARE((level.first - Vmlinux::base) % Vmlinux::functionBytes, 0);
                }
            }
    }
    void initcalls_segmentAtTheEndOfNumbers_readsNothingBeyond() {
        // Two segments: the array's, and one whose file offset plus a few bytes wraps around zero.
        Vmlinux kernel(usual, 8);
        QByteArray file = kernel.file();
        file[56] = 2; // program headers; the second one lies in the gap before the segment
        QByteArray second = file.mid(64, 56);
        for (int i = 0; i < 8; ++i) {
            second[8 + i] = char(i == 0 ? 0xfc : 0xff); // offset 2^64 - 4
            second[32 + i] = '\x7f';                    // bytes in the file
        }
        file.replace(120, 56, second);
        QByteArray swapped = file;
        swapped.replace(64, 56, second).replace(120, 56, file.mid(64, 56));
        (void)levelsOf(swapped);
        QCOMPARE(levelsOf(file).size(), 7);
        QVERIFY(fieldsOf(swapped, 100).size() <= 100);
    }
    void initcalls_endlessCandidates_giveUp() {
        // Every window of an ascending array is a candidate, and all entries but the last are functions.
        Vmlinux kernel(usual);
        QByteArray &bytes = kernel.segment;
        bytes.truncate(Vmlinux::entriesAt);
        constexpr int entries = 8 * 16 * 1024, windows = 100'000;
        const quint64 start = Vmlinux::base + quint64(bytes.size());
        for (int i = 0; i < entries; ++i)
            Vmlinux::put(bytes, Vmlinux::functionAt(0) - (Vmlinux::base + quint64(bytes.size())), 4);
        const quint64 end = start + quint64(bytes.size()) - Vmlinux::entriesAt;
        Vmlinux::put(bytes, 3, 8); // no function
        for (int i = 0; i < windows; ++i)
            Vmlinux::put(bytes, i % 9 == 8 ? end + 4 : start + quint64(i % 9) * 64 * 1024, 8);
        QVERIFY(levelsOf(kernel.file()).isEmpty());
    }

    // Relocated fields.
    void fields_fromTheEnd_asManyAsWanted() {
        Vmlinux kernel(usual);
        const QVector<quint64> places{Vmlinux::base + 0x10, Vmlinux::base + 0x24, Vmlinux::base + 0x38};
        const auto fields = fieldsOf(kernel.file(places), 2);
        QCOMPARE(fields.size(), 2);
        QCOMPARE(fields[0].physical, Vmlinux::physical + 0x38);
        QCOMPARE(fields[1].physical, Vmlinux::physical + 0x24);
        QCOMPARE(fields[0].linked, 0xccccccccU);
        QCOMPARE(fieldsOf(kernel.file(places)).size(), 3); // up to the zero
    }
    void fields_ofAKernelThatCannotMove_areNone() {
        QVERIFY(fieldsOf(Vmlinux(usual).file()).isEmpty());
        QVERIFY(fieldsOf(Vmlinux(usual).file({0x1000})).isEmpty()); // not in the last 2 GiB
    }
    void fields_outsideOfTheFile_areLeftOut() {
        const Vmlinux kernel(usual);
        const auto end = Vmlinux::base + quint64(kernel.segment.size());
        const auto fields =
            fieldsOf(kernel.file({Vmlinux::base + 8, end - 3, end, Vmlinux::base - 4, end - 4}));
        QCOMPARE(fields.size(), 2);
        QCOMPARE(fields[0].physical, Vmlinux::physical + quint64(kernel.segment.size()) - 4);
        QCOMPARE(fields[1].physical, Vmlinux::physical + 8);
    }
    void fields_truncatedAtEveryByteAndCorrupted_stayWithinTheKernel() {
        const Vmlinux kernel(usual);
        const QByteArray file = kernel.file({Vmlinux::base + 0x10, Vmlinux::base + 0x24});
        const auto check = [&](const QByteArray &bytes) {
            for (const RelocatedField &field : fieldsOf(bytes, 16))
                QVERIFY(field.physical - Vmlinux::physical <= quint64(kernel.segment.size()));
        };
        for (qsizetype size = 0; size <= file.size(); ++size)
            check(file.first(size));
        for (qsizetype at = file.size() - 16; at < file.size(); ++at) {
            QByteArray damaged = file;
            damaged[at] = char(~damaged[at]);
            check(damaged);
        }
        for (qsizetype at = 0; at < 120; ++at) {
            QByteArray damaged = file;
            damaged[at] = char(~damaged[at]);
            (void)fieldsOf(damaged, 16);
        }
    }
    void fields_fileFullOfStrayPlaces_giveUp() {
        QByteArray file = Vmlinux(usual).file();
        file += QByteArray(64 << 20, '\xf0');
        QVERIFY(fieldsOf(file).isEmpty());
    }

    // First programs.
    void programs_staticInit_isEnteredAtItsEntry() {
        const FirstProgram init = programsOf({{"init", program(0x401000, false), 0100755}}).init;
        QCOMPARE(init.problem, QString());
        QCOMPARE(init.path, QByteArray("/init"));
        QCOMPARE(init.entered, QByteArray("/init"));
        QCOMPARE(init.entry, 0x401000);
        QVERIFY(!init.isMovable);
    }
    void programs_dynamicInit_isEnteredInItsLoader() {
        const QList<CpioFile> files{{"init", program(0x1000, true, "/lib64/ld.so"), 0100755},
                                    {"lib64/ld-2.so", program(0x2000), 0100755},
                                    {"lib64/ld.so", "ld-2.so", 0120777}};
        const FirstProgram init = programsOf(files).init;
        QCOMPARE(init.problem, QString());
        QCOMPARE(init.entered, QByteArray("/lib64/ld.so"));
        QCOMPARE(init.entry, 0x2000);
        QVERIFY(init.isMovable);
        QVERIFY(programsOf(files.first(1)).init.problem.contains(u"ld.so"_s));
    }
    void programs_loaderNamesALoader_kernelIgnoresIt() {
        const FirstProgram init = programsOf({{"init", program(0x1000, true, "/ld"), 0100755},
                                              {"ld", program(0x2000, true, "/ld"), 0100755}})
                                      .init;
        QCOMPARE(init.problem, QString());
        QCOMPARE(init.entry, 0x2000);
    }
    void programs_script_isEnteredInItsInterpreter_data() {
        QTest::addColumn<QByteArray>("line");
        QTest::newRow("plain") << QByteArray("#!/bin/sh\necho\n");
        QTest::newRow("argument") << QByteArray("#!/bin/sh -e\n");
        QTest::newRow("blank and tab") << QByteArray("#! /bin/sh\t-e\n");
        QTest::newRow("no line end") << QByteArray("#!/bin/sh");
    }
    void programs_script_isEnteredInItsInterpreter() {
        QFETCH(QByteArray, line);
        const FirstProgram init =
            programsOf({{"init", line, 0100755}, {"bin/sh", program(0x3000), 0100755}}).init;
        QCOMPARE(init.problem, QString());
        QCOMPARE(init.path, QByteArray("/init"));
        QCOMPARE(init.entered, QByteArray("/bin/sh"));
        QCOMPARE(init.entry, 0x3000);
    }
    void programs_scriptOfItself_ends() {
        QCOMPARE(programsOf({{"init", "#!/init\n", 0100755}}).init.problem, u"too many interpreters"_s);
    }
    void programs_notToBeUsed_sayWhy() {
        QVERIFY(programsOf({}).init.problem.contains(u"/init is in no ramdisk"_s));
        QVERIFY(programsOf({{"init", "text", 0100755}}).init.problem.contains(u"64-bit"_s));
        QVERIFY(programsOf({{"init", program(1, true, {}, 32), 0100755}}).init.problem.contains(u"64-bit"_s));
        QVERIFY(!programsOf({{"init", "#!\n", 0100755}}).init.problem.isEmpty());
        QVERIFY(programsOf({}).application.problem.contains(u"/cmd"_s));
    }
    void programs_rdinit_namesAnotherInit() {
        const QList<CpioFile> files{{"init", program(0x1000), 0100755},
                                    {"sbin/mine", program(0x2000), 0100755}};
        QCOMPARE(programsOf(files, u"quiet rdinit=/sbin/mine"_s).init.entry, 0x2000);
        QCOMPARE(programsOf(files, u"rdinit=/x rdinit=/sbin/mine"_s).init.entry, 0x2000);
        QCOMPARE(programsOf(files, u"xrdinit=/sbin/mine"_s).init.entry, 0x1000);
    }
    void programs_application_isFoundAsInitFindsIt() {
        const CpioFile app{"rootfs/usr/bin/app", program(0x5000), 0100755},
            mine{"rootfs/opt/app", program(0x6000), 0100755};
        QCOMPARE(programsOf({{"cmd", "/opt/app\n--serve\n"}, app, mine}).application.entry, 0x6000);
        QCOMPARE(programsOf({{"cmd", "app\n"}, app, mine}).application.path, QByteArray("/usr/bin/app"));
        // ENV PATH is the program's, not init's.
        QCOMPARE(programsOf({{"cmd", "app"}, {"env", "A=1\nPATH=/opt\n"}, app, mine}).application.entry,
                 0x5000);
        QVERIFY(!programsOf({{"cmd", "app"}, {"env", "PATH=/opt\n"}, mine}).application.problem.isEmpty());
        QVERIFY(programsOf({{"cmd", "other\n"}, app}).application.problem.contains(u"where init looks"_s));
        // Its root is /rootfs: links do not leave it.
        QCOMPARE(
            programsOf({{"cmd", "/app\n"}, {"rootfs/app", "/../opt/app", 0120777}, mine}).application.entry,
            0x6000);
        QVERIFY(!programsOf({{"cmd", "/app\n"},
                             {"rootfs/app", "/bin/real", 0120777},
                             {"bin/real", program(0x7000), 0100755}})
                     .application.problem.isEmpty());
    }
    void programs_inSeveralRamdisks_laterReplaceEarlier() {
        const Image image({cpioArchive({{"init", program(0x1000), 0100755}}),
                           cpioArchive({{"init", program(0x2000), 0100755}, {"cmd", "/a\n"}})});
        QCOMPARE(image.programs().init.entry, 0x2000);
        QVERIFY(image.programs().application.problem.contains(u"/a"_s));
    }
    void programs_ramdiskTruncatedAtEveryByte_areRightOrSayWhy() {
        const QByteArray archive = cpioArchive({{"init", program(0x1000, true, "/ld"), 0100755},
                                                {"ld", program(0x2000), 0100755},
                                                {"cmd", "/app\n"},
                                                {"rootfs", {}, 040755},
                                                {"rootfs/app", "#!/app2\n", 0100755},
                                                {"rootfs/app2", program(0x3000), 0100755}});
        for (qsizetype size = 0; size <= archive.size(); ++size) {
            const BootPrograms programs = Image({archive.first(size)}).programs();
            QVERIFY(!programs.init.problem.isEmpty() || programs.init.entry == 0x2000);
            QVERIFY(!programs.application.problem.isEmpty() || programs.application.entry == 0x3000);
        }
        const BootPrograms all = Image({archive}).programs();
        QVERIFY(all.init.problem.isEmpty() && all.application.problem.isEmpty());
    }
    void programs_everyByteCorrupted_endWithAnAnswer() {
        const QByteArray archive =
            cpioArchive({{"init", program(0x1000, true, "/ld"), 0100755}, {"ld", program(0x2000), 0100755}});
        for (qsizetype at = 0; at < archive.size(); ++at) {
            QByteArray damaged = archive;
            damaged[at] = char(~damaged[at]);
            const FirstProgram init = Image({damaged}).programs().init;
            QVERIFY(!init.problem.isEmpty() || !init.entered.isEmpty());
        }
    }

    // The decompressor's jumps (more of them in tst_debug_parts).
    void jumps_truncatedAtEveryByte_areRightOrNone() {
        QByteArray code(64, '\x90');
        code += QByteArray("\x48\x8d\x83\x60\x00\x00\x00\xff\xe0", 9);
        code.append(0x60 - code.size(), '\x90');
        code += QByteArray("\x90\x90\xe8\x01\x02\x03\x04\x4c\x89\xfe\xff\xe0\x90", 13);
        for (qsizetype size = 0; size <= code.size(); ++size) {
            const Exact exact(QByteArrayView(code).first(size));
            const auto jumps = nitroscope::arch::x86::findDecompressorJumps(exact.view(), 0, 0);
            QCOMPARE(jumps.has_value(), size >= code.size() - 1);
            if (jumps) {
                QCOMPARE(jumps->intoCopy, 71);
                QCOMPARE(jumps->relocated, 0x60);
                QCOMPARE(jumps->out, 0x6a);
            }
        }
        for (const quint64 huge : {~quint64{0}, quint64{1} << 63}) {
            (void)nitroscope::arch::x86::findDecompressorJumps(code, huge, huge);
            (void)nitroscope::arch::x86::findDecompressorJumps(code, 10, huge);
        }
    }
};

QTEST_GUILESS_MAIN(TestBootFacts)
#include "tst_boot_facts.moc"
