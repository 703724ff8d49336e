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
    refilter();
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
    if (m_filter.text.isEmpty())
        return true;
    for (const int column : {kind, arguments, result})
        if (text(t, column).contains(m_filter.text, Qt::CaseInsensitive))
            return true;
    return comment(t.id).contains(m_filter.text, Qt::CaseInsensitive);
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
    static const char *const titles[] = {"No.", "Time (s)", "Request", "Arguments", "Result", "Took"};
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
