/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that the guest makes QEMU set aside is freed in time
 *
 * QEMU replaces what describes a virtqueue whenever a driver enables it, and
 * frees the old one when no thread can look at it any more (RCU). A virtual CPU
 * that does nothing but write to such registers never leaves the section in
 * which it may look, so a guest could have megabytes set aside in a second,
 * without an end. A look outside now and then is all that it takes.
 */

#include "qemu/osdep.h"
#include "qemu/timer.h"
#include "hw/core/cpu.h"
#include "system/replay.h"
#include "system/tcg.h"
#include "qemu-machine/board/nitro-machine.h"

#define NITRO_VCPUS_MS 100

static QEMUTimer *nitro_vcpus_timer;

static void nitro_vcpus_look_outside(void *opaque)
{
    CPUState *cpu;

    CPU_FOREACH(cpu) {
        /* One that waits for an interrupt is outside. */
        if (!qatomic_read(&cpu->halted)) {
            qemu_cpu_kick(cpu);
        }
    }
    timer_mod(nitro_vcpus_timer,
              qemu_clock_get_ms(QEMU_CLOCK_REALTIME) + NITRO_VCPUS_MS);
}

void nitro_vcpus_init(void)
{
    /* Other accelerators are not in such a section while the guest runs. */
    if (tcg_enabled() && replay_mode == REPLAY_MODE_NONE) {
        nitro_vcpus_timer = timer_new_ms(QEMU_CLOCK_REALTIME,
                                         nitro_vcpus_look_outside, NULL);
        nitro_vcpus_look_outside(NULL);
    }
}
