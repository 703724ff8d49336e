// SPDX-License-Identifier: GPL-2.0-or-later
//
// All commands with their shortcuts; a shortcut can be changed, and a conflict is named instead of resolved
// silently.
#pragma once

#include <QDialog>

class QKeySequenceEdit;
class QLabel;
class QLineEdit;
class QTreeWidget;

namespace nitroscope::app {

class ActionRegistry;

class ShortcutDialog : public QDialog {
    Q_OBJECT
public:
    ShortcutDialog(ActionRegistry &registry, QWidget *parent);

    // For tests: choose a command and give it a shortcut; false when it was refused.
    bool assign(const QString &id, const QKeySequence &shortcut);
    QString message() const;

signals:
    void shortcutsChanged();

private:
    void refresh();
    void showCurrent();

    ActionRegistry &m_registry;
    QLineEdit *m_filter;
    QTreeWidget *m_list;
    QKeySequenceEdit *m_editor;
    QLabel *m_message;
};

} // namespace nitroscope::app
