// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/eif/files/file_preview.hpp"

#include "app/formats/elf/elf_tree.hpp"
#include "app/ui/text/byte_text.hpp"
#include "app/ui/text/visible_lines.hpp"

#include <algorithm>
#include <QBuffer>
#include <QImageReader>
#include <QStringDecoder>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

// UTF-8 without control characters but white space and escapes. A sequence that the cut went through is
// forgiven.
bool isText(const QByteArray &bytes) {
    if (bytes.isEmpty())
        return true;
    const auto isOdd = [](char c) {
        const auto byte = static_cast<uchar>(c);
        return (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r' && byte != '\f' &&
                byte != 0x1b) ||
               byte == 0x7f;
    };
    if (std::any_of(bytes.cbegin(), bytes.cend(), isOdd))
        return false;
    QStringDecoder decoder(QStringDecoder::Utf8, QStringDecoder::Flag::Stateless);
    constexpr qsizetype maxSequenceLength = 4;
    for (qsizetype cut = 0; cut < maxSequenceLength && cut < bytes.size(); ++cut) {
        decoder.resetState();
        const QString text = decoder.decode(bytes.chopped(cut));
        if (!decoder.hasError() && !text.contains(QChar::ReplacementCharacter))
            return true;
    }
    return false;
}

// Only formats whose decoders are part of Qt itself, found by content; scalable ones are left out on purpose.
void readPicture(FilePreview &preview) {
    static const QList<QByteArray> known = {"png", "jpg", "jpeg", "gif", "bmp",
                                            "ppm", "pgm", "pbm",  "xpm", "ico"};
    QByteArray bytes = preview.head;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::ReadOnly);
    const QByteArray format = QImageReader::imageFormat(&buffer);
    if (!known.contains(format))
        return;
    QImageReader::setAllocationLimit(FilePreview::maxPictureMiB);
    QImageReader reader(&buffer, format);
    const QImage picture = reader.read();
    if (picture.isNull())
        return;
    preview.picture = picture;
    preview.pictureFormat = u"%1, %2 × %3"_s.arg(QString::fromLatin1(format.toUpper()))
                                .arg(picture.width())
                                .arg(picture.height());
}

} // namespace

FilePreview previewOf(const QByteArray &head, quint64 size) {
    FilePreview preview;
    preview.head = head;
    preview.size = size;
    const QByteArray front = head.left(FilePreview::maxText);
    preview.isText = isText(front);
    if (preview.isText) {
        preview.text = visibleLines(front);
        if (static_cast<quint64>(front.size()) < size)
            preview.textNote = u"The first %1."_s.arg(shortSizeText(static_cast<quint64>(front.size())));
    } else if (!preview.isCut()) {
        readPicture(preview);
    }
    if (auto tree = formats::elfTree(head)) {
        auto root = std::make_shared<formats::Node>();
        root->add(std::move(*tree));
        preview.elf = std::move(root);
    }
    return preview;
}

Result<FilePreview> makePreview(const formats::Ramdisk &ramdisk, quint32 entry, const std::stop_token &stop) {
    formats::UnpackLimits limits;
    limits.stop = stop;
    const formats::RamdiskEntry &file = ramdisk.contentOf(entry);
    // A picture can only be decoded as a whole.
    const quint64 wanted = file.size <= FilePreview::maxPictureBytes ? file.size : FilePreview::maxBytes;
    const auto head = formats::readContent(ramdisk, file, 0, wanted, limits);
    if (!head)
        return tl::unexpected(head.error());
    return previewOf(*head, file.size);
}

} // namespace nitroscope::app
