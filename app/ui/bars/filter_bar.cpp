// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/ui/bars/filter_bar.hpp"

#include "app/core/filter/filter_completion.hpp"
#include "app/core/output/visible_text.hpp"
#include "app/ui/actions/menus.hpp"
#include "app/ui/bars/elided_label.hpp"
#include "app/ui/theme/icons.hpp"
#include "app/ui/theme/theme.hpp"

#include <QAbstractItemView>
#include <QAction>
#include <QComboBox>
#include <QCompleter>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLineEdit>
#include <QMenu>
#include <QSignalBlocker>
#include <QStringListModel>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

QComboBox *makeChoice(const QString &name, const QList<std::pair<QString, QVariant>> &items) {
    auto *box = new QComboBox;
    box->setAccessibleName(name);
    box->view()->setAccessibleName(name);
    box->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    for (const auto &[text, value] : items)
        box->addItem(text, value);
    return box;
}

QString listStatusText(const ListStatus &status) {
    QString text = status.all == status.shown ? QString::number(status.all)
                                              : u"%1 of %2"_s.arg(status.shown).arg(status.all);
    if (!status.unit.isEmpty())
        text += u' ' + status.unit;
    if (status.notKept > 0)
        text += u", %1 later ones not listed"_s.arg(status.notKept);
    if (status.rules > 0)
        text += u" · %1 %2"_s.arg(status.rules).arg(status.rules == 1 ? u"rule"_s : u"rules"_s);
    if (!status.note.isEmpty())
        text += u" · "_s + status.note;
    return text;
}

FilterBar::FilterBar(const QString &placeholder, const QString &accessibleName, QWidget *parent)
    : QWidget(parent), m_layout(new QHBoxLayout(this)), m_text(new QLineEdit),
      m_status(new ElidedLabel(Qt::ElideRight)) {
    m_layout->setContentsMargins(8, 4, 8, 4);
    m_layout->setSpacing(6);
    m_text->setPlaceholderText(placeholder);
    m_text->setAccessibleName(accessibleName);
    m_text->setClearButtonEnabled(true);
    m_layout->addWidget(m_text, 1);
    m_layout->addWidget(m_status);
    connect(m_text, &QLineEdit::textChanged, this, &FilterBar::takeText);
}

QComboBox *FilterBar::addChoice(const QString &name, const QList<std::pair<QString, QVariant>> &items) {
    QComboBox *box = makeChoice(name, items);
    connect(box, &QComboBox::currentIndexChanged, this, &FilterBar::changed);
    m_choices << box;
    add(box);
    return box;
}

void FilterBar::add(QWidget *widget) {
    m_layout->insertWidget(m_added++, widget);
}

QString FilterBar::text() const {
    return m_text->text();
}

void FilterBar::setText(const QString &text) {
    m_text->setText(text);
}

void FilterBar::clear() {
    bool isNews = !m_text->text().isEmpty();
    {
        const QSignalBlocker quiet(this);
        m_text->clear();
        for (QComboBox *box : std::as_const(m_choices)) {
            isNews = isNews || box->currentIndex() != 0;
            box->setCurrentIndex(0);
        }
    }
    if (isNews)
        emit changed();
}

void FilterBar::startTyping() {
    m_text->setFocus();
    m_text->selectAll();
}

void FilterBar::setStatus(const QString &text) {
    m_statusText = text;
    if (m_problem.isEmpty())
        m_status->setText(text);
}

void FilterBar::setLanguage(std::span<const ListField> fields, std::function<QStringList(int)> values) {
    m_fields = fields;
    m_values = std::move(values);
    QStringList names;
    for (const ListField &field : fields)
        names << u"%1: %2"_s.arg(QLatin1String(field.name), QLatin1String(field.help));
    m_text->setToolTip(
        u"Words to look for, or an expression such as %1==… and not text contains …\n%2\nDown shows the "
        "filters used before."_s.arg(QLatin1String(fields.front().name), names.join(u'\n')));
    m_completer = new QCompleter(new QStringListModel(this), this);
    m_completer->setWidget(m_text);
    m_completer->setCompletionMode(QCompleter::UnfilteredPopupCompletion);
    m_completer->popup()->setAccessibleName(u"What can come next"_s);
    connect(m_completer, qOverload<const QString &>(&QCompleter::activated), this, &FilterBar::insert);
    connect(m_text, &QLineEdit::textEdited, this, &FilterBar::complete);
    connect(m_text, &QLineEdit::editingFinished, this, &FilterBar::remember);
    m_text->installEventFilter(this);
    m_mark = m_text->addAction(icons::named(u"error"_s), QLineEdit::LeadingPosition);
    m_mark->setVisible(false);
}

bool FilterBar::isExpression() const {
    return m_problem.isEmpty() && !m_filter.isEmpty() && m_filter.words().isEmpty();
}

void FilterBar::takeText() {
    if (m_fields.empty()) {
        emit changed();
        return;
    }
    auto filter = ListFilter::parse(text(), m_fields);
    m_problem =
        filter
            ? QString()
            : u"At character %1: %2"_s.arg(filter.error().offset.value_or(0) + 1).arg(filter.error().message);
    showState();
    if (!filter)
        return;
    m_filter = *std::move(filter);
    emit changed();
}

// Colour, and a mark with a sentence: not by colour alone.
void FilterBar::showState() {
    QPalette colors; // of which only the ground is its own
    if (!m_problem.isEmpty() || isExpression())
        colors.setColor(
            QPalette::Base,
            theme::rangeBackground(
                palette(), theme::toneColor(palette(), m_problem.isEmpty() ? Tone::good : Tone::bad)));
    m_text->setPalette(colors);
    m_text->setAccessibleDescription(m_problem);
    m_mark->setVisible(!m_problem.isEmpty());
    m_mark->setToolTip(m_problem);
    m_status->setText(m_problem.isEmpty() ? m_statusText : m_problem);
}

void FilterBar::complete() {
    const auto infos = filterFieldsOf(m_fields);
    const FilterCompletion completion = completeFilter(text(), m_text->cursorPosition(), infos, m_values);
    m_wordStart = completion.start;
    if (completion.words.isEmpty()) {
        m_completer->popup()->hide();
        return;
    }
    static_cast<QStringListModel *>(m_completer->model())->setStringList(completion.words);
    m_completer->complete();
}

void FilterBar::insert(const QString &word) {
    const QString whole = text();
    const auto cursor = static_cast<qsizetype>(m_text->cursorPosition());
    m_text->setText(whole.left(m_wordStart) + word + whole.mid(cursor));
    m_text->setCursorPosition(static_cast<int>(m_wordStart + word.size()));
}

void FilterBar::remember() {
    const QString used = text().trimmed();
    if (used.isEmpty() || !m_problem.isEmpty())
        return;
    m_history.removeAll(used);
    m_history.prepend(used);
    m_history = m_history.mid(0, maxHistory);
}

void FilterBar::setHistory(const QStringList &filters) {
    m_history = filters.mid(0, maxHistory);
}

void FilterBar::popUpHistory() {
    if (m_history.isEmpty())
        return;
    QMenu *menu = makeContextMenu(this);
    for (const QString &filter : std::as_const(m_history)) {
        QString label = visibleText(filter);
        connect(menu->addAction(label.replace(u'&', u"&&"_s)), &QAction::triggered, this,
                [this, filter] { setText(filter); });
    }
    menu->popup(m_text->mapToGlobal(m_text->rect().bottomLeft()));
}

bool FilterBar::eventFilter(QObject *watched, QEvent *event) {
    if (watched == m_text && event->type() == QEvent::KeyPress &&
        static_cast<QKeyEvent *>(event)->key() == Qt::Key_Down && !m_completer->popup()->isVisible()) {
        popUpHistory();
        return true;
    }
    return QWidget::eventFilter(watched, event);
}

void FilterBar::changeEvent(QEvent *event) {
    QWidget::changeEvent(event);
    if (!m_fields.empty() && (event->type() == QEvent::PaletteChange || event->type() == QEvent::StyleChange))
        showState();
}

} // namespace nitroscope::app
