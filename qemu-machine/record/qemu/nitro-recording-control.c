/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QMP commands that the guest notices, as input of the log
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu-machine/record/qemu/nitro-recording.h"

static struct {
    NitroControlAction *action;
    size_t size;
    void *opaque;
} nitro_controls[NITRO_CONTROLS];

/* Of the command that is being carried out. */
static uint32_t nitro_control_answer;

/* A log that somebody else has written may hold anything. */
static void nitro_control_take(void *opaque, const uint8_t *bytes, size_t size)
{
    if (size && bytes[0] < NITRO_CONTROLS && nitro_controls[bytes[0]].action &&
        size - 1 == nitro_controls[bytes[0]].size) {
        g_autofree void *arguments = g_memdup2(bytes + 1, size - 1);

        nitro_control_answer = nitro_controls[bytes[0]].action(
            nitro_controls[bytes[0]].opaque, arguments);
    }
}

void nitro_control_register(NitroControl control, NitroControlAction *action,
                            size_t arguments_size, void *opaque)
{
    nitro_controls[control].action = action;
    nitro_controls[control].size = arguments_size;
    nitro_controls[control].opaque = opaque;
    nitro_input_register(NITRO_INPUT_CONTROL, nitro_control_take, NULL);
}

bool nitro_control_unrecorded(const char *command, Error **errp)
{
    if (nitro_is_recorded()) {
        error_setg(errp, nitro_is_replayed()
                   ? "%s: this is a replay, in which nothing can be changed"
                   : "%s: a recording cannot have it; start without one",
                   command);
        return false;
    }
    return true;
}

bool nitro_control(NitroControl control, const void *arguments,
                   uint32_t *answer, Error **errp)
{
    size_t size = nitro_controls[control].size;

    if (nitro_is_replayed()) {
        error_setg(errp, "this is a replay, in which nothing can be changed");
        return false;
    }
    if (nitro_is_recorded()) {
        g_autofree uint8_t *event = g_malloc(size + 1);

        event[0] = control;
        memcpy(event + 1, arguments, size);
        nitro_input_now(NITRO_INPUT_CONTROL, event, size + 1);
    } else {
        nitro_control_answer = nitro_controls[control].action(
            nitro_controls[control].opaque, arguments);
    }
    *answer = nitro_control_answer;
    return true;
}
