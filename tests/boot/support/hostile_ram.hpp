// SPDX-License-Identifier: GPL-2.0-or-later
//
// A real guest's RAM in which words are replaced while it is read: by garbage, by pointers that belong
// elsewhere (lists in circles), by zero. Another round, other words. One stretch stays as it is, so that the
// kernel itself is found.
#pragma once

#include "qemu-machine/launch/file_source.hpp"

#include <cstring>
#include <QtGlobal>

namespace nitroscope::test {

class HostileRam final : public launch::ByteSource {
public:
    explicit HostileRam(launch::FileSource file) : m_file(std::move(file)) {}

    quint64 round = 0;  // 0: as it is
    quint64 oneOf = 64; // words are replaced
    quint64 keepStart = 0, keepEnd = 0;

    uint64_t size() const override { return m_file.size(); }
    bool read(uint64_t offset, std::span<std::byte> out) const override {
        if (!m_file.read(offset, out))
            return false;
        quint64 previous = 0;
        for (quint64 at = (offset + 7) / 8 * 8; round != 0 && at + 8 <= offset + out.size(); at += 8) {
            quint64 word = 0;
            std::memcpy(&word, out.data() + (at - offset), sizeof word);
            const quint64 dice = mixed(at ^ round << 40);
            if ((at < keepStart || at >= keepEnd) && dice % oneOf == 0) {
                const quint64 wrong[] = {mixed(dice), previous,    0,
                                         word + 8,    ~quint64(0), word & ~quint64(0xff)};
                const quint64 value = wrong[dice / oneOf % 6];
                std::memcpy(out.data() + (at - offset), &value, sizeof value);
            }
            if (word >> 47)
                previous = word;
        }
        return true;
    }

private:
    static quint64 mixed(quint64 value) { // splitmix64
        value += 0x9e3779b97f4a7c15;
        value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
        value = (value ^ value >> 27) * 0x94d049bb133111eb;
        return value ^ value >> 31;
    }

    launch::FileSource m_file;
};

} // namespace nitroscope::test
