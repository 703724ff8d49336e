// SPDX-License-Identifier: GPL-2.0-or-later
//
// Lint: what is in the ramdisks: archives the kernel stops at, init and the program that it starts; see
// lint.hpp. Layout of nitro-cli's images: ramdisk 0 has init and nsm.ko, ramdisk 1 has rootfs/, cmd and env
// (one argument or variable per line).

#include "app/formats/elf/elf_header.hpp"
#include "app/formats/lint/lint_rules.hpp"
#include "app/formats/tree/value_text.hpp"

#include <algorithm>

namespace nitroscope::formats {

namespace {

constexpr quint64 frontBytes = 64 * 1024;

bool isExecutable(const RamdiskEntry &entry) {
    return entry.mode & 0111;
}

// A program, and the root in which its paths hold.
class ProgramCheck {
public:
    ProgramCheck(LintReport &report, const BootFiles &files, bool isArm)
        : m_report(report), m_files(files), m_isArm(isArm) {}

    // `rule` is "init" or "program"; findings are named after it.
    void check(const QByteArray &path, const QByteArray &root, const QByteArray &rule, bool warnsOfDynamic) {
        const QString where = u"/"_s + printableText(root.isEmpty() ? path : root + '/' + path);
        const auto place = m_files.resolve(path, root);
        if (!place)
            return m_report.add(
                rule + "-missing", Severity::error, where, u"There is no such file in the ramdisks."_s,
                rule == "init" ? u"Add it: the kernel starts it first, and panics without it."_s
                               : u"Add it to the image, or correct the command (CMD)."_s,
                {});
        const RamdiskEntry &entry = m_files.entry(*place);
        if (!entry.isRegular())
            return m_report.add(rule + "-not-a-file", Severity::error, where,
                                u"This is not a regular file."_s, u"Replace it by the program."_s, {});
        if (!isExecutable(entry))
            m_report.add(rule + "-not-executable", Severity::error, where,
                         u"Its mode is %1: the kernel cannot start it."_s.arg(
                             QString::fromLatin1(modeText(entry.mode))),
                         u"chmod 755 before building."_s, {});
        const QByteArray front = m_files.content(*place, frontBytes);
        if (front.startsWith("#!"))
            return checkScript(front, where, root, rule);
        const auto elf = readElfHeader(front);
        if (!elf)
            return m_report.add(rule + "-not-a-program", Severity::error, where,
                                u"This is neither an ELF program nor a script that begins with #!."_s,
                                u"Replace it by the program."_s, {});
        checkElf(*elf, where, root, rule, warnsOfDynamic);
    }

private:
    void checkScript(const QByteArray &front, const QString &where, const QByteArray &root,
                     const QByteArray &rule) {
        const QByteArray line = front.mid(2, front.indexOf('\n') - 2).trimmed();
        const QByteArray interpreter = line.split(' ').first();
        if (!m_files.resolve(interpreter, root))
            m_report.add(
                rule + "-interpreter-missing", Severity::error, where,
                u"The script needs '%1', which is not in the ramdisks."_s.arg(printableText(interpreter)),
                u"Add the interpreter to the image."_s, {});
    }

    void checkElf(const ElfHeader &elf, const QString &where, const QByteArray &root, const QByteArray &rule,
                  bool warnsOfDynamic) {
        constexpr quint16 x86 = 62, arm = 183;
        if (elf.machine != (m_isArm ? arm : x86))
            m_report.add(rule + "-architecture", Severity::error, where,
                         u"It is a program for %1; the image is for %2."_s.arg(
                             elf.machineText(), m_isArm ? u"aarch64"_s : u"x86_64"_s),
                         u"Build it for the image's processor (docker build --platform)."_s, {});
        if (elf.interpreter.isEmpty())
            return;
        if (!m_files.resolve(elf.interpreter, root))
            m_report.add(
                rule + "-dynamic", Severity::error, where,
                u"It is dynamically linked and needs '%1', which is not there; the kernel then says 'No such "
                "file or directory' of the program itself."_s.arg(printableText(elf.interpreter)),
                u"Link it statically, or add the loader and all its libraries."_s, {});
        else if (warnsOfDynamic)
            m_report.add(
                rule + "-dynamic", Severity::warning, where,
                u"It is dynamically linked against '%1'; every library must be in the first ramdisk."_s.arg(
                    printableText(elf.interpreter)),
                u"Link it statically."_s, {});
    }

    LintReport &m_report;
    const BootFiles &m_files;
    bool m_isArm;
};

QList<QByteArray> linesOf(const BootFiles &files, const QByteArray &path) {
    constexpr quint64 most = 1024 * 1024;
    const auto place = files.resolve(path);
    QList<QByteArray> lines = place ? files.content(*place, most).split('\n') : QList<QByteArray>();
    lines.removeAll(QByteArray());
    return lines;
}

void lintApplication(LintReport &report, ProgramCheck &programs, const BootFiles &files) {
    const bool hasCommand = files.find("cmd").has_value(), hasRoot = files.find("rootfs").has_value();
    if (!hasCommand && !hasRoot)
        return report.note(
            "layout-unusual", u"ramdisks"_s,
            u"There is neither /cmd nor /rootfs: this image was not made by nitro-cli, and its init does "
            "all by itself."_s,
            u"Nothing."_s);
    if (!hasCommand)
        report.error("cmd-missing", u"/cmd"_s,
                     u"AWS's init reads the command to start from it and gives up without."_s,
                     u"Give the container image a CMD."_s);
    if (!files.find("env"))
        report.error(
            "env-missing", u"/env"_s,
            u"AWS's init reads the environment from it; it says 'Could not open /env file' twice and crashes."_s,
            u"Add the file, even if it is empty."_s);
    if (!hasRoot)
        report.error("rootfs-missing", u"/rootfs"_s,
                     u"AWS's init makes this folder the root of the program."_s,
                     u"Put the program's files below rootfs/."_s);
    const QList<QByteArray> command = linesOf(files, "cmd");
    if (!hasCommand || !hasRoot)
        return;
    if (command.isEmpty())
        return report.error("cmd-empty", u"/cmd"_s, u"It names no program."_s,
                            u"Give the container image a CMD."_s);
    if (command.first().startsWith('/'))
        return programs.check(normalPath(command.first()), "rootfs", "program", false);
    QByteArray searchPath = "/sbin:/usr/sbin:/bin:/usr/bin"; // init's default
    for (const QByteArray &variable : linesOf(files, "env"))
        if (variable.startsWith("PATH="))
            searchPath = variable.mid(5);
    for (const QByteArray &folder : searchPath.split(':'))
        if (const QByteArray path = normalPath(folder + '/' + command.first()); files.resolve(path, "rootfs"))
            return programs.check(path, "rootfs", "program", false);
    report.error(
        "program-missing", u"/cmd"_s,
        u"'%1' is in no folder of PATH (%2); init then says 'execvpe: No such file'. WORKDIR does not count."_s
            .arg(printableText(command.first()), printableText(searchPath)),
        u"Name the program with its whole path."_s);
}

QString placeOf(const EifDocument &document, const Ramdisk &ramdisk) {
    return sectionPlace(document.image(), ramdisk.section);
}

void lintMembers(LintReport &report, const EifDocument &document, const Ramdisk &ramdisk,
                 const std::optional<KernelContent> &kernel) {
    const QString where = placeOf(document, ramdisk);
    for (const RamdiskMember &member : ramdisk.members) {
        const ByteRange range = {member.offset, member.packedBytes};
        const QString name = compressionName(member.compression);
        if (member.compression == Compression::lz4Frame)
            report.error("ramdisk-lz4-frame", where, u"The kernel only takes lz4's legacy frame."_s,
                         u"Compress with `lz4 -l`."_s, range);
        else if (kernel && kernel->ramdisk[static_cast<size_t>(member.compression)] == KernelFeature::no)
            report.error("ramdisk-compression", where,
                         u"It is compressed by %1, which this kernel was built without."_s.arg(name),
                         u"Use another compression, or a kernel with its CONFIG_RD_ option."_s, range);
        if (member.compression == Compression::xz) {
            constexpr char noCheck = 0, crc32 = 1;
            const QByteArray head = document.bytes(member.offset, 8);
            if (head.size() == 8 && head[7] != noCheck && head[7] != crc32)
                report.warning(
                    "ramdisk-xz-check", where,
                    u"Its xz check is not CRC32; many kernels cannot verify others and refuse them."_s,
                    u"Compress with `xz --check=crc32`."_s, range);
        }
    }
}

} // namespace

void lintRamdisks(LintReport &report, const EifDocument &document, const std::vector<Ramdisk> &ramdisks,
                  const std::optional<KernelContent> &kernel) {
    for (const Ramdisk &ramdisk : ramdisks) {
        const QString where = placeOf(document, ramdisk);
        lintMembers(report, document, ramdisk, kernel);
        if (const auto &problem = ramdisk.problem) {
            const bool isOurs = problem->code == u"limit"_s || problem->code == u"unsupported"_s;
            report.add(
                isOurs ? "ramdisk-limit" : "ramdisk-damaged", isOurs ? Severity::warning : Severity::error,
                where, problem->message + u" %1 entries were read before."_s.arg(ramdisk.entries.size()),
                isOurs ? u"Raise the limit (--max-unpacked, --max-entries) if you trust the file."_s
                       : u"Build the ramdisk again; the kernel unpacks only what comes before this place."_s,
                {problem->offset.value_or(ramdisk.region.offset), 0});
        } else if (ramdisk.entries.empty()) {
            report.warning("ramdisk-empty", where, u"There is no file in it."_s, u"Leave it out."_s);
        }
        int suspicious = 0;
        for (const RamdiskEntry &entry : ramdisk.entries)
            if (isSuspiciousPath(entry.path) && suspicious++ == 0)
                report.warning("ramdisk-path", where,
                               u"The path '%1' is absolute or has '..'. The kernel takes it as it is; other "
                               u"tools refuse "
                               "it or write outside of their folder."_s.arg(printableText(entry.path)),
                               u"Pack with relative paths, for example from within the folder."_s);
        if (suspicious > 1)
            report.note("ramdisk-path", where, u"%1 more paths are like this."_s.arg(suspicious - 1),
                        u"As above."_s);
    }
    QHash<QByteArray, int> first;
    for (size_t i = 0; i < ramdisks.size(); ++i)
        for (const RamdiskEntry &entry : ramdisks[i].entries) {
            if (entry.isFolder())
                continue;
            const QByteArray path = normalPath(entry.path);
            const auto found = first.constFind(path);
            if (found != first.constEnd() && *found != static_cast<int>(i))
                report.note("ramdisk-overrides", u"/"_s + printableText(path),
                            u"Ramdisk %1 replaces this file of ramdisk %2."_s.arg(i).arg(*found),
                            u"Nothing, if this is meant."_s);
            first.insert(path, static_cast<int>(i));
        }
}

void lintPrograms(LintReport &report, const EifDocument &document, const RamdiskIndex &index) {
    if (index.ramdisks().empty())
        return;
    for (const Ramdisk &ramdisk : index.ramdisks())
        if (ramdisk.problem)
            return; // what is missing may only be unread
    const BootFiles &files = index.files();
    ProgramCheck programs(report, files, document.image().header.flags & eif::flagArm64);
    QByteArray init = "init";
    for (const QString &word : document.commandLine().split(u' '))
        if (word.startsWith(u"rdinit="))
            init = normalPath(word.mid(7).toUtf8());
    programs.check(init, {}, "init", true);
    if (const auto place = files.resolve(init); place && place->ramdisk != 0)
        report.note("init-not-first", u"/"_s + printableText(init),
                    u"init is in ramdisk %1: PCR1 (kernel and first ramdisk) does not cover it."_s.arg(
                        place->ramdisk),
                    u"Put init into the first ramdisk if PCR1 matters to you."_s);
    lintApplication(report, programs, files);
}

} // namespace nitroscope::formats
