// SPDX-License-Identifier: GPL-2.0-or-later
//
// The parts of lintEif(); only lint*.cpp use this.

#pragma once

#include "app/formats/eif/eif_document.hpp"
#include "app/formats/kernel/bzimage.hpp"
#include "app/formats/lint/lint_report.hpp"
#include "app/formats/ramdisk/ramdisk.hpp"

namespace nitroscope::formats {

// What is wrong and what to do, as the table of problems has it.
QString problemText(eif::Problem problem);

// "section 3: ramdisk 0"; "header" for -1.
QString sectionPlace(const eif::Image &image, int section);

void lintStructure(LintReport &report, const EifDocument &document);
void lintMetadata(LintReport &report, const EifDocument &document);
void lintCommandLine(LintReport &report, const EifDocument &document);
// Also the kernel's content, when it can be unpacked. Errors: "cancelled".
app::Result<std::optional<KernelContent>> lintKernel(LintReport &report, const EifDocument &document,
                                                     const std::vector<Ramdisk> &ramdisks,
                                                     const UnpackLimits &limits);
void lintRamdisks(LintReport &report, const EifDocument &document, const std::vector<Ramdisk> &ramdisks,
                  const std::optional<KernelContent> &kernel);
// init, cmd, env and the program that they start.
void lintPrograms(LintReport &report, const EifDocument &document, const RamdiskIndex &index);
void lintMemory(LintReport &report, const EifDocument &document, const std::vector<Ramdisk> &ramdisks);
// Certificate and signature; with measurements also CRC and the signed PCR0.
void lintSignature(LintReport &report, const EifDocument &document, const EifMeasurements *measurements,
                   qint64 now);

} // namespace nitroscope::formats
