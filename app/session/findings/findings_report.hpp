// SPDX-License-Identifier: GPL-2.0-or-later
//
// What profile and coverage found, with names: folded stacks, drcov, lines.
#pragma once

#include "app/formats/findings/covered_code.hpp"
#include "app/formats/findings/folded_stacks.hpp"
#include "app/session/findings/code_origins.hpp"

namespace nitroscope::app {

// Of the enclave whose code ran. `debugFile` is a vmlinux with debug information, or empty. What cannot be had of it is
// left out: names are missing then. Reads and unpacks files: for workers.
CodeFiles codeFilesOf(const QString &eifPath, const QString &debugFile = {});

// Samples by process and function. What has no name is [kernel], [boot] (before the kernel) or [unknown].
formats::FoldedStacks foldedStacks(const formats::Findings &findings, const CodeOrigins &origins);

struct CoverageReport {
    formats::CoveredCode code;
    quint64 unnamed = 0; // blocks of code that no file is known for
};
CoverageReport coveredCode(const formats::Findings &findings, const CodeOrigins &origins);

// Lines of sources that ran, as lcov has them (geninfo(1), "FILES"): what has DWARF. `code` is coveredCode()'s.
QByteArray coveredLines(const formats::Findings &findings, const CodeOrigins &origins);

// Files of the plugins into files for the user. Both give what the user is to be told besides. Errors: those of
// readFindings() and of files.
Result<QStringList> writeProfile(const QString &findings, const CodeFiles &files, const QString &path);
Result<QStringList> writeCoverage(const QString &findings, const CodeFiles &files, const QString &path,
                                  const QString &linesPath = {});

} // namespace nitroscope::app
