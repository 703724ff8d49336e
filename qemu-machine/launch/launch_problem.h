/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What can be wrong with an image: part of the C interface of launch.h, for those of the library who find it.
 */
#pragma once

#include <stdint.h>

/* Values of NitroLaunchProblem.reason that are not a Problem of firmware/eif/problem.hpp (those are below 1000) and not a
 * reason of the firmware (1000-1999). A wrong CRC, architecture or missing metadata are Problems of the format. */
enum {
    NITRO_LAUNCH_REASON_NONE = 0,
    NITRO_LAUNCH_REASON_FILE = 2000,              /* missing, unreadable, a directory, empty */
    NITRO_LAUNCH_REASON_FILE_CHANGED = 2001,      /* the file changed or could not be read while it was measured */
    NITRO_LAUNCH_REASON_SIGNATURE_FORMAT = 2002,  /* the section's CBOR or COSE structure */
    NITRO_LAUNCH_REASON_CERTIFICATE = 2003,       /* unreadable, or a key that cannot sign an EIF */
    NITRO_LAUNCH_REASON_CERTIFICATE_DATES = 2004, /* expired or not yet valid */
    NITRO_LAUNCH_REASON_SIGNATURE_WRONG = 2005,   /* the COSE signature does not verify */
    NITRO_LAUNCH_REASON_SIGNED_PCR = 2006,        /* signs a register other than PCR0, or another value of it */
    NITRO_LAUNCH_REASON_MEMORY = 2007,            /* guest memory too small */
    NITRO_LAUNCH_REASON_EXTRA_RAMDISK = 2008,     /* the -initrd file */
    NITRO_LAUNCH_REASON_COMMAND_LINE = 2009,      /* too long together with -append */
    NITRO_LAUNCH_REASON_EXPERIMENT = 2010,        /* warning: -append or -initrd change the PCRs */
    NITRO_LAUNCH_REASON_INTERNAL = 2099           /* out of memory or threads, or the crypto library failed */
};

typedef struct NitroLaunchProblem {
    int fatal;       /* 1: refused; 0: warning */
    uint32_t reason; /* NITRO_LAUNCH_REASON_*, or a number below 1000: eif::Problem of firmware/eif/parser.hpp */
    int section;     /* index in the section table, -1 = header or the file as a whole */
    uint64_t offset; /* byte in the EIF where the problem sits */
    char ecode[8];   /* nitro-cli's code such as "E35"; empty when the command line tool has none */
    char message[512]; /* UTF-8, complete: what is wrong, where, what to do, code and meaning */
} NitroLaunchProblem;
