// SPDX-License-Identifier: GPL-2.0-or-later
//
// The address space that a CPU is in, out of its registers.
#pragma once

#include "app/formats/guest/virtual_memory.hpp"
#include "app/session/gdb/gdb_broker.hpp"

namespace nitroscope::app {

// A CPU of which nothing is known but its registers: QEMU's `g`, raw.
TargetStop cpuWith(const QByteArray &registers);
guest::AddressTranslation translationOf(const TargetStop &cpu);
// CR3 without PCID, its no-flush bit, and the bit that tells user from kernel tables apart (page table
// isolation).
quint64 rootOf(const TargetStop &cpu);

} // namespace nitroscope::app
