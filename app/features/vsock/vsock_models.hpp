// SPDX-License-Identifier: GPL-2.0-or-later
//
// Flows and packets of a VsockAccount as lists. The account belongs to the panel; it tells the models what
// has changed.
#pragma once

#include "app/session/account/vsock_moment.hpp"
#include "app/ui/lists/filtered_list_model.hpp"

#include <memory>
#include <optional>

namespace nitroscope::app {

QString operationText(quint16 operation); // "REQUEST", without VIRTIO_VSOCK_OP_

class VsockFlowModel : public FilteredListModel {
    Q_OBJECT
public:
    enum Column {
        number,
        peer,
        port,
        service,
        state,
        toGuest,
        fromGuest,
        rate,
        age,
        reason,
        columnCountValue
    };
    explicit VsockFlowModel(const VsockAccount &account, QObject *parent = nullptr)
        : FilteredListModel(parent), m_account(account) {}

    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &cell, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    int sourceCount() const override { return static_cast<int>(m_account.flows().size()); }
    // As it is, or was at the moment that is shown.
    const VsockFlow &at(int row) const { return flow(sourceOf(row)); }

    void restart();
    // In a recording: flows are as they were then, later ones dimmed.
    void setMoment(const std::optional<RunMoment> &moment);
    void changed(int flow, bool isNew);
    std::span<const ListField> fields() const override;
    std::optional<QString> fieldText(int source, int field) const override;
    FilterRow::Numbers fieldNumbers(int source, int field) const override;
    // An expression about packets, which flows know nothing of, lets all of them through.
    void setTextFilter(const QString &text);
    // Ages count from here while flows are open.
    void setNow(qint64 hostNs);

protected:
    bool accepts(int source) const override;

private:
    QString text(const VsockFlow &flow, int column) const;
    const VsockFlow &flow(int source) const {
        const auto i = static_cast<size_t>(source);
        return i < m_then.size() ? m_then[i] : m_account.flows()[i];
    }

    const VsockAccount &m_account;
    std::optional<RunMoment> m_moment;
    std::vector<VsockFlow> m_then; // with a moment
    qint64 m_now = 0;
};

struct VsockFilter {
    std::optional<int> flow;
    std::optional<int> operation;
    std::optional<bool> fromGuest;
    ListFilter expression = {}; // or words: a port, an operation, a verdict or what a fault says
};

class VsockPacketModel : public FilteredListModel {
    Q_OBJECT
public:
    enum Column {
        number,
        time,
        direction,
        guestPort,
        peerPort,
        operation,
        length,
        verdict,
        columnCountValue
    };
    explicit VsockPacketModel(const VsockAccount &account, QObject *parent = nullptr)
        : FilteredListModel(parent), m_account(account) {}

    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &cell, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    int sourceCount() const override { return static_cast<int>(m_account.packets().size()); }
    const VsockPacket &at(int row) const { return m_account.packets()[static_cast<size_t>(sourceOf(row))]; }

    void restart() { clearRows(); }
    void added() { sourceAppended(); }
    // Those after it are dimmed.
    void setMoment(const std::optional<RunMoment> &moment);
    std::span<const ListField> fields() const override;
    std::optional<QString> fieldText(int source, int field) const override;
    FilterRow::Numbers fieldNumbers(int source, int field) const override;
    void setFilter(const VsockFilter &filter);
    const VsockFilter &filter() const { return m_filter; }

protected:
    bool accepts(int source) const override;

private:
    QString text(int source, int column) const;

    const VsockAccount &m_account;
    VsockFilter m_filter;
    std::optional<RunMoment> m_moment;
};

} // namespace nitroscope::app
