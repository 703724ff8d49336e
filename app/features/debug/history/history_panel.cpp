// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/debug/history/history_panel.hpp"

#include "app/ui/bars/empty_state.hpp"
#include "app/ui/lists/cell_delegate.hpp"
#include "app/ui/panel/column.hpp"
#include "app/ui/panel/view_state.hpp"

#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QTableView>
#include <QToolButton>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

HistoryPanel::HistoryPanel(QWidget *parent)
    : DebugPanel(u"history"_s, u"History"_s, parent), m_table(new QTableView), m_status(new QLabel),
      m_cancel(new QToolButton) {
    prepareTable(*m_table);
    m_table->setModel(&m_hits);
    m_table->setAccessibleName(u"Answers of the recording"_s);
    const int em = fontMetrics().averageCharWidth();
    const int widths[] = {16, 30, 18, 24};
    for (int i = 0; i < 4; ++i)
        m_table->setColumnWidth(i, em * widths[i]);
    m_status->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_status->setWordWrap(true);
    m_cancel->setText(u"Cancel"_s);
    m_cancel->setToolTip(u"Stop looking, and go back to where the question was asked"_s);
    m_cancel->hide();
    auto *line = new QWidget;
    auto *layout = new QHBoxLayout(line);
    layout->setContentsMargins(4, 2, 4, 2);
    layout->addWidget(m_status, 1);
    layout->addWidget(m_cancel);
    m_stack = new EmptyStack(
        makeColumn({line, m_table}, m_table), u"Nothing asked yet"_s,
        u"In a recording, ask who wrote a byte of memory or who reads it next, in the memory and stack "
        "panels, or when a function ran, in the disassembly."_s);
    m_stack->setEmpty(true);
    fillColumn(*this, {m_stack});
    setFocusProxy(m_table);
    connect(m_cancel, &QToolButton::clicked, this, [this] {
        if (target() && m_question)
            target()->cancelQuestion();
    });
    connect(m_table, &QTableView::activated, this, [this](const QModelIndex &cell) {
        if (const HistoryHit *hit = m_hits.at(cell.row()); hit && !m_question)
            emit instructionChosen(hit->instruction);
    });
}

void HistoryPanel::attach() {
    m_question.reset();
    m_cancel->hide();
    connect(target(), &DebugTarget::answered, this, &HistoryPanel::take);
    connect(target(), &DebugTarget::askedSoFar, this, [this](quint64 instruction, qsizetype hits) {
        if (m_question)
            showAsking(u"%1: at instruction %L2, %L3 found"_s.arg(questionText(*m_question))
                           .arg(qulonglong(instruction))
                           .arg(hits));
    });
}

void HistoryPanel::ask(const HistoryQuestion &question) {
    if (!target() || m_question || !isStopped())
        return;
    if (target()->reverseProblem().isEmpty()) {
        m_question = question;
        m_hits.setRecords({});
        m_stack->setEmpty(false);
        showAsking(questionText(question) + u"…"_s);
    }
    target()->ask(question); // refuses in words what cannot be asked
}

void HistoryPanel::showAsking(const QString &text) {
    m_status->setText(text);
    m_cancel->show();
}

void HistoryPanel::take(const HistoryAnswer &answer) {
    m_question.reset();
    m_cancel->hide();
    m_stack->setEmpty(false);
    QString text = questionText(answer.question) + u": "_s;
    text += answer.hits.isEmpty() && !answer.remark.isEmpty() ? answer.remark
            : answer.question.kind == HistoryQuestion::Kind::runs
                ? (answer.hits.size() == 1 ? u"once."_s : u"%L1 times."_s.arg(answer.hits.size()))
                : u"found."_s;
    if (!answer.hits.isEmpty() && !answer.remark.isEmpty())
        text += u' ' + answer.remark;
    m_status->setText(text);
    m_hits.setRecords(answer.hits);
}

QString HistoryPanel::status() const {
    return m_status->text();
}

void HistoryPanel::copy() {
    QGuiApplication::clipboard()->setText(selectedCellsText(*m_table));
}

void HistoryPanel::selectAll() {
    m_table->selectAll();
}

QJsonObject HistoryPanel::viewState() const {
    return {{u"columns"_s, stateText(*m_table->horizontalHeader())}};
}

void HistoryPanel::restoreViewState(const QJsonObject &state) {
    restoreStateText(*m_table->horizontalHeader(), state[u"columns"_s].toString());
}

} // namespace nitroscope::app
