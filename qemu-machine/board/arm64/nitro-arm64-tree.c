/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The device tree of the aarch64 board
 *
 * Nodes and properties are those of Firecracker 0.21 (src/arch/src/aarch64/
 * fdt.rs), without its description of caches. /chosen has room for the command
 * line and the ramdisks' place, which the firmware knows (device_tree.hpp there);
 * as in Firecracker it has neither kaslr-seed nor stdout-path.
 */

#include "qemu/osdep.h"
#include "system/device_tree.h"
#include "target/arm/cpu.h"
#include <libfdt.h>
#include "firmware/boot/arm64/platform.h"
#include "qemu-machine/board/arm64/nitro-arm64.h"

/* Documentation/devicetree/bindings/interrupt-controller/arm,gic-v3.yaml */
enum { GIC_SPI = 0, GIC_PPI = 1 };
enum { EDGE_RISING = 1, LEVEL_HIGH = 4 };
#define SPI(intid) GIC_SPI, (intid) - 32
#define PPI(intid) GIC_PPI, (intid) - 16

enum { PHANDLE_GIC = 1, PHANDLE_CLOCK = 2 };

static void nitro_tree_root(void *fdt)
{
    qemu_fdt_setprop_string(fdt, "/", "compatible", "linux,dummy-virt");
    qemu_fdt_setprop_cell(fdt, "/", "#address-cells", 2);
    qemu_fdt_setprop_cell(fdt, "/", "#size-cells", 2);
    qemu_fdt_setprop_cell(fdt, "/", "interrupt-parent", PHANDLE_GIC);
}

static void nitro_tree_cpus(void *fdt, unsigned count)
{
    qemu_fdt_add_subnode(fdt, "/cpus");
    qemu_fdt_setprop_cell(fdt, "/cpus", "#address-cells", 2);
    qemu_fdt_setprop_cell(fdt, "/cpus", "#size-cells", 0);
    /* A new node comes before those that are there. */
    for (unsigned i = count; i-- > 0;) {
        uint64_t affinity = arm_cpu_mp_affinity(ARM_CPU(qemu_get_cpu(i)));
        g_autofree char *node = g_strdup_printf("/cpus/cpu@%" PRIx64, affinity);

        qemu_fdt_add_subnode(fdt, node);
        qemu_fdt_setprop_string(fdt, node, "device_type", "cpu");
        qemu_fdt_setprop_string(fdt, node, "compatible", "arm,arm-v8");
        qemu_fdt_setprop_string(fdt, node, "enable-method", "psci");
        qemu_fdt_setprop_u64(fdt, node, "reg", affinity);
    }
}

static void nitro_tree_memory(void *fdt, uint64_t size)
{
    g_autofree char *node = g_strdup_printf("/memory@%" PRIx64,
                                            (uint64_t)NITRO_ARM64_RAM_BASE);

    qemu_fdt_add_subnode(fdt, node);
    qemu_fdt_setprop_string(fdt, node, "device_type", "memory");
    qemu_fdt_setprop_sized_cells(fdt, node, "reg", 2, NITRO_ARM64_RAM_BASE,
                                 2, size);
}

/* Room for what the firmware fills in. */
static void nitro_tree_chosen(void *fdt)
{
    static const char room[NITRO_BOOT_ARM64_CMDLINE_SIZE];

    qemu_fdt_add_subnode(fdt, "/chosen");
    qemu_fdt_setprop(fdt, "/chosen", "bootargs", room, sizeof(room));
    qemu_fdt_setprop_u64(fdt, "/chosen", "linux,initrd-start", 0);
    qemu_fdt_setprop_u64(fdt, "/chosen", "linux,initrd-end", 0);
}

static void nitro_tree_gic(void *fdt, unsigned cpus)
{
    static const char node[] = "/intc";

    qemu_fdt_add_subnode(fdt, node);
    qemu_fdt_setprop_string(fdt, node, "compatible", "arm,gic-v3");
    qemu_fdt_setprop_cell(fdt, node, "#interrupt-cells", 3);
    qemu_fdt_setprop(fdt, node, "interrupt-controller", NULL, 0);
    qemu_fdt_setprop_cell(fdt, node, "#address-cells", 2);
    qemu_fdt_setprop_cell(fdt, node, "#size-cells", 2);
    qemu_fdt_setprop(fdt, node, "ranges", NULL, 0);
    qemu_fdt_setprop_sized_cells(fdt, node, "reg",
                                 2, NITRO_ARM64_GIC_DIST,
                                 2, NITRO_ARM64_GIC_DIST_SIZE,
                                 2, NITRO_ARM64_GIC_REDIST(cpus),
                                 2, cpus * NITRO_ARM64_GIC_REDIST_SIZE);
    qemu_fdt_setprop_cell(fdt, node, "phandle", PHANDLE_GIC);
    qemu_fdt_setprop_cells(fdt, node, "interrupts",
                           PPI(NITRO_ARM64_GIC_MAINTENANCE_INTID), LEVEL_HIGH);
}

static void nitro_tree_timer(void *fdt)
{
    qemu_fdt_add_subnode(fdt, "/timer");
    qemu_fdt_setprop_string(fdt, "/timer", "compatible", "arm,armv8-timer");
    qemu_fdt_setprop(fdt, "/timer", "always-on", NULL, 0);
    qemu_fdt_setprop_cells(fdt, "/timer", "interrupts",
                           PPI(NITRO_ARM64_TIMER_SECURE_INTID), LEVEL_HIGH,
                           PPI(NITRO_ARM64_TIMER_PHYSICAL_INTID), LEVEL_HIGH,
                           PPI(NITRO_ARM64_TIMER_VIRTUAL_INTID), LEVEL_HIGH,
                           PPI(NITRO_ARM64_TIMER_HYPERVISOR_INTID), LEVEL_HIGH);
}

static void nitro_tree_clock(void *fdt)
{
    qemu_fdt_add_subnode(fdt, "/apb-pclk");
    qemu_fdt_setprop_string(fdt, "/apb-pclk", "compatible", "fixed-clock");
    qemu_fdt_setprop_cell(fdt, "/apb-pclk", "#clock-cells", 0);
    qemu_fdt_setprop_cell(fdt, "/apb-pclk", "clock-frequency",
                          NITRO_ARM64_UART_CLOCK);
    qemu_fdt_setprop_string(fdt, "/apb-pclk", "clock-output-names", "clk24mhz");
    qemu_fdt_setprop_cell(fdt, "/apb-pclk", "phandle", PHANDLE_CLOCK);
}

static void nitro_tree_psci(void *fdt)
{
    qemu_fdt_add_subnode(fdt, "/psci");
    qemu_fdt_setprop_string(fdt, "/psci", "compatible", "arm,psci-0.2");
    qemu_fdt_setprop_string(fdt, "/psci", "method", "hvc");
}

/* A device of one page; the caller frees the node's name. */
static char *nitro_tree_device(void *fdt, const char *name, uint64_t base,
                               unsigned intid)
{
    char *node = g_strdup_printf("/%s@%" PRIx64, name, base);

    qemu_fdt_add_subnode(fdt, node);
    qemu_fdt_setprop_sized_cells(fdt, node, "reg", 2, base,
                                 2, NITRO_ARM64_DEVICE_SIZE);
    qemu_fdt_setprop_cells(fdt, node, "interrupts", SPI(intid), EDGE_RISING);
    return node;
}

static void nitro_tree_devices(void *fdt, int transports)
{
    static const char rtc_compatible[] = "arm,pl031\0arm,primecell";
    g_autofree char *rtc = nitro_tree_device(fdt, "rtc", NITRO_ARM64_RTC,
                                             NITRO_ARM64_RTC_INTID);
    g_autofree char *uart = nitro_tree_device(fdt, "uart", NITRO_ARM64_UART,
                                              NITRO_ARM64_UART_INTID);

    qemu_fdt_setprop(fdt, rtc, "compatible", rtc_compatible,
                     sizeof(rtc_compatible));
    qemu_fdt_setprop_cell(fdt, rtc, "clocks", PHANDLE_CLOCK);
    qemu_fdt_setprop_string(fdt, rtc, "clock-names", "apb_pclk");
    qemu_fdt_setprop_string(fdt, uart, "compatible", "ns16550a");
    qemu_fdt_setprop_cell(fdt, uart, "clocks", PHANDLE_CLOCK);
    qemu_fdt_setprop_string(fdt, uart, "clock-names", "apb_pclk");
    for (int i = transports; i-- > 0;) {
        g_autofree char *node = nitro_tree_device(
            fdt, "virtio_mmio",
            NITRO_ARM64_VIRTIO + i * NITRO_ARM64_DEVICE_SIZE,
            NITRO_ARM64_VIRTIO_INTID + i);

        qemu_fdt_setprop_string(fdt, node, "compatible", "virtio,mmio");
        qemu_fdt_setprop(fdt, node, "dma-coherent", NULL, 0);
    }
}

void *nitro_arm64_tree(NitroMachineState *nms, size_t *size)
{
    MachineState *machine = MACHINE(nms);
    const unsigned cpus = machine->smp.cpus;
    int room;
    void *fdt = create_device_tree(&room);

    nitro_tree_root(fdt);
    nitro_tree_devices(fdt, nitro_transports(nms));
    nitro_tree_psci(fdt);
    nitro_tree_clock(fdt);
    nitro_tree_timer(fdt);
    nitro_tree_gic(fdt, cpus);
    nitro_tree_chosen(fdt);
    nitro_tree_memory(fdt, machine->ram_size);
    nitro_tree_cpus(fdt, cpus);
    fdt_pack(fdt);
    *size = fdt_totalsize(fdt);
    /* Of what create_device_tree() made, a 50th is in use. */
    return g_realloc(fdt, *size);
}
