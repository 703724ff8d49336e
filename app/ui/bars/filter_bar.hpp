// SPDX-License-Identifier: GPL-2.0-or-later
//
// The bar above a list that says what of it is shown: choices, a text field, and how much that is. All lists
// with a filter have the same one, so that they look and answer alike.
#pragma once

#include <QList>
#include <QVariant>
#include <QWidget>
#include <utility>

class QComboBox;
class QHBoxLayout;
class QLabel;
class QLineEdit;

namespace nitroscope::app {

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

    QString text() const;
    void setText(const QString &text);
    // Everything is let through again; one changed(), if that is news.
    void clear();
    void startTyping(); // focus to the text, which is selected
    void setStatus(const QString &text);
    QLineEdit &edit() { return *m_text; }

signals:
    void changed();

private:
    QHBoxLayout *m_layout;
    QLineEdit *m_text;
    QLabel *m_status;
    QList<QComboBox *> m_choices;
    int m_added = 0; // widgets in front of the text
};

} // namespace nitroscope::app
