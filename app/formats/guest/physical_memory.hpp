// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a guest-physical address is on the nitro-enclave board, and the guest's RAM as bytes.
//
// RAM is a file that QEMU and we share (memory-backend-memfd, session/run/guest_memory.hpp); it is read while the guest runs, so
// two reads may see two moments. As in the rest of the project it is read by pread and not through a mapping:
// a file that shrinks gives a failed read, never a signal. Where the board has RAM is the architecture's to
// say. Registers of devices are never read, because reading them has effects; the firmware's ROM lies outside
// of the file.
#pragma once

#include "app/core/arch/architecture.hpp"
#include "app/core/result.hpp"
#include "app/formats/guest/memory_values.hpp"
#include "qemu-machine/launch/file_source.hpp"

#include <memory>
#include <QByteArray>
#include <QVector>
#include <span>

namespace nitroscope::guest {

using arch::Backing;

// A stretch of physical addresses of one kind.
struct PhysicalRange {
    quint64 address = 0, bytes = 0;
    Backing backing = Backing::nothing;
    quint64 fileOffset = 0; // of RAM
    QString name;           // "RAM", "boot firmware", "virtio-mmio 0 (vsock)"

    quint64 end() const { return address + bytes; }
    bool contains(quint64 wanted) const { return wanted >= address && wanted - address < bytes; }
};

class PhysicalMemory : public MemoryValues<PhysicalMemory> {
public:
    // Errors: guest-memory (cannot be opened, is no regular file, is empty).
    // The architecture outlives the memory.
    static app::Result<PhysicalMemory> open(const QString &path, const arch::Architecture &architecture);
    // Any bytes laid out as the board does; the file's size is the guest's RAM.
    PhysicalMemory(std::shared_ptr<const launch::ByteSource> bytes, const arch::Architecture &architecture);

    // Of the guest.
    const arch::Architecture &architecture() const { return *m_architecture; }

    quint64 ramBytes() const { return m_bytes->size(); }
    // Ascending, without gaps' ranges: RAM, firmware and devices.
    const QVector<PhysicalRange> &ranges() const { return m_ranges; }
    // The range around an address; between ranges, one of kind `nothing` up to the next.
    PhysicalRange rangeAt(quint64 address) const;

    // All bytes or an error: device-memory, firmware-memory (ask the machine for these), no-memory,
    // guest-memory (the file has shrunk). The error's offset is the first address that cannot be read.
    app::Result<void> read(quint64 address, std::span<std::byte> out) const;
    // How many of the bytes are RAM or firmware, up to the first that is not: what can be touched without
    // operating a device.
    quint64 plainBytes(quint64 address, quint64 bytes) const;
    // The bytes up to the first that is no RAM.
    QByteArray readUpTo(quint64 address, quint64 bytes) const;

    // Stretches of RAM that have ever been written, as far as the file system tells; a fresh guest has
    // touched little of its memory, and a search need not read the rest.
    QVector<PhysicalRange> populated() const;

private:
    const arch::Architecture *m_architecture;
    std::shared_ptr<const launch::ByteSource> m_bytes;
    QVector<PhysicalRange> m_ranges;
    int m_descriptor = -1; // of the file in m_bytes; -1 for other bytes
};

} // namespace nitroscope::guest
