/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an enclave's board has of its processor architecture
 *
 * All that differs between x86-64 and aarch64: addresses, interrupts, chips,
 * how a kernel learns of them. Each architecture has a folder with these
 * functions and those that recordings ask the board for (nitro-recording.h), of
 * which a QEMU links one; nothing else of the machine or its devices knows which.
 */
#ifndef NITROSCOPE_NITRO_BOARD_H
#define NITROSCOPE_NITRO_BOARD_H

#include "hw/boards.h"
#include "hw/sysbus.h"
#include "firmware/boot/handover.h"

/* The class that the machine derives from: QEMU's x86 CPUs ask theirs. */
#ifdef TARGET_I386
#include "hw/i386/x86.h"
typedef X86MachineState NitroBoardState;
#define TYPE_NITRO_BOARD TYPE_X86_MACHINE
#else
typedef MachineState NitroBoardState;
#define TYPE_NITRO_BOARD TYPE_MACHINE
#endif

typedef struct FWCfgState FWCfgState;
typedef struct NitroMachineState NitroMachineState;

/* Where fw_cfg's DMA register is, for the guard in front of it. */
typedef struct NitroFwcfgPlace {
    MemoryRegion *space;
    hwaddr dma;
} NitroFwcfgPlace;

/* Found in share/nitroscope beside the binary; -bios overrides it. */
extern const char *const nitro_board_firmware;
/* The board's kernels are those of aarch64. */
extern const bool nitro_board_is_arm64;

/* CPU type, defaults of devices, how CPUs are plugged. */
void nitro_board_class_init(MachineClass *mc);
void nitro_board_instance_init(NitroMachineState *nms);

/* In the order in which the machine calls them; they end QEMU with a sentence
 * when the board cannot be what was asked for. */
void nitro_board_check(NitroMachineState *nms);
void nitro_board_memory_init(NitroMachineState *nms);
FWCfgState *nitro_board_fwcfg_create(NitroMachineState *nms,
                                     NitroFwcfgPlace *place);
void nitro_board_cpus_init(NitroMachineState *nms);
/* Interrupt controllers, timers, clocks. */
void nitro_board_chips_init(NitroMachineState *nms);
/* `chr` is NULL when nobody listens. */
void nitro_board_serial_init(NitroMachineState *nms, Chardev *chr);
void nitro_board_place_boot_port(SysBusDevice *port);
void nitro_board_place_transport(NitroMachineState *nms,
                                 SysBusDevice *transport, unsigned index);
/* The file was found. */
void nitro_board_firmware_init(NitroMachineState *nms, const char *path);
/* What only this board's firmware reads: fields of `info` and fw_cfg files. */
void nitro_board_describe(NitroMachineState *nms, FWCfgState *fw_cfg,
                          struct nitro_boot_info *info);
/* What the platform adds to the command line; NULL for nothing. */
char *nitro_board_cmdline(NitroMachineState *nms);

/* After all devices have been reset. */
void nitro_board_reset(void);

/* Bytes of RAM below 4 GiB. */
uint64_t nitro_board_low_memory(NitroMachineState *nms);

#endif
