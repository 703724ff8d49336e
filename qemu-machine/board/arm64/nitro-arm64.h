/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Of the aarch64 board alone; see nitro-board.h for what others call. */
#ifndef NITROSCOPE_NITRO_ARM64_H
#define NITROSCOPE_NITRO_ARM64_H

#include "qemu-machine/board/nitro-machine.h"

/*
 * nitro-arm64-tree.c: the flattened device tree of a machine that is complete
 * but for the EIF, which the firmware fills in. The caller frees it.
 */
void *nitro_arm64_tree(NitroMachineState *nms, size_t *size);

#endif
