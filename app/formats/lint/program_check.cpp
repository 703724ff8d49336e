// SPDX-License-Identifier: GPL-2.0-or-later
//
// See program_check.hpp. Follows Linux, fs/exec.c and fs/binfmt_script.c, and glibc's execvpe().

#include "app/formats/lint/program_check.hpp"

#include "app/formats/elf/elf_libraries.hpp"
#include "app/formats/tree/value_text.hpp"

#include <algorithm>
#include <cerrno>

namespace nitroscope::formats {

using namespace Qt::Literals::StringLiterals;

namespace {

constexpr quint64 frontBytes = 64 * 1024;
constexpr int maxDepth = 5; // of interpreters that are scripts

QByteArray fileName(const QByteArray &path) {
    return path.mid(path.lastIndexOf('/') + 1);
}

} // namespace

QString problemText(int problem) {
    switch (problem) {
    case ENOENT:
        return u"No such file or directory"_s;
    case EACCES:
        return u"Permission denied"_s;
    case ENOEXEC:
        return u"Exec format error"_s;
    case ENOTDIR:
        return u"Not a directory"_s;
    default:
        return u"Too many levels of symbolic links"_s; // ELOOP
    }
}

ProgramCheck::ProgramCheck(const BootFiles &files, const QByteArray &root, const QByteArray &rule, bool isArm)
    : m_files(files), m_root(root), m_rule(rule), m_isArm(isArm) {}

QString ProgramCheck::placeText(const QByteArray &path) const {
    const QByteArray normal = normalPath(path);
    return u"/"_s + printableText(m_root.isEmpty() ? normal : m_root + '/' + normal);
}

LintFinding ProgramCheck::finding(const char *ending, Severity severity, const QString &where,
                                  const QString &why, const QString &advice) const {
    return {QString::fromLatin1(m_rule + ending), severity, where, why, advice};
}

ProgramCheck::Verdict ProgramCheck::failed(int problem, const char *ending, const QString &where,
                                           const QString &why, const QString &advice) const {
    return {problem, {finding(ending, Severity::error, where, why, advice)}};
}

bool ProgramCheck::isHidden(const QByteArray &resolved) const {
    if (m_root.isEmpty())
        return false;
    const QByteArray first = resolved.left(resolved.indexOf('/'));
    return resolved.contains('/') &&
           std::ranges::any_of(initMountPoints, [&](const char *name) { return first == name; });
}

bool ProgramCheck::isFound(const QByteArray &path) const {
    const auto resolved = m_files.resolvedPath(path, m_root);
    return resolved && !isHidden(*resolved);
}

const QSet<QByteArray> &ProgramCheck::names() {
    if (m_names.isEmpty())
        for (auto file = m_files.all().keyBegin(); file != m_files.all().keyEnd(); ++file)
            if (m_root.isEmpty() || file->startsWith(m_root + '/'))
                m_names.insert(fileName(*file));
    return m_names;
}

ProgramCheck::Verdict ProgramCheck::check(const QByteArray &path, int depth) {
    const QString where = placeText(path);
    const bool isInterpreter = depth > 0;
    const auto resolved = m_files.resolvedPath(path, m_root);
    const auto place = m_files.resolve(path, m_root);
    if (resolved && isHidden(*resolved))
        return failed(ENOENT, "-hidden", where,
                      u"Init mounts an empty file system over /%1 before it starts anything."_s.arg(
                          printableText(resolved->left(resolved->indexOf('/')))),
                      u"Put it into another folder."_s);
    if (!place) {
        const bool hasReturn = path.endsWith('\r');
        const QString ending =
            hasReturn ? u" Its line ends with a carriage return, which belongs to the name."_s : QString();
        return failed(ENOENT, isInterpreter ? "-interpreter-missing" : "-missing", where,
                      (isInterpreter ? u"The script needs '%1', which is not in the ramdisks."_s
                                     : u"There is no file '%1' in the ramdisks."_s)
                              .arg(printableText(path)) +
                          ending,
                      hasReturn          ? u"Save the file with line feeds only."_s
                      : isInterpreter    ? u"Add the interpreter to the image."_s
                      : m_rule == "init" ? u"Add it: the kernel starts it first."_s
                                         : u"Add it to the image, or correct the command (CMD)."_s);
    }
    const RamdiskEntry &entry = m_files.entry(*place);
    if (!entry.isRegular())
        return failed(EACCES, "-not-a-file", where, u"This is not a regular file."_s,
                      u"Replace it by the program."_s);
    if (!(entry.mode & 0111))
        return failed(
            EACCES, "-not-executable", where,
            u"Its mode is %1: it cannot be started."_s.arg(QString::fromLatin1(modeText(entry.mode))),
            u"chmod 755 before building."_s);
    const QByteArray front = m_files.content(*place, frontBytes);
    if (const auto line = readScriptLine(front))
        return depth < maxDepth ? checkScript(*line, where, depth)
                                : failed(ELOOP, "-interpreter-missing", where,
                                         u"Its interpreters are scripts, again and again."_s,
                                         u"Name an interpreter that is a program."_s);
    if (const auto elf = readElfHeader(front))
        return checkElf(*place, *elf, where);
    return failed(
        ENOEXEC, "-not-a-program", where,
        u"This is neither an ELF program nor a script whose first line names an interpreter (#!)."_s,
        u"Replace it by the program, or begin it with a line such as #!/bin/sh."_s);
}

ProgramCheck::Verdict ProgramCheck::checkScript(const ScriptLine &line, const QString &where, int depth) {
    Verdict verdict = check(line.interpreter, depth + 1);
    for (LintFinding &found : verdict.findings)
        found.where = where;
    if (verdict.problem == 0)
        checkArgument(verdict, line, where);
    return verdict;
}

// It starts, and its interpreter ends at once.
void ProgramCheck::checkArgument(Verdict &verdict, const ScriptLine &line, const QString &where) {
    const QByteArray interpreter = fileName(line.interpreter);
    const bool hasBlank = line.argument.contains(' ') || line.argument.contains('\t');
    const auto add = [&](const QString &why, const QString &advice) {
        verdict.findings.push_back(finding("-interpreter-argument", Severity::error, where, why, advice));
    };
    if (interpreter == "env" && !line.argument.startsWith('-')) {
        if (hasBlank)
            return add(
                u"The kernel passes all that follows the interpreter as one word, so env looks for a program "
                "named '%1' and says 'No such file or directory'."_s.arg(printableText(line.argument)),
                u"Write `env -S` before it, or leave the arguments out."_s);
        if (line.argument.isEmpty() || line.argument.contains('=') || line.argument.contains('/'))
            return;
        const QByteArray path = m_path.value_or("/bin:/usr/bin");
        const auto folders = path.split(':');
        if (std::ranges::none_of(folders,
                                 [&](const QByteArray &f) { return isFound(f + '/' + line.argument); }))
            add(u"env looks for '%1' in %2, where it is not, and says 'No such file or directory'."_s.arg(
                    printableText(line.argument),
                    m_path ? u"the PATH of /env (%1)"_s.arg(printableText(path))
                           : u"%1, because /env has no PATH"_s.arg(printableText(path))),
                u"Add it to the image, add its folder to ENV PATH, or name it with its whole path."_s);
    } else if (line.argument.startsWith('-') && hasBlank) {
        // These take their options from that word, however many there are.
        constexpr const char *splitters[] = {"perl", "ruby", "env"};
        if (std::ranges::any_of(splitters, [&](const char *name) { return interpreter.startsWith(name); }))
            return;
        add(u"The kernel passes '%1' as one word, which %2 takes for a wrong option."_s.arg(
                printableText(line.argument), printableText(interpreter)),
            u"Put the options together (-eu), or set them in the script."_s);
    }
}

ProgramCheck::Verdict ProgramCheck::checkElf(BootFiles::Place place, const ElfHeader &elf,
                                             const QString &where) {
    constexpr quint16 x86 = 62, arm = 183;
    if (elf.machine != (m_isArm ? arm : x86))
        return failed(ENOEXEC, "-architecture", where,
                      u"It is a program for %1; the image is for %2."_s.arg(
                          elf.machineText(), m_isArm ? u"aarch64"_s : u"x86_64"_s),
                      u"Build it for the image's processor (docker build --platform)."_s);
    if (elf.interpreter.isEmpty())
        return {};
    if (!isFound(elf.interpreter))
        return failed(
            ENOENT, "-dynamic", where,
            u"It is dynamically linked and needs '%1', which is not there; the kernel then says 'No such "
            "file or directory' of the program itself."_s.arg(printableText(elf.interpreter)),
            u"Link it statically, or add the loader and all its libraries."_s);
    Verdict verdict;
    if (m_root.isEmpty())
        verdict.findings.push_back(finding(
            "-dynamic", Severity::warning, where,
            u"It is dynamically linked against '%1'; every library must be in the first ramdisk."_s.arg(
                printableText(elf.interpreter)),
            u"Link it statically."_s));
    checkLibraries(verdict, place, elf.interpreter, where);
    return verdict;
}

// Libraries may stand anywhere (ld.so.cache, RUNPATH), so only one that is nowhere is told.
void ProgramCheck::checkLibraries(Verdict &verdict, BootFiles::Place place, const QByteArray &loader,
                                  const QString &where) {
    constexpr quint64 maxUnpacked = quint64{64} << 20; // to read out of a compressed ramdisk, each time
    constexpr qsizetype maxLibraries = 200;
    const auto neededBy = [&](BootFiles::Place file) {
        const Ramdisk &ramdisk = m_files.ramdisk(file);
        const RamdiskEntry &entry = ramdisk.contentOf(file.entry);
        const RamdiskMember &member = ramdisk.members[entry.member];
        if (member.compression != Compression::none && member.unpackedBytes > maxUnpacked)
            return QList<QByteArray>();
        return neededLibraries([&](quint64 offset, quint64 length) {
            return readContent(ramdisk, entry, offset, length).value_or(QByteArray());
        });
    };
    const bool isMusl = fileName(loader).startsWith("ld-musl-"); // which is libc itself
    QList<QByteArray> left = neededBy(place);
    QSet<QByteArray> seen;
    for (QByteArray name; !left.isEmpty() && seen.size() < maxLibraries;) {
        name = left.takeFirst();
        if (seen.contains(name) || (isMusl && (name.startsWith("libc.musl-") || name == "libc.so")))
            continue;
        seen.insert(name);
        if (name.contains('/') ? !isFound(name) : !names().contains(name))
            verdict.findings.push_back(finding(
                "-library-missing", Severity::error, where,
                u"It needs the shared library '%1', which is nowhere in the image: the dynamic loader says "
                "'error while loading shared libraries' and ends."_s.arg(printableText(name)),
                u"Add the library, or link the program statically."_s));
        else
            for (const char *folder : {"lib", "usr/lib", "lib64", "usr/lib64", "lib/x86_64-linux-gnu",
                                       "usr/lib/x86_64-linux-gnu", "lib/aarch64-linux-gnu"})
                if (const auto library = m_files.resolve(folder + ("/" + name), m_root)) {
                    left += neededBy(*library);
                    break;
                }
    }
}

ProgramCheck::Verdict ProgramCheck::checkAsScript(const QByteArray &path, Verdict verdict) {
    if (verdict.findings.empty() || !verdict.findings.front().rule.endsWith(u"-not-a-program"))
        return verdict; // a program for another processor, which no shell understands
    const auto place = m_files.resolve(path, m_root);
    constexpr quint64 looked = 256;
    LintFinding &found = verdict.findings.front();
    if (place && m_files.content(*place, looked).contains('\0')) {
        found.why += u" Init hands it to /bin/sh, which cannot read it."_s;
        return verdict;
    }
    const Verdict shell = check("/bin/sh", 1);
    if (shell.problem != 0) {
        found.why += u" Init hands it to /bin/sh then, which does not start here."_s;
        found.rule = QString::fromLatin1(m_rule + "-interpreter-missing");
        return {shell.problem, verdict.findings};
    }
    found.severity = Severity::warning;
    found.why += u" Init hands it to /bin/sh, as a script."_s;
    return {0, verdict.findings};
}

ProgramCheck::Verdict ProgramCheck::checkCommand(const QByteArray &command) {
    const auto attempt = [&](const QByteArray &path) {
        Verdict verdict = check(path);
        return verdict.problem == ENOEXEC ? checkAsScript(path, std::move(verdict)) : verdict;
    };
    const auto say = [&](Verdict verdict) {
        if (verdict.problem != 0)
            for (LintFinding &found : verdict.findings)
                if (found.severity == Severity::error)
                    found.why += u" The console then shows 'execvpe: %1%2'."_s.arg(
                        command.isEmpty() ? QString() : printableText(command) + u": "_s,
                        problemText(verdict.problem));
        return verdict;
    };
    if (command.contains('/'))
        return say(attempt(command));
    // What is not there, or not to be started, is passed over.
    std::optional<Verdict> denied;
    for (const char *folder : initSearchPath) {
        Verdict verdict = command.isEmpty() ? Verdict{.problem = ENOENT} : attempt(folder + ("/" + command));
        if (verdict.problem != ENOENT && verdict.problem != EACCES)
            return say(std::move(verdict));
        const bool isThere = !verdict.findings.empty() &&
                             verdict.findings.front().rule != QString::fromLatin1(m_rule + "-missing");
        if (isThere && !denied)
            denied = std::move(verdict);
    }
    if (denied)
        return say(std::move(*denied));
    QStringList searched;
    for (const char *folder : initSearchPath)
        searched << QString::fromLatin1(folder);
    return say(failed(
        ENOENT, "-missing", u"/cmd"_s,
        command.isEmpty()
            ? u"Its first line is empty: it names no program."_s
            : u"'%1' is in none of %2, where init looks for it. Neither ENV PATH nor WORKDIR counts.%3"_s.arg(
                  printableText(command), searched.join(u", "_s),
                  command.endsWith('\r') ? u" It ends with a carriage return, which belongs to the name."_s
                                         : QString()),
        u"Name the program with its whole path."_s));
}

} // namespace nitroscope::formats
