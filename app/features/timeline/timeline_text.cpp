// SPDX-License-Identifier: GPL-2.0-or-later
//
// The timeline's events in words, made when somebody looks.
#include "app/features/timeline/time_axis.hpp"
#include "app/features/timeline/timeline_model.hpp"
#include "app/proto/pcapng/record_decoder.hpp"
#include "app/proto/pcapng/record_text.hpp"
#include "app/session/nsm/nsm_transaction.hpp"
#include "app/ui/text/byte_text.hpp"

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

using Kind = TimelineEvent::Kind;

namespace {

pcapng::Source sourceOf(TimelineLane lane) {
    switch (lane) {
    case TimelineLane::boot:
    case TimelineLane::machine:
    case TimelineLane::pcrs:
    case TimelineLane::flows:
        return pcapng::Source::machine;
    case TimelineLane::firstCalls:
    case TimelineLane::systemCalls:
        return pcapng::Source::guest;
    case TimelineLane::console:
        return pcapng::Source::console;
    case TimelineLane::nsm:
        return pcapng::Source::nsm;
    case TimelineLane::packets:
        return pcapng::Source::vsock;
    }
    return pcapng::Source::foreign;
}

} // namespace

QString laneName(TimelineLane lane) {
    static const char *const names[timelineLanes] = {"Boot",         "Breaks, faults", "First calls",
                                                     "System calls", "Console",        "NSM",
                                                     "PCRs",         "vsock flows",    "vsock packets"};
    return QString::fromLatin1(names[static_cast<size_t>(lane)]);
}

// What the console wrote, without its line ends and escape sequences.
QString TimelineModel::consoleLine(const TimelineEvent &e) const {
    if (!m_bytes)
        return {};
    const QString text = QString::fromUtf8(m_bytes->read(e.offset, e.captured));
    QString line;
    line.reserve(text.size());
    bool inEscape = false;
    for (const QChar c : text) {
        if (c == QChar(0x1b))
            inEscape = true;
        else if (inEscape)
            inEscape = !c.isLetter();
        else if (c.isPrint())
            line += c;
        else if (!line.isEmpty() && !line.endsWith(u' '))
            line += u' ';
    }
    return line.trimmed();
}

QString TimelineModel::text(int number) const {
    const TimelineEvent &e = event(number);
    return e.lane == TimelineLane::console ? consoleLine(e) : wordOf(e);
}

QString TimelineModel::timeText(int number) const {
    return TimeAxis::label(beginOf(number), 1);
}

QString TimelineModel::details(int number) const {
    const TimelineEvent &e = event(number);
    QString what = text(number);
    if (e.kind == Kind::nsm) {
        what = u"transaction %1: %2"_s.arg(e.reference).arg(what);
    } else if (e.lane != TimelineLane::console && m_bytes) {
        pcapng::Record record;
        record.source = sourceOf(e.lane);
        record.direction = e.row == 1 ? pcapng::Direction::outbound : pcapng::Direction::inbound;
        record.captured = record.original = e.captured;
        const QByteArray bytes = m_bytes->read(e.offset, e.captured);
        if (!bytes.isEmpty() && pcapng::decodeContent(bytes, 0, record).isEmpty())
            what = e.kind == Kind::flow ? what + u" (%1)"_s.arg(pcapng::summaryOf(record))
                                        : pcapng::summaryOf(record);
    }
    const qint64 begin = beginOf(number), end = e.end(m_clock);
    if (end > begin)
        what +=
            u", %1 by the %2"_s.arg(durationText(static_cast<quint64>(end - begin)),
                                    m_clock == TimelineClock::guest ? u"guest's clock"_s : u"host's clock"_s);
    else if (end < begin)
        what += e.kind == Kind::nsm ? u", no answer yet"_s : u", still open"_s;
    return what;
}

} // namespace nitroscope::app
