// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/debug/history/history_list.hpp"

#include "app/features/debug/base/debug_lists.hpp"

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

QString frameText(const DebugFrame &frame) {
    return frame.place.isEmpty() ? addressText(frame.pc) : frame.place;
}

QString stackText(const HistoryHit &hit, const QString &between) {
    QStringList frames;
    for (qsizetype i = 1; i < hit.frames.size(); ++i)
        frames << frameText(hit.frames[i]);
    return frames.join(between);
}

} // namespace

HistoryList::HistoryList(QObject *parent)
    : RecordTable(
          {{u"Instruction"_s, [](const HistoryHit &hit) { return u"%L1"_s.arg(qulonglong(hit.instruction)); },
            false, true},
           {u"Function"_s,
            [](const HistoryHit &hit) {
                return hit.frames.isEmpty() ? addressText(hit.pc) : frameText(hit.frames.first());
            },
            true, false, nullptr, [](const HistoryHit &hit) { return addressText(hit.pc); }},
           {u"Process"_s, [](const HistoryHit &hit) { return hit.process.isEmpty() ? u"–"_s : hit.process; }},
           {u"Held before"_s,
            [](const HistoryHit &hit) { return QString::fromLatin1(hit.before.toHex(' ')); }, true},
           {u"Called from"_s, [](const HistoryHit &hit) { return stackText(hit, u" ← "_s); }, true, false,
            [](const HistoryHit &) { return Tone::muted; },
            [](const HistoryHit &hit) { return stackText(hit, u"\n"_s); }}},
          [](const HistoryHit &a, const HistoryHit &b) {
              return a.instruction == b.instruction && a.pc == b.pc;
          },
          parent) {}

QString questionText(const HistoryQuestion &question) {
    if (question.kind == HistoryQuestion::Kind::runs)
        return u"Every time %1 ran"_s.arg(addressText(question.address));
    return u"%1 %2 at %3%4"_s.arg(
        question.kind == HistoryQuestion::Kind::writer ? u"Who wrote"_s : u"Who reads next"_s,
        question.bytes == 1 ? u"1 byte"_s : u"%1 bytes"_s.arg(question.bytes), addressText(question.address),
        question.space == AddressSpace::guestPhysical ? u" of physical memory"_s : QString());
}

} // namespace nitroscope::app
