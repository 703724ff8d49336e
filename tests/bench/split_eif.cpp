// SPDX-License-Identifier: GPL-2.0-or-later
//
// Takes an EIF apart for the microvm reference of the boot benchmark: writes `kernel`, `initrd` (all
// ramdisks, one after the other) and `cmdline` into a folder. A program of its own because the benchmark must
// stay small: a child's peak memory is counted from its parent's size on.
//
//   bench_split_eif EIF FOLDER

#include "tests/boot/support/raw_eif.hpp"

#include <cstdio>
#include <QDir>
#include <QFile>

using namespace Qt::Literals::StringLiterals;

namespace {

bool save(const QDir &folder, const char *name, const QByteArray &bytes) {
    QFile file(folder.filePath(QString::fromUtf8(name)));
    return file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size();
}

} // namespace

int main(int argc, char **argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: bench_split_eif EIF FOLDER\n");
        return 2;
    }
    QByteArray kernel, cmdline, initrd;
    for (const auto &section : nitroscope::test::RawEif::read(QString::fromLocal8Bit(argv[1])).sections()) {
        if (section.type == 1)
            kernel = section.data;
        else if (section.type == 2)
            cmdline = section.data;
        else if (section.type == 3)
            initrd += section.data;
    }
    const QDir folder(QString::fromLocal8Bit(argv[2]));
    if (kernel.isEmpty() || !folder.mkpath(u"."_s) || !save(folder, "kernel", kernel) ||
        !save(folder, "initrd", initrd) || !save(folder, "cmdline", cmdline)) {
        std::fprintf(stderr, "cannot split %s into %s\n", argv[1], argv[2]);
        return 1;
    }
    return 0;
}
