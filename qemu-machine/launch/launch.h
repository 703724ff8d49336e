/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * C interface of the launch library: what the real platform does with an EIF before the enclave's first instruction. The
 * library maps the file, judges it, and measures it on threads of its own into PCR 0, 1, 2 and 8 while the guest's firmware
 * already loads it. The machine asks for the outcome when the firmware is about to enter the kernel.
 *
 * The library knows neither QEMU nor Qt. No function throws, aborts or calls exit. One NitroLaunch must not be used by two
 * threads at once; the library's own threads are hidden inside. All offsets are bytes from the start of the EIF.
 *
 * The rules come from the EIF description in AWS's image-format repository; the codes (E19, E26, E35, E36, E59) are those of
 * nitro-cli, because they are what a user would have seen on EC2.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "firmware/boot/handover.h" /* NITRO_MEASURE_* */
#include "qemu-machine/launch/launch_problem.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    NITRO_LAUNCH_MAX_SECTIONS = 32,
    NITRO_LAUNCH_DIGEST_BYTES = 48, /* SHA-384 */
};

typedef struct NitroLaunch NitroLaunch;

typedef struct NitroLaunchOptions {
    const char *eif_path;
    const char *append;      /* text added to the command line after one space, and measured; NULL or "" for none */
    const char *initrd_path; /* file added as a last ramdisk, and measured; NULL or "" for none */
    uint64_t ram_size;       /* bytes of guest memory; 0 = do not judge memory */
    uint64_t ram_below_4g;   /* bytes of it below 4 GiB; 0 = all of it up to 3 GiB */
    int strict;              /* 0: what would be refused becomes a warning where the machine can go on at all */
    int preflight;           /* 0: judge nothing but the file itself; the firmware is then the only judge */
    int arm64;               /* 1: the machine boots aarch64 images, and no others */
    int64_t now_seconds;     /* Unix time against which certificate dates are checked */
} NitroLaunchOptions;

typedef struct NitroLaunchSection {
    uint16_t type;          /* 1 kernel, 2 cmdline, 3 ramdisk, 4 signature, 5 metadata; anything else as found */
    uint64_t header_offset; /* of the 12-byte section header */
    uint64_t offset;        /* of the section's data */
    uint64_t size;          /* of the section's data */
} NitroLaunchSection;

typedef struct NitroLaunchFacts {
    uint64_t eif_size;
    uint16_t version;
    uint16_t flags;
    uint32_t stored_crc;
    uint32_t computed_crc; /* valid once nitro_launch_poll() is no longer BUSY and the structure was sound */
    uint32_t section_count;
    NitroLaunchSection sections[NITRO_LAUNCH_MAX_SECTIONS];
    uint64_t memory_needed; /* bytes of guest memory needed to boot, 0 when unknown */
} NitroLaunchFacts;

/*
 * Opens, maps and judges the EIF and starts the measuring threads. NULL = refused, with the reason in *problem (which must
 * not be NULL). What needs the whole file to be read (CRC, signature over PCR0) is judged later: see nitro_launch_poll().
 */
NitroLaunch *nitro_launch_open(const NitroLaunchOptions *options, NitroLaunchProblem *problem);

/* Stops the threads (within one chunk of a MiB), unmaps and frees. NULL is allowed. */
void nitro_launch_close(NitroLaunch *launch);

/* Warnings known so far, including refusals downgraded by strict=0. Grows at most once, when measuring ends. */
size_t nitro_launch_problem_count(const NitroLaunch *launch);
const NitroLaunchProblem *nitro_launch_problem(const NitroLaunch *launch, size_t index); /* NULL beyond the end */

/* Read-only mappings, alive until nitro_launch_close(). The file may be gone or shortened meanwhile: do not touch the pages
 * outside of guest accesses. extra_ramdisk is NULL with *size 0 when there is none. */
const uint8_t *nitro_launch_eif(const NitroLaunch *launch, uint64_t *size);
const uint8_t *nitro_launch_extra_ramdisk(const NitroLaunch *launch, uint64_t *size);

/* NITRO_MEASURE_*. poll never blocks; wait blocks until the outcome is known. */
int nitro_launch_poll(NitroLaunch *launch);
int nitro_launch_wait(NitroLaunch *launch);

/* Why measuring refused; NULL unless poll or wait said NITRO_MEASURE_REFUSED. */
const NitroLaunchProblem *nitro_launch_verdict(const NitroLaunch *launch);

int nitro_launch_is_signed(const NitroLaunch *launch); /* 1 when there is a signature section with a usable certificate */

/* What nitro-cli would say on EC2 about a reason of the firmware (eif::Problem or NITRO_BOOT_REASON_*): "E36" and the like, or
 * "" where the real platform would not mind. A static string. */
const char *nitro_launch_ecode(uint32_t reason);

/* Value of PCR 0, 1, 2 or 8 (48 zero bytes for an unsigned PCR 8). 0 on success, -1 while busy, or when the register was not
 * measured (broken structure) or is another. */
int nitro_launch_measurement(const NitroLaunch *launch, unsigned pcr, uint8_t out[48]);

/* PCR 3 of a parent role ARN and PCR 4 of a parent instance id: SHA384(48 zero bytes || ASCII text); all zero for NULL or "". */
void nitro_launch_role_pcr(const char *role_arn, uint8_t out[48]);
void nitro_launch_instance_pcr(const char *instance_id, uint8_t out[48]);

const NitroLaunchFacts *nitro_launch_facts(const NitroLaunch *launch); /* never NULL; for query-enclave */

/* Goes on with a CRC32 (running state, not inverted) over `size` bytes; for the checksum port. */
uint32_t nitro_launch_checksum(uint32_t state, const uint8_t *data, size_t size);

/* After the guest has its copy: gives the mapped pages back, so that resident memory drops. Reading again still works. */
void nitro_launch_release_pages(NitroLaunch *launch);

#ifdef __cplusplus
}
#endif
