// SPDX-License-Identifier: GPL-2.0-or-later
//
// Questions to a recording and their answers: who wrote this, who reads it next, every time this ran. A row leads to its
// instruction.
#pragma once

#include "app/features/debug/base/debug_panel.hpp"
#include "app/features/debug/history/history_list.hpp"

class QLabel;
class QTableView;
class QToolButton;

namespace nitroscope::app {

class EmptyStack;

class HistoryPanel : public DebugPanel {
    Q_OBJECT
public:
    explicit HistoryPanel(QWidget *parent = nullptr);

    // Asks the target, unless it is still busy with another question.
    void ask(const HistoryQuestion &question);

    HistoryList &hits() { return m_hits; }
    QTableView &table() { return *m_table; }
    QString status() const;
    QToolButton &cancelButton() { return *m_cancel; }
    bool isAsking() const { return m_question.has_value(); }

    void copy() override;
    void selectAll() override;
    QJsonObject viewState() const override;
    void restoreViewState(const QJsonObject &state) override;

signals:
    // The row's place in the recording.
    void instructionChosen(quint64 instruction);

protected:
    void attach() override;
    void refresh() override {}

private:
    void take(const HistoryAnswer &answer);
    void showAsking(const QString &text);

    HistoryList m_hits;
    std::optional<HistoryQuestion> m_question; // that has no answer yet
    QTableView *m_table;
    EmptyStack *m_stack;
    QLabel *m_status;
    QToolButton *m_cancel;
};

} // namespace nitroscope::app
