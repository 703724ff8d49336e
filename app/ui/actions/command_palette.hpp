// SPDX-License-Identifier: GPL-2.0-or-later
//
// Type a few letters of any command, press Return. Lists the action registry; letters match in order, words
// first.
#pragma once

#include <QDialog>

class QLineEdit;
class QTreeWidget;

namespace nitroscope::app {

class ActionRegistry;

class CommandPalette : public QDialog {
    Q_OBJECT
public:
    CommandPalette(const ActionRegistry &registry, QWidget *parent);

    int matchCount() const;

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    void refresh();
    void runCurrent();

    const ActionRegistry &m_registry;
    QLineEdit *m_input;
    QTreeWidget *m_list;
};

} // namespace nitroscope::app
