// SPDX-License-Identifier: GPL-2.0-or-later
//
// A single file out of a ramdisk; see extract.hpp. Read in one pass: a compressed archive is unpacked once,
// however large the file is.

#include "app/core/output/file_writer.hpp"
#include "app/formats/extract/extract.hpp"
#include "app/formats/tree/value_text.hpp"

#include <algorithm>

namespace nitroscope::formats {

app::Result<quint64> saveContent(const Ramdisk &ramdisk, quint32 entry, const QString &path,
                                 const UnpackLimits &limits) {
    const RamdiskEntry &file = ramdisk.contentOf(entry);
    const RamdiskMember &member = ramdisk.members[file.member];
    ByteRegion region = {ramdisk.region.source, member.offset,
                         ramdisk.region.offset + ramdisk.region.size - member.offset};
    quint64 skip = file.dataOffset;
    if (member.compression == Compression::none) { // goes there at once
        region = region.from(skip);
        region.size = std::min<quint64>(region.size, file.size);
        skip = 0;
    }
    UnpackLimits quiet = limits;
    quiet.progress = {};
    auto stream = Decompressor::open(member.compression, region, quiet);
    if (!stream)
        return tl::unexpected(stream.error());
    app::FileWriter out(path);
    if (auto started = out.start(); !started)
        return tl::unexpected(started.error());
    std::vector<std::byte> piece(256 * 1024);
    for (quint64 at = 0; at < skip + file.size;) {
        const quint64 border = at < skip ? skip : skip + file.size;
        const auto target =
            std::span(piece).first(static_cast<size_t>(std::min<quint64>(piece.size(), border - at)));
        const auto count = (*stream)->read(target);
        if (!count)
            return tl::unexpected(count.error());
        if (*count == 0)
            return app::failure(u"truncated"_s, u"The archive ends inside of this file."_s);
        if (at >= skip && out.write(reinterpret_cast<const char *>(piece.data()),
                                    static_cast<qint64>(*count)) != static_cast<qint64>(*count))
            return out.problem();
        at += *count;
        if (limits.progress)
            limits.progress(at > skip ? at - skip : 0, file.size);
        if (limits.stop.stop_requested())
            return app::failure(u"cancelled"_s, u"Saving was cancelled."_s);
    }
    if (auto written = out.commit(); !written)
        return tl::unexpected(written.error());
    return file.size;
}

} // namespace nitroscope::formats
