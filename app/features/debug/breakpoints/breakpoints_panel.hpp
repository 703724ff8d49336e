// SPDX-License-Identifier: GPL-2.0-or-later
//
// All breakpoints and watchpoints of the image, before, during and after its runs, with what became of each: hits, or
// why it has none.
#pragma once

#include "app/features/debug/base/debug_lists.hpp"
#include "app/features/debug/base/debug_panel.hpp"

class QTableView;

namespace nitroscope::app {

class ActionRegistry;
class EmptyStack;
class ImageBreakpoints;

class BreakpointsPanel : public DebugPanel {
    Q_OBJECT
public:
    BreakpointsPanel(const ActionRegistry &actions, ImageBreakpoints &breakpoints,
                     QWidget *parent = nullptr); // both outlive the panel

    BreakpointList &model() { return m_model; }
    QTableView &table() { return *m_table; }
    // Opens the dialog for a new one, with what is suggested.
    void addNew(DebugBreakpoint suggestion = {});
    void editCurrent();
    void removeSelected();
    // For memory that is to be watched: what writes to it, in the largest piece that a watchpoint can have.
    void watch(quint64 address, quint64 bytes);
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
    void contextMenuEvent(QContextMenuEvent *event) override;

private:
    void openDialog(const DebugBreakpoint &breakpoint);
    void showAll();

    const ActionRegistry &m_actions;
    ImageBreakpoints &m_breakpoints;
    BreakpointList m_model;
    QTableView *m_table;
    EmptyStack *m_stack;
};

} // namespace nitroscope::app
