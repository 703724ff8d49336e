// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/debug/code/disassembly_panel.hpp"

#include "app/core/architectures.hpp"
#include "app/features/debug/base/place_edit.hpp"
#include "app/features/debug/code/disassembly_view.hpp"
#include "app/ui/actions/action_registry.hpp"
#include "app/ui/actions/menus.hpp"
#include "app/ui/bars/empty_state.hpp"
#include "app/ui/panel/column.hpp"
#include "app/ui/theme/theme.hpp"

#include <QClipboard>
#include <QContextMenuEvent>
#include <QGuiApplication>
#include <QLabel>
#include <QMenu>
#include <QToolButton>
#include <QVBoxLayout>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr qsizetype maxHistory = 100;

} // namespace

DisassemblyPanel::DisassemblyPanel(const ActionRegistry &actions, QWidget *parent)
    : DebugPanel(u"disassembly"_s, u"Disassembly"_s, parent), m_actions(actions),
      m_disassembler(makeDisassembler(arch::usualArchitecture())), m_listing(m_memory, *m_disassembler),
      m_place(new PlaceEdit(u"Code to show"_s)), m_location(new QLabel),
      m_view(new DisassemblyView(m_listing)) {
    auto *content = new QWidget;
    auto *bar = new QHBoxLayout;
    bar->setContentsMargins(8, 4, 8, 4);
    bar->setSpacing(4);
    for (const char *id : {"debug.back", "debug.forward", "debug.showCurrent"}) {
        auto *button = new QToolButton;
        button->setDefaultAction(actions.find(QLatin1String(id)));
        button->setToolButtonStyle(Qt::ToolButtonIconOnly);
        button->setAutoRaise(true);
        bar->addWidget(button);
    }
    bar->addWidget(m_place, 1);
    m_location->setTextFormat(Qt::PlainText);
    m_location->setAccessibleName(u"Where the cursor is"_s);
    bar->addWidget(m_location);
    auto *inner = new QVBoxLayout(content);
    inner->setContentsMargins({});
    inner->setSpacing(0);
    inner->addLayout(bar);
    inner->addWidget(m_view, 1);
    m_stack = new EmptyStack(content, u"No machine under the debugger"_s,
                             u"An enclave that is run under the debugger stops at its reset "
                             "vector, before its first instruction, and shows its code here."_s,
                             actions.find(u"enclave.runDebug"_s));
    m_stack->setEmpty(true);
    fillColumn(*this, {m_stack});
    setFocusProxy(m_view);

    connect(m_place, &PlaceEdit::entered, this, [this](const QString &text) {
        evaluate(
            text,
            [this](quint64 address) {
                goTo(address);
                m_view->setFocus();
            },
            [this](const QString &problem) {
                m_place->setProblem(problem);
                m_location->setText(problem);
            });
    });
    connect(&m_memory, &TargetMemory::arrived, m_view, &DisassemblyView::refresh);
    connect(m_view, &DisassemblyView::cursorMoved, this, &DisassemblyPanel::showLocation);
    connect(m_view, &DisassemblyView::followWanted, this, &DisassemblyPanel::follow);
    connect(m_view, &DisassemblyView::breakpointToggled, this, &DisassemblyPanel::breakpointToggled);
}

DisassemblyPanel::~DisassemblyPanel() = default;

void DisassemblyPanel::attach() {
    m_stack->setEmpty(false);
    m_back.clear();
    m_forward.clear();
    m_view->setRegisters({});
    if (&target()->architecture() != &m_disassembler->architecture()) {
        auto disassembler = makeDisassembler(target()->architecture());
        m_listing.setDisassembler(*disassembler);
        m_disassembler = std::move(disassembler);
    }
    m_memory.setTarget(target());
    connect(target(), &DebugTarget::targetChanged, this, [this] { m_memory.markStale(); });
    connect(target(), &DebugTarget::registersRead, this,
            [this](quint64 token, const Result<RegisterSet> &registers) {
                if (m_registers.take(token) && registers)
                    m_view->setRegisters(registers->raw);
            });
    emit historyChanged();
}

void DisassemblyPanel::targetStopped(const DebugStop &stop) {
    m_memory.markStale();
    m_listing.setSegment(stop.segment);
    m_view->setCurrent(stop.pc);
    m_view->setRegisters({});
    m_arrivedAt = stop.pc;
    if (isVisible())
        m_view->showAddress(*std::exchange(m_arrivedAt, std::nullopt));
}

void DisassemblyPanel::refresh() {
    if (m_arrivedAt)
        m_view->showAddress(*std::exchange(m_arrivedAt, std::nullopt));
    m_view->refresh();
    if (isStopped())
        m_registers.expect(target()->readRegisters(target()->currentThread()));
}

void DisassemblyPanel::setStale(bool) {
    m_registers.forget();
    // Code that is not read anew says so itself; the mark of the current instruction is what ages.
    m_view->setStale(!isStopped());
}

bool DisassemblyPanel::isUpToDate() const {
    return DebugPanel::isUpToDate() && !m_registers.isWaiting() && !m_memory.isWaiting();
}

void DisassemblyPanel::symbolsChanged() {
    m_listing.setSymbols(target()->symbols());
    m_place->setSymbols(target()->symbols());
    m_place->setArchitecture(target()->architecture());
    showLocation();
}

void DisassemblyPanel::breakpointsChanged() {
    QHash<quint64, BreakpointMark> marks;
    for (const DebugBreakpoint &each : target()->breakpoints())
        if (each.kind == DebugBreakpoint::Kind::code && each.address != 0)
            marks.insert(each.address, !each.enabled                               ? BreakpointMark::disabled
                                       : each.state == DebugBreakpoint::State::set ? BreakpointMark::set
                                                                                   : BreakpointMark::waiting);
    m_view->setBreakpoints(std::move(marks));
}

void DisassemblyPanel::goTo(quint64 address) {
    if (address == m_view->cursor()) {
        m_view->showAddress(address);
        return;
    }
    m_back.append(m_view->cursor());
    if (m_back.size() > maxHistory)
        m_back.removeFirst();
    m_forward.clear();
    m_view->showAddress(address);
    emit historyChanged();
}

void DisassemblyPanel::goBack() {
    if (m_back.isEmpty())
        return;
    m_forward.append(m_view->cursor());
    m_view->showAddress(m_back.takeLast());
    emit historyChanged();
}

void DisassemblyPanel::goForward() {
    if (m_forward.isEmpty())
        return;
    m_back.append(m_view->cursor());
    m_view->showAddress(m_forward.takeLast());
    emit historyChanged();
}

void DisassemblyPanel::follow() {
    const auto instruction = m_view->current();
    if (!instruction)
        return;
    if (instruction->target)
        goTo(*instruction->target);
    else if (instruction->memory)
        emit memoryChosen(*instruction->memory);
    else if (instruction->immediate && target() && target()->symbols()->place(*instruction->immediate))
        emit memoryChosen(*instruction->immediate);
}

void DisassemblyPanel::showCurrentInstruction() {
    if (target() && target()->stop())
        goTo(target()->stop()->pc);
}

void DisassemblyPanel::focusPlace() {
    m_place->setFocus(Qt::ShortcutFocusReason);
    m_place->selectAll();
}

void DisassemblyPanel::setShowsBytes(bool on) {
    m_view->setShowsBytes(on);
}

void DisassemblyPanel::setShowsSource(bool on) {
    m_listing.setShowsSource(on);
    m_view->refresh();
}

void DisassemblyPanel::showLocation() {
    QString text;
    if (target() && target()->symbols())
        if (const auto place = target()->symbols()->place(m_view->cursor()))
            text = place->module.isEmpty() ? place->text() : place->text() + u" · "_s + place->module;
    static const char *const modes[] = {"16-bit", "32-bit", "64-bit"};
    const QString mode = QString::fromLatin1(modes[static_cast<size_t>(m_listing.segment().mode)]);
    m_location->setText(text.isEmpty() ? mode : text + u" · "_s + mode);
}

void DisassemblyPanel::copy() {
    if (m_place->hasFocus())
        m_place->copy();
    else
        QGuiApplication::clipboard()->setText(m_view->selectedText());
}

void DisassemblyPanel::selectAll() {
    m_view->selectVisible();
}

void DisassemblyPanel::contextMenuEvent(QContextMenuEvent *event) {
    if (m_stack->isEmpty())
        return;
    QMenu *menu = makeContextMenu(this);
    addToMenu(*menu, m_actions.list({"debug.follow", "debug.back", "-", "debug.toggleBreakpoint",
                                     "debug.addBreakpoint", "debug.runToCursor", "debug.setCounter", "-",
                                     "debug.runBackToCursor", "debug.everyRun", "-", "debug.showInMemory",
                                     "edit.copy", "-", "debug.showBytes", "debug.showSource"}));
    menu->popup(event->globalPos());
}

QJsonObject DisassemblyPanel::viewState() const {
    return {{u"bytes"_s, m_view->showsBytes()}, {u"source"_s, m_listing.showsSource()}};
}

void DisassemblyPanel::restoreViewState(const QJsonObject &state) {
    // Through the actions, whose ticks must agree.
    for (const auto &[id, key] :
         {std::pair("debug.showBytes", "bytes"), std::pair("debug.showSource", "source")})
        if (QAction *action = m_actions.find(QLatin1String(id)))
            if (action->isChecked() != state[QLatin1String(key)].toBool(true))
                action->trigger();
}

} // namespace nitroscope::app
