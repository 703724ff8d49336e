// SPDX-License-Identifier: GPL-2.0-or-later
//
// Calls of the KMS beside the enclave: the list, and below it the decision over the chosen call beside the key's policy, in which the
// conditions that failed are marked, with what lint finds in it.
#pragma once

#include "app/features/kms/kms_list_model.hpp"
#include "app/ui/panel/panel.hpp"

class QAction;
class QCheckBox;
class QLabel;
class QPlainTextEdit;
class QSplitter;

namespace nitroscope::app {

class EmptyStack;
class FilterBar;
class FollowingTable;

// Whether the next runs have a KMS, and the policy of a key in it; what a layout remembers with the panel.
struct KmsChoice {
    bool isOn = false;
    QString policy; // a file; empty: the keys that there are
    bool operator==(const KmsChoice &) const = default;
};

class KmsPanel : public Panel {
    Q_OBJECT
public:
    // `start` becomes the button of the empty panel; the actions are its context menu's, nullptr a separator. They outlive it.
    KmsPanel(QAction *start, const QList<QAction *> &actions, QWidget *parent = nullptr);

    KmsListModel &model() { return m_model; }
    const ShownKmsCall *current() const; // nullptr: none
    // Shows the call of a record, taking a filter off that hides it. False when it is not here.
    bool showRecord(quint64 offset);
    QString decisionText() const;
    QString policyText() const;
    std::vector<int> markedLines() const; // of the policy, from 1
    QString findingsText() const;

    const KmsChoice &choice() const { return m_choice; }
    void setChoice(const KmsChoice &choice) { m_choice = choice; }

    void copy() override; // the decision
    void find() override;
    QJsonObject viewState() const override;
    void restoreViewState(const QJsonObject &state) override;

signals:
    void choiceRestored();
    void recordChosen(quint64 offset); // by the user

protected:
    void changeEvent(QEvent *event) override;

private:
    void showCall();
    void markPolicy();
    void applyFilter();
    void refreshStatus();

    KmsListModel m_model;
    KmsChoice m_choice;
    FilterBar *m_filter;
    QCheckBox *m_onlyRefused;
    FollowingTable *m_table;
    QPlainTextEdit *m_decision, *m_policy;
    QLabel *m_findings;
    QSplitter *m_splitter;
    EmptyStack *m_stack;
};

} // namespace nitroscope::app
