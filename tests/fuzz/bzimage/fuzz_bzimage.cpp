// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any bytes as a kernel: header, version text, payload of any compression, embedded configuration.
#include "app/formats/kernel/bzimage.hpp"

#include <cstdlib>

using namespace nitroscope;
using namespace nitroscope::formats;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    constexpr quint64 maxBytes = 1024 * 1024;
    const launch::MemorySource source(std::as_bytes(std::span(data, size)));
    const auto image = readKernelImage({&source, 0, source.size()});
    if (!image)
        abort(); // memory cannot fail to be read
    const auto content = scanKernel(*image, {.outputBytes = maxBytes, .memoryBytes = 8 * maxBytes});
    if (content) {
        (void)content->option("CONFIG_NSM");
        if (content->unpackedBytes > maxBytes + 1024 * 1024)
            abort();
    }
    return 0;
}
