// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/formats/boot/boot_programs.hpp"

#include "app/formats/elf/elf_header.hpp"

namespace nitroscope::formats {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr quint64 headBytes = 64 * 1024, maxTextLength = 64 * 1024;
constexpr int deepestScript = 4; // BINPRM_MAX_RECURSION

class Finder {
public:
    explicit Finder(const BootFiles &files) : m_files(files) {}

    // What the kernel enters for a program at `path` within `root`.
    FirstProgram enter(const QByteArray &path, const QByteArray &root) const {
        FirstProgram program;
        program.path = path;
        QByteArray at = path;
        bool isLoader = false; // whose own loader, if it named one, the kernel ignores
        for (int depth = 0; depth <= deepestScript; ++depth) {
            const auto place = m_files.resolve(at, root);
            const QByteArray head = place ? m_files.content(*place, headBytes) : QByteArray();
            if (head.isEmpty()) {
                program.problem = u"%1 is in no ramdisk"_s.arg(QString::fromUtf8(at));
                return program;
            }
            program.entered = at;
            if (head.startsWith("#!")) {
                // The interpreter ends with a blank or tab; what follows is its argument.
                const QByteArray line = head.mid(2, head.indexOf('\n') - 2).trimmed().replace('\t', ' ');
                at = line.left(line.indexOf(' ') < 0 ? line.size() : line.indexOf(' '));
                continue;
            }
            const auto elf = readElfHeader(head);
            if (!elf || !elf->is64Bit) {
                program.problem = u"%1 is not a 64-bit program"_s.arg(QString::fromUtf8(at));
                return program;
            }
            if (!elf->interpreter.isEmpty() && !isLoader) {
                at = elf->interpreter;
                isLoader = true;
                continue;
            }
            program.entry = elf->entry;
            program.isMovable = elf->type != 2;
            return program;
        }
        program.problem = u"too many interpreters"_s;
        return program;
    }

    QByteArray text(const QByteArray &path) const {
        const auto place = m_files.find(path);
        return place ? m_files.content(*place, maxTextLength) : QByteArray();
    }

    bool has(const QByteArray &path, const QByteArray &root) const {
        return m_files.resolve(path, root).has_value();
    }

private:
    const BootFiles &m_files;
};

FirstProgram findApplication(const Finder &files) {
    FirstProgram none;
    const QList<QByteArray> command = files.text("cmd").split('\n');
    if (command.first().isEmpty()) {
        none.problem = u"there is no /cmd that names a program"_s;
        return none;
    }
    const QByteArray root = "rootfs", name = command.first();
    if (name.contains('/'))
        return files.enter(name, root);
    QByteArray path = "/sbin:/usr/sbin:/bin:/usr/bin"; // what AWS's init starts with
    for (const QByteArray &line : files.text("env").split('\n'))
        if (line.startsWith("PATH="))
            path = line.mid(5);
    for (const QByteArray &folder : path.split(':'))
        if (files.has(folder + '/' + name, root))
            return files.enter(folder + '/' + name, root);
    none.problem = u"%1 of /cmd is in no folder of PATH"_s.arg(QString::fromUtf8(name));
    return none;
}

} // namespace

BootPrograms findBootPrograms(const BootFiles &bootFiles, const QString &commandLine) {
    const Finder files(bootFiles);
    QByteArray init = "/init";
    for (const QString &word : commandLine.split(u' '))
        if (word.startsWith("rdinit="_L1))
            init = word.mid(7).toUtf8();
    return {files.enter(init, {}), findApplication(files)};
}

} // namespace nitroscope::formats
