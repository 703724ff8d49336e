/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The x86-64 board: the chips every x86 kernel expects, and where all is
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "exec/address-spaces.h"
#include "hw/char/serial-isa.h"
#include "hw/i386/kvm/clock.h"
#include "hw/input/i8042.h"
#include "hw/intc/i8259.h"
#include "hw/intc/ioapic.h"
#include "hw/irq.h"
#include "hw/isa/isa.h"
#include "hw/qdev-properties.h"
#include "hw/rtc/mc146818rtc.h"
#include "hw/sysbus.h"
#include "hw/timer/i8254.h"
#include "kvm/kvm_i386.h"
#include "system/kvm.h"
#include "qemu-machine/board/nitro-machine.h"
#include "qemu-machine/board/x86/nitro-x86.h"

/*
 * As on the real platform: two transports, 4 KiB apart, IRQ 5 and 6. A real
 * enclave's command line shows where they are, not which device is behind
 * which. Firecracker and QEMU's own nitro-enclave name vsock first, so it is
 * the first here; guests look at the device's id (tst_nitro_machine).
 */
#define NITRO_VIRTIO_BASE 0xd0000000
#define NITRO_VIRTIO_STRIDE 0x1000
#define NITRO_VIRTIO_IRQ 5

static ISABus *nitro_isa_bus;

void nitro_board_firmware_init(NitroMachineState *nms, const char *path)
{
    /* Writable, as on microvm: the firmware keeps its data beside its code. */
    x86_bios_rom_init(X86_MACHINE(nms), nitro_board_firmware,
                      get_system_memory(), true);
}

static void nitro_pic_pit_init(X86MachineState *x86ms, GSIState *gsi_state)
{
    if (x86ms->pic != ON_OFF_AUTO_OFF) {
        qemu_irq *i8259 = i8259_init(nitro_isa_bus, x86_allocate_cpu_irq());

        for (int i = 0; i < ISA_NUM_IRQS; i++) {
            gsi_state->i8259_irq[i] = i8259[i];
        }
        g_free(i8259);
    }
    if (x86ms->pit != ON_OFF_AUTO_OFF) {
        if (kvm_pit_in_kernel()) {
            kvm_pit_init(nitro_isa_bus, 0x40);
        } else {
            nitro_timers_watch_pit(i8254_pit_init(nitro_isa_bus, 0x40, 0,
                                                  NULL));
        }
    }
}

void nitro_board_chips_init(NitroMachineState *nms)
{
    X86MachineState *x86ms = X86_MACHINE(nms);
    GSIState *gsi_state = g_new0(GSIState, 1);

    x86ms->gsi = qemu_allocate_irqs(gsi_handler, gsi_state, IOAPIC_NUM_PINS);
    x86ms->pci_irq_mask = 0;
    nitro_isa_bus = isa_bus_new(NULL, get_system_memory(), get_system_io(),
                                &error_abort);
    isa_bus_register_input_irqs(nitro_isa_bus, x86ms->gsi);
    ioapic_init_gsi(gsi_state, OBJECT(nms));
    if (kvm_enabled()) {
        kvmclock_create(true);
    }
    nitro_pic_pit_init(x86ms, gsi_state);

    /*
     * A real enclave has no RTC. Without kvmclock, though, the guest has no
     * other way to know the date, and certificates need one.
     */
    if (!kvm_enabled()) {
        mc146818_rtc_init(nitro_isa_bus, 2000, NULL);
    }
    /* For `reboot=k`: its reset line ends the enclave. */
    isa_create_simple(nitro_isa_bus, TYPE_I8042);
}

/* COM1, when it is connected to something. */
void nitro_board_serial_init(NitroMachineState *nms, Chardev *chr)
{
    ISADevice *serial;

    if (!chr) {
        return;
    }
    serial = isa_new(TYPE_ISA_SERIAL);
    qdev_prop_set_uint32(DEVICE(serial), "index", 0);
    qdev_prop_set_chr(DEVICE(serial), "chardev", chr);
    isa_realize_and_unref(serial, nitro_isa_bus, &error_fatal);
}

void nitro_board_place_boot_port(SysBusDevice *port)
{
    memory_region_add_subregion(get_system_io(), NITRO_BOOT_PORT,
                                sysbus_mmio_get_region(port, 0));
}

void nitro_board_place_transport(NitroMachineState *nms,
                                 SysBusDevice *transport, unsigned index)
{
    sysbus_mmio_map(transport, 0,
                    NITRO_VIRTIO_BASE + index * NITRO_VIRTIO_STRIDE);
    sysbus_connect_irq(transport, 0,
                       X86_MACHINE(nms)->gsi[NITRO_VIRTIO_IRQ + index]);
}

/* x86 kernels without ACPI find their devices here. */
char *nitro_board_cmdline(NitroMachineState *nms)
{
    GString *text = g_string_new(NULL);

    for (int i = 0; i < nitro_transports(nms); i++) {
        g_string_append_printf(text, " virtio_mmio.device=%dK@0x%x:%d",
                               NITRO_VIRTIO_STRIDE / 1024,
                               NITRO_VIRTIO_BASE + i * NITRO_VIRTIO_STRIDE,
                               NITRO_VIRTIO_IRQ + i);
    }
    return g_string_free(text, false);
}
