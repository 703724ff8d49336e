// SPDX-License-Identifier: GPL-2.0-or-later
//
// An enclave of Debian's packaged cloud kernel with the demo's init: a kernel as distributions build it (BTF,
// ORC, KASLR, modules). It has no driver for an enclave's devices, which does not matter here.
#pragma once

#include <QByteArray>
#include <QString>

namespace nitroscope::test {

struct DebianEnclave {
    QString eif;       // empty when it cannot be made
    QString problem;   // then why, for QSKIP
    QByteArray module; // a kernel module in the guest's file system
};

// `suite`: bookworm (6.1) or bookworm-backports (6.12); see tests/enclave/fetch-kernels.
DebianEnclave makeDebianEnclave(const QString &suite, const QString &folder);

} // namespace nitroscope::test
