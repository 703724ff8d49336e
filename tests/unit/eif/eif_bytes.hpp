// SPDX-License-Identifier: GPL-2.0-or-later
//
// EIFs of the one maker (tests/unit/launch/eif_maker.hpp) for the parser's tests: small ones, to be spoilt in one place, and
// what the parser says of bytes.
#pragma once

#include "firmware/eif/bzimage.hpp"
#include "firmware/eif/parser.hpp"
#include "tests/unit/launch/eif_maker.hpp"

#include <QByteArray>
#include <span>

namespace nitroscope::test {

inline void putBig(QByteArray &bytes, qsizetype at, quint64 value, int width) {
    for (int i = width; i-- > 0; value >>= 8)
        bytes[at + i] = static_cast<char>(value & 0xff);
}

inline void putLittle(QByteArray &bytes, qsizetype at, quint64 value, int width) {
    for (int i = 0; i < width; ++i, value >>= 8)
        bytes[at + i] = static_cast<char>(value & 0xff);
}

inline std::span<const std::byte> bytesOf(const QByteArray &data) {
    return std::as_bytes(std::span(data.constData(), static_cast<size_t>(data.size())));
}

inline eif::Image parseBytes(const QByteArray &data) {
    eif::SpanSource source(bytesOf(data));
    return eif::parse(source);
}

inline quint32 computedCrc(const QByteArray &data) {
    eif::SpanSource source(bytesOf(data));
    std::byte scratch[64];
    return eif::computeCrc(source, eif::parse(source), scratch);
}

// A bzImage of 4096 bytes: protocol 2.15, setup of 1024 bytes, 64-bit entry, wants 8 MiB at 16 MiB.
inline QByteArray dummyKernel() {
    return makeBzImage({.bytes = 4096,
                        .fill = '\x90',
                        .initSize = 0x800000,
                        .version = {},
                        .payloadOffset = 16,
                        .payloadBytes = 1000});
}

// As usualSections(), with as few bytes as there can be: a test cuts them off at each.
inline TestSections smallSections() {
    return {{kernelKind, dummyKernel()},
            {cmdlineKind, "reboot=k console=ttyS0"},
            {metadataKind, "{}"},
            {ramdiskKind, "first ramdisk"},
            {ramdiskKind, "second"}};
}

inline const eif::Diagnostic *findProblem(const eif::DiagnosticList &list, eif::Problem problem) {
    for (const eif::Diagnostic &diagnostic : list)
        if (diagnostic.problem == problem)
            return &diagnostic;
    return nullptr;
}

const eif::Diagnostic *findProblem(eif::DiagnosticList &&, eif::Problem) = delete; // would dangle

} // namespace nitroscope::test
