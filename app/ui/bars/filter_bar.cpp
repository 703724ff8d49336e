// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/ui/bars/filter_bar.hpp"

#include <QAbstractItemView>
#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QSignalBlocker>

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
    : QWidget(parent), m_layout(new QHBoxLayout(this)), m_text(new QLineEdit), m_status(new QLabel) {
    m_layout->setContentsMargins(8, 4, 8, 4);
    m_layout->setSpacing(6);
    m_text->setPlaceholderText(placeholder);
    m_text->setAccessibleName(accessibleName);
    m_text->setClearButtonEnabled(true);
    m_layout->addWidget(m_text, 1);
    m_layout->addWidget(m_status);
    connect(m_text, &QLineEdit::textChanged, this, &FilterBar::changed);
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
    m_status->setText(text);
}

} // namespace nitroscope::app
