// SPDX-License-Identifier: GPL-2.0-or-later
//
// The strip above the panels that says how a run ended or why a file could not be opened, with what the user
// can do. It waits to be read: no pop-up, nothing modal, and everything shown so far stays visible below.
#pragma once

#include "app/formats/tree/node.hpp"

#include <QFrame>
#include <vector>

class QAction;
class QHBoxLayout;
class QLabel;

namespace nitroscope::app {

class Banner : public QFrame {
    Q_OBJECT
public:
    explicit Banner(QWidget *parent = nullptr);

    // `message` in bold, `advice` below it (may be empty); one button per action, then a close button.
    void display(formats::Severity severity, const QString &message, const QString &advice,
                 const std::vector<QAction *> &actions);
    void dismiss();
    const QString &message() const { return m_messageText; }
    const QString &advice() const { return m_adviceText; }
    // What "Copy details" puts on the clipboard.
    QString details() const;

protected:
    void paintEvent(QPaintEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    void refreshIcon();

    formats::Severity m_severity = formats::Severity::none;
    QString m_messageText, m_adviceText;
    QLabel *m_icon;
    QLabel *m_message;
    QLabel *m_advice;
    QWidget *m_buttons;
    QHBoxLayout *m_buttonLayout;
};

} // namespace nitroscope::app
