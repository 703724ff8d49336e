// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/record/capture_compare.hpp"

#include "app/proto/pcapng/record_text.hpp"
#include "app/session/record/moment.hpp"

#include <algorithm>
#include <QFile>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr qint64 portion = 1024 * 1024;

// Offset of the first byte that one has and the other has not, or has otherwise.
std::optional<quint64> firstDifference(QFile &a, QFile &b, CaptureEnds ends) {
    for (quint64 offset = 0;;) {
        const QByteArray left = a.read(portion), right = b.read(portion);
        const auto [l, r] = std::mismatch(left.begin(), left.end(), right.begin(), right.end());
        const auto same = static_cast<quint64>(l - left.begin());
        const bool oneIsOver = l == left.end() || r == right.end();
        if (l == left.end() && r == right.end() && left.isEmpty())
            return std::nullopt;
        if (!oneIsOver || (left.size() != right.size() && ends == CaptureEnds::equal))
            return offset + same;
        if (left.size() != right.size())
            return std::nullopt;
        offset += same;
    }
}

} // namespace

Result<std::optional<CaptureDifference>> compareCaptures(const QString &recorded, const QString &replayed,
                                                         CaptureEnds ends) {
    QFile a(recorded), b(replayed);
    for (QFile *file : {&a, &b})
        if (!file->open(QIODevice::ReadOnly))
            return failure(u"capture-unreadable"_s, file->errorString(), file->fileName());
    const auto offset = firstDifference(a, b, ends);
    if (!offset)
        return std::optional<CaptureDifference>();
    CaptureDifference difference;
    difference.offset = *offset;
    quint64 number = 0;
    const auto scanned = scanCapture(recorded, [&](const pcapng::Record &record) {
        ++number;
        if (record.offset + record.blockLength <= *offset)
            return true;
        if (record.offset <= *offset) {
            difference.record = number;
            difference.instruction = record.icount;
            difference.text = pcapng::summaryOf(record);
        }
        return false;
    });
    if (!scanned)
        return tl::unexpected(scanned.error());
    return std::optional(difference);
}

} // namespace nitroscope::app
