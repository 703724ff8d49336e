// SPDX-License-Identifier: GPL-2.0-or-later
//
// A kernel as a file: what kind it is, its version text, and what is inside of its compressed payload: the
// vmlinux (ELF) that debuggers want, the configuration when the kernel carries it (CONFIG_IKCONFIG), and the
// features that an enclave needs. Follows Linux, Documentation/arch/x86/boot.rst,
// Documentation/arch/arm64/booting.rst and kernel/configs.c. The header's fields themselves are read by
// firmware/eif/bzimage.hpp.

#pragma once

#include "app/formats/compression/decompress.hpp"
#include "app/formats/kernel/image_architecture.hpp"
#include "firmware/eif/bzimage.hpp"

#include <array>
#include <optional>

namespace nitroscope::formats {

struct KernelImage {
    enum class Kind { bzImage, armImage, elf, unknown };

    Kind kind = Kind::unknown;
    eif::BzImage setup = {};   // Of a bzImage with protocol 2.10 or later; else all zero.
    quint64 armTextOffset = 0; // Of an aarch64 Image.
    QString versionText = {};  // "6.12.95 (user@host) #1 SMP ..."; empty when the header does not tell.
    Compression compression = Compression::none; // Of the payload.
    ByteRegion payload = {}; // Compressed vmlinux; the whole file when it is not compressed.

    // Nothing for a file that is no kernel as images have them.
    std::optional<ImageArchitecture> architecture() const;
    // First word of the version text.
    QString version() const { return versionText.section(QChar(u' '), 0, 0); }
};

// The kernel's own name of itself, "6.12.95 (user@host) #1 SMP ...", as it stands in the file; empty when the header
// does not tell where. Errors: "file-changed".
app::Result<QByteArray> readVersionText(const ByteRegion &kernel, const eif::BzImage &setup);

// What an enclave's loader has against this text_offset of an aarch64 Image; empty for nothing.
QString armTextOffsetProblem(quint64 textOffset);

// Reads the head of the kernel. Never fails on strange content (kind = unknown); errors: "file-changed".
app::Result<KernelImage> readKernelImage(const ByteRegion &kernel);

// What an x86 kernel may take from its base on without KASLR (KERNEL_IMAGE_SIZE); real ones unpack to a tenth.
constexpr quint64 maxUnpackedKernel = quint64{512} << 20;

// Unpacks the payload into memory: an ELF for x86, a flat image for aarch64. Errors: those of Decompressor and
// readAll() ("limit" beyond maxUnpackedKernel), and "no-payload" for an unknown kernel.
app::Result<QByteArray> extractVmlinux(const KernelImage &kernel, const UnpackLimits &limits = {});

// Of one driver or option of the kernel.
enum class KernelFeature { unknown, no, module, builtIn };

struct KernelContent {
    QString banner = {};    // "Linux version ..." as the kernel prints it; empty when not found.
    QByteArray config = {}; // Text of .config; empty when the kernel does not carry it.
    quint64 unpackedBytes = 0;
    KernelFeature nsm = KernelFeature::unknown;             // CONFIG_NSM
    KernelFeature vsock = KernelFeature::unknown;           // CONFIG_VIRTIO_VSOCKETS
    KernelFeature mmio = KernelFeature::unknown;            // CONFIG_VIRTIO_MMIO
    KernelFeature mmioCommandLine = KernelFeature::unknown; // CONFIG_VIRTIO_MMIO_CMDLINE_DEVICES
    std::array<KernelFeature, 9> ramdisk = {};              // CONFIG_RD_*, by Compression

    // "y", "m", a number or text with its quotes; empty when it is not set or there is no configuration.
    QByteArray option(const QByteArray &name) const;
};

// Streams the payload once and keeps only what is asked for; memory stays small. Without a configuration,
// features are told by texts that only the driver has. Errors as extractVmlinux().
app::Result<KernelContent> scanKernel(const KernelImage &kernel, const UnpackLimits &limits = {});

} // namespace nitroscope::formats
