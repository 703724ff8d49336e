// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The contract between the machine (the hypervisor's part) and the boot
 * firmware (the guest's part): which fw_cfg files the machine offers and what
 * the firmware tells the machine through one I/O port. Both sides include this
 * file, so it is plain C11 that is also C++20. Everything is little-endian.
 *
 * fw_cfg files:
 *   etc/enclave/boot              struct nitro_boot_info
 *   etc/enclave/eif/000, 001 ...  the raw EIF, cut into slices of slice_size
 *                                 bytes (fw_cfg items are limited to 32 bits)
 *   etc/enclave/append            text added to the EIF's command line after
 *                                 one space; measured; absent when empty
 *   etc/enclave/ramdisk           one more, last ramdisk; measured; may be absent
 *   etc/enclave/platform-cmdline  text the platform appends (starts with its
 *                                 own space); not measured; may be absent
 *   etc/e820                      x86-64: RAM as QEMU always describes it
 *   etc/enclave/device-tree       aarch64: the machine as a flattened device
 *                                 tree, with room in /chosen for what only the
 *                                 firmware knows (arm64/device_tree.hpp)
 *
 * Boot port (aarch64: words at NITRO_ARM64_BOOT_PORT, see arm64/platform.h):
 *   outl(NITRO_BOOT_PORT, physical address of a struct nitro_boot_report)
 *   inl(NITRO_BOOT_PORT) = NITRO_MEASURE_*: may the kernel be entered?
 * Checksum port, with NITRO_BOOT_FLAG_CHECKSUM_PORT only:
 *   outl(NITRO_CHECKSUM_PORT, physical address of a struct nitro_checksum_job)
 *   goes on with a CRC32 over some of the guest's own RAM, as a checksum
 *   engine of a network card does. What is covered, and the comparison, is
 *   the firmware's business.
 */
#pragma once

#ifdef __cplusplus
#include <cstdint>
#else
#include <assert.h>
#include <stdint.h>
#endif

#define NITRO_BOOT_INFO_FILE "etc/enclave/boot"
#define NITRO_BOOT_SLICE_FILE_FORMAT "etc/enclave/eif/%03u"
#define NITRO_BOOT_SLICE_FILE_PREFIX "etc/enclave/eif/"
#define NITRO_BOOT_APPEND_FILE "etc/enclave/append"
#define NITRO_BOOT_RAMDISK_FILE "etc/enclave/ramdisk"
#define NITRO_BOOT_PLATFORM_CMDLINE_FILE "etc/enclave/platform-cmdline"
#define NITRO_BOOT_DEVICE_TREE_FILE "etc/enclave/device-tree"

/* First bytes in memory: 'N' 'E' 'B' 'I' and 'N' 'E' 'B' 'R'. */
#define NITRO_BOOT_INFO_MAGIC 0x4942454eu
#define NITRO_BOOT_INFO_VERSION 1u
#define NITRO_BOOT_REPORT_MAGIC 0x5242454eu
#define NITRO_BOOT_REPORT_VERSION 1u

#define NITRO_BOOT_PORT 0x0b00
#define NITRO_CHECKSUM_PORT 0x0b04
#define NITRO_BOOT_PORT_SIZE 8 /* both */

#define NITRO_BOOT_SLICE_SIZE (1ull << 30) /* what the machine uses */
#define NITRO_BOOT_MAX_SLICES 1000u        /* three decimal digits */
#define NITRO_BOOT_MAX_CPUS 256u
#define NITRO_BOOT_REPORT_TEXT_SIZE 160u
#define NITRO_BOOT_ARM64_CMDLINE_SIZE 2048u /* COMMAND_LINE_SIZE of aarch64 kernels, with its zero */
#define NITRO_CHECKSUM_MAX_SIZE (1u << 20) /* bytes of one job */

enum {
    NITRO_BOOT_FLAG_STRICT = 1u << 0, /* clear: what can go on, goes on */
    NITRO_BOOT_FLAG_CHECKSUM_PORT = 1u << 1
};

enum { NITRO_MEASURE_BUSY = 0, NITRO_MEASURE_READY = 1, NITRO_MEASURE_REFUSED = 2 };

enum { NITRO_BOOT_REPORT_STAGE = 1, NITRO_BOOT_REPORT_WARNING = 2, NITRO_BOOT_REPORT_FAILURE = 3 };

enum {
    NITRO_BOOT_STAGE_RESET = 0,
    NITRO_BOOT_STAGE_HEADER = 1,
    NITRO_BOOT_STAGE_CRC = 2,
    NITRO_BOOT_STAGE_KERNEL = 3,
    NITRO_BOOT_STAGE_RAMDISK = 4, /* index = number of the ramdisk, from 0 */
    NITRO_BOOT_STAGE_HANDOFF = 5
};

/*
 * The reason of a warning or failure is a nitroscope::eif::Problem below
 * NITRO_BOOT_REASON_FIRST and one of these from there on.
 */
enum {
    NITRO_BOOT_REASON_FIRST = 1000,
    NITRO_BOOT_REASON_NO_FW_CFG = 1000,        /* no DMA-capable fw_cfg */
    NITRO_BOOT_REASON_NO_BOOT_INFO = 1001,     /* file missing or wrong */
    NITRO_BOOT_REASON_NO_EIF = 1002,           /* machine has no EIF */
    NITRO_BOOT_REASON_READ_FAILED = 1003,      /* fw_cfg refused a read */
    NITRO_BOOT_REASON_MEMORY_MAP = 1004,       /* etc/e820 or the device tree is missing or wrong */
    NITRO_BOOT_REASON_MEMORY_TOO_SMALL = 1005, /* found, expected: bytes */
    NITRO_BOOT_REASON_CMDLINE_TOO_LONG = 1006, /* found, expected: bytes */
    NITRO_BOOT_REASON_REFUSED = 1007,          /* the machine said no */
    NITRO_BOOT_REASON_EXCEPTION = 1008,        /* CPU exception in firmware */
    NITRO_BOOT_REASON_RAMDISK_TOO_LARGE = 1009 /* beyond what the kernel can reach */
};

/* No index, no section: for stages and reports that have none. */
#define NITRO_BOOT_NO_INDEX 0xffffffffu

/* fw_cfg file NITRO_BOOT_INFO_FILE, 304 bytes. */
struct nitro_boot_info {
    uint32_t magic;
    uint32_t version;
    uint64_t eif_size;   /* bytes; 0 when the machine has no EIF */
    uint64_t slice_size; /* bytes of every slice but the last */
    uint32_t slice_count;
    uint32_t flags; /* NITRO_BOOT_FLAG_* */
    uint64_t extra_ramdisk_size;
    uint32_t append_size; /* without a terminating zero */
    uint32_t cpu_count;
    uint8_t apic_ids[NITRO_BOOT_MAX_CPUS]; /* x86-64; [0] is the boot CPU */
};

/* In guest memory, 200 bytes, read by the machine when the port is written. */
struct nitro_boot_report {
    uint32_t magic;
    uint16_t version;
    uint8_t kind;    /* NITRO_BOOT_REPORT_* */
    uint8_t stage;   /* NITRO_BOOT_STAGE_* */
    uint32_t index;  /* ramdisk number (stage), section (warning, failure) */
    uint32_t reason; /* 0 for a stage */
    uint64_t offset; /* in the EIF, bytes; all ones when there is none */
    uint64_t found;
    uint64_t expected;
    char text[NITRO_BOOT_REPORT_TEXT_SIZE]; /* zero-terminated sentence */
};

/* In guest memory, 24 bytes; a job that the machine does not accept is left as it is. */
struct nitro_checksum_job {
    uint64_t address; /* of the bytes; RAM */
    uint32_t size;    /* bytes, at most NITRO_CHECKSUM_MAX_SIZE */
    uint32_t state;   /* running CRC32, not inverted; in and out */
    uint32_t done;    /* written 0 by the firmware, 1 by the machine */
    uint32_t reserved;
};

#ifdef __cplusplus
static_assert(sizeof(nitro_checksum_job) == 24, "layout is shared");
static_assert(sizeof(nitro_boot_info) == 304, "layout is shared");
static_assert(sizeof(nitro_boot_report) == 200, "layout is shared");
#else
static_assert(sizeof(struct nitro_checksum_job) == 24, "layout is shared");
static_assert(sizeof(struct nitro_boot_info) == 304, "layout is shared");
static_assert(sizeof(struct nitro_boot_report) == 200, "layout is shared");
#endif
