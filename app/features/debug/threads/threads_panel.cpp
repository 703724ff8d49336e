// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/debug/threads/threads_panel.hpp"

#include "app/ui/bars/empty_state.hpp"
#include "app/ui/lists/cell_delegate.hpp"
#include "app/ui/panel/column.hpp"
#include "app/ui/panel/view_state.hpp"

#include <QClipboard>
#include <QGuiApplication>
#include <QTableView>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

ThreadsPanel::ThreadsPanel(QWidget *parent)
    : DebugPanel(u"threads"_s, u"Threads and Backtrace"_s, parent), m_threadTable(new QTableView),
      m_frameTable(new QTableView), m_splitter(new QSplitter(Qt::Vertical)) {
    for (QTableView *table : {m_threadTable, m_frameTable}) {
        prepareTable(*table);
        table->setSelectionMode(QAbstractItemView::SingleSelection);
    }
    m_threadTable->setModel(&m_threads);
    m_threadTable->setAccessibleName(u"Threads"_s);
    m_frameTable->setModel(&m_frames);
    m_frameTable->setAccessibleName(u"Backtrace"_s);
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
    m_stack = new EmptyStack(m_splitter, u"No threads"_s,
                             u"CPUs and their backtraces appear when the machine has stopped "
                             "under the debugger."_s);
    m_stack->setEmpty(true);
    fillColumn(*this, {m_stack});
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
        m_pending.expect(target()->readFrames(target()->currentThread(), maxFrames));
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

QString ThreadsPanel::backtraceText() const {
    QString text;
    for (const FrameRow &row : m_frames.records()) {
        if (row.isBoundary) {
            text += u"--- user space ---\n"_s;
            continue;
        }
        const DebugFrame &frame = row.frame;
        text += u"#%1  %2 %3"_s.arg(frame.level, -2)
                    .arg(addressText(frame.pc), frame.place.isEmpty() ? u"??"_s : frame.place);
        if (!frame.module.isEmpty())
            text += u" ("_s + frame.module + u')';
        if (!frame.source.isEmpty())
            text += u" at "_s + frame.source;
        text += frame.isInline ? u" [inlined]\n"_s : u" ["_s + methodText(frame.method) + u"]\n"_s;
    }
    return text;
}

void ThreadsPanel::selectAll() {
    m_frameTable->selectAll();
}

QJsonObject ThreadsPanel::viewState() const {
    return {{u"threads"_s, stateText(*m_threadTable->horizontalHeader())},
            {u"frames"_s, stateText(*m_frameTable->horizontalHeader())},
            {u"splitter"_s, stateText(*m_splitter)}};
}

void ThreadsPanel::restoreViewState(const QJsonObject &state) {
    restoreStateText(*m_threadTable->horizontalHeader(), state[u"threads"_s].toString());
    restoreStateText(*m_frameTable->horizontalHeader(), state[u"frames"_s].toString());
    restoreStateText(*m_splitter, state[u"splitter"_s].toString());
}

} // namespace nitroscope::app
