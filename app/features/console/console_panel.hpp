// SPDX-License-Identifier: GPL-2.0-or-later
//
// The enclave's serial console. Bytes wait in a bounded queue and reach the terminal in small portions 60
// times a second, so that a guest that floods its console never holds up the window; everything also goes
// into a bounded log of raw bytes that can be saved.
#pragma once

#include "app/features/console/terminal_screen.hpp"
#include "app/ui/panel/panel.hpp"

#include <QByteArray>
#include <QTimer>

class QLabel;

namespace nitroscope::app {

class EmptyStack;
class FindBar;
class TerminalView;

class ConsolePanel : public Panel {
    Q_OBJECT
public:
    static constexpr qsizetype queueLimit = 8 << 20; // bytes waiting to be shown; older ones are skipped
    static constexpr qsizetype portion = 128 << 10;  // bytes per tick: at most a few milliseconds of libvterm
    static constexpr qsizetype logLimit = 32 << 20;  // raw bytes kept for saving
    static constexpr qsizetype pastePortion = 128;   // bytes per tick: about the pace of a 115200 baud line

    explicit ConsolePanel(QWidget *parent = nullptr);

    void append(const QByteArray &bytes);
    // A new run: empties screen, log and queues.
    void clear();
    // The run is over. Tells so where the console stayed empty.
    void setEnded();
    // Input is possible (running or paused) or not.
    void setLive(bool live);

    TerminalScreen &screen() { return m_screen; }
    TerminalView &view() { return *m_view; }
    qsizetype pendingBytes() const { return m_pending.size(); }
    qsizetype pastePending() const { return m_paste.size(); }
    // The run's output without escape sequences, lines ended by \n.
    QByteArray logText() const;

    void copy() override;
    void selectAll() override;
    void find() override;
    void findNext() override;
    void findPrevious() override;
    void paste();
    void pasteText(const QString &text);

signals:
    void input(const QByteArray &bytes);
    void flushed();

private:
    void flush();
    void sendPaste();
    void findIn(bool forward);
    void updateStatus();

    TerminalScreen m_screen;
    TerminalView *m_view;
    EmptyStack *m_stack;
    FindBar *m_findBar;
    QLabel *m_status;
    QByteArray m_pending;
    QByteArray m_log;
    QByteArray m_paste;
    quint64 m_skipped = 0; // bytes never shown because the queue was full
    QTimer m_flushTimer;
    QTimer m_pasteTimer;
};

} // namespace nitroscope::app
