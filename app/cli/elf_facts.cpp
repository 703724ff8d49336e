// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/cli/elf_facts.hpp"

#include <cstring>
#include <elf.h>
#include <QFile>
#include <sys/stat.h>

namespace nitroscope::cli {
namespace {

constexpr qint64 headLimit = 4096;
constexpr int segmentLimit = 128;

template <class Header>
bool readAt(QFile &file, quint64 offset, Header &header) {
    return offset < (quint64(1) << 62) && file.seek(qint64(offset)) &&
           file.read(reinterpret_cast<char *>(&header), sizeof header) == qint64(sizeof header);
}

// Go's linker puts this section's magic near the start of the data; its notes name it as well.
bool hasGoBuildNote(QFile &file, quint64 offset, quint64 size) {
    if (size > 65536 || !file.seek(qint64(offset)))
        return false;
    // A note: sizes and type in 12 bytes, then its owner's name.
    return file.read(qint64(size)).contains(QByteArray("Go\0\0", 4));
}

template <class Head, class Segment>
ElfFacts examineSegments(QFile &file) {
    ElfFacts facts;
    Head head;
    if (!readAt(file, 0, head) || head.e_phentsize != sizeof(Segment))
        return facts;
    facts.isElf = facts.isStatic = true;
    for (int i = 0; i < qMin<int>(head.e_phnum, segmentLimit); ++i) {
        Segment segment;
        if (!readAt(file, quint64(head.e_phoff) + quint64(i) * sizeof segment, segment))
            break;
        if (segment.p_type == PT_INTERP)
            facts.isStatic = false;
        if (segment.p_type == PT_NOTE && hasGoBuildNote(file, segment.p_offset, segment.p_filesz))
            facts.isGo = true;
    }
    return facts;
}

ElfFacts examine(const QString &path, int depth) {
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return {};
    const QByteArray head = file.read(headLimit);
    ElfFacts facts;
    if (head.startsWith("#!") && depth == 0) {
        const QByteArray line = head.mid(2, head.indexOf('\n') - 2).trimmed();
        return examine(QFile::decodeName(line.left(line.indexOf(' ') < 0 ? line.size() : line.indexOf(' '))),
                       1);
    }
    if (head.size() <= EI_CLASS || std::memcmp(head.constData(), ELFMAG, SELFMAG) != 0)
        return {};
    facts = head[EI_CLASS] == ELFCLASS64 ? examineSegments<Elf64_Ehdr, Elf64_Phdr>(file)
                                         : examineSegments<Elf32_Ehdr, Elf32_Phdr>(file);
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
