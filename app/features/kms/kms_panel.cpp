// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/kms/kms_panel.hpp"

#include "app/session/kms/kms_decision.hpp"
#include "app/ui/bars/empty_state.hpp"
#include "app/ui/bars/filter_bar.hpp"
#include "app/ui/lists/following_table.hpp"
#include "app/ui/panel/column.hpp"
#include "app/ui/panel/view_state.hpp"
#include "app/ui/theme/theme.hpp"

#include <QAction>
#include <QCheckBox>
#include <QClipboard>
#include <QEvent>
#include <QGuiApplication>
#include <QLabel>
#include <QPlainTextEdit>
#include <QTextBlock>
#include <QTextDocumentFragment>

namespace nitroscope::app {

namespace {

QPlainTextEdit *makeText(const QString &name) {
    auto *text = new QPlainTextEdit;
    text->setReadOnly(true);
    text->setAccessibleName(name);
    text->setFont(theme::monospace());
    text->setLineWrapMode(QPlainTextEdit::NoWrap);
    text->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    return text;
}

Tone toneOf(PolicyMark::Kind kind) {
    return kind == PolicyMark::Kind::holds || kind == PolicyMark::Kind::allows ? Tone::good : Tone::bad;
}

} // namespace

KmsPanel::KmsPanel(QAction *start, const QList<QAction *> &actions, QWidget *parent)
    : Panel(u"kms"_s, u"KMS"_s, parent), m_filter(new FilterBar(u"Filter calls"_s, u"Text in calls shown"_s)),
      m_onlyRefused(new QCheckBox(u"Refused only"_s)),
      m_table(new FollowingTable(m_model, FollowingTable::Follow::end, FollowingTable::FirstRow::always)),
      m_decision(makeText(u"Decision over the call"_s)), m_policy(makeText(u"Policy of the key"_s)),
      m_findings(new QLabel), m_splitter(new QSplitter(Qt::Vertical)) {
    m_table->setAccessibleName(u"Calls of KMS"_s);
    const int em = fontMetrics().averageCharWidth();
    const int widths[] = {14, 20, 34, 40, 24};
    for (int column = 0; column < KmsListModel::columnCountValue; ++column)
        m_table->setColumnWidth(column, em * widths[column]);
    m_table->setContextMenuPolicy(Qt::ActionsContextMenu);
    for (QAction *action : actions) {
        if (!action) {
            action = new QAction(m_table);
            action->setSeparator(true);
        }
        m_table->addAction(action);
    }
    m_findings->setTextFormat(Qt::PlainText);
    m_findings->setWordWrap(true);
    m_findings->setContentsMargins(8, 2, 8, 2);
    auto *const sides = new QSplitter(Qt::Horizontal);
    sides->setChildrenCollapsible(false);
    sides->addWidget(m_decision);
    sides->addWidget(makeColumn({m_policy, m_findings}, m_policy));
    m_splitter->setChildrenCollapsible(false);
    m_splitter->addWidget(m_table);
    m_splitter->addWidget(sides);
    m_filter->add(m_onlyRefused);
    m_stack = new EmptyStack(
        makeColumn({m_filter, m_splitter}, m_splitter), u"No calls of KMS yet"_s,
        u"A KMS beside the enclave answers what it dials on vsock port 8000, and each call appears here with the decision over it. "
        "A saved capture with such calls can be opened as well."_s,
        start);
    fillColumn(*this, {m_stack});
    m_stack->setEmpty(true);
    setFocusProxy(m_table);

    connect(m_filter, &FilterBar::changed, this, &KmsPanel::applyFilter);
    connect(m_onlyRefused, &QCheckBox::toggled, this, &KmsPanel::applyFilter);
    connect(m_table, &FollowingTable::currentRecordChanged, this, &KmsPanel::showCall);
    connect(m_table, &FollowingTable::chosen, this, [this](int source) {
        if (const auto offset = m_model.call(source).offset)
            emit recordChosen(*offset);
    });
    connect(&m_model, &QAbstractItemModel::modelReset, this, &KmsPanel::refreshStatus);
    connect(&m_model, &QAbstractItemModel::rowsInserted, this, &KmsPanel::refreshStatus);
}

const ShownKmsCall *KmsPanel::current() const {
    const int source = m_table->current();
    return source < 0 || source >= m_model.sourceCount() ? nullptr : &m_model.call(source);
}

bool KmsPanel::showRecord(quint64 offset) {
    m_model.flush();
    const int source = m_model.findRecord(offset);
    if (source < 0)
        return false;
    if (!m_table->showRecord(source)) {
        m_onlyRefused->setChecked(false);
        m_filter->clear();
        m_model.flush();
        m_table->showRecord(source);
    }
    return true;
}

QString KmsPanel::decisionText() const {
    return m_decision->toPlainText();
}

QString KmsPanel::policyText() const {
    return m_policy->toPlainText();
}

QString KmsPanel::findingsText() const {
    return m_findings->text();
}

std::vector<int> KmsPanel::markedLines() const {
    std::vector<int> lines;
    for (const QTextEdit::ExtraSelection &mark : m_policy->extraSelections())
        lines.push_back(mark.cursor.blockNumber() + 1);
    return lines;
}

void KmsPanel::showCall() {
    const ShownKmsCall *const shown = current();
    QString decision;
    if (shown) {
        decision = pcapng::kmsCallText(shown->call) + u'\n';
        if (!shown->call.message.isEmpty())
            decision += shown->call.message + u'\n';
        decision += shown->call.explanation;
    }
    m_decision->setPlainText(visibleText(decision, LineBreaks::kept));
    m_policy->setPlainText(shown ? visibleText(shown->call.policy, LineBreaks::kept) : QString());
    const QStringList findings = shown ? policyFindings(shown->call.policy) : QStringList();
    constexpr qsizetype maxFindings = 5;
    QString text = findings.mid(0, maxFindings).join(u'\n');
    if (findings.size() > maxFindings)
        text += u"\n… and %1 more; `nitroscope-cli kms lint` lists all."_s.arg(findings.size() - maxFindings);
    m_findings->setText(visibleText(text, LineBreaks::kept));
    m_findings->setVisible(!text.isEmpty());
    markPolicy();
}

void KmsPanel::markPolicy() {
    QList<QTextEdit::ExtraSelection> selections;
    const ShownKmsCall *const shown = current();
    for (const PolicyMark &mark : policyMarks(shown ? shown->call.explanation : QString())) {
        const QTextBlock block = m_policy->document()->findBlockByNumber(mark.line - 1);
        if (!block.isValid())
            continue;
        QTextEdit::ExtraSelection selection;
        selection.cursor = QTextCursor(block);
        selection.format.setProperty(QTextFormat::FullWidthSelection, true);
        selection.format.setBackground(
            theme::rangeBackground(palette(), theme::toneColor(palette(), toneOf(mark.kind))));
        selections << selection;
    }
    m_policy->setExtraSelections(selections);
    // The first that failed is what one looks for.
    for (const PolicyMark &mark : policyMarks(shown ? shown->call.explanation : QString()))
        if (mark.kind == PolicyMark::Kind::fails) {
            m_policy->setTextCursor(QTextCursor(m_policy->document()->findBlockByNumber(mark.line - 1)));
            break;
        }
}

void KmsPanel::changeEvent(QEvent *event) {
    Panel::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        markPolicy();
}

void KmsPanel::applyFilter() {
    m_model.setFilter({m_onlyRefused->isChecked(), m_filter->text()});
}

void KmsPanel::refreshStatus() {
    m_stack->setEmpty(m_model.sourceCount() == 0);
    m_filter->setStatus(listStatusText({.shown = m_model.rowCount(),
                                        .all = m_model.sourceCount(),
                                        .unit = u"calls"_s,
                                        .notKept = m_model.notKept()}));
}

void KmsPanel::copy() {
    for (const QPlainTextEdit *text : {m_decision, m_policy})
        if (text->textCursor().hasSelection() && text->hasFocus()) {
            QGuiApplication::clipboard()->setText(text->textCursor().selection().toPlainText());
            return;
        }
    if (current())
        QGuiApplication::clipboard()->setText(decisionText());
}

void KmsPanel::find() {
    if (!m_stack->isEmpty())
        m_filter->startTyping();
}

QJsonObject KmsPanel::viewState() const {
    return {{u"columns"_s, stateText(*m_table->horizontalHeader())},
            {u"splitter"_s, stateText(*m_splitter)},
            {u"runs"_s, m_choice.isOn},
            {u"policy"_s, m_choice.policy}};
}

void KmsPanel::restoreViewState(const QJsonObject &state) {
    restoreStateText(*m_table->horizontalHeader(), state[u"columns"_s].toString());
    restoreStateText(*m_splitter, state[u"splitter"_s].toString());
    m_choice = {state[u"runs"_s].toBool(), state[u"policy"_s].toString()};
    emit choiceRestored();
}

} // namespace nitroscope::app
