// SPDX-License-Identifier: GPL-2.0-or-later
//
// The NSM's driver in the test's hands: what Linux's drivers/misc/nsm.c does, and what it never would. A
// request is one chain of device-readable buffers, its response a second chain of device-writable ones.
#pragma once

#include "tests/device/support/virtio_driver.hpp"

#include <optional>

namespace nitroscope::test {

class NsmDriver : public VirtioDriver {
public:
    static constexpr quint64 transport = 0xd0001000;
    static constexpr quint64 ring = 0x100000, requestBuffer = 0x200000, responseBuffer = 0x300000;
    static constexpr quint32 responseMaximum = 0x3000; // what Linux offers

    explicit NsmDriver(QtestMachine &machine) : VirtioDriver(machine, transport, ring), m_machine(machine) {}

    // Puts both chains into the queue, as one descriptor each, and tells the device. Descriptors 0 and 1.
    void post(const QByteArray &request, quint32 capacity = responseMaximum) {
        m_machine.writeMemory(requestBuffer, request);
        m_machine.writeMemory(responseBuffer, QByteArray(64, '\xee'));
        describe(0, {requestBuffer, static_cast<quint32>(request.size()), 0, 0});
        describe(1, {responseBuffer, capacity, Descriptor::write, 0});
        m_before = usedIndex();
        offer({0, 1});
        notify();
    }

    // The response to what was posted last; nothing while there is none. It must come second, with the
    // request's buffer in front of it and nothing written to that.
    std::optional<QByteArray> response() {
        if (usedIndex() == m_before)
            return std::nullopt;
        const UsedElement request = used(m_before), answer = used(static_cast<quint16>(m_before + 1));
        if (usedIndex() != static_cast<quint16>(m_before + 2) || request.head != 0 || request.length != 0 ||
            answer.head != 1)
            return QByteArray("the used ring is wrong");
        return answer.length == 0 ? QByteArray() : m_machine.readMemory(responseBuffer, answer.length);
    }

    // post() and response() in one; empty when there is none.
    QByteArray ask(const QByteArray &request, quint32 capacity = responseMaximum) {
        post(request, capacity);
        return response().value_or(QByteArray());
    }

private:
    QtestMachine &m_machine;
    quint16 m_before = 0;
};

// CBOR for requests: texts and byte strings below 64 KiB, numbers below 24.
namespace nsm_request {

inline QByteArray text(const QByteArray &value) {
    return static_cast<char>(0x60 + value.size()) + value; // up to 23 bytes
}
inline QByteArray bytes(const QByteArray &value) {
    return QByteArray::fromHex("59" + QByteArray::number(0x10000 + value.size(), 16).right(4)) + value;
}
inline QByteArray number(int value) {
    return value < 24 ? QByteArray(1, static_cast<char>(value))
                      : QByteArray::fromHex("19" + QByteArray::number(0x10000 + value, 16).right(4));
}
// {name: {key: value, …}} with the values encoded already.
inline QByteArray variant(const QByteArray &name, const QList<std::pair<QByteArray, QByteArray>> &fields) {
    QByteArray body(1, static_cast<char>(0xa0 + fields.size()));
    for (const auto &[key, value] : fields)
        body += text(key) + value;
    return '\xa1' + text(name) + body;
}
inline QByteArray describePcr(int index) {
    return variant("DescribePCR", {{"index", number(index)}});
}
inline QByteArray extendPcr(int index, const QByteArray &data) {
    return variant("ExtendPCR", {{"index", number(index)}, {"data", bytes(data)}});
}
inline QByteArray lockPcr(int index) {
    return variant("LockPCR", {{"index", number(index)}});
}
inline QByteArray lockPcrs(int range) {
    return variant("LockPCRs", {{"range", number(range)}});
}
inline QByteArray attestation(const QByteArray &userData = {}, const QByteArray &nonce = {},
                              const QByteArray &publicKey = {}) {
    const auto field = [](const QByteArray &value) {
        return value.isEmpty() ? QByteArray("\xf6") : bytes(value);
    };
    return variant(
        "Attestation",
        {{"user_data", field(userData)}, {"nonce", field(nonce)}, {"public_key", field(publicKey)}});
}

} // namespace nsm_request

} // namespace nitroscope::test
