/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Of the x86-64 board alone; see nitro-board.h for what others call. */
#ifndef NITROSCOPE_NITRO_X86_H
#define NITROSCOPE_NITRO_X86_H

#include "hw/isa/isa.h"

/* nitro-x86-timers.c: a guest's timers do not keep the main loop for themselves. */
void nitro_timers_watch_cpus(void);
void nitro_timers_watch_pit(ISADevice *pit);

#endif
