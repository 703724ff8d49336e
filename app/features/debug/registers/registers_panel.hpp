// SPDX-License-Identifier: GPL-2.0-or-later
//
// The registers of the current CPU. Values can be edited in place while the machine is stopped.
#pragma once

#include "app/features/debug/base/debug_panel.hpp"
#include "app/features/debug/registers/register_model.hpp"

class QTreeView;

namespace nitroscope::app {

class EmptyStack;

class RegistersPanel : public DebugPanel {
    Q_OBJECT
public:
    explicit RegistersPanel(QWidget *parent = nullptr);

    RegisterModel &model() { return m_model; }
    QTreeView &tree() { return *m_tree; }

    bool isUpToDate() const override { return DebugPanel::isUpToDate() && !m_pending.isWaiting(); }
    void copy() override;
    void selectAll() override;
    QJsonObject viewState() const override;
    void restoreViewState(const QJsonObject &state) override;

protected:
    void attach() override;
    void refresh() override;
    void setStale(bool stale) override;
    void symbolsChanged() override;
    void contextMenuEvent(QContextMenuEvent *event) override;

private:
    void hideWhatIsNotThere(arch::CpuMode mode);

    RegisterModel m_model;
    QTreeView *m_tree;
    EmptyStack *m_stack;
    PendingReply m_pending;
};

} // namespace nitroscope::app
