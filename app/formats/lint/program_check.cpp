// SPDX-License-Identifier: GPL-2.0-or-later
//
// See program_check.hpp. Follows Linux, fs/exec.c and fs/binfmt_script.c, and glibc's execvpe().

#include "app/formats/lint/program_check.hpp"

#include "app/formats/tree/value_text.hpp"

#include <algorithm>
#include <cerrno>

namespace nitroscope::formats {

using namespace Qt::Literals::StringLiterals;

namespace {

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
    case EIO:
        return u"Input/output error"_s;
    case ELIBBAD:
        return u"Accessing a corrupted shared library"_s;
    case E2BIG:
        return u"Argument list too long"_s;
    default:
        return u"Too many levels of symbolic links"_s; // ELOOP
    }
}

ProgramCheck::ProgramCheck(const BootFiles &files, const QByteArray &root, const QByteArray &rule,
                           ImageArchitecture architecture)
    : m_files(files), m_root(root), m_rule(rule), m_architecture(architecture) {}

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
    const auto resolved = m_files.lookUp(path, m_root);
    const auto place = m_files.resolve(path, m_root);
    if (resolved && isHidden(*resolved))
        return failed(ENOENT, "-hidden", where,
                      u"Init mounts an empty file system over /%1 before it starts anything."_s.arg(
                          printableText(resolved->left(resolved->indexOf('/')))),
                      u"Put it into another folder."_s);
    if (!resolved && resolved.error() == ENOTDIR)
        return failed(
            ENOTDIR, isInterpreter ? "-interpreter-missing" : "-missing", where,
            u"'%1' leads through a file as if it were a folder; a slash at the end does so, too."_s.arg(
                printableText(path)),
            u"Correct the path."_s);
    if (!place) {
        const bool hasReturn = path.endsWith('\r');
        const QString ending =
            hasReturn ? u" Its line ends with a carriage return, which belongs to the name."_s : QString();
        return failed(resolved ? ENOENT : resolved.error(),
                      isInterpreter ? "-interpreter-missing" : "-missing", where,
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
    const QByteArray front = m_files.content(*place, maxFrontBytes);
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
        if (verdict.problem != ENOENT && verdict.problem != ENOTDIR && verdict.problem != EACCES)
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
