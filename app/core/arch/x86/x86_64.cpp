// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/core/arch/x86/x86_64.hpp"

#include "app/core/arch/elf_machines.hpp"
#include "app/core/arch/x86/board.hpp"
#include "app/core/arch/x86/core_dump.hpp"
#include "app/core/arch/x86/decompressor.hpp"
#include "app/core/arch/x86/instructions.hpp"
#include "app/core/arch/x86/modes.hpp"
#include "app/core/arch/x86/paging.hpp"
#include "app/core/arch/x86/registers.hpp"
#include "app/core/arch/x86/unwinding.hpp"

#include <array>

namespace nitroscope::arch {
namespace {

using namespace x86;

constexpr int kernelBit = 63;

// GS in the kernel, the one kept for SWAPGS in user space.
std::uint64_t perCpuBase(QByteArrayView packet) {
    const auto value = [packet](Number number) {
        return table.value({packet.data(), std::size_t(packet.size())}, number);
    };
    return value(gsBase) >> kernelBit ? value(gsBase) : value(kernelGsBase);
}

constexpr std::array tableSymbols{"init_top_pgt", "init_level4_pgt", "swapper_pg_dir"};
constexpr std::array currentTasks{CurrentTask{"current_task", nullptr, nullptr},
                                  CurrentTask{"pcpu_hot", "pcpu_hot", "current_task"}}; // 6.2 to 6.14

constexpr LinuxKernel kernel{kernelBit,
                             0xffffffff80000000,
                             0xffff888000000000, // with four levels of page tables
                             1 << 30,
                             2 << 20,                // CONFIG_PHYSICAL_ALIGN is a multiple of it
                             std::uint64_t{4} << 30, // linked at 0 before 6.15
                             16384,
                             "thread.sp",
                             tableSymbols,
                             currentTasks,
                             perCpuBase};

// Linux, Documentation/arch/x86/boot.rst
constexpr LinuxBoot boot{0x200, "entry64", rax, findDecompressorJumps};

} // namespace

const Architecture &x86_64() {
    static const Architecture architecture{elfMachineName(elfX86_64),
                                           "qemu-system-x86_64",
                                           elfX86_64,
                                           table,
                                           registerMeaning,
                                           modes,
                                           paging,
                                           unwinding,
                                           functions,
                                           systemCalls,
                                           instructions,
                                           memory,
                                           kernel,
                                           boot,
                                           coreDump};
    return architecture;
}

} // namespace nitroscope::arch
