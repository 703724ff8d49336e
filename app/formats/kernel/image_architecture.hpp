// SPDX-License-Identifier: GPL-2.0-or-later
//
// The processors that images are made for, and what each format calls them: one row each.

#pragma once

#include "app/core/arch/elf_machines.hpp"
#include "firmware/eif/format.hpp"

#include <optional>
#include <QLatin1String>
#include <string_view>

namespace nitroscope::formats {

enum class ImageArchitecture { x86_64, aarch64 };

struct ImageArchitectureFacts {
    ImageArchitecture which;
    arch::ElfMachine elfMachine;
    quint16 eifFlags;
    const char *container; // in a container image's configuration
    const char *kernel;    // the format of its kernels
    const char *emulator;  // QEMU's program

    constexpr const char *name() const { return arch::elfMachineName(elfMachine); }
    QLatin1String nameText() const { return QLatin1String(name()); }
};

inline constexpr ImageArchitectureFacts imageArchitectures[] = {
    {ImageArchitecture::x86_64, arch::elfX86_64, 0, "amd64", "a bzImage", "qemu-system-x86_64"},
    {ImageArchitecture::aarch64, arch::elfAarch64, eif::flagArm64, "arm64", "an Image",
     "qemu-system-aarch64"}};

constexpr const ImageArchitectureFacts &factsOf(ImageArchitecture which) {
    return imageArchitectures[static_cast<int>(which)];
}
static_assert(factsOf(ImageArchitecture::x86_64).which == ImageArchitecture::x86_64 &&
              factsOf(ImageArchitecture::aarch64).which == ImageArchitecture::aarch64);

// By its name.
constexpr std::optional<ImageArchitecture> architectureNamed(std::string_view name) {
    for (const ImageArchitectureFacts &one : imageArchitectures)
        if (one.name() == name)
            return one.which;
    return std::nullopt;
}

// Of the EIF header's flags.
constexpr ImageArchitecture architectureOf(quint16 eifFlags) {
    return eifFlags & eif::flagArm64 ? ImageArchitecture::aarch64 : ImageArchitecture::x86_64;
}

} // namespace nitroscope::formats
