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
