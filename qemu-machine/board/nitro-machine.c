/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The nitro-enclave machine
 *
 * An x86 machine that looks like an AWS Nitro enclave to its guest: two
 * virtio-mmio transports at the real addresses, a serial port, an i8042 whose
 * reset ends the enclave, no PCI and no ACPI. The machine plays the hypervisor
 * (measures the EIF, seeds the NSM's PCRs); the firmware, in the guest, loads
 * the EIF. It derives from the x86 machine and not from microvm, whose
 * addresses are fixed. DESIGN.md section 3 describes it.
 */

#include "qemu/osdep.h"
#include "qemu/datadir.h"
#include "qemu/module.h"
#include "qemu/units.h"
#include "qapi/error.h"
#include "qapi/qapi-events-run-state.h"
#include "exec/address-spaces.h"
#include "exec/cpu-common.h"
#include "exec/tb-flush.h"
#include "hw/hotplug.h"
#include "hw/i386/e820_memory_layout.h"
#include "hw/i386/fw_cfg.h"
#include "hw/nvram/fw_cfg.h"
#include "hw/qdev-properties.h"
#include "system/reset.h"
#include "system/runstate.h"
#include "system/runstate-action.h"
#include "system/system.h"
#include "system/tcg.h"
#include "target/i386/cpu.h"
#include "qemu-machine/board/nitro-machine.h"
#include "qemu-machine/board/nitro-refusal.h"
#include "qemu-machine/capture/qemu/nitro-capture.h"
#include "qemu-machine/record/qemu/nitro-recording.h"
#include "qemu-machine/rules/qemu/nitro-break.h"
#include "qemu-machine/vsock/qemu/virtio-vsock.h"

/* Above it there are the virtio transports, the IOAPIC and the firmware. */
#define NITRO_BELOW_4G_MAX (3 * GiB)

NitroMachineState *nitro_machine_get(Error **errp)
{
    Object *machine = object_dynamic_cast(OBJECT(current_machine),
                                          TYPE_NITRO_ENCLAVE_MACHINE);

    if (!machine) {
        error_setg(errp, "this machine is not nitro-enclave");
    }
    return (NitroMachineState *)machine;
}

static void nitro_memory_init(NitroMachineState *nms)
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

/*
 * TCG moves one byte at a time for `rep movsb`, which Linux copies with where
 * CPUID calls it fast. Without these two bits it copies in larger steps.
 */
static GlobalProperty nitro_tcg_globals[] = {
    { X86_CPU_TYPE_NAME("max"), "erms", "off" },
    { X86_CPU_TYPE_NAME("max"), "fsrm", "off" },
};

static void nitro_recording_begin(NitroMachineState *nms)
{
    const char *name = MACHINE(nms)->firmware ?: NITRO_FIRMWARE;
    g_autofree char *firmware = qemu_find_file(QEMU_FILE_TYPE_BIOS, name);

    Error *err = NULL;

    nitro_recording_init(nms->recording, nms->recording_mib * MiB,
                         firmware ?: name, &err);
    if (err) {
        nitro_refuse_error("recording", err);
    }
}

static void nitro_machine_init(MachineState *machine)
{
    NitroMachineState *nms = NITRO_ENCLAVE_MACHINE(machine);
    X86MachineState *x86ms = X86_MACHINE(machine);

    if (x86ms->acpi == ON_OFF_AUTO_ON) {
        nitro_refuse("acpi", "a nitro-enclave has no ACPI: leave out acpi=on");
    }
    nitro_messages_init();
    nitro_parent_init();
    nitro_vcpus_init();
    nitro_monitors_init();
    nitro_properties_complete(nms);
    nitro_check_topology(nms);
    if (nms->reboot == ENCLAVE_REBOOT_TERMINATE) {
        reboot_action = REBOOT_ACTION_SHUTDOWN;
    }
    /* An enclave that does not boot ends QEMU with exit code 1. */
    if (panic_action == PANIC_ACTION_SHUTDOWN) {
        panic_action = PANIC_ACTION_EXIT_FAILURE;
    }

    /* First of all: from here on, clocks and input may be the log's. */
    nitro_recording_begin(nms);
    nms->machine_done.notify = nitro_machine_done;
    qemu_add_machine_init_done_notifier(&nms->machine_done);

    if (nms->capture_id) {
        Error *err = NULL;

        nms->capture_sink = nitro_capture_sink_create(
            OBJECT(nms), nms->capture_id, nms->capture_mib * MiB, &err);
        if (err) {
            nitro_refuse_error("capture", err);
        }
        nms->capture = nitro_capture_sink_core(nms->capture_sink);
    }
    nms->breaks = nitro_breaks_new(nms->capture);
    for (int i = 0; tcg_enabled() && i < G_N_ELEMENTS(nitro_tcg_globals); i++) {
        qdev_prop_register_global(&nitro_tcg_globals[i]);
    }
    nitro_memory_init(nms);
    nitro_launch_init(nms);
    nitro_fwcfg_create(nms);
    x86_cpus_init(x86ms, CPU_VERSION_LATEST);
    nitro_timers_watch_cpus();
    nitro_devices_init(nms);
    nitro_fwcfg_add_enclave(nms);
}

/*
 * An enclave starts with memory that nobody has used. Who looks at it from
 * outside must not find the kernel of an earlier boot either.
 */
static void nitro_forget_memory(MachineState *machine)
{
    MemoryRegion *ram = machine->ram;

    if (ram_block_discard_range(ram->ram_block, 0, machine->ram_size)) {
        memset(memory_region_get_ram_ptr(ram), 0, machine->ram_size);
    }
    memory_region_set_dirty(ram, 0, machine->ram_size);
    if (tcg_enabled()) {
        tb_flush(first_cpu);
    }
}

static void nitro_machine_reset(MachineState *machine, ResetType type)
{
    NitroMachineState *nms = NITRO_ENCLAVE_MACHINE(machine);
    CPUState *cs;

    if (!nitro_recording_is_loading()) {
        nitro_capture_reset(nms->capture,
                            runstate_check(RUN_STATE_PRELAUNCH) ? "power-on"
                            : nms->reset_asked ? "enclave-reset"
                            : "guest-reset");
    }
    if (type == RESET_TYPE_SNAPSHOT_LOAD) {
        virtio_vsock_snapshot_load(nms->vsock);
    } else if (!runstate_check(RUN_STATE_PRELAUNCH)) {
        nitro_forget_memory(machine);
    }
    qemu_devices_reset(type);
    CPU_FOREACH(cs) {
        x86_cpu_after_reset(X86_CPU(cs));
    }
    /* A recording's snapshot has the PCRs; nobody is to hear of others. */
    if (!nitro_recording_is_loading()) {
        nitro_launch_reset(nms);
    }

    /* QEMU is silent about resets that are not subject to -action reboot. */
    if (nms->reset_asked) {
        nms->reset_asked = false;
        qapi_event_send_reset(false, SHUTDOWN_CAUSE_HOST_QMP_SYSTEM_RESET);
    }
}

static HotplugHandler *nitro_get_hotplug_handler(MachineState *machine,
                                                 DeviceState *dev)
{
    /* For the CPUs of -smp; there is no hot plugging. */
    return object_dynamic_cast(OBJECT(dev), TYPE_CPU)
           ? HOTPLUG_HANDLER(machine) : NULL;
}

static void nitro_machine_instance_init(Object *obj)
{
    X86_MACHINE(obj)->acpi = ON_OFF_AUTO_OFF;
    nitro_properties_init(NITRO_ENCLAVE_MACHINE(obj));
}

static void nitro_machine_instance_finalize(Object *obj)
{
    nitro_properties_finalize(NITRO_ENCLAVE_MACHINE(obj));
}

static GlobalProperty nitro_globals[] = {
    { "virtio-mmio", "force-legacy", "off" },
    /* One slot per GiB of EIF, see firmware/boot/handover.h. */
    { "fw_cfg_io", "x-file-slots", "1056" },
    /*
     * For old Windows only.  Its reset waits for the vCPU's thread, which waits
     * for the replay lock that a seek holds while it loads a snapshot.
     */
    { "apic", "vapic", "off" },
};

static void nitro_machine_class_init(ObjectClass *oc, void *data)
{
    MachineClass *mc = MACHINE_CLASS(oc);
    HotplugHandlerClass *hc = HOTPLUG_HANDLER_CLASS(oc);

    mc->desc = "AWS Nitro enclave (Nitroscope)";
    mc->family = "nitro_enclave_i386";
    mc->init = nitro_machine_init;
    mc->reset = nitro_machine_reset;
    mc->max_cpus = NITRO_CPUS_MAX;
    /* The firmware's fast CRC needs PCLMULQDQ, which qemu64 lacks. */
    mc->default_cpu_type = X86_CPU_TYPE_NAME("max");
    mc->default_ram_size = NITRO_MEMORY_MIB_DEFAULT * MiB;
    mc->default_ram_id = "nitro-enclave.ram";
    mc->default_kernel_irqchip_split = true;
    mc->has_hotpluggable_cpus = false;
    mc->nvdimm_supported = false;
    mc->units_per_default_bus = 1;
    mc->no_floppy = 1;
    mc->no_cdrom = 1;
    mc->no_parallel = 1;
    mc->smp_props.dies_supported = true;
    mc->smp_props.modules_supported = true;

    mc->get_hotplug_handler = nitro_get_hotplug_handler;
    hc->pre_plug = x86_cpu_pre_plug;
    hc->plug = x86_cpu_plug;

    compat_props_add(mc->compat_props, nitro_globals,
                     G_N_ELEMENTS(nitro_globals));
    nitro_properties_class_init(oc);
}

static const TypeInfo nitro_machine_info = {
    .name = TYPE_NITRO_ENCLAVE_MACHINE,
    .parent = TYPE_X86_MACHINE,
    .instance_size = sizeof(NitroMachineState),
    .instance_init = nitro_machine_instance_init,
    .instance_finalize = nitro_machine_instance_finalize,
    .class_init = nitro_machine_class_init,
    .interfaces = (InterfaceInfo[]) {
        { TYPE_HOTPLUG_HANDLER },
        { }
    },
};

static void nitro_machine_register_types(void)
{
    type_register_static(&nitro_machine_info);
}

type_init(nitro_machine_register_types)
