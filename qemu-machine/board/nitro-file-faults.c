/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An image that is cut while it is in use does not end QEMU
 *
 * The firmware reads the EIF out of a mapping of the file. When somebody cuts the
 * file (cp over it, a build in place, a file system that is full), what lies
 * behind its new end raises SIGBUS. Zeros take its place then: the measurement
 * sees that the file is another, or the firmware that the checksum is wrong, and
 * the enclave is refused in words.
 */

#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "hw/core/cpu.h"
#include "qemu-machine/board/nitro-machine.h"

/* The EIF and an extra ramdisk. */
#define NITRO_FILES_MAX 2

static struct {
    uintptr_t begin, end;
} nitro_files[NITRO_FILES_MAX];
static struct sigaction nitro_next_action;

/* All of the rest at once: it lies behind the file's end, too. */
static bool nitro_put_zeros(uintptr_t address)
{
    uintptr_t page = address & qemu_real_host_page_mask();

    for (int i = 0; i < NITRO_FILES_MAX; i++) {
        if (address >= nitro_files[i].begin && address < nitro_files[i].end) {
            return mmap((void *)page, nitro_files[i].end - page, PROT_READ,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE,
                        -1, 0) != MAP_FAILED;
        }
    }
    return false;
}

static void nitro_on_sigbus(int number, siginfo_t *info, void *context)
{
    if (info->si_code == BUS_ADRERR &&
        nitro_put_zeros((uintptr_t)info->si_addr)) {
        return;
    }
    if (nitro_next_action.sa_flags & SA_SIGINFO) {
        nitro_next_action.sa_sigaction(number, info, context);
    } else {
        /* The access is tried again, and ends QEMU as it would have. */
        sigaction(SIGBUS, &nitro_next_action, NULL);
    }
}

/* QEMU blocks it in threads; a fault that finds it blocked ends the process. */
static void nitro_unblock_sigbus(CPUState *cpu, run_on_cpu_data data)
{
    sigset_t faults;

    sigemptyset(&faults);
    sigaddset(&faults, SIGBUS);
    pthread_sigmask(SIG_UNBLOCK, &faults, NULL);
}

void nitro_survive_cut_file(const void *data, uint64_t size)
{
    const struct sigaction action = {
        .sa_sigaction = nitro_on_sigbus,
        .sa_flags = SA_SIGINFO,
    };
    static int files;
    CPUState *cpu;

    if (!size) {
        return;
    }
    assert(files < NITRO_FILES_MAX);
    nitro_files[files].begin = (uintptr_t)data;
    nitro_files[files].end = (uintptr_t)data + size;
    if (files++ > 0) {
        return;
    }
    if (sigaction(SIGBUS, &action, &nitro_next_action) != 0) {
        warn_report("QEMU ends when its EIF is cut while it runs: %s",
                    strerror(errno));
    }
    CPU_FOREACH(cpu) {
        async_run_on_cpu(cpu, nitro_unblock_sigbus, RUN_ON_CPU_NULL);
    }
}
