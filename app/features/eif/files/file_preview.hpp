// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a file of a ramdisk looks like: its first bytes, as text when they are text, as a picture when they
// are one, and its head when it is an ELF file. Made on a worker; everything is bounded, because the file is
// foreign.
#pragma once

#include "app/core/result.hpp"
#include "app/formats/ramdisk/ramdisk.hpp"
#include "app/formats/tree/node.hpp"

#include <memory>
#include <optional>
#include <QImage>
#include <stop_token>

namespace nitroscope::app {

struct FilePreview {
    static constexpr quint64 maxBytes = 4 << 20;         // of which the preview is made
    static constexpr qsizetype maxText = 512 << 10;      // characters that are laid out
    static constexpr quint64 maxPictureBytes = 16 << 20; // of a picture's file
    static constexpr int maxPictureMiB = 128;            // of its pixels

    QByteArray head;  // the first bytes
    quint64 size = 0; // of the whole file
    QString text;     // empty unless it is text
    bool isText = false;
    QString textNote;                         // "The first 512 KiB."
    QImage picture;                           // null unless it is one
    QString pictureFormat;                    // "PNG, 64 × 64"
    std::shared_ptr<const formats::Node> elf; // null unless it is an ELF file

    bool isCut() const { return static_cast<quint64>(head.size()) < size; }
};

// Blocks. Errors: those of formats::readContent().
Result<FilePreview> makePreview(const formats::Ramdisk &ramdisk, quint32 entry, const std::stop_token &stop);
// Of bytes that are there already; `size` is that of the whole.
FilePreview previewOf(const QByteArray &head, quint64 size);

} // namespace nitroscope::app
