// SPDX-License-Identifier: GPL-2.0-or-later
//
// What an EIF and our firmware tell about where a boot passes, before it runs: addresses of the firmware, the
// way of the kernel's decompressor, symbols of the kernel as linked, initcall levels, the first programs.
// Made once per run on a worker thread, because the kernel has to be unpacked for it.
#pragma once

#include "app/core/arch/architecture.hpp"
#include "app/core/result.hpp"
#include "app/formats/boot/boot_programs.hpp"
#include "app/formats/boot/initcalls.hpp"
#include "app/formats/boot/kernel_place.hpp"
#include "app/formats/eif/eif_document.hpp"
#include "app/formats/symbols/kernel_image.hpp"

#include <memory>

namespace nitroscope::app {

struct BootMap {
    std::optional<formats::EifDocument> eif; // nothing when it cannot be read

    // Guest-physical where firmware and decompressor run, both of which map memory to itself.
    std::optional<quint64> firmwareEntry; // first 64-bit instruction of the ROM
    QString firmwareProblem;
    symbols::ProgramPointer firmware; // null when it cannot be read

    QString kernelProblem;     // why nothing is known of the kernel; empty when it is
    quint64 kernelAddress = 0; // where the firmware puts the protected-mode code
    quint64 kernelEntry = 0;   // by the 64-bit protocol when the kernel has it
    std::optional<arch::UnpackingJumps> jumps;

    QString vmlinuxProblem;    // why the kernel could not be unpacked
    quint64 unpackedEntry = 0; // of the ELF file: physical as linked
    bool isMovable = true;     // has relocations and no `nokaslr`: it may run elsewhere than linked
    QVector<formats::RelocatedField> fields;
    symbols::KernelImagePointer
        image;           // with the DWARF of a vmlinux beside the EIF when it is the same kernel
    QString vmlinuxPath; // that file; empty when there is none
    QVector<formats::InitcallLevel> initcalls;
    formats::BootPrograms programs;

    bool hasSymbols() const { return image && !image->symbols().isEmpty(); }
    // As linked.
    std::optional<quint64> symbol(QByteArrayView name) const {
        return image ? image->symbols().find(name) : std::nullopt;
    }
};

using BootMapPointer = std::shared_ptr<const BootMap>;

// Never fails: what is not known has its reason beside it. The architecture is the machine's; `append` is added
// to the EIF's command line; the firmware's ELF file may be missing. Blocks for the time of decompression.
BootMapPointer makeBootMap(const arch::Architecture &architecture, const QString &eifPath,
                           const QString &append, const QString &firmwareElf);

} // namespace nitroscope::app
