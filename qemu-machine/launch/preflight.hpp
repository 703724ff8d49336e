// SPDX-License-Identifier: GPL-2.0-or-later
//
// Everything the launch library can judge before it has read the whole file: the EIF's structure, the
// signature section, the kernel's header and the guest's memory. What is fatal follows the real platform; the
// rest are warnings.

#pragma once

#include "firmware/eif/bzimage.hpp"
#include "firmware/eif/image.hpp"
#include "qemu-machine/launch/file_source.hpp"
#include "qemu-machine/launch/memory.hpp"
#include "qemu-machine/launch/problem.hpp"
#include "qemu-machine/launch/signature_check.hpp"

#include <optional>
#include <vector>

namespace nitroscope::launch {

struct PreflightInput {
    const ByteSource &source;
    const eif::Image &image;
    MemoryShape memory = {};                     // total 0: do not judge memory.
    uint64_t extraRamdiskBytes = 0;              // Of -initrd.
    uint64_t appendBytes = 0;                    // Of -append, without the space before it.
    int64_t now = 0;                             // Unix seconds.
    eif::Machine machine = eif::Machine::x86_64; // Which kernels it boots.
};

struct Preflight {
    std::vector<NitroLaunchProblem> problems; // In the order of the file; refusals and warnings.
    std::optional<SignatureCheck> signature;  // When there is a whole signature section of legal size.
    std::optional<eif::BzImage> kernel;       // When the kernel is an x86 bzImage that can be booted,
    std::optional<eif::ArmImage> armKernel;   // or, for an aarch64 machine, an Image that can be.
    uint64_t memoryNeeded = 0;                // Bytes, 0 when unknown.

    const NitroLaunchProblem *firstRefusal() const;
};

Preflight judge(const PreflightInput &input);

// The signature's finding as a problem of the section it is in.
NitroLaunchProblem toProblem(const SignatureFinding &finding, int section);

// Index of the section whose header or data holds the byte, or -1.
int sectionAt(const eif::Image &image, uint64_t offset);

} // namespace nitroscope::launch
