// SPDX-License-Identifier: GPL-2.0-or-later
//
// Everything that the capture has on one time axis, with a filter above and what is chosen in words below.
// The window ties it to the other panels: what is chosen here is chosen there, and the other way round.
#pragma once

#include "app/features/timeline/timeline_model.hpp"
#include "app/ui/panel/panel.hpp"

#include <span>

class QComboBox;
class QLabel;
class QMenu;

namespace nitroscope::app {

class EmptyStack;
class FilterBar;
class TimelineView;

class TimelinePanel : public Panel {
    Q_OBJECT
public:
    static constexpr size_t maxCopied = 100'000; // events at once

    // The actions of its context menu, nullptr for a separator; they outlive the panel.
    explicit TimelinePanel(const QList<QAction *> &actions, QWidget *parent = nullptr);

    TimelineModel &model() { return m_model; }
    TimelineView &view() { return *m_view; }
    FilterBar &filterBar() { return *m_filter; }
    // Chooses it without telling anybody, taking a filter off that hides it; nothing for -1.
    void showEvent(int number);
    TimelineClock clock() const { return m_model.clock(); }
    void setClock(TimelineClock clock);
    void setLaneShown(TimelineLane lane, bool on);

    enum class CopyForm { text, json, csv };
    // The chosen event, or all between the two points that are measured.
    void copyAs(CopyForm form);
    QString spelled(CopyForm form) const;
    void copy() override { copyAs(CopyForm::text); }
    void find() override;
    void findNext() override;
    void findPrevious() override;
    QJsonObject viewState() const override;
    void restoreViewState(const QJsonObject &state) override;

signals:
    void eventChosen(int number);
    void eventOpened(int number); // wants to be seen where it belongs

protected:
    void contextMenuEvent(QContextMenuEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;

private:
    void buildFilter();
    void applyFilter();
    void fillLanes();
    void refresh();
    std::span<const int> measured(TimelineLane lane) const; // events between the two points, by time
    size_t measuredCount() const;

    QList<QAction *> m_menuActions;
    TimelineModel m_model;
    TimelineView *m_view;
    FilterBar *m_filter;
    QComboBox *m_which, *m_clock;
    QMenu *m_lanes;
    QLabel *m_details;
    EmptyStack *m_stack;
    quint32 m_hidden = 0; // bit per lane
};

} // namespace nitroscope::app
