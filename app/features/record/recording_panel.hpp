// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where one stands in the open recording, how far a seek is, and the places that are kept.
#pragma once

#include "app/features/record/bookmark_model.hpp"
#include "app/features/record/recording_navigator.hpp"
#include "app/ui/panel/panel.hpp"

class QAction;
class QLabel;
class QProgressBar;
class QTableView;
class QToolButton;

namespace nitroscope::app {

class EmptyStack;
struct RunMoment;

class RecordingPanel : public Panel {
    Q_OBJECT
public:
    // The actions of its context menu, nullptr for a separator. All outlive the panel.
    RecordingPanel(RecordingNavigator &navigator, const QList<QAction *> &actions, QAction *openAction);

    void setMoment(const std::optional<RunMoment> &moment);
    // The bookmark chosen; empty when there is none.
    QString chosenName() const;
    QString placeText() const; // what the line above the list says
    QTableView &table() { return *m_table; }
    QToolButton &cancelButton() { return *m_cancel; }
    void copy() override;

protected:
    void contextMenuEvent(QContextMenuEvent *event) override;

private:
    void refresh();
    void showProgress(quint64 instruction);

    RecordingNavigator &m_navigator;
    QList<QAction *> m_menuActions;
    BookmarkModel m_model;
    QLabel *m_place;
    QProgressBar *m_progress;
    QToolButton *m_cancel;
    QTableView *m_table;
    EmptyStack *m_stack;
    QString m_time; // of the guest's clock
};

} // namespace nitroscope::app
