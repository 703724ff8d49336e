// SPDX-License-Identifier: GPL-2.0-or-later
#include "firmware/boot/target.hpp"

#include "firmware/boot/arm64/cpu.hpp"
#include "firmware/boot/arm64/device_tree.hpp"
#include "firmware/boot/measurement.hpp"
#include "firmware/boot/report.hpp"
#include "firmware/boot/target/arm64_plan.hpp"
#include "firmware/eif/arm_image.hpp"

#include <cstring>

extern "C" [[noreturn]] void enterKernelAt(uint64_t entry, uint64_t deviceTree);

namespace nitroscope::boot::target {

namespace {

// Of 128 CPUs, with the room for the command line, it has 20 KiB.
constexpr size_t maxTreeSize = 64 * 1024;
alignas(8) std::byte tree[maxTreeSize];

constexpr size_t cmdlineCapacity = 64 * 1024;
alignas(8) std::byte cmdline[cmdlineCapacity];

eif::ArmImage kernel;
uint64_t memoryBytes = 0;
size_t treeSize = 0;

[[noreturn]] void failForTree(std::string_view sentence) {
    fail(Stage::reset, Failure{.reason = NITRO_BOOT_REASON_MEMORY_MAP, .sentence = sentence});
}

uint64_t bigEndian(std::span<const std::byte> bytes) {
    uint64_t value = 0;
    for (const std::byte byte : bytes)
        value = value << 8 | std::to_integer<uint64_t>(byte);
    return value;
}

} // namespace

const eif::Machine machine = eif::Machine::aarch64;

eif::DiagnosticList parseKernel(std::span<const std::byte> head, uint64_t size, eif::KernelOrigin origin) {
    const eif::ArmImageResult result = eif::parseArmKernel(head, size, origin);
    kernel = result.image;
    return result.diagnostics;
}

// The header is part of the kernel.
uint64_t skippedBytes() {
    return 0;
}

uint64_t loadedBytes() {
    return kernel.fileSize;
}

uint64_t cmdlineLimit() {
    return NITRO_BOOT_ARM64_CMDLINE_SIZE - 1;
}

std::span<std::byte> cmdlineRoom() {
    return cmdline;
}

void readMemory(const FwCfg &fwCfg, const nitro_boot_info &) {
    const FwCfgFile file = fwCfg.find(NITRO_BOOT_DEVICE_TREE_FILE);
    if (!file.isThere || file.size > sizeof tree || !fwCfg.read(file, 0, physicalAddress(tree), file.size))
        failForTree("The machine's device tree is missing or too large.");
    treeSize = file.size;
    const std::span<const std::byte> range =
        arm64::DeviceTree(std::span(tree).first(treeSize)).property("memory", "reg");
    if (range.size() != 16 || bigEndian(range.first(8)) != NITRO_ARM64_RAM_BASE)
        failForTree("The machine's device tree does not say where its memory is.");
    memoryBytes = bigEndian(range.subspan(8));
}

uint64_t totalMemory() {
    return memoryBytes;
}

Plan plan(uint64_t ramdiskBytes) {
    return arm64::makePlan(kernel, ramdiskBytes, memoryBytes);
}

void prepare(const Plan &) {}

void enterKernel(std::span<const std::byte>, const Plan &plan, uint64_t ramdiskBytes,
                 const nitro_boot_info &) {
    const std::span<std::byte> bytes = std::span(tree).first(treeSize);
    arm64::DeviceTree deviceTree(bytes);
    const auto *text = reinterpret_cast<const char *>(cmdline);
    bool isComplete = deviceTree.fill("chosen", "bootargs", std::span(cmdline).first(std::strlen(text) + 1));
    if (ramdiskBytes == 0) {
        deviceTree.remove("chosen", "linux,initrd-start");
        deviceTree.remove("chosen", "linux,initrd-end");
    } else {
        isComplete = deviceTree.fill("chosen", "linux,initrd-start", plan.ramdiskAddress) &&
                     deviceTree.fill("chosen", "linux,initrd-end", plan.ramdiskAddress + ramdiskBytes) &&
                     isComplete;
    }
    if (!isComplete)
        failForTree("The machine's device tree has no room for what the kernel is to be told.");
    std::memcpy(atPhysical(plan.deviceTreeAddress), bytes.data(), bytes.size());
    waitForMeasurement(takenFirst(plan, memoryBytes));
    reportStage(Stage::handoff, "entering the kernel");
    memoryBarrier();
    enterKernelAt(plan.kernelAddress, plan.deviceTreeAddress);
}

} // namespace nitroscope::boot::target
