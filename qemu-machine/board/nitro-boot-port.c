/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The boot port of the nitro-enclave machine
 *
 * Whatever is written here comes from the guest and may be hostile: reports
 * are read from RAM only, by value, their number is bounded, their text is
 * cut to printable ASCII, and after the handoff the port is deaf until the
 * next reset.
 */

#include "qemu/osdep.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "qemu/rcu.h"
#include "qemu/timer.h"
#include "qapi/error.h"
#include "qapi/qapi-events-nitro.h"
#include "qapi/util.h"
#include "exec/address-spaces.h"
#include "hw/qdev-properties.h"
#include "hw/sysbus.h"
#include "migration/vmstate.h"
#include "system/runstate.h"
#include "firmware/boot/handover.h"
#include "qemu-machine/board/nitro-boot-port.h"
#include "qemu-machine/board/nitro-guest-ram.h"
#include "qemu-machine/capture/core/capture.h"
#include "qemu-machine/record/qemu/nitro-recording.h"
#include "qemu-machine/rules/qemu/nitro-break.h"
#include "trace.h"

#define TYPE_NITRO_BOOT_PORT_DEVICE "nitro-boot-port"
OBJECT_DECLARE_SIMPLE_TYPE(NitroBootPort, NITRO_BOOT_PORT_DEVICE)

/* Six stages and up to 32 ramdisks are 37; the rest is room for repetition. */
#define NITRO_MAX_STAGES 64
/* Stages, warnings and garbage together, until the next reset. */
#define NITRO_MAX_REPORTS 256
/* How long a question is held back while the measurement goes on. */
#define NITRO_POLL_PAUSE_US 500
#define NITRO_NO_OFFSET UINT64_MAX

typedef struct NitroStage {
    uint8_t stage;
    uint32_t index;
    int64_t virtual_ns;
    int64_t host_ns;
    char text[NITRO_BOOT_REPORT_TEXT_SIZE];
} NitroStage;

struct NitroBootPort {
    SysBusDevice parent_obj;

    NitroMachineState *nms;
    MemoryRegion io;

    uint32_t reports;
    bool handed_off;
    bool failed;
    uint32_t stage_count;
    NitroStage stages[NITRO_MAX_STAGES];
    /* Only with `failed`. */
    struct nitro_boot_report failure;
};

/* The names follow the numbers of handover.h. */
QEMU_BUILD_BUG_ON((int)ENCLAVE_BOOT_STAGE_RESET != NITRO_BOOT_STAGE_RESET);
QEMU_BUILD_BUG_ON((int)ENCLAVE_BOOT_STAGE_HEADER != NITRO_BOOT_STAGE_HEADER);
QEMU_BUILD_BUG_ON((int)ENCLAVE_BOOT_STAGE_CRC != NITRO_BOOT_STAGE_CRC);
QEMU_BUILD_BUG_ON((int)ENCLAVE_BOOT_STAGE_KERNEL != NITRO_BOOT_STAGE_KERNEL);
QEMU_BUILD_BUG_ON((int)ENCLAVE_BOOT_STAGE_RAMDISK != NITRO_BOOT_STAGE_RAMDISK);
QEMU_BUILD_BUG_ON((int)ENCLAVE_BOOT_STAGE_HANDOFF != NITRO_BOOT_STAGE_HANDOFF);

static const char *nitro_text_or_null(const char *text)
{
    return text[0] ? text : NULL;
}

static EnclaveStageRecord *nitro_stage_record(const NitroStage *stage)
{
    EnclaveStageRecord *record = g_new0(EnclaveStageRecord, 1);

    record->stage = stage->stage;
    record->has_index = stage->stage == NITRO_BOOT_STAGE_RAMDISK;
    record->index = stage->index;
    record->virtual_time_ns = stage->virtual_ns;
    record->host_time_ns = stage->host_ns;
    record->text = g_strdup(nitro_text_or_null(stage->text));
    return record;
}

EnclaveStageRecordList *nitro_boot_port_stages(const NitroBootPort *port)
{
    EnclaveStageRecordList *list = NULL;

    for (uint32_t i = port->stage_count; i-- > 0;) {
        QAPI_LIST_PREPEND(list, nitro_stage_record(&port->stages[i]));
    }
    return list;
}

bool nitro_boot_port_handed_off(const NitroBootPort *port)
{
    return port->handed_off;
}

/*
 * When the firmware stopped because the platform refused the EIF, the
 * platform's words say more than the firmware's.
 */
EnclaveBootFailure *nitro_boot_port_failure(const NitroBootPort *port)
{
    const struct nitro_boot_report *report = &port->failure;
    const NitroLaunchProblem *verdict = NULL;
    EnclaveBootFailure *failure;

    if (!port->failed) {
        return NULL;
    }
    if (report->reason == NITRO_BOOT_REASON_REFUSED && port->nms->launch) {
        verdict = nitro_launch_verdict(port->nms->launch);
    }
    failure = g_new0(EnclaveBootFailure, 1);
    failure->stage = report->stage;
    if (verdict) {
        g_autoptr(EnclaveProblem) problem = nitro_launch_problem_info(verdict);

        failure->reason = problem->reason;
        failure->has_section = problem->has_section;
        failure->section = problem->section;
        failure->has_offset = true;
        failure->offset = problem->offset;
        failure->e_code = g_steal_pointer(&problem->e_code);
        failure->message = g_steal_pointer(&problem->message);
        return failure;
    }
    failure->reason = report->reason;
    failure->has_section = report->index < NITRO_LAUNCH_MAX_SECTIONS;
    failure->section = report->index;
    failure->has_offset = report->offset != NITRO_NO_OFFSET;
    failure->offset = report->offset;
    failure->has_found = failure->has_expected =
        report->found != report->expected;
    failure->found = report->found;
    failure->expected = report->expected;
    if (nitro_launch_ecode(report->reason)[0]) {
        failure->e_code = g_strdup(nitro_launch_ecode(report->reason));
    }
    failure->message = g_strdup(report->text[0] ? report->text
                                                : "no reason was given");
    return failure;
}

static void nitro_report_stage(NitroBootPort *port,
                               const struct nitro_boot_report *report)
{
    NitroStage *stage;

    if (port->stage_count == NITRO_MAX_STAGES) {
        return;
    }
    stage = &port->stages[port->stage_count++];
    stage->stage = report->stage;
    stage->index = report->index;
    stage->virtual_ns = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    /* Not QEMU_CLOCK_HOST: the guest never sees it, so replay need not. */
    stage->host_ns = g_get_real_time() * 1000;
    pstrcpy(stage->text, sizeof(stage->text), report->text);

    trace_nitro_boot_stage(EnclaveBootStage_str(stage->stage), stage->index,
                           stage->virtual_ns, stage->text);
    qapi_event_send_enclave_boot_stage(
        stage->stage, stage->stage == NITRO_BOOT_STAGE_RAMDISK, stage->index,
        stage->virtual_ns, stage->host_ns, nitro_text_or_null(stage->text));
    nitro_capture_boot_stage(port->nms->capture,
                             EnclaveBootStage_str(stage->stage),
                             stage->stage == NITRO_BOOT_STAGE_RAMDISK
                             ? (int)stage->index : -1, stage->text);
    nitro_break_hit(port->nms->breaks, ENCLAVE_BREAK_SOURCE_BOOT_STAGE, stage);
}

static void nitro_report_warning(NitroBootPort *port,
                                 const struct nitro_boot_report *report)
{
    trace_nitro_boot_warning(EnclaveBootStage_str(report->stage),
                             report->reason, report->text);
    qapi_event_send_enclave_boot_warning(
        true, report->stage, report->reason,
        report->index < NITRO_LAUNCH_MAX_SECTIONS, report->index,
        report->offset != NITRO_NO_OFFSET, report->offset, NULL, report->text);
    nitro_capture_boot_warning(port->nms->capture, report->reason, NULL,
                               report->text);
}

static void nitro_report_failure(NitroBootPort *port,
                                 const struct nitro_boot_report *report)
{
    g_autoptr(EnclaveBootFailure) failure = NULL;

    port->failed = true;
    port->failure = *report;
    failure = nitro_boot_port_failure(port);

    trace_nitro_boot_failed(EnclaveBootStage_str(failure->stage),
                            failure->reason, failure->message);
    error_report("the enclave did not boot (at %s): %s%s%s",
                 EnclaveBootStage_str(failure->stage), failure->e_code ?: "",
                 failure->e_code ? ": " : "", failure->message);
    qapi_event_send_enclave_boot_failed(
        failure->stage, failure->reason, failure->has_section,
        failure->section, failure->has_offset, failure->offset,
        failure->has_found, failure->found, failure->has_expected,
        failure->expected, failure->e_code, failure->message);
    nitro_capture_boot_failure(port->nms->capture,
        &(NitroCaptureBootFailure) {
            .stage = EnclaveBootStage_str(failure->stage),
            .reason = failure->reason,
            .section = failure->has_section ? (int)failure->section : -1,
            .has_offset = failure->has_offset,
            .offset = failure->offset,
            .ecode = failure->e_code,
            .message = failure->message,
        });
    qemu_system_guest_panicked(NULL);
}

static void nitro_report_handoff(NitroBootPort *port,
                                 const struct nitro_boot_report *report)
{
    struct nitro_boot_report failure = *report;

    if (nitro_launch_settle(port->nms) == NITRO_MEASURE_READY) {
        nitro_report_stage(port, report);
        port->handed_off = true;
        nitro_launch_handed_off(port->nms);
        return;
    }
    /* Our firmware asks first; another one (-bios) may not. */
    failure.reason = NITRO_BOOT_REASON_REFUSED;
    failure.offset = NITRO_NO_OFFSET;
    failure.index = NITRO_BOOT_NO_INDEX;
    pstrcpy(failure.text, sizeof(failure.text),
            "the firmware enters the kernel before the platform allows it");
    nitro_report_failure(port, &failure);
}

/* False when it is not a report. Brings it to the host's byte order. */
static bool nitro_read_report(hwaddr address, struct nitro_boot_report *report)
{
    /* RAM only: a device must not be read on the guest's word. */
    const MemTxAttrs attrs = { .memory = 1 };

    if (address_space_read(&address_space_memory, address, attrs, report,
                           sizeof(*report)) != MEMTX_OK) {
        return false;
    }
    report->magic = le32_to_cpu(report->magic);
    report->version = le16_to_cpu(report->version);
    report->index = le32_to_cpu(report->index);
    report->reason = le32_to_cpu(report->reason);
    report->offset = le64_to_cpu(report->offset);
    report->found = le64_to_cpu(report->found);
    report->expected = le64_to_cpu(report->expected);
    report->text[sizeof(report->text) - 1] = '\0';
    for (char *c = report->text; *c; c++) {
        *c = *c >= ' ' && *c <= '~' ? *c : '?';
    }
    return report->magic == NITRO_BOOT_REPORT_MAGIC &&
           report->version == NITRO_BOOT_REPORT_VERSION &&
           report->stage <= NITRO_BOOT_STAGE_HANDOFF;
}

static void nitro_do_checksum(NitroBootPort *port, hwaddr where)
{
    const MemTxAttrs attrs = { .memory = 1 };
    struct nitro_checksum_job job;
    uint64_t wanted, length;
    const uint8_t *bytes;

    if (port->handed_off || port->failed ||
        address_space_read(&address_space_memory, where, attrs, &job,
                           sizeof(job)) != MEMTX_OK) {
        return;
    }
    wanted = length = le32_to_cpu(job.size);
    if (!wanted || wanted > NITRO_CHECKSUM_MAX_SIZE) {
        return;
    }
    RCU_READ_LOCK_GUARD();
    bytes = nitro_guest_ram(le64_to_cpu(job.address), &length);
    if (!bytes || length < wanted) {
        return;
    }
    job.state = cpu_to_le32(
        nitro_launch_checksum(le32_to_cpu(job.state), bytes, wanted));
    job.done = cpu_to_le32(1);
    address_space_write(&address_space_memory, where, attrs, &job,
                        sizeof(job));
}

static void nitro_boot_port_write(void *opaque, hwaddr addr, uint64_t value,
                                  unsigned size)
{
    NitroBootPort *port = opaque;
    struct nitro_boot_report report;

    if (addr == NITRO_CHECKSUM_PORT - NITRO_BOOT_PORT) {
        if (port->nms->checksum_port) {
            nitro_do_checksum(port, value);
        }
        return;
    }
    if (port->handed_off || port->failed ||
        port->reports == NITRO_MAX_REPORTS) {
        trace_nitro_boot_report_ignored(value);
        return;
    }
    port->reports++;
    if (!nitro_read_report(value, &report)) {
        trace_nitro_boot_report_ignored(value);
        return;
    }
    switch (report.kind) {
    case NITRO_BOOT_REPORT_STAGE:
        if (report.stage == NITRO_BOOT_STAGE_HANDOFF) {
            nitro_report_handoff(port, &report);
        } else {
            nitro_report_stage(port, &report);
        }
        break;
    case NITRO_BOOT_REPORT_WARNING:
        nitro_report_warning(port, &report);
        break;
    case NITRO_BOOT_REPORT_FAILURE:
        nitro_report_failure(port, &report);
        break;
    default:
        trace_nitro_boot_report_ignored(value);
        break;
    }
}

static uint64_t nitro_boot_port_read(void *opaque, hwaddr addr, unsigned size)
{
    NitroBootPort *port = opaque;
    int state;

    if (addr != 0) {
        return 0;
    }
    state = nitro_launch_settle(port->nms);
    if (state == NITRO_MEASURE_BUSY) {
        /*
         * The firmware asks again and again; without a pause its polling
         * takes a processor from the threads it waits for. The main loop
         * goes on meanwhile.
         */
        bql_unlock();
        g_usleep(NITRO_POLL_PAUSE_US);
        bql_lock();
        state = nitro_launch_settle(port->nms);
    }
    return state;
}

static const MemoryRegionOps nitro_boot_port_ops = {
    .read = nitro_boot_port_read,
    .write = nitro_boot_port_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 4 },
    .impl = { .min_access_size = 4, .max_access_size = 4 },
};

static void nitro_boot_port_reset_hold(Object *obj, ResetType type)
{
    NitroBootPort *port = NITRO_BOOT_PORT_DEVICE(obj);

    port->reports = 0;
    port->handed_off = false;
    port->failed = false;
    port->stage_count = 0;
    memset(port->stages, 0, sizeof(port->stages));
    memset(&port->failure, 0, sizeof(port->failure));
}

static int nitro_boot_port_pre_save(void *opaque)
{
    NitroBootPort *port = opaque;

    /* Those of a recording are not the guest's life. */
    if (!nitro_is_recorded()) {
        nitro_capture_snapshot(port->nms->capture, "save", NULL);
    }
    return 0;
}

static int nitro_boot_port_post_load(void *opaque, int version_id)
{
    NitroBootPort *port = opaque;

    /* The stream is as untrusted as the guest was. */
    if (port->stage_count > NITRO_MAX_STAGES ||
        port->failure.stage > NITRO_BOOT_STAGE_HANDOFF) {
        return -EINVAL;
    }
    for (uint32_t i = 0; i < port->stage_count; i++) {
        NitroStage *stage = &port->stages[i];

        stage->text[sizeof(stage->text) - 1] = '\0';
        if (stage->stage > NITRO_BOOT_STAGE_HANDOFF) {
            return -EINVAL;
        }
    }
    port->failure.text[sizeof(port->failure.text) - 1] = '\0';
    /* Those of a recording are not the guest's life. */
    if (!nitro_is_recorded()) {
        nitro_capture_snapshot(port->nms->capture, "load", NULL);
    }
    return 0;
}

/* VMSTATE_BUFFER is for uint8_t alone. */
#define VMSTATE_NITRO_TEXT(field, state) {      \
    .name = stringify(field),                   \
    .size = sizeof_field(state, field),         \
    .info = &vmstate_info_buffer,               \
    .flags = VMS_BUFFER,                        \
    .offset = offsetof(state, field),           \
}

static const VMStateDescription vmstate_nitro_stage = {
    .name = "nitro-boot-port/stage",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT8(stage, NitroStage),
        VMSTATE_UINT32(index, NitroStage),
        VMSTATE_INT64(virtual_ns, NitroStage),
        VMSTATE_INT64(host_ns, NitroStage),
        VMSTATE_NITRO_TEXT(text, NitroStage),
        VMSTATE_END_OF_LIST()
    },
};

static const VMStateDescription vmstate_nitro_boot_port = {
    .name = TYPE_NITRO_BOOT_PORT_DEVICE,
    .version_id = 1,
    .minimum_version_id = 1,
    .pre_save = nitro_boot_port_pre_save,
    .post_load = nitro_boot_port_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32(reports, NitroBootPort),
        VMSTATE_BOOL(handed_off, NitroBootPort),
        VMSTATE_BOOL(failed, NitroBootPort),
        VMSTATE_UINT32(stage_count, NitroBootPort),
        VMSTATE_STRUCT_ARRAY(stages, NitroBootPort, NITRO_MAX_STAGES, 1,
                             vmstate_nitro_stage, NitroStage),
        VMSTATE_UINT8(failure.stage, NitroBootPort),
        VMSTATE_UINT32(failure.index, NitroBootPort),
        VMSTATE_UINT32(failure.reason, NitroBootPort),
        VMSTATE_UINT64(failure.offset, NitroBootPort),
        VMSTATE_UINT64(failure.found, NitroBootPort),
        VMSTATE_UINT64(failure.expected, NitroBootPort),
        VMSTATE_NITRO_TEXT(failure.text, NitroBootPort),
        VMSTATE_END_OF_LIST()
    },
};

static void nitro_boot_port_realize(DeviceState *dev, Error **errp)
{
    NitroBootPort *port = NITRO_BOOT_PORT_DEVICE(dev);

    memory_region_init_io(&port->io, OBJECT(dev), &nitro_boot_port_ops, port,
                          TYPE_NITRO_BOOT_PORT_DEVICE, NITRO_BOOT_PORT_SIZE);
    sysbus_init_mmio(SYS_BUS_DEVICE(dev), &port->io);
}

static void nitro_boot_port_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    ResettableClass *rc = RESETTABLE_CLASS(oc);

    dc->desc = "boot port of the nitro-enclave machine";
    dc->realize = nitro_boot_port_realize;
    dc->vmsd = &vmstate_nitro_boot_port;
    /* Part of the board, which it needs. */
    dc->user_creatable = false;
    rc->phases.hold = nitro_boot_port_reset_hold;
}

/* ------------------------------------------------------------------ */
/* Breaks: the condition is a stage, or none; an event is a NitroStage */

static void *nitro_stage_break_parse(void *opaque,
                                     const EnclaveBreakCondition *asked,
                                     uint32_t id, Error **errp)
{
    const int stage = asked->has_stage ? (int)asked->stage : -1;

    return g_memdup2(&stage, sizeof(stage));
}

static void nitro_stage_break_forget(void *opaque, void *condition, uint32_t id)
{
    g_free(condition);
}

static bool nitro_stage_break_matches(const void *condition, uint32_t id,
                                      const void *event)
{
    const int *wanted = condition;
    const NitroStage *stage = event;

    return *wanted < 0 || *wanted == stage->stage;
}

static void nitro_stage_break_describe(const void *event,
                                       NitroBreakDescription *description)
{
    const NitroStage *stage = event;

    description->has_stage = true;
    description->stage = stage->stage;
    description->detail = g_strdup_printf("boot stage %s",
                                          EnclaveBootStage_str(stage->stage));
}

static const NitroBreakSource nitro_stage_break_source = {
    .source = ENCLAVE_BREAK_SOURCE_BOOT_STAGE,
    .parse = nitro_stage_break_parse,
    .forget = nitro_stage_break_forget,
    .matches = nitro_stage_break_matches,
    .describe = nitro_stage_break_describe,
};

NitroBootPort *nitro_boot_port_create(NitroMachineState *nms)
{
    DeviceState *dev = qdev_new(TYPE_NITRO_BOOT_PORT_DEVICE);
    NitroBootPort *port = NITRO_BOOT_PORT_DEVICE(dev);

    port->nms = nms;
    sysbus_realize_and_unref(SYS_BUS_DEVICE(dev), &error_fatal);
    nitro_board_place_boot_port(SYS_BUS_DEVICE(dev));
    nitro_break_register(nms->breaks, &nitro_stage_break_source, port);
    return port;
}

static const TypeInfo nitro_boot_port_info = {
    .name = TYPE_NITRO_BOOT_PORT_DEVICE,
    .parent = TYPE_SYS_BUS_DEVICE,
    .instance_size = sizeof(NitroBootPort),
    .class_init = nitro_boot_port_class_init,
};

static void nitro_boot_port_register_types(void)
{
    type_register_static(&nitro_boot_port_info);
}

type_init(nitro_boot_port_register_types)
