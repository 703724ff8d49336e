// SPDX-License-Identifier: GPL-2.0-or-later
//
// Guest memory by virtual or physical address: hex, search, write, save to a file, and how the address under
// the cursor is translated. Reading does not stop the machine; while it runs, what is shown is read again
// twice a second.
#pragma once

#include "app/features/debug/base/debug_panel.hpp"
#include "app/features/debug/memory/memory_search.hpp"
#include "app/features/debug/memory/memory_source.hpp"

class QComboBox;
class QLabel;
class QLineEdit;

namespace nitroscope::app {

class EmptyStack;
class FindBar;
class HexView;
class PlaceEdit;

class MemoryPanel : public DebugPanel {
    Q_OBJECT
public:
    explicit MemoryPanel(QWidget *parent = nullptr);
    ~MemoryPanel() override;

    HexView &hexView() { return *m_hex; }
    PlaceEdit &placeEdit() { return *m_place; }
    AddressSpace space() const { return m_space; }
    void setSpace(AddressSpace space);
    void goTo(quint64 address);
    void focusPlace();
    // The strip in which bytes to be written at the cursor are typed.
    void openWriting();
    QLineEdit &writeEdit() { return *m_write; }
    QString translation() const;
    QString status() const;
    // Asks for the selected bytes (4 KiB from the cursor when none are) and writes them to a file.
    void saveToFile();
    void saveTo(const QString &path);

    bool isUpToDate() const override;
    void copy() override;
    void selectAll() override;
    void find() override;
    void findNext() override;
    void findPrevious() override;

protected:
    void attach() override;
    void refresh() override;
    void setStale(bool stale) override;
    void targetStopped(const DebugStop &stop) override;
    void symbolsChanged() override;
    void contextMenuEvent(QContextMenuEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    QWidget *buildBar();
    QWidget *buildWriting();
    TargetMemory &memory() { return m_space == AddressSpace::guestVirtual ? *m_virtual : *m_physical; }
    void showArrived();
    void cursorMoved(quint64 address);
    void search(MemorySearch::Direction direction);
    void write();
    void storeDump(const QByteArray &bytes);

    std::unique_ptr<TargetMemory> m_virtual, m_physical;
    AddressSpace m_space = AddressSpace::guestVirtual;
    MemorySearch m_search;
    PlaceEdit *m_place;
    QComboBox *m_spaceBox;
    HexView *m_hex;
    FindBar *m_find;
    QWidget *m_writeBar;
    QLineEdit *m_write;
    QLabel *m_status;
    QLabel *m_translation;
    EmptyStack *m_stack;
    PendingReply m_walk, m_dump;
    QString m_dumpPath;
    QTimer m_again; // while the machine runs
};

} // namespace nitroscope::app
