// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/core/input/same_file.hpp"

#include <sys/stat.h>

namespace nitroscope::app {

bool isSameFile(const QFile &open, const QString &path) {
    struct stat read = {}, written = {};
    return fstat(open.handle(), &read) == 0 && stat(QFile::encodeName(path).constData(), &written) == 0 &&
           S_ISREG(read.st_mode) && read.st_dev == written.st_dev && read.st_ino == written.st_ino;
}

} // namespace nitroscope::app
