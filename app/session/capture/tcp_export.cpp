// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/capture/tcp_export.hpp"

#include "app/core/output/file_writer.hpp"
#include "app/proto/pcapng/capture_reader.hpp"
#include "app/proto/pcapng/tcp_view.hpp"

#include <functional>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr quint64 portion = 1 << 20; // bytes read at once

Result<TcpExportCounts> exportWith(const std::function<Result<void>(pcapng::CaptureReader &)> &readInto,
                                   const QString &path) {
    FileWriter file(path);
    if (auto started = file.start(); !started)
        return tl::unexpected(started.error());
    pcapng::TcpView view([&file](QByteArrayView bytes) { file.write(bytes.constData(), bytes.size()); });
    pcapng::CaptureReader reader([&view](const pcapng::Record &record) { view.add(record); });
    if (auto read = readInto(reader); !read)
        return tl::unexpected(read.error());
    TcpExportCounts counts{view.connections(), view.segments(), {}};
    const auto &problems = reader.diagnostics().list();
    if (!problems.empty())
        counts.damage = u"%1 (at byte %2)"_s.arg(problems.front().message).arg(problems.front().offset);
    if (reader.failed() && view.segments() == 0)
        return failure(u"capture-unreadable"_s, counts.damage);
    // Also tells of writes that failed before.
    if (auto written = file.commit(); !written)
        return tl::unexpected(written.error());
    return counts;
}

} // namespace

Result<TcpExportCounts> exportTcpView(const CaptureBytes &bytes, quint64 size, const QString &path) {
    return exportWith(
        [&bytes, size](pcapng::CaptureReader &reader) -> Result<void> {
            for (quint64 at = 0; at < size;) {
                const QByteArray part = bytes.read(at, std::min(portion, size - at));
                if (part.isEmpty())
                    break; // a full store: what there is
                reader.feed(part);
                at += static_cast<quint64>(part.size());
            }
            reader.finish();
            return {};
        },
        path);
}

Result<TcpExportCounts> exportTcpView(QIODevice &capture, const QString &path) {
    return exportWith([&capture](pcapng::CaptureReader &reader) { return pcapng::readAll(capture, reader); },
                      path);
}

} // namespace nitroscope::app
