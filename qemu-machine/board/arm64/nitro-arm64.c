/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The aarch64 board: memory, CPUs and chips at the places of
 * firmware/boot/arm64/platform.h
 *
 * What a Graviton enclave shows to its guest, as far as it is known: a GICv3, an
 * 8250 console, a PL031 clock, two virtio-mmio transports, PSCI over `hvc`. The
 * CPUs have neither EL2 nor EL3 and so start in EL1, as a guest's do. It derives
 * from the bare machine and not from virt, which brings PCI, ACPI and a PL011.
 */

#include "qemu/osdep.h"
#include "qemu/units.h"
#include "qapi/error.h"
#include "exec/address-spaces.h"
#include "hw/arm/bsa.h"
#include "hw/char/serial-mm.h"
#include "hw/intc/arm_gicv3_common.h"
#include "hw/irq.h"
#include "hw/loader.h"
#include "hw/nvram/fw_cfg.h"
#include "hw/qdev-properties.h"
#include "hw/sysbus.h"
#include "qobject/qlist.h"
#include "system/reset.h"
#include "system/tcg.h"
#include "target/arm/cpu.h"
#include "target/arm/gtimer.h"
#include "firmware/boot/arm64/platform.h"
#include "qemu-machine/board/arm64/nitro-arm64.h"
#include "qemu-machine/board/nitro-refusal.h"
#include "qemu-machine/record/qemu/nitro-recording.h"

#define NITRO_ARM64_SPIS (NITRO_ARM64_INTIDS - GIC_INTERNAL)
/* The UART divides its clock by 16 before anything else. */
#define NITRO_ARM64_BAUD_BASE (NITRO_ARM64_UART_CLOCK / 16)

const char *const nitro_board_firmware = "nitroscope-boot-arm64.rom";
const bool nitro_board_is_arm64 = true;

void nitro_board_check(NitroMachineState *nms)
{
    const char *cpu = MACHINE(nms)->cpu_type;

    if (!tcg_enabled()) {
        nitro_refuse("accel", "the aarch64 board runs under TCG only: leave out "
                     "-accel, or use -accel tcg");
    }
    if (!object_class_dynamic_cast(object_class_by_name(cpu),
                                   TYPE_AARCH64_CPU)) {
        nitro_refuse("cpu", "%s is no aarch64 processor: use neoverse-n1 "
                     "(Graviton2), neoverse-v1 (Graviton3) or max", cpu);
    }
}

void nitro_board_memory_init(NitroMachineState *nms)
{
    MemoryRegion *sram = g_new(MemoryRegion, 1);

    memory_region_add_subregion(get_system_memory(), NITRO_ARM64_RAM_BASE,
                                MACHINE(nms)->ram);
    memory_region_init_ram(sram, NULL, "nitro.firmware-ram",
                           NITRO_ARM64_SRAM_SIZE, &error_fatal);
    memory_region_add_subregion(get_system_memory(), NITRO_ARM64_SRAM, sram);
}

uint64_t nitro_board_low_memory(NitroMachineState *nms)
{
    return MIN(MACHINE(nms)->ram_size, 4 * GiB - NITRO_ARM64_RAM_BASE);
}

uint64_t nitro_recording_address(uint64_t offset)
{
    return NITRO_ARM64_RAM_BASE + offset;
}

FWCfgState *nitro_board_fwcfg_create(NitroMachineState *nms,
                                     NitroFwcfgPlace *place)
{
    *place = (NitroFwcfgPlace) { get_system_memory(), NITRO_ARM64_FW_CFG + 16 };
    return fw_cfg_init_mem_wide(NITRO_ARM64_FW_CFG + 8, NITRO_ARM64_FW_CFG, 8,
                                NITRO_ARM64_FW_CFG + 16,
                                &address_space_memory);
}

void nitro_board_describe(NitroMachineState *nms, FWCfgState *fw_cfg,
                          struct nitro_boot_info *info)
{
    size_t size;
    void *tree = nitro_arm64_tree(nms, &size);

    /* fw_cfg keeps the pointer as long as the machine lives. */
    fw_cfg_add_file(fw_cfg, NITRO_BOOT_DEVICE_TREE_FILE, tree, size);
}

/* Devices are found in the device tree, and nowhere else. */
char *nitro_board_cmdline(NitroMachineState *nms)
{
    return NULL;
}

/* ------------------------------------------------------------------ */
/* CPUs                                                               */

/* Nobody else resets an Arm CPU. */
static void nitro_reset_cpu(void *opaque)
{
    cpu_reset(opaque);
}

static void nitro_set_if_there(Object *cpu, const char *name, bool value)
{
    if (object_property_find(cpu, name)) {
        object_property_set_bool(cpu, name, value, &error_abort);
    }
}

void nitro_board_cpus_init(NitroMachineState *nms)
{
    MachineState *machine = MACHINE(nms);

    for (unsigned i = 0; i < machine->smp.cpus; i++) {
        Object *cpu = object_new(machine->cpu_type);

        nitro_set_if_there(cpu, "has_el3", false);
        nitro_set_if_there(cpu, "has_el2", false);
        object_property_set_int(cpu, "mp-affinity",
                                arm_build_mp_affinity(i, GICV3_TARGETLIST_BITS),
                                &error_abort);
        object_property_set_int(cpu, "psci-conduit", QEMU_PSCI_CONDUIT_HVC,
                                &error_abort);
        object_property_set_bool(cpu, "start-powered-off", i > 0,
                                 &error_abort);
        object_property_set_int(cpu, "rvbar", NITRO_ARM64_ROM, &error_abort);
        object_property_set_link(cpu, "memory", OBJECT(get_system_memory()),
                                 &error_abort);
        qdev_realize(DEVICE(cpu), NULL, &error_fatal);
        qemu_register_reset(nitro_reset_cpu, CPU(cpu));
        object_unref(cpu);
    }
}

/* The CPUs were among the devices. */
void nitro_board_reset(void)
{
}

/* ------------------------------------------------------------------ */
/* Chips                                                              */

/* Which of its own interrupts a CPU's timers raise. */
static const unsigned nitro_timer_intids[] = {
    [GTIMER_PHYS] = NITRO_ARM64_TIMER_PHYSICAL_INTID,
    [GTIMER_VIRT] = NITRO_ARM64_TIMER_VIRTUAL_INTID,
    [GTIMER_HYP] = NITRO_ARM64_TIMER_HYPERVISOR_INTID,
    [GTIMER_SEC] = NITRO_ARM64_TIMER_SECURE_INTID,
    [GTIMER_HYPVIRT] = ARCH_TIMER_NS_EL2_VIRT_IRQ,
    [GTIMER_S_EL2_PHYS] = ARCH_TIMER_S_EL2_IRQ,
    [GTIMER_S_EL2_VIRT] = ARCH_TIMER_S_EL2_VIRT_IRQ,
};

static void nitro_wire_cpu(DeviceState *gic, unsigned index, unsigned count)
{
    DeviceState *cpu = DEVICE(qemu_get_cpu(index));
    SysBusDevice *outputs = SYS_BUS_DEVICE(gic);
    /* Behind the lines that all share come each CPU's own. */
    const unsigned own = NITRO_ARM64_SPIS + index * GIC_INTERNAL;
    static const int inputs[] = {
        ARM_CPU_IRQ, ARM_CPU_FIQ, ARM_CPU_VIRQ, ARM_CPU_VFIQ,
        ARM_CPU_NMI, ARM_CPU_VINMI,
    };

    for (unsigned i = 0; i < ARRAY_SIZE(nitro_timer_intids); i++) {
        qdev_connect_gpio_out(cpu, i,
                              qdev_get_gpio_in(gic, own + nitro_timer_intids[i]));
    }
    qdev_connect_gpio_out_named(
        cpu, "gicv3-maintenance-interrupt", 0,
        qdev_get_gpio_in(gic, own + NITRO_ARM64_GIC_MAINTENANCE_INTID));
    qdev_connect_gpio_out_named(
        cpu, "pmu-interrupt", 0,
        qdev_get_gpio_in(gic, own + NITRO_ARM64_PMU_INTID));
    for (unsigned i = 0; i < ARRAY_SIZE(inputs); i++) {
        sysbus_connect_irq(outputs, index + i * count,
                           qdev_get_gpio_in(cpu, inputs[i]));
    }
}

static qemu_irq nitro_line(NitroMachineState *nms, unsigned intid)
{
    return qdev_get_gpio_in(nms->gic, intid - GIC_INTERNAL);
}

void nitro_board_chips_init(NitroMachineState *nms)
{
    const unsigned cpus = MACHINE(nms)->smp.cpus;
    QList *regions = qlist_new();
    DeviceState *gic = qdev_new(gicv3_class_name());

    qdev_prop_set_uint32(gic, "revision", 3);
    qdev_prop_set_uint32(gic, "num-cpu", cpus);
    qdev_prop_set_uint32(gic, "num-irq", NITRO_ARM64_INTIDS);
    qlist_append_int(regions, cpus);
    qdev_prop_set_array(gic, "redist-region-count", regions);
    sysbus_realize_and_unref(SYS_BUS_DEVICE(gic), &error_fatal);
    sysbus_mmio_map(SYS_BUS_DEVICE(gic), 0, NITRO_ARM64_GIC_DIST);
    sysbus_mmio_map(SYS_BUS_DEVICE(gic), 1, NITRO_ARM64_GIC_REDIST(cpus));
    for (unsigned i = 0; i < cpus; i++) {
        nitro_wire_cpu(gic, i, cpus);
    }
    nms->gic = gic;
    sysbus_create_simple("pl031", NITRO_ARM64_RTC,
                         nitro_line(nms, NITRO_ARM64_RTC_INTID));
}

/* Always there: the firmware has no way to ask for it. */
void nitro_board_serial_init(NitroMachineState *nms, Chardev *chr)
{
    serial_mm_init(get_system_memory(), NITRO_ARM64_UART, 0,
                   nitro_line(nms, NITRO_ARM64_UART_INTID),
                   NITRO_ARM64_BAUD_BASE, chr, DEVICE_LITTLE_ENDIAN);
}

void nitro_board_place_boot_port(SysBusDevice *port)
{
    sysbus_mmio_map(port, 0, NITRO_ARM64_BOOT_PORT);
}

/* vsock comes first, as on the x86-64 board. */
void nitro_board_place_transport(NitroMachineState *nms,
                                 SysBusDevice *transport, unsigned index)
{
    sysbus_mmio_map(transport, 0,
                    NITRO_ARM64_VIRTIO + index * NITRO_ARM64_DEVICE_SIZE);
    sysbus_connect_irq(transport, 0,
                       nitro_line(nms, NITRO_ARM64_VIRTIO_INTID + index));
}

void nitro_board_firmware_init(NitroMachineState *nms, const char *path)
{
    MemoryRegion *rom = g_new(MemoryRegion, 1);

    memory_region_init_rom(rom, NULL, "nitro.firmware",
                           NITRO_ARM64_ROM_SIZE, &error_fatal);
    memory_region_add_subregion(get_system_memory(), NITRO_ARM64_ROM, rom);
    if (load_image_mr(path, rom) < 0) {
        nitro_refuse("bios", "the boot firmware %s cannot be read, or has more "
                     "than %u KiB", path, NITRO_ARM64_ROM_SIZE / 1024);
    }
}

/* ------------------------------------------------------------------ */
/* Registers                                                          */

static void nitro_register(QDict *registers, const char *name, uint64_t value)
{
    g_autofree char *text = g_strdup_printf("%" PRIx64, value);

    qdict_put_str(registers, name, text);
}

QDict *nitro_recording_registers(void)
{
    CPUARMState *env = &ARM_CPU(first_cpu)->env;
    QDict *registers = qdict_new();
    const struct {
        const char *name;
        uint64_t value;
    } system[] = {
        { "sctlr_el1", env->cp15.sctlr_el[1] },
        { "tcr_el1", env->cp15.tcr_el[1] },
        { "ttbr0_el1", env->cp15.ttbr0_el[1] },
        { "ttbr1_el1", env->cp15.ttbr1_el[1] },
        { "mair_el1", env->cp15.mair_el[1] },
        { "vbar_el1", env->cp15.vbar_el[1] },
        { "esr_el1", env->cp15.esr_el[1] },
        { "far_el1", env->cp15.far_el[1] },
        { "elr_el1", env->elr_el[1] },
        { "sp_el0", env->sp_el[0] },
        { "sp_el1", env->sp_el[1] },
        { "tpidr_el0", env->cp15.tpidr_el[0] },
        { "tpidr_el1", env->cp15.tpidr_el[1] },
    };

    nitro_register(registers, "pc", env->pc);
    nitro_register(registers, "pstate", pstate_read(env));
    for (unsigned i = 0; i < ARRAY_SIZE(env->xregs); i++) {
        g_autofree char *name = i < 31 ? g_strdup_printf("x%u", i)
                                       : g_strdup("sp");

        nitro_register(registers, name, env->xregs[i]);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(system); i++) {
        nitro_register(registers, system[i].name, system[i].value);
    }
    for (unsigned i = 0; i < 32; i++) {
        g_autofree char *name = g_strdup_printf("v%u", i);
        g_autofree char *value =
            g_strdup_printf("%016" PRIx64 "%016" PRIx64,
                            env->vfp.zregs[i].d[1], env->vfp.zregs[i].d[0]);

        qdict_put_str(registers, name, value);
    }
    return registers;
}

/* ------------------------------------------------------------------ */
/* Class                                                              */

static GlobalProperty nitro_globals[] = {
    /* One slot per GiB of EIF, see firmware/boot/handover.h. */
    { "fw_cfg_mem", "x-file-slots", "1056" },
};

void nitro_board_class_init(MachineClass *mc)
{
    mc->family = "nitro_enclave_arm64";
    /* Graviton2's. */
    mc->default_cpu_type = ARM_CPU_TYPE_NAME("neoverse-n1");
    /* No CPU of this board has smaller pages. */
    mc->minimum_page_bits = 12;
    compat_props_add(mc->compat_props, nitro_globals,
                     G_N_ELEMENTS(nitro_globals));
}

void nitro_board_instance_init(NitroMachineState *nms)
{
}
