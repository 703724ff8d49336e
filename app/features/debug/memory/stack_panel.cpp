// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/debug/memory/stack_panel.hpp"

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
#include <QtEndian>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

StackPanel::StackPanel(QWidget *parent)
    : DebugPanel(u"stack"_s, u"Stack"_s, parent), m_table(new QTableView) {
    prepareTable(*m_table);
    m_table->setModel(&m_model);
    m_table->setAccessibleName(u"Stack"_s);
    const int em = fontMetrics().averageCharWidth();
    const int widths[] = {25, 23, 34};
    for (int i = 0; i < 3; ++i)
        m_table->setColumnWidth(i, em * widths[i]);
    m_stack = new EmptyStack(m_table, u"No stack"_s,
                             u"The stack appears when the machine has stopped under the debugger."_s);
    m_stack->setEmpty(true);
    fillColumn(*this, {m_stack});
    setFocusProxy(m_table);
    connect(&m_memory, &TargetMemory::arrived, this, &StackPanel::fill);
    // The value is what one wants to follow: code as code, everything else as memory.
    connect(m_table, &QTableView::doubleClicked, this, [this](const QModelIndex &cell) {
        const StackSlot *slot = m_model.at(cell.row());
        if (!slot)
            return;
        if (cell.column() == 0)
            emit memoryChosen(slot->address);
        else if (slot->isText)
            emit codeChosen(slot->value);
        else
            emit memoryChosen(slot->value);
    });
}

void StackPanel::attach() {
    m_memory.setTarget(target());
    m_isKnown = false;
    connect(target(), &DebugTarget::threadsChanged, this, &StackPanel::refreshSoon);
    connect(target(), &DebugTarget::targetChanged, this, [this] { m_memory.markStale(); });
    connect(target(), &DebugTarget::registersRead, this,
            [this](quint64 token, const Result<RegisterSet> &registers) {
                if (!m_registers.take(token) || !registers)
                    return;
                const arch::Architecture &architecture = target()->architecture();
                m_sp = architecture.value(registers->raw, architecture.registers.stackPointer);
                m_bp = architecture.value(registers->raw, architecture.registers.framePointer);
                // In 16-bit code they are relative to a segment.
                if (target()->stop() && target()->stop()->segment.mode == CpuMode::bits16) {
                    const quint64 base = architecture.modes.stackBase(registers->raw, CpuMode::bits16);
                    m_sp = base + (m_sp & 0xffff);
                    m_bp = base + (m_bp & 0xffff);
                }
                m_isKnown = true;
                fill();
            });
}

void StackPanel::refresh() {
    if (isStopped())
        m_registers.expect(target()->readRegisters(target()->currentThread()));
}

void StackPanel::setStale(bool stale) {
    m_registers.forget();
    m_model.setStale(stale);
}

bool StackPanel::isUpToDate() const {
    return DebugPanel::isUpToDate() && !m_registers.isWaiting() && !m_memory.isWaiting();
}

void StackPanel::fill() {
    if (!m_isKnown || !isStopped() || m_registers.isWaiting())
        return;
    const CpuMode mode = target()->stop() ? target()->stop()->segment.mode : CpuMode::bits64;
    const int width = mode == CpuMode::bits64 ? 8 : mode == CpuMode::bits32 ? 4 : 2;
    QByteArray bytes(words * width, '\0');
    bytes.truncate(m_memory.read(m_sp, {bytes.data(), static_cast<size_t>(bytes.size())}));
    if (bytes.isEmpty() || m_memory.isStaleAt(m_sp))
        return; // what is shown stays until the new words are there
    const SymbolSourcePointer symbols = target()->symbols();
    QVector<StackSlot> rows;
    for (qsizetype at = 0; at + width <= bytes.size(); at += width) {
        StackSlot slot;
        slot.bytes = width;
        slot.address = m_sp + static_cast<quint64>(at);
        for (int i = 0; i < width; ++i)
            slot.value |= quint64{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
        if (const auto place = slot.value >= 0x1000 ? symbols->place(slot.value) : std::nullopt;
            place && place->offset < (1 << 20)) {
            slot.place = place->text();
            slot.isText = place->isText;
        }
        if (slot.address == m_sp)
            slot.note = u"← sp"_s;
        if (slot.address == m_bp)
            slot.note += u"← bp"_s;
        for (int i = 0; i < width && !slot.isChanged; ++i)
            slot.isChanged = m_memory.hasChangedAt(slot.address + static_cast<quint64>(i));
        rows.append(slot);
    }
    m_stack->setEmpty(false);
    m_model.setRecords(std::move(rows));
}

void StackPanel::copy() {
    QGuiApplication::clipboard()->setText(selectedCellsText(*m_table));
}

void StackPanel::selectAll() {
    m_table->selectAll();
}

void StackPanel::contextMenuEvent(QContextMenuEvent *event) {
    const StackSlot *slot = m_model.at(m_table->currentIndex().row());
    if (m_stack->isEmpty() || !slot)
        return;
    QMenu *menu = makeContextMenu(this);
    menu->addAction(u"Show in &Memory"_s, this,
                    [this, address = slot->address] { emit memoryChosen(address); });
    menu->addSeparator();
    addQuestions(*menu, AddressSpace::guestVirtual, slot->address, quint64(slot->bytes));
    menu->popup(event->globalPos());
}

QJsonObject StackPanel::viewState() const {
    return {{u"columns"_s, stateText(*m_table->horizontalHeader())}};
}

void StackPanel::restoreViewState(const QJsonObject &state) {
    restoreStateText(*m_table->horizontalHeader(), state[u"columns"_s].toString());
}

} // namespace nitroscope::app
