// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether a file that is being read is the one that would be written: a result that replaced what it is made of would lose it.
#pragma once

#include <QFile>

namespace nitroscope::app {

// By device and inode, so that links count; false for what is no regular file, and for a path where nothing is yet.
bool isSameFile(const QFile &open, const QString &path);

} // namespace nitroscope::app
