/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory and devices as a whole, for snapshots and digests
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "exec/cpu-common.h"
#include "exec/ramblock.h"
#include "hw/boards.h"
#include "io/channel-buffer.h"
#include "migration/global_state.h"
#include "migration/qemu-file-types.h"
#include "migration/qemu-file.h"
#include "migration/savevm.h"
#include "qemu/units.h"
#include "qemu-machine/record/qemu/nitro-recording.h"
#include "qemu-machine/record/qemu/recording-state.h"

/* ------------------------------------------------------------------ */
/* Memory                                                             */

static int nitro_memory_take(RAMBlock *rb, void *opaque)
{
    GArray *blocks = opaque;
    NitroStoreBlock block = {
        .name = qemu_ram_get_idstr(rb),
        .data = qemu_ram_get_host_addr(rb),
        .size = qemu_ram_get_used_length(rb),
        /* A private mapping's holes may be full. */
        .fd = qemu_ram_is_shared(rb) ? qemu_ram_get_fd(rb) : -1,
        .fd_offset = rb->fd_offset,
    };

    if (qemu_ram_is_migratable(rb) && block.size) {
        g_array_append_val(blocks, block);
    }
    return 0;
}

NitroStoreBlock *nitro_memory_blocks(size_t *count)
{
    GArray *blocks = g_array_new(false, false, sizeof(NitroStoreBlock));

    qemu_ram_foreach_block(nitro_memory_take, blocks);
    *count = blocks->len;
    return (NitroStoreBlock *)g_array_free(blocks, false);
}

char *nitro_memory_place(const char *block, uint64_t offset)
{
    MachineState *machine = MACHINE(qdev_get_machine());

    if (!g_str_equal(block, machine->ram->ram_block->idstr)) {
        return g_strdup_printf("byte 0x%" PRIx64 " of %s", offset, block);
    }
    return g_strdup_printf("memory at 0x%" PRIx64,
                           nitro_recording_address(offset));
}

/* ------------------------------------------------------------------ */
/* Devices                                                            */

uint8_t *nitro_devices_save(size_t *size, Error **errp)
{
    QIOChannelBuffer *buffer = qio_channel_buffer_new(1 * MiB);
    QEMUFile *file = qemu_file_new_output(QIO_CHANNEL(buffer));
    uint8_t *bytes = NULL;

    global_state_store();
    if (qemu_save_device_state(file) < 0 || qemu_fflush(file) < 0) {
        error_setg(errp, "the state of the devices cannot be saved");
    } else {
        *size = buffer->usage;
        bytes = g_memdup2(buffer->data, buffer->usage);
    }
    qemu_fclose(file);
    object_unref(OBJECT(buffer));
    return bytes;
}

bool nitro_devices_load(const uint8_t *bytes, size_t size, Error **errp)
{
    QIOChannelBuffer *buffer = qio_channel_buffer_new(size);
    QEMUFile *file;
    bool good;

    memcpy(buffer->data, bytes, size);
    buffer->usage = size;
    file = qemu_file_new_input(QIO_CHANNEL(buffer));
    good = qemu_get_be32(file) == QEMU_VM_FILE_MAGIC &&
           qemu_get_be32(file) == QEMU_VM_FILE_VERSION &&
           qemu_load_device_state(file) == 0;
    if (!good) {
        error_setg(errp, "the snapshot's devices are not those of this machine");
    }
    qemu_fclose(file);
    object_unref(OBJECT(buffer));
    return good;
}
