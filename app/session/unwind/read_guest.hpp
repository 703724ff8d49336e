// SPDX-License-Identifier: GPL-2.0-or-later
//
// How whoever follows pointers through the guest reads them.
#pragma once

#include <functional>
#include <QByteArray>

namespace nitroscope::app {

// Bytes of the guest by linear address, as the vCPU sees them; fewer or none where memory ends. The caller
// decides where they come from (RAM by page walk; the stub for the firmware's memory).
using ReadGuest = std::function<QByteArray(quint64 address, quint64 bytes)>;

} // namespace nitroscope::app
