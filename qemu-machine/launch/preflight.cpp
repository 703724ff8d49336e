// SPDX-License-Identifier: GPL-2.0-or-later
//
// See preflight.hpp.

#include "qemu-machine/launch/preflight.hpp"

#include "firmware/boot/handover.h"

#include <algorithm>
#include <array>
#include <string>

namespace nitroscope::launch {

namespace {

std::string mebibytes(uint64_t bytes) {
    return std::to_string(bytes / mebibyte + (bytes % mebibyte != 0)) + " MiB";
}

void judgeStructure(const PreflightInput &input, Preflight &result) {
    for (const eif::Diagnostic &diagnostic : input.image.diagnostics) {
        const bool isError = diagnostic.severity == eif::Severity::error;
        if (isError || diagnostic.severity == eif::Severity::warning)
            result.problems.push_back(makeProblem(isError ? Weight::refusal : Weight::warning,
                                                  diagnostic.problem,
                                                  {diagnostic.section, diagnostic.offset}));
    }
}

void judgeSignature(const PreflightInput &input, Preflight &result) {
    const int index = input.image.find(eif::SectionType::signature);
    if (index < 0)
        return;
    const eif::Section &section = input.image.sections[static_cast<size_t>(index)];
    if (!section.isComplete() || section.dataSize > eif::maxSignatureSize)
        return; // the parser has said so already
    std::vector<std::byte> data(static_cast<size_t>(section.dataSize));
    if (!input.source.read(section.dataOffset, data))
        return; // measuring reads it again and fails with the right words
    result.signature = checkSignature(data, section.dataOffset, input.now);
    for (const SignatureFinding &finding : result.signature->findings)
        result.problems.push_back(toProblem(finding, index));
}

// A kernel that cannot boot is only warned of: the real platform does not look into it either, the firmware
// will say it. Nothing when it cannot be booted.
template <typename ParsedKernel>
auto bootableKernel(const ParsedKernel &kernel, Preflight &result) {
    for (const eif::Diagnostic &diagnostic : kernel.diagnostics)
        if (diagnostic.severity != eif::Severity::note)
            result.problems.push_back(
                makeProblem(Weight::warning, diagnostic.problem, {diagnostic.section, diagnostic.offset}));
    return kernel.bootable() ? std::optional(kernel.image) : std::nullopt;
}

void judgeKernel(const PreflightInput &input, Preflight &result) {
    const int index = input.image.find(eif::SectionType::kernel);
    const bool isForArm = input.image.header.flags & eif::flagArm64;
    if (index < 0 || isForArm != (input.machine == eif::Machine::aarch64))
        return;
    const eif::Section &section = input.image.sections[static_cast<size_t>(index)];
    std::array<std::byte, eif::bzImageHeadSize> buffer;
    const auto head = std::span(buffer).first(
        static_cast<size_t>(std::min<uint64_t>(buffer.size(), section.availableSize)));
    if (head.empty() || !input.source.read(section.dataOffset, head))
        return;
    const eif::KernelOrigin origin = {.section = index, .dataOffset = section.dataOffset};
    if (isForArm)
        result.armKernel = bootableKernel(eif::parseArmKernel(head, section.dataSize, origin), result);
    else
        result.kernel = bootableKernel(eif::parseBzImage(head, section.dataSize, origin), result);
}

// Bytes without the terminating zero; 0 when nothing is known of the kernel.
uint64_t cmdlineLimit(const Preflight &result) {
    if (result.armKernel)
        return NITRO_BOOT_ARM64_CMDLINE_SIZE - 1;
    return result.kernel ? result.kernel->cmdlineSize : 0;
}

void judgeCommandLine(const PreflightInput &input, Preflight &result) {
    const int index = input.image.find(eif::SectionType::cmdline);
    const uint64_t limit = cmdlineLimit(result);
    if (index < 0 || input.appendBytes == 0 || (!result.kernel && !result.armKernel))
        return;
    const eif::Section &section = input.image.sections[static_cast<size_t>(index)];
    if (section.dataSize > limit || input.appendBytes + 1 > limit - section.dataSize)
        result.problems.push_back(makeProblem(
            Weight::refusal, NITRO_LAUNCH_REASON_COMMAND_LINE, ErrorCode::none, {index, section.dataOffset},
            "The command line is too long with the text given by -append: this kernel takes " +
                std::to_string(limit) + " bytes. Shorten the text."));
}

MemoryNeed needOf(const PreflightInput &input, const Preflight &result) {
    return result.armKernel
               ? memoryToBoot(*result.armKernel, input.image, input.extraRamdiskBytes, input.memory)
               : memoryToBoot(*result.kernel, input.image, input.extraRamdiskBytes, input.memory);
}

void judgeMemory(const PreflightInput &input, Preflight &result) {
    if (!result.kernel && !result.armKernel)
        return;
    const MemoryNeed need = needOf(input, result);
    result.memoryNeeded = need.bytes;
    if (input.memory.total == 0)
        return;
    const uint64_t wanted = memoryNitroCliWants(input.source.size());
    const std::string have = "The guest has " + mebibytes(input.memory.total) + " of memory, but ";
    if (need.verdict == MemoryNeed::Verdict::neverFits)
        result.problems.push_back(makeProblem(Weight::refusal, NITRO_LAUNCH_REASON_MEMORY, ErrorCode::e36, {},
                                              result.armKernel
                                                  ? "The ramdisks are too large: an aarch64 kernel takes "
                                                    "them only within 32 GiB. Use smaller ramdisks."
                                                  : "The ramdisks are too large for this kernel, which takes "
                                                    "them only below 4 GiB. Use smaller ramdisks or a kernel "
                                                    "that can be loaded above 4 GiB."));
    else if (need.verdict == MemoryNeed::Verdict::tooSmall)
        result.problems.push_back(makeProblem(
            Weight::refusal, NITRO_LAUNCH_REASON_MEMORY, ErrorCode::e26, {},
            have + "this image needs at least " + mebibytes(need.bytes) +
                " to be loaded, and more for unpacking its ramdisks. Give it more memory (on EC2 at least " +
                mebibytes(std::max(wanted, need.bytes)) + ")."));
    else if (input.memory.total < wanted)
        result.problems.push_back(
            makeProblem(Weight::warning, NITRO_LAUNCH_REASON_MEMORY, ErrorCode::e26, {},
                        have + "nitro-cli wants four times the size of the EIF, " + mebibytes(wanted) +
                            ". It can be loaded here, but may not find room to unpack its ramdisks."));
}

} // namespace

const NitroLaunchProblem *Preflight::firstRefusal() const {
    const auto found =
        std::ranges::find_if(problems, [](const NitroLaunchProblem &p) { return p.fatal != 0; });
    return found == problems.end() ? nullptr : &*found;
}

NitroLaunchProblem toProblem(const SignatureFinding &finding, int section) {
    return makeProblem(Weight::refusal, finding.reason, ErrorCode::e59, {section, finding.range.offset},
                       finding.sentence);
}

int sectionAt(const eif::Image &image, uint64_t offset) {
    for (unsigned i = 0; i < image.sectionCount; ++i) {
        const eif::Section &section = image.sections[i];
        if (section.dataOffset != 0 && offset >= section.headerOffset &&
            offset - section.headerOffset < eif::sectionHeaderSize + section.availableSize)
            return static_cast<int>(i);
    }
    return -1;
}

Preflight judge(const PreflightInput &input) {
    Preflight result;
    judgeStructure(input, result);
    judgeSignature(input, result);
    judgeKernel(input, result);
    judgeCommandLine(input, result);
    judgeMemory(input, result);
    return result;
}

} // namespace nitroscope::launch
