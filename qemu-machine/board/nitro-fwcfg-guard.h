/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the guest may ask of fw_cfg's DMA port
 *
 * QEMU's fw_cfg carries out a transfer of up to 4 GiB in the vCPU's turn, with
 * the big lock held, and byte by byte when its target is not memory: one
 * instruction of a hostile guest would hold the machine for a minute. Only the
 * boot firmware has business there. So once the kernel is entered every
 * transfer is refused, and before that those that do not end in RAM or are
 * larger than a slice of the EIF. What is refused is answered as fw_cfg
 * answers, with FW_CFG_DMA_CTL_ERROR.
 */
#ifndef NITROSCOPE_NITRO_FWCFG_GUARD_H
#define NITROSCOPE_NITRO_FWCFG_GUARD_H

#include "hw/nvram/fw_cfg.h"
#include "qemu-machine/board/nitro-machine.h"

/* In front of the DMA port of `fw_cfg`; lives as long as the machine. */
void nitro_fwcfg_guard_create(NitroMachineState *nms, FWCfgState *fw_cfg,
                              const NitroFwcfgPlace *place);

#endif
