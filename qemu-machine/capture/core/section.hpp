// SPDX-License-Identifier: GPL-2.0-or-later
//
// The blocks around the packets: a section header with our five interfaces in their fixed order (what every
// reader gets first), and the statistics that close a stream. pcapng §4.1, §4.2, §4.6.
#pragma once

#include "qemu-machine/capture/core/block_buffer.hpp"
#include "qemu-machine/capture/core/format.h"

namespace nitroscope::capture {

struct InterfaceName {
    std::uint16_t linkType;
    std::string_view name;
    std::string_view description;
};
#define NITRO_CAPTURE_INTERFACE_NAME(constant, enumerator, link, text) InterfaceName{link, #enumerator, text},
inline constexpr std::array interfaceNames{NITRO_CAPTURE_INTERFACE_LIST(NITRO_CAPTURE_INTERFACE_NAME)};
#undef NITRO_CAPTURE_INTERFACE_NAME

using SectionBuffer = BlockBuffer<1024>;

inline constexpr std::size_t maximumSectionText = 128; // bytes of `application` and of `hardware`

void writeSection(SectionBuffer &out, std::string_view application, std::string_view hardware);

struct InterfaceCounts {
    std::uint64_t received = 0; // dropped ones included
    std::uint64_t dropped = 0;
};
void writeStatistics(SectionBuffer &out, std::uint32_t interface, std::uint64_t hostNs,
                     InterfaceCounts counts);

} // namespace nitroscope::capture
