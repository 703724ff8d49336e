/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether an address that the guest names is its RAM
 *
 * What a guest asks the board to read or to fill is RAM and nothing else: a
 * device must not be read or written on the guest's word.
 */
#ifndef NITROSCOPE_NITRO_GUEST_RAM_H
#define NITROSCOPE_NITRO_GUEST_RAM_H

/*
 * The bytes at a guest-physical address, and in `length`, at most what it was
 * before, how many of them lie in a row; NULL when it is not RAM. For callers
 * that hold the RCU read lock.
 */
uint8_t *nitro_guest_ram(uint64_t address, uint64_t *length);
/* All of it is RAM, in one piece or several. */
bool nitro_is_guest_ram(uint64_t address, uint64_t size);

#endif
