// SPDX-License-Identifier: GPL-2.0-or-later
//
// What will go wrong with an EIF, told before it is started on EC2: where the tools and the hypervisor
// disagree about it, what nitro-cli makes of a Docker image against expectation, what the kernel lacks, why
// init cannot start, how much memory unpacking takes, what is wrong with the signature. Facts: AWS's
// image-format README, image_signing.md, nitro-cli's and the bootstrap's sources. Each rule has a stable
// name; docs/lint-rules.md lists them.

#pragma once

#include "app/formats/eif/eif_document.hpp"
#include "app/formats/lint/lint_finding.hpp"
#include "app/formats/ramdisk/ramdisk.hpp"

namespace nitroscope::formats {

struct LintOptions {
    RamdiskLimits limits = {};
    std::optional<qint64> now = {}; // Unix seconds, for the certificate; default: the computer's clock.
    bool measures = true;           // CRC and signed PCR0; needs the whole file.
    // What measuring gave, when somebody has done it already; it is not done again then.
    std::optional<EifMeasurements> measured = {};
};

// Blocks: run it in a worker. The order of the rules: header, sections, kernel, command line, ramdisks,
// signature. Errors: "cancelled"; whatever else is wrong is a finding.
app::Result<LintFindings> lintEif(const EifDocument &document, const LintOptions &options = {});

// The figures that memory findings are made of; bytes.
struct MemoryEstimate {
    quint64 kernel = 0;   // What the kernel takes to unpack itself.
    quint64 packed = 0;   // Ramdisks as they are in the EIF.
    quint64 unpacked = 0; // Their files, in pages.
    quint64 window = 0;   // What unpacking them takes beside, at most.
    quint64 least = 0;    // Below this the root file system cannot be unpacked.
};
MemoryEstimate estimateMemory(const EifDocument &document, const std::vector<Ramdisk> &ramdisks);

// What nitro-cli will make of a container image's configuration (`Config` of docker inspect or of an OCI
// image) against expectation.
std::vector<LintFinding> lintContainerConfig(const QJsonObject &config);

} // namespace nitroscope::formats
