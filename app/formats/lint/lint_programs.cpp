// SPDX-License-Identifier: GPL-2.0-or-later
//
// Lint: what the kernel starts, and what AWS's init does then (enclaves-sdk-bootstrap, init/init.c), step by step; see
// lint.hpp. Layout of nitro-cli's images: ramdisk 0 has init and nsm.ko, ramdisk 1 has rootfs/, cmd and env (one
// argument or variable per line).

#include "app/formats/boot/init_rules.hpp"
#include "app/formats/kernel/image_architecture.hpp"
#include "app/formats/lint/lint_rules.hpp"
#include "app/formats/lint/program_check.hpp"
#include "app/formats/tree/value_text.hpp"

#include <algorithm>
#include <cerrno>

namespace nitroscope::formats {

namespace {

constexpr quint64 maxConfigBytes = 4 * 1024 * 1024; // of cmd and env; more is too long for execve() anyway

void add(LintReport &report, const std::vector<LintFinding> &findings) {
    for (const LintFinding &finding : findings)
        report.add(finding.rule.toLatin1(), finding.severity, finding.where, finding.why, finding.advice,
                   finding.range);
}

// The kernel's own choice (init/main.c, kernel_init()): what rdinit= names or /init, which must be there; when it does not
// start, one of these.
void lintInit(LintReport &report, const BootFiles &files, const QByteArray &path,
              ImageArchitecture architecture) {
    constexpr const char *others[] = {"sbin/init", "etc/init", "bin/init", "bin/sh"};
    ProgramCheck programs(files, {}, "init", architecture);
    ProgramCheck::Verdict verdict = programs.check(path);
    const bool isThere = files.resolvedPath(path).has_value();
    for (LintFinding &found : verdict.findings) {
        if (verdict.problem == 0)
            break;
        if (!isThere)
            found.why += u" The kernel then looks for a disk to start from and panics: 'VFS: Unable to mount "
                         "root fs', or 'No working init found' from a kernel without block devices."_s;
        else
            found.why += u" The console shows 'Failed to execute %1 (error -%2)'."_s.arg(printableText(path))
                             .arg(verdict.problem);
    }
    if (verdict.problem != 0 && isThere)
        for (const char *other : others)
            if (programs.check(other).problem == 0) {
                for (LintFinding &found : verdict.findings) {
                    found.severity = Severity::warning;
                    found.why += u" It starts /%1 instead."_s.arg(QString::fromLatin1(other));
                }
                break;
            }
    add(report, verdict.findings);
}

// Init mounts to these inside of /rootfs, and ends when one of them is no folder.
void lintMountPoints(LintReport &report, const BootFiles &files, const QByteArray &root) {
    QList<QByteArray> mounted;
    for (const char *name : initMountPoints) {
        const auto resolved = files.resolvedPath(name, root);
        const bool isHidden = resolved && std::ranges::any_of(mounted, [&](const QByteArray &before) {
                                  return resolved->startsWith(before + '/') && *resolved != before;
                              });
        const bool isFolder = resolved && files.isFolder(name, root) && !isHidden;
        if (isFolder) {
            mounted << *resolved;
            continue;
        }
        const int problem = resolved && !isHidden ? ENOTDIR : ENOENT;
        report.error(
            "mount-point-missing", u"/rootfs/%1"_s.arg(QString::fromLatin1(name)),
            u"Init mounts to this folder, which is %1; it ends with 'mount: /%2: %3', and the kernel panics."_s
                .arg(isHidden             ? u"under what it has mounted before"_s
                     : problem == ENOTDIR ? u"no folder"_s
                                          : u"not there"_s,
                     QString::fromLatin1(name), problemText(problem)),
            u"Make it an empty folder; `nitroscope-cli build-enclave` and nitro-cli do."_s);
    }
}

// One finding for each reason, with the first file of it.
void lintLeftOut(LintReport &report, const BootFiles &files) {
    using Reason = BootFiles::Reason;
    static constexpr struct {
        Reason reason;
        const char *rule, *why, *advice;
    } kinds[] = {
        {Reason::noFolder, "ramdisk-no-folder", "The folder that this file is in does not come before it",
         "Pack the folders, too, each before what is in it (find … | cpio does)."},
        {Reason::folderInTheWay, "ramdisk-not-replaced",
         "It does not replace the folder of this name, which is not empty and stays",
         "Leave the folder out of the earlier archive, or this file out of the later one."},
        {Reason::hasContent, "ramdisk-odd-entry", "A folder or a device with content cannot be made",
         "Pack it with a program that knows the newc format (cpio -H newc)."},
        {Reason::longTarget, "ramdisk-odd-entry", "A symbolic link cannot lead to a path over 4096 bytes",
         "Shorten its target."},
        {Reason::slash, "ramdisk-odd-entry", "Its path ends with a slash, which only a folder's may",
         "Pack it with a program that knows the newc format (cpio -H newc)."},
    };
    for (const auto &kind : kinds) {
        const auto isOfKind = [&](const BootFiles::LeftOut &one) { return one.reason == kind.reason; };
        const auto first = std::ranges::find_if(files.leftOut(), isOfKind);
        if (first == files.leftOut().end())
            continue;
        report.warning(
            kind.rule, u"/"_s + printableText(normalPath(files.entry(first->place).path)),
            u"%1: the kernel leaves it out, and %2 more like it."_s.arg(QString::fromUtf8(kind.why))
                .arg(std::ranges::count_if(files.leftOut(), isOfKind) - 1),
            QString::fromUtf8(kind.advice));
    }
}

// What execve(2) takes for all words and variables together, and for each (fs/exec.c): a quarter of the stack's 8 MiB, with
// the pointers to them, and 32 pages.
void lintLengths(LintReport &report, const QList<QByteArray> &command, const QList<QByteArray> &environment) {
    constexpr qsizetype maxWord = 32 * 4096, maxAll = 2 * 1024 * 1024, pointerBytes = 8;
    qsizetype longest = 0, all = 0;
    for (const QList<QByteArray> *lines : {&command, &environment})
        for (const QByteArray &line : *lines) {
            longest = std::max(longest, line.size() + 1);
            all += line.size() + 1 + pointerBytes;
        }
    if (longest <= maxWord && all <= maxAll)
        return;
    report.error(
        "program-arguments-too-long", u"/cmd"_s,
        (longest > maxWord
             ? u"A line of /cmd or /env has %1 bytes; the kernel takes at most %2 for an argument or a variable."_s
                   .arg(longest)
                   .arg(maxWord)
             : u"The lines of /cmd and /env take %1 bytes; the kernel takes at most %2 for all arguments and "
               "variables together."_s.arg(all)
                   .arg(maxAll)) +
            u" The program is not started: '%1'."_s.arg(problemText(E2BIG)),
        u"Put the data into a file of the image, and its name into the command or the variable."_s);
}

QList<QByteArray> linesOf(const BootFiles &files, const QByteArray &path) {
    const auto place = files.resolve(path);
    return place ? initLines(files.content(*place, maxConfigBytes)) : QList<QByteArray>();
}

void lintApplication(LintReport &report, const BootFiles &files, ImageArchitecture architecture) {
    const bool hasCommand = files.resolve("cmd").has_value(),
               hasEnvironment = files.resolve("env").has_value(),
               hasRoot = files.resolvedPath("rootfs").has_value();
    if (!hasCommand && !hasRoot)
        return report.note(
            "layout-unusual", u"ramdisks"_s,
            u"There is neither /cmd nor /rootfs: this image was not made by nitro-cli, and its init does "
            "all by itself."_s,
            u"Nothing."_s);
    // Init says the same of both files.
    const QString crash =
        u"'Could not open /env file: No such file or directory' (of this file, too), and crashes: "
        "'Attempted to kill init! exitcode=0x0000000b'."_s;
    if (!hasCommand)
        report.error("cmd-missing", u"/cmd"_s,
                     u"AWS's init reads the command to start from it. Without it says "_s + crash,
                     u"Give the container image a CMD."_s);
    if (!hasEnvironment)
        report.error("env-missing", u"/env"_s,
                     u"AWS's init reads the environment from it. Without it says "_s + crash,
                     u"Add the file, even if it is empty."_s);
    if (!files.isFolder("rootfs"))
        report.error(
            "rootfs-missing", u"/rootfs"_s,
            u"AWS's init makes this folder the root of the program; it says '%1: %2' and ends."_s.arg(
                hasRoot ? u"chdir /rootfs"_s : u"mount --bind /rootfs /rootfs"_s,
                problemText(hasRoot ? ENOTDIR : ENOENT)),
            u"Put the program's files below rootfs/."_s);
    if (!hasCommand || !hasEnvironment || !files.isFolder("rootfs"))
        return;
    const QByteArray root = files.resolvedPath("rootfs").value_or("rootfs"); // it may be a link
    lintMountPoints(report, files, root);
    ProgramCheck programs(files, root, "program", architecture);
    std::optional<QByteArray> path;
    const QList<QByteArray> command = linesOf(files, "cmd"), environment = linesOf(files, "env");
    for (const QByteArray &variable : environment)
        if (!path && variable.startsWith("PATH="))
            path = variable.mid(5);
    programs.setPath(path);
    lintLengths(report, command, environment);
    if (command.isEmpty())
        report.warning("cmd-empty", u"/cmd"_s, u"It names no program: init starts 'sh'."_s,
                       u"Give the container image a CMD."_s);
    add(report, programs.checkCommand(command.isEmpty() ? QByteArray("sh") : command.first()).findings);
}

} // namespace

void lintPrograms(LintReport &report, const EifDocument &document, const RamdiskIndex &index) {
    if (index.ramdisks().empty())
        return;
    for (const Ramdisk &ramdisk : index.ramdisks())
        if (ramdisk.problem)
            return; // what is missing may only be unread
    const BootFiles &files = index.files();
    const ImageArchitecture architecture = architectureOf(document.image().header.flags);
    lintLeftOut(report, files);
    const QByteArray init = firstProgramOf(document.commandLine().toUtf8());
    lintInit(report, files, init, architecture);
    if (const auto place = files.resolve(init); place && place->ramdisk != 0)
        report.note("init-not-first", u"/"_s + printableText(normalPath(init)),
                    u"init is in ramdisk %1: PCR1 (kernel and first ramdisk) does not cover it."_s.arg(
                        place->ramdisk),
                    u"Put init into the first ramdisk if PCR1 matters to you."_s);
    lintApplication(report, files, architecture);
}

} // namespace nitroscope::formats
