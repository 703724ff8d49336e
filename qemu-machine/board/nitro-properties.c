/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Properties of the nitro-enclave machine
 *
 * Values are checked when they are set, so that the user hears about a typing
 * error with the property's name, and cannot change once the machine exists:
 * the NSM and the PCRs have been made from them.
 */

#include "qemu/osdep.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "qemu/guest-random.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "hw/qdev-core.h"
#include "system/replay.h"
#include "nsm-device/core/nsm.h"
#include "qemu-machine/board/nitro-machine.h"
#include "qemu-machine/board/nitro-refusal.h"
#include "qemu-machine/launch/limits.h"
#include "qemu-machine/vsock/protocol/vsock_protocol.h"

#define NITRO_INSTANCE_DIGITS 17     /* "i-" and 17 hexadecimal digits */
#define NITRO_OLD_INSTANCE_DIGITS 8  /* until 2016, still valid */
#define NITRO_INSTANCE_LENGTH (2 + NITRO_INSTANCE_DIGITS)

/* Number of lower case hexadecimal digits at the start of text. */
static size_t nitro_hex_digits(const char *text)
{
    return strspn(text, "0123456789abcdef");
}

/* "i-0a1b2c3d4e5f60718-enc0193a4b5c6d7e8f9", the shape of real modules. */
static bool nitro_is_module_id(const char *id)
{
    return g_str_has_prefix(id, "i-") &&
           nitro_hex_digits(id + 2) == NITRO_INSTANCE_DIGITS &&
           g_str_has_prefix(id + NITRO_INSTANCE_LENGTH, "-enc") &&
           nitro_hex_digits(id + NITRO_INSTANCE_LENGTH + 4) == 16 &&
           strlen(id) == NITRO_INSTANCE_LENGTH + 4 + 16;
}

static bool nitro_is_instance_id(const char *id)
{
    size_t digits = g_str_has_prefix(id, "i-") ? nitro_hex_digits(id + 2) : 0;

    return (digits == NITRO_INSTANCE_DIGITS ||
            digits == NITRO_OLD_INSTANCE_DIGITS) && !id[2 + digits];
}

/* "arn:aws:iam::123456789012:role/path/name"; the partition may be another. */
static bool nitro_is_role_arn(const char *arn)
{
    g_auto(GStrv) part = g_strsplit(arn, ":", 6);

    return g_strv_length(part) == 6 && g_str_equal(part[0], "arn") &&
           g_str_has_prefix(part[1], "aws") &&
           strspn(part[1], "abcdefghijklmnopqrstuvwxyz-") == strlen(part[1]) &&
           g_str_equal(part[2], "iam") && !part[3][0] &&
           strlen(part[4]) == 12 && strspn(part[4], "0123456789") == 12 &&
           g_str_has_prefix(part[5], "role/") && part[5][strlen("role/")] &&
           !g_str_has_suffix(part[5], "/") &&
           strspn(part[5], "abcdefghijklmnopqrstuvwxyz"
                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+=,.@_-/") ==
           strlen(part[5]);
}

/* It becomes part of host names, and of a common name of 64 characters. */
static bool nitro_is_region(const char *region)
{
    size_t length = strspn(region, "abcdefghijklmnopqrstuvwxyz0123456789-");

    return length > 0 && length <= 20 && !region[length];
}

static bool nitro_may_set(const char *name, Error **errp)
{
    if (phase_check(PHASE_MACHINE_INITIALIZED)) {
        error_setg(errp, "'%s' cannot be changed once the machine exists",
                   name);
        return false;
    }
    return true;
}

static void nitro_set_str(char **member, const char *name, const char *value,
                          bool (*check)(const char *), const char *shape,
                          Error **errp)
{
    if (!nitro_may_set(name, errp)) {
        return;
    }
    if (!check(value)) {
        nitro_refuse_value(errp, name, "%s '%s' does not have the form %s",
                           name, value, shape);
        return;
    }
    g_free(*member);
    *member = g_strdup(value);
}

static char *nitro_get_eif(Object *obj, Error **errp)
{
    return g_strdup(NITRO_ENCLAVE_MACHINE(obj)->eif ?:
                    MACHINE(obj)->kernel_filename);
}

static void nitro_set_eif(Object *obj, const char *value, Error **errp)
{
    NitroMachineState *nms = NITRO_ENCLAVE_MACHINE(obj);

    if (!nitro_may_set("eif", errp)) {
        return;
    }
    if (!value[0]) {
        nitro_refuse_value(errp, "eif",
                           "eif is empty: give the path of an EIF");
        return;
    }
    g_free(nms->eif);
    nms->eif = g_strdup(value);
}

static char *nitro_get_module_id(Object *obj, Error **errp)
{
    return g_strdup(NITRO_ENCLAVE_MACHINE(obj)->module_id);
}

static void nitro_set_module_id(Object *obj, const char *value, Error **errp)
{
    nitro_set_str(&NITRO_ENCLAVE_MACHINE(obj)->module_id, "module-id", value,
                  nitro_is_module_id,
                  "i-<17 hex digits>-enc<16 hex digits>, in lower case", errp);
}

/* QEMU's own nitro-enclave machine calls it "id" and takes any text. */
static void nitro_set_id(Object *obj, const char *value, Error **errp)
{
    nitro_set_str(&NITRO_ENCLAVE_MACHINE(obj)->module_id, "id", value,
                  nitro_is_module_id,
                  "i-<17 hex digits>-enc<16 hex digits>, in lower case, as it "
                  "is on EC2 (the same as module-id)", errp);
}

/*
 * QEMU's own nitro-enclave machine cannot start without it: the id of a
 * chardev that leads to a vhost-user daemon.
 */
static void nitro_set_vsock(Object *obj, const char *value, Error **errp)
{
    nitro_refuse_value(errp, "vsock",
        "vsock=%s names a vhost-user daemon, and this machine has a vsock "
        "device of its own: leave out vsock=, its chardev and the daemon, and "
        "say vsock-path=PATH for a Unix socket like the daemon's uds-path",
        value);
}

static char *nitro_get_parent_role(Object *obj, Error **errp)
{
    return g_strdup(NITRO_ENCLAVE_MACHINE(obj)->parent_role);
}

static void nitro_set_parent_role(Object *obj, const char *value, Error **errp)
{
    nitro_set_str(&NITRO_ENCLAVE_MACHINE(obj)->parent_role, "parent-role",
                  value, nitro_is_role_arn,
                  "arn:aws:iam::<12 digits>:role/<name>", errp);
}

static char *nitro_get_parent_id(Object *obj, Error **errp)
{
    return g_strdup(NITRO_ENCLAVE_MACHINE(obj)->parent_id);
}

static void nitro_set_parent_id(Object *obj, const char *value, Error **errp)
{
    nitro_set_str(&NITRO_ENCLAVE_MACHINE(obj)->parent_id, "parent-id", value,
                  nitro_is_instance_id,
                  "i-<17 hex digits> (or i-<8 hex digits>), in lower case",
                  errp);
}

static char *nitro_get_region(Object *obj, Error **errp)
{
    return g_strdup(NITRO_ENCLAVE_MACHINE(obj)->region);
}

static void nitro_set_region(Object *obj, const char *value, Error **errp)
{
    nitro_set_str(&NITRO_ENCLAVE_MACHINE(obj)->region, "region", value,
                  nitro_is_region,
                  "of a region: up to 20 of a-z, 0-9 and '-'", errp);
}

#define NITRO_BOOL_PROPERTY(function, member, name)                         \
    static bool nitro_get_##function(Object *obj, Error **errp)            \
    {                                                                       \
        return NITRO_ENCLAVE_MACHINE(obj)->member;                          \
    }                                                                       \
    static void nitro_set_##function(Object *obj, bool value, Error **errp) \
    {                                                                       \
        if (nitro_may_set(name, errp)) {                                    \
            NITRO_ENCLAVE_MACHINE(obj)->member = value;                     \
        }                                                                   \
    }

static char *nitro_get_capture_id(Object *obj, Error **errp)
{
    return g_strdup(NITRO_ENCLAVE_MACHINE(obj)->capture_id);
}

static void nitro_set_capture_id(Object *obj, const char *value, Error **errp)
{
    NitroMachineState *nms = NITRO_ENCLAVE_MACHINE(obj);

    if (nitro_may_set("capture", errp)) {
        g_free(nms->capture_id);
        nms->capture_id = g_strdup(value);
    }
}

/* The NSM checks these when it is made, and says what is wrong. */
#define NITRO_TEXT_PROPERTY(function, name)                                 \
    static char *nitro_get_##function(Object *obj, Error **errp)            \
    {                                                                       \
        return g_strdup(NITRO_ENCLAVE_MACHINE(obj)->function);              \
    }                                                                       \
    static void nitro_set_##function(Object *obj, const char *value,        \
                                     Error **errp)                          \
    {                                                                       \
        if (nitro_may_set(name, errp)) {                                    \
            g_free(NITRO_ENCLAVE_MACHINE(obj)->function);                   \
            NITRO_ENCLAVE_MACHINE(obj)->function = g_strdup(value);         \
        }                                                                   \
    }

NITRO_TEXT_PROPERTY(pki_directory, "pki-directory")
NITRO_TEXT_PROPERTY(ca_key, "ca-key")
NITRO_TEXT_PROPERTY(ca_chain, "ca-chain")
NITRO_TEXT_PROPERTY(nsm_version, "nsm-version")
/* The vsock device checks these. */
NITRO_TEXT_PROPERTY(vsock_path, "vsock-path")
NITRO_TEXT_PROPERTY(vsock_routes, "vsock-routes")
NITRO_TEXT_PROPERTY(heartbeat, "heartbeat")
/* The recording itself says what is wrong with it. */
NITRO_TEXT_PROPERTY(recording, "recording")
NITRO_BOOL_PROPERTY(definite_payload, definite_payload, "definite-payload")
NITRO_BOOL_PROPERTY(debug_mode, debug_mode, "debug-mode")
NITRO_BOOL_PROPERTY(strict, strict, "strict")
NITRO_BOOL_PROPERTY(preflight, preflight, "preflight")
NITRO_BOOL_PROPERTY(checksum_port, checksum_port, "checksum-port")
NITRO_BOOL_PROPERTY(extra_transport, extra_transport, "extra-transport")

static int nitro_get_reboot(Object *obj, Error **errp)
{
    return NITRO_ENCLAVE_MACHINE(obj)->reboot;
}

static void nitro_set_reboot(Object *obj, int value, Error **errp)
{
    if (nitro_may_set("reboot", errp)) {
        NITRO_ENCLAVE_MACHINE(obj)->reboot = value;
    }
}

void nitro_properties_init(NitroMachineState *nms)
{
    nms->strict = true;
    nms->preflight = true;
    nms->checksum_port = true;
    nms->reboot = ENCLAVE_REBOOT_TERMINATE;
    nms->capture_mib = NITRO_CAPTURE_MIB_DEFAULT;
    nms->recording_mib = NITRO_RECORDING_MIB_DEFAULT;
}

static void nitro_get_capture_mib(Object *obj, Visitor *v, const char *name,
                                  void *opaque, Error **errp)
{
    uint32_t value = NITRO_ENCLAVE_MACHINE(obj)->capture_mib;

    visit_type_uint32(v, name, &value, errp);
}

static void nitro_set_capture_mib(Object *obj, Visitor *v, const char *name,
                                  void *opaque, Error **errp)
{
    uint32_t value;

    if (!nitro_may_set("capture-limit", errp) ||
        !visit_type_uint32(v, name, &value, errp)) {
        return;
    }
    if (value < NITRO_CAPTURE_MIB_MIN || value > NITRO_CAPTURE_MIB_MAX) {
        nitro_refuse_value(errp, "capture-limit",
            "the limit of a capture is between %u and %u MiB, not %" PRIu32,
            NITRO_CAPTURE_MIB_MIN, NITRO_CAPTURE_MIB_MAX, value);
        return;
    }
    NITRO_ENCLAVE_MACHINE(obj)->capture_mib = value;
}

static void nitro_get_recording_mib(Object *obj, Visitor *v, const char *name,
                                    void *opaque, Error **errp)
{
    uint32_t value = NITRO_ENCLAVE_MACHINE(obj)->recording_mib;

    visit_type_uint32(v, name, &value, errp);
}

static void nitro_set_recording_mib(Object *obj, Visitor *v, const char *name,
                                    void *opaque, Error **errp)
{
    uint32_t value;

    if (!nitro_may_set("recording-limit", errp) ||
        !visit_type_uint32(v, name, &value, errp)) {
        return;
    }
    if (value < NITRO_RECORDING_MIB_MIN || value > NITRO_RECORDING_MIB_MAX) {
        nitro_refuse_value(errp, "recording-limit",
            "the limit of a recording's snapshots is between %u and %u MiB, "
            "not %" PRIu32,
            NITRO_RECORDING_MIB_MIN, NITRO_RECORDING_MIB_MAX, value);
        return;
    }
    NITRO_ENCLAVE_MACHINE(obj)->recording_mib = value;
}

static void nitro_get_enclave_cid(Object *obj, Visitor *v, const char *name,
                                  void *opaque, Error **errp)
{
    uint32_t value = NITRO_ENCLAVE_MACHINE(obj)->enclave_cid
                     ?: VSOCK_CID_DEFAULT_GUEST;

    visit_type_uint32(v, name, &value, errp);
}

static void nitro_set_enclave_cid(Object *obj, Visitor *v, const char *name,
                                  void *opaque, Error **errp)
{
    uint32_t value;

    if (!nitro_may_set("enclave-cid", errp) ||
        !visit_type_uint32(v, name, &value, errp)) {
        return;
    }
    if (value < VSOCK_CID_FIRST_GUEST || value > VSOCK_CID_LAST) {
        nitro_refuse_value(errp, "enclave-cid",
            "an enclave's CID is between %u and %u, not %" PRIu32,
            VSOCK_CID_FIRST_GUEST, VSOCK_CID_LAST, value);
        return;
    }
    NITRO_ENCLAVE_MACHINE(obj)->enclave_cid = value;
}

void nitro_properties_finalize(NitroMachineState *nms)
{
    g_free(nms->eif);
    g_free(nms->module_id);
    g_free(nms->parent_role);
    g_free(nms->parent_id);
    g_free(nms->capture_id);
    g_free(nms->recording);
    g_free(nms->pki_directory);
    g_free(nms->ca_key);
    g_free(nms->ca_chain);
    g_free(nms->region);
    g_free(nms->nsm_version);
    g_free(nms->vsock_path);
    g_free(nms->vsock_routes);
    g_free(nms->heartbeat);
}

/*
 * The top 48 bits of the number after "enc" are the start time in
 * milliseconds, as in all real module ids. A recorded run must be replayed
 * with the same id, so there the time is left at zero.
 */
static char *nitro_make_module_id(const char *parent_id)
{
    int64_t start_ms = replay_mode == REPLAY_MODE_NONE
                       ? g_get_real_time() / 1000 : 0;
    uint16_t random = 0;
    char id[NSM_MODULE_ID_MAX];

    if (replay_mode == REPLAY_MODE_NONE) {
        qemu_guest_getrandom_nofail(&random, sizeof(random));
    }
    nsm_make_module_id(strlen(parent_id) == NITRO_INSTANCE_LENGTH
                       ? parent_id : NITRO_DEFAULT_PARENT,
                       start_ms, random, id, sizeof(id));
    return g_strdup(id);
}

void nitro_properties_complete(NitroMachineState *nms)
{
    MachineState *machine = MACHINE(nms);

    if (nms->eif && machine->kernel_filename &&
        !g_str_equal(nms->eif, machine->kernel_filename)) {
        nitro_refuse("eif", "two EIFs are given: eif=%s and -kernel %s",
                     nms->eif, machine->kernel_filename);
    }
    if (!nms->eif) {
        nms->eif = g_strdup(machine->kernel_filename);
    }
    if (!nms->eif && machine->initrd_filename) {
        nitro_refuse("initrd", "-initrd adds a ramdisk to an EIF, but there is "
                     "no EIF: give one with -kernel");
    }
    if (!nms->parent_id) {
        nms->parent_id = nms->module_id
                         ? g_strndup(nms->module_id, NITRO_INSTANCE_LENGTH)
                         : g_strdup(NITRO_DEFAULT_PARENT);
    }
    if (!nms->module_id) {
        nms->module_id = nitro_make_module_id(nms->parent_id);
    }
    if (!g_str_has_prefix(nms->module_id, nms->parent_id)) {
        warn_report("module-id '%s' does not start with parent-id '%s', as it "
                    "would on EC2", nms->module_id, nms->parent_id);
    }
}

#define NITRO_ADD_PROPERTY(kind, function, name, description)             \
    do {                                                                  \
        object_class_property_add_##kind(oc, name, nitro_get_##function,  \
                                         nitro_set_##function);           \
        object_class_property_set_description(oc, name, description);     \
    } while (0)

void nitro_properties_class_init(ObjectClass *oc)
{
    NITRO_ADD_PROPERTY(str, eif, "eif",
                       "Path of the enclave image file (same as -kernel)");
    NITRO_ADD_PROPERTY(str, module_id, "module-id",
                       "Identity of the NSM, i-<17 hex>-enc<16 hex> "
                       "(default: made from parent-id and the start time)");
    object_class_property_add_str(oc, "id", nitro_get_module_id, nitro_set_id);
    object_class_property_set_description(oc, "id",
        "The same as module-id, by the name it has in QEMU's own machine");
    object_class_property_add_str(oc, "vsock", NULL, nitro_set_vsock);
    object_class_property_set_description(oc, "vsock",
        "Not needed here: only says what to use instead of the vhost-user "
        "daemon of QEMU's own machine");
    NITRO_ADD_PROPERTY(str, parent_role, "parent-role",
                       "ARN of the parent's IAM role, measured into PCR 3");
    NITRO_ADD_PROPERTY(str, parent_id, "parent-id",
                       "Id of the parent instance, measured into PCR 4 "
                       "(default: the one in module-id)");
    NITRO_ADD_PROPERTY(str, capture_id, "capture",
                       "Id of the chardev that receives the capture stream "
                       "(pcapng; default: none)");
    object_class_property_add(oc, "capture-limit", "uint32",
                              nitro_get_capture_mib, nitro_set_capture_mib,
                              NULL, NULL);
    object_class_property_set_description(
        oc, "capture-limit",
        "MiB that the capture stream may have; what follows is only counted "
        "(default " stringify(NITRO_CAPTURE_MIB_DEFAULT) ")");
    NITRO_ADD_PROPERTY(str, recording, "recording",
                       "Folder of the recording that is made or replayed "
                       "(docs/recordings.md; needs -icount rr=)");
    object_class_property_add(oc, "recording-limit", "uint32",
                              nitro_get_recording_mib, nitro_set_recording_mib,
                              NULL, NULL);
    object_class_property_set_description(
        oc, "recording-limit",
        "MiB that a recording's snapshots may have; older ones are thinned "
        "out (default " stringify(NITRO_RECORDING_MIB_DEFAULT) ")");
    NITRO_ADD_PROPERTY(str, pki_directory, "pki-directory",
                       "Folder of the root that signs attestation documents "
                       "(default: $XDG_DATA_HOME/nitroscope/pki)");
    NITRO_ADD_PROPERTY(str, ca_key, "ca-key",
                       "PEM file with the private key of an own CA that signs "
                       "instead of the root; needs ca-chain");
    NITRO_ADD_PROPERTY(str, ca_chain, "ca-chain",
                       "PEM file with the certificate of ca-key and those "
                       "above it");
    NITRO_ADD_PROPERTY(str, region, "region",
                       "AWS region named in the certificates "
                       "(default: us-east-1)");
    NITRO_ADD_PROPERTY(str, nsm_version, "nsm-version",
                       "Version that DescribeNSM reports (default: 1.0.0)");
    NITRO_ADD_PROPERTY(str, vsock_path, "vsock-path",
                       "Unix socket through which host programs reach the "
                       "enclave; what the enclave dials is at <path>_<port>");
    NITRO_ADD_PROPERTY(str, vsock_routes, "vsock-routes",
                       "Routes of vsock ports, PORT=ROUTE;PORT=ROUTE, with "
                       "unix:PATH, tcp:HOST:PORT, refuse, echo, listen:...");
    NITRO_ADD_PROPERTY(str, heartbeat, "heartbeat",
                       "Answer to the enclave's heartbeat on port 9000: on, "
                       "off, delay or wrong (default on)");
    object_class_property_add(oc, "enclave-cid", "uint32",
                              nitro_get_enclave_cid, nitro_set_enclave_cid,
                              NULL, NULL);
    object_class_property_set_description(
        oc, "enclave-cid",
        "CID of the enclave, at least " stringify(VSOCK_CID_FIRST_GUEST)
        " (default " stringify(VSOCK_CID_DEFAULT_GUEST) ")");
    NITRO_ADD_PROPERTY(bool, definite_payload, "definite-payload",
                       "Documents with a definite payload map, as until "
                       "2025 (default off)");
    NITRO_ADD_PROPERTY(bool, debug_mode, "debug-mode",
                       "Show the guest zeros in PCR 0, 1, 2 and 8");
    NITRO_ADD_PROPERTY(bool, strict, "strict",
                       "Refuse what EC2 refuses; off: only warn (default on)");
    NITRO_ADD_PROPERTY(bool, preflight, "preflight",
                       "Judge the EIF on the host; off: only the firmware "
                       "does (default on)");
    NITRO_ADD_PROPERTY(bool, checksum_port, "checksum-port",
                       "Sum the EIF for the firmware; off: it computes each "
                       "CRC itself, slower (default on)");
    NITRO_ADD_PROPERTY(bool, extra_transport, "extra-transport",
                       "A third virtio-mmio transport, for an experiment "
                       "with -device; no enclave has one (default off)");
    object_class_property_add_enum(oc, "reboot", "EnclaveReboot",
                                   &EnclaveReboot_lookup, nitro_get_reboot,
                                   nitro_set_reboot);
    object_class_property_set_description(oc, "reboot",
        "What a reboot of the guest does: terminate (default) or reset");
}
