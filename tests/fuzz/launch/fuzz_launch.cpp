// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any file as an EIF through the launch library's C interface: opened, judged and measured in both modes. The
// bytes live in an anonymous file, because the library maps and re-reads files.

#include "qemu-machine/launch/launch.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <sys/mman.h>
#include <unistd.h>

namespace {

void openAndMeasure(const char *path, int strict, int arm64) {
    const NitroLaunchOptions options = {.eif_path = path,
                                        .append = strict ? nullptr : "debug",
                                        .initrd_path = nullptr,
                                        .ram_size = uint64_t{1} << 30,
                                        .ram_below_4g = 0,
                                        .strict = strict,
                                        .preflight = 1,
                                        .arm64 = arm64,
                                        .now_seconds = 1'800'000'000};
    NitroLaunchProblem problem;
    NitroLaunch *launch = nitro_launch_open(&options, &problem);
    if (!launch)
        return;
    nitro_launch_wait(launch);
    uint8_t digest[NITRO_LAUNCH_DIGEST_BYTES];
    for (const unsigned pcr : {0u, 1u, 2u, 8u})
        nitro_launch_measurement(launch, pcr, digest);
    nitro_launch_close(launch);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const int file = memfd_create("fuzz", MFD_CLOEXEC);
    if (file < 0 || ftruncate(file, 0) != 0 || pwrite(file, data, size, 0) != static_cast<ssize_t>(size))
        std::abort();
    char path[64];
    std::snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    for (const int arm64 : {0, 1}) {
        openAndMeasure(path, 1, arm64);
        openAndMeasure(path, 0, arm64);
    }
    return 0;
}
