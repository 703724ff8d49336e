// SPDX-License-Identifier: GPL-2.0-or-later
//
// NSM transactions: a filter bar, the list, and below it the chosen transaction's request or response as a
// CBOR tree beside its bytes.
#pragma once

#include "app/features/nsm/nsm_list_model.hpp"
#include "app/session/nsm/nsm_control.hpp"
#include "app/ui/panel/panel.hpp"

class QComboBox;
class QMenu;
class QSplitter;
class QTableView;

namespace nitroscope::app {

class CborView;
class EmptyStack;
class FilterBar;
class FollowingTable;
class RunAccount;

class NsmPanel : public Panel {
    Q_OBJECT
public:
    // The account outlives the panel.
    explicit NsmPanel(const RunAccount &account, QWidget *parent = nullptr);

    NsmListModel &model() { return m_model; }
    QTableView &table();
    CborView &detail() { return *m_detail; }
    // Rules of the running enclave, for the context menu; only while one runs can they be set.
    void setRules(const QVector<qmp::MachineRule> &rules);
    void setRulesAllowed(bool allowed) { m_canSet = allowed; }
    bool hasRules() const { return !m_rules.isEmpty(); }
    // Breaks, faults and what is set, as a menu beside the current request.
    void popUpRules();
    void removeRules();
    // The document of the current request goes to documentOpened(); false when it has none.
    bool openDocument();
    // "12 of 40 requests · 3 failed", and what a stream lost.
    void refreshStatus(const QString &streamNote = {});
    // Shows a transaction, taking a filter off that hides it. False when the capture does not have it.
    bool showTransaction(quint64 id);
    // The same as soon as the stream brings it.
    void selectWhenThere(quint64 id);

    enum class CopyForm { diagnostic, json, hex, rustArray, cArray };
    // Of the side shown below, or of what is selected there.
    void copyAs(CopyForm form);
    void copy() override;
    void selectAll() override;
    void find() override;
    QJsonObject viewState() const override;
    void restoreViewState(const QJsonObject &state) override;

signals:
    void transactionChosen(quint64 id);                                   // by the user
    void documentOpened(const QByteArray &document, const QString &name); // an attestation document
    void pcrChosen(int index);
    void breakWanted(const nitroscope::qmp::BreakRule &wanted);
    void faultWanted(const nitroscope::qmp::FaultRule &wanted);
    void ruleRemovalWanted(nitroscope::qmp::MachineRule::Kind kind, quint32 id);

protected:
    void contextMenuEvent(QContextMenuEvent *event) override;

private:
    void follow(const RunAccount &account);
    void buildFilterBar();
    void applyFilter();
    const NsmTransaction *current() const; // nullptr = none
    void showSide();
    void fillMenu(QMenu &menu);
    void addRuleMenus(QMenu &menu, const NsmTransaction *transaction);

    NsmListModel m_model;
    QVector<qmp::MachineRule> m_rules;
    bool m_canSet = false;
    FilterBar *m_filter;
    QComboBox *m_kind;
    QComboBox *m_result;
    QComboBox *m_pcr;
    FollowingTable *m_table;
    CborView *m_detail;
    QSplitter *m_splitter;
    EmptyStack *m_stack;
    QString m_streamNote;
    quint64 m_awaited = 0; // transaction to select when it comes
};

} // namespace nitroscope::app
