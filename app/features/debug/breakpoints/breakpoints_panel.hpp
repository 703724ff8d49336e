// SPDX-License-Identifier: GPL-2.0-or-later
//
// All breakpoints and watchpoints, with what became of each: hits, or why it has none.
#pragma once

#include "app/features/debug/base/debug_lists.hpp"
#include "app/features/debug/base/debug_panel.hpp"

class QTableView;

namespace nitroscope::app {

class ActionRegistry;
class EmptyStack;

class BreakpointsPanel : public DebugPanel {
    Q_OBJECT
public:
    explicit BreakpointsPanel(const ActionRegistry &actions, QWidget *parent = nullptr);

    BreakpointList &model() { return m_model; }
    QTableView &table() { return *m_table; }
    // Opens the dialog for a new one; `place` is a suggestion.
    void addNew(const QString &place);
    void editCurrent();
    void removeSelected();
    // Adds or removes the one on this instruction.
    void toggleAt(quint64 address);

    void copy() override;
    void selectAll() override;
    QJsonObject viewState() const override;
    void restoreViewState(const QJsonObject &state) override;

signals:
    void selectionChanged(bool any);

protected:
    void refresh() override {}
    void setStale(bool) override { m_model.setStale(!target()); }
    void breakpointsChanged() override;
    void contextMenuEvent(QContextMenuEvent *event) override;

private:
    void openDialog(const DebugBreakpoint &breakpoint);

    const ActionRegistry &m_actions;
    BreakpointList m_model;
    QTableView *m_table;
    EmptyStack *m_stack;
};

} // namespace nitroscope::app
