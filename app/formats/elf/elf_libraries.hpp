// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which shared libraries a program asks its dynamic loader for (gABI, "Dynamic Section", DT_NEEDED). Foreign bytes: only
// little-endian 64-bit files, and what is out of bounds counts as nothing.

#pragma once

#include <functional>
#include <QByteArray>
#include <QList>

namespace nitroscope::formats {

// Bytes of the file; fewer when it ends before.
using ReadElf = std::function<QByteArray(quint64 offset, quint64 length)>;
// "libc.so.6" …, as they stand there.
QList<QByteArray> neededLibraries(const ReadElf &read);

} // namespace nitroscope::formats
