// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/debug/breakpoints/breakpoints_panel.hpp"

#include "app/core/architectures.hpp"
#include "app/features/debug/breakpoints/breakpoint_dialog.hpp"
#include "app/features/debug/breakpoints/image_breakpoints.hpp"
#include "app/ui/actions/action_registry.hpp"
#include "app/ui/actions/menus.hpp"
#include "app/ui/bars/empty_state.hpp"
#include "app/ui/lists/cell_delegate.hpp"
#include "app/ui/panel/column.hpp"
#include "app/ui/panel/view_state.hpp"

#include <QClipboard>
#include <QContextMenuEvent>
#include <QGuiApplication>
#include <QMenu>
#include <QTableView>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

BreakpointsPanel::BreakpointsPanel(const ActionRegistry &actions, ImageBreakpoints &breakpoints,
                                   QWidget *parent)
    : DebugPanel(u"breakpoints"_s, u"Breakpoints"_s, parent), m_actions(actions), m_breakpoints(breakpoints),
      m_table(new QTableView) {
    prepareTable(*m_table);
    m_table->setModel(&m_model);
    m_table->setAccessibleName(u"Breakpoints"_s);
    const int em = fontMetrics().averageCharWidth();
    const int widths[] = {10, 26, 16, 18, 8};
    for (int i = 0; i < 5; ++i)
        m_table->setColumnWidth(i, em * widths[i]);
    m_stack = new EmptyStack(
        m_table, u"No breakpoints"_s,
        u"Stop the machine at a symbol, an address or an access to memory. "
        "They can be set before the image runs and are kept with it. A click in the margin of the "
        "disassembly sets one, too."_s,
        actions.find(u"debug.addBreakpoint"_s));
    m_stack->setEmpty(true);
    fillColumn(*this, {m_stack});
    setFocusProxy(m_table);
    connect(&m_model, &BreakpointList::enabledWanted, this, [this](int number, bool enabled) {
        const QVector<DebugBreakpoint> all = m_breakpoints.all();
        for (DebugBreakpoint each : all)
            if (each.number == number) {
                each.enabled = enabled;
                m_breakpoints.change(each);
            }
    });
    connect(&m_breakpoints, &ImageBreakpoints::changed, this, &BreakpointsPanel::showAll);
    connect(m_table, &QTableView::doubleClicked, this, [this](const QModelIndex &cell) {
        const DebugBreakpoint *breakpoint = m_model.at(cell.row());
        if (!breakpoint)
            return;
        if (cell.column() != BreakpointList::place || breakpoint->address == 0)
            editCurrent();
        else if (breakpoint->kind == DebugBreakpoint::Kind::code)
            emit codeChosen(breakpoint->address);
        else
            emit memoryChosen(breakpoint->address);
    });
    connect(m_table->selectionModel(), &QItemSelectionModel::selectionChanged, this,
            [this] { emit selectionChanged(m_table->selectionModel()->hasSelection()); });
}

void BreakpointsPanel::showAll() {
    m_model.setRecords(m_breakpoints.all());
    m_stack->setEmpty(m_model.records().isEmpty());
    emit selectionChanged(m_table->selectionModel()->hasSelection());
}

void BreakpointsPanel::openDialog(const DebugBreakpoint &breakpoint) {
    auto *dialog =
        new BreakpointDialog(breakpoint, target() ? target()->symbols() : nullptr,
                             target() ? target()->architecture() : arch::usualArchitecture(), window());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this, [this, dialog] {
        const DebugBreakpoint wanted = dialog->breakpoint();
        if (wanted.number == 0)
            m_breakpoints.add(wanted);
        else
            m_breakpoints.change(wanted);
    });
    if (target()) { // who could come by
        const auto asked = std::make_shared<PendingReply>();
        asked->expect(target()->readKernel());
        connect(target(), &DebugTarget::kernelRead, dialog,
                [dialog, asked](quint64 token, const KernelView &view) {
                    if (asked->take(token))
                        dialog->offerProcesses(view.tasks.rows);
                });
    }
    dialog->open();
}

void BreakpointsPanel::addNew(DebugBreakpoint suggestion) {
    suggestion.number = 0;
    openDialog(suggestion);
}

void BreakpointsPanel::watch(quint64 address, quint64 bytes) {
    DebugBreakpoint wanted;
    wanted.kind = DebugBreakpoint::Kind::write;
    wanted.place = addressText(address);
    for (wanted.length = 8; wanted.length > std::max<quint64>(bytes, 1) || address % wanted.length != 0;)
        wanted.length /= 2;
    addNew(wanted);
}

void BreakpointsPanel::editCurrent() {
    if (const DebugBreakpoint *breakpoint = m_model.at(m_table->currentIndex().row()))
        openDialog(*breakpoint);
}

void BreakpointsPanel::removeSelected() {
    QVector<int> numbers;
    for (const QModelIndex &row : m_table->selectionModel()->selectedRows())
        numbers << m_model.records().at(row.row()).number;
    for (const int number : numbers)
        m_breakpoints.remove(number);
}

void BreakpointsPanel::toggleAt(quint64 address) {
    if (!target())
        return;
    if (const DebugBreakpoint *there = m_model.codeAt(address)) {
        m_breakpoints.remove(there->number);
        return;
    }
    // By its name where it has one: it then survives another load address.
    DebugBreakpoint wanted;
    const auto place = target()->symbols()->place(address);
    wanted.place = place && place->offset < (1 << 16) ? place->expression() : addressText(address);
    if (target()->symbols()->address(place ? place->name : QString()) !=
        (place ? std::optional(address - place->offset) : std::nullopt))
        wanted.place = addressText(address); // another symbol of the same name comes first
    wanted.address = address;
    m_breakpoints.add(wanted);
}

void BreakpointsPanel::copy() {
    QGuiApplication::clipboard()->setText(selectedCellsText(*m_table));
}

void BreakpointsPanel::selectAll() {
    m_table->selectAll();
}

void BreakpointsPanel::contextMenuEvent(QContextMenuEvent *event) {
    QMenu *menu = makeContextMenu(this);
    addToMenu(*menu,
              m_actions.list({"debug.addBreakpoint", "debug.editBreakpoint", "debug.removeBreakpoint"}));
    menu->popup(event->globalPos());
}

QJsonObject BreakpointsPanel::viewState() const {
    return {{u"columns"_s, stateText(*m_table->horizontalHeader())}};
}

void BreakpointsPanel::restoreViewState(const QJsonObject &state) {
    restoreStateText(*m_table->horizontalHeader(), state[u"columns"_s].toString());
}

} // namespace nitroscope::app
