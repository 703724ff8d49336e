// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/boot/boot_panel.hpp"

#include "app/features/boot/stage_timeline.hpp"
#include "app/ui/bars/empty_state.hpp"
#include "app/ui/lists/cell_delegate.hpp"
#include "app/ui/panel/column.hpp"
#include "app/ui/panel/view_state.hpp"

#include <QClipboard>
#include <QGuiApplication>
#include <QTableView>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

BootPanel::BootPanel(QWidget *parent) : Panel(u"boot"_s, u"Boot Stages"_s, parent), m_table(new QTableView) {
    prepareTable(*m_table);
    m_table->setModel(&m_model);
    m_table->setAccessibleName(u"Boot stages"_s);
    const int em = fontMetrics().averageCharWidth();
    m_table->setColumnWidth(BootStageModel::stage, em * 15);
    m_table->setColumnWidth(BootStageModel::guestTime, em * 13);
    m_table->setColumnWidth(BootStageModel::delta, em * 13);
    m_table->setColumnWidth(BootStageModel::hostTime, em * 13);
    auto *timeline = new StageTimeline(m_model);
    m_stack =
        new EmptyStack(makeColumn({timeline, m_table}, m_table), u"No boot yet"_s,
                       u"Each stage of the firmware appears here with its time as the enclave boots."_s);
    fillColumn(*this, {m_stack});
    const auto refresh = [this, timeline] {
        m_stack->setEmpty(m_model.isEmpty());
        timeline->setVisible(m_model.stages().size() > 1);
    };
    connect(&m_model, &QAbstractItemModel::modelReset, this, refresh);
    connect(&m_model, &QAbstractItemModel::rowsInserted, this, [this, refresh] {
        refresh();
        m_table->scrollToBottom();
    });
    connect(timeline, &StageTimeline::stageClicked, m_table, &QTableView::selectRow);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentChanged, this,
            [this](const QModelIndex &cell) {
                if (cell.isValid())
                    emit stageChosen(cell.row());
            });
}

bool BootPanel::showStage(int stage) {
    const int row = stage >= 0 ? stage : m_model.failure() ? m_model.rowCount() - 1 : -1;
    if (row < 0 || row >= m_model.rowCount())
        return false;
    const QSignalBlocker quiet(this);
    m_table->selectRow(row);
    return true;
}

void BootPanel::copy() {
    const QString chosen = selectedCellsText(*m_table);
    QGuiApplication::clipboard()->setText(chosen.isEmpty() ? m_model.asText() : chosen);
}

void BootPanel::selectAll() {
    m_table->selectAll();
}

QJsonObject BootPanel::viewState() const {
    return {{u"columns"_s, stateText(*m_table->horizontalHeader())}};
}

void BootPanel::restoreViewState(const QJsonObject &state) {
    restoreStateText(*m_table->horizontalHeader(), state[u"columns"_s].toString());
}

} // namespace nitroscope::app
