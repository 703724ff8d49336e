// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/debug/registers/registers_panel.hpp"

#include "app/features/debug/registers/register_editor.hpp"
#include "app/ui/actions/menus.hpp"
#include "app/ui/bars/empty_state.hpp"
#include "app/ui/lists/cell_delegate.hpp"
#include "app/ui/panel/column.hpp"
#include "app/ui/panel/view_state.hpp"
#include "app/ui/text/roles.hpp"

#include <algorithm>
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
    auto *editor = new RegisterEditor(
        m_model,
        [this](const QString &expression, std::function<void(quint64)> done,
               std::function<void(const QString &)> failed) {
            evaluate(expression, std::move(done), std::move(failed));
        },
        m_tree);
    m_tree->setItemDelegate(editor);
    connect(editor, &RegisterEditor::refused, this, [this](const QString &why) {
        emit problem({u"registers"_s, why, std::nullopt, {}});
    });
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
                hideWhatIsNotThere(target()->stop()->segment.mode);
            });
}

// Outside of 64 bits there are fewer: what a debugger is told of has a row.
void RegistersPanel::hideWhatIsNotThere(arch::CpuMode mode) {
    const arch::TargetDescription *narrower = target()->architecture().modes.description(mode);
    for (const arch::Register &one : target()->architecture().registers.registers) {
        const bool isThere =
            !narrower || one.kind != arch::RegisterKind::number ||
            std::any_of(narrower->registers.begin(), narrower->registers.end(),
                        [&one](const arch::DescribedRegister &each) { return each.number == one.number; });
        const QModelIndex row = m_model.indexOf(one.number);
        m_tree->setRowHidden(row.row(), row.parent(), !isThere);
    }
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
