// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/kms/kms_list_model.hpp"

#include "app/ui/text/roles.hpp"

#include <algorithm>
#include <QDateTime>
#include <QJsonDocument>
#include <QJsonObject>

namespace nitroscope::app {

int KmsListModel::columnCount(const QModelIndex &parent) const {
    return parent.isValid() ? 0 : int(columnCountValue);
}

void KmsListModel::restart() {
    m_calls.clear();
    m_notKept = 0;
    clearRows();
}

void KmsListModel::add(ShownKmsCall call) {
    if (m_calls.size() >= maxCalls) {
        ++m_notKept;
        return;
    }
    m_calls.push_back(std::move(call));
    sourceAppended();
}

void KmsListModel::setFilter(const KmsFilter &filter) {
    m_filter = filter;
    refilter();
}

bool KmsListModel::accepts(int source) const {
    const pcapng::KmsCall &each = call(source).call;
    if (m_filter.onlyRefused && each.isGood())
        return false;
    const QString *const texts[] = {&each.operation, &each.principal, &each.keyArn, &each.errorType,
                                    &each.explanation};
    return std::any_of(std::begin(texts), std::end(texts),
                       [&](const QString *in) { return in->contains(m_filter.text, Qt::CaseInsensitive); });
}

int KmsListModel::findRecord(quint64 offset) const {
    const auto found = std::find_if(m_calls.begin(), m_calls.end(),
                                    [&](const ShownKmsCall &each) { return each.offset == offset; });
    return found == m_calls.end() ? -1 : int(found - m_calls.begin());
}

QString KmsListModel::text(const ShownKmsCall &shown, int column) const {
    const pcapng::KmsCall &each = shown.call;
    switch (column) {
    case time:
        return QDateTime::fromMSecsSinceEpoch(shown.hostNs / 1'000'000).toString(u"HH:mm:ss.zzz"_s);
    case operation:
        return each.operation;
    case principal:
        return each.principal.isEmpty() ? u"nobody known"_s : each.principal.section(u':', -1);
    case key:
        return each.keyArn.section(u':', -1);
    case result:
        return each.isGood() ? u"done"_s : each.errorType;
    default:
        return {};
    }
}

QVariant KmsListModel::data(const QModelIndex &cell, int role) const {
    if (!checkIndex(cell, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const ShownKmsCall &shown = call(sourceOf(cell.row()));
    switch (role) {
    case Qt::DisplayRole:
        return visibleText(text(shown, cell.column()));
    case Qt::ToolTipRole:
        if (cell.column() == principal)
            return foreignTip(shown.call.principal);
        if (cell.column() == key)
            return foreignTip(shown.call.keyArn);
        return cell.column() == result ? QVariant(foreignTip(shown.call.message)) : QVariant();
    case monospaceRole:
        return cell.column() == time;
    case toneRole:
        if (cell.column() == result)
            return int(shown.call.isGood() ? Tone::good : Tone::bad);
        return int(cell.column() == time ? Tone::muted : Tone::normal);
    default:
        return {};
    }
}

QVariant KmsListModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case time:
        return u"Time"_s;
    case operation:
        return u"Operation"_s;
    case principal:
        return u"Principal"_s;
    case key:
        return u"Key"_s;
    case result:
        return u"Result"_s;
    default:
        return {};
    }
}

QByteArray KmsListModel::asJsonLines() const {
    QByteArray lines;
    for (int row = 0; row < rowCount(); ++row) {
        const ShownKmsCall &shown = call(sourceOf(row));
        const pcapng::KmsCall &each = shown.call;
        const QJsonObject object{{u"time-ns"_s, shown.hostNs},     {u"id"_s, each.id},
                                 {u"operation"_s, each.operation}, {u"principal"_s, each.principal},
                                 {u"key"_s, each.keyArn},          {u"error"_s, each.errorType},
                                 {u"message"_s, each.message},     {u"explanation"_s, each.explanation}};
        lines += QJsonDocument(object).toJson(QJsonDocument::Compact) + '\n';
    }
    return lines;
}

} // namespace nitroscope::app
