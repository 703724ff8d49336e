// SPDX-License-Identifier: GPL-2.0-or-later
//
// See machine_record.hpp.
#include "qemu-machine/capture/core/machine_record.hpp"

#include "nsm-device/cbor/cbor_string.hpp"

#include <algorithm>

namespace nitroscope::capture {

std::size_t cleanText(std::string_view text, std::span<char, maximumText> out) {
    std::size_t size = std::min(text.size(), out.size());
    if (size < text.size())
        while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80)
            --size; // do not cut a character in two
    text = text.substr(0, size);
    std::ranges::copy(text, out.begin());
    if (!cbor::isUtf8(cbor::asBytes(text)))
        std::replace_if(
            out.begin(), out.begin() + static_cast<std::ptrdiff_t>(size),
            [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
    return size;
}

MachineRecord &MachineRecord::text(std::string_view key, std::string_view value) {
    if (value.empty())
        return *this;
    std::array<char, maximumText> clean;
    const std::size_t size = cleanText(value, clean);
    m_writer.text(key);
    m_writer.text({clean.data(), size});
    ++m_pairs;
    return *this;
}

MachineRecord &MachineRecord::number(std::string_view key, std::uint64_t value) {
    m_writer.text(key);
    m_writer.unsignedInt(value);
    ++m_pairs;
    return *this;
}

MachineRecord &MachineRecord::boolean(std::string_view key, bool value) {
    m_writer.text(key);
    m_writer.boolean(value);
    ++m_pairs;
    return *this;
}

MachineRecord &MachineRecord::bytes(std::string_view key, Bytes value) {
    m_writer.text(key);
    m_writer.bytes(value);
    ++m_pairs;
    return *this;
}

Bytes MachineRecord::encoded() {
    if (!m_writer.ok())
        return {};
    m_buffer[0] = static_cast<std::byte>(0xa0 | m_pairs);
    return {m_buffer.data(), 1 + m_writer.size()};
}

} // namespace nitroscope::capture
