// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where the running enclaves of this user can be reached by vsock. Each run notes its CID and the path of its
// hybrid socket in its runtime folder (runtime_folder.hpp); the note lives and dies with the folder. Only
// notes whose run still lives count: its lock is held.
#pragma once

#include "app/core/result.hpp"
#include "app/core/runtime_folder.hpp"

#include <QVector>

namespace nitroscope::app {

struct VsockPlace {
    quint64 cid = 0; // of the enclave
    QString path;    // absolute
};

// In no particular order. Foreign or damaged notes are left out.
QVector<VsockPlace> runningVsockPlaces(const QString &base = runtimeBase());
// Notes in the folder of a run where its enclave is: with the wanted CID, or, when that is 0, with the first
// one from 16 on that no enclave has, be it of a window, attached or detached. Whoever else is choosing
// waits. Errors: cid-in-use, vsock-note-failed, and vsock-busy when that takes too long.
Result<VsockPlace> claimVsockPlace(const QString &runFolder, const VsockPlace &wanted,
                                   const QString &base = runtimeBase());

} // namespace nitroscope::app
