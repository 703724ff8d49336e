/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The nitro-enclave machine
 *
 * A machine that looks like an AWS Nitro enclave to its guest. The machine plays
 * the hypervisor (measures the EIF, seeds the NSM's PCRs); the firmware, in the
 * guest, loads the EIF. What the board is made of is its architecture's
 * (nitro-board.h).
 */

#include "qemu/osdep.h"
#include "qemu/datadir.h"
#include "qemu/module.h"
#include "qemu/units.h"
#include "qapi/error.h"
#include "qapi/qapi-events-run-state.h"
#include "exec/cpu-common.h"
#include "exec/tb-flush.h"
#include "hw/core/cpu.h"
#include "hw/qdev-properties.h"
#include "system/reset.h"
#include "system/runstate.h"
#include "system/runstate-action.h"
#include "system/system.h"
#include "system/tcg.h"
#include "qemu-machine/board/nitro-machine.h"
#include "qemu-machine/board/nitro-refusal.h"
#include "qemu-machine/capture/qemu/nitro-capture.h"
#include "qemu-machine/record/qemu/nitro-recording.h"
#include "qemu-machine/rules/qemu/nitro-break.h"
#include "qemu-machine/vsock/qemu/virtio-vsock.h"

NitroMachineState *nitro_machine_get(Error **errp)
{
    Object *machine = object_dynamic_cast(OBJECT(current_machine),
                                          TYPE_NITRO_ENCLAVE_MACHINE);

    if (!machine) {
        error_setg(errp, "this machine is not nitro-enclave");
    }
    return (NitroMachineState *)machine;
}

static void nitro_recording_begin(NitroMachineState *nms)
{
    const char *name = MACHINE(nms)->firmware ?: nitro_board_firmware;
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

    nitro_messages_init();
    nitro_parent_init();
    nitro_vcpus_init();
    nitro_monitors_init();
    nitro_properties_complete(nms);
    nitro_board_check(nms);
    if (nms->reboot == ENCLAVE_REBOOT_TERMINATE) {
        reboot_action = REBOOT_ACTION_SHUTDOWN;
    }
    /* An enclave that does not boot ends QEMU with exit code 1. */
    if (panic_action == PANIC_ACTION_SHUTDOWN) {
        panic_action = PANIC_ACTION_EXIT_FAILURE;
    }

    /* First of all: from here on, clocks and input may be the log's. */
    nitro_recording_begin(nms);

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
    nitro_board_memory_init(nms);
    nitro_launch_init(nms);
    nitro_fwcfg_create(nms);
    nitro_board_cpus_init(nms);
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
    nitro_board_reset();
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

static void nitro_machine_instance_init(Object *obj)
{
    nitro_board_instance_init(NITRO_ENCLAVE_MACHINE(obj));
    nitro_properties_init(NITRO_ENCLAVE_MACHINE(obj));
}

static void nitro_machine_instance_finalize(Object *obj)
{
    nitro_properties_finalize(NITRO_ENCLAVE_MACHINE(obj));
}

static GlobalProperty nitro_globals[] = {
    { "virtio-mmio", "force-legacy", "off" },
};

static void nitro_machine_class_init(ObjectClass *oc, void *data)
{
    MachineClass *mc = MACHINE_CLASS(oc);

    mc->desc = "AWS Nitro enclave (Nitroscope)";
    mc->init = nitro_machine_init;
    mc->reset = nitro_machine_reset;
    mc->max_cpus = NITRO_CPUS_MAX;
    mc->default_ram_size = NITRO_MEMORY_MIB_DEFAULT * MiB;
    mc->default_ram_id = "nitro-enclave.ram";
    mc->has_hotpluggable_cpus = false;
    mc->nvdimm_supported = false;
    mc->units_per_default_bus = 1;
    mc->no_floppy = 1;
    mc->no_cdrom = 1;
    mc->no_parallel = 1;

    compat_props_add(mc->compat_props, nitro_globals,
                     G_N_ELEMENTS(nitro_globals));
    nitro_board_class_init(mc);
    nitro_properties_class_init(oc);
}

static const TypeInfo nitro_machine_info = {
    .name = TYPE_NITRO_ENCLAVE_MACHINE,
    .parent = TYPE_NITRO_BOARD,
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
