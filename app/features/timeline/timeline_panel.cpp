// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/timeline/timeline_panel.hpp"

#include "app/core/output/visible_text.hpp"
#include "app/features/timeline/timeline_view.hpp"
#include "app/session/nsm/nsm_transaction.hpp"
#include "app/ui/actions/menus.hpp"
#include "app/ui/bars/empty_state.hpp"
#include "app/ui/bars/filter_bar.hpp"
#include "app/ui/panel/column.hpp"

#include <algorithm>
#include <QClipboard>
#include <QComboBox>
#include <QContextMenuEvent>
#include <QGuiApplication>
#include <QJsonDocument>
#include <QLabel>
#include <QMenu>
#include <QToolButton>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

TimelinePanel::TimelinePanel(const QList<QAction *> &actions, QWidget *parent)
    : Panel(u"timeline"_s, u"Timeline"_s, parent), m_menuActions(actions), m_view(new TimelineView(m_model)),
      m_filter(new FilterBar(u"Filter, such as lane==NSM and duration>1ms"_s, u"Events shown"_s)),
      m_lanes(new QMenu(this)), m_details(new QLabel) {
    buildFilter();
    m_details->setTextFormat(Qt::PlainText);
    m_details->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_details->setAccessibleName(u"Chosen event"_s);
    m_details->setContentsMargins(8, 3, 8, 3);
    m_details->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
    m_stack = new EmptyStack(
        makeColumn({m_filter, m_view, m_details}, m_view), u"Nothing on the timeline yet"_s,
        u"Boot stages, console lines, NSM requests, PCR changes, vsock traffic, breaks and what "
        "plugins trace appear here on one time axis while an enclave runs. A saved capture "
        "(.pcapng) can be opened as well: drop it on this window."_s);
    fillColumn(*this, {m_stack});
    setFocusProxy(m_view);
    connect(&m_model, &TimelineModel::changed, this, &TimelinePanel::refresh);
    connect(&m_model, &TimelineModel::filtered, this, &TimelinePanel::refresh);
    connect(m_view, &TimelineView::measureChanged, this, &TimelinePanel::refresh);
    connect(m_view, &TimelineView::chosen, this, [this](int number) {
        refresh();
        emit eventChosen(number);
    });
    connect(m_view, &TimelineView::opened, this, &TimelinePanel::eventOpened);
    refresh();
}

void TimelinePanel::buildFilter() {
    m_which = m_filter->addChoice(u"Which events"_s, {{u"All events"_s, {}}, {u"Worth a look"_s, true}});
    m_which->setToolTip(u"“Worth a look” leaves failures, faults, breaks and losses"_s);
    auto *lanes = new QToolButton;
    lanes->setText(u"Lanes"_s);
    lanes->setAccessibleName(u"Lanes shown"_s);
    lanes->setToolTip(u"Which sources have a lane"_s);
    lanes->setPopupMode(QToolButton::InstantPopup);
    lanes->setMenu(m_lanes);
    m_filter->add(lanes);
    connect(m_lanes, &QMenu::aboutToShow, this, &TimelinePanel::fillLanes);
    m_clock = makeChoice(u"Clock of the axis"_s, {{u"Guest's clock"_s, {}}, {u"Host's clock"_s, {}}});
    m_clock->setToolTip(u"The guest's clock stands still while the machine is stopped"_s);
    m_filter->add(m_clock);
    connect(m_clock, &QComboBox::currentIndexChanged, this,
            [this](int index) { m_model.setClock(index == 0 ? TimelineClock::guest : TimelineClock::host); });
    m_filter->setLanguage(TimelineModel::fields(), [this](int field) { return m_model.valuesOf(field); });
    connect(m_filter, &FilterBar::changed, this, &TimelinePanel::applyFilter);
}

void TimelinePanel::fillLanes() {
    m_lanes->clear();
    for (int i = 0; i < timelineLanes; ++i) {
        const auto lane = static_cast<TimelineLane>(i);
        const int size = m_model.laneSize(lane);
        QAction *action =
            m_lanes->addAction(size > 0 ? u"%1 (%2)"_s.arg(laneName(lane)).arg(size) : laneName(lane));
        action->setCheckable(true);
        action->setChecked(!(m_hidden >> i & 1));
        action->setEnabled(size > 0);
        connect(action, &QAction::toggled, this, [this, lane](bool on) { setLaneShown(lane, on); });
    }
}

void TimelinePanel::setLaneShown(TimelineLane lane, bool on) {
    const quint32 bit = 1U << static_cast<int>(lane);
    m_hidden = on ? m_hidden & ~bit : m_hidden | bit;
    applyFilter();
}

void TimelinePanel::setClock(TimelineClock clock) {
    m_clock->setCurrentIndex(clock == TimelineClock::guest ? 0 : 1);
}

void TimelinePanel::applyFilter() {
    m_model.setFilter({m_filter->text(), ~m_hidden, m_which->currentIndex() > 0});
}

void TimelinePanel::refresh() {
    const size_t all = m_model.events().size();
    m_stack->setEmpty(all == 0);
    const auto shown = static_cast<size_t>(m_model.shownCount());
    QString status = shown == all ? u"%1 events"_s.arg(all) : u"%1 of %2 events"_s.arg(shown).arg(all);
    if (m_model.notKept() > 0)
        status += u", %1 later ones not listed"_s.arg(m_model.notKept());
    m_filter->setStatus(status);
    QStringList lines;
    if (const int number = m_view->current(); number >= 0)
        lines << u"%1  %2: %3"_s.arg(m_model.timeText(number), laneName(m_model.event(number).lane),
                                     m_model.details(number));
    if (const auto range = m_view->measure(); range && range->second > range->first)
        lines << u"%1 from %2 to %3, %4 events"_s
                     .arg(durationText(static_cast<quint64>(range->second - range->first)),
                          TimeAxis::label(range->first, 1), TimeAxis::label(range->second, 1))
                     .arg(measuredCount());
    if (lines.isEmpty())
        lines << u"Wheel zooms, Shift+wheel pans, a drag measures, a click chooses"_s;
    m_details->setToolTip(foreignTip(lines.join(u'\n')));
    for (QString &line : lines)
        line = fontMetrics().elidedText(visibleText(line), Qt::ElideRight, width() - 16);
    m_details->setText(lines.join(u'\n'));
}

void TimelinePanel::resizeEvent(QResizeEvent *event) {
    Panel::resizeEvent(event);
    refresh();
}

void TimelinePanel::showEvent(int number) {
    if (number < 0)
        return;
    if (!m_model.isShown(number)) {
        m_hidden &= ~(1U << static_cast<int>(m_model.event(number).lane));
        m_filter->clear();
        applyFilter();
        m_model.flush();
    }
    m_view->setCurrent(number);
    refresh();
}

std::span<const int> TimelinePanel::measured(TimelineLane lane) const {
    const auto range = m_view->measure();
    if (!range)
        return {};
    const size_t first = m_model.positionOf(lane, range->first);
    return std::span(m_model.shown(lane)).subspan(first, m_model.positionOf(lane, range->second + 1) - first);
}

size_t TimelinePanel::measuredCount() const {
    size_t count = 0;
    for (int i = 0; i < timelineLanes; ++i)
        count += measured(static_cast<TimelineLane>(i)).size();
    return count;
}

QString TimelinePanel::spelled(CopyForm form) const {
    std::vector<int> numbers;
    for (int i = 0; i < timelineLanes; ++i) {
        const auto part = measured(static_cast<TimelineLane>(i));
        numbers.insert(numbers.end(), part.begin(), part.end());
    }
    if (numbers.empty() && m_view->current() >= 0)
        numbers = {m_view->current()};
    std::sort(numbers.begin(), numbers.end(), [this](int a, int b) { return m_model.isBefore(a, b); });
    QString text;
    if (form == CopyForm::csv && !numbers.empty())
        text = u"guest-ns,host-ns,duration-ns,lane,event\n"_s;
    for (size_t i = 0; i < std::min(numbers.size(), maxCopied); ++i) {
        const int number = numbers[i];
        const TimelineEvent &event = m_model.event(number);
        const qint64 duration = std::max<qint64>(0, event.end(clock()) - event.begin(clock()));
        switch (form) {
        case CopyForm::text:
            text += u"%1\t%2\t%3\n"_s.arg(m_model.timeText(number), laneName(event.lane),
                                          m_model.details(number));
            break;
        case CopyForm::json:
            text += QString::fromUtf8(QJsonDocument(QJsonObject{{u"guest-ns"_s, event.guestNs},
                                                                {u"host-ns"_s, event.hostNs},
                                                                {u"duration-ns"_s, duration},
                                                                {u"lane"_s, laneName(event.lane)},
                                                                {u"event"_s, m_model.text(number)}})
                                          .toJson(QJsonDocument::Compact)) +
                    u'\n';
            break;
        case CopyForm::csv:
            text +=
                u"%1,%2,%3,%4,\"%5\"\n"_s.arg(event.guestNs)
                    .arg(event.hostNs)
                    .arg(duration)
                    .arg(u'"' + laneName(event.lane) + u'"', m_model.text(number).replace(u'"', u"\"\""_s));
            break;
        }
    }
    return text;
}

void TimelinePanel::copyAs(CopyForm form) {
    if (const QString text = spelled(form); !text.isEmpty())
        QGuiApplication::clipboard()->setText(text);
}

void TimelinePanel::find() {
    m_filter->startTyping();
}

void TimelinePanel::findNext() {
    m_view->step(+1);
}

void TimelinePanel::findPrevious() {
    m_view->step(-1);
}

void TimelinePanel::contextMenuEvent(QContextMenuEvent *event) {
    QMenu *menu = makeContextMenu(this);
    addToMenu(*menu, m_menuActions);
    menu->popup(event->globalPos());
}

QJsonObject TimelinePanel::viewState() const {
    return {{u"hidden-lanes"_s, static_cast<qint64>(m_hidden)},
            {u"clock"_s, clock() == TimelineClock::host ? u"host"_s : u"guest"_s}};
}

void TimelinePanel::restoreViewState(const QJsonObject &state) {
    m_hidden = static_cast<quint32>(state[u"hidden-lanes"_s].toInteger());
    setClock(state[u"clock"_s].toString() == u"host"_s ? TimelineClock::host : TimelineClock::guest);
    applyFilter();
}

} // namespace nitroscope::app
