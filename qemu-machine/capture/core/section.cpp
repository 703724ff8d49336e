// SPDX-License-Identifier: GPL-2.0-or-later
//
// See section.hpp.
#include "qemu-machine/capture/core/section.hpp"

namespace nitroscope::capture {

namespace {

void writeInterface(SectionBuffer &out, const InterfaceName &interface) {
    const std::size_t block = out.beginBlock(pcapng::blockType::interfaceDescription);
    out.u16(interface.linkType);
    out.u16(0);
    out.u32(0); // snap length: none, because it may be changed while the stream runs
    out.textOption(pcapng::option::interfaceName, interface.name);
    out.textOption(pcapng::option::interfaceText, interface.description);
    constexpr std::byte resolution{pcapng::nanoseconds};
    out.option(pcapng::option::timeResolution, {&resolution, 1});
    out.endOptions();
    out.endBlock(block);
}

} // namespace

void writeSection(SectionBuffer &out, std::string_view application, std::string_view hardware) {
    const std::size_t block = out.beginBlock(pcapng::blockType::sectionHeader);
    out.u32(pcapng::byteOrderMagic);
    out.u16(pcapng::versionMajor);
    out.u16(0);
    out.u64(pcapng::sectionLengthUnknown);
    if (!hardware.empty())
        out.textOption(pcapng::option::hardware, hardware.substr(0, maximumSectionText));
    if (!application.empty())
        out.textOption(pcapng::option::application, application.substr(0, maximumSectionText));
    out.endOptions();
    out.endBlock(block);
    for (const InterfaceName &interface : interfaceNames)
        writeInterface(out, interface);
}

void writeStatistics(SectionBuffer &out, std::uint32_t interface, std::uint64_t hostNs,
                     InterfaceCounts counts) {
    const std::size_t block = out.beginBlock(pcapng::blockType::interfaceStatistics);
    out.u32(interface);
    out.u32(static_cast<std::uint32_t>(hostNs >> 32));
    out.u32(static_cast<std::uint32_t>(hostNs));
    std::array<std::byte, 8> number;
    storeLittleEndian(number.data(), counts.received);
    out.option(pcapng::option::received, number);
    storeLittleEndian(number.data(), counts.dropped);
    out.option(pcapng::option::dropped, number);
    out.endOptions();
    out.endBlock(block);
}

} // namespace nitroscope::capture
