/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What comes from outside, through QEMU's log
 *
 * QEMU logs what character devices read, with the bytes, in the order of the
 * instructions, and in a replay hands them out where they were.  A character
 * device that nothing is behind carries all of our input: the first byte says
 * whose it is.
 */

#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qapi/error.h"
#include "chardev/char-fe.h"
#include "system/runstate.h"
#include "qapi/qapi-types-ui.h"
#include "system/replay.h"
#include "replay/replay-internal.h"
#include "qemu-machine/record/core/record.h"
#include "qemu-machine/record/qemu/nitro-recording.h"

#define TYPE_NITRO_INPUT "chardev-nitro-input"
#define NITRO_INPUT_ID "nitro-input"

QEMU_BUILD_BUG_ON((int)EVENT_INSTRUCTION != (int)NITRO_LOG_INSTRUCTION);
QEMU_BUILD_BUG_ON((int)EVENT_EXCEPTION != (int)NITRO_LOG_EXCEPTION);
QEMU_BUILD_BUG_ON((int)EVENT_ASYNC + (int)REPLAY_ASYNC_EVENT_CHAR_READ !=
                  (int)NITRO_LOG_CHAR_READ);
QEMU_BUILD_BUG_ON((int)EVENT_SHUTDOWN_LAST != (int)NITRO_LOG_SHUTDOWN_LAST);
QEMU_BUILD_BUG_ON((int)EVENT_RANDOM != (int)NITRO_LOG_RANDOM);
QEMU_BUILD_BUG_ON((int)EVENT_CLOCK_LAST != (int)NITRO_LOG_CLOCK_LAST);
QEMU_BUILD_BUG_ON((int)EVENT_CHECKPOINT_LAST !=
                  (int)NITRO_LOG_CHECKPOINT_LAST);
QEMU_BUILD_BUG_ON((int)EVENT_END != (int)NITRO_LOG_END);

static struct {
    Chardev *chr;
    CharBackend reader;
    struct {
        NitroInputHandler *handler;
        void *opaque;
    } kinds[NITRO_INPUT_KINDS];
} nitro_inputs;

static int nitro_input_can_read(void *opaque)
{
    return NITRO_LOG_PAYLOAD_MAX;
}

/* A log that somebody else has written may hold anything. */
static void nitro_input_read(void *opaque, const uint8_t *bytes, int size)
{
    if (size > 0 && bytes[0] < NITRO_INPUT_KINDS &&
        nitro_inputs.kinds[bytes[0]].handler) {
        nitro_inputs.kinds[bytes[0]].handler(
            nitro_inputs.kinds[bytes[0]].opaque, bytes + 1, size - 1);
    }
}

/* Both in recording and replay at the same time: its number is in the log. */
static void nitro_input_open(void)
{
    if (nitro_inputs.chr) {
        return;
    }
    nitro_inputs.chr = qemu_chardev_new(NITRO_INPUT_ID, TYPE_NITRO_INPUT, NULL,
                                        NULL, &error_abort);
    qemu_chr_fe_init(&nitro_inputs.reader, nitro_inputs.chr, &error_abort);
    qemu_chr_fe_set_handlers(&nitro_inputs.reader, nitro_input_can_read,
                             nitro_input_read, NULL, NULL, NULL, NULL, true);
    replay_register_char_driver(nitro_inputs.chr);
}

void nitro_input_register(NitroInputKind kind, NitroInputHandler *handler,
                          void *opaque)
{
    if (nitro_is_recorded()) {
        nitro_input_open();
        nitro_inputs.kinds[kind].handler = handler;
        nitro_inputs.kinds[kind].opaque = opaque;
    }
}

void nitro_input(NitroInputKind kind, const uint8_t *bytes, size_t size)
{
    g_autofree uint8_t *event = g_malloc(size + 1);

    assert(size < NITRO_LOG_PAYLOAD_MAX);
    event[0] = kind;
    if (size) {
        memcpy(event + 1, bytes, size);
    }
    replay_chr_be_write(nitro_inputs.chr, event, size + 1);
}

void nitro_input_now(NitroInputKind kind, const uint8_t *bytes, size_t size)
{
    nitro_input(kind, bytes, size);
    replay_async_events();
}

static void nitro_input_class_init(ObjectClass *oc, void *data)
{
    CHARDEV_CLASS(oc)->internal = true;
}

static const TypeInfo nitro_input_info = {
    .name = TYPE_NITRO_INPUT,
    .parent = TYPE_CHARDEV,
    .class_init = nitro_input_class_init,
};

static void nitro_input_register_types(void)
{
    type_register_static(&nitro_input_info);
}

type_init(nitro_input_register_types)
