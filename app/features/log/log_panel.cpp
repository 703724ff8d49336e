// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/log/log_panel.hpp"

#include "app/ui/bars/filter_bar.hpp"
#include "app/ui/lists/cell_delegate.hpp"
#include "app/ui/panel/column.hpp"
#include "app/ui/panel/view_state.hpp"

#include <QClipboard>
#include <QComboBox>
#include <QGuiApplication>
#include <QJsonArray>
#include <QScrollBar>
#include <QTableView>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

LogPanel::LogPanel(QWidget *parent)
    : Panel(u"log"_s, u"Log"_s, parent), m_table(new QTableView),
      m_filter(new FilterBar(u"Filter, such as level==error or from==qemu"_s, u"Filter log"_s)) {
    prepareTable(*m_table);
    m_table->setModel(&m_model);
    m_table->setAccessibleName(u"Log"_s);
    const int em = fontMetrics().averageCharWidth();
    m_table->setColumnWidth(LogModel::time, em * 17);
    m_table->setColumnWidth(LogModel::source, em * 13);
    QComboBox *level = m_filter->addChoice(u"Least important level shown"_s, {{u"Everything"_s, {}},
                                                                              {u"Information and up"_s, {}},
                                                                              {u"Warnings and errors"_s, {}},
                                                                              {u"Errors"_s, {}}});
    m_filter->setLanguage(LogModel::fields(), [this](int field) { return m_model.valuesOf(field); });
    fillColumn(*this, {m_filter, m_table}, m_table);
    connect(level, &QComboBox::currentIndexChanged, this,
            [this](int index) { m_model.setMinimumLevel(static_cast<LogLevel>(index)); });
    connect(m_filter, &FilterBar::changed, this, [this] { m_model.setListFilter(m_filter->filter()); });
    connect(&m_model, &QAbstractItemModel::rowsInserted, this, &LogPanel::refreshStatus);
    connect(&m_model, &QAbstractItemModel::modelReset, this, &LogPanel::refreshStatus);
    m_flush.setSingleShot(true);
    m_flush.setInterval(33);
    connect(&m_flush, &QTimer::timeout, this, &LogPanel::flush);
}

void LogPanel::append(const LogEntry &entry) {
    m_model.append(entry);
    if (!m_flush.isActive())
        m_flush.start();
}

void LogPanel::flush() {
    const QScrollBar *bar = m_table->verticalScrollBar();
    const bool atEnd = bar->value() == bar->maximum();
    m_model.flush();
    if (atEnd)
        m_table->scrollToBottom();
}

void LogPanel::refreshStatus() {
    m_filter->setStatus(listStatusText({.shown = m_model.rowCount(), .all = m_model.totalCount()}));
}

void LogPanel::copy() {
    const QString chosen = selectedCellsText(*m_table);
    QGuiApplication::clipboard()->setText(chosen.isEmpty() ? m_model.asText() : chosen);
}

void LogPanel::selectAll() {
    m_table->selectAll();
}

void LogPanel::find() {
    m_filter->startTyping();
}

QJsonObject LogPanel::viewState() const {
    return {{u"columns"_s, stateText(*m_table->horizontalHeader())},
            {u"filters"_s, QJsonArray::fromStringList(m_filter->history())}};
}

void LogPanel::restoreViewState(const QJsonObject &state) {
    restoreStateText(*m_table->horizontalHeader(), state[u"columns"_s].toString());
    m_filter->setHistory(state[u"filters"_s].toVariant().toStringList());
}

} // namespace nitroscope::app
