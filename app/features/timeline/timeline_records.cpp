// SPDX-License-Identifier: GPL-2.0-or-later
//
// From records of a capture to events of the timeline.
#include "app/features/timeline/timeline_model.hpp"
#include "app/proto/pcapng/kms_call.hpp"
#include "app/proto/pcapng/record_text.hpp"
#include "app/session/nsm/nsm_transaction.hpp"
#include "app/session/vsock/vsock_records.hpp"

#include <QHash>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

using Kind = TimelineEvent::Kind;

namespace {

constexpr qsizetype maxWordLength = 100; // characters
constexpr qint64 latestNs = qint64{1} << 60;

QString field(const QVariantMap &fields, const char *key) {
    return fields.value(QLatin1String(key)).toString();
}

quint64 number(const QVariantMap &fields, const char *key) {
    return fields.value(QLatin1String(key)).toULongLong();
}

Tone toneOf(pcapng::Verdict verdict) {
    return verdict == pcapng::Verdict::passed    ? Tone::normal
           : verdict == pcapng::Verdict::dropped ? Tone::bad
                                                 : Tone::attention;
}

// "break 3: ExtendPCR 16" rather than all fields.
QString machineText(const pcapng::Record &record, const pcapng::MachineRecord &machine, Kind kind) {
    QStringList words;
    if (kind == Kind::breakHit)
        words = {field(machine.fields, "detail")};
    else if (kind == Kind::fault)
        words = {field(machine.fields, "action"), field(machine.fields, "detail")};
    else if (kind == Kind::failure || kind == Kind::warning)
        words = {field(machine.fields, "e-code"), field(machine.fields, "message")};
    else if (kind == Kind::reset)
        return u"reset: "_s + field(machine.fields, "cause");
    else if (machine.kind == QLatin1String(NITRO_CAPTURE_KIND_RUN_STATE))
        return field(machine.fields, "state");
    else if (const auto call = pcapng::kmsCallOf(record))
        return u"KMS %1%2"_s.arg(call->operation, call->isGood() ? QString() : u" → "_s + call->errorType);
    else
        return pcapng::summaryOf(record);
    words.removeAll(QString());
    const QString what = words.join(u' ');
    if (kind == Kind::failure || kind == Kind::warning)
        return what.isEmpty() ? machine.kind : what;
    return u"%1 %2: %3"_s.arg(machine.kind).arg(number(machine.fields, "rule")).arg(what);
}

} // namespace

qint32 TimelineModel::word(const QString &text, const QString &shorter) {
    if (const auto known = m_wordNumbers.constFind(text); known != m_wordNumbers.cend())
        return *known;
    if (m_words.size() >= maxWords) { // somebody has many: they share what they have in common
        const QString common = shorter.isEmpty() ? u"…"_s : shorter;
        if (const auto known = m_wordNumbers.constFind(common); known != m_wordNumbers.cend())
            return *known;
        if (m_words.size() >= maxWords + 1000)
            return 0;
        return m_words.push_back(common), *m_wordNumbers.insert(common, qint32(m_words.size() - 1));
    }
    m_words.push_back(text.left(maxWordLength));
    return *m_wordNumbers.insert(text, static_cast<qint32>(m_words.size() - 1));
}

// Clocks of a foreign file may say anything; differences of what is kept must not overflow.
qint64 TimelineModel::hostTime(const pcapng::Record &record) const {
    const auto since =
        static_cast<quint64>(record.hostNs) - static_cast<quint64>(m_firstHostNs.value_or(record.hostNs));
    return std::clamp(static_cast<qint64>(since), -latestNs, latestNs);
}

qint64 TimelineModel::guestTime(const pcapng::Record &record) const {
    return record.virtualNs ? std::clamp(*record.virtualNs, -latestNs, latestNs) : hostTime(record);
}

TimelineEvent TimelineModel::eventAt(const pcapng::Record &record) const {
    TimelineEvent e;
    e.hostNs = e.hostEndNs = hostTime(record);
    e.guestNs = e.guestEndNs = guestTime(record);
    e.offset = record.dataOffset;
    e.captured = record.captured;
    return e;
}

void TimelineModel::add(const pcapng::Record &record) {
    if (!m_firstHostNs)
        m_firstHostNs = record.hostNs;
    m_lastHostNs = std::max(m_lastHostNs, hostTime(record));
    m_lastGuestNs = std::max(m_lastGuestNs, guestTime(record));
    m_changed = true;
    if (const auto *machine = std::get_if<pcapng::MachineRecord>(&record.content)) {
        takeMachine(record, *machine);
    } else if (const auto *guest = std::get_if<pcapng::GuestRecord>(&record.content)) {
        takeGuest(record, *guest);
    } else if (const auto *nsm = std::get_if<pcapng::NsmRecord>(&record.content)) {
        takeNsm(record, *nsm);
    } else if (const auto *packet = std::get_if<pcapng::VsockRecord>(&record.content)) {
        takePacket(record, *packet);
    } else if (std::holds_alternative<pcapng::ConsoleRecord>(record.content)) {
        TimelineEvent e = eventAt(record);
        e.lane = TimelineLane::console;
        const bool isInput = record.direction == pcapng::Direction::inbound;
        e.kind = isInput ? Kind::consoleInput : Kind::consoleOutput;
        e.label = word(isInput ? u"input"_s : u"output"_s);
        append(e);
    } else if (std::holds_alternative<pcapng::DroppedRecord>(record.content)) {
        TimelineEvent e = eventAt(record);
        e.lane = TimelineLane::machine;
        e.kind = Kind::loss;
        e.tone = Tone::bad;
        e.label = word(pcapng::summaryOf(record), u"records lost"_s);
        append(e);
    }
}

void TimelineModel::takeMachine(const pcapng::Record &record, const pcapng::MachineRecord &machine) {
    const auto is = [&](const char *kind) { return machine.kind == QLatin1String(kind); };
    if (is(NITRO_CAPTURE_KIND_BOOT_STAGE))
        return takeStage(record, machine);
    if (is(NITRO_CAPTURE_KIND_VSOCK_OPEN) || is(NITRO_CAPTURE_KIND_VSOCK_CLOSE))
        return takeFlow(record, machine, is(NITRO_CAPTURE_KIND_VSOCK_OPEN));
    TimelineEvent e = eventAt(record);
    if (is(NITRO_CAPTURE_KIND_PCR)) {
        const quint64 index = number(machine.fields, "index") & 31;
        e.lane = TimelineLane::pcrs;
        e.kind = Kind::pcr;
        e.reference = number(machine.fields, "transaction") << 5 | index;
        e.label = word(u"PCR %1 %2"_s.arg(index).arg(field(machine.fields, "cause")), u"PCR change"_s);
        append(e);
        return;
    }
    const bool isBoot = is(NITRO_CAPTURE_KIND_BOOT_FAILURE) || is(NITRO_CAPTURE_KIND_BOOT_WARNING) ||
                        is(NITRO_CAPTURE_KIND_RESET);
    e.lane = isBoot ? TimelineLane::boot : TimelineLane::machine;
    e.kind = is(NITRO_CAPTURE_KIND_BOOT_FAILURE)   ? Kind::failure
             : is(NITRO_CAPTURE_KIND_BOOT_WARNING) ? Kind::warning
             : is(NITRO_CAPTURE_KIND_RESET)        ? Kind::reset
             : is(NITRO_CAPTURE_KIND_BREAK)        ? Kind::breakHit
             : is(NITRO_CAPTURE_KIND_FAULT)        ? Kind::fault
                                                   : Kind::otherMachine;
    const auto call = pcapng::kmsCallOf(record);
    e.tone = e.kind == Kind::failure || (call && !call->isGood())                           ? Tone::bad
             : e.kind == Kind::warning || e.kind == Kind::breakHit || e.kind == Kind::fault ? Tone::attention
                                                                                            : Tone::normal;
    if (e.kind == Kind::breakHit || e.kind == Kind::fault) {
        const QString source = field(machine.fields, "source");
        e.reference = number(machine.fields, "flow");
        e.row = static_cast<quint8>(source == "nsm"_L1     ? BreakSource::nsm
                                    : source == "vsock"_L1 ? BreakSource::vsock
                                                           : BreakSource::other);
    }
    e.label = word(machineText(record, machine, e.kind), machine.kind.left(maxWordLength));
    append(e);
}

// A stage lasts until the next one of the same boot.
void TimelineModel::takeStage(const pcapng::Record &record, const pcapng::MachineRecord &machine) {
    const QString stage = field(machine.fields, "stage");
    if (m_lastStage >= 0 && stage != "reset"_L1)
        finish(m_lastStage, record, event(m_lastStage).label, event(m_lastStage).tone);
    TimelineEvent e = eventAt(record);
    e.lane = TimelineLane::boot;
    e.kind = Kind::stage;
    e.reference = m_stages++;
    const QVariant index = machine.fields.value(u"index"_s);
    e.label = word(index.isValid() ? u"%1 %2"_s.arg(stage).arg(index.toInt()) : stage, u"stage"_s);
    m_lastStage = append(e);
}

void TimelineModel::takeFlow(const pcapng::Record &record, const pcapng::MachineRecord &machine, bool opens) {
    const quint64 id = number(machine.fields, "flow");
    const bool guestDialed = field(machine.fields, "dialed-by") == "guest"_L1;
    const quint64 port = number(machine.fields, guestDialed ? "peer-port" : "guest-port");
    // Refused before it was a flow: it has no number, and is an event of its own.
    const bool isFlow = id != 0;
    const QString name = isFlow ? u"flow %1, port %2"_s.arg(id).arg(port) : u"port %1"_s.arg(port);
    int flow = isFlow ? m_flows.value(id, -1) : -1;
    if (opens || flow < 0) {
        TimelineEvent e = eventAt(record);
        e.lane = TimelineLane::flows;
        e.kind = Kind::flow;
        e.reference = id;
        if (opens) { // without an end yet
            e.guestEndNs = e.guestNs - 1;
            e.hostEndNs = e.hostNs - 1;
            const auto free = std::find(m_rows.begin(), m_rows.end(), 0);
            e.row = static_cast<quint8>(std::min<std::ptrdiff_t>(free - m_rows.begin(), flowRows - 1));
            m_rowsUsed = std::max(m_rowsUsed, e.row + 1);
            if (free != m_rows.end())
                *free = id;
        }
        e.label = word(name, u"flow"_s);
        flow = append(e);
        if (flow < 0)
            return;
        if (isFlow)
            m_flows.insert(id, flow);
        if (opens)
            return;
    }
    const QString reason = field(machine.fields, "reason");
    const bool isOrdinary = reason == "host-closed"_L1 || reason == "guest-closed"_L1;
    if (isFlow)
        std::replace(m_rows.begin(), m_rows.end(), id, quint64{0});
    finish(flow, record, word(name + u": "_s + reasonText(reason), u"flow"_s),
           isOrdinary ? Tone::normal : Tone::attention);
}

void TimelineModel::takeGuest(const pcapng::Record &record, const pcapng::GuestRecord &guest) {
    TimelineEvent e = eventAt(record);
    const QString name = field(guest.fields, "name");
    e.lane = TimelineLane::systemCalls;
    if (guest.kind == QLatin1String(NITRO_CAPTURE_KIND_FIRST_CALL)) {
        e.lane = TimelineLane::firstCalls;
        e.kind = Kind::firstCall;
        e.reference = number(guest.fields, "address");
        e.label = word(name, u"first call"_s);
    } else if (guest.kind == QLatin1String(NITRO_CAPTURE_KIND_SYSTEM_CALL)) {
        e.kind = Kind::systemCall;
        const QString path = field(guest.fields, "path");
        e.label = word(path.isEmpty() ? name : name + u' ' + path, name.left(maxWordLength));
    } else if (guest.kind == QLatin1String(NITRO_CAPTURE_KIND_SYSTEM_CALL_RESULT)) {
        e.kind = Kind::systemCallResult;
        const qint64 result = guest.fields.value(u"result"_s).toLongLong();
        const bool isError = result >= -4095 && result < 0;
        e.tone = isError ? Tone::attention : Tone::muted;
        e.label = word(isError ? pcapng::summaryOf(record) : name + u" returns"_s, u"result"_s);
    } else {
        e.lane = TimelineLane::firstCalls;
        e.kind = Kind::otherGuest;
        e.label = word(guest.kind.isEmpty() ? u"plugin"_s : guest.kind, u"plugin"_s);
    }
    append(e);
}

void TimelineModel::takeNsm(const pcapng::Record &record, const pcapng::NsmRecord &nsm) {
    const QString kind = nsm.kindName();
    if (!nsm.isResponse) {
        TimelineEvent e = eventAt(record);
        e.lane = TimelineLane::nsm;
        e.kind = Kind::nsm;
        e.reference = nsm.transaction;
        e.guestEndNs = e.guestNs - 1; // until it is answered
        e.hostEndNs = e.hostNs - 1;
        const auto pcr = pcapng::pcrOf(record);
        e.label = word(pcr ? u"%1 %2"_s.arg(kind).arg(*pcr) : kind, kind);
        if (const int added = append(e); added >= 0)
            m_openTransactions.insert(nsm.transaction, added);
        return;
    }
    const auto open = m_openTransactions.constFind(nsm.transaction);
    Tone tone = nsm.result != 0 ? Tone::bad : toneOf(record.verdict);
    const bool isDropped = record.verdict == pcapng::Verdict::dropped;
    const QString outcome = isDropped         ? u" → answer dropped"_s
                            : nsm.result != 0 ? u" → "_s + nsm.resultName()
                                              : QString();
    if (open != m_openTransactions.cend()) {
        const QString asked = wordOf(event(*open));
        finish(*open, record, outcome.isEmpty() ? event(*open).label : word(asked + outcome, kind + outcome),
               tone);
        m_openTransactions.erase(open);
        return;
    }
    TimelineEvent e = eventAt(record); // the capture begins between the two
    e.lane = TimelineLane::nsm;
    e.kind = Kind::nsm;
    e.reference = nsm.transaction;
    e.tone = tone;
    e.label = word(kind + outcome, kind);
    append(e);
}

void TimelineModel::takePacket(const pcapng::Record &record, const pcapng::VsockRecord &packet) {
    TimelineEvent e = eventAt(record);
    const bool fromGuest = record.direction == pcapng::Direction::outbound;
    const quint32 guest = fromGuest ? packet.srcPort : packet.dstPort;
    const quint32 peer = fromGuest ? packet.dstPort : packet.srcPort;
    e.lane = TimelineLane::packets;
    e.kind = Kind::packet;
    e.reference = m_packets++;
    e.row = fromGuest ? 1 : 0;
    e.tone = toneOf(record.verdict);
    const std::pair key(quint64{guest} << 32 | peer, quint32{packet.operation} | (fromGuest ? 0x10000U : 0));
    auto known = m_packetWords.constFind(key);
    if (known == m_packetWords.cend()) {
        const QString name = packet.operationName();
        known = m_packetWords.insert(
            key,
            word(u"%1 %2 %3 %4"_s.arg(name).arg(guest).arg(fromGuest ? u"→"_s : u"←"_s).arg(peer), name));
    }
    e.label = *known;
    append(e);
}

} // namespace nitroscope::app
