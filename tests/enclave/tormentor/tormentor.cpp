// SPDX-License-Identifier: GPL-2.0-or-later
//
// A hostile guest of two processors, in place of a kernel: it does to the devices of the machine what no driver
// would, as fast as it can, and for ever. tests/boot/tst_torment.cpp looks at the machine meanwhile. The word
// after torment= on the command line says what is done; it begins when a byte comes on the serial line.
#include "tests/enclave/tormentor/layout.h"

#include <stddef.h>
#include <stdint.h>

extern "C" const uint8_t processorStart[], processorStartEnd[], processorStartTables[];

namespace {

// VirtIO 1.2, 4.2.2.
enum Register : uint64_t {
    driverFeatures = 0x20,
    driverFeaturesSelect = 0x24,
    queueSelect = 0x30,
    queueSize = 0x38,
    queueReady = 0x44,
    queueNotify = 0x50,
    status = 0x70,
    queueDescriptors = 0x80,
    queueAvailable = 0x90,
    queueUsed = 0xa0
};
constexpr uint32_t driverIsThere = 3, featuresOk = 8, driverOk = 4;
constexpr uint32_t version1 = 1; // in the second word of the features

// VirtIO 1.2, 5.10; what is at the other end is told to the machine by the test.
constexpr uint32_t seqpacketFeature = 1u << 1;
constexpr uint16_t seqpacket = 2, request = 1, reset = 3, data = 5; // type, operations
constexpr uint32_t endOfMessage = 1;
constexpr uint64_t ownCid = 16, parentCid = 3;
constexpr uint32_t echoPort = 7000;

constexpr uint32_t indirectFeature = 1u << 28;
constexpr uint16_t hasNext = 1, deviceWrites = 2, indirect = 4; // flags of a descriptor

constexpr uint64_t vsock = 0xd0000000, nsm = 0xd0001000;
constexpr uint64_t localApic = 0xfee00000;
constexpr uint16_t serial = 0x3f8, serialStatus = 0x3fd;

volatile uint32_t &at(uint64_t device, uint64_t offset) {
    return *reinterpret_cast<volatile uint32_t *>(device + offset);
}

struct Descriptor {
    uint64_t address;
    uint32_t size;
    uint16_t flags, next;
};

// A split virtqueue in three pages of memory that nobody else has.
struct Queue {
    uint64_t device;
    uint32_t number;
    uint16_t size;
    uint64_t memory;

    volatile Descriptor *descriptors() const { return reinterpret_cast<volatile Descriptor *>(memory); }
    volatile uint16_t *available() const { return reinterpret_cast<volatile uint16_t *>(memory + 0x1000); }
    uint16_t usedIndex() const { return reinterpret_cast<volatile uint16_t *>(memory + 0x2000)[1]; }

    void describe(uint16_t index, uint64_t address, uint32_t bytes, uint16_t flags) const {
        descriptors()[index].address = address;
        descriptors()[index].size = bytes;
        descriptors()[index].flags = flags;
    }
    // Every descriptor is a chain, and all of them are offered again, in order, for ever.
    void offerAll() const {
        for (uint16_t i = 0; i < size; ++i)
            available()[2 + i] = i;
    }
    void refill() const { available()[1] = static_cast<uint16_t>(usedIndex() + size); }
    void notify() const { at(device, queueNotify) = number; }
    void enable() const {
        at(device, queueSelect) = number;
        at(device, queueSize) = size;
        at(device, queueDescriptors) = static_cast<uint32_t>(memory);
        at(device, queueAvailable) = static_cast<uint32_t>(memory + 0x1000);
        at(device, queueUsed) = static_cast<uint32_t>(memory + 0x2000);
        at(device, queueReady) = 1;
    }
};

constexpr Queue nsmQueue{nsm, 0, 16, 0x4000000}, received{vsock, 0, 256, 0x4010000},
    sent{vsock, 1, 256, 0x4020000};
constexpr uint64_t requestBuffer = 0x4100000, responseBuffer = 0x4200000, packets = 0x4300000,
                   receiveBuffers = 0x4400000, chain = 0x4800000;

void begin(uint64_t device, uint32_t features) {
    at(device, status) = 0;
    at(device, status) = driverIsThere;
    at(device, driverFeaturesSelect) = 0;
    at(device, driverFeatures) = features;
    at(device, driverFeaturesSelect) = 1;
    at(device, driverFeatures) = version1;
    at(device, status) = driverIsThere | featuresOk;
}

void run(uint64_t device) {
    at(device, status) = driverIsThere | featuresOk | driverOk;
}

void print(const char *text) {
    for (; *text; ++text)
        asm volatile("outb %0, %1" : : "a"(*text), "d"(serial));
}

void pauseFor(int rounds) {
    while (rounds-- > 0)
        asm volatile("pause");
}

void waitForByte() {
    uint8_t ready;
    do {
        pauseFor(10'000);
        asm volatile("inb %1, %0" : "=a"(ready) : "d"(serialStatus));
    } while (!(ready & 1));
}

void startOther() {
    auto *target = reinterpret_cast<volatile uint8_t *>(PROCESSOR_START);
    for (const uint8_t *from = processorStart; from < processorStartEnd; ++from)
        *target++ = *from;
    uint64_t tables;
    asm volatile("movq %%cr3, %0" : "=r"(tables));
    *reinterpret_cast<volatile uint32_t *>(PROCESSOR_START + (processorStartTables - processorStart)) =
        static_cast<uint32_t>(tables);
    constexpr uint64_t spurious = 0xf0, command = 0x300;
    constexpr uint32_t othersInit = 0xc4500, othersStart = 0xc4600 | PROCESSOR_START_PAGE;
    at(localApic, spurious) = 0x1ff;
    at(localApic, command) = othersInit;
    pauseFor(1'000'000);
    at(localApic, command) = othersStart;
}

// ---- What the two processors do
void putRequest(const char *bytes, uint32_t size) {
    auto *to = reinterpret_cast<volatile char *>(requestBuffer);
    for (uint32_t i = 0; i < size; ++i)
        to[i] = bytes[i];
    for (uint16_t i = 0; i < nsmQueue.size; i = static_cast<uint16_t>(i + 2)) {
        nsmQueue.describe(i, requestBuffer, size, 0);
        nsmQueue.describe(static_cast<uint16_t>(i + 1), responseBuffer, 0x3000, deviceWrites);
    }
    nsmQueue.offerAll();
    begin(nsm, 0);
    nsmQueue.enable();
    run(nsm);
}

template <uint32_t size>
void prepareRequests(const char (&text)[size]) {
    putRequest(text, size - 1);
}

[[noreturn]] void notifyNsm() {
    for (;;)
        nsmQueue.notify();
}
[[noreturn]] void refillNsm() {
    for (;;)
        nsmQueue.refill();
}

// A response's buffer where a request should be breaks the queue.
[[noreturn]] void breakNsm() {
    nsmQueue.offerAll();
    for (;;) {
        begin(nsm, 0);
        nsmQueue.describe(0, responseBuffer, 64, deviceWrites);
        nsmQueue.available()[1] = 1;
        nsmQueue.enable();
        run(nsm);
        nsmQueue.notify();
    }
}
[[noreturn]] void enableVsock() {
    begin(vsock, 0);
    for (;;)
        sent.enable();
}

struct Packet {
    uint64_t sourceCid, destinationCid;
    uint32_t sourcePort, destinationPort, length;
    uint16_t type, operation;
    uint32_t flags, bufferSize, forwarded;
    uint8_t payload;
};
constexpr uint32_t packetStride = 64, headerBytes = 44, firstPort = 1024, ports = 64;

// A connection's request, then messages of one byte and of none, and on to the next port.
void writePackets(uint32_t port) {
    for (uint16_t i = 0; i < sent.size; ++i) {
        auto *packet = reinterpret_cast<volatile Packet *>(packets + uint64_t(i) * packetStride);
        const uint32_t length = i % 2;
        packet->sourceCid = ownCid;
        packet->destinationCid = parentCid;
        packet->sourcePort = firstPort + port % ports;
        packet->destinationPort = echoPort;
        packet->length = length;
        packet->type = seqpacket;
        packet->operation = i == 0 ? request : data;
        packet->flags = endOfMessage;
        packet->bufferSize = 0xffffffff;
        sent.describe(i, packets + uint64_t(i) * packetStride, headerBytes + length, 0);
    }
}

void prepareVsock() {
    for (uint16_t i = 0; i < received.size; ++i)
        received.describe(i, receiveBuffers + uint64_t(i) * 4096, 4096, deviceWrites);
    received.offerAll();
    sent.offerAll();
    writePackets(0);
    begin(vsock, seqpacketFeature);
    received.enable();
    sent.enable();
    run(vsock);
}
// Packets of as many descriptors as a chain may have, a byte in each. What resets an unknown connection has no answer.
void prepareChains() {
    constexpr uint16_t count = 1024;
    writePackets(0);
    auto *packet = reinterpret_cast<volatile Packet *>(packets);
    packet->operation = reset;
    packet->length = count - 1;
    auto *part = reinterpret_cast<volatile Descriptor *>(chain);
    for (uint16_t i = 0; i < count; ++i) {
        part[i].address = i == 0 ? packets : packets + headerBytes - 1 + i;
        part[i].size = i == 0 ? headerBytes : 1;
        part[i].flags = i + 1 < count ? hasNext : 0;
        part[i].next = static_cast<uint16_t>(i + 1);
    }
    for (uint16_t i = 0; i < sent.size; ++i)
        sent.describe(i, chain, count * sizeof(Descriptor), indirect);
    sent.offerAll();
    begin(vsock, seqpacketFeature | indirectFeature);
    received.enable();
    sent.enable();
    run(vsock);
}
[[noreturn]] void sendChains() {
    for (;;) {
        sent.refill();
        sent.notify();
    }
}
[[noreturn]] void refillSent() {
    for (;;)
        sent.refill();
}

void out(uint16_t port, uint8_t value) {
    asm volatile("outb %0, %1" : : "a"(value), "d"(port));
}

// Interrupts every two nanoseconds, and every other microsecond from the i8254; nobody takes them.
[[noreturn]] void startTimer() {
    constexpr uint64_t spurious = 0xf0, timer = 0x320, initialCount = 0x380, divider = 0x3e0;
    constexpr uint32_t periodic = 1u << 17, vector = 0x40, byOne = 0xb;
    at(localApic, spurious) = 0x1ff;
    at(localApic, divider) = byOne;
    at(localApic, timer) = periodic | vector;
    at(localApic, initialCount) = 1;
    constexpr uint16_t control = 0x43, channel = 0x40;
    out(control, 0x34); // channel 0, both bytes, rate generator
    out(channel, 2);
    out(channel, 0);
    for (;;)
        asm volatile("pause");
}

[[noreturn]] void sendVsock() {
    for (uint32_t round = 0;; ++round) {
        if (round % 4096 == 0)
            writePackets(round / 4096);
        sent.refill();
        sent.notify();
    }
}
[[noreturn]] void receiveVsock() {
    for (;;) {
        received.refill();
        received.notify();
    }
}

using Work = void (*)();
struct Mode {
    const char *name;
    Work prepare, first, second;
};
constexpr Mode modes[] = {
    {"attest",
     [] {
         prepareRequests("\xa1\x6b"
                         "Attestation\xa3\x69user_data\xf6\x65nonce\xf6\x6apublic_key\xf6");
     },
     notifyNsm, refillNsm},
    {"extend",
     [] {
         prepareRequests("\xa1\x69"
                         "ExtendPCR\xa2\x65index\x10\x64"
                         "data\x41x");
     },
     notifyNsm, refillNsm},
    {"break", [] {}, breakNsm, enableVsock},
    {"vsock", prepareVsock, sendVsock, receiveVsock},
    {"chains", prepareChains, sendChains, refillSent},
    {"timer", [] {}, startTimer, startTimer},
};
const Mode *mode;
volatile bool begun;

bool startsWith(const char *text, const char *word) {
    while (*word && *text == *word)
        ++text, ++word;
    return !*word;
}

} // namespace

extern "C" void assist() {
    while (!begun)
        asm volatile("pause");
    mode->second();
}

extern "C" void torment(uint64_t zeroPage) {
    constexpr uint64_t commandLinePointer = 0x228; // Linux, Documentation/arch/x86/boot.rst
    const char *line = reinterpret_cast<const char *>(
        uint64_t(*reinterpret_cast<uint32_t *>(zeroPage + commandLinePointer)));
    for (; *line && !mode; ++line)
        for (const Mode &candidate : modes)
            if (startsWith(line, "torment=") && startsWith(line + 8, candidate.name))
                mode = &candidate;
    if (!mode) {
        print("tormentor: no torment= on the command line\n");
        return;
    }
    // Both processors are busy before, too, so that what is measured then differs in nothing but the torment.
    startOther();
    print("tormentor: ready\n");
    waitForByte();
    mode->prepare();
    print("tormentor: begins\n");
    begun = true;
    mode->first();
}
