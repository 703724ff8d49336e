/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The x86-64 board: memory, CPUs and what the firmware learns of them
 *
 * Two virtio-mmio transports at the real addresses, a serial port, an i8042
 * whose reset ends the enclave, no PCI and no ACPI. It derives from the x86
 * machine and not from microvm, whose addresses are fixed.
 */

#include "qemu/osdep.h"
#include "qemu/units.h"
#include "exec/address-spaces.h"
#include "exec/cpu-common.h"
#include "hw/hotplug.h"
#include "hw/i386/e820_memory_layout.h"
#include "hw/i386/fw_cfg.h"
#include "hw/nvram/fw_cfg.h"
#include "hw/qdev-properties.h"
#include "system/system.h"
#include "system/tcg.h"
#include "target/i386/cpu.h"
#include "qemu-machine/board/nitro-machine.h"
#include "qemu-machine/board/nitro-refusal.h"
#include "qemu-machine/board/x86/nitro-x86.h"
#include "qemu-machine/record/qemu/nitro-recording.h"

/* Above it there are the virtio transports, the IOAPIC and the firmware. */
#define NITRO_BELOW_4G_MAX (3 * GiB)

/* APIC ids are bytes in the MP table, and 255 addresses all CPUs. */
#define NITRO_MAX_APIC_ID 254

const char *const nitro_board_firmware = "nitroscope-boot.rom";
const bool nitro_board_is_arm64 = false;

/* The MP table has one byte for an APIC id, and some topologies leave gaps. */
static void nitro_check_topology(NitroMachineState *nms)
{
    MachineState *machine = MACHINE(nms);
    uint32_t last = x86_cpu_apic_id_from_index(X86_MACHINE(nms),
                                               machine->smp.max_cpus - 1);

    if (last > NITRO_MAX_APIC_ID) {
        nitro_refuse("smp", "this -smp topology needs APIC ids up to %" PRIu32
                     ", but an enclave has none above %u: use fewer CPUs, or "
                     "counts of cores and threads that are powers of two",
                     last, NITRO_MAX_APIC_ID);
    }
}

static void nitro_machine_done(Notifier *notifier, void *data)
{
    NitroMachineState *nms = container_of(notifier, NitroMachineState,
                                          machine_done);

    fw_cfg_add_e820(X86_MACHINE(nms)->fw_cfg);
}

void nitro_board_check(NitroMachineState *nms)
{
    if (X86_MACHINE(nms)->acpi == ON_OFF_AUTO_ON) {
        nitro_refuse("acpi", "a nitro-enclave has no ACPI: leave out acpi=on");
    }
    nitro_check_topology(nms);
    nms->machine_done.notify = nitro_machine_done;
    qemu_add_machine_init_done_notifier(&nms->machine_done);
}

void nitro_board_memory_init(NitroMachineState *nms)
{
    MachineState *machine = MACHINE(nms);
    X86MachineState *x86ms = X86_MACHINE(nms);
    MemoryRegion *below = g_new(MemoryRegion, 1);

    x86ms->below_4g_mem_size = MIN(machine->ram_size, NITRO_BELOW_4G_MAX);
    x86ms->above_4g_mem_size = machine->ram_size - x86ms->below_4g_mem_size;

    memory_region_init_alias(below, OBJECT(nms), "ram-below-4g", machine->ram,
                             0, x86ms->below_4g_mem_size);
    memory_region_add_subregion(get_system_memory(), 0, below);
    e820_add_entry(0, x86ms->below_4g_mem_size, E820_RAM);

    if (x86ms->above_4g_mem_size) {
        MemoryRegion *above = g_new(MemoryRegion, 1);

        memory_region_init_alias(above, OBJECT(nms), "ram-above-4g",
                                 machine->ram, x86ms->below_4g_mem_size,
                                 x86ms->above_4g_mem_size);
        memory_region_add_subregion(get_system_memory(), 4 * GiB, above);
        e820_add_entry(4 * GiB, x86ms->above_4g_mem_size, E820_RAM);
    }
}

uint64_t nitro_board_low_memory(NitroMachineState *nms)
{
    return X86_MACHINE(nms)->below_4g_mem_size;
}

uint64_t nitro_recording_address(uint64_t offset)
{
    uint64_t below = X86_MACHINE(qdev_get_machine())->below_4g_mem_size;

    return offset < below ? offset : offset - below + 4 * GiB;
}

FWCfgState *nitro_board_fwcfg_create(NitroMachineState *nms,
                                     NitroFwcfgPlace *place)
{
    MachineState *machine = MACHINE(nms);
    FWCfgState *fw_cfg = fw_cfg_init_io_dma(FW_CFG_IO_BASE, FW_CFG_IO_BASE + 4,
                                            &address_space_memory);

    /* As on every x86 machine; the CPU code updates the first one. */
    fw_cfg_add_i16(fw_cfg, FW_CFG_NB_CPUS, machine->smp.cpus);
    fw_cfg_add_i16(fw_cfg, FW_CFG_MAX_CPUS, machine->smp.max_cpus);
    fw_cfg_add_i64(fw_cfg, FW_CFG_RAM_SIZE, machine->ram_size);
    X86_MACHINE(nms)->fw_cfg = fw_cfg;
    X86_MACHINE(nms)->ioapic_as = &address_space_memory;
    *place = (NitroFwcfgPlace) { get_system_io(), FW_CFG_IO_BASE + 4 };
    return fw_cfg;
}

/* The memory map, etc/e820, follows when the machine is done. */
void nitro_board_describe(NitroMachineState *nms, FWCfgState *fw_cfg,
                          struct nitro_boot_info *info)
{
    MachineState *machine = MACHINE(nms);
    const CPUArchIdList *cpus =
        MACHINE_GET_CLASS(machine)->possible_cpu_arch_ids(machine);

    for (unsigned i = 0; i < machine->smp.cpus; i++) {
        info->apic_ids[i] = cpus->cpus[i].arch_id;
    }
}

/*
 * TCG moves one byte at a time for `rep movsb`, which Linux copies with where
 * CPUID calls it fast. Without these two bits it copies in larger steps.
 */
static GlobalProperty nitro_tcg_globals[] = {
    { X86_CPU_TYPE_NAME("max"), "erms", "off" },
    { X86_CPU_TYPE_NAME("max"), "fsrm", "off" },
};

void nitro_board_cpus_init(NitroMachineState *nms)
{
    for (int i = 0; tcg_enabled() && i < G_N_ELEMENTS(nitro_tcg_globals); i++) {
        qdev_prop_register_global(&nitro_tcg_globals[i]);
    }
    x86_cpus_init(X86_MACHINE(nms), CPU_VERSION_LATEST);
    nitro_timers_watch_cpus();
}

void nitro_board_reset(void)
{
    CPUState *cs;

    CPU_FOREACH(cs) {
        x86_cpu_after_reset(X86_CPU(cs));
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
    static const char *const general[] = {
        [R_EAX] = "rax", [R_ECX] = "rcx", [R_EDX] = "rdx", [R_EBX] = "rbx",
        [R_ESP] = "rsp", [R_EBP] = "rbp", [R_ESI] = "rsi", [R_EDI] = "rdi",
        "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
    };
    static const char *const segments[] = {
        [R_ES] = "es", [R_CS] = "cs", [R_SS] = "ss",
        [R_DS] = "ds", [R_FS] = "fs", [R_GS] = "gs",
    };
    static const char *const control[] = { "cr0", NULL, "cr2", "cr3", "cr4" };
    CPUX86State *env = &X86_CPU(first_cpu)->env;
    QDict *registers = qdict_new();

    nitro_register(registers, "rip", env->eip);
    nitro_register(registers, "eflags", cpu_compute_eflags(env));
    for (int i = 0; i < ARRAY_SIZE(general); i++) {
        nitro_register(registers, general[i], env->regs[i]);
    }
    for (int i = 0; i < ARRAY_SIZE(segments); i++) {
        g_autofree char *base = g_strdup_printf("%s_base", segments[i]);

        nitro_register(registers, segments[i], env->segs[i].selector);
        nitro_register(registers, base, env->segs[i].base);
    }
    for (int i = 0; i < ARRAY_SIZE(control); i++) {
        if (control[i]) {
            nitro_register(registers, control[i], env->cr[i]);
        }
    }
    nitro_register(registers, "efer", env->efer);
    nitro_register(registers, "k_gs_base", env->kernelgsbase);
    nitro_register(registers, "lstar", env->lstar);
    nitro_register(registers, "gdtr", env->gdt.base);
    nitro_register(registers, "idtr", env->idt.base);
    nitro_register(registers, "mxcsr", env->mxcsr);
    for (int i = 0; i < 16; i++) {
        g_autofree char *name = g_strdup_printf("xmm%d", i);
        g_autofree char *value =
            g_strdup_printf("%016" PRIx64 "%016" PRIx64,
                            env->xmm_regs[i].ZMM_Q(1), env->xmm_regs[i].ZMM_Q(0));

        qdict_put_str(registers, name, value);
    }
    return registers;
}

/* ------------------------------------------------------------------ */
/* Class                                                              */

static HotplugHandler *nitro_get_hotplug_handler(MachineState *machine,
                                                 DeviceState *dev)
{
    /* For the CPUs of -smp; there is no hot plugging. */
    return object_dynamic_cast(OBJECT(dev), TYPE_CPU)
           ? HOTPLUG_HANDLER(machine) : NULL;
}

static GlobalProperty nitro_globals[] = {
    /* One slot per GiB of EIF, see firmware/boot/handover.h. */
    { "fw_cfg_io", "x-file-slots", "1056" },
    /*
     * For old Windows only.  Its reset waits for the vCPU's thread, which waits
     * for the replay lock that a seek holds while it loads a snapshot.
     */
    { "apic", "vapic", "off" },
};

void nitro_board_class_init(MachineClass *mc)
{
    HotplugHandlerClass *hc = HOTPLUG_HANDLER_CLASS(mc);

    mc->family = "nitro_enclave_i386";
    /* The firmware's fast CRC needs PCLMULQDQ, which qemu64 lacks. */
    mc->default_cpu_type = X86_CPU_TYPE_NAME("max");
    mc->default_kernel_irqchip_split = true;
    mc->smp_props.dies_supported = true;
    mc->smp_props.modules_supported = true;

    mc->get_hotplug_handler = nitro_get_hotplug_handler;
    hc->pre_plug = x86_cpu_pre_plug;
    hc->plug = x86_cpu_plug;

    compat_props_add(mc->compat_props, nitro_globals,
                     G_N_ELEMENTS(nitro_globals));
}

void nitro_board_instance_init(NitroMachineState *nms)
{
    X86_MACHINE(nms)->acpi = ON_OFF_AUTO_OFF;
}
