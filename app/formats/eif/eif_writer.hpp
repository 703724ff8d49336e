// SPDX-License-Identifier: GPL-2.0-or-later
//
// Writes the bytes of an EIF from its sections: header, section headers, CRC (image-format README). Streams:
// memory does not grow with the image. The output appears under its name only when it is complete, so a
// source may be the very file that is replaced.

#pragma once

#include "app/core/result.hpp"
#include "firmware/eif/format.hpp"
#include "qemu-machine/launch/file_source.hpp"

#include <memory>
#include <QByteArray>
#include <QString>
#include <stop_token>
#include <vector>

namespace nitroscope::formats {

// One section: bytes of a source, or text made here.
struct EifPart {
    eif::SectionType type = eif::SectionType::invalid;
    QByteArray text = {};
    std::shared_ptr<const launch::ByteSource> source = {}; // Null for text.
    quint64 offset = 0;                                    // In the source.
    quint64 length = 0;                                    // Of the source.

    quint64 size() const { return source ? length : static_cast<quint64>(text.size()); }
};

struct EifFrame {
    quint16 version = eif::maxVersion;
    quint16 flags = 0;
    quint64 defaultMemory = eif::usualDefaultMemory; // Bytes; nothing reads it.
    quint64 defaultCpus = eif::usualDefaultCpus;     // Nothing reads it.
};

// At most 32 parts, in file order. Errors: "output" (cannot write), "input" (a source changed), "cancelled".
app::Result<void> writeEif(const EifFrame &frame, const std::vector<EifPart> &parts, const QString &path,
                           const std::stop_token &stop = {});

} // namespace nitroscope::formats
