/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether an address that the guest names is its RAM; see the header
 */

#include "qemu/osdep.h"
#include "qemu/rcu.h"
#include "exec/address-spaces.h"
#include "exec/memory.h"
#include "qemu-machine/board/nitro-guest-ram.h"

uint8_t *nitro_guest_ram(uint64_t address, uint64_t *length)
{
    hwaddr offset, run = *length;
    MemoryRegion *region = address_space_translate(
        &address_space_memory, address, &offset, &run, true,
        MEMTXATTRS_UNSPECIFIED);

    *length = run;
    if (!memory_region_is_ram(region) || run == 0) {
        return NULL;
    }
    return (uint8_t *)memory_region_get_ram_ptr(region) + offset;
}

bool nitro_is_guest_ram(uint64_t address, uint64_t size)
{
    RCU_READ_LOCK_GUARD();
    while (size > 0) {
        uint64_t run = size;

        if (!nitro_guest_ram(address, &run)) {
            return false;
        }
        address += run;
        size -= run;
    }
    return true;
}
