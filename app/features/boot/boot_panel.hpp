// SPDX-License-Identifier: GPL-2.0-or-later
//
// The boot stages of the present or last run: a bar over guest time above the list of stages.
#pragma once

#include "app/features/boot/boot_stage_model.hpp"
#include "app/ui/panel/panel.hpp"

class QTableView;

namespace nitroscope::app {

class EmptyStack;
class StageTimeline;

class BootPanel : public Panel {
    Q_OBJECT
public:
    explicit BootPanel(QWidget *parent = nullptr);

    BootStageModel &model() { return m_model; }
    // A stage by its number, -1 the failure; false when there is none. Tells nobody.
    bool showStage(int stage);
    void copy() override;
    void selectAll() override;
    QJsonObject viewState() const override;
    void restoreViewState(const QJsonObject &state) override;

signals:
    void stageChosen(int stage);

private:
    BootStageModel m_model;
    QTableView *m_table;
    EmptyStack *m_stack;
};

} // namespace nitroscope::app
