// SPDX-License-Identifier: GPL-2.0-or-later
//
// SmallEif: see the header.
#include "tests/device/support/small_eif.hpp"

#include "tests/unit/launch/eif_maker.hpp"

#include <QCryptographicHash>

namespace nitroscope::test {

namespace {

TestSections sectionsOf(const SmallEif &eif) {
    return {{kernelKind, eif.kernel},
            {cmdlineKind, eif.commandLine},
            {metadataKind,
             R"({"ImageName":"small","ImageVersion":"1","BuildMetadata":{"BuildTime":"2026-01-01",)"
             R"("BuildTool":"test","BuildToolVersion":"1","OperatingSystem":"Linux",)"
             R"("KernelVersion":"6.12"},"DockerInfo":{},"CustomMetadata":null})"},
            {ramdiskKind, eif.firstRamdisk},
            {ramdiskKind, eif.secondRamdisk}};
}

} // namespace

SmallEif::SmallEif()
    : kernel(makeBzImage({.bytes = 8192,
                          .fill = '\x90',
                          .xloadflags = 1, // may not be above 4 GiB
                          .initSize = 0x100000,
                          .version = {},
                          .payloadOffset = 0,
                          .payloadBytes = 0})) {}

QByteArray SmallEif::bytes() const {
    return makeEif(sectionsOf(*this));
}

QByteArray SmallEif::pcr(int index) const {
    return expectedPcr(index, sectionsOf(*this));
}

QByteArray SmallEif::textPcr(const QByteArray &text) {
    return QCryptographicHash::hash(QByteArray(48, '\0') + text, QCryptographicHash::Sha384);
}

} // namespace nitroscope::test
