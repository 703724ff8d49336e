// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/formats/boot/initcalls.hpp"

#include <array>
#include <QtEndian>

namespace nitroscope::formats {
namespace {

constexpr int levels = 8;
constexpr quint64 maxLevelLength = 64 * 1024, leastInitcalls = 8;
// Entries looked at before giving up: a kernel has a thousand; a file made for it could keep us for hours.
constexpr quint64 maxLooked = 1'000'000;

class Finder {
public:
    Finder(const symbols::ElfImage &image, const symbols::SymbolTable &symbols)
        : m_image(image), m_symbols(symbols) {}

    QVector<InitcallLevel> find() const {
        for (const symbols::ElfSegment &segment : m_image.segments()) {
            const auto bytes = quint64(m_image.bytes().size());
            if (segment.offset > bytes || segment.address >> 63 == 0)
                continue;
            const quint64 size = qMin(segment.fileSize, bytes - segment.offset);
            const QByteArrayView part = m_image.bytes().sliced(qsizetype(segment.offset), qsizetype(size));
            for (qsizetype at = 0; at + 8 * (levels + 1) <= part.size() && m_looked < maxLooked; at += 8)
                if (auto found = levelsAt(part.data() + at, segment); !found.isEmpty())
                    return found;
        }
        return {};
    }

private:
    QVector<InitcallLevel> levelsAt(const char *array, const symbols::ElfSegment &segment) const {
        std::array<quint64, levels + 1> starts;
        for (size_t i = 0; i < starts.size(); ++i) {
            starts[i] = qFromLittleEndian<quint64>(array + 8 * i);
            if (starts[i] < segment.address || starts[i] - segment.address > segment.fileSize ||
                starts[i] % 4 != 0 ||
                (i > 0 && (starts[i] < starts[i - 1] || starts[i] - starts[i - 1] > maxLevelLength)))
                return {};
        }
        if (starts.back() - starts.front() < leastInitcalls * 4)
            return {};
        for (const int width : {4, 8})
            if (auto found = levelsOf(starts, width); !found.isEmpty())
                return found;
        return {};
    }

    // Every entry must be a function.
    QVector<InitcallLevel> levelsOf(const std::array<quint64, levels + 1> &starts, int width) const {
        QVector<InitcallLevel> found;
        for (int level = 0; level < levels; ++level) {
            InitcallLevel entry{level, 0, 0};
            for (quint64 at = starts[size_t(level)]; at < starts[size_t(level) + 1]; at += quint64(width)) {
                const auto function = functionAt(at, width);
                if (!function)
                    return {};
                if (entry.calls++ == 0)
                    entry.first = *function;
            }
            if (entry.calls > 0)
                found.append(entry);
        }
        return found;
    }

    std::optional<quint64> functionAt(quint64 address, int width) const {
        if (m_looked++ >= maxLooked)
            return std::nullopt;
        const QByteArrayView bytes = m_image.bytesAt(address, quint64(width));
        if (bytes.isEmpty())
            return std::nullopt;
        const quint64 function = width == 8
                                     ? qFromLittleEndian<quint64>(bytes.data())
                                     : address + quint64(qint64(qFromLittleEndian<qint32>(bytes.data())));
        const auto place = m_symbols.place(function);
        return place && place->offset == 0 ? std::optional(function) : std::nullopt;
    }

    const symbols::ElfImage &m_image;
    const symbols::SymbolTable &m_symbols;
    mutable quint64 m_looked = 0; // entries of candidates
};

} // namespace

const char *initcallLevelName(int level) {
    static constexpr std::array names{"pure", "core", "postcore", "arch", "subsys", "fs", "device", "late"};
    return level >= 0 && level < levels ? names[size_t(level)] : "unknown";
}

QVector<InitcallLevel> findInitcallLevels(const symbols::ElfImage &vmlinux,
                                          const symbols::SymbolTable &symbols) {
    return Finder(vmlinux, symbols).find();
}

} // namespace nitroscope::formats
