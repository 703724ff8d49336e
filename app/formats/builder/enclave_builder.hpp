// SPDX-License-Identifier: GPL-2.0-or-later
//
// Makes a whole enclave image from a program's root file system, with the layout of nitro-cli: ramdisk 0 has
// init and nsm.ko, ramdisk 1 has rootfs/, cmd and env. No daemon, no linuxkit, no network. The same input
// gives the same PCRs: files are written in the order of their paths or layers, with time 0 and numbers that
// count up. Streams: memory holds names and attributes, never contents.

#pragma once

#include "app/formats/container/container_image.hpp"
#include "app/formats/eif/eif_builder.hpp"
#include "app/formats/lint/lint.hpp"

#include <functional>

namespace nitroscope::formats {

struct EnclaveRecipe {
    QString rootFolder = {};            // Exactly one of these two.
    ImageReference containerImage = {}; // See ContainerImage.
    // Instead of the image's CMD or ENTRYPOINT, and in addition to its ENV; needed for a folder.
    QStringList command = {};
    QStringList environment = {};

    QString kernelPath = {};
    // Instead of it, for a kernel that may first have to be built: asked when all else is there.
    std::function<app::Result<QString>()> findKernel = {};
    QString commandLine = {}; // Empty: that of AWS's images.
    QString initPath = {};
    QString nsmModulePath = {}; // Empty: none.
    EifIdentity identity = {};
    // Nothing: the container image's own.
    std::optional<EifRecipe::Architecture> architecture = EifRecipe::Architecture::x86_64;
    bool keepsTimes = false; // Modification times of the input instead of 0; PCRs then depend on them.
    ContainerLimits limits = {};
};

struct EnclaveBuild {
    EifMeasurements measurements;
    // What nitro-cli's treatment of the image will surprise with.
    std::vector<LintFinding> findings;
};

// Temporary files stand beside the output. Blocks: run it in a worker. Errors: "recipe", "input", "output",
// "limit", "cancelled".
app::Result<EnclaveBuild> buildEnclave(const EnclaveRecipe &recipe, const QString &outputPath);

// ---- its parts ----

// The regular files of a folder on this computer, as a tree whose contents are numbered in the order of
// `paths`.
struct FolderTree {
    RootTree tree;
    QList<QByteArray> paths;   // Absolute, one per content.
    QList<QByteArray> sockets; // Below the root; nothing without their processes, so left out.
};
// Owners become 0, times are kept. Errors: "input".
app::Result<FolderTree> readFolder(const QString &path, const ContainerLimits &limits);

} // namespace nitroscope::formats
