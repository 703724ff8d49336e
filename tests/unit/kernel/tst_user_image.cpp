// SPDX-License-Identifier: GPL-2.0-or-later
//
// Programs found from an address of their code in a process's memory made by hand.
#include "app/core/arch/x86/x86_64.hpp"
#include "app/session/programs/user_image.hpp"

#include <cstring>
#include <elf.h>
#include <QtTest>

using namespace nitroscope;
using namespace nitroscope::app;
using namespace Qt::Literals::StringLiterals;

namespace {

constexpr quint64 page = 4096, linkedAt = 0x400000, codeAt = linkedAt + page;

// Two segments, headers and code, with a build id in the first.
QByteArray program(const QByteArray &buildId, char code = '\x90') {
    QByteArray bytes(2 * page + 100, code);
    std::memset(bytes.data(), 0, page);
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_type = ET_DYN;
    header.e_phoff = sizeof header;
    header.e_phnum = 3;
    const Elf64_Phdr segments[3] = {
        {PT_LOAD, PF_R, 0, linkedAt, linkedAt, 0x400, 0x400, page},
        {PT_LOAD, PF_R | PF_X, page, codeAt, codeAt, page + 100, page + 100, page},
        {PT_NOTE, PF_R, 0x200, linkedAt + 0x200, linkedAt + 0x200, quint64(16 + buildId.size()), 0, 4}};
    const Elf64_Nhdr note{4, Elf64_Word(buildId.size()), NT_GNU_BUILD_ID};
    std::memcpy(bytes.data(), &header, sizeof header);
    std::memcpy(bytes.data() + sizeof header, segments, sizeof segments);
    std::memcpy(bytes.data() + 0x200, &note, sizeof note);
    std::memcpy(bytes.data() + 0x20c, "GNU", 4);
    std::memcpy(bytes.data() + 0x210, buildId.constData(), size_t(buildId.size()));
    return bytes;
}

// A process's memory: pieces of whole pages.
struct Memory {
    QMap<quint64, QByteArray> pages;
    void load(const QByteArray &file, quint64 bias) {
        for (quint64 at = 0; at < quint64(file.size()); at += page)
            pages[linkedAt + bias + at] = file.mid(qsizetype(at), page).leftJustified(page, '\0');
    }
    ReadGuest reader() const {
        return [this](quint64 address, quint64 bytes) {
            QByteArray found;
            while (quint64(found.size()) < bytes) {
                const quint64 at = address + quint64(found.size());
                const auto piece = pages.constFind(at & ~(page - 1));
                if (piece == pages.cend())
                    break;
                found += piece->mid(qsizetype(at % page), qsizetype(bytes - quint64(found.size())));
            }
            return found;
        };
    }
};

LoadedProgram loaded(const QByteArray &file, quint64 bias) {
    return {symbols::Program::open(file, u"it"_s).value_or(nullptr), bias};
}

} // namespace

class TestUserImage : public QObject {
    Q_OBJECT
private slots:
    void header_belowTheCode_givesBiasAndBuildId() {
        Memory memory;
        constexpr quint64 bias = 0x7f0000000000;
        memory.load(program("0123456789abcdefghij"), bias);
        const auto image = findUserImage(codeAt + bias + 0x1010, memory.reader());
        QVERIFY(image.has_value());
        QCOMPARE(image->bias, bias);
        QCOMPARE(image->buildId, QByteArray("0123456789abcdefghij"));
        // With a hole between: programs are read in when they are used.
        memory.pages.remove(codeAt + bias);
        QVERIFY(findUserImage(codeAt + bias + 0x1010, memory.reader()).has_value());
        memory.pages.remove(linkedAt + bias);
        QVERIFY(!findUserImage(codeAt + bias + 0x1010, memory.reader()));
    }

    void header_ofAnother_isPassedOver() {
        Memory memory;
        memory.load(program("right"), 0);
        QByteArray data(page, '\0'); // an ELF file that somebody has in memory, above the right one
        data.replace(0, 0x300, program("wrong").left(0x300));
        memory.pages[linkedAt + 3 * page] = data;
        memory.pages[linkedAt + 4 * page] = QByteArray(page, '\x90');
        const auto image = findUserImage(codeAt + 0x1010, memory.reader());
        QVERIFY(image && image->buildId == "right");
        QVERIFY(!findUserImage(linkedAt + 4 * page + 200, memory.reader()) ||
                findUserImage(linkedAt + 4 * page + 200, memory.reader())->buildId == "wrong");
        QVERIFY(!findUserImage(0x10, memory.reader()));
        QVERIFY(!findUserImage(~quint64(0), memory.reader()));
    }

    void header_truncatedOrCorrupted_neverGivesAWrongOne() {
        const QByteArray whole = program("0123456789abcdefghij");
        for (qsizetype at = 0; at < 0x224; ++at) {
            Memory memory;
            QByteArray cut = whole;
            std::memset(cut.data() + at, 0, size_t(page - quint64(at)));
            memory.load(cut, 0);
            const auto truncated = findUserImage(codeAt + 4, memory.reader());
            if (truncated && !truncated->buildId.isEmpty())
                QCOMPARE(truncated->buildId.size(), 20);
            for (const char wrong : {'\xff', '\x7f'}) {
                cut = whole;
                cut[at] = wrong;
                memory.load(cut, 0);
                const auto image = findUserImage(codeAt + 4, memory.reader());
                QVERIFY(!image || image->buildId.size() <= 64);
            }
        }
    }

    void code_isComparedWithTheFile() {
        const QByteArray file = program("id");
        Memory memory;
        memory.load(file, 0x1000);
        const LoadedProgram it = loaded(file, 0x1000);
        QVERIFY(it.program != nullptr);
        const quint64 pc = codeAt + 0x1000 + 8;
        QCOMPARE(matchCode(arch::x86_64(), it, pc, memory.reader()), CodeMatch::same);
        QCOMPARE(matchCode(arch::x86_64(), it, pc + page + 80, memory.reader()),
                 CodeMatch::same); // the last, partial page
        QCOMPARE(matchCode(arch::x86_64(), it, pc + page + 200, memory.reader()), CodeMatch::other);
        memory.pages[codeAt + 0x1000][100] = '\xcc'; // somebody's breakpoint
        QCOMPARE(matchCode(arch::x86_64(), it, pc, memory.reader()), CodeMatch::same);
        memory.pages[codeAt + 0x1000][100] = '\x91';
        QCOMPARE(matchCode(arch::x86_64(), it, pc, memory.reader()), CodeMatch::other);
        QCOMPARE(matchCode(arch::x86_64(), loaded(file, 0x3000), codeAt + 0x3000, memory.reader()),
                 CodeMatch::notInMemory);
    }
};

QTEST_GUILESS_MAIN(TestUserImage)
#include "tst_user_image.moc"
