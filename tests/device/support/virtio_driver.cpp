// SPDX-License-Identifier: GPL-2.0-or-later
//
// See virtio_driver.hpp. Page 0 of the ring memory is the descriptor table, page 1 the available ring, page 2
// the used ring.
#include "tests/device/support/virtio_driver.hpp"

#include <QtEndian>

namespace nitroscope::test {

namespace {

template <class T>
QByteArray little(T value) {
    QByteArray bytes(sizeof(T), Qt::Uninitialized);
    qToLittleEndian(value, bytes.data());
    return bytes;
}

quint32 address(quint64 base, MmioRegister reg) {
    return static_cast<quint32>(base + static_cast<quint32>(reg));
}

} // namespace

QByteArray Descriptor::bytes() const {
    return little(address) + little(length) + little(flags) + little(nextIndex);
}

quint32 VirtioDriver::get(MmioRegister reg) {
    return m_machine.read32(address(m_base, reg));
}

void VirtioDriver::set(MmioRegister reg, quint32 value) {
    m_machine.write32(address(m_base, reg), value);
}

void VirtioDriver::set64(MmioRegister low, quint64 value) {
    set(low, static_cast<quint32>(value));
    m_machine.write32(address(m_base, low) + 4, static_cast<quint32>(value >> 32));
}

quint64 VirtioDriver::deviceFeatures() {
    set(MmioRegister::deviceFeaturesSelect, 1);
    const quint64 high = get(MmioRegister::deviceFeatures);
    set(MmioRegister::deviceFeaturesSelect, 0);
    return high << 32 | get(MmioRegister::deviceFeatures);
}

quint32 VirtioDriver::start(quint64 features, quint16 size, int queue) {
    negotiate(features);
    enableQueue(size, queue);
    return run();
}

void VirtioDriver::negotiate(quint64 features) {
    set(MmioRegister::status, 0);
    quint32 state = status::acknowledge | status::driver;
    set(MmioRegister::status, state);
    for (quint32 half : {0u, 1u}) {
        set(MmioRegister::driverFeaturesSelect, half);
        set(MmioRegister::driverFeatures, static_cast<quint32>(features >> (32 * half)));
    }
    set(MmioRegister::status, state | status::featuresOk);
}

void VirtioDriver::enableQueue(quint16 size, int queue) {
    m_size = size;
    m_available = 0;
    m_queue = static_cast<quint32>(queue);
    m_machine.writeMemory(m_ring, QByteArray(3 * 4096, '\0'));
    set(MmioRegister::queueSelect, m_queue);
    set(MmioRegister::queueSize, size);
    set64(MmioRegister::queueDescriptors, page(0));
    set64(MmioRegister::queueAvailable, page(1));
    set64(MmioRegister::queueUsed, page(2));
    set(MmioRegister::queueReady, 1);
}

quint32 VirtioDriver::run() {
    set(MmioRegister::status, status::acknowledge | status::driver | status::featuresOk | status::driverOk);
    return get(MmioRegister::status);
}

void VirtioDriver::describe(quint16 index, const Descriptor &descriptor) {
    m_machine.writeMemory(page(0) + 16 * quint64(index), descriptor.bytes());
}

void VirtioDriver::offer(const QList<quint16> &heads) {
    for (qsizetype i = 0; i < heads.size();) {
        // One access for as many as lie behind each other.
        const quint64 at = page(1) + 4 + 2 * quint64(m_available % m_size);
        QByteArray entries;
        do {
            entries += little(heads[i++]);
        } while (++m_available % m_size != 0 && i < heads.size());
        m_machine.writeMemory(at, entries);
    }
    m_machine.writeMemory(page(1) + 2, little(m_available));
}

quint16 VirtioDriver::usedIndex() {
    return qFromLittleEndian<quint16>(m_machine.readMemory(page(2) + 2, 2).constData());
}

UsedElement VirtioDriver::used(quint16 index) {
    const QByteArray bytes = m_machine.readMemory(page(2) + 4 + 8 * quint64(index % m_size), 8);
    return {qFromLittleEndian<quint32>(bytes.constData()), qFromLittleEndian<quint32>(bytes.constData() + 4)};
}

} // namespace nitroscope::test
