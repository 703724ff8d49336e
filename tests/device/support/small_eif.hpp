// SPDX-License-Identifier: GPL-2.0-or-later
//
// An EIF of a few KiB for tests that need a file the machine accepts but never run it, with its PCRs computed
// by the tests' EIF maker, independently of the code under test.
#pragma once

#include <QByteArray>
#include <QString>

namespace nitroscope::test {

struct SmallEif {
    QByteArray kernel; // a bzImage as far as its setup header goes
    QByteArray commandLine = "reboot=k panic=30 pci=off console=ttyS0";
    QByteArray firstRamdisk = "the first ramdisk";
    QByteArray secondRamdisk = "the second ramdisk";

    SmallEif();
    QByteArray bytes() const;
    // SHA-384(48 zeros || SHA-384(content)) of PCR 0, 1 or 2.
    QByteArray pcr(int index) const;
    // PCR of a text without an inner hash: 3 (role ARN) and 4 (instance id).
    static QByteArray textPcr(const QByteArray &text);
};

} // namespace nitroscope::test
