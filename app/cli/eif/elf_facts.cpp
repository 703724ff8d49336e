// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/cli/eif/elf_facts.hpp"

#include "app/core/arch/elf_machines.hpp"
#include "app/formats/elf/elf_header.hpp"

#include <QFile>
#include <sys/stat.h>

namespace nitroscope::cli {
namespace {

constexpr qint64 headLimit = 64 * 1024;
constexpr quint16 program = 2, sharedObject = 3; // e_type

// What this program was compiled for, and with it the library and the supervisor.
#if defined(__aarch64__)
constexpr int ownMachine = arch::elfAarch64;
#else
constexpr int ownMachine = arch::elfX86_64;
#endif

// Go's linker puts a note of the owner "Go" right behind the program headers, whatever else is stripped. A
// note: two sizes and a type, 4 bytes each, then the owner's name padded to 4 bytes.
bool hasGoBuildNote(const QByteArray &head) {
    static const QByteArray note("\4\0\0\0", 4), owner("Go\0\0", 4);
    for (qsizetype at = head.indexOf(owner); at >= 12; at = head.indexOf(owner, at + 1))
        if (head.mid(at - 12, 4) == note)
            return true;
    return false;
}

ElfFacts examine(const QString &path, int depth) {
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return {};
    const QByteArray head = file.read(headLimit);
    if (head.startsWith("#!") && depth == 0) {
        const QByteArray line = head.mid(2, head.indexOf('\n') - 2).trimmed();
        return examine(QFile::decodeName(line.split(' ').first()), 1);
    }
    const auto elf = formats::readElfHeader(head);
    if (!elf || (elf->type != program && elf->type != sharedObject))
        return {};
    ElfFacts facts;
    facts.isElf = true;
    facts.isStatic = elf->interpreter.isEmpty();
    facts.isGo = hasGoBuildNote(head);
    facts.isMusl = elf->interpreter.contains("ld-musl");
    facts.isOtherArchitecture = elf->machine != ownMachine || !elf->is64Bit;
    struct stat status {};
    if (fstat(file.handle(), &status) == 0)
        facts.changesRights = (status.st_mode & (S_ISUID | S_ISGID)) != 0;
    return facts;
}

} // namespace

ElfFacts examineElf(const QString &path) {
    return examine(path, 0);
}

} // namespace nitroscope::cli
