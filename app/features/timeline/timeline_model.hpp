// SPDX-License-Identifier: GPL-2.0-or-later
//
// Everything that a capture stream reports, on one time axis. Events are kept in the order of the stream;
// each lane has the numbers of those that the filter lets through, ordered by the clock in force, so that a
// view finds what falls on a pixel by bisection: what a picture costs depends on its width, not on the
// capture. A filter is worked off in slices between events and put in force at once, as in FilteredListModel.
#pragma once

#include "app/features/timeline/timeline_event.hpp"
#include "app/proto/pcapng/record.hpp"
#include "app/session/account/instruction_index.hpp"
#include "app/session/capture/capture_bytes.hpp"
#include "app/ui/lists/list_filter.hpp"

#include <array>
#include <memory>
#include <optional>
#include <QHash>
#include <QObject>
#include <QTimer>
#include <vector>

namespace nitroscope::app {

struct TimelineFilter {
    QString text;        // an expression, or words: in the event's; of console lines, in the line
    quint32 lanes = ~0U; // bit per lane
    bool onlyNotable = false;

    bool has(TimelineLane lane) const { return lanes >> static_cast<int>(lane) & 1; }
    bool operator==(const TimelineFilter &) const = default;
};

class TimelineModel : public QObject {
    Q_OBJECT
public:
    static constexpr size_t maxEvents = 2'000'000; // those beyond are counted, not kept
    static constexpr size_t maxWords = 100'000;    // in the table; later new ones are shortened
    static constexpr int flowRows = 4;
    static constexpr size_t sliceEvents = 20'000; // that a filter looks at in one go

    explicit TimelineModel(QObject *parent = nullptr);

    void restart(std::shared_ptr<const CaptureBytes> bytes);
    void add(const pcapng::Record &record);
    void endBatch(); // tells of what the records since the last call have changed

    const std::vector<TimelineEvent> &events() const { return m_events; }
    const TimelineEvent &event(int number) const { return m_events[static_cast<size_t>(number)]; }
    quint64 notKept() const { return m_notKept; }
    int laneSize(TimelineLane lane) const; // without the filter
    int flowRowsUsed() const { return m_rowsUsed; }
    // Numbers of the events that pass the filter, by time.
    const std::vector<int> &shown(TimelineLane lane) const;
    const std::vector<int> &notable(TimelineLane lane) const; // of those, the ones worth a look
    int shownCount() const;
    bool isShown(int number) const;
    // How long the longest event of a lane lasts: what begins earlier than that before a view is not in it.
    qint64 longest(TimelineLane lane) const;

    // The moment that is shown of a recording, by the clock in force; nothing outside of one.
    std::optional<qint64> nowNs() const;
    void setNow(const std::optional<RunMoment> &now);

    TimelineClock clock() const { return m_clock; }
    void setClock(TimelineClock clock);
    // What the filter language knows of an event.
    static std::span<const ListField> fields();
    QStringList valuesOf(int field) const;
    const TimelineFilter &filter() const { return m_filter; }
    void setFilter(const TimelineFilter &filter);
    void flush(); // applies at once what is being applied in slices

    qint64 beginOf(int number) const { return event(number).begin(m_clock); }
    // The order of everything here: by time and, at one time, by the order of the stream.
    bool isBefore(int a, int b) const { return std::pair(beginOf(a), a) < std::pair(beginOf(b), b); }
    // Its end; of an open one the last time that there is.
    qint64 endOf(int number) const;
    std::pair<qint64, qint64> extent() const; // {0, 0} without events
    // Position in shown() of the first event at or after that time.
    size_t positionOf(TimelineLane lane, qint64 ns) const;

    // -1 when the capture has none.
    int eventOfTransaction(quint64 id) const;
    int eventOfPacket(int packet) const;
    int eventOfFlow(quint64 id) const { return m_flows.value(id, -1); }
    int eventOfStage(int stage) const;
    int eventOfPcr(int index, quint64 transaction, qint64 hostNs) const;
    // The shown event before (-1) or after (+1) in the same lane, or in any; -1 at the end.
    int neighbour(int number, int step) const;
    int neighbourInAny(int number, int step, bool onlyNotable) const;
    // The shown event of that lane that is nearest in time.
    int nearest(TimelineLane lane, qint64 ns) const;

    QString text(int number) const;     // short: what stands beside its mark
    QString timeText(int number) const; // "12.345678901 s"
    QString details(int number) const;  // one line with everything, decoded from the capture

signals:
    void changed(); // events were added or have ended
    void nowMoved();
    void filtered(); // a new filter or clock is in force, or everything is gone

private:
    struct Lane {
        std::vector<int> all; // in the order of the stream
        mutable std::vector<int> shown, notable;
        mutable size_t ordered = 0, notableOrdered = 0; // how many of them are in order already
        std::vector<int> next;                          // of the filter that is being applied
        std::array<qint64, 2> longest{};                // by clock
    };

    // timeline_records.cpp
    TimelineEvent eventAt(const pcapng::Record &record) const;
    void takeMachine(const pcapng::Record &record, const pcapng::MachineRecord &machine);
    void takeStage(const pcapng::Record &record, const pcapng::MachineRecord &machine);
    void takeFlow(const pcapng::Record &record, const pcapng::MachineRecord &machine, bool opens);
    void takeGuest(const pcapng::Record &record, const pcapng::GuestRecord &guest);
    void takeNsm(const pcapng::Record &record, const pcapng::NsmRecord &nsm);
    void takePacket(const pcapng::Record &record, const pcapng::VsockRecord &packet);
    int append(TimelineEvent event); // -1 when there is no room
    // It ends with that record and is now called so.
    void finish(int number, const pcapng::Record &record, qint32 label, Tone tone);
    qint32 word(const QString &text, const QString &shorter = {});

    const Lane &lane(TimelineLane which) const { return m_lanes[static_cast<size_t>(which)]; }
    bool accepts(int number) const;
    bool matchesText(const TimelineEvent &event) const;
    const QString &wordOf(const TimelineEvent &event) const {
        return m_words[static_cast<size_t>(event.label)];
    }
    QString consoleLine(const TimelineEvent &event) const;
    void order(std::vector<int> &numbers, size_t &ordered) const;
    void slice();
    void show(int number, bool notableOnly);
    qint64 hostTime(const pcapng::Record &record) const; // since the first record
    qint64 guestTime(const pcapng::Record &record) const;

    std::vector<TimelineEvent> m_events;
    std::array<Lane, timelineLanes> m_lanes;
    std::shared_ptr<const CaptureBytes> m_bytes;
    std::optional<qint64> m_firstHostNs;
    qint64 m_lastGuestNs = 0, m_lastHostNs = 0, m_firstGuestNs = 0;
    quint64 m_notKept = 0;
    bool m_changed = false;

    std::vector<QString> m_words;
    QHash<QString, qint32> m_wordNumbers;
    QHash<std::pair<quint64, quint32>, qint32> m_packetWords; // ports, operation
    mutable std::vector<char> m_wordMatches;                  // of the filter: 0 not known, 1 no, 2 yes
    QHash<quint64, int> m_openTransactions, m_flows;
    std::array<quint64, flowRows> m_rows{}; // flow in each row; 0 = free
    int m_rowsUsed = 1;
    int m_lastStage = -1; // its event
    quint64 m_stages = 0, m_packets = 0;

    std::optional<RunMoment> m_now;
    class Row;
    ListFilter m_expression; // of the filter's text
    TimelineFilter m_filter; // the one wanted; the lists may still be those of the one before
    TimelineClock m_clock = TimelineClock::guest;
    bool m_filtering = false;
    size_t m_looked = 0; // events that the filter being applied has looked at
    QTimer m_slice;
};

} // namespace nitroscope::app
