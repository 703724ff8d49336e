/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine's recording: a folder, snapshots as the guest works, digests
 *
 * A snapshot is taken between two instructions, while nobody stops the machine:
 * the main loop has QEMU's log for itself, and the vCPU waits for it.  The log
 * has a mark at the place.  A replay comes by it, compares registers and memory
 * with what was recorded, and stops when they differ.
 */

#include "qemu/osdep.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "qemu/timer.h"
#include "qemu/units.h"
#include "qapi/error.h"
#include "qapi/qapi-events-nitro.h"
#include "qobject/qjson.h"
#include "system/cpu-timers.h"
#include "system/reset.h"
#include "system/runstate.h"
#include "qapi/qapi-types-ui.h"
#include "system/replay.h"
#include "replay/replay-internal.h"
#include "qemu-machine/record/qemu/recording-state.h"

/* So many instructions are about half a second of work. */
#define NITRO_SNAPSHOT_EVERY (100 * 1000 * 1000)
/* Snapshots take at most a part in so many of the time. */
#define NITRO_SNAPSHOT_SHARE 5
/* How much a kill costs. */
#define NITRO_FLUSH_MS 100
/* A replay in which nothing happens for so long will never go on. */
#define NITRO_STUCK_S 30
#define NITRO_DIGESTS_MAX (256 * MiB)

NitroRecording *nitro_recording;

static struct {
    QEMUTimer *timer;
    VMChangeStateEntry *state_change;
    /* While recording. */
    FILE *digests;
    uint64_t last;
    int64_t next_ns;
    bool started, failed;
    bool (*is_quiet)(void *opaque);
    void *is_quiet_opaque;
    /* In a replay. */
    GHashTable *expected; /* by instruction: the line */
    uint64_t seen_icount;
    unsigned seen_event, seen_for_s;
} nitro_keeping;

static char *nitro_recording_file(const char *name)
{
    return g_build_filename(nitro_recording->folder, name, NULL);
}

/* ------------------------------------------------------------------ */
/* Recording                                                          */

static void nitro_digest_write(uint64_t icount, uint64_t memory)
{
    g_autoptr(QDict) line = qdict_new();
    g_autofree char *digest = g_strdup_printf("%016" PRIx64, memory);
    g_autoptr(GString) json = NULL;

    qdict_put_int(line, "icount", icount);
    qdict_put_str(line, "memory", digest);
    qdict_put(line, "registers", nitro_recording_registers());
    json = qobject_to_json(QOBJECT(line));
    fprintf(nitro_keeping.digests, "%s\n", json->str);
    fflush(nitro_keeping.digests);
}

static void nitro_snapshot_take(void)
{
    g_autofree NitroStoreBlock *blocks = NULL;
    g_autofree uint8_t *devices = NULL;
    uint64_t icount = replay_get_current_icount();
    int64_t start = get_clock();
    uint64_t memory;
    size_t count, size;
    char problem[512] = "";
    Error *err = NULL;

    if (nitro_keeping.failed ||
        (nitro_keeping.started && icount == nitro_keeping.last)) {
        return;
    }
    nitro_input_now(NITRO_INPUT_MARK, NULL, 0);
    replay_log_flush();
    devices = nitro_devices_save(&size, &err);
    blocks = nitro_memory_blocks(&count);
    if (err) {
        pstrcpy(problem, sizeof(problem), error_get_pretty(err));
        error_free(err);
    } else if (nitro_store_take(nitro_recording->store, icount, blocks, count,
                                devices, size, &memory, problem,
                                sizeof(problem)) == 0) {
        nitro_digest_write(icount, memory);
    }
    if (problem[0]) {
        nitro_keeping.failed = true;
        warn_report("the recording has no snapshots from here on, so seeking "
                    "in what follows is slow: %s", problem);
    }
    nitro_keeping.last = icount;
    nitro_keeping.started = true;
    nitro_keeping.next_ns =
        get_clock() + (get_clock() - start) * (NITRO_SNAPSHOT_SHARE - 1);
}

void nitro_recording_wait_for(bool (*is_quiet)(void *opaque), void *opaque)
{
    nitro_keeping.is_quiet = is_quiet;
    nitro_keeping.is_quiet_opaque = opaque;
}

static bool nitro_is_quiet(void)
{
    /* What waits for its place in the log goes there first. */
    replay_async_events();
    return !nitro_keeping.is_quiet ||
           nitro_keeping.is_quiet(nitro_keeping.is_quiet_opaque);
}

static void nitro_record_timer(void)
{
    replay_log_flush();
    if (runstate_is_running() && nitro_keeping.started &&
        replay_get_current_icount() >= nitro_keeping.last +
                                       NITRO_SNAPSHOT_EVERY &&
        get_clock() >= nitro_keeping.next_ns && nitro_is_quiet()) {
        nitro_snapshot_take();
    }
}

/* ------------------------------------------------------------------ */
/* Replaying                                                          */

void nitro_recording_diverged(const char *what, const char *expected,
                              const char *found)
{
    RecordingDivergence *first;

    if (nitro_recording->divergence) {
        return;
    }
    first = g_new0(RecordingDivergence, 1);
    first->icount = replay_get_current_icount();
    first->what = g_strdup(what);
    first->expected = g_strdup(expected);
    first->found = g_strdup(found);
    nitro_recording->divergence = first;
    error_report("the replay is not the recorded life: at instruction %" PRIu64
                 " %s is %s, and was %s", first->icount, what, found, expected);
    nitro_seek_forget();
    qemu_system_vmstop_request_prepare();
    qemu_system_vmstop_request(RUN_STATE_PAUSED);
    qapi_event_send_recording_diverged(first->icount, what, expected, found);
}

/* The first register that differs; NULL: none does. */
static const char *nitro_register_differing(const QDict *expected,
                                            const QDict *found)
{
    for (const QDictEntry *entry = qdict_first(expected); entry;
         entry = qdict_next(expected, entry)) {
        const char *name = qdict_entry_key(entry);

        if (g_strcmp0(qdict_get_try_str(expected, name),
                      qdict_get_try_str(found, name))) {
            return name;
        }
    }
    return NULL;
}

static void nitro_memory_differs(uint64_t icount, const NitroStoreBlock *blocks,
                                 size_t count, const char *expected,
                                 const char *found)
{
    int index = nitro_store_nearest(nitro_recording->store, icount);
    NitroStoreDifference difference;

    /* It may have been dropped since. */
    if (index >= 0 &&
        nitro_store_get(nitro_recording->store, index).icount == icount &&
        nitro_store_compare(nitro_recording->store, index, blocks, count,
                            &difference) == 1) {
        g_autofree char *place = nitro_memory_place(difference.block,
                                                    difference.offset);
        g_autofree char *was = g_strdup_printf("0x%02x", difference.expected);
        g_autofree char *is = g_strdup_printf("0x%02x", difference.found);

        nitro_recording_diverged(place, was, is);
    } else {
        nitro_recording_diverged("the digest of the memory", expected, found);
    }
}

/* The file may be of anybody; NULL when this is no line of it. */
static QDict *nitro_digest_parse(const char *line)
{
    QObject *json = line && line[0] ? qobject_from_json(line, NULL) : NULL;
    QDict *digest = qobject_to(QDict, json);

    if (!digest) {
        qobject_unref(json);
    }
    return digest;
}

static void nitro_digest_check(void)
{
    uint64_t icount = replay_get_current_icount();
    const char *line = g_hash_table_lookup(nitro_keeping.expected, &icount);
    g_autofree NitroStoreBlock *blocks = NULL;
    g_autoptr(QDict) registers = NULL;
    g_autoptr(QDict) digest = nitro_digest_parse(line);
    QDict *expected = digest ? qdict_get_qdict(digest, "registers") : NULL;
    const char *memory = digest ? qdict_get_try_str(digest, "memory") : NULL;
    const char *differs;
    g_autofree char *found = NULL;
    size_t count;

    if (!expected || !memory) {
        return;
    }
    registers = nitro_recording_registers();
    differs = nitro_register_differing(expected, registers);
    if (differs) {
        g_autofree char *what = g_strdup_printf("register %s", differs);

        nitro_recording_diverged(
            what, qdict_get_try_str(expected, differs) ?: "missing",
            qdict_get_try_str(registers, differs) ?: "missing");
        return;
    }
    blocks = nitro_memory_blocks(&count);
    found = g_strdup_printf("%016" PRIx64,
                            nitro_store_digest(nitro_recording->store, blocks,
                                               count));
    if (!g_str_equal(found, memory)) {
        nitro_memory_differs(icount, blocks, count, memory, found);
    }
}

static void nitro_mark(void *opaque, const uint8_t *bytes, size_t size)
{
    if (nitro_is_replayed() && nitro_recording) {
        nitro_digest_check();
    }
}

/*
 * Something that the replay did not do has to happen first in the log: it waits
 * for that, and nothing ever happens again.
 */
static void nitro_replay_timer(void)
{
    uint64_t icount = replay_get_current_icount();
    unsigned event = replay_state.current_event;

    if (!runstate_is_running() || nitro_keeping.seen_icount != icount ||
        nitro_keeping.seen_event != event ||
        replay_state.data_kind == EVENT_END) {
        nitro_keeping.seen_icount = icount;
        nitro_keeping.seen_event = event;
        nitro_keeping.seen_for_s = 0;
    } else if (++nitro_keeping.seen_for_s == NITRO_STUCK_S) {
        g_autofree char *kind = g_strdup_printf("of kind %u",
                                                replay_state.data_kind);

        nitro_recording_diverged("the next event", kind, "missing");
    }
}

bool nitro_recording_load(size_t index, Error **errp)
{
    g_autofree NitroStoreBlock *blocks = NULL;
    const uint8_t *devices;
    size_t count, size;
    char problem[512];
    bool good = false;

    assert(!runstate_is_running());
    replay_drop_events();
    nitro_recording->loading = true;
    qemu_system_reset(SHUTDOWN_CAUSE_SNAPSHOT_LOAD);
    blocks = nitro_memory_blocks(&count);
    if (nitro_store_load(nitro_recording->store, index, blocks, count, &devices,
                         &size, problem, sizeof(problem)) != 0) {
        error_setg(errp, "%s", problem);
    } else {
        good = nitro_devices_load(devices, size, errp);
    }
    nitro_recording->loading = false;
    return good;
}

bool nitro_recording_is_loading(void)
{
    return nitro_recording && nitro_recording->loading;
}

/* ------------------------------------------------------------------ */
/* Life                                                               */

static void nitro_keeping_timer(void *opaque)
{
    if (nitro_is_replayed()) {
        nitro_replay_timer();
    } else {
        nitro_record_timer();
    }
    timer_mod(nitro_keeping.timer, qemu_clock_get_ms(QEMU_CLOCK_REALTIME) +
              (nitro_is_replayed() ? 1000 : NITRO_FLUSH_MS));
}

/* The first snapshot is the machine before its first instruction. */
static void nitro_keeping_state_changed(void *opaque, bool running,
                                        RunState state)
{
    if (running && !nitro_is_replayed() && !nitro_keeping.started) {
        nitro_snapshot_take();
    }
}

static bool nitro_identify(const char *firmware, uint64_t *identity,
                           Error **errp)
{
    const char *const files[] = { "/proc/self/exe", firmware };

    *identity = nitro_build_identity(files, ARRAY_SIZE(files));
    if (!*identity) {
        error_setg(errp, "QEMU's own file or the firmware %s cannot be read, so "
                   "nobody could tell which build has recorded", firmware);
    }
    return *identity;
}

static bool nitro_record_begin(uint64_t limit, uint64_t identity, Error **errp)
{
    g_autofree char *snapshots = nitro_recording_file("snapshots");
    g_autofree char *digests = nitro_recording_file("digests");
    char problem[512];
    int fd;

    nitro_recording->store = nitro_store_create(snapshots, limit, problem,
                                                sizeof(problem));
    if (!nitro_recording->store) {
        error_setg(errp, "the recording cannot be made: %s (its folder has to "
                   "be there, and without an earlier recording)", problem);
        return false;
    }
    fd = open(digests, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    nitro_keeping.digests = fd < 0 ? NULL : fdopen(fd, "w");
    if (!nitro_keeping.digests) {
        error_setg_errno(errp, errno, "the recording cannot be made: %s",
                         digests);
        return false;
    }
    replay_log_identify(identity);
    return true;
}

static void nitro_digests_read(void)
{
    g_autofree char *path = nitro_recording_file("digests");
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    struct stat info;

    nitro_keeping.expected = g_hash_table_new_full(g_int64_hash, g_int64_equal,
                                                   g_free, g_free);
    /* Without them it can be replayed as well, only nobody compares. */
    if (stat(path, &info) || info.st_size > NITRO_DIGESTS_MAX ||
        !g_file_get_contents(path, &text, NULL, NULL)) {
        warn_report("%s cannot be read: whether the replay is the recorded life "
                    "is not checked", path);
        return;
    }
    lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        g_autoptr(QDict) digest = nitro_digest_parse(*line);
        int64_t icount = digest ? qdict_get_try_int(digest, "icount", -1) : -1;

        if (icount >= 0) {
            g_hash_table_replace(nitro_keeping.expected,
                                 g_memdup2(&icount, sizeof(icount)),
                                 g_strdup(*line));
        }
    }
}

static bool nitro_replay_begin(uint64_t identity, Error **errp)
{
    g_autofree char *snapshots = nitro_recording_file("snapshots");
    char problem[512];

    if (replay_log_foreign ||
        nitro_log_scan(replay_get_filename(), &nitro_recording->extent, problem,
                       sizeof(problem)) != 0) {
        error_setg(errp, "%s cannot be replayed: %s", replay_get_filename(),
                   replay_log_foreign ? "it is no log of this QEMU" : problem);
        return false;
    }
    if (nitro_recording->extent.identity != identity) {
        error_setg(errp, "%s was recorded by another build of QEMU or of the "
                   "firmware, which would not do the same at the same "
                   "instruction: replay it with the build that recorded it",
                   nitro_recording->folder);
        return false;
    }
    nitro_recording->store = nitro_store_open(snapshots, problem,
                                              sizeof(problem));
    if (!nitro_recording->store) {
        error_setg(errp, "the recording has no snapshots: %s", problem);
        return false;
    }
    nitro_digests_read();
    replay_log_set_end(nitro_recording->extent.bytes);
    nitro_seek_init();
    return true;
}

static bool nitro_keeping_begin(uint64_t limit, const char *firmware,
                                Error **errp)
{
    uint64_t identity;

    if (!nitro_identify(firmware, &identity, errp) ||
        !(nitro_is_replayed() ? nitro_replay_begin(identity, errp)
                              : nitro_record_begin(limit, identity, errp))) {
        return false;
    }
    nitro_keeping.timer = timer_new_ms(QEMU_CLOCK_REALTIME, nitro_keeping_timer,
                                       NULL);
    nitro_keeping_timer(NULL);
    nitro_keeping.state_change =
        qemu_add_vm_change_state_handler(nitro_keeping_state_changed, NULL);
    return true;
}

void nitro_recording_init(const char *folder, uint64_t limit,
                          const char *firmware, Error **errp)
{
    if (folder && (!nitro_is_recorded() || !icount_enabled())) {
        error_setg(errp, "recording=%s needs -accel tcg and -icount shift=auto,"
                   "rr=record,rrfile=%s/events.log, or rr=replay", folder,
                   folder);
        return;
    }
    if (!nitro_is_recorded()) {
        return;
    }
    if (folder) {
        nitro_recording = g_new0(NitroRecording, 1);
        nitro_recording->folder = g_strdup(folder);
        if (!nitro_keeping_begin(limit, firmware, errp)) {
            return;
        }
    }
    nitro_input_register(NITRO_INPUT_MARK, nitro_mark, NULL);
    /* Reads the log, in recording and replay alike. */
    nitro_clock_host_ns();
}
