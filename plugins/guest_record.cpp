// SPDX-License-Identifier: GPL-2.0-or-later
#include "plugins/guest_record.hpp"

#include <dlfcn.h>

namespace nitroscope::plugins {
namespace {

// qemu-machine/capture/qemu/nitro-plugin.c.
using Report = void (*)(const std::uint8_t *cbor, std::size_t size);

Report report() {
    static const auto function = reinterpret_cast<Report>(dlsym(RTLD_DEFAULT, "nitro_capture_plugin_record"));
    return function;
}

// Length of the longest beginning that is UTF-8 (RFC 3629) without control characters' worst, the zero byte.
std::size_t utf8Prefix(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size()) {
        const auto lead = static_cast<unsigned char>(text[at]);
        const std::size_t length = lead < 0x80                   ? 1
                                   : lead >= 0xc2 && lead < 0xe0 ? 2
                                   : lead >= 0xe0 && lead < 0xf0 ? 3
                                   : lead >= 0xf0 && lead < 0xf5 ? 4
                                                                 : 0;
        if (length == 0 || lead == 0 || at + length > text.size())
            break;
        std::size_t follows = 1;
        while (follows < length && (static_cast<unsigned char>(text[at + follows]) & 0xc0) == 0x80)
            ++follows;
        if (follows < length)
            break;
        at += length;
    }
    return at;
}

} // namespace

GuestRecord::GuestRecord(std::string_view kind) {
    m_writer.indefiniteMap();
    m_writer.text("kind"), m_writer.text(kind);
}

GuestRecord &GuestRecord::number(std::string_view key, std::uint64_t value) {
    m_writer.text(key), m_writer.unsignedInt(value);
    return *this;
}

GuestRecord &GuestRecord::signedNumber(std::string_view key, std::int64_t value) {
    m_writer.text(key), m_writer.signedInt(value);
    return *this;
}

GuestRecord &GuestRecord::text(std::string_view key, std::string_view value) {
    m_writer.text(key), m_writer.text(value.substr(0, utf8Prefix(value)));
    return *this;
}

GuestRecord &GuestRecord::numbers(std::string_view key, std::span<const std::uint64_t> values) {
    m_writer.text(key), m_writer.array(values.size());
    for (const std::uint64_t value : values)
        m_writer.unsignedInt(value);
    return *this;
}

void GuestRecord::send() {
    m_writer.endIndefinite();
    if (const Report function = report(); function && m_writer.ok())
        function(reinterpret_cast<const std::uint8_t *>(m_buffer.data()), m_writer.size());
}

} // namespace nitroscope::plugins
