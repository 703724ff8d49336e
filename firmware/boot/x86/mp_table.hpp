// SPDX-License-Identifier: GPL-2.0-or-later
//
// The table that tells a kernel without ACPI which CPUs and interrupt lines there are: Intel MultiProcessor
// Specification 1.4, chapter 4. One ISA bus, one I/O APIC, the PIT's IRQ 0 on pin 2, virtual wire through
// LINT0, NMI on LINT1. Written into any buffer, so that the host tests it too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace nitroscope::boot {

inline constexpr uint32_t ioApicAddress = 0xfec00000;
inline constexpr uint32_t localApicAddress = 0xfee00000;
inline constexpr uint64_t mpFloatingPointerSize = 16;

// Bytes of the configuration table.
constexpr uint64_t mpConfigurationSize(uint64_t cpuCount) {
    constexpr uint64_t header = 44, processor = 20, other = 8, busAndIoApic = 2, isaInterrupts = 15,
                       local = 2;
    return header + processor * cpuCount + other * (busAndIoApic + isaInterrupts + local);
}

struct CpuSignature {
    uint32_t version = 0;  // CPUID.1:EAX
    uint32_t features = 0; // CPUID.1:EDX
};

class MpTable {
public:
    // `pointer` takes 16 bytes, `table` mpConfigurationSize() bytes and will lie at `tableAddress`.
    static void write(std::span<std::byte> pointer, std::span<std::byte> table, uint32_t tableAddress,
                      std::span<const uint8_t> apicIds, CpuSignature signature) {
        MpTable(table).writeTable(apicIds, signature);
        MpTable out(pointer);
        out.text("_MP_");
        out.put(tableAddress, 4);
        out.put(1, 1); // length in 16-byte units
        out.put(4, 1); // specification 1.4
        out.put(0, 1); // checksum
        out.put(0, 5); // configuration table present, virtual wire mode
        out.setChecksum(10, mpFloatingPointerSize);
    }

private:
    explicit MpTable(std::span<std::byte> out) : m_out(out) {}

    enum EntryType : uint8_t { processor = 0, bus = 1, ioApic = 2, ioInterrupt = 3, localInterrupt = 4 };
    enum InterruptType : uint8_t { vectored = 0, nmi = 1, external = 3 };

    void put(uint64_t value, unsigned width) {
        for (unsigned i = 0; i < width; ++i)
            m_out[m_size++] = static_cast<std::byte>(i < 8 ? value >> 8 * i & 0xff : 0);
    }
    void text(const char *words) {
        for (; *words != 0; ++words)
            put(static_cast<uint8_t>(*words), 1);
    }
    void setChecksum(size_t at, size_t size) {
        unsigned sum = 0;
        for (size_t i = 0; i < size; ++i)
            sum += std::to_integer<unsigned>(m_out[i]);
        m_out[at] = static_cast<std::byte>(-sum & 0xff);
    }
    void interrupt(EntryType entry, InterruptType type, uint8_t sourceIrq, uint8_t apicId, uint8_t pin) {
        put(entry, 1);
        put(type, 1);
        put(0, 2); // polarity and trigger as the bus has them: ISA, active high, edge
        put(0, 1); // source bus 0
        put(sourceIrq, 1);
        put(apicId, 1);
        put(pin, 1);
    }

    void writeTable(std::span<const uint8_t> apicIds, CpuSignature signature) {
        const auto size = static_cast<uint16_t>(mpConfigurationSize(apicIds.size()));
        uint8_t ioApicId = 0; // behind the highest CPU's, so that it is nobody else's
        for (const uint8_t id : apicIds)
            if (id >= ioApicId)
                ioApicId = static_cast<uint8_t>(id + 1);

        text("PCMP");
        put(size, 2);
        put(4, 1); // specification 1.4
        put(0, 1); // checksum
        text("NITRO   ");
        text("NITROSCOPE  ");
        put(0, 4 + 2); // no OEM table
        put(apicIds.size() + 2 + 15 + 2, 2);
        put(localApicAddress, 4);
        put(0, 4); // no extended table

        for (size_t i = 0; i < apicIds.size(); ++i) {
            put(processor, 1);
            put(apicIds[i], 1);
            put(0x14, 1);           // local APIC version, integrated
            put(i == 0 ? 3 : 1, 1); // enabled; the first is the boot CPU
            put(signature.version & 0xfff, 4);
            put(signature.features, 4);
            put(0, 8);
        }
        put(bus, 1);
        put(0, 1);
        text("ISA   ");
        put(ioApic, 1);
        put(ioApicId, 1);
        put(0x11, 1); // version
        put(1, 1);    // enabled
        put(ioApicAddress, 4);
        for (uint8_t irq = 0; irq < 16; ++irq)
            if (irq != 2) // IRQ 2 is the cascade; its pin takes IRQ 0
                interrupt(ioInterrupt, vectored, irq, ioApicId, irq == 0 ? 2 : irq);
        interrupt(localInterrupt, external, 0, 0, 0);
        interrupt(localInterrupt, nmi, 0, 0xff, 1);
        setChecksum(7, size);
    }

    std::span<std::byte> m_out;
    size_t m_size = 0;
};

} // namespace nitroscope::boot
