// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/debug/registers/registers_panel.hpp"

#include "app/ui/actions/menus.hpp"
#include "app/ui/bars/empty_state.hpp"
#include "app/ui/lists/cell_delegate.hpp"
#include "app/ui/panel/column.hpp"
#include "app/ui/panel/view_state.hpp"
#include "app/ui/text/roles.hpp"

#include <QClipboard>
#include <QContextMenuEvent>
#include <QGuiApplication>
#include <QMenu>
#include <QTreeView>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

RegistersPanel::RegistersPanel(QWidget *parent)
    : DebugPanel(u"registers"_s, u"Registers"_s, parent), m_tree(new QTreeView) {
    prepareTree(*m_tree);
    m_tree->setModel(&m_model);
    m_tree->setAccessibleName(u"Registers"_s);
    m_tree->setEditTriggers(QAbstractItemView::DoubleClicked | QAbstractItemView::EditKeyPressed);
    m_tree->setIndentation(fontMetrics().averageCharWidth() * 2);
    const int em = fontMetrics().averageCharWidth();
    m_tree->setColumnWidth(RegisterModel::name, em * 17);
    m_tree->setColumnWidth(RegisterModel::value, em * 23);
    m_tree->header()->setStretchLastSection(true);
    m_stack = new EmptyStack(m_tree, u"No registers"_s,
                             u"Registers appear when the machine has stopped under the debugger."_s);
    m_stack->setEmpty(true);
    fillColumn(*this, {m_stack});
    setFocusProxy(m_tree);
    connect(&m_model, &RegisterModel::writeWanted, this, [this](int number, const QByteArray &value) {
        if (target())
            target()->writeRegister(target()->currentThread(), number, value);
    });
}

void RegistersPanel::attach() {
    m_model.clear();
    const arch::Architecture &architecture = target()->architecture();
    if (m_model.setArchitecture(architecture))
        for (const int number : {architecture.registers.programCounter, architecture.systemCalls.pageTables})
            m_tree->expand(m_model.indexOf(number).parent());
    connect(target(), &DebugTarget::threadsChanged, this, &RegistersPanel::refreshSoon);
    connect(target(), &DebugTarget::registersRead, this,
            [this](quint64 token, const Result<RegisterSet> &registers) {
                if (!m_pending.take(token) || !registers || !target() || !target()->stop())
                    return;
                if (registers->generation != target()->stop()->generation)
                    return; // from before the machine went on
                m_stack->setEmpty(false);
                m_model.setRegisters(*registers, target()->stop()->segment);
            });
}

void RegistersPanel::refresh() {
    if (isStopped())
        m_pending.expect(target()->readRegisters(target()->currentThread()));
}

void RegistersPanel::setStale(bool stale) {
    m_pending.forget();
    m_model.setStale(stale);
}

void RegistersPanel::symbolsChanged() {
    m_model.setSymbols(target()->symbols());
}

void RegistersPanel::copy() {
    QGuiApplication::clipboard()->setText(selectedCellsText(*m_tree));
}

void RegistersPanel::selectAll() {
    m_tree->selectAll();
}

void RegistersPanel::contextMenuEvent(QContextMenuEvent *event) {
    const QModelIndex cell = m_tree->currentIndex();
    if (!cell.isValid() || m_stack->isEmpty())
        return;
    QMenu *menu = makeContextMenu(this);
    const QModelIndex value = cell.siblingAtColumn(RegisterModel::value);
    bool isNumber = false;
    const quint64 address = value.data().toString().toULongLong(&isNumber, 16);
    menu->addAction(u"&Edit Value"_s, this, [this, value] { m_tree->edit(value); })
        ->setEnabled(value.flags() & Qt::ItemIsEditable);
    menu->addSeparator();
    menu->addAction(u"Show as &Code"_s, this, [this, address] { emit codeChosen(address); })
        ->setEnabled(isNumber);
    menu->addAction(u"Show in &Memory"_s, this, [this, address] { emit memoryChosen(address); })
        ->setEnabled(isNumber);
    menu->addSeparator();
    menu->addAction(u"C&opy Value"_s, this,
                    [value] { QGuiApplication::clipboard()->setText(value.data(copyTextRole).toString()); });
    menu->popup(event->globalPos());
}

QJsonObject RegistersPanel::viewState() const {
    return {{u"columns"_s, stateText(*m_tree->header())}};
}

void RegistersPanel::restoreViewState(const QJsonObject &state) {
    restoreStateText(*m_tree->header(), state[u"columns"_s].toString());
}

} // namespace nitroscope::app
