/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NSM requests and their answers as a source of breaks
 */
#ifndef NITROSCOPE_NSM_BREAK_H
#define NITROSCOPE_NSM_BREAK_H

#include "nsm-device/core/nsm.h"
#include "qemu-machine/rules/qemu/nitro-break.h"

/* What nitro_break_hit() gets for ENCLAVE_BREAK_SOURCE_NSM. */
typedef struct NsmBreakEvent {
    const NsmQuestion *question;
    const NsmAnswer *answer;    /* NULL: the request is not handled yet */
} NsmBreakEvent;

void nsm_break_register(NitroBreaks *breaks);

#endif
