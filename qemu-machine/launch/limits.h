/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an enclave of this machine can have. The machine refuses what is outside, and the app offers nothing else: the one place
 * of each of these numbers (app/session/launch/launch_options.def names them for the options; what an enclave's CID can be is in
 * qemu-machine/vsock/protocol/vsock_protocol.h).
 */
#pragma once

/* Virtual CPUs. APIC ids are bytes in the MP table, and 255 addresses all CPUs. */
#define NITRO_CPUS_MIN 1
#define NITRO_CPUS_MAX 128

/* Guest memory in MiB: the least and the most that can be asked for, and what an enclave has when nobody asks. */
#define NITRO_MEMORY_MIB_MIN 1
#define NITRO_MEMORY_MIB_MAX (1 << 24)
#define NITRO_MEMORY_MIB_DEFAULT 512

/* The parent's instance id when nobody says one: a constant, so that PCR 4 is the same in every run. */
#define NITRO_DEFAULT_PARENT "i-0a1b2c3d4e5f60718"

/* MiB that the capture stream of a run may have: a busy enclave makes some 25 in a second. */
#define NITRO_CAPTURE_MIB_MIN 1
#define NITRO_CAPTURE_MIB_MAX (1 << 20)
#define NITRO_CAPTURE_MIB_DEFAULT 512

/* MiB that the snapshots of a recording may have before older ones are thinned out. */
#define NITRO_RECORDING_MIB_MIN 16
#define NITRO_RECORDING_MIB_MAX (1 << 20)
#define NITRO_RECORDING_MIB_DEFAULT 1024
