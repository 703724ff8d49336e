// SPDX-License-Identifier: GPL-2.0-or-later
//
// The runs whose captures are kept: of which image, when, how long, how it ended.
#pragma once

#include "app/session/runs/kept_runs.hpp"
#include "app/ui/lists/record_table.hpp"
#include "app/ui/panel/panel.hpp"

class QAction;
class QTableView;

namespace nitroscope::app {

class EmptyStack;

class RunsPanel : public Panel {
    Q_OBJECT
public:
    // `actions` are those of its context menu; they outlive the panel.
    explicit RunsPanel(const QList<QAction *> &actions, QWidget *parent = nullptr);

    void setRuns(const QVector<KeptRun> &runs);
    RecordTable<KeptRun> &model() { return m_model; }
    QTableView &table() { return *m_table; }
    // In the order shown.
    QVector<KeptRun> chosen() const;

    void copy() override;
    void selectAll() override;
    QJsonObject viewState() const override;
    void restoreViewState(const QJsonObject &state) override;

signals:
    void opened(const nitroscope::app::KeptRun &run);
    void choiceChanged();

protected:
    void contextMenuEvent(QContextMenuEvent *event) override;

private:
    QList<QAction *> m_actions;
    RecordTable<KeptRun> m_model;
    QTableView *m_table;
    EmptyStack *m_stack;
};

} // namespace nitroscope::app
