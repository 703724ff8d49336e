// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any bytes as a ramdisk: archives, compressed members, names, links, contents.
#include "app/formats/elf/elf_header.hpp"
#include "app/formats/ramdisk/ramdisk.hpp"

#include <cstdlib>

using namespace nitroscope;
using namespace nitroscope::formats;

namespace {

void check(bool holds) {
    if (!holds)
        abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    constexpr quint64 maxBytes = 1024 * 1024, maxEntries = 200;
    const launch::MemorySource source(std::as_bytes(std::span(data, size)));
    const RamdiskLimits limits = {.unpack = {.outputBytes = maxBytes, .memoryBytes = 8 * maxBytes},
                                  .entries = maxEntries};
    const auto read = readRamdisk({&source, 0, source.size()}, limits);
    check(read.has_value() && read->entries.size() <= maxEntries);
    for (const RamdiskMember &member : read->members)
        check(member.offset <= size && member.packedBytes <= size - member.offset);
    const std::vector<Ramdisk> ramdisks = {*read};
    const BootFiles files(ramdisks);
    int left = 20; // every content of a compressed member unpacks it again
    for (const RamdiskEntry &entry : read->entries) {
        check(!normalPath(entry.path).startsWith('/'));
        check(modeText(entry.mode).size() == 10);
        if (left-- > 0) {
            if (const auto place = files.resolve(normalPath(entry.path)))
                (void)readElfHeader(files.content(*place, 4096));
        }
    }
    return 0;
}
