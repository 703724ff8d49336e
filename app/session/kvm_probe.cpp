// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/kvm_probe.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <linux/kvm.h>
#include <QString>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace nitroscope::app {
namespace {

constexpr size_t guestBytes = 4096;
constexpr unsigned char haltInstruction = 0xf4;

class Descriptor {
public:
    explicit Descriptor(int value) : m_value(value) {}
    Descriptor(const Descriptor &) = delete;
    Descriptor &operator=(const Descriptor &) = delete;
    ~Descriptor() {
        if (m_value >= 0)
            ::close(m_value);
    }
    int value() const { return m_value; }
    bool isOpen() const { return m_value >= 0; }

private:
    int m_value;
};

class Memory {
public:
    Memory(size_t size, int descriptor)
        : m_size(size),
          m_data(::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                        descriptor < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED, descriptor, 0)) {}
    Memory(const Memory &) = delete;
    Memory &operator=(const Memory &) = delete;
    ~Memory() {
        if (isMapped())
            ::munmap(m_data, m_size);
    }
    bool isMapped() const { return m_data != MAP_FAILED; }
    void *data() const { return m_data; }

private:
    size_t m_size;
    void *m_data;
};

Result<void> failed(const char *what) {
    return failure(QStringLiteral("kvm"), QString::fromUtf8(what) + QStringLiteral(": ") +
                                              QString::fromLocal8Bit(std::strerror(errno)));
}

// In real mode from address 0, where the instruction lies.
bool startAtZero(int processor) {
    kvm_sregs segments;
    if (::ioctl(processor, KVM_GET_SREGS, &segments) != 0)
        return false;
    segments.cs.base = 0;
    segments.cs.selector = 0;
    kvm_regs registers = {};
    registers.rflags = 2; // the bit that is always set
    return ::ioctl(processor, KVM_SET_SREGS, &segments) == 0 &&
           ::ioctl(processor, KVM_SET_REGS, &registers) == 0;
}

Result<void> runHalt(int kvm, int machine, int processor) {
    const int stateBytes = ::ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
    if (stateBytes < static_cast<int>(sizeof(kvm_run)))
        return failed("the processor's state has no size");
    const Memory guest(guestBytes, -1), state(static_cast<size_t>(stateBytes), processor);
    if (!guest.isMapped() || !state.isMapped())
        return failed("no memory for the guest");
    *static_cast<unsigned char *>(guest.data()) = haltInstruction;
    kvm_userspace_memory_region region = {};
    region.memory_size = guestBytes;
    region.userspace_addr = reinterpret_cast<quint64>(guest.data());
    if (::ioctl(machine, KVM_SET_USER_MEMORY_REGION, &region) != 0 || !startAtZero(processor))
        return failed("the guest could not be set up");
    if (::ioctl(processor, KVM_RUN, 0) != 0)
        return failed("the guest could not be run");
    if (const auto reason = static_cast<const kvm_run *>(state.data())->exit_reason; reason != KVM_EXIT_HLT)
        return failure(QStringLiteral("kvm"),
                       QStringLiteral("a guest stopped with exit reason %1 instead of its HLT").arg(reason));
    return {};
}

} // namespace

Result<void> probeKvm(const char *device) {
    const Descriptor kvm(::open(device, O_RDWR | O_CLOEXEC));
    if (!kvm.isOpen())
        return failed(device);
    if (::ioctl(kvm.value(), KVM_GET_API_VERSION, 0) != KVM_API_VERSION)
        return failed("it is not KVM, or a very old one");
    const Descriptor machine(::ioctl(kvm.value(), KVM_CREATE_VM, 0));
    if (!machine.isOpen())
        return failed("no virtual machine can be made");
    const Descriptor processor(::ioctl(machine.value(), KVM_CREATE_VCPU, 0));
    if (!processor.isOpen())
        return failed("no virtual processor can be made");
    return runHalt(kvm.value(), machine.value(), processor.value());
}

} // namespace nitroscope::app
