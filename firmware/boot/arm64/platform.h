// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The aarch64 enclave's addresses and interrupts: the one table of them, for
 * the machine, its device tree, the firmware and the debugger.
 *
 * Nobody has published what a Graviton enclave shows to its guest. What is
 * certain is that AWS's kernels for it have an 8250 console, a PL031 clock,
 * virtio-mmio, a GICv3 and PSCI. The numbers are those of Firecracker 0.21,
 * whose x86 numbers real x86 enclaves have, too (src/arch/src/aarch64: [L]
 * layout.rs, [G] gic/gicv3.rs, [F] fdt.rs; [D] src/vmm/src/device_manager/mmio.rs);
 * what is ours has [N]. A log of a real enclave may change them: docs/arm64.md.
 */
#pragma once

#define NITRO_ARM64_RAM_BASE 0x80000000ull /* [L] DRAM_MEM_START */

#define NITRO_ARM64_GIC_DIST 0x3fff0000       /* [G] MAPPED_IO_START - 64 KiB */
#define NITRO_ARM64_GIC_DIST_SIZE 0x10000     /* [G] */
#define NITRO_ARM64_GIC_REDIST_SIZE 0x20000   /* [G] of each CPU, below the distributor */
#define NITRO_ARM64_GIC_REDIST(cpus) (NITRO_ARM64_GIC_DIST - (cpus) * NITRO_ARM64_GIC_REDIST_SIZE)

/* [D] 4 KiB each from MAPPED_IO_START + 4 KiB on, in the order of creation, and their lines from IRQ_BASE on: [F] edges. */
#define NITRO_ARM64_DEVICE_SIZE 0x1000
#define NITRO_ARM64_UART 0x40001000       /* [D] */
#define NITRO_ARM64_UART_INTID 32         /* [L] IRQ_BASE */
#define NITRO_ARM64_UART_CLOCK 24000000   /* [F] apb-pclk, Hz */
#define NITRO_ARM64_RTC 0x40002000        /* [D] */
#define NITRO_ARM64_RTC_INTID 33          /* [D] */
#define NITRO_ARM64_VIRTIO 0x40003000     /* [D] of the first transport */
#define NITRO_ARM64_VIRTIO_INTID 34       /* [D] */
#define NITRO_ARM64_INTIDS 128            /* [L] IRQ_MAX, a multiple of 32 as a GIC has them */

/* Interrupts of each CPU, as in every system after Arm's base system architecture; [F] has them as PPIs, less 16. */
#define NITRO_ARM64_TIMER_SECURE_INTID 29
#define NITRO_ARM64_TIMER_PHYSICAL_INTID 30
#define NITRO_ARM64_TIMER_VIRTUAL_INTID 27
#define NITRO_ARM64_TIMER_HYPERVISOR_INTID 26
#define NITRO_ARM64_GIC_MAINTENANCE_INTID 25
#define NITRO_ARM64_PMU_INTID 23

#define NITRO_ARM64_FDT_MAX_SIZE 0x200000 /* [L] at the end of memory; Linux takes no larger one */

/*
 * [N] What the device tree does not name: the firmware's ROM, where CPUs start
 * (Firecracker enters the kernel itself), its memory, and how it talks to the
 * machine. There is nothing below 1 GiB in Firecracker's guests.
 */
#define NITRO_ARM64_ROM 0x0
#define NITRO_ARM64_ROM_SIZE 0x10000
#define NITRO_ARM64_BOOT_PORT 0x20000 /* handover.h's ports, from 0 on */
#define NITRO_ARM64_FW_CFG 0x21000    /* data; selector at 8, DMA at 16 */
#define NITRO_ARM64_SRAM 0x40000      /* data, stack and command line of the firmware */
#define NITRO_ARM64_SRAM_SIZE 0x80000
