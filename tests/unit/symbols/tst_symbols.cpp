// SPDX-License-Identifier: GPL-2.0-or-later
//
// Recovery of kallsyms: made-up kernels of every layout, then real kernels against their System.map: the demo
// enclave's, and Debian's packaged ones (vmlinuz-X with System.map-X, from tests/enclave/fetch-kernels
// --maps).
#include "app/core/arch/x86/x86_64.hpp"
#include "app/formats/elf/elf_image.hpp"
#include "app/formats/elf/readable_name.hpp"
#include "app/formats/symbols/elf_symbol_file.hpp"
#include "app/formats/symbols/kernel_file.hpp"
#include "app/formats/symbols/kernel_image.hpp"
#include "made_up_kernel.hpp"
#include "tests/boot/support/cache_folder.hpp"
#include "tests/support/kernels/bzimage_maker.hpp"

#include <algorithm>
#include <cstring>
#include <elf.h>
#include <QProcess>
#include <QStandardPaths>
#include <QtEndian>
#include <QtTest>
#include <random>
#include <vector>

// What a kernel has among its data.
extern "C" {
extern int init_task;
int init_task = 1;
}

using namespace nitroscope;
using namespace nitroscope::symbols;
using namespace nitroscope::test;
using namespace Qt::Literals::StringLiterals;

namespace {

const arch::LinuxKernel &rules = arch::x86_64().kernel;

std::optional<quint64> inMemory(quint64 offset) {
    return MadeUpKernel::base + offset;
}

// "address name" lines. System.map has symbols that kallsyms leaves out on purpose: its own and absolute
// ones.
enum class Of { everything, whatKallsymsLists };

QSet<QByteArray> systemMap(const QString &path, Of which) {
    QFile file(path);
    static const QSet<QByteArray> own{
        "kallsyms_offsets", "kallsyms_relative_base", "kallsyms_num_syms",    "kallsyms_names",
        "kallsyms_markers", "kallsyms_token_table",   "kallsyms_token_index", "kallsyms_seqs_of_names"};
    QSet<QByteArray> lines;
    if (!file.open(QIODevice::ReadOnly))
        return lines;
    for (const QByteArray &line : file.readAll().split('\n')) {
        const QList<QByteArray> words = line.split(' ');
        if (words.size() != 3)
            continue;
        if (which == Of::everything || (words[1] != "A" && words[1] != "a" && !own.contains(words[2])))
            lines.insert(words[0] + ' ' + words[2]);
    }
    return lines;
}

QSet<QByteArray> linesOf(const SymbolTable &table) {
    QSet<QByteArray> lines;
    for (qsizetype i = 0; i < table.size(); ++i)
        lines.insert(QByteArray::number(table.at(i).address, 16).rightJustified(16, '0') + ' ' +
                     table.name(table.at(i)));
    return lines;
}

// The newest kernel of the demo enclave that was built here.
QString demoKernel() {
    const QDir kernels(cacheFolder() + u"/kernel"_s);
    for (const QFileInfo &folder : kernels.entryInfoList(QDir::Dirs | QDir::NoDotAndDotDot, QDir::Time))
        if (QFile::exists(folder.filePath() + u"/bzImage"_s) && !folder.fileName().startsWith(u"build"_s))
            return folder.filePath();
    return {};
}

// NITROSCOPE_KERNELS, else where tests/enclave/fetch-kernels puts Debian's.
QDir packagedKernels() {
    return QDir(qEnvironmentVariable("NITROSCOPE_KERNELS", cacheFolder() + u"/debian-kernels"_s));
}

// One segment that holds the bytes at MadeUpKernel's address.
QByteArray elfAround(const QByteArray &content) {
    Elf64_Ehdr header{};
    std::copy_n(ELFMAG, SELFMAG, header.e_ident);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_type = ET_EXEC;
    header.e_machine = EM_X86_64;
    header.e_phoff = sizeof header;
    header.e_phnum = 1;
    Elf64_Phdr segment{};
    segment.p_type = PT_LOAD;
    segment.p_offset = 4096;
    segment.p_vaddr = MadeUpKernel::base;
    segment.p_filesz = segment.p_memsz = quint64(content.size());
    QByteArray file(reinterpret_cast<const char *>(&header), sizeof header);
    file.append(reinterpret_cast<const char *>(&segment), sizeof segment);
    return file.leftJustified(4096, '\0') + content;
}

// The payload ends with the unpacked size.
QByteArray bzImageAround(const QByteArray &payload, qsizetype unpacked) {
    QByteArray size(4, '\0');
    qToLittleEndian(quint32(unpacked), size.data());
    return makeBzImage({.bytes = 0, .payload = payload + size, .payloadOffset = 0});
}

void compareWithMap(const QString &kernel, const QString &map) {
    const auto file = openKernelFile(kernel);
    QVERIFY2(file, file ? "" : qPrintable(file.error().text()));
    const auto found = kallsymsOf(file->vmlinux);
    QVERIFY2(found, found ? "" : qPrintable(found.error().text()));
    const QSet<QByteArray> expected = systemMap(map, Of::whatKallsymsLists),
                           recovered = linesOf(found->table);
    QVERIFY(expected.size() > 10'000);
    const QSet<QByteArray> lost = expected - recovered;
    QVERIFY2(lost.isEmpty(), lost.isEmpty() ? "" : lost.begin()->constData());
    const QSet<QByteArray> invented = recovered - systemMap(map, Of::everything);
    QVERIFY2(invented.isEmpty(), invented.isEmpty() ? "" : invented.begin()->constData());
    QCOMPARE(found->table.find("start_kernel").has_value(), true);
}

} // namespace

class TestSymbols : public QObject {
    Q_OBJECT
private slots:
    void recover_everyLayout_givesAllSymbols_data() {
        QTest::addColumn<int>("layout");
        QTest::addColumn<int>("count");
        QTest::addColumn<bool>("perCpu");
        const char *const names[] = {"4.4", "4.14", "4.20", "6.2", "6.4", "6.15", "7.0"};
        for (int layout = 0; layout < 7; ++layout)
            for (const int count : {600, 5000, 70'000})
                QTest::addRow("%s, %d symbols", names[layout], count)
                    << layout << count << (layout < int(Layout::v6_15));
    }

    void recover_everyLayout_givesAllSymbols() {
        QFETCH(int, layout);
        QFETCH(int, count);
        QFETCH(bool, perCpu);
        auto symbols = MadeUpKernel::someSymbols(count, perCpu);
        if (Layout(layout) >= Layout::v6_2)
            symbols[100].name = QByteArray(300, 'x'); // a length of two bytes
        const MadeUpKernel kernel{Layout(layout), symbols};
        const auto found = recoverKallsyms(kernel.bytes, rules, inMemory);
        QVERIFY2(found, found ? "" : qPrintable(found.error().text()));
        QCOMPARE(found->table.size(), symbols.size());
        for (int i = 0; i < symbols.size(); ++i) {
            const Symbol &symbol = found->table.at(i);
            QCOMPARE(symbol.address, symbols[i].address);
            QCOMPARE(symbol.type, symbols[i].type);
            QCOMPARE(found->table.name(symbol), symbols[i].name);
        }
    }

    void recover_cutAnywhere_neverCrashes() {
        for (const Layout layout : {Layout::v4_4, Layout::v4_14, Layout::v6_2, Layout::v6_4, Layout::v7_0}) {
            const QByteArray bytes = MadeUpKernel(layout, MadeUpKernel::someSymbols(600, false)).bytes;
            for (qsizetype size = 0; size < bytes.size() - 4000; size += 37)
                (void)recoverKallsyms(QByteArrayView(bytes).first(size), rules, inMemory);
        }
    }

    void recover_corrupted_neverCrashes() {
        const QByteArray good = MadeUpKernel(Layout::v6_4, MadeUpKernel::someSymbols(600, false)).bytes;
        for (qsizetype at = 4096; at < good.size(); at += 61) {
            QByteArray bytes = good;
            bytes[at] = char(bytes[at] ^ 0xff);
            (void)recoverKallsyms(bytes, rules, inMemory);
        }
    }

    void recover_noTable_saysSo() {
        QCOMPARE(recoverKallsyms(QByteArray(100'000, '\0'), rules).error().code, u"no-kallsyms"_s);
        QCOMPARE(recoverKallsyms({}, rules).error().code, u"no-kallsyms"_s);
    }

    void recover_demoKernel_equalsSystemMap() {
        const QString folder = demoKernel();
        if (folder.isEmpty())
            QSKIP("the demo enclave's kernel has not been built");
        compareWithMap(folder + u"/bzImage"_s, folder + u"/System.map"_s);
    }

    void recover_packagedKernels_equalSystemMap() {
        const QDir folder = packagedKernels();
        const QStringList kernels = folder.entryList({u"vmlinuz-*"_s});
        int compared = 0;
        for (const QString &kernel : kernels) {
            const QString map = folder.filePath(QString(kernel).replace(u"vmlinuz"_s, u"System.map"_s));
            if (!QFile::exists(map))
                continue;
            compareWithMap(folder.filePath(kernel), map);
            ++compared;
        }
        if (compared == 0)
            QSKIP("no packaged kernel with its System.map is here: tests/enclave/fetch-kernels --maps gets "
                  "them");
    }

    // The same vmlinux in every compression that Linux offers, as a bzImage's payload.
    void recover_everyCompression_givesTheSameSymbols_data() {
        QTest::addColumn<QStringList>("command");
        QTest::newRow("gzip") << QStringList{"gzip", "-1"};
        QTest::newRow("bzip2") << QStringList{"bzip2", "-1"};
        QTest::newRow("xz") << QStringList{"xz", "-0", "--check=crc32"};
        QTest::newRow("lzma") << QStringList{"xz", "-0", "--format=lzma"};
        QTest::newRow("lz4") << QStringList{"lz4", "-l", "-1"};
        QTest::newRow("zstd") << QStringList{"zstd", "-1"};
    }

    void recover_everyCompression_givesTheSameSymbols() {
        QFETCH(QStringList, command);
        const auto symbols = MadeUpKernel::someSymbols(3000, true);
        const QByteArray vmlinux = elfAround(MadeUpKernel(Layout::v6_4, symbols).bytes);
        QProcess packer;
        packer.start(command.takeFirst(), command);
        if (!packer.waitForStarted())
            QSKIP("the program that packs is not installed");
        packer.write(vmlinux);
        packer.closeWriteChannel();
        QVERIFY(packer.waitForFinished(120'000));
        QTemporaryFile file;
        QVERIFY(file.open());
        file.write(bzImageAround(packer.readAllStandardOutput(), vmlinux.size()));
        file.flush();
        const auto kernel = openKernelFile(file.fileName());
        QVERIFY2(kernel, kernel ? "" : qPrintable(kernel.error().text()));
        QCOMPARE(kernel->kind, KernelFileKind::bzImage);
        const auto found = kallsymsOf(kernel->vmlinux);
        QVERIFY2(found, found ? "" : qPrintable(found.error().text()));
        QCOMPARE(found->table.size(), symbols.size());
    }

    void table_place_namesTheSymbolBefore() {
        SymbolTable table;
        table.add(0x2000, 'T', "second");
        table.add(0x1000, 'T', "first");
        table.add(0x2000, 't', "alias");
        table.finish();
        QVERIFY(!table.place(0xfff));
        QCOMPARE(table.place(0x1000)->text(), QByteArray("first"));
        QCOMPARE(table.place(0x1fff)->text(), QByteArray("first+0xfff"));
        QCOMPARE(table.place(0x2001)->name, QByteArray("second"));
        QVERIFY(!table.place(0x2000 + (64 << 20)));
        QCOMPARE(table.find("alias"), std::optional<quint64>(0x2000));
        QVERIFY(!table.find("missing"));
        QCOMPARE(table.complete("s", 10), QVector<QByteArray>({"second"}));
        QCOMPARE(table.complete("", 2), QVector<QByteArray>({"alias", "first"}));
    }

    void table_place_endsWithTheSymbolOrItsSection() {
        SymbolTable table;
        table.add(0x1000, 'T', "sized", 0x20);
        table.add(0x2000, 'T', "open");
        table.add(0x3000, 'D', "bssEnd");
        table.setSections({{0x1000, 0x1800}, {0x2900, 0x700}});
        table.finish();
        QCOMPARE(table.place(0x101f)->text(), QByteArray("sized+0x1f"));
        QVERIFY(!table.place(0x1020));
        QCOMPARE(table.place(0x27ff)->text(), QByteArray("open+0x7ff"));
        QVERIFY(!table.place(0x2800)); // between two sections
        QVERIFY(!table.place(0x2900)); // in the next one
        QCOMPARE(table.place(0x3000)->text(), QByteArray("bssEnd"));
        QVERIFY(!table.place(0x3001));
        QCOMPARE(table.movedBy(0x100000).place(0x1027ff)->text(), QByteArray("open+0x7ff"));
    }

    void readableName_ofCppAndRust_isAsPeopleWriteIt() {
        QCOMPARE(readableName("_ZN3foo3barEi"), u"foo::bar(int)"_s);
        QCOMPARE(readableName("_ZN4core3fmt5write17h0123456789abcdefE"), u"core::fmt::write"_s);
        QCOMPARE(readableName("_Z1fv.cold"), u"f().cold"_s);
        QCOMPARE(readableName("start_kernel"), u"start_kernel"_s);
        QCOMPARE(readableName("_Z"), u"_Z"_s);
        const QByteArray whole = "_ZN3foo3barEiSt6vectorIiSaIiEE";
        for (qsizetype length = 0; length < whole.size(); ++length)
            readableName(QByteArrayView(whole).first(length)); // must come back
    }

    // Each argument is a pair of the one before: the spelled name doubles with every few letters.
    void readableName_thatGrowsWithoutBound_staysAsItIs() {
        QByteArray name = "_Z1fSt4pairIiiE";
        for (const char *part : {"S_IS0_S0_E", "S_IS1_S1_E", "S_IS2_S2_E", "S_IS3_S3_E", "S_IS4_S4_E",
                                 "S_IS5_S5_E", "S_IS6_S6_E", "S_IS7_S7_E", "S_IS8_S8_E", "S_IS9_S9_E"})
            name += part;
        QCOMPARE(readableName(name), QString::fromLatin1(name));
        QCOMPARE(readableName("_Z" + QByteArray(5000, '1')).size(), qsizetype(5002));
    }

    void elfFile_forNm_listsEverySymbol() {
        const auto symbols = MadeUpKernel::someSymbols(2000, true);
        const auto found = recoverKallsyms(MadeUpKernel(Layout::v6_4, symbols).bytes, rules);
        QVERIFY(found);
        QTemporaryDir folder;
        QFile file(folder.filePath(u"symbols.elf"_s));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(elfSymbolFile(found->table, EM_X86_64));
        file.close();
        QProcess nm;
        nm.start(u"nm"_s, {file.fileName()});
        if (!nm.waitForStarted())
            QSKIP("nm (binutils) is not installed");
        QVERIFY(nm.waitForFinished(120'000));
        QSet<QByteArray> listed;
        for (const QByteArray &line : nm.readAllStandardOutput().split('\n'))
            if (const auto words = line.split(' '); words.size() == 3)
                listed.insert(words[0] + ' ' + words[2]);
        QCOMPARE(listed, linesOf(found->table));
    }

    // gdb drops sections that overlap, and takes a function outside of text for a variable.
    void elfFile_aliasesAndIslands_everyFunctionLiesInOneTextSection() {
        SymbolTable table;
        quint64 address = MadeUpKernel::base;
        for (int i = 0; i < 3000; ++i) {
            const bool isData = i % 500 >= 400 && i % 50 != 7; // runs of data, with functions among them
            address += quint64(i % 4) * 8;                     // every fourth is an alias of the one before
            table.add(address, isData ? 'd' : 't', "name" + QByteArray::number(i));
        }
        table.add(address + (quint64(1) << 30), 'T', "far");
        table.finish();
        const std::string bytes = elfSymbolFile(table, EM_X86_64).toStdString();
        QVERIFY(bytes.size() > sizeof(Elf64_Ehdr));
        Elf64_Ehdr header;
        std::memcpy(&header, bytes.data(), sizeof header);
        std::vector<Elf64_Shdr> sections(header.e_shnum);
        std::memcpy(sections.data(), bytes.data() + header.e_shoff, sections.size() * sizeof(Elf64_Shdr));
        quint64 end = 0;
        for (const Elf64_Shdr &section : sections) {
            if (!(section.sh_flags & SHF_ALLOC))
                continue;
            QVERIFY2(section.sh_addr >= end, "sections overlap");
            end = section.sh_addr + section.sh_size;
        }
        QVERIFY(end != 0);
        const auto symtab = std::find_if(sections.begin(), sections.end(),
                                         [](const auto &s) { return s.sh_type == SHT_SYMTAB; });
        QVERIFY(symtab != sections.end());
        int functions = 0;
        for (quint64 at = sizeof(Elf64_Sym); at < symtab->sh_size; at += sizeof(Elf64_Sym)) {
            Elf64_Sym symbol;
            std::memcpy(&symbol, bytes.data() + symtab->sh_offset + at, sizeof symbol);
            if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC)
                continue;
            ++functions;
            QVERIFY(symbol.st_shndx > 0 && symbol.st_shndx < sections.size());
            const Elf64_Shdr &section = sections[symbol.st_shndx];
            QVERIFY(section.sh_flags & SHF_EXECINSTR);
            QVERIFY(symbol.st_value >= section.sh_addr &&
                    symbol.st_value < section.sh_addr + section.sh_size);
        }
        int expected = 0;
        for (qsizetype i = 0; i < table.size(); ++i)
            expected += table.at(i).isText();
        QCOMPARE(functions, expected);
    }

    // Stock gdb is the judge: functions chosen at random, by name and by address, in each kernel that is here.
    void elfFile_forStockGdb_namesEveryFunction_data() {
        QTest::addColumn<QString>("kernel");
        QTest::newRow("made up") << QString();
        if (const QString folder = demoKernel(); !folder.isEmpty())
            QTest::newRow("demo") << folder + u"/bzImage"_s;
        const QDir packaged = packagedKernels();
        for (const QString &kernel : packaged.entryList({u"vmlinuz-*"_s}))
            QTest::newRow(qPrintable(kernel)) << packaged.filePath(kernel);
    }

    void elfFile_forStockGdb_namesEveryFunction() {
        QFETCH(QString, kernel);
        if (QStandardPaths::findExecutable(u"gdb"_s).isEmpty())
            QSKIP("gdb is not installed");
        SymbolTable table;
        if (kernel.isEmpty()) {
            const auto found = recoverKallsyms(
                MadeUpKernel(Layout::v6_4, MadeUpKernel::someSymbols(5000, true)).bytes, rules, inMemory);
            QVERIFY(found);
            table = found->table;
        } else {
            const auto file = openKernelFile(kernel);
            QVERIFY2(file, file ? "" : qPrintable(file.error().text()));
            const auto found = kallsymsOf(file->vmlinux);
            QVERIFY2(found, found ? "" : qPrintable(found.error().text()));
            table = found->table;
        }
        QHash<QByteArray, int> uses;
        for (qsizetype i = 0; i < table.size(); ++i)
            ++uses[table.name(table.at(i))];
        QVector<qsizetype> functions; // of a name that no other symbol has, and that gdb takes for a word
        for (qsizetype i = 0; i < table.size(); ++i)
            if (const QByteArray name = table.name(table.at(i));
                table.at(i).isText() && !table.isPerCpu(table.at(i).address) && uses.value(name) == 1 &&
                !name.contains('.') && !name.contains('$'))
                functions.append(i);
        QVERIFY(functions.size() > 400);
        std::mt19937 generator(20261130);
        std::shuffle(functions.begin(), functions.end(), generator);
        functions.resize(400);

        QTemporaryDir folder;
        QFile elf(folder.filePath(u"symbols.elf"_s)), script(folder.filePath(u"script.gdb"_s));
        QVERIFY(elf.open(QIODevice::WriteOnly) && script.open(QIODevice::WriteOnly));
        elf.write(elfSymbolFile(table, EM_X86_64));
        for (const qsizetype index : functions) {
            const QByteArray name = table.name(table.at(index)),
                             address = QByteArray::number(table.at(index).address, 16);
            script.write("output/x (unsigned long)&'" + name + "'\necho \\n\noutput/a 0x" + address +
                         "\necho \\n\n");
        }
        elf.close();
        script.close();
        QProcess gdb;
        gdb.start(u"gdb"_s, {u"-nx"_s, u"-batch"_s, elf.fileName(), u"-x"_s, script.fileName()});
        QVERIFY(gdb.waitForFinished(120'000));
        const QList<QByteArray> lines = gdb.readAllStandardOutput().split('\n');
        QVERIFY2(lines.size() >= 2 * functions.size(), gdb.readAllStandardError().right(500).constData());
        for (qsizetype i = 0; i < functions.size(); ++i) {
            const QByteArray address = "0x" + QByteArray::number(table.at(functions[i]).address, 16);
            QCOMPARE(lines[2 * i], address);
            QVERIFY2(lines[2 * i + 1].startsWith(address + " <"), lines[2 * i + 1].constData());
        }
    }

    // A vmlinux that was stripped of its DWARF still says where its data are. The kernel here is this very program.
    void debugFile_withoutDwarf_givesItsDataSymbols() {
        if (QStandardPaths::findExecutable(u"strip"_s).isEmpty())
            QSKIP("strip is not installed");
        const QString own = QCoreApplication::applicationFilePath();
        QTemporaryDir folder;
        const QString stripped = folder.filePath(u"vmlinux"_s);
        QCOMPARE(QProcess::execute(u"strip"_s, {u"--strip-debug"_s, u"-o"_s, stripped, own}), 0);
        QFile file(own);
        QVERIFY(file.open(QIODevice::ReadOnly));
        const auto kernel = KernelImage::fromVmlinux(file.readAll(), {});
        QVERIFY(kernel);
        const auto bare = (*kernel)->functionsOnly();
        QVERIFY(!bare->hasDataSymbols() && !bare->symbols().find("init_task"));
        const auto detailed = bare->withDebugFile(stripped);
        QVERIFY2(detailed, detailed ? "" : qPrintable(detailed.error().text()));
        QVERIFY((*detailed)->hasDataSymbols());
        QCOMPARE((*detailed)->symbols().find("init_task"), (*kernel)->symbols().find("init_task"));
        QVERIFY(!(*detailed)->debug());
    }

    void elfImage_hostile_neverCrashes() {
        SymbolTable table;
        for (int i = 0; i < 3; ++i)
            table.add(MadeUpKernel::base + quint64(i), 'T', "name");
        table.finish();
        const QByteArray good = elfSymbolFile(table, EM_X86_64);
        QVERIFY(ElfImage::open(good));
        for (qsizetype size = 0; size < good.size(); ++size)
            if (const auto image = ElfImage::open(QByteArrayView(good).first(size)))
                (void)image->buildId();
        for (qsizetype at = 0; at < good.size(); ++at) {
            QByteArray bytes = good;
            bytes[at] = '\xff';
            if (const auto image = ElfImage::open(bytes))
                (void)image->section(".text");
        }
    }
};

QTEST_GUILESS_MAIN(TestSymbols)
#include "tst_symbols.moc"
