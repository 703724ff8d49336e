// SPDX-License-Identifier: GPL-2.0-or-later
#include "qemu-machine/record/core/log_scan.hpp"

#include <algorithm>
#include <optional>
#include <vector>

namespace nitroscope::record {
namespace {

// Big-endian numbers of a file, and how many bytes were read.
class Reader {
public:
    explicit Reader(std::FILE *file) : m_file(file), m_buffer(256 * 1024) {}

    template <class T>
    std::optional<T> number() {
        T value = 0;
        for (std::size_t i = 0; i < sizeof(T); ++i) {
            const int byte = next();
            if (byte < 0)
                return std::nullopt;
            value = static_cast<T>(static_cast<std::uint64_t>(value) << 8 | static_cast<unsigned>(byte));
        }
        return value;
    }

    bool skip(std::uint64_t bytes) {
        while (bytes > 0) {
            if (m_at == m_end && !fill())
                return false;
            const std::uint64_t here = std::min<std::uint64_t>(bytes, m_end - m_at);
            m_at += here;
            m_done += here;
            bytes -= here;
        }
        return true;
    }

    std::uint64_t position() const { return m_done; }

private:
    bool fill() {
        m_at = 0;
        m_end = std::fread(m_buffer.data(), 1, m_buffer.size(), m_file);
        return m_end > 0;
    }

    int next() {
        if (m_at == m_end && !fill())
            return -1;
        ++m_done;
        return m_buffer[m_at++];
    }

    std::FILE *m_file;
    std::vector<unsigned char> m_buffer;
    std::size_t m_at = 0, m_end = 0;
    std::uint64_t m_done = 0;
};

enum class Step { whole, cut, wrong };

Step skipBytes(Reader &reader, std::uint64_t before) {
    if (!reader.skip(before))
        return Step::cut;
    const auto size = reader.number<std::uint32_t>();
    if (!size)
        return Step::cut;
    if (*size > NITRO_LOG_PAYLOAD_MAX)
        return Step::wrong;
    return reader.skip(*size) ? Step::whole : Step::cut;
}

// What follows the kind of an event.
Step skipEvent(Reader &reader, unsigned kind, std::uint64_t &instructions) {
    const auto fixed = [&reader](std::uint64_t bytes) {
        return reader.skip(bytes) ? Step::whole : Step::cut;
    };
    switch (kind) {
    case NITRO_LOG_INSTRUCTION: {
        const auto count = reader.number<std::uint32_t>();
        // QEMU counts them in an int.
        if (count && (*count == 0 || *count > INT32_MAX))
            return Step::wrong;
        instructions += count.value_or(0);
        return count ? Step::whole : Step::cut;
    }
    case NITRO_LOG_INTERRUPT:
    case NITRO_LOG_EXCEPTION:
        return Step::whole;
    case NITRO_LOG_BOTTOM_HALF:
    case NITRO_LOG_BOTTOM_HALF_ONCE:
    case NITRO_LOG_BLOCK:
    case NITRO_LOG_CHAR_WRITE:
        return fixed(8);
    case NITRO_LOG_CHAR_READ:
        return skipBytes(reader, 1);
    case NITRO_LOG_CHAR_READ_ALL:
        return skipBytes(reader, 0);
    case NITRO_LOG_CHAR_READ_ALL_ERROR:
        return fixed(4);
    case NITRO_LOG_RANDOM:
        return skipBytes(reader, 4);
    default:
        break;
    }
    if (kind >= NITRO_LOG_CLOCK && kind <= NITRO_LOG_CLOCK_LAST)
        return fixed(8);
    return kind >= NITRO_LOG_CHECKPOINT && kind <= NITRO_LOG_CHECKPOINT_LAST ? Step::whole : Step::wrong;
}

} // namespace

bool scanLog(std::FILE *file, NitroLogExtent &extent, std::string &problem) {
    extent = {};
    Reader reader(file);
    const auto version = reader.number<std::uint32_t>();
    const auto identity = reader.number<std::uint64_t>();
    if (!version || !identity || *version != NITRO_LOG_VERSION) {
        problem = "it is not a log of this version of QEMU";
        return false;
    }
    extent.identity = *identity;
    extent.bytes = reader.position();
    extent.cut = 1;
    while (true) {
        const auto kind = reader.number<std::uint8_t>();
        if (!kind)
            return true;
        if (*kind == NITRO_LOG_END || (*kind >= NITRO_LOG_SHUTDOWN && *kind <= NITRO_LOG_SHUTDOWN_LAST)) {
            extent.cut = 0;
            return true;
        }
        std::uint64_t instructions = 0;
        switch (skipEvent(reader, *kind, instructions)) {
        case Step::whole:
            extent.bytes = reader.position();
            extent.icount += instructions;
            break;
        case Step::cut:
            return true;
        case Step::wrong:
            problem = "byte " + std::to_string(extent.bytes) + ": there is no such event";
            return false;
        }
    }
}

} // namespace nitroscope::record
