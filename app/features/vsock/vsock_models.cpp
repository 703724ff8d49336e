// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/vsock/vsock_models.hpp"

#include "app/session/nsm/nsm_transaction.hpp"
#include "app/ui/text/byte_text.hpp"
#include "app/ui/text/roles.hpp"

#include <utility>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

QString operationText(quint16 operation) {
    pcapng::VsockRecord record;
    record.operation = operation;
    return record.operationName();
}

namespace {

QString secondsText(qint64 ns) {
    return QString::number(static_cast<double>(ns) / 1e9, 'f', 6);
}

QVariant rightAligned(bool right) {
    return right ? QVariant(Qt::AlignRight | Qt::AlignVCenter) : QVariant();
}

Tone toneOf(VsockFlow::State state) {
    switch (state) {
    case VsockFlow::State::open:
        return Tone::good;
    case VsockFlow::State::reset:
    case VsockFlow::State::refused:
        return Tone::bad;
    case VsockFlow::State::connecting:
    case VsockFlow::State::closing:
        return Tone::attention;
    case VsockFlow::State::closed:
        return Tone::muted;
    }
    return Tone::normal;
}

// What the filter language knows of flows; a packet has all of it, too, by its flow.
enum Field {
    flowField,
    peerField,
    serviceField,
    stateField,
    reasonField,
    textField,
    timeField,
    portField,
    toGuestField,
    fromGuestField,
    packetsField,
    flowFieldCount,
    kindField = flowFieldCount,
    directionField,
    verdictField,
    clockField,
    lengthField,
    ruleField
};
using Kind = FilterFieldInfo::Kind;

const ListField flowFields[flowFieldCount] = {
    {{"flow", Kind::number, "number of the flow"}, VsockFlowModel::number},
    {{"peer", Kind::text, "CID and port of the peer, and who it is"}, VsockFlowModel::peer},
    {{"service", Kind::text, "name of the service that was dialed"}, VsockFlowModel::service},
    {{"state", Kind::text, "connecting, open, half-closed, closed, reset, refused"}, VsockFlowModel::state},
    {{"reason", Kind::text, "of the end"}, VsockFlowModel::reason},
    {{"text", Kind::text, "what the row shows"}},
    {{"time", Kind::time, "the host's since the first packet; plain numbers are seconds"}},
    {{"port", Kind::number, "either port"}, VsockFlowModel::port},
    {{"bytes-to-guest", Kind::number, "that the flow carried"}, VsockFlowModel::toGuest},
    {{"bytes-from-guest", Kind::number, "that the flow carried"}, VsockFlowModel::fromGuest},
    {{"packets", Kind::number, "of the flow"}},
};

// The same, with the columns of the packets' list, and what only packets have.
const std::vector<ListField> &packetFields() {
    static const std::vector<ListField> fields = [] {
        std::vector<ListField> all(std::begin(flowFields), std::end(flowFields));
        for (ListField &field : all)
            field.column = -1;
        all[portField].column = VsockPacketModel::guestPort;
        all.insert(all.end(),
                   {{{"kind", Kind::text, "operation: REQUEST, RESPONSE, RW, SHUTDOWN, RST, …"},
                     VsockPacketModel::operation},
                    {{"direction", Kind::text, "in (to the guest) or out"}, VsockPacketModel::direction},
                    {{"verdict", Kind::text, "passed, delayed, dropped, changed, refused, malformed"},
                     VsockPacketModel::verdict},
                    {{"clock", Kind::time, "the guest's clock"}, VsockPacketModel::time},
                    {{"length", Kind::number, "bytes of payload"}, VsockPacketModel::length},
                    {{"rule", Kind::number, "fault or break that acted"}}});
        return all;
    }();
    return fields;
}

std::optional<QString> flowText(const VsockFlow &flow, int field) {
    const auto some = [](const QString &text) { return text.isEmpty() ? std::nullopt : std::optional(text); };
    switch (field) {
    case peerField:
        return u"%1:%2 %3"_s.arg(flow.peerCid).arg(flow.peerPort).arg(flow.peer).trimmed();
    case serviceField:
        return some(serviceName(flow));
    case stateField:
        return flowStateText(flow.state);
    case reasonField:
        return some(reasonText(flow.reason));
    default:
        return std::nullopt;
    }
}

FilterRow::Numbers flowNumbers(const VsockFlow &flow, int field, qint64 firstNs) {
    switch (field) {
    case flowField:
        return flow.id ? FilterRow::Numbers{static_cast<qint64>(flow.id)} : FilterRow::Numbers();
    case timeField:
        return {flow.firstNs - firstNs};
    case portField:
        return {flow.guestPort, flow.peerPort};
    case toGuestField:
        return {static_cast<qint64>(flow.bytesToGuest)};
    case fromGuestField:
        return {static_cast<qint64>(flow.bytesFromGuest)};
    case packetsField:
        return {flow.packets};
    default:
        return {};
    }
}

} // namespace

int VsockFlowModel::columnCount(const QModelIndex &parent) const {
    return parent.isValid() ? 0 : columnCountValue;
}

void VsockFlowModel::changed(int flow, bool isNew) {
    if (isNew)
        sourceAppended();
    else
        sourceChanged(flow);
}

void VsockFlowModel::setNow(qint64 hostNs) {
    m_now = hostNs;
    if (rowCount() > 0)
        emit dataChanged(index(0, age), index(rowCount() - 1, age));
}

void VsockFlowModel::restart() {
    m_then.clear();
    clearRows();
}

void VsockFlowModel::setMoment(const std::optional<RunMoment> &moment) {
    if (std::exchange(m_moment, moment) == moment)
        return;
    m_then = moment ? flowsAt(m_account, *moment) : std::vector<VsockFlow>();
    if (rowCount() > 0)
        emit dataChanged(index(0, 0), index(rowCount() - 1, columnCountValue - 1));
}

void VsockFlowModel::setTextFilter(const QString &text) {
    setListFilter(ListFilter::parse(text, fields()).value_or(ListFilter()));
}

bool VsockFlowModel::accepts(int source) const {
    return passesFilter(source);
}

std::span<const ListField> VsockFlowModel::fields() const {
    return flowFields;
}

std::optional<QString> VsockFlowModel::fieldText(int source, int field) const {
    const VsockFlow &flow = this->flow(source);
    if (flowFields[field].kind != Kind::text)
        return std::nullopt;
    if (field != textField)
        return flowText(flow, field);
    QString all;
    for (const int column : {peer, port, service, state, reason})
        all += text(flow, column) + u' ';
    return all;
}

FilterRow::Numbers VsockFlowModel::fieldNumbers(int source, int field) const {
    return flowNumbers(flow(source), field, m_account.firstNs());
}

QString VsockFlowModel::text(const VsockFlow &flow, int column) const {
    switch (column) {
    case number:
        return flow.id ? QString::number(flow.id) : QString();
    case peer: {
        const QString arrow = flow.guestDialed ? u"→ "_s : u"← "_s;
        const QString end = u"%1:%2"_s.arg(flow.peerCid).arg(flow.peerPort);
        return arrow + (flow.peer.isEmpty() ? end : u"%1  %2"_s.arg(end, flow.peer));
    }
    case port:
        return QString::number(flow.guestPort);
    case service:
        return serviceName(flow);
    case state:
        return flow.isStalled ? u"waits for credit"_s : flowStateText(flow.state);
    case toGuest:
        return shortSizeText(flow.bytesToGuest);
    case fromGuest:
        return shortSizeText(flow.bytesFromGuest);
    case rate: {
        const double seconds = static_cast<double>(flow.lastNs - flow.firstNs) / 1e9;
        const quint64 bytes = flow.bytesToGuest + flow.bytesFromGuest;
        return bytes == 0 || seconds < 1e-3
                   ? QString()
                   : shortSizeText(static_cast<quint64>(static_cast<double>(bytes) / seconds)) + u"/s"_s;
    }
    case age: {
        const qint64 now = m_moment ? m_moment->hostNs : m_now;
        const qint64 end = flow.isOver ? flow.lastNs : std::max(now, flow.lastNs);
        return durationText(static_cast<quint64>(std::max<qint64>(0, end - flow.firstNs)));
    }
    case reason:
        return reasonText(flow.reason);
    default:
        return {};
    }
}

QVariant VsockFlowModel::data(const QModelIndex &cell, int role) const {
    if (!checkIndex(cell, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const VsockFlow &flow = at(cell.row());
    const int column = cell.column();
    const bool isNumber = column == number || column == port || (column >= toGuest && column <= age);
    switch (role) {
    case Qt::DisplayRole:
        return text(flow, column);
    case Qt::ToolTipRole: {
        QString tip =
            u"%1, %2 packets"_s.arg(flow.isSeqpacket ? u"seqpacket"_s : u"stream"_s).arg(flow.packets);
        if (flow.roundTripNs >= 0)
            tip += u", connected in "_s + durationText(static_cast<quint64>(flow.roundTripNs));
        if (flow.buffered > 0)
            tip += u", %1 not taken by the host yet"_s.arg(shortSizeText(flow.buffered));
        if (flow.stalledNs > 0)
            tip += u", without credit for "_s + durationText(static_cast<quint64>(flow.stalledNs));
        return foreignTip(tip);
    }
    case Qt::TextAlignmentRole:
        return rightAligned(isNumber);
    case monospaceRole:
        return isNumber;
    case toneRole:
        return static_cast<int>(column == state ? (flow.isStalled ? Tone::attention : toneOf(flow.state))
                                : flow.isOver && column != reason ? Tone::muted
                                                                  : Tone::normal);
    case staleRole:
        return m_moment && m_moment->isBefore(flow.firstOffset);
    default:
        return {};
    }
}

QVariant VsockFlowModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal)
        return {};
    const bool isNumber = section == number || section == port || (section >= toGuest && section <= age);
    if (role == Qt::TextAlignmentRole)
        return rightAligned(isNumber);
    static const char *const titles[] = {"Flow",     "Peer",       "Guest port", "Service", "State",
                                         "To guest", "From guest", "Rate",       "Age",     "Reason of end"};
    return role == Qt::DisplayRole && section >= 0 && section < columnCountValue
               ? QVariant(QString::fromLatin1(titles[section]))
               : QVariant();
}

int VsockPacketModel::columnCount(const QModelIndex &parent) const {
    return parent.isValid() ? 0 : columnCountValue;
}

void VsockPacketModel::setFilter(const VsockFilter &filter) {
    m_filter = filter;
    setListFilter(filter.expression);
}

bool VsockPacketModel::accepts(int source) const {
    const VsockPacket &packet = m_account.packets()[static_cast<size_t>(source)];
    if (m_filter.flow && packet.flow != *m_filter.flow)
        return false;
    if (m_filter.operation && packet.operation != *m_filter.operation)
        return false;
    if (m_filter.fromGuest && packet.fromGuest != *m_filter.fromGuest)
        return false;
    return passesFilter(source);
}

std::span<const ListField> VsockPacketModel::fields() const {
    return packetFields();
}

std::optional<QString> VsockPacketModel::fieldText(int source, int field) const {
    const VsockPacket &packet = m_account.packets()[static_cast<size_t>(source)];
    switch (field) {
    case kindField:
        return operationText(packet.operation);
    case directionField:
        return pcapng::nameOf(packet.fromGuest ? pcapng::Direction::outbound : pcapng::Direction::inbound);
    case verdictField:
        return pcapng::nameOf(packet.verdict);
    case textField: {
        QString all;
        for (const int column : {guestPort, peerPort, operation, verdict})
            all += text(source, column) + u' ';
        return all;
    }
    default:
        return packet.flow < 0 ? std::nullopt
                               : flowText(m_account.flows()[static_cast<size_t>(packet.flow)], field);
    }
}

FilterRow::Numbers VsockPacketModel::fieldNumbers(int source, int field) const {
    const VsockPacket &packet = m_account.packets()[static_cast<size_t>(source)];
    switch (field) {
    case timeField:
        return {packet.hostNs - m_account.firstNs()};
    case clockField:
        return packet.virtualNs >= 0 ? FilterRow::Numbers{packet.virtualNs} : FilterRow::Numbers();
    case portField:
        return {packet.guestPort, packet.peerPort};
    case lengthField:
        return {packet.length};
    case ruleField:
        return packet.rule ? FilterRow::Numbers{packet.rule} : FilterRow::Numbers();
    default:
        return packet.flow < 0 ? FilterRow::Numbers()
                               : flowNumbers(m_account.flows()[static_cast<size_t>(packet.flow)], field,
                                             m_account.firstNs());
    }
}

void VsockPacketModel::setMoment(const std::optional<RunMoment> &moment) {
    if (std::exchange(m_moment, moment) != moment && rowCount() > 0)
        emit dataChanged(index(0, 0), index(rowCount() - 1, columnCountValue - 1));
}

QString VsockPacketModel::text(int source, int column) const {
    const VsockPacket &packet = m_account.packets()[static_cast<size_t>(source)];
    switch (column) {
    case number:
        return QString::number(source + 1);
    case time:
        return secondsText(packet.virtualNs >= 0 ? packet.virtualNs : packet.hostNs - m_account.firstNs());
    case direction:
        return packet.fromGuest ? u"guest →"_s : u"→ guest"_s;
    case guestPort:
        return QString::number(packet.guestPort);
    case peerPort:
        return QString::number(packet.peerPort);
    case operation: {
        QString name = operationText(packet.operation);
        if (packet.operation == VSOCK_OP_SHUTDOWN)
            name += (packet.flags & VSOCK_SHUTDOWN_BOTH) == VSOCK_SHUTDOWN_BOTH ? u" both"_s
                    : packet.flags & VSOCK_SHUTDOWN_RECEIVE                     ? u" receive"_s
                                                                                : u" send"_s;
        return name;
    }
    case length:
        return packet.length || packet.operation == VSOCK_OP_RW ? QString::number(packet.length) : QString();
    case verdict: {
        const QString comment = m_account.comment(source);
        return !comment.isEmpty()                          ? comment
               : packet.verdict == pcapng::Verdict::passed ? QString()
                                                           : pcapng::nameOf(packet.verdict);
    }
    default:
        return {};
    }
}

QVariant VsockPacketModel::data(const QModelIndex &cell, int role) const {
    if (!checkIndex(cell, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const VsockPacket &packet = at(cell.row());
    const int column = cell.column();
    const bool isNumber =
        column == number || column == time || column == guestPort || column == peerPort || column == length;
    switch (role) {
    case Qt::DisplayRole:
        return text(sourceOf(cell.row()), column);
    case Qt::TextAlignmentRole:
        return rightAligned(isNumber);
    case monospaceRole:
        return isNumber;
    case toneRole: {
        if (column == verdict)
            return static_cast<int>(packet.verdict == pcapng::Verdict::passed ? Tone::muted
                                                                              : Tone::attention);
        if (packet.operation == VSOCK_OP_RST && column == operation)
            return static_cast<int>(Tone::bad);
        const bool quiet = column == number || column == time || packet.operation >= VSOCK_OP_CREDIT_UPDATE;
        return static_cast<int>(quiet ? Tone::muted : Tone::normal);
    }
    case staleRole:
        return m_moment && m_moment->isBefore(packet.payloadOffset);
    default:
        return {};
    }
}

QVariant VsockPacketModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return rightAligned(section == number || section == time || section == guestPort ||
                            section == peerPort || section == length);
    static const char *const titles[] = {"No.",       "Time (s)",  "Way",    "Guest port",
                                         "Peer port", "Operation", "Length", "Note"};
    return role == Qt::DisplayRole && section >= 0 && section < columnCountValue
               ? QVariant(QString::fromLatin1(titles[section]))
               : QVariant();
}

} // namespace nitroscope::app
