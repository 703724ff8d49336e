// SPDX-License-Identifier: GPL-2.0-or-later
//
// The guest kernel's own state out of its RAM, while it runs or stands still: log, tasks, modules. What
// cannot be read says why.
#pragma once

#include "app/features/debug/base/debug_lists.hpp"
#include "app/features/debug/base/debug_panel.hpp"
#include "app/features/debug/kernel/kernel_log_model.hpp"

#include <QElapsedTimer>

class QComboBox;
class QLabel;
class QTableView;
class QTabWidget;

namespace nitroscope::app {

class EmptyStack;
class FilterBar;

class KernelPanel : public DebugPanel {
    Q_OBJECT
public:
    explicit KernelPanel(QWidget *parent = nullptr);

    KernelLogModel &log() { return m_log; }
    TaskList &tasks() { return m_tasks; }
    ModuleList &modules() { return m_modules; }
    QTabWidget &tabs() { return *m_tabs; }
    QString status() const;

    bool isUpToDate() const override { return DebugPanel::isUpToDate() && !m_pending.isWaiting(); }
    void copy() override;
    void selectAll() override;
    void find() override;
    QJsonObject viewState() const override;
    void restoreViewState(const QJsonObject &state) override;

protected:
    void attach() override;
    void refresh() override;
    void setStale(bool stale) override;

private:
    QTableView *table(QAbstractItemModel &model, const QString &name, std::initializer_list<int> widths);
    void take(const KernelView &view);

    KernelLogModel m_log;
    TaskList m_tasks;
    ModuleList m_modules;
    FilterBar *m_filter;
    QComboBox *m_level;
    QLabel *m_status;
    QTabWidget *m_tabs;
    QTableView *m_logTable, *m_taskTable, *m_moduleTable;
    EmptyStack *m_logStack, *m_taskStack, *m_moduleStack;
    PendingReply m_pending;
    QTimer m_again; // while the machine runs
    QTimer m_later; // after quick steps
    QElapsedTimer m_asked;
    bool m_followsLog = true;
};

} // namespace nitroscope::app
