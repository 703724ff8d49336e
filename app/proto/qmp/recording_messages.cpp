// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/proto/qmp/recording_messages.hpp"

#include "app/proto/qmp/json_fields.hpp"

#include <QJsonArray>

namespace nitroscope::qmp {

using namespace Qt::Literals::StringLiterals;
namespace {

tl::unexpected<app::Error> malformed(const QString &what) {
    return app::failure(u"qmp-schema"_s, what);
}

} // namespace

app::Result<quint64> readPlace(const QJsonObject &data) {
    const QJsonValue icount = data.value("icount"_L1);
    if (!icount.isDouble() || icount.toInteger(-1) < 0)
        return malformed(u"A place in the recording has no instruction count."_s);
    return static_cast<quint64>(icount.toInteger());
}

app::Result<RecordingDivergence> readDivergence(const QJsonObject &data) {
    const auto place = readPlace(data);
    if (!place)
        return tl::unexpected(place.error());
    return RecordingDivergence{*place, text(data, "what"), text(data, "expected"), text(data, "found")};
}

app::Result<RecordingState> readRecordingState(const QJsonValue &reply) {
    const QJsonObject object = reply.toObject();
    RecordingState state;
    state.mode = text(object, "mode");
    if (state.mode != "none"_L1 && state.mode != "record"_L1 && state.mode != "replay"_L1)
        return malformed(u"The recording's mode is none that is known."_s);
    state.instruction = number(object, "icount");
    state.end = maybe<quint64>(object, "end");
    state.isCut = object.value("cut"_L1).toBool();
    const QJsonArray snapshots = object.value("snapshots"_L1).toArray();
    if (snapshots.size() > RecordingState::maxSnapshots)
        return malformed(u"The recording has more snapshots than can be."_s);
    for (const QJsonValue each : snapshots) {
        const QJsonObject snapshot = each.toObject();
        const auto place = readPlace(snapshot);
        if (!place)
            return tl::unexpected(place.error());
        state.snapshots.append({text(snapshot, "name"), *place, number(snapshot, "bytes")});
    }
    std::sort(state.snapshots.begin(), state.snapshots.end(),
              [](const auto &a, const auto &b) { return a.instruction < b.instruction; });
    if (const QJsonValue divergence = object.value("divergence"_L1); divergence.isObject()) {
        const auto read = readDivergence(divergence.toObject());
        if (!read)
            return tl::unexpected(read.error());
        state.divergence = *read;
    }
    return state;
}

} // namespace nitroscope::qmp
