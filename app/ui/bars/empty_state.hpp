// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a panel shows while it has nothing to show: a sentence that says what will appear here, and how to get
// it there. EmptyStack holds it together with the real content.
#pragma once

#include <QStackedWidget>

class QAction;
class QLabel;

namespace nitroscope::app {

class EmptyStack : public QStackedWidget {
    Q_OBJECT
public:
    // `action`, when given, becomes a button below the text.
    EmptyStack(QWidget *content, const QString &title, const QString &text, QAction *action = nullptr,
               QWidget *parent = nullptr);

    void setEmpty(bool empty);
    bool isEmpty() const { return currentIndex() == 1; }
    void setText(const QString &title, const QString &text);

protected:
    void changeEvent(QEvent *event) override;
    void showEvent(QShowEvent *event) override;

private:
    void refreshColors();

    QLabel *m_title;
    QLabel *m_text;
};

} // namespace nitroscope::app
