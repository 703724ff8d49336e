/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the guest may ask of fw_cfg's DMA port; see the header
 */

#include "qemu/osdep.h"
#include "exec/address-spaces.h"
#include "hw/nvram/fw_cfg.h"
#include "system/dma.h"
#include "firmware/boot/handover.h"
#include "qemu-machine/board/nitro-boot-port.h"
#include "qemu-machine/board/nitro-fwcfg-guard.h"
#include "qemu-machine/board/nitro-guest-ram.h"

#define NITRO_FWCFG_DMA_SIZE 8

typedef struct NitroFwcfgGuard {
    MemoryRegion io;
    NitroMachineState *nms;
    FWCfgState *fw_cfg;
} NitroFwcfgGuard;

static bool nitro_may_transfer(const NitroFwcfgGuard *guard, uint64_t where)
{
    FWCfgDmaAccess access;
    uint32_t control;

    if (nitro_boot_port_handed_off(guard->nms->boot_port)) {
        return false;
    }
    if (dma_memory_read(guard->fw_cfg->dma_as, where, &access, sizeof(access),
                        MEMTXATTRS_UNSPECIFIED) != MEMTX_OK) {
        return true; /* fw_cfg says so itself */
    }
    control = be32_to_cpu(access.control);
    if (!(control & (FW_CFG_DMA_CTL_READ | FW_CFG_DMA_CTL_WRITE))) {
        return true; /* selects or skips, which takes no time */
    }
    return be32_to_cpu(access.length) <= NITRO_BOOT_SLICE_SIZE &&
           nitro_is_guest_ram(be64_to_cpu(access.address),
                              be32_to_cpu(access.length));
}

static uint64_t nitro_fwcfg_guard_read(void *opaque, hwaddr addr,
                                       unsigned size)
{
    const MemoryRegion *port = &((NitroFwcfgGuard *)opaque)->fw_cfg->dma_iomem;

    return port->ops->read(port->opaque, addr, size);
}

static void nitro_fwcfg_guard_write(void *opaque, hwaddr addr, uint64_t value,
                                    unsigned size)
{
    NitroFwcfgGuard *guard = opaque;
    FWCfgState *fw_cfg = guard->fw_cfg;
    bool starts = size == 8 || addr == 4;
    uint64_t where = size == 8 ? value : fw_cfg->dma_addr | value;

    if (starts && !nitro_may_transfer(guard, where)) {
        fw_cfg->dma_addr = 0;
        stl_be_dma(fw_cfg->dma_as, where + offsetof(FWCfgDmaAccess, control),
                   FW_CFG_DMA_CTL_ERROR, MEMTXATTRS_UNSPECIFIED);
        return;
    }
    fw_cfg->dma_iomem.ops->write(fw_cfg->dma_iomem.opaque, addr, value, size);
}

static bool nitro_fwcfg_guard_accepts(void *opaque, hwaddr addr, unsigned size,
                                      bool is_write, MemTxAttrs attrs)
{
    const MemoryRegion *port = &((NitroFwcfgGuard *)opaque)->fw_cfg->dma_iomem;

    return port->ops->valid.accepts(port->opaque, addr, size, is_write, attrs);
}

static const MemoryRegionOps nitro_fwcfg_guard_ops = {
    .read = nitro_fwcfg_guard_read,
    .write = nitro_fwcfg_guard_write,
    .endianness = DEVICE_BIG_ENDIAN,
    .valid.accepts = nitro_fwcfg_guard_accepts,
    .valid.max_access_size = 8,
    .impl.max_access_size = 8,
};

void nitro_fwcfg_guard_create(NitroMachineState *nms, FWCfgState *fw_cfg,
                              const NitroFwcfgPlace *place)
{
    NitroFwcfgGuard *guard = g_new0(NitroFwcfgGuard, 1);

    guard->nms = nms;
    guard->fw_cfg = fw_cfg;
    memory_region_init_io(&guard->io, OBJECT(nms), &nitro_fwcfg_guard_ops,
                          guard, "nitro.fwcfg-dma", NITRO_FWCFG_DMA_SIZE);
    memory_region_add_subregion_overlap(place->space, place->dma, &guard->io,
                                        1);
}
