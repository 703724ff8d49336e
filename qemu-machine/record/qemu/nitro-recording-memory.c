/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory, devices and registers as a whole, for snapshots and digests
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "cpu.h"
#include "exec/cpu-common.h"
#include "exec/ramblock.h"
#include "hw/boards.h"
#include "hw/i386/x86.h"
#include "io/channel-buffer.h"
#include "migration/global_state.h"
#include "migration/qemu-file-types.h"
#include "migration/qemu-file.h"
#include "migration/savevm.h"
#include "qemu/units.h"
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
    X86MachineState *x86ms = X86_MACHINE(qdev_get_machine());
    uint64_t below = x86ms->below_4g_mem_size;

    if (!g_str_equal(block, MACHINE(x86ms)->ram->ram_block->idstr)) {
        return g_strdup_printf("byte 0x%" PRIx64 " of %s", offset, block);
    }
    return g_strdup_printf("memory at 0x%" PRIx64,
                           offset < below ? offset
                                          : offset - below + 4 * GiB);
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

/* ------------------------------------------------------------------ */
/* Registers                                                          */

static void nitro_register(QDict *registers, const char *name, uint64_t value)
{
    g_autofree char *text = g_strdup_printf("%" PRIx64, value);

    qdict_put_str(registers, name, text);
}

QDict *nitro_registers(void)
{
    static const char *const general[] = {
        [R_EAX] = "rax", [R_ECX] = "rcx", [R_EDX] = "rdx", [R_EBX] = "rbx",
        [R_ESP] = "rsp", [R_EBP] = "rbp", [R_ESI] = "rsi", [R_EDI] = "rdi",
        "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
    };
    static const char *const segments[] = {
        [R_ES] = "es", [R_CS] = "cs", [R_SS] = "ss",
        [R_DS] = "ds", [R_FS] = "fs", [R_GS] = "gs",
    };
    static const char *const control[] = { "cr0", NULL, "cr2", "cr3", "cr4" };
    CPUX86State *env = &X86_CPU(first_cpu)->env;
    QDict *registers = qdict_new();

    nitro_register(registers, "rip", env->eip);
    nitro_register(registers, "eflags", cpu_compute_eflags(env));
    for (int i = 0; i < ARRAY_SIZE(general); i++) {
        nitro_register(registers, general[i], env->regs[i]);
    }
    for (int i = 0; i < ARRAY_SIZE(segments); i++) {
        g_autofree char *base = g_strdup_printf("%s_base", segments[i]);

        nitro_register(registers, segments[i], env->segs[i].selector);
        nitro_register(registers, base, env->segs[i].base);
    }
    for (int i = 0; i < ARRAY_SIZE(control); i++) {
        if (control[i]) {
            nitro_register(registers, control[i], env->cr[i]);
        }
    }
    nitro_register(registers, "efer", env->efer);
    nitro_register(registers, "k_gs_base", env->kernelgsbase);
    nitro_register(registers, "lstar", env->lstar);
    nitro_register(registers, "gdtr", env->gdt.base);
    nitro_register(registers, "idtr", env->idt.base);
    nitro_register(registers, "mxcsr", env->mxcsr);
    for (int i = 0; i < 16; i++) {
        g_autofree char *name = g_strdup_printf("xmm%d", i);
        g_autofree char *value =
            g_strdup_printf("%016" PRIx64 "%016" PRIx64,
                            env->xmm_regs[i].ZMM_Q(1), env->xmm_regs[i].ZMM_Q(0));

        qdict_put_str(registers, name, value);
    }
    return registers;
}
