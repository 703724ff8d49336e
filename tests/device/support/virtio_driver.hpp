// SPDX-License-Identifier: GPL-2.0-or-later
//
// A virtio driver in the test's hands: the registers of a virtio-mmio transport and one split virtqueue,
// written and read through qtest (VirtIO 1.2 §4.2.2 and §2.7). It checks nothing and forbids nothing, so that
// tests can make every mistake a guest can make. All integers in guest memory are little-endian.
#pragma once

#include "tests/device/support/qtest_machine.hpp"

namespace nitroscope::test {

// virtio-mmio registers, byte offsets.
enum class MmioRegister : quint32 {
    magic = 0x00,
    version = 0x04,
    deviceId = 0x08,
    deviceFeatures = 0x10,
    deviceFeaturesSelect = 0x14,
    driverFeatures = 0x20,
    driverFeaturesSelect = 0x24,
    queueSelect = 0x30,
    queueSizeMax = 0x34,
    queueSize = 0x38,
    queueAlign = 0x3c, // legacy
    queuePfn = 0x40,   // legacy
    queueReady = 0x44,
    queueNotify = 0x50,
    interruptStatus = 0x60,
    interruptAcknowledge = 0x64,
    status = 0x70,
    queueDescriptors = 0x80, // low half, the high one follows; likewise the next two
    queueAvailable = 0x90,
    queueUsed = 0xa0,
    queueReset = 0xc0,
};

// Device status bits.
namespace status {
constexpr quint32 acknowledge = 1, driver = 2, driverOk = 4, featuresOk = 8, needsReset = 0x40;
}

// Feature bits.
namespace feature {
constexpr int indirectDescriptors = 28, version1 = 32, ringReset = 40;
}

struct Descriptor {
    static constexpr quint16 next = 1, write = 2, indirect = 4; // flags
    quint64 address = 0;
    quint32 length = 0;
    quint16 flags = 0;
    quint16 nextIndex = 0;

    QByteArray bytes() const;
};

struct UsedElement {
    quint32 head = 0;   // index of the chain's first descriptor
    quint32 length = 0; // bytes the device has written
};

class VirtioDriver {
public:
    // `base`: the transport's address. `ring`: 3 free pages of guest memory for the queue.
    VirtioDriver(QtestMachine &machine, quint64 base, quint64 ring)
        : m_machine(machine), m_base(base), m_ring(ring) {}

    quint32 get(MmioRegister reg);
    void set(MmioRegister reg, quint32 value);
    void set64(MmioRegister low, quint64 value);
    quint64 deviceFeatures();

    // The initialisation of §3.1.1 with these features, up to DRIVER_OK, with a queue of `size` descriptors.
    // Returns the status the device shows then.
    quint32 start(quint64 features = quint64(1) << feature::version1, quint16 size = 16, int queue = 0);
    // start() in parts, for a device with several queues: one object for each of them, negotiate() with any,
    // enableQueue() with each, run() with any.
    void negotiate(quint64 features);
    void enableQueue(quint16 size, int queue);
    quint32 run();

    // Writes a descriptor table entry.
    void describe(quint16 index, const Descriptor &descriptor);
    // Puts chains into the available ring; notify() tells the device.
    void offer(const QList<quint16> &heads);
    void notify() { set(MmioRegister::queueNotify, m_queue); }

    // The used ring's running index, and an entry of it.
    quint16 usedIndex();
    UsedElement used(quint16 index);

private:
    quint64 page(int number) const { return m_ring + quint64(number) * 4096; }

    QtestMachine &m_machine;
    quint64 m_base, m_ring;
    quint16 m_size = 16, m_available = 0;
    quint32 m_queue = 0;
};

} // namespace nitroscope::test
