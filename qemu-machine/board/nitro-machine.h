/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The nitro-enclave machine: state shared by the files of this folder
 *
 * nitro-machine.c     machine class, start, reset
 * nitro-board.h       what differs between processor architectures: x86, arm64
 * nitro-devices.c     console, virtio transports, NSM
 * nitro-properties.c  machine properties and the checks on their values
 * nitro-launch.c      the hypervisor's part: judge, measure, seed PCRs
 * nitro-fwcfg.c       what the firmware gets to read
 * nitro-boot-port.c   what the firmware reports
 * nitro-guest-ram.c   whether an address that the guest names is RAM
 * nitro-refusal.c     when this cannot become the enclave that was asked for
 * nitro-qmp.c         commands of qapi/nitro.json
 */
#ifndef NITROSCOPE_NITRO_MACHINE_H
#define NITROSCOPE_NITRO_MACHINE_H

#include "hw/boards.h"
#include "hw/sysbus.h"
#include "qapi/qapi-types-nitro.h"
#include "qom/object.h"
#include "qemu-machine/board/nitro-board.h"
#include "qemu-machine/launch/launch.h"
#include "qemu-machine/launch/limits.h"

#define TYPE_NITRO_ENCLAVE_MACHINE MACHINE_TYPE_NAME("nitro-enclave")
OBJECT_DECLARE_SIMPLE_TYPE(NitroMachineState, NITRO_ENCLAVE_MACHINE)

/* An enclave has two transports. Which device is behind which: see the boards. */
#define NITRO_VIRTIO_TRANSPORTS 2
/* extra-transport=on: one more, for -device virtio-...-device. */
#define NITRO_VIRTIO_TRANSPORTS_MAX 3
#define NITRO_VIRTIO_VSOCK 0
#define NITRO_VIRTIO_NSM 1

/* PCR 0-15 belong to the platform, which locks them. */
#define NITRO_PLATFORM_PCRS 16

/* What the machine is made of; who works with a part includes its header. */
typedef struct NitroBootPort NitroBootPort;
typedef struct NitroBreaks NitroBreaks;
typedef struct NitroCapture NitroCapture;
typedef struct NitroCaptureSink NitroCaptureSink;
typedef struct VirtIONSM VirtIONSM;
typedef struct VirtIOVsock VirtIOVsock;

struct NitroMachineState {
    NitroBoardState parent_obj;

    /* Properties; strings are NULL when not set. */
    char *eif;
    char *module_id;
    char *parent_role;
    char *parent_id;
    char *capture_id;
    char *recording;
    char *pki_directory;
    char *ca_key;
    char *ca_chain;
    char *region;
    char *nsm_version;
    char *vsock_path;
    char *vsock_routes;
    char *heartbeat;
    uint32_t enclave_cid;
    uint32_t capture_mib;
    uint32_t recording_mib;
    bool definite_payload;
    bool debug_mode;
    bool strict;
    bool preflight;
    bool checksum_port;
    bool extra_transport;
    EnclaveReboot reboot;

    /* Of the x86-64 board. */
    Notifier machine_done;
    /* Of the aarch64 board. */
    DeviceState *gic;
    FWCfgState *fw_cfg;
    DeviceState *transports[NITRO_VIRTIO_TRANSPORTS_MAX];
    VirtIONSM *nsm;
    VirtIOVsock *vsock;
    NitroBootPort *boot_port;

    /* NULL when nothing is recorded. */
    NitroCaptureSink *capture_sink;
    NitroCapture *capture;

    NitroBreaks *breaks;

    /* NULL when the machine has no EIF. */
    NitroLaunch *launch;
    /* The PCRs of the EIF are in the NSM; cleared by a reset, migrated. */
    bool seeded;
    /* Problems of the launch library that were announced already. */
    size_t problems_told;
    /* enclave-reset was asked for and is still to come. */
    bool reset_asked;
};

/* nitro-machine.c: the machine, or NULL and an error when it is another. */
NitroMachineState *nitro_machine_get(Error **errp);

/* nitro-messages.c: from now on, standard error is written at a bounded rate. */
void nitro_messages_init(void);

/* nitro-parent.c: QEMU does not outlive the program that started it by much. */
void nitro_parent_init(void);

/* nitro-vcpus.c: memory that the guest makes QEMU set aside is freed in time. */
void nitro_vcpus_init(void);

/* nitro-monitors.c: a QMP client that does not read is disconnected in time. */
void nitro_monitors_init(void);

/* nitro-properties.c */
void nitro_properties_class_init(ObjectClass *oc);
void nitro_properties_init(NitroMachineState *nms);
void nitro_properties_finalize(NitroMachineState *nms);
/* Fills in what was not given; ends QEMU when values contradict. */
void nitro_properties_complete(NitroMachineState *nms);

/* nitro-devices.c */
int nitro_transports(const NitroMachineState *nms);
void nitro_devices_init(NitroMachineState *nms);

/* nitro-file-faults.c: a mapping of a file that somebody may cut; two at most. */
void nitro_survive_cut_file(const void *data, uint64_t size);

/* nitro-launch.c */
void nitro_launch_init(NitroMachineState *nms);
void nitro_launch_reset(NitroMachineState *nms);
/*
 * NITRO_MEASURE_*: whether the kernel may be entered. The first time that the
 * answer is READY, the PCRs are seeded. Never blocks.
 */
int nitro_launch_settle(NitroMachineState *nms);
/* After the handoff: the file's pages are not needed any more. */
void nitro_launch_handed_off(NitroMachineState *nms);
EnclaveProblem *nitro_launch_problem_info(const NitroLaunchProblem *problem);

/* nitro-fwcfg.c */
void nitro_fwcfg_create(NitroMachineState *nms);
void nitro_fwcfg_add_enclave(NitroMachineState *nms);

#endif
