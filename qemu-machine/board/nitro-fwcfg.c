/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the boot firmware of the nitro-enclave machine gets to read
 *
 * The files of firmware/boot/handover.h. The EIF is handed over as it lies in
 * the page cache: slices of the mapped file, never a copy.
 */

#include "qemu/osdep.h"
#include "qemu/units.h"
#include "hw/nvram/fw_cfg.h"
#include "firmware/boot/handover.h"
#include "qemu-machine/board/nitro-fwcfg-guard.h"
#include "qemu-machine/board/nitro-machine.h"
#include "qemu-machine/board/nitro-refusal.h"

void nitro_fwcfg_create(NitroMachineState *nms)
{
    NitroFwcfgPlace place;

    nms->fw_cfg = nitro_board_fwcfg_create(nms, &place);
    nitro_fwcfg_guard_create(nms, nms->fw_cfg, &place);
}

/* fw_cfg never writes to an item that was added as a file. */
static void nitro_add_mapped(FWCfgState *fw_cfg, const char *name,
                             const void *data, size_t size)
{
    fw_cfg_add_file(fw_cfg, name, (void *)data, size);
}

/* Returns the number of slices. */
static uint32_t nitro_add_eif(FWCfgState *fw_cfg, const uint8_t *eif,
                              uint64_t size)
{
    uint64_t count = DIV_ROUND_UP(size, NITRO_BOOT_SLICE_SIZE);

    if (count > NITRO_BOOT_MAX_SLICES) {
        nitro_refuse("kernel", "the EIF has %" PRIu64 " GiB; more than %u GiB "
                     "cannot be handed to the firmware", count,
                     NITRO_BOOT_MAX_SLICES);
    }
    for (uint32_t i = 0; i < count; i++) {
        uint64_t offset = i * NITRO_BOOT_SLICE_SIZE;
        g_autofree char *name = g_strdup_printf(NITRO_BOOT_SLICE_FILE_FORMAT,
                                                i);

        nitro_add_mapped(fw_cfg, name, eif + offset,
                         MIN(size - offset, NITRO_BOOT_SLICE_SIZE));
    }
    return count;
}

void nitro_fwcfg_add_enclave(NitroMachineState *nms)
{
    MachineState *machine = MACHINE(nms);
    FWCfgState *fw_cfg = nms->fw_cfg;
    struct nitro_boot_info *info = g_new0(struct nitro_boot_info, 1);
    char *platform = nitro_board_cmdline(nms);
    const char *append = machine->kernel_cmdline ?: "";

    info->magic = cpu_to_le32(NITRO_BOOT_INFO_MAGIC);
    info->version = cpu_to_le32(NITRO_BOOT_INFO_VERSION);
    info->slice_size = cpu_to_le64(NITRO_BOOT_SLICE_SIZE);
    info->flags = cpu_to_le32(
        (nms->strict ? NITRO_BOOT_FLAG_STRICT : 0) |
        (nms->checksum_port ? NITRO_BOOT_FLAG_CHECKSUM_PORT : 0));
    QEMU_BUILD_BUG_ON(NITRO_CPUS_MAX > NITRO_BOOT_MAX_CPUS);
    info->cpu_count = cpu_to_le32(machine->smp.cpus);
    nitro_board_describe(nms, fw_cfg, info);

    if (nms->launch) {
        uint64_t size = 0, extra_size = 0;
        const uint8_t *eif = nitro_launch_eif(nms->launch, &size);
        const uint8_t *extra = nitro_launch_extra_ramdisk(nms->launch,
                                                          &extra_size);

        nitro_survive_cut_file(eif, size);
        nitro_survive_cut_file(extra, extra_size);
        info->eif_size = cpu_to_le64(size);
        info->slice_count = cpu_to_le32(nitro_add_eif(fw_cfg, eif, size));
        if (extra_size >= UINT32_MAX) {
            nitro_refuse("initrd", "the ramdisk %s has 4 GiB or more; -initrd "
                         "takes less", machine->initrd_filename);
        }
        if (extra_size) {
            info->extra_ramdisk_size = cpu_to_le64(extra_size);
            nitro_add_mapped(fw_cfg, NITRO_BOOT_RAMDISK_FILE, extra,
                             extra_size);
        }
        if (append[0]) {
            info->append_size = cpu_to_le32(strlen(append));
            nitro_add_mapped(fw_cfg, NITRO_BOOT_APPEND_FILE, append,
                             strlen(append));
        }
    }
    /* fw_cfg keeps the pointers as long as the machine lives. */
    if (platform) {
        fw_cfg_add_file(fw_cfg, NITRO_BOOT_PLATFORM_CMDLINE_FILE, platform,
                        strlen(platform));
    }
    fw_cfg_add_file(fw_cfg, NITRO_BOOT_INFO_FILE, info, sizeof(*info));
}
