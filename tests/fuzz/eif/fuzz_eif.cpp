// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any bytes as an EIF: parse, CRC, and the kernel's setup header; also as a kernel by themselves.
#include "firmware/eif/bzimage.hpp"
#include "firmware/eif/parser.hpp"

#include <algorithm>
#include <cstdlib>

using namespace nitroscope::eif;

namespace {

void check(bool holds) {
    if (!holds)
        abort();
}

void parseKernel(std::span<const std::byte> kernel) {
    const auto head = kernel.first(std::min<size_t>(kernel.size(), bzImageHeadSize));
    const BzImageResult result = parseBzImage(head, kernel.size());
    check(!result.bootable() || (result.image.headerEnd <= head.size() && result.image.protectedBytes != 0 &&
                                 result.image.setupBytes + result.image.protectedBytes == kernel.size()));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const auto bytes = std::as_bytes(std::span(data, size));
    SpanSource source(bytes);
    const Image image = parse(source);
    for (const Diagnostic &diagnostic : image.diagnostics) {
        check(diagnostic.problem != Problem::none && !text(diagnostic.problem).empty());
        check(diagnostic.section >= -1 && diagnostic.section < static_cast<int>(maxSections));
    }
    for (const Section &section : image.used())
        check(section.dataOffset <= size && section.availableSize <= size - section.dataOffset);
    check(image.bootable() == (image.firstError() == nullptr));

    std::byte scratch[512];
    if (image.bootable()) // overlapping sections would make the CRC slow
        (void)computeCrc(source, image, scratch);
    const int kernel = image.find(SectionType::kernel);
    if (kernel >= 0) {
        const Section &section = image.sections[static_cast<unsigned>(kernel)];
        parseKernel(bytes.subspan(section.dataOffset, section.availableSize));
    }
    parseKernel(bytes);
    return 0;
}
