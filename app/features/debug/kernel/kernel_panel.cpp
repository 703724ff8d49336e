// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/debug/kernel/kernel_panel.hpp"

#include "app/ui/bars/empty_state.hpp"
#include "app/ui/bars/filter_bar.hpp"
#include "app/ui/lists/cell_delegate.hpp"
#include "app/ui/panel/view_state.hpp"

#include <QClipboard>
#include <QComboBox>
#include <QGuiApplication>
#include <QLabel>
#include <QScrollBar>
#include <QTableView>
#include <QTabWidget>
#include <QVBoxLayout>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr int againMilliseconds = 1000; // while the machine runs

QString reason(const QString &unavailable) {
    return unavailable.isEmpty() ? u"There are none."_s : unavailable;
}

} // namespace

KernelPanel::KernelPanel(QWidget *parent)
    : DebugPanel(u"kernel"_s, u"Kernel"_s, parent),
      m_filter(new FilterBar(u"Filter the log"_s, u"Text shown of the log"_s)), m_status(new QLabel),
      m_tabs(new QTabWidget) {
    m_logTable = table(m_log, u"Kernel log"_s, {15, 8, 80});
    m_taskTable = table(m_tasks, u"Tasks"_s, {8, 20, 8, 7, 9, 24});
    m_moduleTable = table(m_modules, u"Modules"_s, {22, 10, 24});
    m_logStack = new EmptyStack(m_logTable, u"No kernel log"_s, {});
    m_taskStack = new EmptyStack(m_taskTable, u"No tasks"_s, {});
    m_moduleStack = new EmptyStack(m_moduleTable, u"No modules"_s, {});
    const QString hint = u"Run an enclave under the debugger; its kernel's state is read from its "
                         "memory without stopping it."_s;
    for (EmptyStack *stack : {m_logStack, m_taskStack, m_moduleStack}) {
        stack->setEmpty(true);
        stack->setText(u"Nothing yet"_s, hint);
    }
    m_level = m_filter->addChoice(u"Levels shown of the log"_s, {{u"All levels"_s, 7},
                                                                 {u"Info and worse"_s, 6},
                                                                 {u"Warnings and worse"_s, 4},
                                                                 {u"Errors and worse"_s, 3}});
    connect(m_filter, &FilterBar::changed, this,
            [this] { m_log.setFilter(m_filter->text(), m_level->currentData().toInt()); });

    auto *logPage = new QWidget;
    auto *logLayout = new QVBoxLayout(logPage);
    logLayout->setContentsMargins({});
    logLayout->setSpacing(0);
    logLayout->addWidget(m_filter);
    logLayout->addWidget(m_logStack, 1);
    m_tabs->setDocumentMode(true);
    m_tabs->addTab(logPage, u"Log"_s);
    m_tabs->addTab(m_taskStack, u"Tasks"_s);
    m_tabs->addTab(m_moduleStack, u"Modules"_s);
    m_status->setTextFormat(Qt::PlainText);
    m_status->setContentsMargins(8, 0, 8, 0);
    m_status->setAccessibleName(u"Kernel"_s);
    m_tabs->setCornerWidget(m_status);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->addWidget(m_tabs);

    m_later.setSingleShot(true);
    m_later.setInterval(againMilliseconds / 4);
    connect(&m_later, &QTimer::timeout, this, &KernelPanel::refreshSoon);
    m_again.setInterval(againMilliseconds);
    connect(&m_again, &QTimer::timeout, this, [this] {
        // A slow target is not asked twice, and none when the panel is behind another one's tab.
        if (!m_pending.isWaiting() && isSeen())
            refreshSoon();
    });
    connect(&m_log, &QAbstractItemModel::rowsAboutToBeInserted, this, [this] {
        const QScrollBar *edge = m_logTable->verticalScrollBar();
        m_followsLog = edge->value() == edge->maximum();
    });
    const auto follow = [this] {
        if (m_followsLog)
            m_logTable->scrollToBottom();
    };
    connect(&m_log, &QAbstractItemModel::rowsInserted, this, follow);
    connect(&m_log, &QAbstractItemModel::modelReset, this, follow);
    connect(m_taskTable, &QTableView::doubleClicked, this, [this](const QModelIndex &cell) {
        if (const KernelTask *task = m_tasks.at(cell.row()))
            emit memoryChosen(cell.column() == 6 ? task->stack : task->taskAddress);
    });
    connect(m_moduleTable, &QTableView::doubleClicked, this, [this](const QModelIndex &cell) {
        if (const KernelModule *module = m_modules.at(cell.row()))
            emit codeChosen(module->base);
    });
}

QTableView *KernelPanel::table(QAbstractItemModel &model, const QString &name,
                               std::initializer_list<int> widths) {
    auto *view = new QTableView;
    prepareTable(*view);
    view->setModel(&model);
    view->setAccessibleName(name);
    int column = 0;
    for (const int width : widths)
        view->setColumnWidth(column++, fontMetrics().averageCharWidth() * width);
    return view;
}

void KernelPanel::attach() {
    m_log.setLines({});
    m_asked.invalidate();
    connect(target(), &DebugTarget::kernelRead, this, [this](quint64 token, const KernelView &view) {
        if (m_pending.take(token))
            take(view);
    });
}

void KernelPanel::refresh() {
    // Lists of a whole kernel: not anew at each of many quick steps, but soon after the last.
    const bool isSoon = m_asked.isValid() && m_asked.elapsed() < againMilliseconds / 4;
    if (isSoon) {
        m_later.start();
    } else {
        m_asked.start();
        m_pending.expect(target()->readKernel());
    }
    if (target()->state() == DebugTarget::State::running)
        m_again.start();
    else
        m_again.stop();
}

void KernelPanel::setStale(bool) {
    if (!target()) {
        m_pending.forget();
        m_again.stop();
    }
    m_tasks.setStale(!target() || isStopped());
    m_modules.setStale(!target() || isStopped());
}

void KernelPanel::take(const KernelView &view) {
    m_log.setLines(view.log.rows);
    m_tasks.setRecords(view.tasks.rows);
    m_modules.setRecords(view.modules.rows);
    m_logStack->setText(u"No kernel log"_s, reason(view.log.unavailable));
    m_taskStack->setText(u"No tasks"_s, reason(view.tasks.unavailable));
    m_moduleStack->setText(u"No modules"_s, reason(view.modules.unavailable));
    m_logStack->setEmpty(view.log.rows.isEmpty());
    m_taskStack->setEmpty(view.tasks.rows.isEmpty());
    m_moduleStack->setEmpty(view.modules.rows.isEmpty());
    const auto title = [](const char *name, qsizetype count) {
        return count ? u"%1 (%2)"_s.arg(QLatin1String(name)).arg(count) : QString::fromLatin1(name);
    };
    m_tabs->setTabText(1, title("Tasks", view.tasks.rows.size()));
    m_tabs->setTabText(2, title("Modules", view.modules.rows.size()));
    QStringList parts;
    parts << (view.release.isEmpty() ? u"No kernel found yet"_s : u"Linux "_s + view.release);
    if (view.isSlideKnown && view.slide != 0)
        parts << u"KASLR +0x"_s + QString::number(view.slide, 16);
    m_status->setText(parts.join(u" · "_s));
    m_tabs->setTabToolTip(0, view.log.source);
    m_tabs->setTabToolTip(1, view.tasks.source);
    m_tabs->setTabToolTip(2, view.modules.source);
}

QString KernelPanel::status() const {
    return m_status->text();
}

void KernelPanel::copy() {
    QTableView *shown = m_tabs->currentIndex() == 0   ? m_logTable
                        : m_tabs->currentIndex() == 1 ? m_taskTable
                                                      : m_moduleTable;
    QGuiApplication::clipboard()->setText(selectedCellsText(*shown));
}

void KernelPanel::selectAll() {
    (m_tabs->currentIndex() == 0   ? m_logTable
     : m_tabs->currentIndex() == 1 ? m_taskTable
                                   : m_moduleTable)
        ->selectAll();
}

void KernelPanel::find() {
    m_tabs->setCurrentIndex(0);
    m_filter->startTyping();
}

QJsonObject KernelPanel::viewState() const {
    return {{u"log"_s, stateText(*m_logTable->horizontalHeader())},
            {u"tasks"_s, stateText(*m_taskTable->horizontalHeader())},
            {u"tab"_s, m_tabs->currentIndex()}};
}

void KernelPanel::restoreViewState(const QJsonObject &state) {
    restoreStateText(*m_logTable->horizontalHeader(), state[u"log"_s].toString());
    restoreStateText(*m_taskTable->horizontalHeader(), state[u"tasks"_s].toString());
    m_tabs->setCurrentIndex(state[u"tab"_s].toInt(0));
}

} // namespace nitroscope::app
