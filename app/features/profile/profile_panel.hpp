// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where an enclave spent its instructions, as a flame graph with a search above and what is chosen in words below.
#pragma once

#include "app/features/profile/flame_graph.hpp"
#include "app/ui/panel/panel.hpp"

class QAction;
class QLabel;

namespace nitroscope::app {

class EmptyStack;
class FindBar;
class FlameView;

class ProfilePanel : public Panel {
    Q_OBJECT
public:
    // `open` becomes the button of the empty panel; the actions are its context menu's, nullptr a separator. They outlive it.
    ProfilePanel(QAction *open, const QList<QAction *> &actions, QWidget *parent = nullptr);

    FlameView &view() { return *m_view; }
    void setStacks(const formats::FoldedStacks &stacks);
    const formats::FoldedStacks &stacks() const { return m_stacks; }

    void copy() override; // the chosen function and its callers
    void find() override;
    void findNext() override;
    void findPrevious() override;

private:
    void search();
    void step(int by);
    void refresh();

    formats::FoldedStacks m_stacks;
    FlameView *m_view;
    FindBar *m_find;
    QLabel *m_details;
    EmptyStack *m_stack;
};

} // namespace nitroscope::app
