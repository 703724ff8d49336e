/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an enclave of this machine can have. The machine refuses what is outside, and the app offers nothing else: the one place
 * of each of these numbers (app/session/launch/launch_options.def names them for the options).
 */
#pragma once

/* Virtual CPUs. APIC ids are bytes in the MP table, and 255 addresses all CPUs. */
#define NITRO_CPUS_MIN 1
#define NITRO_CPUS_MAX 128

/* Guest memory in MiB: the least and the most that can be asked for, and what an enclave has when nobody asks. */
#define NITRO_MEMORY_MIB_MIN 1
#define NITRO_MEMORY_MIB_MAX (1 << 24)
#define NITRO_MEMORY_MIB_DEFAULT 512

/* CIDs of enclaves: 0 to 2 are the protocol's, 3 is the parent's, the largest number means any. */
#define NITRO_CID_MIN 4
#define NITRO_CID_MAX 0xfffffffe
#define NITRO_CID_DEFAULT 16

/* Answer to the heartbeat with heartbeat=delay, in milliseconds of the virtual clock; 0 = the default of 10 seconds. */
#define NITRO_HEARTBEAT_DELAY_MAX 999999999
