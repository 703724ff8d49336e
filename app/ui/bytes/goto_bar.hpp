// SPDX-License-Identifier: GPL-2.0-or-later
//
// One line to type an offset into: "0x1f8", "504", "+0x10".
#pragma once

#include <QWidget>

class QLabel;
class QLineEdit;

namespace nitroscope::app {

class GotoBar : public QWidget {
    Q_OBJECT
public:
    explicit GotoBar(QWidget *parent = nullptr);

    // Offsets beginning with + or - count from `current`.
    void open(quint64 current, quint64 size);

signals:
    void accepted(quint64 offset);
    void dismissed();

protected:
    void keyPressEvent(QKeyEvent *event) override;

private:
    void accept();

    quint64 m_current = 0;
    quint64 m_size = 0;
    QLineEdit *m_input;
    QLabel *m_message;
};

} // namespace nitroscope::app
