// SPDX-License-Identifier: GPL-2.0-or-later
//
// See eif_writer.hpp. FileWriter writes under another name and renames at the end; the header goes out first
// with a CRC of zero and is completed in place, because the CRC covers everything behind it.

#include "app/formats/eif/eif_writer.hpp"

#include "app/core/output/file_writer.hpp"
#include "app/formats/tree/value_text.hpp"
#include "qemu-machine/launch/hash/fast_crc.hpp"

#include <algorithm>
#include <QtEndian>

namespace nitroscope::formats {

namespace {

constexpr quint64 copyBytes = 1024 * 1024;

template <class T>
void appendBig(QByteArray &bytes, T value) {
    const T big = qToBigEndian(value);
    bytes.append(reinterpret_cast<const char *>(&big), sizeof big);
}

// The header up to, not including, its CRC.
QByteArray headerOf(const EifFrame &frame, const std::vector<EifPart> &parts) {
    QByteArray header;
    appendBig<quint32>(header, eif::magicValue);
    appendBig<quint16>(header, frame.version);
    appendBig<quint16>(header, frame.flags);
    appendBig<quint64>(header, frame.defaultMemory);
    appendBig<quint64>(header, frame.defaultCpus);
    appendBig<quint16>(header, 0);
    appendBig<quint16>(header, static_cast<quint16>(parts.size()));
    quint64 offset = eif::headerSize;
    for (size_t i = 0; i < eif::maxSections; ++i) {
        appendBig<quint64>(header, i < parts.size() ? offset : 0);
        offset += i < parts.size() ? eif::sectionHeaderSize + parts[i].size() : 0;
    }
    for (size_t i = 0; i < eif::maxSections; ++i)
        appendBig<quint64>(header, i < parts.size() ? parts[i].size() : 0);
    appendBig<quint32>(header, 0);
    return header;
}

class Writer {
public:
    Writer(const QString &path, std::stop_token stop) : m_file(path), m_stop(std::move(stop)) {}

    app::Result<void> write(const EifFrame &frame, const std::vector<EifPart> &parts) {
        if (auto started = m_file.start(); !started)
            return started;
        const QByteArray header = headerOf(frame, parts);
        if (!put(header) ||
            m_file.write(QByteArray(static_cast<qsizetype>(eif::crcSize), '\0')) != qint64(eif::crcSize))
            return m_file.problem();
        for (const EifPart &part : parts)
            if (auto done = writePart(part); !done)
                return done;
        QByteArray crc;
        appendBig<quint32>(crc, m_crc.value());
        if (!m_file.seek(static_cast<qint64>(eif::crcOffset)) || m_file.write(crc) != crc.size())
            return m_file.problem();
        return m_file.commit();
    }

private:
    bool put(const QByteArray &bytes) {
        m_crc.update(toBytes(bytes));
        return m_file.write(bytes) == bytes.size();
    }

    app::Result<void> writePart(const EifPart &part) {
        QByteArray header;
        appendBig<quint16>(header, static_cast<quint16>(part.type));
        appendBig<quint16>(header, 0);
        appendBig<quint64>(header, part.size());
        if (!put(header) || (!part.source && !put(part.text)))
            return m_file.problem();
        QByteArray chunk;
        for (quint64 done = 0; part.source && done < part.length;
             done += static_cast<quint64>(chunk.size())) {
            if (m_stop.stop_requested())
                return app::failure(u"cancelled"_s, u"Writing was cancelled; nothing was written."_s);
            chunk.resize(static_cast<qsizetype>(std::min(copyBytes, part.length - done)));
            const auto bytes =
                std::as_writable_bytes(std::span(chunk.data(), static_cast<size_t>(chunk.size())));
            if (!part.source->read(part.offset + done, bytes))
                return app::failure(u"input"_s,
                                    u"An input changed or could not be read while it was copied."_s);
            if (!put(chunk))
                return m_file.problem();
        }
        return {};
    }

    app::FileWriter m_file;
    std::stop_token m_stop;
    launch::FastCrc32 m_crc;
};

} // namespace

app::Result<void> writeEif(const EifFrame &frame, const std::vector<EifPart> &parts, const QString &path,
                           const std::stop_token &stop) {
    if (parts.size() > eif::maxSections)
        return app::failure(
            u"recipe"_s,
            u"There is room for %1 sections, not for %2."_s.arg(eif::maxSections).arg(parts.size()));
    return Writer(path, stop).write(frame, parts);
}

} // namespace nitroscope::formats
