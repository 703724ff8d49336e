// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether a program of the root file system starts: what execve(2) says of it, what its interpreter and its dynamic loader
// will say, and how the kernel and AWS's init go on when it does not.

#pragma once

#include "app/formats/boot/init_rules.hpp"
#include "app/formats/elf/elf_header.hpp"
#include "app/formats/kernel/image_architecture.hpp"
#include "app/formats/lint/lint_report.hpp"
#include "app/formats/ramdisk/ramdisk.hpp"

#include <optional>
#include <QSet>

namespace nitroscope::formats {

inline constexpr quint64 maxFrontBytes = 64 * 1024; // of a program, where all that is looked at stands

class ProgramCheck {
public:
    // Paths hold in `root` ("rootfs"; empty for the kernel's own). `rule` is what the findings are named after.
    ProgramCheck(const BootFiles &files, const QByteArray &root, const QByteArray &rule,
                 ImageArchitecture architecture);

    // PATH of the program, for what scripts look for with env(1); nullopt when it has none.
    void setPath(const std::optional<QByteArray> &path) { m_path = path; }

    struct Verdict {
        int problem = 0; // errno of execve(); 0: it starts.
        std::vector<LintFinding> findings = {};
    };
    Verdict check(const QByteArray &path, int depth = 0);

    // execvpe(3) of AWS's init: `command` is the first word of cmd.
    Verdict checkCommand(const QByteArray &command);

private:
    Verdict checkScript(const ScriptLine &line, const QString &where, int depth);
    Verdict checkElf(BootFiles::Place place, const ElfHeader &elf, const QString &where);
    // Nothing when the kernel takes it.
    std::optional<Verdict> checkLoader(const QByteArray &path, const QString &where);
    void checkArgument(Verdict &verdict, const ScriptLine &line, const QString &where);
    void checkLibraries(Verdict &verdict, BootFiles::Place place, const QByteArray &loader,
                        const QString &where);
    // A file that is no program by itself, as execvpe() goes on with it.
    Verdict checkAsScript(const QByteArray &path, Verdict verdict);
    LintFinding finding(const char *ending, Severity severity, const QString &where, const QString &why,
                        const QString &advice) const;
    Verdict failed(int problem, const char *ending, const QString &where, const QString &why,
                   const QString &advice) const;
    QString placeText(const QByteArray &path) const;
    // Init mounts over it, so that it is not seen any more.
    bool isHidden(const QByteArray &resolved) const;
    bool isFound(const QByteArray &path) const;
    const QSet<QByteArray> &names();

    const BootFiles &m_files;
    QByteArray m_root, m_rule;
    ImageArchitecture m_architecture;
    std::optional<QByteArray> m_path;
    QSet<QByteArray> m_names; // Of all files in the root, without their folders; made when first needed.
};

// "No such file or directory"
QString problemText(int problem);

} // namespace nitroscope::formats
