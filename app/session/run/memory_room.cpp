// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/run/memory_room.hpp"

#include <QDir>
#include <QFile>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr quint64 bytesPerMiB = 1 << 20, bytesPerKiB = 1 << 10;

QByteArray contentOf(const QString &path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

// The number after a word at the beginning of a line; of "MemAvailable:   123 kB" 123.
std::optional<quint64> numberAfter(const QByteArray &text, const QByteArray &word) {
    for (const QByteArray &line : text.split('\n')) {
        const QList<QByteArray> words = line.simplified().split(' ');
        bool isNumber = false;
        const quint64 number = words.size() > 1 ? words[1].toULongLong(&isNumber) : 0;
        if (isNumber && words[0] == word)
            return number;
    }
    return std::nullopt;
}

std::optional<quint64> numberIn(const QString &path) {
    bool isNumber = false;
    const quint64 number = contentOf(path).trimmed().toULongLong(&isNumber); // not of "max"
    return isNumber ? std::optional(number) : std::nullopt;
}

// Bytes that the group's limit leaves; pages of files are given back when somebody needs them.
std::optional<quint64> roomIn(const QString &group) {
    const auto limit = numberIn(group + u"/memory.max"_s), used = numberIn(group + u"/memory.current"_s);
    if (!limit || !used)
        return std::nullopt;
    const QByteArray statistics = contentOf(group + u"/memory.stat"_s);
    const quint64 reclaimable = numberAfter(statistics, "inactive_file").value_or(0) +
                                numberAfter(statistics, "active_file").value_or(0);
    const quint64 held = *used - qMin(*used, reclaimable);
    return *limit - qMin(*limit, held);
}

// "0::/user.slice/user-1000.slice"
QString ownGroup(const QByteArray &membership) {
    for (const QByteArray &line : membership.split('\n'))
        if (line.startsWith("0::"))
            return QFile::decodeName(line.mid(3).trimmed());
    return {};
}

} // namespace

MemoryPlaces MemoryPlaces::ofTheKernel() {
    return {u"/proc/meminfo"_s, u"/proc/self/cgroup"_s, u"/sys/fs/cgroup"_s};
}

std::optional<quint64> availableMemoryMiB(const MemoryPlaces &places) {
    const QByteArray meminfo = contentOf(places.meminfo);
    const auto available = numberAfter(meminfo, "MemAvailable:");
    if (!available)
        return std::nullopt;
    quint64 room = (*available + numberAfter(meminfo, "SwapFree:").value_or(0)) * bytesPerKiB;
    for (QString group = ownGroup(contentOf(places.membership)); group.size() > 1;
         group.truncate(group.lastIndexOf(u'/')))
        if (const auto left = roomIn(places.groups + group))
            room = qMin(room, *left);
    return room / bytesPerMiB;
}

Result<void> checkMemoryRoom(quint64 neededMiB, const MemoryPlaces &places) {
    const auto available = availableMemoryMiB(places);
    if (!available || neededMiB <= *available)
        return {};
    return failure(u"no-memory"_s,
                   u"The enclave needs %1 MiB of memory, but only %2 MiB are available on this computer. "
                   "Choose less with --memory, or end other programs."_s.arg(neededMiB)
                       .arg(*available));
}

} // namespace nitroscope::app
