/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Breaks: stop the machine when the boot, the NSM or another device does
 * something chosen (QMP enclave-break-add, qapi/nitro.json)
 *
 * What can be watched is a source. A device registers its own and keeps to
 * itself what its conditions and events are: what is about to happen it puts
 * into a structure of its own, and asks nitro_break_hit(). When the answer is
 * not 0 the machine is going to stop: at once when the caller is a vCPU, very
 * soon otherwise. The device must then hold back what it was about to do, and
 * do it once the machine runs again (a VM change state handler).
 *
 * To add a source: EnclaveBreakSource and optional members of
 * EnclaveBreakCondition in the schema, their names in nitro_break_check(), and
 * a NitroBreakSource in the device.
 */
#ifndef NITROSCOPE_NITRO_BREAK_H
#define NITROSCOPE_NITRO_BREAK_H

#include "qapi/qapi-types-nitro.h"
#include "qemu-machine/capture/core/capture.h"

#define NITRO_BREAKS_MAX 64

typedef struct NitroBreaks NitroBreaks;

/* What ENCLAVE_BREAK and the stream say of an event. */
typedef struct NitroBreakDescription {
    bool has_stage;
    EnclaveBootStage stage;
    const char *request;        /* NULL: none; so is error */
    const char *error;
    bool has_pcr;
    uint16_t pcr;
    bool has_transaction;
    uint64_t transaction;
    bool has_flow;
    uint64_t flow;
    char *detail;               /* in words; will be freed */
} NitroBreakDescription;

typedef struct NitroBreakSource {
    EnclaveBreakSource source;
    /*
     * A condition, which has no members of other sources, in a form of the
     * source's own, for the break of this id. NULL and an error when it makes
     * no sense.
     */
    void *(*parse)(void *opaque, const EnclaveBreakCondition *condition,
                   uint32_t id, Error **errp);
    /* The break is gone; also from within nitro_break_hit(). */
    void (*forget)(void *opaque, void *condition, uint32_t id);
    bool (*matches)(const void *condition, uint32_t id, const void *event);
    /* `description` is zero. */
    void (*describe)(const void *event, NitroBreakDescription *description);
} NitroBreakSource;

/* Hits are also recorded in `capture`, which may be NULL. */
NitroBreaks *nitro_breaks_new(NitroCapture *capture);

/* Once per source; `source` is borrowed for ever. */
void nitro_break_register(NitroBreaks *breaks, const NitroBreakSource *source,
                          void *opaque);

/*
 * Whether any break watches this source: lets a device skip the work of
 * describing an event. NULL breaks watch nothing.
 */
bool nitro_breaks_watch(const NitroBreaks *breaks, EnclaveBreakSource source);

/*
 * Counts the event in all breaks that match. When one of them says so, sends
 * ENCLAVE_BREAK, makes the machine stop, and returns the id of that break; 0:
 * go on. Needs the big lock.
 */
uint32_t nitro_break_hit(NitroBreaks *breaks, EnclaveBreakSource source,
                         const void *event);

/* For QMP. The caller frees what is returned. */
EnclaveBreakInfo *nitro_break_add(NitroBreaks *breaks,
                                  const EnclaveBreakCondition *condition,
                                  Error **errp);
void nitro_break_remove(NitroBreaks *breaks, uint32_t id, Error **errp);
void nitro_break_remove_all(NitroBreaks *breaks);
EnclaveBreakInfoList *nitro_break_list(const NitroBreaks *breaks);

#endif
