// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/debug/threads/threads_panel.hpp"

#include "app/ui/bars/empty_state.hpp"
#include "app/ui/lists/cell_delegate.hpp"
#include "app/ui/panel/view_state.hpp"

#include <QClipboard>
#include <QGuiApplication>
#include <QTableView>
#include <QVBoxLayout>

namespace nitroscope::app {

ThreadsPanel::ThreadsPanel(QWidget *parent)
    : DebugPanel(QStringLiteral("threads"), QStringLiteral("Threads and Backtrace"), parent),
      m_threadTable(new QTableView), m_frameTable(new QTableView), m_splitter(new QSplitter(Qt::Vertical)) {
    for (QTableView *table : {m_threadTable, m_frameTable}) {
        prepareTable(*table);
        table->setSelectionMode(QAbstractItemView::SingleSelection);
    }
    m_threadTable->setModel(&m_threads);
    m_threadTable->setAccessibleName(QStringLiteral("Threads"));
    m_frameTable->setModel(&m_frames);
    m_frameTable->setAccessibleName(QStringLiteral("Backtrace"));
    const int em = fontMetrics().averageCharWidth();
    const int threadWidths[] = {10, 18, 25}, frameWidths[] = {5, 27, 10, 19};
    for (int i = 0; i < 3; ++i)
        m_threadTable->setColumnWidth(i, em * threadWidths[i]);
    for (int i = 0; i < 4; ++i)
        m_frameTable->setColumnWidth(i, em * frameWidths[i]);
    m_splitter->setChildrenCollapsible(false);
    m_splitter->addWidget(m_threadTable);
    m_splitter->addWidget(m_frameTable);
    m_splitter->setStretchFactor(0, 0);
    m_splitter->setStretchFactor(1, 1);
    m_splitter->setSizes({fontMetrics().height() * 5, fontMetrics().height() * 14});
    m_stack = new EmptyStack(m_splitter, QStringLiteral("No threads"),
                             QStringLiteral("CPUs and their backtraces appear when the machine has stopped "
                                            "under the debugger."));
    m_stack->setEmpty(true);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->addWidget(m_stack);
    setFocusProxy(m_frameTable);
    connect(m_threadTable, &QTableView::activated, this, [this](const QModelIndex &cell) {
        const DebugThread *thread = m_threads.at(cell.row());
        if (!thread || !target() || thread->id == target()->currentThread())
            return;
        target()->selectThread(thread->id);
        emit codeChosen(thread->pc);
    });
    connect(m_frameTable, &QTableView::activated, this, [this](const QModelIndex &cell) {
        if (const FrameRow *row = m_frames.at(cell.row()); row && !row->isBoundary)
            emit codeChosen(row->frame.pc);
    });
    connect(m_frameTable, &QTableView::clicked, m_frameTable, &QTableView::activated);
    connect(m_threadTable, &QTableView::clicked, m_threadTable, &QTableView::activated);
}

void ThreadsPanel::attach() {
    connect(target(), &DebugTarget::threadsChanged, this, &ThreadsPanel::refreshSoon);
    connect(target(), &DebugTarget::framesRead, this,
            [this](quint64 token, quint64 generation, const QVector<DebugFrame> &frames) {
                if (!m_pending.take(token) || !target() || !target()->stop() ||
                    generation != target()->stop()->generation)
                    return;
                m_frames.setFrames(frames);
            });
}

void ThreadsPanel::refresh() {
    const QVector<DebugThread> threads = target()->threads();
    m_threads.setRecords(threads);
    m_stack->setEmpty(threads.isEmpty());
    if (isStopped())
        m_pending.expect(target()->readFrames(target()->currentThread(), mostFrames));
    else
        m_threads.setStale(true);
}

void ThreadsPanel::setStale(bool stale) {
    m_pending.forget();
    m_frames.setStale(stale);
    m_threads.setStale(stale);
}

void ThreadsPanel::copy() {
    QTableView *table = m_threadTable->hasFocus() ? m_threadTable : m_frameTable;
    QGuiApplication::clipboard()->setText(selectedCellsText(*table));
}

void ThreadsPanel::selectAll() {
    m_frameTable->selectAll();
}

QJsonObject ThreadsPanel::viewState() const {
    return {{QStringLiteral("threads"), stateText(*m_threadTable->horizontalHeader())},
            {QStringLiteral("frames"), stateText(*m_frameTable->horizontalHeader())},
            {QStringLiteral("splitter"), stateText(*m_splitter)}};
}

void ThreadsPanel::restoreViewState(const QJsonObject &state) {
    restoreStateText(*m_threadTable->horizontalHeader(), state[QStringLiteral("threads")].toString());
    restoreStateText(*m_frameTable->horizontalHeader(), state[QStringLiteral("frames")].toString());
    restoreStateText(*m_splitter, state[QStringLiteral("splitter")].toString());
}

} // namespace nitroscope::app
