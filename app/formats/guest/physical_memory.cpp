// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/formats/guest/physical_memory.hpp"

#include <QFile>
#include <unistd.h>

namespace nitroscope::guest {

using namespace Qt::Literals::StringLiterals;
namespace {

QVector<PhysicalRange> rangesOf(const arch::MemoryLayout &layout, quint64 ram) {
    QVector<PhysicalRange> ranges;
    for (const arch::MemoryRange &range : layout.ranges(ram))
        ranges.append(
            {range.address, range.bytes, range.backing, range.fileOffset, QString::fromLatin1(range.name)});
    return ranges;
}

tl::unexpected<app::Error> refuse(const PhysicalRange &range, quint64 address) {
    const QString where = u"0x"_s + QString::number(address, 16);
    switch (range.backing) {
    case Backing::device:
        return tl::unexpected(
            app::Error{u"device-memory"_s,
                       u"At physical address %1 there are registers of a device (%2). They are not read, "
                       "because reading them can change the device."_s.arg(where, range.name),
                       address,
                       {}});
    case Backing::firmware:
        return tl::unexpected(
            app::Error{u"firmware-memory"_s,
                       u"At physical address %1 there is the boot firmware's memory, which only a stopped "
                       "machine shows."_s.arg(where),
                       address,
                       {}});
    case Backing::ram:
        return tl::unexpected(
            app::Error{u"guest-memory"_s,
                       u"The file with the guest's memory has shrunk; start the enclave again."_s,
                       address,
                       {}});
    default:
        return tl::unexpected(app::Error{
            u"no-memory"_s, u"There is no memory at physical address %1."_s.arg(where), address, {}});
    }
}

} // namespace

app::Result<PhysicalMemory> PhysicalMemory::open(const QString &path,
                                                 const arch::Architecture &architecture) {
    auto file = launch::FileSource::open(QFile::encodeName(path).constData(), "guest memory");
    if (!file)
        return app::failure(u"guest-memory"_s, QString::fromStdString(file.error()));
    const auto shared = std::make_shared<launch::FileSource>(*std::move(file));
    PhysicalMemory memory(shared, architecture);
    memory.m_descriptor = shared->descriptor();
    return memory;
}

PhysicalMemory::PhysicalMemory(std::shared_ptr<const launch::ByteSource> bytes,
                               const arch::Architecture &architecture)
    : m_architecture(&architecture), m_bytes(std::move(bytes)),
      m_ranges(rangesOf(architecture.memory, m_bytes->size())) {}

PhysicalRange PhysicalMemory::rangeAt(quint64 address) const {
    PhysicalRange gap{0, 0, Backing::nothing, 0, u"nothing"_s};
    for (const PhysicalRange &range : m_ranges) {
        if (range.contains(address))
            return range;
        if (range.address > address) {
            gap.bytes = range.address - gap.address;
            return gap;
        }
        gap.address = range.end();
    }
    gap.bytes = ~gap.address;
    return gap;
}

app::Result<void> PhysicalMemory::read(quint64 address, std::span<std::byte> out) const {
    while (!out.empty()) {
        const PhysicalRange range = rangeAt(address);
        if (range.backing != Backing::ram)
            return refuse(range, address);
        const quint64 within = address - range.address;
        const size_t piece = size_t(qMin<quint64>(out.size(), range.bytes - within));
        if (!m_bytes->read(range.fileOffset + within, out.first(piece)))
            return refuse(range, address);
        out = out.subspan(piece);
        address += piece;
    }
    return {};
}

quint64 PhysicalMemory::plainBytes(quint64 address, quint64 bytes) const {
    quint64 plain = 0;
    while (plain < bytes && address + plain >= address) {
        const PhysicalRange range = rangeAt(address + plain);
        if (range.backing != Backing::ram && range.backing != Backing::firmware)
            break;
        plain += qMin(bytes - plain, range.end() - (address + plain));
    }
    return plain;
}

QByteArray PhysicalMemory::readUpTo(quint64 address, quint64 bytes) const {
    QByteArray result;
    while (quint64(result.size()) < bytes) {
        const PhysicalRange range = rangeAt(address + quint64(result.size()));
        if (range.backing != Backing::ram)
            break;
        const quint64 start = quint64(result.size());
        const quint64 piece = qMin(bytes - start, range.end() - (address + start));
        result.resize(qsizetype(start + piece));
        if (!read(address + start, std::as_writable_bytes(std::span(result.data() + start, size_t(piece))))) {
            result.resize(qsizetype(start));
            break;
        }
    }
    return result;
}

QVector<PhysicalRange> PhysicalMemory::populated() const {
    QVector<PhysicalRange> found;
    for (const PhysicalRange &range : m_ranges) {
        if (range.backing != Backing::ram)
            continue;
        const off_t end = off_t(range.fileOffset + range.bytes);
        off_t at = off_t(range.fileOffset);
        while (at < end) {
            const off_t data = m_descriptor < 0 ? at : lseek(m_descriptor, at, SEEK_DATA);
            if (data < 0 || data >= end)
                break;
            off_t hole = m_descriptor < 0 ? end : lseek(m_descriptor, data, SEEK_HOLE);
            if (hole < 0 || hole > end)
                hole = end;
            PhysicalRange part = range;
            part.address = range.address + (quint64(data) - range.fileOffset);
            part.fileOffset = quint64(data);
            part.bytes = quint64(hole - data);
            found.append(part);
            at = hole;
        }
    }
    return found;
}

} // namespace nitroscope::guest
