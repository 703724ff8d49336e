/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The boot port of the nitro-enclave machine
 *
 * Through this port, and through nothing else, the firmware tells the machine
 * how far it is (firmware/boot/handover.h). The device keeps the history for
 * query-enclave and turns reports into events.
 */
#ifndef NITROSCOPE_NITRO_BOOT_PORT_H
#define NITROSCOPE_NITRO_BOOT_PORT_H

#include "qemu-machine/board/nitro-machine.h"

NitroBootPort *nitro_boot_port_create(NitroMachineState *nms);

/* Since the last reset; the caller frees. */
EnclaveStageRecordList *nitro_boot_port_stages(const NitroBootPort *port);
/* The kernel was entered, or may be at any moment. */
bool nitro_boot_port_handed_off(const NitroBootPort *port);
/* NULL when nothing failed. */
EnclaveBootFailure *nitro_boot_port_failure(const NitroBootPort *port);

#endif
