/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * C ABI of what a recording consists of besides QEMU: how far the log of events reaches, and the snapshots' store. No
 * exception crosses, strings are copied, one thread at a time. A function that can fail writes a sentence into `problem`.
 * docs/recordings.md describes the files.
 */
#ifndef NITROSCOPE_RECORD_H
#define NITROSCOPE_RECORD_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------ the log of events */

/* QEMU's log: u32 version, u64 for us (the identity of the build), then events: u8 kind, and what the kind says.
 * Numbers are big-endian. The kinds are QEMU 10.0's; the shim compares them when it is compiled. */
#define NITRO_LOG_VERSION 0xe0200cu
#define NITRO_LOG_HEADER_BYTES 12
#define NITRO_LOG_PAYLOAD_MAX (1u << 20) /* bytes that came from outside in one event */

enum NitroLogEvent {
    NITRO_LOG_INSTRUCTION = 0, /* u32: how many */
    NITRO_LOG_INTERRUPT = 1,
    NITRO_LOG_EXCEPTION = 2,
    NITRO_LOG_BOTTOM_HALF = 3, /* u64 id */
    NITRO_LOG_BOTTOM_HALF_ONCE = 4, /* u64 id */
    NITRO_LOG_CHAR_READ = 7, /* u8 source, u32 size, bytes: everything that comes from the host */
    NITRO_LOG_BLOCK = 8, /* u64 id */
    NITRO_LOG_SHUTDOWN = 10, /* up to NITRO_LOG_SHUTDOWN_LAST: the cause */
    NITRO_LOG_SHUTDOWN_LAST = 21,
    NITRO_LOG_CHAR_WRITE = 22, /* u32, u32 */
    NITRO_LOG_CHAR_READ_ALL = 23, /* u32 size, bytes */
    NITRO_LOG_CHAR_READ_ALL_ERROR = 24, /* u32 */
    NITRO_LOG_RANDOM = 27, /* u32 result, u32 size, bytes */
    NITRO_LOG_CLOCK = 28, /* up to NITRO_LOG_CLOCK_LAST; u64 nanoseconds */
    NITRO_LOG_CLOCK_LAST = 29,
    NITRO_LOG_CHECKPOINT = 30, /* up to NITRO_LOG_CHECKPOINT_LAST */
    NITRO_LOG_CHECKPOINT_LAST = 38,
    NITRO_LOG_END = 39
};

typedef struct NitroLogExtent {
    uint64_t bytes;    /* up to the end of the last event that is whole; the machine's end is not one of them */
    uint64_t icount;   /* instructions up to there */
    uint64_t identity; /* of the build that has written it */
    int cut;           /* it was not ended in order */
} NitroLogExtent;

/* 0, or -1 when this is no log, or one with an event that cannot be. */
int nitro_log_scan(const char *path, NitroLogExtent *extent, char *problem, size_t problem_size);

/* A number that differs between builds: of the bytes of these files. 0 when one cannot be read. */
uint64_t nitro_build_identity(const char *const *paths, size_t count);

/* ------------------------------------------------------------------ snapshots */

typedef struct NitroStore NitroStore;

/* A piece of the guest's memory. */
typedef struct NitroStoreBlock {
    const char *name;
    uint8_t *data;
    uint64_t size;
    int fd; /* of the file that it is a mapping of, from `fd_offset` on; -1: of none. Its holes are not touched. */
    uint64_t fd_offset;
} NitroStoreBlock;

typedef struct NitroStoreSnapshot {
    uint64_t icount;
    uint64_t bytes; /* on disk, that no earlier snapshot needs */
} NitroStoreSnapshot;

typedef struct NitroStoreDifference {
    const char *block; /* of the blocks given */
    uint64_t offset;   /* of the first byte that differs */
    uint8_t expected, found;
} NitroStoreDifference;

/* `limit`: bytes that the store may take of the disk, for one that is written. */
NitroStore *nitro_store_create(const char *folder, uint64_t limit, char *problem, size_t problem_size);
NitroStore *nitro_store_open(const char *folder, char *problem, size_t problem_size);
void nitro_store_free(NitroStore *store);

/* Takes a snapshot, and drops older ones when there is no room for all. `digest`: of the memory. 0, or -1: nothing was
 * added. */
int nitro_store_take(NitroStore *store, uint64_t icount, const NitroStoreBlock *blocks, size_t count,
                     const uint8_t *devices, size_t devices_size, uint64_t *digest, char *problem,
                     size_t problem_size);

/* In the order of the instructions. */
size_t nitro_store_count(const NitroStore *store);
NitroStoreSnapshot nitro_store_get(const NitroStore *store, size_t index);
/* The last one that is not behind `icount`; -1: there is none. */
int nitro_store_nearest(const NitroStore *store, uint64_t icount);

/* Brings the memory back; `devices` stay the store's until the next call. 0, or -1: it is damaged, or of another
 * machine, and the memory may be changed in part. */
int nitro_store_load(NitroStore *store, size_t index, const NitroStoreBlock *blocks, size_t count,
                     const uint8_t **devices, size_t *devices_size, char *problem, size_t problem_size);

/* Of the memory as it is now; as nitro_store_take() says it. 0: there was no memory to find out. */
uint64_t nitro_store_digest(NitroStore *store, const NitroStoreBlock *blocks, size_t count);
/* 1 when there is a difference, 0 when there is none, -1 when the snapshot cannot be read. */
int nitro_store_compare(NitroStore *store, size_t index, const NitroStoreBlock *blocks, size_t count,
                        NitroStoreDifference *difference);

#ifdef __cplusplus
}
#endif

#endif
