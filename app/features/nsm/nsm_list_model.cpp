// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/nsm/nsm_list_model.hpp"

#include "app/formats/cbor/cbor_tree.hpp"
#include "app/ui/text/roles.hpp"

#include <QDateTime>
#include <QJsonDocument>
#include <QJsonObject>
#include <utility>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

namespace {

enum Field {
    kindField,
    resultField,
    textField,
    transactionField,
    timeField,
    clockField,
    durationField,
    pcrField,
    verdictField,
    ruleField
};
using Kind = FilterFieldInfo::Kind;
// Named as those of the capture's records.
const ListField nsmFields[] = {
    {{"kind", Kind::text, "request, such as ExtendPCR"}, NsmListModel::kind},
    {{"result", Kind::text, "of the answer: Success, InvalidIndex, …"}, NsmListModel::result},
    {{"text", Kind::text, "what the row shows, and what a fault says"}, NsmListModel::arguments},
    {{"transaction", Kind::number, "its number"}, NsmListModel::number},
    {{"time", Kind::time, "the host's since the first request; plain numbers are seconds"}},
    {{"clock", Kind::time, "the guest's clock"}, NsmListModel::time},
    {{"duration", Kind::time, "by the host's clock"}, NsmListModel::duration},
    {{"pcr", Kind::number, "that the request is about"}},
    {{"verdict", Kind::text, "passed, delayed, dropped, changed, refused, malformed"}},
    {{"rule", Kind::number, "fault or break that acted"}},
};

} // namespace

int NsmListModel::columnCount(const QModelIndex &parent) const {
    return parent.isValid() ? 0 : columnCountValue;
}

void NsmListModel::restart(std::shared_ptr<const CaptureBytes> bytes) {
    m_bytes = std::move(bytes);
    clearRows();
}

void NsmListModel::changed(int transaction, bool isNew) {
    if (isNew)
        sourceAppended();
    else
        sourceChanged(transaction);
}

void NsmListModel::setNow(const std::optional<RunMoment> &now) {
    if (std::exchange(m_now, now) != now && rowCount() > 0)
        emit dataChanged(index(0, 0), index(rowCount() - 1, columnCountValue - 1));
}

bool NsmListModel::isAhead(const NsmTransaction &t, int column) const {
    const bool isAnswer = column == result || column == duration || !t.hasRequest;
    return m_now && m_now->isBefore(isAnswer && t.hasResponse ? t.responseOffset : t.requestOffset);
}

void NsmListModel::setFilter(const NsmFilter &filter) {
    m_filter = filter;
    setListFilter(filter.expression);
}

std::span<const ListField> NsmListModel::fields() const {
    return nsmFields;
}

std::optional<QString> NsmListModel::fieldText(int source, int field) const {
    const NsmTransaction &t = transaction(source);
    switch (field) {
    case kindField:
        return text(t, kind);
    case resultField:
        return t.hasResponse ? std::optional(pcapng::nsmResultName(t.result)) : std::nullopt;
    case textField:
        return text(t, kind) + u' ' + text(t, arguments) + u' ' + text(t, result) + u' ' + comment(t.id);
    case verdictField:
        return t.hasResponse ? std::optional(pcapng::nameOf(t.verdict)) : std::nullopt;
    default:
        return std::nullopt;
    }
}

FilterRow::Numbers NsmListModel::fieldNumbers(int source, int field) const {
    const NsmTransaction &t = transaction(source);
    FilterRow::Numbers numbers;
    const auto add = [&numbers](bool isThere, qint64 value) {
        if (isThere)
            numbers << value;
    };
    switch (field) {
    case transactionField:
        add(t.id != 0, static_cast<qint64>(t.id));
        break;
    case timeField:
        add(true, t.hostNs - m_account.firstHostNs().value_or(t.hostNs));
        break;
    case clockField:
        add(t.virtualNs >= 0, t.virtualNs);
        break;
    case durationField:
        add(t.hasResponse, static_cast<qint64>(t.durationNs));
        break;
    case pcrField:
        for (int pcr = 0; pcr < 32; ++pcr)
            add(t.concerns(pcr), pcr);
        break;
    case ruleField:
        add(t.rule != 0, t.rule);
        break;
    default:
        break;
    }
    return numbers;
}

bool NsmListModel::accepts(int source) const {
    const NsmTransaction &t = transaction(source);
    if (m_filter.kind && t.kind != *m_filter.kind)
        return false;
    if (m_filter.pcr && !t.concerns(*m_filter.pcr))
        return false;
    switch (m_filter.which) {
    case NsmFilter::Result::any:
        break;
    case NsmFilter::Result::success:
        if (!t.hasResponse || t.result != 0 || t.isDropped())
            return false;
        break;
    case NsmFilter::Result::failure:
        if (!t.failed() && !t.isDropped())
            return false;
        break;
    case NsmFilter::Result::one:
        if (!t.hasResponse || t.result != m_filter.result)
            return false;
        break;
    }
    return passesFilter(source);
}

QByteArray NsmListModel::requestBytes(const NsmTransaction &t) const {
    return m_bytes ? m_bytes->read(t.requestOffset, t.requestBytes) : QByteArray();
}

QByteArray NsmListModel::responseBytes(const NsmTransaction &t) const {
    return m_bytes ? m_bytes->read(t.responseOffset, t.responseBytes) : QByteArray();
}

QString NsmListModel::timeText(const NsmTransaction &t) const {
    const qint64 ns = t.virtualNs >= 0 ? t.virtualNs : t.hostNs - m_account.firstHostNs().value_or(t.hostNs);
    return QString::number(static_cast<double>(ns) / 1e9, 'f', 6);
}

QString NsmListModel::text(const NsmTransaction &t, int column) const {
    switch (column) {
    case number:
        return t.id ? QString::number(t.id) : QString();
    case time:
        return timeText(t);
    case kind:
        return pcapng::nsmKindName(t.kind);
    case arguments:
        return argumentsText(t);
    case result:
        return resultText(t);
    case duration:
        return t.hasResponse ? durationText(t.durationNs) : QString();
    default:
        return {};
    }
}

QVariant NsmListModel::data(const QModelIndex &cell, int role) const {
    if (!checkIndex(cell, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const NsmTransaction &t = at(cell.row());
    const int column = cell.column();
    switch (role) {
    case Qt::DisplayRole:
        return text(t, column);
    case Qt::ToolTipRole:
        if (column == time)
            return u"Guest's clock in seconds; on the host %1"_s.arg(
                QDateTime::fromMSecsSinceEpoch(t.hostNs / 1'000'000).toString(Qt::ISODateWithMs));
        if (column == duration)
            return u"By the host's clock: what the device worked; the guest's stands still meanwhile"_s;
        if (column == result) {
            QStringList lines{answerSizeText(t), comment(t.id)};
            lines.removeAll(QString());
            return foreignTip(lines.join(u'\n'));
        }
        return column == arguments ? QVariant(text(t, column)) : QVariant();
    case Qt::TextAlignmentRole:
        return column == number || column == time || column == duration
                   ? QVariant(Qt::AlignRight | Qt::AlignVCenter)
                   : QVariant();
    case monospaceRole:
        return column == number || column == time || column == duration;
    case toneRole: {
        if (column == result) {
            const bool acted = t.verdict != pcapng::Verdict::passed;
            const Tone answered = acted ? Tone::attention : Tone::good;
            return static_cast<int>(!t.hasResponse                ? Tone::muted
                                    : t.failed() || t.isDropped() ? Tone::bad
                                                                  : answered);
        }
        const bool quiet = column == number || column == time || column == duration;
        return static_cast<int>(quiet ? Tone::muted : Tone::normal);
    }
    case staleRole:
        return isAhead(t, column);
    case rawValueRole:
        return QVariant::fromValue(t.id);
    default:
        return {};
    }
}

QVariant NsmListModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole && (section == number || section == time || section == duration))
        return QVariant(Qt::AlignRight | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    static const char *const titles[] = {"No.", "Time (s)", "Request", "Arguments", "Result", "Host took"};
    return section >= 0 && section < columnCountValue ? QString::fromLatin1(titles[section]) : QVariant();
}

QByteArray NsmListModel::asJsonLines() const {
    QByteArray out;
    for (int row = 0; row < rowCount(); ++row) {
        const NsmTransaction &t = at(row);
        QJsonObject object{{u"transaction"_s, static_cast<qint64>(t.id)},
                           {u"host-ns"_s, t.hostNs},
                           {u"kind"_s, pcapng::nsmKindName(t.kind)},
                           {u"request"_s, formats::cborJson(requestBytes(t))}};
        if (t.virtualNs >= 0)
            object.insert(u"virtual-ns"_s, t.virtualNs);
        if (t.hasResponse) {
            object.insert(u"result"_s, pcapng::nsmResultName(t.result));
            object.insert(u"duration-ns"_s, static_cast<qint64>(t.durationNs));
            object.insert(u"verdict"_s, pcapng::nameOf(t.verdict));
            object.insert(u"response"_s, formats::cborJson(responseBytes(t)));
        }
        out += QJsonDocument(object).toJson(QJsonDocument::Compact) + '\n';
    }
    return out;
}

} // namespace nitroscope::app
