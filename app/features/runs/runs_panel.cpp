// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/runs/runs_panel.hpp"

#include "app/session/nsm/nsm_transaction.hpp"
#include "app/ui/actions/menus.hpp"
#include "app/ui/bars/empty_state.hpp"
#include "app/ui/lists/cell_delegate.hpp"
#include "app/ui/panel/column.hpp"
#include "app/ui/panel/view_state.hpp"
#include "app/ui/text/byte_text.hpp"

#include <algorithm>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QFileInfo>
#include <QGuiApplication>
#include <QJsonObject>
#include <QMenu>
#include <QTableView>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

namespace {

std::vector<RecordColumn<KeptRun>> columns() {
    using Column = RecordColumn<KeptRun>;
    const auto took = [](const KeptRun &run) {
        const qint64 ms = run.started.msecsTo(run.ended);
        return run.ended.isValid() && ms >= 0 ? durationText(static_cast<quint64>(ms) * 1'000'000)
                                              : QString();
    };
    return {Column(u"Started"_s,
                   [](const KeptRun &run) {
                       return run.started.toLocalTime().toString(u"yyyy-MM-dd HH:mm:ss"_s);
                   }),
            Column(
                u"Image"_s, [](const KeptRun &run) { return QFileInfo(run.image).fileName(); }, false, false,
                nullptr, [](const KeptRun &run) { return run.image; }),
            Column(u"Took"_s, took, true, true),
            Column(
                u"Capture"_s, [](const KeptRun &run) { return shortSizeText(run.bytes); }, true, true),
            Column(
                u"Mode"_s, [](const KeptRun &run) { return run.debugMode ? u"debug"_s : QString(); }, false,
                false, [](const KeptRun &) { return Tone::attention; }),
            Column(
                u"End"_s,
                [](const KeptRun &run) { return (run.failed ? u"Failed: "_s : QString()) + run.end; }, false,
                false, [](const KeptRun &run) { return run.failed ? Tone::bad : Tone::normal; },
                [](const KeptRun &run) { return run.end; })};
}

} // namespace

RunsPanel::RunsPanel(const QList<QAction *> &actions, QWidget *parent)
    : Panel(u"runs"_s, u"Runs"_s, parent), m_actions(actions),
      m_model(columns(), [](const KeptRun &a, const KeptRun &b) { return a.capture == b.capture; }),
      m_table(new QTableView) {
    prepareTable(*m_table);
    m_table->setModel(&m_model);
    m_table->setAccessibleName(u"Earlier runs"_s);
    setColumnCharacters(*m_table, {20, 24, 11, 11, 7, 30});
    m_stack =
        new EmptyStack(m_table, u"No earlier runs"_s,
                       u"The capture of each run is kept for a while and listed here, to be opened again or "
                       "compared with another."_s);
    fillColumn(*this, {m_stack});
    connect(m_table, &QTableView::activated, this, [this](const QModelIndex &cell) {
        if (const KeptRun *run = m_model.at(cell.row()))
            emit opened(*run);
    });
    connect(m_table->selectionModel(), &QItemSelectionModel::selectionChanged, this,
            &RunsPanel::choiceChanged);
}

void RunsPanel::setRuns(const QVector<KeptRun> &runs) {
    m_model.setRecords(runs);
    m_stack->setEmpty(runs.isEmpty());
    emit choiceChanged();
}

QVector<KeptRun> RunsPanel::chosen() const {
    QList<int> rows;
    for (const QModelIndex &row : m_table->selectionModel()->selectedRows())
        rows << row.row();
    std::sort(rows.begin(), rows.end());
    QVector<KeptRun> runs;
    for (const int row : std::as_const(rows))
        runs << *m_model.at(row);
    return runs;
}

void RunsPanel::copy() {
    QGuiApplication::clipboard()->setText(selectedCellsText(*m_table));
}

void RunsPanel::selectAll() {
    m_table->selectAll();
}

void RunsPanel::contextMenuEvent(QContextMenuEvent *event) {
    QMenu *menu = makeContextMenu(this);
    addToMenu(*menu, m_actions);
    menu->popup(event->globalPos());
}

QJsonObject RunsPanel::viewState() const {
    return {{u"columns"_s, stateText(*m_table->horizontalHeader())}};
}

void RunsPanel::restoreViewState(const QJsonObject &state) {
    restoreStateText(*m_table->horizontalHeader(), state[u"columns"_s].toString());
}

} // namespace nitroscope::app
