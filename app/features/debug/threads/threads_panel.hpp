// SPDX-License-Identifier: GPL-2.0-or-later
//
// The vCPUs, and the frames of the one chosen, each with how it was found and a line where user space begins.
#pragma once

#include "app/features/debug/base/debug_lists.hpp"
#include "app/features/debug/base/debug_panel.hpp"

class QSplitter;
class QTableView;

namespace nitroscope::app {

class EmptyStack;

class ThreadsPanel : public DebugPanel {
    Q_OBJECT
public:
    static constexpr int maxFrames = 128;

    explicit ThreadsPanel(QWidget *parent = nullptr);

    FrameList &frames() { return m_frames; }
    QTableView &threadTable() { return *m_threadTable; }

    bool isUpToDate() const override { return DebugPanel::isUpToDate() && !m_pending.isWaiting(); }
    void copy() override;
    // All frames, a line each, as one pastes them into a report.
    QString backtraceText() const;
    void selectAll() override;
    QJsonObject viewState() const override;
    void restoreViewState(const QJsonObject &state) override;

protected:
    void attach() override;
    void refresh() override;
    void setStale(bool stale) override;
    void symbolsChanged() override {}

private:
    ThreadList m_threads;
    FrameList m_frames;
    QTableView *m_threadTable;
    QTableView *m_frameTable;
    QSplitter *m_splitter;
    EmptyStack *m_stack;
    PendingReply m_pending;
};

} // namespace nitroscope::app
