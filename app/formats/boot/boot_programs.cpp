// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/formats/boot/boot_programs.hpp"

#include "app/formats/boot/init_rules.hpp"
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
            if (const auto line = readScriptLine(head)) {
                at = line->interpreter;
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
    const QList<QByteArray> command = initLines(files.text("cmd"));
    if (command.isEmpty() || command.first().isEmpty()) {
        none.problem = u"there is no /cmd that names a program"_s;
        return none;
    }
    const QByteArray root = "rootfs", name = command.first();
    if (name.contains('/'))
        return files.enter(name, root);
    for (const char *folder : initSearchPath)
        if (const QByteArray path = folder + ("/" + name); files.has(path, root))
            return files.enter(path, root);
    none.problem = u"%1 of /cmd is in no folder where init looks"_s.arg(QString::fromUtf8(name));
    return none;
}

} // namespace

BootPrograms findBootPrograms(const BootFiles &bootFiles, const QByteArray &commandLine) {
    const Finder files(bootFiles);
    return {files.enter(firstProgramOf(commandLine), {}), findApplication(files)};
}

} // namespace nitroscope::formats
