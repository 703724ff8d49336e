// SPDX-License-Identifier: GPL-2.0-or-later
//
// The find strip that console, hex view and others share: what to look for, next, previous, what came of it.
// With kinds, the user chooses how the input is read (text or bytes).
#pragma once

#include <QWidget>

class QComboBox;
class QLabel;
class QLineEdit;

namespace nitroscope::app {

class FindBar : public QWidget {
    Q_OBJECT
public:
    enum class Kinds { textOnly, textOrBytes };
    explicit FindBar(Kinds kinds, QWidget *parent = nullptr);

    void open();
    QString text() const;
    bool readsBytes() const;
    void setText(const QString &text);
    // "No match", "Continued from the start"; empty clears.
    void setResult(const QString &result);

public slots:
    void findNext();
    void findPrevious();
    void dismiss();

signals:
    void nextRequested();
    void previousRequested();
    void dismissed();

protected:
    void keyPressEvent(QKeyEvent *event) override;

private:
    QLineEdit *m_input;
    QComboBox *m_kind = nullptr;
    QLabel *m_result;
};

} // namespace nitroscope::app
