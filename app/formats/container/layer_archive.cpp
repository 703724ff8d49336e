// SPDX-License-Identifier: GPL-2.0-or-later
//
// See layer_archive.hpp.

#include "app/formats/container/layer_archive.hpp"

#include "app/formats/tree/value_text.hpp"

#include <algorithm>
#include <archive.h>
#include <archive_entry.h>
#include <memory>
#include <QCryptographicHash>
#include <QFile>

namespace nitroscope::formats {

namespace {

constexpr size_t blockBytes = 256 * 1024;

void supportFilters(archive *reader) {
    archive_read_support_filter_gzip(reader);
    archive_read_support_filter_zstd(reader);
    archive_read_support_filter_xz(reader);
    archive_read_support_filter_bzip2(reader);
}

tl::unexpected<app::Error> readFailure(archive *reader, const QString &path) {
    const char *text = archive_error_string(reader);
    return app::failure(
        u"input"_s, u"The archive cannot be read: %1."_s.arg(QString::fromLocal8Bit(text ? text : "damaged")),
        path);
}

} // namespace

app::Result<QByteArray> unpackedDigest(const QString &path, QCryptographicHash::Algorithm algorithm,
                                       const UnpackLimits &limits) {
    const std::unique_ptr<archive, int (*)(archive *)> reader(archive_read_new(), archive_read_free);
    archive_read_support_format_raw(reader.get());
    archive_read_support_format_empty(reader.get());
    supportFilters(reader.get());
    archive_entry *entry = nullptr;
    QCryptographicHash hash(algorithm);
    if (archive_read_open_filename(reader.get(), QFile::encodeName(path).constData(), blockBytes) !=
        ARCHIVE_OK)
        return readFailure(reader.get(), path);
    const int opened = archive_read_next_header(reader.get(), &entry);
    if (opened == ARCHIVE_EOF)
        return hash.result();
    if (opened < ARCHIVE_WARN)
        return readFailure(reader.get(), path);
    std::vector<char> piece(blockBytes);
    for (quint64 total = 0; true;) {
        const la_ssize_t count = archive_read_data(reader.get(), piece.data(), piece.size());
        if (count < 0)
            return readFailure(reader.get(), path);
        if (count == 0)
            return hash.result();
        total += static_cast<quint64>(count);
        if (limits.stop.stop_requested())
            return app::failure(u"cancelled"_s, u"Reading the image was cancelled."_s);
        // Headers and padding come on top of the contents that the limit is about.
        if (total > limits.outputBytes + limits.outputBytes / 2 + blockBytes)
            return app::failure(u"limit"_s,
                                u"The image unpacks to more than %1; raise the limit if you trust it."_s.arg(
                                    sizeText(limits.outputBytes)),
                                path);
        hash.addData(QByteArrayView(piece.data(), count).toByteArray());
        if (limits.progress)
            limits.progress(static_cast<quint64>(archive_filter_bytes(reader.get(), -1)), 0);
    }
}

LayerArchive::LayerArchive(const QString &path, const UnpackLimits &limits)
    : m_path(path), m_limits(limits), m_archive(archive_read_new()) {
    archive_read_support_format_tar(m_archive);
    archive_read_support_format_gnutar(m_archive);
    archive_read_support_format_empty(m_archive);
    supportFilters(m_archive);
}

LayerArchive::~LayerArchive() {
    archive_read_free(m_archive);
}

tl::unexpected<app::Error> LayerArchive::fail() const {
    return readFailure(m_archive, m_path);
}

app::Result<bool> LayerArchive::next() {
    if (m_limits.stop.stop_requested())
        return app::failure(u"cancelled"_s, u"Reading the image was cancelled."_s);
    if (!m_isOpen && archive_read_open_filename(m_archive, QFile::encodeName(m_path).constData(),
                                                blockBytes) != ARCHIVE_OK)
        return fail();
    m_isOpen = true;
    const int code = archive_read_next_header(m_archive, &m_entry);
    if (code == ARCHIVE_EOF)
        return false;
    if (code < ARCHIVE_WARN)
        return fail();
    if (m_limits.progress)
        m_limits.progress(static_cast<quint64>(std::max<la_int64_t>(0, archive_filter_bytes(m_archive, -1))),
                          0);
    return true;
}

namespace {

// UTF-8 where the archive tells so, else the bytes that are there.
QByteArray textOf(const char *utf8, const char *bytes) {
    return utf8 ? utf8 : bytes;
}

} // namespace

QByteArray LayerArchive::path() const {
    return textOf(archive_entry_pathname_utf8(m_entry), archive_entry_pathname(m_entry));
}
QByteArray LayerArchive::linkTarget() const {
    return textOf(archive_entry_symlink_utf8(m_entry), archive_entry_symlink(m_entry));
}
QByteArray LayerArchive::hardLinkTarget() const {
    return textOf(archive_entry_hardlink_utf8(m_entry), archive_entry_hardlink(m_entry));
}
bool LayerArchive::isRegular() const {
    return archive_entry_filetype(m_entry) == AE_IFREG && hardLinkTarget().isEmpty();
}

app::Result<void> LayerArchive::read(const std::function<app::Result<void>(std::span<const char>)> &take) {
    static const std::vector<char> zeros(64 * 1024);
    const auto size = static_cast<quint64>(std::max<la_int64_t>(0, archive_entry_size(m_entry)));
    quint64 position = 0;
    const auto account = [&](quint64 count) -> app::Result<void> {
        m_total += count;
        if (m_limits.stop.stop_requested())
            return app::failure(u"cancelled"_s, u"Reading the image was cancelled."_s);
        if (m_total > m_limits.outputBytes)
            return app::failure(u"limit"_s,
                                u"The image unpacks to more than %1; raise the limit if you trust it."_s.arg(
                                    sizeText(m_limits.outputBytes)),
                                m_path);
        return {};
    };
    const auto fillTo = [&](quint64 end) -> app::Result<void> {
        while (position < end) {
            const auto count = std::min<quint64>(zeros.size(), end - position);
            if (auto done = account(count); !done)
                return done;
            if (auto done = take(std::span(zeros).first(count)); !done)
                return done;
            position += count;
        }
        return {};
    };
    while (true) {
        const void *bytes = nullptr;
        size_t count = 0;
        la_int64_t offset = 0;
        const int code = archive_read_data_block(m_archive, &bytes, &count, &offset);
        if (code == ARCHIVE_EOF)
            return fillTo(size);
        if (code < ARCHIVE_WARN)
            return fail();
        if (auto done = fillTo(static_cast<quint64>(offset)); !done)
            return done;
        if (auto done = account(count); !done)
            return done;
        if (auto done = take({static_cast<const char *>(bytes), count}); !done)
            return done;
        position += count;
    }
}

} // namespace nitroscope::formats
