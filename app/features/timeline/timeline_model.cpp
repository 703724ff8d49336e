// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/timeline/timeline_model.hpp"

#include <algorithm>

namespace nitroscope::app {

using Kind = TimelineEvent::Kind;

namespace {

enum Field { laneField, textField, timeField, hostField, durationField };
using Value = FilterFieldInfo::Kind;
const ListField timelineFields[] = {
    {{"lane", Value::text, "where it comes from"}},
    {{"text", Value::text, "its words"}},
    {{"clock", Value::time, "the guest's clock; plain numbers are seconds"}},
    {{"time", Value::time, "the host's since the first event"}},
    {{"duration", Value::time, "by the clock of the axis"}},
};

} // namespace

// An event as the filter language asks for it.
class TimelineModel::Row : public FilterRow {
public:
    Row(const TimelineModel &model, const TimelineEvent &event) : m_model(model), m_event(event) {}
    std::optional<QString> text(int field) const override {
        if (field == laneField)
            return laneName(m_event.lane);
        return m_event.lane == TimelineLane::console ? m_model.consoleLine(m_event) : m_model.wordOf(m_event);
    }
    Numbers numbers(int field) const override {
        if (field == timeField)
            return {m_event.guestNs};
        if (field == hostField)
            return {m_event.hostNs};
        const qint64 duration = m_event.end(m_model.m_clock) - m_event.begin(m_model.m_clock);
        return duration > 0 ? Numbers{duration} : Numbers();
    }

private:
    const TimelineModel &m_model;
    const TimelineEvent &m_event;
};

TimelineModel::TimelineModel(QObject *parent) : QObject(parent) {
    m_slice.setInterval(0);
    connect(&m_slice, &QTimer::timeout, this, &TimelineModel::slice);
}

void TimelineModel::restart(std::shared_ptr<const CaptureBytes> bytes) {
    m_events.clear();
    m_lanes = {};
    m_bytes = std::move(bytes);
    m_firstHostNs.reset();
    m_firstGuestNs = m_lastGuestNs = m_lastHostNs = 0;
    m_notKept = 0;
    m_changed = false;
    m_words.clear();
    m_wordNumbers.clear();
    m_packetWords.clear();
    m_wordMatches.clear();
    m_openTransactions.clear();
    m_flows.clear();
    m_rows = {};
    m_rowsUsed = 1;
    m_lastStage = -1;
    m_stages = m_packets = 0;
    m_filtering = false;
    m_slice.stop();
    emit filtered();
}

void TimelineModel::endBatch() {
    if (std::exchange(m_changed, false))
        emit changed();
}

int TimelineModel::laneSize(TimelineLane which) const {
    return static_cast<int>(lane(which).all.size());
}

// Nearly everything comes in order: only the tail since the last look is sorted, and merged where it must.
void TimelineModel::order(std::vector<int> &numbers, size_t &ordered) const {
    if (ordered == numbers.size())
        return;
    const auto earlier = [this](int a, int b) { return isBefore(a, b); };
    const auto middle = numbers.begin() + static_cast<std::ptrdiff_t>(ordered);
    if (!std::is_sorted(middle, numbers.end(), earlier))
        std::sort(middle, numbers.end(), earlier);
    if (middle != numbers.begin() && earlier(*middle, *(middle - 1)))
        std::inplace_merge(numbers.begin(), middle, numbers.end(), earlier);
    ordered = numbers.size();
}

const std::vector<int> &TimelineModel::shown(TimelineLane which) const {
    const Lane &l = lane(which);
    order(l.shown, l.ordered);
    return l.shown;
}

const std::vector<int> &TimelineModel::notable(TimelineLane which) const {
    const Lane &l = lane(which);
    order(l.notable, l.notableOrdered);
    return l.notable;
}

int TimelineModel::shownCount() const {
    size_t count = 0;
    for (const Lane &l : m_lanes)
        count += l.shown.size();
    return static_cast<int>(count);
}

qint64 TimelineModel::longest(TimelineLane which) const {
    return lane(which).longest[static_cast<size_t>(m_clock)];
}

size_t TimelineModel::positionOf(TimelineLane which, qint64 ns) const {
    const std::vector<int> &numbers = shown(which);
    const auto at = std::lower_bound(numbers.begin(), numbers.end(), ns,
                                     [this](int number, qint64 time) { return beginOf(number) < time; });
    return static_cast<size_t>(at - numbers.begin());
}

bool TimelineModel::isShown(int number) const {
    if (number < 0 || number >= static_cast<int>(m_events.size()))
        return false;
    const std::vector<int> &numbers = shown(event(number).lane);
    return std::binary_search(numbers.begin(), numbers.end(), number,
                              [this](int a, int b) { return isBefore(a, b); });
}

qint64 TimelineModel::endOf(int number) const {
    const TimelineEvent &e = event(number);
    const qint64 end = e.end(m_clock);
    if (end >= e.begin(m_clock))
        return end;
    return std::max(e.begin(m_clock), m_clock == TimelineClock::guest ? m_lastGuestNs : m_lastHostNs);
}

std::pair<qint64, qint64> TimelineModel::extent() const {
    if (m_events.empty())
        return {0, 0};
    return m_clock == TimelineClock::guest ? std::pair(m_firstGuestNs, m_lastGuestNs)
                                           : std::pair(qint64{0}, m_lastHostNs);
}

std::optional<qint64> TimelineModel::nowNs() const {
    if (!m_now)
        return std::nullopt;
    if (m_clock == TimelineClock::guest)
        return std::max<qint64>(0, m_now->virtualNs);
    return m_now->offset == 0 || !m_firstHostNs ? 0 : m_now->hostNs - *m_firstHostNs;
}

void TimelineModel::setNow(const std::optional<RunMoment> &now) {
    m_now = now;
    emit nowMoved();
}

void TimelineModel::setClock(TimelineClock clock) {
    if (std::exchange(m_clock, clock) == clock)
        return;
    for (Lane &l : m_lanes)
        l.ordered = l.notableOrdered = 0;
    emit filtered();
}

void TimelineModel::setFilter(const TimelineFilter &filter) {
    if (m_filter == filter)
        return;
    m_filter = filter;
    m_expression = ListFilter::parse(filter.text, timelineFields).value_or(ListFilter());
    m_wordMatches.assign(m_words.size(), 0);
    for (Lane &l : m_lanes)
        l.next.clear();
    m_looked = 0;
    m_filtering = true;
    m_slice.start();
    slice(); // a short list is done at once
}

void TimelineModel::flush() {
    while (m_filtering)
        slice();
}

void TimelineModel::slice() {
    const size_t end = std::min(m_events.size(), m_looked + sliceEvents);
    for (; m_looked < end; ++m_looked)
        if (const int number = static_cast<int>(m_looked); accepts(number))
            m_lanes[static_cast<size_t>(event(number).lane)].next.push_back(number);
    if (m_looked < m_events.size())
        return;
    m_slice.stop();
    m_filtering = false;
    for (Lane &l : m_lanes) {
        l.shown = std::exchange(l.next, {});
        l.notable.clear();
        l.ordered = l.notableOrdered = 0;
        for (const int number : l.shown)
            if (event(number).isNotable())
                l.notable.push_back(number);
    }
    emit filtered();
}

bool TimelineModel::accepts(int number) const {
    const TimelineEvent &e = event(number);
    if (!m_filter.has(e.lane) || (m_filter.onlyNotable && !e.isNotable()))
        return false;
    return m_filter.text.isEmpty() || matchesText(e);
}

std::span<const ListField> TimelineModel::fields() {
    return timelineFields;
}

QStringList TimelineModel::valuesOf(int field) const {
    QStringList values;
    for (int i = 0; field == laneField && i < timelineLanes; ++i)
        if (laneSize(static_cast<TimelineLane>(i)) > 0)
            values << laneName(static_cast<TimelineLane>(i));
    return values;
}

bool TimelineModel::matchesText(const TimelineEvent &e) const {
    if (m_expression.words().isEmpty())
        return m_expression.matches(Row(*this, e));
    if (e.lane == TimelineLane::console)
        return consoleLine(e).contains(m_expression.words(), Qt::CaseInsensitive);
    const auto at = static_cast<size_t>(e.label);
    if (at >= m_wordMatches.size())
        m_wordMatches.resize(m_words.size(), 0);
    char &known = m_wordMatches[at];
    if (known == 0)
        known = m_words[at].contains(m_expression.words(), Qt::CaseInsensitive) ? 2 : 1;
    return known == 2;
}

void TimelineModel::show(int number, bool notableOnly) {
    Lane &l = m_lanes[static_cast<size_t>(event(number).lane)];
    if (!notableOnly)
        l.shown.push_back(number);
    if (event(number).isNotable())
        l.notable.push_back(number);
}

int TimelineModel::append(TimelineEvent event) {
    if (m_events.size() >= maxEvents) {
        ++m_notKept;
        return -1;
    }
    const int number = static_cast<int>(m_events.size());
    m_firstGuestNs = m_events.empty() ? event.guestNs : std::min(m_firstGuestNs, event.guestNs);
    m_events.push_back(event);
    m_lanes[static_cast<size_t>(event.lane)].all.push_back(number);
    if (!m_filtering && accepts(number))
        show(number, false);
    return number;
}

void TimelineModel::finish(int number, const pcapng::Record &record, qint32 label, Tone tone) {
    TimelineEvent &e = m_events[static_cast<size_t>(number)];
    const bool isLookedAt = !m_filtering || static_cast<size_t>(number) < m_looked;
    const bool before = isLookedAt && accepts(number), wasNotable = e.isNotable();
    e.guestEndNs = std::max(e.guestNs, guestTime(record));
    e.hostEndNs = std::max(e.hostNs, hostTime(record));
    e.label = label;
    e.tone = tone;
    Lane &l = m_lanes[static_cast<size_t>(e.lane)];
    for (const TimelineClock clock : {TimelineClock::guest, TimelineClock::host}) {
        qint64 &longest = l.longest[static_cast<size_t>(clock)];
        longest = std::max(longest, e.end(clock) - e.begin(clock));
    }
    if (!isLookedAt || !accepts(number))
        return;
    if (m_filtering) {
        if (!before)
            l.next.push_back(number);
    } else if (!before || !wasNotable) {
        show(number, before);
    }
}

int TimelineModel::eventOfTransaction(quint64 id) const {
    const std::vector<int> &all = lane(TimelineLane::nsm).all;
    // Numbers ascend, except in files that were merged from several captures.
    const auto at = std::lower_bound(all.begin(), all.end(), id, [this](int number, quint64 wanted) {
        return event(number).reference < wanted;
    });
    if (at != all.end() && event(*at).reference == id)
        return *at;
    const auto anywhere =
        std::find_if(all.begin(), all.end(), [&](int number) { return event(number).reference == id; });
    return anywhere == all.end() ? -1 : *anywhere;
}

int TimelineModel::eventOfPacket(int packet) const {
    const std::vector<int> &all = lane(TimelineLane::packets).all;
    const auto at =
        std::lower_bound(all.begin(), all.end(), static_cast<quint64>(std::max(0, packet)),
                         [this](int number, quint64 wanted) { return event(number).reference < wanted; });
    return at != all.end() && event(*at).reference == static_cast<quint64>(packet) ? *at : -1;
}

int TimelineModel::eventOfStage(int stage) const {
    for (const int number : lane(TimelineLane::boot).all)
        if (event(number).kind == Kind::stage && event(number).reference == static_cast<quint64>(stage))
            return number;
    return -1;
}

int TimelineModel::eventOfPcr(int index, quint64 transaction, qint64 hostNs) const {
    const quint64 wanted = transaction << 5 | static_cast<quint64>(index);
    for (const int number : lane(TimelineLane::pcrs).all)
        if (event(number).reference == wanted && event(number).hostNs == hostNs - m_firstHostNs.value_or(0))
            return number;
    return -1;
}

int TimelineModel::neighbour(int number, int step) const {
    const std::vector<int> &numbers = shown(event(number).lane);
    size_t at = positionOf(event(number).lane, beginOf(number));
    while (at < numbers.size() && numbers[at] != number && beginOf(numbers[at]) == beginOf(number))
        ++at;
    const bool isThere = at < numbers.size() && numbers[at] == number;
    const auto wanted = static_cast<std::ptrdiff_t>(at) + (step < 0 ? -1 : isThere ? 1 : 0);
    return wanted >= 0 && wanted < std::ssize(numbers) ? numbers[static_cast<size_t>(wanted)] : -1;
}

int TimelineModel::neighbourInAny(int number, int step, bool onlyNotable) const {
    const auto earlier = [this](int a, int b) { return isBefore(a, b); };
    int best = -1;
    for (int i = 0; i < timelineLanes; ++i) {
        const auto which = static_cast<TimelineLane>(i);
        const std::vector<int> &numbers = onlyNotable ? notable(which) : shown(which);
        const auto at = step < 0 ? std::lower_bound(numbers.begin(), numbers.end(), number, earlier)
                                 : std::upper_bound(numbers.begin(), numbers.end(), number, earlier);
        if (step < 0 ? at == numbers.begin() : at == numbers.end())
            continue;
        const int candidate = step < 0 ? *(at - 1) : *at;
        if (best < 0 || (step < 0 ? isBefore(best, candidate) : isBefore(candidate, best)))
            best = candidate;
    }
    return best;
}

int TimelineModel::nearest(TimelineLane which, qint64 ns) const {
    const std::vector<int> &numbers = shown(which);
    const size_t at = positionOf(which, ns);
    if (at == 0)
        return numbers.empty() ? -1 : numbers.front();
    const int before = numbers[at - 1];
    if (at == numbers.size())
        return before;
    return beginOf(numbers[at]) - ns < ns - beginOf(before) ? numbers[at] : before;
}

} // namespace nitroscope::app
