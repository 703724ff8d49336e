/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hypervisor's part of an enclave's start
 *
 * The launch library (qemu-machine/launch) judges the EIF before the
 * machine exists and measures it on threads of its own while the firmware
 * loads it. Here its words become messages and events, and its digests PCRs.
 */

#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "qapi/qapi-events-nitro.h"
#include "system/cpu-timers.h"
#include "system/replay.h"
#include "migration/vmstate.h"
#include "firmware/boot/handover.h"
#include "nsm-device/qemu/virtio-nsm.h"
#include "qemu-machine/board/nitro-machine.h"
#include "qemu-machine/board/nitro-refusal.h"
#include "qemu-machine/capture/core/capture.h"
#include "trace.h"

/* "E36: what is wrong, with section and byte (FILE)" */
static char *nitro_problem_text(NitroMachineState *nms,
                                const NitroLaunchProblem *problem)
{
    bool named = strstr(problem->message, nms->eif);

    return g_strdup_printf("%s%s%s%s%s%s", problem->ecode,
                           problem->ecode[0] ? ": " : "", problem->message,
                           named ? "" : " (", named ? "" : nms->eif,
                           named ? "" : ")");
}

EnclaveProblem *nitro_launch_problem_info(const NitroLaunchProblem *problem)
{
    EnclaveProblem *info = g_new0(EnclaveProblem, 1);

    info->reason = problem->reason;
    info->has_section = problem->section >= 0;
    info->section = problem->section;
    info->offset = problem->offset;
    info->e_code = problem->ecode[0] ? g_strdup(problem->ecode) : NULL;
    /* It may quote the file, and QMP wants valid UTF-8. */
    info->message = g_utf8_make_valid(problem->message, -1);
    return info;
}

/* Warnings that have come up since the last call. */
static void nitro_tell_problems(NitroMachineState *nms)
{
    size_t count = nitro_launch_problem_count(nms->launch);

    for (; nms->problems_told < count; nms->problems_told++) {
        const NitroLaunchProblem *problem =
            nitro_launch_problem(nms->launch, nms->problems_told);
        g_autofree char *text = nitro_problem_text(nms, problem);
        g_autoptr(EnclaveProblem) info = nitro_launch_problem_info(problem);

        warn_report("%s", text);
        qapi_event_send_enclave_boot_warning(
            false, 0, info->reason, info->has_section, info->section, true,
            info->offset, info->e_code, info->message);
        nitro_capture_boot_warning(nms->capture, info->reason, info->e_code,
                                   info->message);
    }
}

static const VMStateDescription vmstate_nitro_launch = {
    .name = "nitro-launch",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_BOOL(seeded, NitroMachineState),
        VMSTATE_END_OF_LIST()
    },
};

static G_NORETURN void nitro_refuse_eif(NitroMachineState *nms,
                                        const NitroLaunchProblem *problem)
{
    g_autofree char *text = nitro_problem_text(nms, problem);
    g_autofree char *file = g_utf8_make_valid(nms->eif, -1);
    g_autoptr(QDict) refusal = qdict_new();

    error_report("%s", text);
    qdict_put_str(refusal, "code", problem->ecode);
    qdict_put_int(refusal, "reason", problem->reason);
    if (problem->section >= 0) {
        qdict_put_int(refusal, "section", problem->section);
    }
    if (problem->section >= 0 || problem->offset) {
        qdict_put_int(refusal, "offset", problem->offset);
    }
    qdict_put_str(refusal, "file", file);
    nitro_refusal_line(refusal, text);
    exit(1);
}

void nitro_launch_init(NitroMachineState *nms)
{
    MachineState *machine = MACHINE(nms);
    NitroLaunchProblem problem = { 0 };
    NitroLaunchOptions options = {
        .eif_path = nms->eif,
        .append = machine->kernel_cmdline,
        .initrd_path = machine->initrd_filename,
        .ram_size = machine->ram_size,
        .ram_below_4g = nitro_board_low_memory(nms),
        .strict = nms->strict,
        .preflight = nms->preflight,
        .arm64 = nitro_board_is_arm64,
        .now_seconds = g_get_real_time() / G_USEC_PER_SEC,
    };

    /* The PCRs that a snapshot brings must not be seeded again. */
    vmstate_register(NULL, 0, &vmstate_nitro_launch, nms);
    if (!nms->eif) {
        return;
    }
    nms->launch = nitro_launch_open(&options, &problem);
    if (!nms->launch) {
        nitro_refuse_eif(nms, &problem);
    }
    /*
     * The guest may see the measurement at any instruction. Where its
     * instructions must be the same in every run, it must always see the end.
     */
    if (icount_enabled() || replay_mode != REPLAY_MODE_NONE) {
        nitro_launch_wait(nms->launch);
    }
    nitro_tell_problems(nms);
}

static void nitro_seed(NitroMachineState *nms, unsigned index,
                       const uint8_t value[NSM_PCR_SIZE])
{
    trace_nitro_launch_seed(index, nms->debug_mode);
    virtio_nsm_seed_pcr(nms->nsm, index, value);
}

void nitro_launch_reset(NitroMachineState *nms)
{
    uint8_t value[NSM_PCR_SIZE];

    nms->seeded = false;
    virtio_nsm_reset_pcrs(nms->nsm);
    nitro_launch_role_pcr(nms->parent_role, value);
    nitro_seed(nms, 3, value);
    nitro_launch_instance_pcr(nms->parent_id, value);
    nitro_seed(nms, 4, value);
    virtio_nsm_lock_range(nms->nsm, NITRO_PLATFORM_PCRS);
}

int nitro_launch_settle(NitroMachineState *nms)
{
    static const unsigned measured[] = { 0, 1, 2, 8 };
    uint8_t value[NSM_PCR_SIZE];
    int state;

    if (!nms->launch) {
        return NITRO_MEASURE_READY;
    }
    state = nitro_launch_poll(nms->launch);
    if (state == NITRO_MEASURE_BUSY) {
        return state;
    }
    nitro_tell_problems(nms);
    if (state == NITRO_MEASURE_READY && !nms->seeded) {
        nms->seeded = true;
        for (size_t i = 0; i < ARRAY_SIZE(measured); i++) {
            /* The NSM itself hides them from the guest in debug mode. */
            if (!nitro_launch_measurement(nms->launch, measured[i], value)) {
                nitro_seed(nms, measured[i], value);
            }
        }
    }
    return state;
}

static void nitro_release_pages(void *opaque)
{
    NitroMachineState *nms = opaque;

    trace_nitro_launch_handed_off();
    nitro_launch_release_pages(nms->launch);
}

void nitro_launch_handed_off(NitroMachineState *nms)
{
    if (nms->launch) {
        /* Later, so that the guest does not wait for it. */
        aio_bh_schedule_oneshot(qemu_get_aio_context(), nitro_release_pages,
                                nms);
    }
}
