// SPDX-License-Identifier: GPL-2.0-or-later
//
// Everything that can be wrong with an EIF or with the kernel in it, in one table: number, name, how bad it
// is, and the sentence a user reads. Numbers are stable: they travel in boot reports and QMP events. 1-99
// file header, 100-199 sections, 200-299 kernel; the firmware's own reasons start at 1000.
#pragma once

#include <cstdint>
#include <string_view>

namespace nitroscope::eif {

enum class Severity : uint8_t {
    note,    // legal, but worth knowing
    warning, // boots, but probably not what was meant
    error,   // a real enclave refuses it or cannot boot it
};

enum class Problem : uint16_t {
    none = 0,

    emptyFile = 1,
    tooShort = 2,
    readFailed = 3,
    badMagic = 4,
    versionInternal = 5,
    versionTooNew = 6,
    wrongArchitecture = 7,
    reservedFlags = 8,
    reservedNotZero = 9,
    unusedNotZero = 10,
    defaultsIgnored = 11,
    noSections = 12,
    tooFewSections = 13,
    tooManySections = 14,
    unusedTableEntry = 15,
    crcMismatch = 16,
    trailingBytes = 17,
    notForAarch64 = 18,

    sectionInHeader = 100,
    sectionOutsideFile = 101,
    sectionHeaderCut = 102,
    sectionDataCut = 103,
    sectionTypeInvalid = 104,
    sectionTypeUnknown = 105,
    sectionFlagsNotZero = 106,
    sectionSizeMismatch = 107,
    sectionEmpty = 108,
    sectionOverlap = 109,
    sectionsOutOfOrder = 110,
    sectionGap = 111,
    ramdiskBeforeKernel = 112,
    duplicateKernel = 113,
    duplicateCmdline = 114,
    duplicateSignature = 115,
    duplicateMetadata = 116,
    kernelMissing = 117,
    cmdlineMissing = 118,
    ramdiskMissing = 119,
    metadataMissing = 120,
    sectionTooNew = 121,
    signatureTooLarge = 122,
    cmdlineHasNul = 123,
    cmdlineHasNewline = 124,
    cmdlineLong = 125,
    kernelEmpty = 126,

    kernelTooShort = 200,
    kernelIsArm64 = 201,
    kernelIsElf = 202,
    kernelNotBzImage = 203,
    kernelProtocolTooOld = 204,
    kernelNotLoadedHigh = 205,
    kernelSetupCut = 206,
    kernelHeaderCut = 207,
    kernelInitSizeBad = 208,
    kernelAlignmentBad = 209,
    kernelShorterThanDeclared = 210,
    kernelPayloadOutside = 211,
    kernelNo64BitEntry = 212,
    kernelIsZboot = 213,
    kernelIsGzip = 214,
    kernelIsX86 = 215,
    kernelNotArmImage = 216,
    kernelBigEndian = 217,
    kernelImageSizeBad = 218,
};

struct ProblemInfo {
    Problem problem;
    Severity severity;
    std::string_view name; // as in the enumeration, for machine-readable output
    std::string_view text; // what is wrong, and what to do about it
};

inline constexpr ProblemInfo problemTable[] = {
    {Problem::none, Severity::note, "none", "No problem."},

    {Problem::emptyFile, Severity::error, "emptyFile",
     "The file is empty; build or copy the enclave image again."},
    {Problem::tooShort, Severity::error, "tooShort",
     "The file is shorter than an EIF header (548 bytes); it was cut off or is not an enclave image."},
    {Problem::readFailed, Severity::error, "readFailed",
     "Reading the image failed; check the disk or the place the file comes from."},
    {Problem::badMagic, Severity::error, "badMagic",
     "This is not an enclave image: the file does not start with '.eif'. Choose a file made by nitro-cli or "
     "eif_build."},
    {Problem::versionInternal, Severity::error, "versionInternal",
     "EIF versions 0 and 1 were never published and cannot be started; rebuild the image with a current "
     "nitro-cli."},
    {Problem::versionTooNew, Severity::error, "versionTooNew",
     "This EIF version is newer than 4, the newest one known; rebuild the image as version 4."},
    {Problem::wrongArchitecture, Severity::error, "wrongArchitecture",
     "The image was built for aarch64, but this machine is x86_64; start it with qemu-system-aarch64, or "
     "rebuild it for x86_64."},
    {Problem::reservedFlags, Severity::note, "reservedFlags",
     "Reserved bits of the header's flags are set; only bit 0 has a meaning."},
    {Problem::reservedNotZero, Severity::note, "reservedNotZero",
     "The reserved header field is not zero; builders write zero there."},
    {Problem::unusedNotZero, Severity::note, "unusedNotZero",
     "The unused header field before the CRC is not zero; builders write zero there."},
    {Problem::defaultsIgnored, Severity::note, "defaultsIgnored",
     "The header asks for its own default memory or CPU count; enclaves ignore it, choose both when "
     "starting."},
    {Problem::noSections, Severity::error, "noSections",
     "The header lists no sections, so there is no kernel to boot; build the image again."},
    {Problem::tooFewSections, Severity::error, "tooFewSections",
     "The header lists only one section; an image needs at least a kernel and a command line."},
    {Problem::tooManySections, Severity::error, "tooManySections",
     "The header lists more than 32 sections, the most the format can hold; the header is damaged."},
    {Problem::unusedTableEntry, Severity::note, "unusedTableEntry",
     "The section table has a value after the last section; it is ignored."},
    {Problem::crcMismatch, Severity::error, "crcMismatch",
     "The CRC32 of the content differs from the one in the header; the file was changed or damaged, copy or "
     "build it again."},
    {Problem::trailingBytes, Severity::note, "trailingBytes",
     "There are bytes after the last section; they are neither loaded nor measured nor covered by the CRC."},
    {Problem::notForAarch64, Severity::error, "notForAarch64",
     "The image was built for x86_64, but this machine is aarch64; start it with qemu-system-x86_64, or "
     "rebuild it for aarch64."},

    {Problem::sectionInHeader, Severity::error, "sectionInHeader",
     "The section table points into the file header; the table is damaged, build the image again."},
    {Problem::sectionOutsideFile, Severity::error, "sectionOutsideFile",
     "The section starts after the end of the file; the file was cut off or its section table is damaged."},
    {Problem::sectionHeaderCut, Severity::error, "sectionHeaderCut",
     "The file ends inside this section's header; it was cut off, copy or build it again."},
    {Problem::sectionDataCut, Severity::error, "sectionDataCut",
     "The file ends inside this section's data; it was cut off or the size is wrong, copy or build it "
     "again."},
    {Problem::sectionTypeInvalid, Severity::error, "sectionTypeInvalid",
     "The section has type 0 (invalid), which enclaves refuse; build the image again."},
    {Problem::sectionTypeUnknown, Severity::error, "sectionTypeUnknown",
     "The section has a type that is not known (6 or above), which enclaves refuse; remove the section."},
    {Problem::sectionFlagsNotZero, Severity::warning, "sectionFlagsNotZero",
     "The section's flags are not zero; no flag is defined, and some loaders refuse such an image."},
    {Problem::sectionSizeMismatch, Severity::error, "sectionSizeMismatch",
     "The section's size in its own header and in the file header differ; rebuild the image, or sign it with "
     "a newer tool."},
    {Problem::sectionEmpty, Severity::warning, "sectionEmpty",
     "The section has no data; leave it out or fill it."},
    {Problem::sectionOverlap, Severity::error, "sectionOverlap",
     "The section shares bytes with an earlier one; the section table is damaged, build the image again."},
    {Problem::sectionsOutOfOrder, Severity::error, "sectionsOutOfOrder",
     "The section table is not in file order; sections must be listed in the order in which they lie in the "
     "file."},
    {Problem::sectionGap, Severity::warning, "sectionGap",
     "There are bytes before this section that belong to no section; enclaves boot it, but nitro-cli cannot "
     "read it."},
    {Problem::ramdiskBeforeKernel, Severity::error, "ramdiskBeforeKernel",
     "A ramdisk lies before the kernel; put the kernel first."},
    {Problem::duplicateKernel, Severity::error, "duplicateKernel",
     "There is a second kernel section; an image has exactly one."},
    {Problem::duplicateCmdline, Severity::error, "duplicateCmdline",
     "There is a second command line section; an image has exactly one."},
    {Problem::duplicateSignature, Severity::error, "duplicateSignature",
     "There is a second signature section; an image has at most one."},
    {Problem::duplicateMetadata, Severity::error, "duplicateMetadata",
     "There is a second metadata section; an image has at most one."},
    {Problem::kernelMissing, Severity::error, "kernelMissing",
     "The image has no kernel section, so there is nothing to boot; build it again with a kernel."},
    {Problem::cmdlineMissing, Severity::error, "cmdlineMissing",
     "The image has no command line section; build it again with one."},
    {Problem::ramdiskMissing, Severity::warning, "ramdiskMissing",
     "The image has no ramdisk; the kernel will find no init and panic unless it carries one itself."},
    {Problem::metadataMissing, Severity::error, "metadataMissing",
     "A version 4 image needs a metadata section and this one has none; build it again with nitro-cli 1.2 or "
     "later."},
    {Problem::sectionTooNew, Severity::warning, "sectionTooNew",
     "This kind of section came with a later EIF version than the header names; raise the version or drop "
     "the section."},
    {Problem::signatureTooLarge, Severity::error, "signatureTooLarge",
     "The signature section is larger than 32768 bytes, the most an enclave accepts; sign with a shorter "
     "certificate."},
    {Problem::cmdlineHasNul, Severity::warning, "cmdlineHasNul",
     "The command line contains a zero byte; the kernel ignores what follows it, remove it from the image."},
    {Problem::cmdlineHasNewline, Severity::warning, "cmdlineHasNewline",
     "The command line contains a line break; nitro-cli removes it, remove it here too or the PCRs differ."},
    {Problem::cmdlineLong, Severity::warning, "cmdlineLong",
     "The command line is longer than the 2047 bytes a kernel takes; shorten it."},
    {Problem::kernelEmpty, Severity::error, "kernelEmpty",
     "The kernel section has no data; build the image again with a kernel."},

    {Problem::kernelTooShort, Severity::error, "kernelTooShort",
     "The kernel is too short to be one; put the bzImage of the kernel build (aarch64: the Image) into the "
     "image."},
    {Problem::kernelIsArm64, Severity::error, "kernelIsArm64",
     "The kernel is an aarch64 Image; an x86_64 enclave needs a bzImage."},
    {Problem::kernelIsElf, Severity::error, "kernelIsElf",
     "The kernel is an ELF file (vmlinux?); an enclave needs the bzImage (aarch64: the Image) of the same "
     "build."},
    {Problem::kernelNotBzImage, Severity::error, "kernelNotBzImage",
     "The kernel is not an x86 bzImage (no boot header 'HdrS'); put arch/x86/boot/bzImage into the image."},
    {Problem::kernelProtocolTooOld, Severity::error, "kernelProtocolTooOld",
     "The kernel speaks a boot protocol older than 2.10 (Linux before 2.6.31); use a newer kernel."},
    {Problem::kernelNotLoadedHigh, Severity::error, "kernelNotLoadedHigh",
     "The kernel is an old zImage that loads below 1 MiB; build it as bzImage."},
    {Problem::kernelSetupCut, Severity::error, "kernelSetupCut",
     "The kernel ends inside its setup code; it was cut off before the image was built."},
    {Problem::kernelHeaderCut, Severity::error, "kernelHeaderCut",
     "The kernel's boot header is shorter than its protocol version demands; the kernel is damaged."},
    {Problem::kernelInitSizeBad, Severity::error, "kernelInitSizeBad",
     "The kernel's boot header names an impossible memory need (init_size); the kernel is damaged."},
    {Problem::kernelAlignmentBad, Severity::error, "kernelAlignmentBad",
     "The kernel's boot header names an impossible alignment; the kernel is damaged."},
    {Problem::kernelShorterThanDeclared, Severity::warning, "kernelShorterThanDeclared",
     "The kernel is shorter than its boot header says; it may have been cut off before the image was built."},
    {Problem::kernelPayloadOutside, Severity::warning, "kernelPayloadOutside",
     "The compressed kernel lies outside the kernel section by its boot header; it will not unpack itself."},
    {Problem::kernelNo64BitEntry, Severity::note, "kernelNo64BitEntry",
     "The kernel has no 64-bit entry point; it is entered by the 32-bit boot protocol."},
    {Problem::kernelIsZboot, Severity::error, "kernelIsZboot",
     "The kernel is an EFI zboot image, which holds the real one compressed; unwrap it and put the Image that "
     "is inside into the enclave image."},
    {Problem::kernelIsGzip, Severity::error, "kernelIsGzip",
     "The kernel is a gzip file (Image.gz?), which nothing unpacks here; decompress it and put the Image into "
     "the enclave image."},
    {Problem::kernelIsX86, Severity::error, "kernelIsX86",
     "The kernel is an x86 bzImage; an aarch64 enclave needs an Image."},
    {Problem::kernelNotArmImage, Severity::error, "kernelNotArmImage",
     "The kernel is not an aarch64 Image (no 'ARM\\x64' at byte 56); put arch/arm64/boot/Image into the image."},
    {Problem::kernelBigEndian, Severity::error, "kernelBigEndian",
     "The kernel is big-endian; enclaves are little-endian, build it without CONFIG_CPU_BIG_ENDIAN."},
    {Problem::kernelImageSizeBad, Severity::error, "kernelImageSizeBad",
     "The kernel's header names less memory (image_size) than its file has; the kernel is damaged."},
};

// A boot report has room for 159 characters.
consteval bool everyTextFits() {
    for (const ProblemInfo &entry : problemTable)
        if (entry.text.size() > 159)
            return false;
    return true;
}
static_assert(everyTextFits());

constexpr const ProblemInfo &info(Problem problem) {
    for (const ProblemInfo &entry : problemTable)
        if (entry.problem == problem)
            return entry;
    return problemTable[0];
}

constexpr std::string_view text(Problem problem) {
    return info(problem).text;
}
constexpr std::string_view name(Problem problem) {
    return info(problem).name;
}
constexpr Severity severity(Problem problem) {
    return info(problem).severity;
}

// Errors after which there is nothing to boot, however lenient one wants to be (strict=off).
constexpr bool preventsLoading(Problem problem) {
    switch (problem) {
    case Problem::emptyFile:
    case Problem::tooShort:
    case Problem::readFailed:
    case Problem::noSections:
    case Problem::sectionInHeader:
    case Problem::sectionOutsideFile:
    case Problem::sectionHeaderCut:
    case Problem::sectionDataCut:
    case Problem::kernelMissing:
    case Problem::kernelEmpty:
        return true;
    default:
        return false;
    }
}

} // namespace nitroscope::eif
