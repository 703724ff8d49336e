// SPDX-License-Identifier: GPL-2.0-or-later
//
// Code around the current instruction or any other address, with a history of the places looked at.
#pragma once

#include "app/features/debug/base/debug_panel.hpp"
#include "app/features/debug/code/code_listing.hpp"

class QLabel;
class QMenu;
class QToolButton;

namespace nitroscope::app {

class ActionRegistry;
class DisassemblyView;
class EmptyStack;
class PlaceEdit;

class DisassemblyPanel : public DebugPanel {
    Q_OBJECT
public:
    // The actions give buttons and the context menu.
    explicit DisassemblyPanel(const ActionRegistry &actions, QWidget *parent = nullptr);
    ~DisassemblyPanel() override;

    DisassemblyView &view() { return *m_view; }
    PlaceEdit &placeEdit() { return *m_place; }
    TargetMemory &memory() { return m_memory; }
    // Shows the address and remembers where the user was.
    void goTo(quint64 address);
    void goBack();
    void goForward();
    bool canGoBack() const { return !m_back.isEmpty(); }
    bool canGoForward() const { return !m_forward.isEmpty(); }
    // Where the instruction under the cursor leads to.
    void follow();
    void showCurrentInstruction();
    void focusPlace();
    void setShowsBytes(bool on);
    void setShowsSource(bool on);

    bool isUpToDate() const override;
    void copy() override;
    void selectAll() override;
    void find() override { focusPlace(); }
    QJsonObject viewState() const override;
    void restoreViewState(const QJsonObject &state) override;

signals:
    void breakpointToggled(quint64 address);
    void historyChanged();

protected:
    void attach() override;
    void refresh() override;
    void setStale(bool stale) override;
    void targetStopped(const DebugStop &stop) override;
    void symbolsChanged() override;
    void breakpointsChanged() override;
    void contextMenuEvent(QContextMenuEvent *event) override;

private:
    void showLocation();

    const ActionRegistry &m_actions;
    std::unique_ptr<Disassembler> m_disassembler;
    TargetMemory m_memory{AddressSpace::guestVirtual};
    CodeListing m_listing;
    PlaceEdit *m_place;
    QLabel *m_location;
    DisassemblyView *m_view;
    EmptyStack *m_stack;
    PendingReply m_registers;
    QVector<quint64> m_back, m_forward;
    std::optional<quint64> m_arrivedAt; // a stop that nobody has seen yet
};

} // namespace nitroscope::app
