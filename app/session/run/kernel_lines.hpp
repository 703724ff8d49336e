// SPDX-License-Identifier: GPL-2.0-or-later
//
// The kernel's own lines among all that an enclave writes to its console. They begin with a time, unless the kernel
// prints none; what a program writes may quote them.
#pragma once

#include <QByteArrayView>

namespace nitroscope::app {

class KernelLines {
public:
    // A whole line. From the first one with a time on, lines without are a program's.
    void see(QByteArrayView line);

    bool isKernels(QByteArrayView line) const;
    // Where panic()'s words begin in a line that may go on, or -1. They may stand behind what a program wrote without
    // a line break.
    qsizetype panicAt(QByteArrayView line) const;

private:
    bool m_haveTimes = false;
};

} // namespace nitroscope::app
