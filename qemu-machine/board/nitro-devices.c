/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices of the nitro-enclave machine
 *
 * The chips every x86 kernel expects, the boot port, and the two virtio-mmio
 * transports of an enclave: vsock and the NSM.
 */

#include "qemu/osdep.h"
#include "qemu/datadir.h"
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
#include "hw/virtio/virtio-mmio.h"
#include "kvm/kvm_i386.h"
#include "system/kvm.h"
#include "system/system.h"
#include "nsm-device/qemu/virtio-nsm.h"
#include "qemu-machine/board/nitro-boot-port.h"
#include "qemu-machine/board/nitro-machine.h"
#include "qemu-machine/board/nitro-refusal.h"
#include "qemu-machine/capture/qemu/nitro-capture.h"
#include "qemu-machine/vsock/qemu/virtio-vsock.h"

static void nitro_firmware_init(X86MachineState *x86ms)
{
    const char *name = MACHINE(x86ms)->firmware ?: NITRO_FIRMWARE;
    g_autofree char *path = qemu_find_file(QEMU_FILE_TYPE_BIOS, name);

    if (!path) {
        nitro_refuse("bios", "the boot firmware '%s' was not found; it belongs "
                     "into share/nitroscope beside QEMU's bin folder "
                     "(-bios FILE and -L FOLDER look elsewhere)", name);
    }
    /* Writable, as on microvm: the firmware keeps its data beside its code. */
    x86_bios_rom_init(x86ms, NITRO_FIRMWARE, get_system_memory(), true);
}

static void nitro_pic_pit_init(X86MachineState *x86ms, ISABus *isa_bus,
                               GSIState *gsi_state)
{
    if (x86ms->pic != ON_OFF_AUTO_OFF) {
        qemu_irq *i8259 = i8259_init(isa_bus, x86_allocate_cpu_irq());

        for (int i = 0; i < ISA_NUM_IRQS; i++) {
            gsi_state->i8259_irq[i] = i8259[i];
        }
        g_free(i8259);
    }
    if (x86ms->pit != ON_OFF_AUTO_OFF) {
        if (kvm_pit_in_kernel()) {
            kvm_pit_init(isa_bus, 0x40);
        } else {
            nitro_timers_watch_pit(i8254_pit_init(isa_bus, 0x40, 0, NULL));
        }
    }
}

/* A text that was not given stays unset. */
static void nitro_set_text(DeviceState *dev, const char *name,
                           const char *value)
{
    if (value) {
        qdev_prop_set_string(dev, name, value);
    }
}

/* The devices check what the machine's properties hand on to them. */
static void nitro_plug(NitroMachineState *nms, DeviceState *device,
                       unsigned transport)
{
    Error *err = NULL;

    if (!qdev_realize_and_unref(
            device, BUS(&VIRTIO_MMIO(nms->transports[transport])->bus),
            &err)) {
        nitro_refuse_error(NULL, err);
    }
}

static void nitro_vsock_init(NitroMachineState *nms)
{
    DeviceState *vsock = qdev_new(TYPE_VIRTIO_VSOCK);

    if (nms->enclave_cid) {
        qdev_prop_set_uint64(vsock, "guest-cid", nms->enclave_cid);
    }
    nitro_set_text(vsock, "path", nms->vsock_path);
    nitro_set_text(vsock, "routes", nms->vsock_routes);
    nitro_set_text(vsock, "heartbeat", nms->heartbeat);
    /* As on EC2, the parent reads the console of a debuggable enclave only. */
    qdev_prop_set_bit(vsock, "console", nms->debug_mode);
    /* Not "vsock": that is a property, as of QEMU's own machine. */
    object_property_add_child(OBJECT(nms), "virtio-vsock", OBJECT(vsock));
    nitro_plug(nms, vsock, NITRO_VIRTIO_VSOCK);
    nms->vsock = VIRTIO_VSOCK(vsock);
    virtio_vsock_set_capture(nms->vsock, nms->capture);
    virtio_vsock_set_breaks(nms->vsock, nms->breaks);
}

int nitro_transports(const NitroMachineState *nms)
{
    return nms->extra_transport ? NITRO_VIRTIO_TRANSPORTS_MAX
                                : NITRO_VIRTIO_TRANSPORTS;
}

static void nitro_virtio_init(NitroMachineState *nms)
{
    X86MachineState *x86ms = X86_MACHINE(nms);
    DeviceState *nsm = qdev_new(TYPE_VIRTIO_NSM);

    for (int i = 0; i < nitro_transports(nms); i++) {
        DeviceState *transport = qdev_new(TYPE_VIRTIO_MMIO);

        /*
         * Our devices answer a notification in the vCPU's turn.  An eventfd
         * would wake the main loop instead, and the guest wait for it.
         */
        qdev_prop_set_bit(transport, "ioeventfd", i >= NITRO_VIRTIO_TRANSPORTS);
        sysbus_realize_and_unref(SYS_BUS_DEVICE(transport), &error_fatal);
        sysbus_mmio_map(SYS_BUS_DEVICE(transport), 0,
                        NITRO_VIRTIO_BASE + i * NITRO_VIRTIO_STRIDE);
        sysbus_connect_irq(SYS_BUS_DEVICE(transport), 0,
                           x86ms->gsi[NITRO_VIRTIO_IRQ + i]);
        nms->transports[i] = transport;
    }

    qdev_prop_set_string(nsm, "module-id", nms->module_id);
    qdev_prop_set_bit(nsm, "debug-mode", nms->debug_mode);
    qdev_prop_set_bit(nsm, "definite-payload", nms->definite_payload);
    nitro_set_text(nsm, "pki-directory", nms->pki_directory);
    nitro_set_text(nsm, "ca-key", nms->ca_key);
    nitro_set_text(nsm, "ca-chain", nms->ca_chain);
    nitro_set_text(nsm, "region", nms->region);
    nitro_set_text(nsm, "version", nms->nsm_version);
    object_property_add_child(OBJECT(nms), "nsm", OBJECT(nsm));
    nitro_plug(nms, nsm, NITRO_VIRTIO_NSM);
    nms->nsm = VIRTIO_NSM(nsm);
    virtio_nsm_set_capture(nms->nsm, nms->capture);
    virtio_nsm_set_breaks(nms->nsm, nms->breaks);
    nitro_vsock_init(nms);
}

/* COM1, when it is connected to something. */
static void nitro_serial_init(NitroMachineState *nms, ISABus *isa_bus)
{
    Chardev *chr = serial_hd(0);
    ISADevice *serial;

    if (!chr) {
        return;
    }
    chr = nitro_capture_tap_console(nms->capture_sink, chr, &error_fatal);
    serial = isa_new(TYPE_ISA_SERIAL);
    qdev_prop_set_uint32(DEVICE(serial), "index", 0);
    qdev_prop_set_chr(DEVICE(serial), "chardev", chr);
    isa_realize_and_unref(serial, isa_bus, &error_fatal);
}

void nitro_devices_init(NitroMachineState *nms)
{
    X86MachineState *x86ms = X86_MACHINE(nms);
    GSIState *gsi_state = g_new0(GSIState, 1);
    ISABus *isa_bus;

    x86ms->gsi = qemu_allocate_irqs(gsi_handler, gsi_state, IOAPIC_NUM_PINS);
    x86ms->pci_irq_mask = 0;
    isa_bus = isa_bus_new(NULL, get_system_memory(), get_system_io(),
                          &error_abort);
    isa_bus_register_input_irqs(isa_bus, x86ms->gsi);
    ioapic_init_gsi(gsi_state, OBJECT(nms));
    if (kvm_enabled()) {
        kvmclock_create(true);
    }
    nitro_pic_pit_init(x86ms, isa_bus, gsi_state);

    /*
     * A real enclave has no RTC. Without kvmclock, though, the guest has no
     * other way to know the date, and certificates need one.
     */
    if (!kvm_enabled()) {
        mc146818_rtc_init(isa_bus, 2000, NULL);
    }
    /* For `reboot=k`: its reset line ends the enclave. */
    isa_create_simple(isa_bus, TYPE_I8042);
    nitro_serial_init(nms, isa_bus);

    nms->boot_port = nitro_boot_port_create(isa_bus, nms);
    nitro_virtio_init(nms);
    nitro_firmware_init(x86ms);
}
