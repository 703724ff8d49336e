// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/formats/guest/physical_memory.hpp"

#include <algorithm>
#include <cstring>
#include <QFile>
#include <unistd.h>

namespace nitroscope::guest {
namespace {

constexpr quint64 KiB = 1024, MiB = 1024 * KiB, GiB = 1024 * MiB;

// qemu-machine/board/nitro-machine.c, nitro-machine.h; QEMU's hw/i386/x86-common.c and target/i386.
constexpr quint64 below4gMost = 3 * GiB, above4g = 4 * GiB;
constexpr quint64 firmwareBytes = 64 * KiB, firmwareLow = MiB - firmwareBytes;
constexpr quint64 virtioBase = 0xd0000000, virtioBytes = 0x200, virtioStride = 0x1000;
constexpr quint64 ioApic = 0xfec00000, localApic = 0xfee00000;

QVector<PhysicalRange> boardRanges(quint64 ram) {
    const quint64 below = qMin(ram, below4gMost);
    const QString firmware = QStringLiteral("boot firmware"), memory = QStringLiteral("RAM");
    QVector<PhysicalRange> ranges;
    // The ROM hides the RAM behind its copy below 1 MiB.
    ranges.append({0, qMin(below, firmwareLow), Backing::ram, 0, memory});
    ranges.append({firmwareLow, firmwareBytes, Backing::firmware, 0, firmware});
    if (below > MiB)
        ranges.append({MiB, below - MiB, Backing::ram, MiB, memory});
    ranges.append({virtioBase, virtioBytes, Backing::device, 0, QStringLiteral("virtio-mmio 0 (vsock)")});
    ranges.append(
        {virtioBase + virtioStride, virtioBytes, Backing::device, 0, QStringLiteral("virtio-mmio 1 (NSM)")});
    ranges.append({ioApic, 4 * KiB, Backing::device, 0, QStringLiteral("IOAPIC")});
    ranges.append({localApic, MiB, Backing::device, 0, QStringLiteral("local APIC")});
    ranges.append({4 * GiB - firmwareBytes, firmwareBytes, Backing::firmware, 0, firmware});
    if (ram > below)
        ranges.append({above4g, ram - below, Backing::ram, below, memory});
    return ranges;
}

tl::unexpected<app::Error> refuse(const PhysicalRange &range, quint64 address) {
    const QString where = QStringLiteral("0x") + QString::number(address, 16);
    switch (range.backing) {
    case Backing::device:
        return tl::unexpected(app::Error{
            QStringLiteral("device-memory"),
            QStringLiteral("At physical address %1 there are registers of a device (%2). They are not read, "
                           "because reading them can change the device.")
                .arg(where, range.name),
            address,
            {}});
    case Backing::firmware:
        return tl::unexpected(app::Error{
            QStringLiteral("firmware-memory"),
            QStringLiteral("At physical address %1 there is the boot firmware's memory, which only a stopped "
                           "machine shows.")
                .arg(where),
            address,
            {}});
    case Backing::ram:
        return tl::unexpected(app::Error{
            QStringLiteral("guest-memory"),
            QStringLiteral("The file with the guest's memory has shrunk; start the enclave again."),
            address,
            {}});
    default:
        return tl::unexpected(
            app::Error{QStringLiteral("no-memory"),
                       QStringLiteral("There is no memory at physical address %1.").arg(where),
                       address,
                       {}});
    }
}

} // namespace

app::Result<PhysicalMemory> PhysicalMemory::open(const QString &path) {
    auto file = launch::FileSource::open(QFile::encodeName(path).constData(), "guest memory");
    if (!file)
        return app::failure(QStringLiteral("guest-memory"), QString::fromStdString(file.error()));
    const auto shared = std::make_shared<launch::FileSource>(*std::move(file));
    PhysicalMemory memory(shared);
    memory.m_descriptor = shared->descriptor();
    return memory;
}

PhysicalMemory::PhysicalMemory(std::shared_ptr<const launch::ByteSource> bytes)
    : m_bytes(std::move(bytes)), m_ranges(boardRanges(m_bytes->size())) {}

PhysicalRange PhysicalMemory::rangeAt(quint64 address) const {
    PhysicalRange gap{0, 0, Backing::nothing, 0, QStringLiteral("nothing")};
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
