// SPDX-License-Identifier: GPL-2.0-or-later
//
// The bar above a list that says what of it is shown: choices, a text field, and how much that is. All lists
// with a filter have the same one, so that they look and answer alike.
//
// With a language the text is an expression of it or words to look for. It is completed while it is typed, and says by
// colour, mark and sentence whether it is right; a wrong one leaves the filter before it in force.
#pragma once

#include "app/ui/lists/list_filter.hpp"

#include <functional>
#include <QList>
#include <QStringList>
#include <QVariant>
#include <QWidget>
#include <utility>

class QAction;
class QComboBox;
class QCompleter;
class QHBoxLayout;
class QLineEdit;

namespace nitroscope::app {

class ElidedLabel;

// A combo box with an accessible name for itself and its list.
QComboBox *makeChoice(const QString &name, const QList<std::pair<QString, QVariant>> &items);

// What a filtered list says of itself: "12 of 40 packets, 3 later ones not listed · 2 rules · 5 lost".
struct ListStatus {
    int shown = 0, all = 0;
    QString unit = {};   // "packets"; empty when the panel says it
    quint64 notKept = 0; // by the account, which is bounded
    qsizetype rules = 0; // breaks and faults that are set
    QString note = {};
};
QString listStatusText(const ListStatus &status);

class FilterBar : public QWidget {
    Q_OBJECT
public:
    FilterBar(const QString &placeholder, const QString &accessibleName, QWidget *parent = nullptr);

    // In front of the text field. The first item of a choice means everything.
    QComboBox *addChoice(const QString &name, const QList<std::pair<QString, QVariant>> &items);
    void add(QWidget *widget);

    // The list's fields, and what it knows a field to hold.
    void setLanguage(std::span<const ListField> fields, std::function<QStringList(int field)> values);
    // Of the last text that was right.
    const ListFilter &filter() const { return m_filter; }
    // What is wrong with the text, and where; empty when it is right.
    const QString &problem() const { return m_problem; }
    bool isExpression() const;
    // The filters that were in use, the latest first; part of what a layout remembers.
    static constexpr qsizetype maxHistory = 20;
    const QStringList &history() const { return m_history; }
    void setHistory(const QStringList &filters);

    QString text() const;
    void setText(const QString &text);
    // Everything is let through again; one changed(), if that is news.
    void clear();
    void startTyping(); // focus to the text, which is selected
    void setStatus(const QString &text);
    QLineEdit &edit() { return *m_text; }

signals:
    void changed();

protected:
    void changeEvent(QEvent *event) override;
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    void takeText();
    void showState();
    void complete();
    void insert(const QString &word);
    void remember();
    void popUpHistory();

    QHBoxLayout *m_layout;
    QLineEdit *m_text;
    ElidedLabel *m_status;
    QString m_statusText;
    QList<QComboBox *> m_choices;
    int m_added = 0; // widgets in front of the text
    std::span<const ListField> m_fields;
    std::function<QStringList(int field)> m_values;
    ListFilter m_filter;
    QString m_problem;
    QAction *m_mark = nullptr; // in the field, while there is a problem
    QCompleter *m_completer = nullptr;
    qsizetype m_wordStart = 0; // of the word that is being completed
    QStringList m_history;
};

} // namespace nitroscope::app
