/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QMP commands of the nitro-enclave machine (qapi/nitro.json)
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/qapi-commands-nitro.h"
#include "qapi/util.h"
#include "system/runstate.h"
#include "firmware/boot/handover.h"
#include "nsm-device/qemu/virtio-nsm.h"
#include "qemu-machine/board/nitro-boot-port.h"
#include "qemu-machine/board/nitro-machine.h"
#include "qemu-machine/record/qemu/nitro-recording.h"
#include "qemu-machine/rules/qemu/nitro-break.h"

static char *nitro_hex(const uint8_t *bytes, size_t size)
{
    GString *text = g_string_sized_new(2 * size);

    for (size_t i = 0; i < size; i++) {
        g_string_append_printf(text, "%02x", bytes[i]);
    }
    return g_string_free(text, false);
}

static EnclaveMeasurementState nitro_measurement_state(NitroLaunch *launch)
{
    switch (nitro_launch_poll(launch)) {
    case NITRO_MEASURE_BUSY:
        return ENCLAVE_MEASUREMENT_STATE_MEASURING;
    case NITRO_MEASURE_READY:
        return ENCLAVE_MEASUREMENT_STATE_MEASURED;
    default:
        return ENCLAVE_MEASUREMENT_STATE_REFUSED;
    }
}

static EnclaveExpectedPcrList *nitro_expected_pcrs(NitroLaunch *launch)
{
    static const uint8_t measured[] = { 8, 2, 1, 0 };
    EnclaveExpectedPcrList *list = NULL;
    uint8_t value[NSM_PCR_SIZE];

    for (size_t i = 0; i < ARRAY_SIZE(measured); i++) {
        if (!nitro_launch_measurement(launch, measured[i], value)) {
            EnclaveExpectedPcr *pcr = g_new0(EnclaveExpectedPcr, 1);

            pcr->index = measured[i];
            pcr->value = nitro_hex(value, sizeof(value));
            QAPI_LIST_PREPEND(list, pcr);
        }
    }
    return list;
}

static EnclaveSectionList *nitro_sections(const NitroLaunchFacts *facts)
{
    EnclaveSectionList *list = NULL;

    for (uint32_t i = MIN(facts->section_count, NITRO_LAUNCH_MAX_SECTIONS);
         i-- > 0;) {
        const NitroLaunchSection *from = &facts->sections[i];
        EnclaveSection *section = g_new0(EnclaveSection, 1);

        section->type = from->type;
        section->header_offset = from->header_offset;
        section->offset = from->offset;
        section->size = from->size;
        QAPI_LIST_PREPEND(list, section);
    }
    return list;
}

/* What only an EIF has. */
static void nitro_describe_eif(EnclaveInfo *info, NitroLaunch *launch)
{
    const NitroLaunchFacts *facts = nitro_launch_facts(launch);
    const NitroLaunchProblem *verdict;

    info->measurement = nitro_measurement_state(launch);
    info->eif_size = facts->eif_size;
    info->version = facts->version;
    info->flags = facts->flags;
    info->crc = facts->stored_crc;
    info->has_computed_crc =
        info->measurement != ENCLAVE_MEASUREMENT_STATE_MEASURING;
    info->computed_crc = facts->computed_crc;
    info->sections = nitro_sections(facts);
    info->has_memory_needed = facts->memory_needed != 0;
    info->memory_needed = facts->memory_needed;
    info->q_signed = nitro_launch_is_signed(launch);
    if (info->measurement == ENCLAVE_MEASUREMENT_STATE_MEASURED) {
        info->expected_pcrs = nitro_expected_pcrs(launch);
    }
    for (size_t i = nitro_launch_problem_count(launch); i-- > 0;) {
        QAPI_LIST_PREPEND(info->warnings,
            nitro_launch_problem_info(nitro_launch_problem(launch, i)));
    }
    verdict = nitro_launch_verdict(launch);
    if (verdict) {
        info->refusal = nitro_launch_problem_info(verdict);
    }
}

EnclaveInfo *qmp_query_enclave(Error **errp)
{
    NitroMachineState *nms = nitro_machine_get(errp);
    EnclaveInfo *info;

    if (!nms) {
        return NULL;
    }
    info = g_new0(EnclaveInfo, 1);
    info->eif = g_strdup(nms->eif);
    info->strict = nms->strict;
    info->preflight = nms->preflight;
    info->debug_mode = nms->debug_mode;
    info->module_id = g_strdup(virtio_nsm_module_id(nms->nsm));
    info->parent_role = g_strdup(nms->parent_role);
    info->parent_id = g_strdup(nms->parent_id);
    info->reboot = nms->reboot;
    info->measurement = ENCLAVE_MEASUREMENT_STATE_NONE;
    if (nms->launch) {
        nitro_describe_eif(info, nms->launch);
    }
    info->stages = nitro_boot_port_stages(nms->boot_port);
    info->failure = nitro_boot_port_failure(nms->boot_port);
    return info;
}

void qmp_enclave_reset(Error **errp)
{
    NitroMachineState *nms = nitro_machine_get(errp);

    if (nms) {
        nms->reset_asked = true;
        /* The one cause that `-action reboot=shutdown` does not turn round. */
        qemu_system_reset_request(SHUTDOWN_CAUSE_SUBSYSTEM_RESET);
    }
}

EnclaveBreakInfo *qmp_enclave_break_add(EnclaveBreakCondition *condition,
                                        Error **errp)
{
    NitroMachineState *nms = nitro_machine_get(errp);

    /* A stop in the middle of a device's work is no input of a log. */
    return nms && nitro_control_unrecorded("enclave-break-add", errp)
           ? nitro_break_add(nms->breaks, condition, errp) : NULL;
}

void qmp_enclave_break_remove(bool has_id, uint32_t id, Error **errp)
{
    NitroMachineState *nms = nitro_machine_get(errp);

    if (nms && has_id) {
        nitro_break_remove(nms->breaks, id, errp);
    } else if (nms) {
        nitro_break_remove_all(nms->breaks);
    }
}

EnclaveBreakInfoList *qmp_enclave_break_list(Error **errp)
{
    NitroMachineState *nms = nitro_machine_get(errp);

    return nms ? nitro_break_list(nms->breaks) : NULL;
}

static void nitro_add_count(NsmNamedCountList **list, const char *name,
                            uint64_t count)
{
    NsmNamedCount *item = g_new0(NsmNamedCount, 1);

    item->name = g_strdup(name);
    item->count = count;
    QAPI_LIST_PREPEND(*list, item);
}

NsmInfo *qmp_query_nsm(Error **errp)
{
    NitroMachineState *nms = nitro_machine_get(errp);
    NsmCounters counters;
    NsmInfo *info;

    if (!nms) {
        return NULL;
    }
    info = g_new0(NsmInfo, 1);
    info->module_id = g_strdup(virtio_nsm_module_id(nms->nsm));
    info->debug_mode = nms->debug_mode;
    for (unsigned i = NSM_PCR_COUNT; i-- > 0;) {
        NsmPcrInfo *pcr = g_new0(NsmPcrInfo, 1);
        uint8_t value[NSM_PCR_SIZE];

        virtio_nsm_get_pcr(nms->nsm, i, value, &pcr->locked);
        pcr->index = i;
        pcr->value = nitro_hex(value, sizeof(value));
        QAPI_LIST_PREPEND(info->pcrs, pcr);
    }
    virtio_nsm_get_counters(nms->nsm, &counters);
    for (unsigned i = NSM_REQUEST_KINDS; i-- > 0;) {
        nitro_add_count(&info->requests, nsm_request_name(i),
                        counters.requests[i]);
    }
    for (unsigned i = NSM_ERRORS; i-- > 0;) {
        nitro_add_count(&info->results, nsm_error_name(i), counters.errors[i]);
    }
    return info;
}
