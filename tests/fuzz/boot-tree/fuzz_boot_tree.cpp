// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any bytes as the device tree of an aarch64 machine, which the firmware completes, and as the head of its kernel.
#include "firmware/boot/arm64/device_tree.hpp"
#include "firmware/boot/target/arm64_plan.hpp"

#include <cstdlib>
#include <vector>

using namespace nitroscope;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const auto head = std::as_bytes(std::span(data, size));
    const eif::ArmImageResult kernel = eif::parseArmKernel(head, size);
    const boot::Plan plan = boot::arm64::makePlan(kernel.image, size, uint64_t{1} << 29);
    if (plan.verdict == boot::Plan::Verdict::fits && plan.kernelEnd > plan.ramdiskAddress)
        abort();

    std::vector<std::byte> bytes(head.begin(), head.end());
    boot::arm64::DeviceTree tree(bytes);
    const uint64_t address = 0x9fc00000;
    const bool isFilled = tree.fill("chosen", "linux,initrd-start", address);
    // What was filled in is read, unless the tree's strings and properties share bytes.
    if (isFilled && tree.isValid())
        (void)tree.property("chosen", "linux,initrd-start");
    (void)tree.fill("chosen", "bootargs", head.first(size < 100 ? size : 100));
    tree.remove("memory", "reg");
    if (bytes.size() != size)
        abort();
    return 0;
}
