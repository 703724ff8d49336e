// SPDX-License-Identifier: GPL-2.0-or-later
//
// The stack from its top down to where it ends: one word a line, with what it points at.
#pragma once

#include "app/features/debug/base/debug_lists.hpp"
#include "app/features/debug/base/debug_panel.hpp"
#include "app/features/debug/memory/target_memory.hpp"

class QTableView;

namespace nitroscope::app {

class EmptyStack;

class StackPanel : public DebugPanel {
    Q_OBJECT
public:
    static constexpr int words = 256; // words shown

    explicit StackPanel(QWidget *parent = nullptr);

    StackList &model() { return m_model; }
    bool isUpToDate() const override;
    void copy() override;
    void selectAll() override;
    QJsonObject viewState() const override;
    void restoreViewState(const QJsonObject &state) override;

protected:
    void attach() override;
    void refresh() override;
    void setStale(bool stale) override;
    void symbolsChanged() override { fill(); }
    void targetStopped(const DebugStop &) override { m_memory.markStale(); }
    void contextMenuEvent(QContextMenuEvent *event) override;

private:
    void fill();

    StackList m_model;
    TargetMemory m_memory{AddressSpace::guestVirtual};
    QTableView *m_table;
    EmptyStack *m_stack;
    PendingReply m_registers;
    quint64 m_sp = 0, m_bp = 0;
    bool m_isKnown = false;
};

} // namespace nitroscope::app
