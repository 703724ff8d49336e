/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Recordings: what the board and the devices know of them
 *
 * nitro-recording-keeper.c    the machine's property, snapshots, digests
 * nitro-recording-seek.c      QMP: going to a place, and stopping there
 * nitro-recording-input.c     what comes from outside, through QEMU's log
 * nitro-recording-control.c   QMP commands that the guest notices
 * nitro-recording-memory.c    memory and devices as a whole
 * nitro-recording-clock.c     the clocks of who only watches
 *
 * Input and clocks serve every -icount rr=, with a recording folder or without.
 */
#ifndef NITROSCOPE_NITRO_RECORDING_H
#define NITROSCOPE_NITRO_RECORDING_H

#include "qapi/error.h"
#include "qobject/qdict.h"
#include "system/replay.h"

/* ------------------------------------------------------------------ */
/* Clocks: of the guest, without telling the log, anywhere             */

/* Instructions that the guest has executed; -1 when nobody counts. */
int64_t nitro_clock_icount(void);
int64_t nitro_clock_virtual_ns(void);
/*
 * Time of day.  In a recording and its replay it is the start's and the
 * guest's clock from there, so that both write the same.
 */
int64_t nitro_clock_host_ns(void);

static inline bool nitro_is_recorded(void)
{
    return replay_mode != REPLAY_MODE_NONE;
}

static inline bool nitro_is_replayed(void)
{
    return replay_mode == REPLAY_MODE_PLAY;
}

/* ------------------------------------------------------------------ */
/* Input                                                               */

typedef enum NitroInputKind {
    NITRO_INPUT_MARK,    /* a snapshot was taken here */
    NITRO_INPUT_CONSOLE, /* bytes for COM1 */
    NITRO_INPUT_VSOCK,   /* what the host's ends of connections have to say */
    NITRO_INPUT_CONTROL, /* a QMP command that the guest notices */
    NITRO_INPUT_KINDS
} NitroInputKind;

typedef void NitroInputHandler(void *opaque, const uint8_t *bytes, size_t size);

/* Who takes input of a kind: one at a time. */
void nitro_input_register(NitroInputKind kind, NitroInputHandler *handler,
                          void *opaque);
/*
 * While recording: the handler gets it soon, and in a replay at the same
 * instruction.  Not to be called in a replay.
 */
void nitro_input(NitroInputKind kind, const uint8_t *bytes, size_t size);
/* The same at once; from the main loop only, and not from a device's work. */
void nitro_input_now(NitroInputKind kind, const uint8_t *bytes, size_t size);

/* ------------------------------------------------------------------ */
/* QMP commands that the guest notices                                 */

typedef enum NitroControl {
    NITRO_CONTROL_NSM_FAULT_ADD,
    NITRO_CONTROL_NSM_FAULT_REMOVE,
    NITRO_CONTROL_NSM_FAULT_SEED,
    NITRO_CONTROL_VSOCK_FAULT_ADD,
    NITRO_CONTROL_VSOCK_FAULT_REMOVE,
    NITRO_CONTROL_VSOCK_FAULT_SEED,
    NITRO_CONTROL_VSOCK_TRANSPORT_RESET,
    NITRO_CONTROLS
} NitroControl;

/* What a command does; its answer stays with the one who asked. */
typedef uint32_t NitroControlAction(void *opaque, const void *arguments);

void nitro_control_register(NitroControl control, NitroControlAction *action,
                            size_t arguments_size, void *opaque);
/*
 * Does it; in a recording through the log, so that a replay does it, too.
 * Errors are for a replay, in which nobody can change what has been.
 */
bool nitro_control(NitroControl control, const void *arguments,
                   uint32_t *answer, Error **errp);
/* For commands that no recording can have; sets the error. */
bool nitro_control_unrecorded(const char *command, Error **errp);

/* ------------------------------------------------------------------ */
/* The board                                                           */

/*
 * Before there are devices.  @folder may be NULL.  An error when it cannot be
 * recorded or replayed.
 */
void nitro_recording_init(const char *folder, uint64_t limit,
                          const char *firmware, Error **errp);
/*
 * Snapshots are only taken when this holds, for a device that cannot say all of
 * its state.
 */
void nitro_recording_wait_for(bool (*is_quiet)(void *opaque), void *opaque);
/* A snapshot of a recording is being loaded: nothing that the guest did. */
bool nitro_recording_is_loading(void);

/*
 * Which the board answers, because it knows the processor: the guest's address
 * of a byte of its RAM, and the first CPU's registers as text, by which two
 * lives are compared.
 */
uint64_t nitro_recording_address(uint64_t offset);
QDict *nitro_recording_registers(void);

#endif
