// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/log/log_panel.hpp"

#include "app/ui/lists/cell_delegate.hpp"
#include "app/ui/panel/view_state.hpp"

#include <QClipboard>
#include <QComboBox>
#include <QGuiApplication>
#include <QLineEdit>
#include <QScrollBar>
#include <QTableView>
#include <QVBoxLayout>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

LogPanel::LogPanel(QWidget *parent)
    : Panel(u"log"_s, u"Log"_s, parent), m_table(new QTableView), m_filter(new QLineEdit) {
    prepareTable(*m_table);
    m_table->setModel(&m_model);
    m_table->setAccessibleName(u"Log"_s);
    const int em = fontMetrics().averageCharWidth();
    m_table->setColumnWidth(LogModel::time, em * 17);
    m_table->setColumnWidth(LogModel::source, em * 13);
    auto *level = new QComboBox;
    level->addItems({u"Everything"_s, u"Information and up"_s, u"Warnings and errors"_s, u"Errors"_s});
    level->setAccessibleName(u"Least important level shown"_s);
    m_filter->setPlaceholderText(u"Filter log"_s);
    m_filter->setAccessibleName(u"Filter log"_s);
    m_filter->setClearButtonEnabled(true);
    auto *bar = new QHBoxLayout;
    bar->setContentsMargins(8, 4, 8, 4);
    bar->setSpacing(6);
    bar->addWidget(level);
    bar->addWidget(m_filter, 1);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->setSpacing(0);
    layout->addLayout(bar);
    layout->addWidget(m_table, 1);
    connect(level, &QComboBox::currentIndexChanged, this,
            [this](int index) { m_model.setMinimumLevel(static_cast<LogLevel>(index)); });
    connect(m_filter, &QLineEdit::textChanged, &m_model, &LogModel::setTextFilter);
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

void LogPanel::copy() {
    const QString chosen = selectedCellsText(*m_table);
    QGuiApplication::clipboard()->setText(chosen.isEmpty() ? m_model.asText() : chosen);
}

void LogPanel::selectAll() {
    m_table->selectAll();
}

void LogPanel::find() {
    m_filter->setFocus();
    m_filter->selectAll();
}

QJsonObject LogPanel::viewState() const {
    return {{u"columns"_s, stateText(*m_table->horizontalHeader())}};
}

void LogPanel::restoreViewState(const QJsonObject &state) {
    restoreStateText(*m_table->horizontalHeader(), state[u"columns"_s].toString());
}

} // namespace nitroscope::app
