/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices of the nitro-enclave machine
 *
 * The console, the boot port, and the two virtio-mmio transports of an enclave:
 * vsock and the NSM. The chips around them are the board's.
 */

#include "qemu/osdep.h"
#include "qemu/datadir.h"
#include "qapi/error.h"
#include "hw/qdev-properties.h"
#include "hw/sysbus.h"
#include "hw/virtio/virtio-mmio.h"
#include "system/system.h"
#include "nsm-device/qemu/virtio-nsm.h"
#include "qemu-machine/board/nitro-boot-port.h"
#include "qemu-machine/board/nitro-machine.h"
#include "qemu-machine/board/nitro-refusal.h"
#include "qemu-machine/capture/qemu/nitro-capture.h"
#include "qemu-machine/vsock/qemu/virtio-vsock.h"

static void nitro_firmware_init(NitroMachineState *nms)
{
    const char *name = MACHINE(nms)->firmware ?: nitro_board_firmware;
    g_autofree char *path = qemu_find_file(QEMU_FILE_TYPE_BIOS, name);

    if (!path) {
        nitro_refuse("bios", "the boot firmware '%s' was not found; it belongs "
                     "into share/nitroscope beside QEMU's bin folder "
                     "(-bios FILE and -L FOLDER look elsewhere)", name);
    }
    nitro_board_firmware_init(nms, path);
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
    DeviceState *nsm = qdev_new(TYPE_VIRTIO_NSM);

    for (int i = 0; i < nitro_transports(nms); i++) {
        DeviceState *transport = qdev_new(TYPE_VIRTIO_MMIO);

        /*
         * Our devices answer a notification in the vCPU's turn.  An eventfd
         * would wake the main loop instead, and the guest wait for it.
         */
        qdev_prop_set_bit(transport, "ioeventfd", i >= NITRO_VIRTIO_TRANSPORTS);
        sysbus_realize_and_unref(SYS_BUS_DEVICE(transport), &error_fatal);
        nitro_board_place_transport(nms, SYS_BUS_DEVICE(transport), i);
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

void nitro_devices_init(NitroMachineState *nms)
{
    Chardev *chr = serial_hd(0);

    nitro_board_chips_init(nms);
    if (chr) {
        chr = nitro_capture_tap_console(nms->capture_sink, chr, &error_fatal);
    }
    nitro_board_serial_init(nms, chr);
    nms->boot_port = nitro_boot_port_create(nms);
    nitro_virtio_init(nms);
    nitro_firmware_init(nms);
}
