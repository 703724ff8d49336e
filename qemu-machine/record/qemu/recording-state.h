/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Recordings: what their files share
 */
#ifndef NITROSCOPE_RECORDING_STATE_H
#define NITROSCOPE_RECORDING_STATE_H

#include "qapi/qapi-types-nitro.h"
#include "qobject/qdict.h"
#include "qemu-machine/record/core/record.h"
#include "qemu-machine/record/qemu/nitro-recording.h"

/* No place: not sought, not known. */
#define NITRO_NO_PLACE UINT64_MAX

typedef struct NitroRecording {
    char *folder;
    NitroStore *store;
    NitroLogExtent extent; /* of a replay */
    bool loading;
    /* The first difference; nothing after it is the recorded life. */
    RecordingDivergence *divergence;
} NitroRecording;

/* NULL when the machine has no recording. */
extern NitroRecording *nitro_recording;

/* nitro-recording-keeper.c: tells of it and stops the machine; the first one counts. */
void nitro_recording_diverged(const char *what, const char *expected,
                              const char *found);
/* Brings the machine, which is stopped, to a snapshot. */
bool nitro_recording_load(size_t index, Error **errp);

/* nitro-recording-seek.c */
void nitro_seek_init(void);
/* The machine stops for another reason than having arrived. */
void nitro_seek_forget(void);

/* nitro-recording-memory.c: the pieces of memory; the caller frees the array. */
NitroStoreBlock *nitro_memory_blocks(size_t *count);
/* Where the guest sees a byte of a piece. */
char *nitro_memory_place(const char *block, uint64_t offset);
/* The state of all devices, as QEMU writes it; the caller frees the bytes. */
uint8_t *nitro_devices_save(size_t *size, Error **errp);
bool nitro_devices_load(const uint8_t *bytes, size_t size, Error **errp);

#endif
